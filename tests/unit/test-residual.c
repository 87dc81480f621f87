/* test-residual.c -- residuals against values worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "fit/fit.h"
#include "infer/residual.h"
#include "model/family.h"
#include "stated.h"

enum { ROWS = 4 };

static double y[ROWS] = { 0, 3, 5, 2 }, mu[ROWS] = { 1, 2, 4, 2 }, eta[ROWS], weights[ROWS] = { 1, 4, 1, 1 };

static struct fit fit_of(struct design *design, const char *family)
{
    struct fit fit = { .design = design, .sigma = 1, .dispersion = 1, .fitted = mu, .linear = eta };

    *design = (struct design){ .n = ROWS, .y = y };
    fit.family = family_find(family, NULL);
    fit.link = family_link(fit.family, NULL, NULL);
    for (int i = 0; i < ROWS; i++)
        eta[i] = fit.link->kind == LINK_IDENTITY ? mu[i] : log(mu[i]);
    return fit;
}

/* A linear model: Pearson's are in standard deviations of the row, sigma over the root of its weight. */
Test(residual, of_a_linear_model)
{
    struct design design;
    struct fit fit = fit_of(&design, "gaussian");

    design.weights = weights;
    fit.sigma = 0.5;
    fit.dispersion = fit.shape[0] = 0.25;
    cr_expect_float_eq(residual_of(&fit, 1, RESIDUAL_RESPONSE), 1, 0);
    cr_expect_float_eq(residual_of(&fit, 1, RESIDUAL_PEARSON), 1 / (0.5 / 2), 1e-14);
    cr_expect_float_eq(residual_of(&fit, 0, RESIDUAL_PEARSON), -1 / 0.5, 1e-14);
}

/* Responses far from 0 that vary by little: twelve digits of 1e9 are steps of 0.01. */
Test(residual, of_responses_that_vary_little)
{
    double far[ROWS] = { 1e9 + 0.0129, 1e9 + 0.0245, 1e9 + 0.0207, 1e9 };
    double mean[ROWS] = { 1e9 + 0.0057, 1e9 + 0.0134, 1e9 + 0.0211, 1e9 };
    struct design design;
    struct fit fit = fit_of(&design, "gaussian");

    design.y = far;
    fit.fitted = fit.linear = mean;
    fit.sigma = 0.0078;
    fit.dispersion = fit.shape[0] = fit.sigma * fit.sigma;
    cr_expect_float_eq(residual_of(&fit, 0, RESIDUAL_RESPONSE), 0.0072, 4e-7);
    cr_expect_float_eq(residual_of(&fit, 2, RESIDUAL_PEARSON), -0.0004 / 0.0078, 1e-4);
}

/* Poisson: unit deviance 2 (y log(y / mu) - (y - mu)). */
Test(residual, of_counts)
{
    struct design design;
    struct fit fit = fit_of(&design, "poisson");

    cr_expect_float_eq(residual_of(&fit, 2, RESIDUAL_PEARSON), 1 / sqrt(4), 1e-14);
    cr_expect_float_eq(residual_of(&fit, 2, RESIDUAL_DEVIANCE), sqrt(2 * (5 * log(5.0 / 4) - 1)), 1e-12);
    cr_expect_float_eq(residual_of(&fit, 0, RESIDUAL_DEVIANCE), -sqrt(2), 1e-12);
    eta[3] = -HUGE_VAL;
    cr_expect_float_eq(residual_of(&fit, 3, RESIDUAL_DEVIANCE), 0, 0, "fitted at infinity");
}

/* Phi of a residual by quantiles lies between P(Y < y) and P(Y <= y). */
Test(residual, by_quantiles)
{
    struct design design;
    struct fit fit = fit_of(&design, "poisson");
    struct glmm_error err = { .at = NOWHERE };
    double z[ROWS], again[ROWS];
    bool random;

    cr_assert(residual_quantiles(&fit, 7, z, &random, NULL, &err), "%s", err.message);
    cr_assert(residual_quantiles(&fit, 7, again, &random, NULL, &err));
    cr_expect(random);
    for (int i = 0; i < ROWS; i++) {
        double below = 0, term = exp(-mu[i]), p = 0.5 * erfc(-z[i] / sqrt(2));

        for (int k = 0; k < (int)y[i]; k++, term *= mu[i] / k)
            below += term;
        cr_expect(p >= below - 1e-12 && p <= below + term + 1e-12, "row %d: %g in %g..%g", i, p, below, below + term);
        cr_expect_float_eq(z[i], again[i], 0, "the same seed");
    }
}

/* Each row's law added up, value by value: its mean is the fitted one, its variance that of Pearson's residual. */
static void check_laws(const char *data, const struct spec *spec, int most)
{
    struct stated s = state_spec(data, spec, NULL);
    const struct fit *fit = s.fit;
    const struct response rows = fit_response(fit);

    for (size_t i = 0; i < rows.n; i += 7) {
        struct observation at = response_at(&rows, i);
        double shape[FAMILY_SHAPES], sum = 0, mean = 0, square = 0, own = NAN, raw, linear = fit->linear[i], observed = at.y;

        fit_row_shapes(fit, i, shape);
        for (int k = fit->family->categories > 0; k <= most; k++) {
            double p;

            at.y = k;
            p = family_cumulative(rows.family, rows.link, &at, linear, shape, false)
                - family_cumulative(rows.family, rows.link, &at, linear, shape, true);
            sum += p;
            mean += k * p;
            square += (double)k * k * p;
            own = k == observed ? p : own;
        }
        raw = observed - mean;
        cr_expect_float_eq(sum, 1, 1e-12, "%s, row %zu: %.15g", spec->formula, i, sum);
        cr_expect_float_eq(fit->fitted[i], mean, 1e-8 * (1 + mean), "%s, row %zu: %g, not %g", spec->formula, i, fit->fitted[i],
                           mean);
        cr_expect_float_eq(residual_of(fit, i, RESIDUAL_PEARSON), raw / sqrt(square - mean * mean), 1e-7 * (1 + fabs(raw)));
        if (fit->family->categories > 0)
            cr_expect_float_eq(residual_of(fit, i, RESIDUAL_DEVIANCE), copysign(sqrt(-2 * log(own)), raw), 1e-7);
    }
    stated_clear(&s);
}

Test(residual, of_laws_added_up)
{
    check_laws("wine", &(struct spec){ .formula = "rating ~ temp + (1 | judge)", .family = "cumulative" }, 5);
    check_laws("salamanders", &(struct spec){ .formula = "count ~ mined", .family = "poisson", .zi = "~mined" }, 200);
    check_laws("salamanders", &(struct spec){ .formula = "count ~ mined", .family = "truncated_poisson", .zi = "~1" }, 200);
    check_laws("salamanders", &(struct spec){ .formula = "count ~ mined", .family = "nbinom2", .zi = "~1" }, 3000);
}
