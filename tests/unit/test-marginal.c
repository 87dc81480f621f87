/* test-marginal.c -- one mean over a normal variable: closed forms, brute force, simulation. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <Rmath.h>

#include "base/rng.h"
#include "model/family.h"
#include "averages.h"

/* --- one mean ------------------------------------------------------------------------------ */

/* The mean by a very fine trapezoidal rule in compensated sums. */
static double brute_force(const struct link *link, double eta, double variance)
{
    double sum = 0, weights = 0, step = 1e-4 / fmax(1, sqrt(variance) / 4), mu[4];

    for (long k = (long)(-12 / step); k <= (long)(12 / step); k++) {
        double z = (double)k * step, w = exp(-z * z / 2);

        link->inverse(eta + sqrt(variance) * z, mu);
        sum += w * mu[0];
        weights += w;
    }
    return sum / weights;
}

Test(average, closed_forms)
{
    for
        EACH(v, variances)
        for
            EACH(e, etas)
            {
                double probit = pnorm(etas[e] / sqrt(1 + variances[v]), 0, 1, 1, 0);

                near(average(link_find("probit"), etas[e], variances[v]).mean, probit, 1e-11, "probit");
                near(average(link_find("sqrt"), etas[e], variances[v]).mean, etas[e] * etas[e] + variances[v], 1e-12, "sqrt");
                cr_expect_eq(average(link_find("identity"), etas[e], variances[v]).mean, etas[e]);
                if (variances[v] < 100)
                    near(average(link_find("log"), etas[e], variances[v]).mean, exp(etas[e] + variances[v] / 2), 1e-12, "log");
            }
}

Test(average, no_variance_is_the_typical_group)
{
    struct average typical;

    typical_at(link_find("logit"), 1.3, &typical);
    cr_expect_eq(average(link_find("logit"), 1.3, 0).mean, typical.mean);
}

Test(average, agrees_with_brute_force)
{
    static const char *const names[] = { "logit", "cloglog", "cauchit" };

    for
        EACH(n, names)
    for (size_t v = 0; v < 4; v++)
            for
                EACH(e, etas)
                {
                    const struct link *link = link_find(names[n]);

                    near(average(link, etas[e], variances[v]).mean, brute_force(link, etas[e], variances[v]), 1e-9, names[n]);
                }
}

/* dm/deta and dm/dv against differences. */
Test(average, slopes)
{
    static const char *const names[] = { "logit", "probit", "cloglog", "cauchit", "log", "sqrt" };
    double h = 1e-4, difference;

    for
        EACH(n, names)
    for (size_t v = 1; v < 4; v++)
            for
                EACH(e, etas)
                {
                    const struct link *link = link_find(names[n]);
                    struct average at = average(link, etas[e], variances[v]);

                    difference =
                        (average(link, etas[e] + h, variances[v]).mean - average(link, etas[e] - h, variances[v]).mean) / (2 * h);
                    cr_expect_float_eq(at.slope, difference, 1e-6 * (1 + fabs(difference)), "%s", names[n]);
                    difference =
                        (average(link, etas[e], variances[v] + h).mean - average(link, etas[e], variances[v] - h).mean) / (2 * h);
                    cr_expect_float_eq(at.curvature / 2, difference, 1e-6 * (1 + fabs(difference)), "%s: %g %g", names[n],
                                       at.curvature / 2, difference);
                }
}

Test(average, agrees_with_simulation)
{
    const struct link *link = link_find("logit");
    double sum = 0, squares = 0, mu[4], mean, error;
    int draws = 200000;
    struct rng rng;

    rng_init(&rng, 5, 1);
    for (int i = 0; i < draws; i++) {
        link->inverse(-1.6 + 4 * rng_normal(&rng), mu);
        sum += mu[0];
        squares += mu[0] * mu[0];
    }
    mean = sum / draws;
    error = sqrt((squares / draws - mean * mean) / draws);
    cr_expect_leq(fabs(average(link, -1.6, 16).mean - mean), 4 * error);
}

Test(average, a_reciprocal_has_none_where_0_is_near)
{
    struct averager *averager = malloc(sizeof *averager);
    struct average out;

    averager_init(averager, link_find("inverse"));
    averager_set(averager, 1);
    cr_expect_not(average_at(averager, 4, &out));
    cr_expect(isnan(out.mean));
    cr_expect(average_at(averager, 6, &out));
    cr_expect_gt(out.mean, 1.0 / 6);
    cr_expect(average_at(averager, -6, &out));
    averager_init(averager, link_find("1/mu^2"));
    averager_set(averager, 1);
    cr_expect_not(average_at(averager, -9, &out));
    averager_init(averager, link_find("log"));
    averager_set(averager, 4000);
    cr_expect_not(average_at(averager, 0, &out));
    free(averager);
}
