/* test-moredata.c -- a level with more rows: against the formula, against the fit itself, and against data that are really
 * repeated. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/glmm.h"
#include "fit/lmm.h"
#include "infer/moredata.h"
#include "infer/unpooled.h"
#include "make-design.h"
#include "model/family.h"
#include "sweep.h"

static struct fit *fit_shape(struct design **design, int terms, const struct shape_term *shape)
{
    struct fit_options options = { .method = METHOD_ML };
    struct glmm_error err = { 0 };
    struct fit *fit;

    *design = make_design(120, 2, terms, shape, true, 7);
    fit = lmm_fit(*design, &options, NULL, &err);
    cr_assert_not_null(fit, "%s", err.message);
    return fit;
}

Test(moredata, scalar_effects_follow_the_formula)
{
    struct shape_term shape = { .k = 1, .levels = 12 };
    struct design *design;
    struct fit *fit = fit_shape(&design, 1, &shape);
    double own[12], kept[12], mode, variance, weight, tau2 = fit->random[0].covariance[0];

    cr_assert(unpooled_deviations(fit, 0, 0, NULL, own));
    unpooled_weights(fit, 0, kept);
    for (int l = 0; l < 12; l++) {
        struct moredata *m = moredata_new(fit, 0, l, NULL);
        double n = design->random[0].rows_of_level[l], information = kept[l] / (1 - kept[l]) / tau2;

        for (double times = 0; times < 40; times = times * 3 + 0.5) {
            double wanted = times * information * tau2 / (times * information * tau2 + 1);

            moredata_at(m, n * times, &mode, &variance, &weight);
            cr_assert_float_eq(weight, wanted, 1e-10);
            cr_assert_float_eq(mode, wanted * own[l], 1e-9);
            cr_assert_float_eq(variance, tau2 * (1 - wanted), 1e-10 * tau2);
        }
        moredata_free(m);
    }
    fit_free(fit);
    free_design(design);
}

/* At the present number of rows the answer is the fit's, whatever the shape; many rows leave no doubt. */
Test(moredata, present_rows_give_the_fit)
{
    static const struct shape_term shapes[][2] = { { { .k = 2, .levels = 10 }, { 0 } },
                                                   { { .k = 3, .levels = 8 }, { .k = 1, .levels = 5 } },
                                                   { { .k = 1, .levels = 20 }, { .k = 1, .levels = 4 } } };

    for (int s = 0; s < 3; s++) {
        struct design *design;
        struct fit *fit = fit_shape(&design, shapes[s][1].k > 0 ? 2 : 1, shapes[s]);

        for (int t = 0; t < design->random_count; t++) {
            int k = design->random[t].k;
            double modes[3], covariance[9], more[9], weight;

            for (int l = 0; l < design->random[t].level_count; l++) {
                struct moredata *m = moredata_new(fit, t, l, NULL);
                double n = design->random[t].rows_of_level[l];

                moredata_at(m, n, modes, covariance, &weight);
                cr_assert(k == 1 ? weight >= 0 && weight < 1 : isnan(weight));
                for (int a = 0; a < k; a++)
                    cr_assert_float_eq(modes[a], fit->random[t].modes[l * k + a], 1e-9);
                for (int a = 0; a < k * k; a++)
                    cr_assert_float_eq(covariance[a], fit->random[t].mode_covariance[l * k * k + a], 1e-7, "shape %d term %d", s,
                                       t);
                moredata_at(m, 1e7 * n, modes, more, NULL);
                for (int a = 0; a < k; a++)
                    cr_assert_leq(more[a * k + a], covariance[a * k + a] + 1e-12);
                moredata_at(m, 0, modes, more, NULL);
                for (int a = 0; a < k * k; a++)
                    cr_assert_float_eq(more[a], fit->random[t].covariance[a], 1e-9);
                moredata_free(m);
            }
        }
        fit_free(fit);
        free_design(design);
    }
}

/* A poisson fit by hand: the mode with rows repeated solves s sum(y - mu) = b / tau2. */
Test(moredata, counts_solve_their_own_equation)
{
    static double y[4] = { 3, 5, 0, 0 }, linear[4] = { 1, 1, -0.5, -0.5 }, ones[4] = { 1, 1, 1, 1 }, beta[1] = { 0.25 };
    static double modes[2] = { 0.75, -0.75 }, variances[2] = { 0.1, 0.3 }, covariance[1] = { 0.8 }, rows[2] = { 2, 2 };
    static int32_t level[4] = { 0, 0, 1, 1 };
    static const char *names[1] = { "(Intercept)" }, *levels[2] = { "a", "b" };
    struct random_design random = {
        .group = "g", .k = 1, .names = names, .level_count = 2, .levels = levels, .level = level, .rows_of_level = rows
    };
    struct random_fit estimate = { .k = 1, .covariance = covariance, .modes = modes, .mode_covariance = variances };
    struct design design = { .n = 4, .y = y, .p = 1, .X = ones, .names = names, .random = &random, .random_count = 1 };
    struct fit fit = {
        .design = &design, .family = family_find("poisson", NULL), .sigma = 1, .beta = beta, .linear = linear, .random = &estimate
    };
    double mode, variance, weight;

    fit.link = family_link(fit.family, NULL, NULL);
    for (int l = 0; l < 2; l++) {
        struct moredata *m = moredata_new(&fit, 0, l, NULL);

        for (double n = 1; n < 1e6; n *= 7) {
            double total = l == 0 ? 8 : 0, mu;

            moredata_at(m, n, &mode, &variance, &weight);
            mu = 2 * exp(0.25 + mode);
            cr_assert_float_eq(n / 2 * (total - mu), mode / 0.8, 1e-6, "n %g mode %g", n, mode);
            cr_assert_float_eq(variance, 1 / (n / 2 * mu + 1 / 0.8), 1e-9);
            cr_assert_float_eq(weight, 1 - variance / 0.8, 1e-9);
        }
        moredata_free(m);
    }
}

/* The same of an intercept and a slope: s Z'(y - mu) = Sigma^-1 b, and Var(b | y) = (s Z'WZ + Sigma^-1)^-1. */
Test(moredata, slopes_of_counts_solve_their_own_equations)
{
    static double y[4] = { 3, 5, 0, 9 }, z[8] = { 1, -1, 1, 0.5, 1, -2, 1, 1.5 }, ones[4] = { 1, 1, 1, 1 }, beta[1] = { 0.25 };
    static double modes[2] = { 0.75, 0.4 }, variances[4] = { 0.1, 0, 0, 0.1 }, covariance[4] = { 0.8, 0.3, 0.3, 0.5 },
                  rows[1] = { 4 };
    static int32_t level[4] = { 0, 0, 0, 0 };
    static const char *names[2] = { "(Intercept)", "x" }, *levels[1] = { "a" };
    struct random_design random = {
        .group = "g", .k = 2, .names = names, .level_count = 1, .levels = levels, .level = level, .z = z, .rows_of_level = rows
    };
    struct random_fit estimate = { .k = 2, .covariance = covariance, .modes = modes, .mode_covariance = variances };
    struct design design = { .n = 4, .y = y, .p = 1, .X = ones, .names = names, .random = &random, .random_count = 1 };
    double linear[4], b[2], V[4], det = 0.8 * 0.5 - 0.3 * 0.3, P[3] = { 0.5 / det, -0.3 / det, 0.8 / det };
    struct fit fit = {
        .design = &design, .family = family_find("poisson", NULL), .sigma = 1, .beta = beta, .linear = linear, .random = &estimate
    };
    struct moredata *m;

    for (int i = 0; i < 4; i++)
        linear[i] = 0.25 + modes[0] + modes[1] * z[2 * i + 1];
    fit.link = family_link(fit.family, NULL, NULL);
    m = moredata_new(&fit, 0, 0, NULL);
    for (double n = 1; n < 1e6; n *= 7) {
        double s = n / 4, g[2], H[3] = { P[0], P[1], P[2] };

        moredata_at(m, n, b, V, NULL);
        g[0] = -(P[0] * b[0] + P[1] * b[1]);
        g[1] = -(P[1] * b[0] + P[2] * b[1]);
        for (int i = 0; i < 4; i++) {
            double mu = exp(0.25 + b[0] + b[1] * z[2 * i + 1]);

            g[0] += s * (y[i] - mu);
            g[1] += s * (y[i] - mu) * z[2 * i + 1];
            H[0] += s * mu;
            H[1] += s * mu * z[2 * i + 1];
            H[2] += s * mu * z[2 * i + 1] * z[2 * i + 1];
        }
        det = H[0] * H[2] - H[1] * H[1];
        cr_expect_float_eq(g[0], 0, 1e-6 * s, "n %g: %g", n, g[0]);
        cr_expect_float_eq(g[1], 0, 1e-6 * s, "n %g: %g", n, g[1]);
        cr_expect_float_eq(V[0], H[2] / det, 1e-7 * V[0], "n %g", n);
        cr_expect_float_eq(V[1], -H[1] / det, 1e-7 * sqrt(V[0] * V[3]), "n %g", n);
        cr_expect_float_eq(V[2], V[1], 1e-12 * sqrt(V[0] * V[3]));
        cr_expect_float_eq(V[3], H[0] / det, 1e-7 * V[3], "n %g", n);
    }
    moredata_free(m);
}

/* From a mode far below, a whole Newton step leaves the range of a double: it is halved. */
Test(moredata, counts_far_above_their_mean)
{
    static double y[2] = { 2000, 2000 }, linear[2], ones[2] = { 1, 1 }, beta[1], modes[1], variances[1] = { 0.1 };
    static double covariance[1] = { 0.8 }, rows[1] = { 2 };
    static int32_t level[2];
    static const char *names[1] = { "(Intercept)" }, *levels[1] = { "a" };
    struct random_design random = {
        .group = "g", .k = 1, .names = names, .level_count = 1, .levels = levels, .level = level, .rows_of_level = rows
    };
    struct random_fit estimate = { .k = 1, .covariance = covariance, .modes = modes, .mode_covariance = variances };
    struct design design = { .n = 2, .y = y, .p = 1, .X = ones, .names = names, .random = &random, .random_count = 1 };
    struct fit fit = {
        .design = &design, .family = family_find("poisson", NULL), .sigma = 1, .beta = beta, .linear = linear, .random = &estimate
    };
    double mode, variance;
    struct moredata *m;

    fit.link = family_link(fit.family, NULL, NULL);
    m = moredata_new(&fit, 0, 0, NULL);
    moredata_at(m, 200, &mode, &variance, NULL);
    cr_assert_float_eq(100 * (4000 - 2 * exp(mode)), mode / 0.8, 1e-6, "mode %g", mode);
    cr_assert_float_eq(variance, 1 / (200 * exp(mode) + 1 / 0.8), 1e-9);
    moredata_free(m);
}

static bool make(void *context, struct glmm_error *err)
{
    struct moredata *m = moredata_new(context, 0, 1, err);

    moredata_free(m);
    return m != NULL;
}

Test(moredata, every_allocation_may_fail)
{
    struct shape_term shape = { .k = 2, .levels = 12 };
    struct design *design;
    struct fit *fit = fit_shape(&design, 1, &shape);

    cr_assert_eq(sweep_allocations(make, fit), 3);
    fit_free(fit);
    free_design(design);
}

Test(moredata, steps_lead_from_the_present_rows_to_those_asked_for)
{
    double rows[6];
    int count = moredata_steps(5, 40, 6, rows);

    cr_expect_eq(count, 4);
    cr_expect(rows[0] == 5 && rows[1] == 10 && rows[2] == 20 && rows[3] == 40);
    count = moredata_steps(40, 5, 6, rows);
    cr_expect(count == 4 && rows[1] == 20 && rows[3] == 5, "and back");
    cr_expect_eq(moredata_steps(5, 5, 6, rows), 1);
    count = moredata_steps(5, 5e8, 6, rows);
    cr_expect(count <= 6 && rows[count - 1] == 5e8, "wider steps where doublings are too many");
    cr_expect_float_eq(moredata_se((const double[]){ 4, 1, 1, 9 }, 2, 1), 3, 0);
}
