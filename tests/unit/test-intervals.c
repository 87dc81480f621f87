/* test-intervals.c -- intervals by standard errors: their ratios, and those of a dispersion near the limit of its family. */
#include <criterion/criterion.h>
#include <math.h>

#include "infer/ci.h"
#include "infer/lrt-boot.h"
#include "model/family-parts.h"
#include "model/family.h"

enum { ROWS = 24 };

Test(intervals, ratios_and_their_ends)
{
    double ratio[3], lower, upper;
    struct wald wald;

    wald_test(0.5, 0.2, 10, 0.9, &wald);
    wald_interval(0.5, 0.2, 10, 0.9, &lower, &upper);
    cr_expect(lower == wald.lower && upper == wald.upper);
    wald_ratio(0.5, 0.2, 10, 0.9, ratio);
    cr_expect_float_eq(ratio[0], exp(0.5), 1e-15);
    cr_expect_float_eq(log(ratio[1]), wald.lower, 1e-14);
    cr_expect_float_eq(log(ratio[2]), wald.upper, 1e-14);
    cr_expect_float_eq(lrt_boot_error(&(struct lrt_boot){ .used = 100, .p = 0.2 }), 0.04, 1e-15);
}

/* A fit of rows that have all the same mean or trials. */
static struct fit rows_alike(const struct family *family, double size)
{
    static struct design design;
    static double eta[ROWS], trials[ROWS];

    for (int i = 0; i < ROWS; i++) {
        eta[i] = log(size);
        trials[i] = size;
    }
    design = (struct design){ .n = ROWS, .trials = trials };
    return (struct fit){ .design = &design, .family = family, .link = family->links[0], .has_scale = true, .linear = eta };
}

/* Near a limit the interval is that of the distance from it, and holds the limit; elsewhere of the logarithm.  Near is what adds
 * little to the variance at the limit, whatever the unit of the counts. */
Test(intervals, intervals_near_a_limit)
{
    static const struct {
        const struct family *family;
        double size, unit;
    } cases[] = { { &family_nbinom2, 0.3, 0.3 },
                  { &family_nbinom2, 1, 1 },
                  { &family_nbinom2, 1e6, 1e6 },
                  { &family_betabinomial, 1000, 999 },
                  { &family_nbinom1, 50, 1 } };
    double ends[2], q = wald_quantile((double)INFINITY, 0.95);

    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fit fit = rows_alike(cases[k].family, cases[k].size);
        int sign = fit.family->limit_sign, limit = sign > 0, other = !limit;

        for (double r = 0.01; r < 1e4; r *= 3) {
            double tau = sign * log(cases[k].unit / r), enough = 1.15 * (1 + r) / r * log(1 + r) / q;
            bool side = sign * tau > 0 || r < 1;

            shape_interval(&fit, 0, tau, 1.001 * enough, 0.95, ends);
            if (side) {
                cr_expect_float_eq(exp(-sign * ends[other]), exp(-sign * tau) * (1 + q * 1.001 * enough),
                                   1e-13 * exp(-sign * tau) * (1 + q * enough));
                cr_expect_eq(ends[limit], sign * (double)INFINITY);
            } else {
                cr_expect_float_eq(ends[1] - ends[0], 2 * q * 1.001 * enough, 1e-12);
            }
            shape_interval(&fit, 0, tau, 0.999 * enough, 0.95, ends);
            cr_expect_float_eq(ends[1] - ends[0], 2 * q * 0.999 * enough, 1e-12, "%s %g", fit.family->name, r);
        }
    }
}

/* Of families whose limit has no such measure, and of one without a limit. */
Test(intervals, intervals_near_other_limits)
{
    struct fit fit = rows_alike(&family_compois, 10);
    double ends[2], q = wald_quantile((double)INFINITY, 0.95);

    shape_interval(&fit, 0, 2, 0.8, 0.95, ends);
    cr_expect_float_eq(exp(-ends[0]), exp(-2) * (1 + q * 0.8), 1e-14);
    cr_expect(isinf(ends[1]));
    shape_interval(&fit, 0, 2, 0.5, 0.95, ends);
    cr_expect_float_eq(ends[1] - ends[0], 2 * q * 0.5, 1e-14);
    shape_interval(&fit, 0, -2, 0.8, 0.95, ends);
    cr_expect_float_eq(ends[1] - ends[0], 2 * q * 0.8, 1e-14);
    fit.family = &family_gamma;
    shape_interval(&fit, 0, 2, 0.8, 0.95, ends);
    cr_expect(isfinite(ends[0]) && isfinite(ends[1]));
}

/* y ~ 1, nbinom2, 95%: k, the error of its logarithm, and the deviance of Poisson less that at k, by R's dnbinom and dpois;
 * at 3.84 and more the limit is no value that the interval may hold. */
Test(intervals, intervals_hold_poisson_where_it_is_not_told_apart)
{
    static const struct {
        double mean, k, se, apart;
    } cases[] = { { 1007.5, 20.29857, 0.7161154, 177.6118 },
                  { 9, 43.41394, 4.535987, 0.06130491 },
                  { 6.75, 5.545715, 1.351211, 1.437261 },
                  { 1, 1.69969, 2.102128, 0.4169011 },
                  { 10.25, 37.66328, 3.248676, 0.1315257 } };

    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fit fit = rows_alike(&family_nbinom2, cases[k].mean);
        double ends[2];

        fit.dispersion = cases[k].k;
        fit.log_dispersion_se = cases[k].se;
        fit_dispersion_interval(&fit, 0.95, ends);
        cr_expect_eq(isinf(ends[1]), cases[k].apart < 3.8415, "mean %g", cases[k].mean);
        cr_expect_eq(fit_dispersion_reaches(&fit, 0.95), cases[k].apart < 3.8415);
    }
}
