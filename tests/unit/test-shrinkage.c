/* test-shrinkage.c -- raw, pooled and complete estimates against hand-made fits, the algebra between them, and failing
 * allocations. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <Rmath.h>

#include "base/memory.h"
#include "infer/ci.h"
#include "fit/lmm.h"
#include "infer/shrinkage.h"
#include "model/family.h"
#include "make-design.h"
#include "hand-made.h"
#include "stated.h"

Test(shrinkage, oneway_has_batch_means_and_reference_modes)
{
    /* The modes and conditional SDs are lme4's. */
    static const double mode[6] = { -17.6068513537718, 0.391263363418642, 28.5622255294555,
                                    -23.0845384416125, 56.7331876954925,  -44.9952867929744 };
    struct oneway m;
    struct shrinkage *s;

    oneway_init(&m);
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert_not_null(s);
    cr_assert_str_eq(s->group, "Batch");
    cr_assert_str_eq(s->term, "(Intercept)");
    cr_assert_str_eq(s->scale, "Yield");
    cr_assert(s->scalar);
    cr_assert_eq(s->count, 6);
    cr_assert_float_eq(s->complete, 1527.5, 1e-12);
    for (int l = 0; l < 6; l++) {
        cr_assert_float_eq(s->raw[l], batch_mean[l], 1e-9);
        cr_assert_float_eq(s->pooled[l], 1527.5 + mode[l], 1e-6);
        cr_assert_float_eq(s->se[l], 19.5865700874274, 1e-6);
        /* Kept two ways: from the variances, and from how far the mode went. */
        cr_assert_float_eq(s->weight[l], (s->pooled[l] - s->complete) / (s->raw[l] - s->complete), 1e-12);
    }
    cr_assert_eq(s->rank_raw[5], 1);
    cr_assert_eq(s->rank_raw[4], 6);
    cr_assert_eq(s->rank_pooled[3], 2);
    shrinkage_free(s);
}

Test(shrinkage, zero_variance_keeps_nothing)
{
    struct oneway m;
    struct shrinkage *s;

    oneway_init(&m);
    m.covariance[0] = 0;
    for (int l = 0; l < 6; l++)
        m.modes[l] = m.variances[l] = 0;
    for (int i = 0; i < 30; i++)
        m.linear[i] = 1527.5;
    s = shrinkage_new(&m.fit, "Batch", "(Intercept)", NULL);
    for (int l = 0; l < 6; l++) {
        cr_assert_eq(s->weight[l], 0);
        cr_assert_eq(s->pooled[l], 1527.5);
        cr_assert_eq(s->se[l], 0);
        cr_assert_eq(s->rank_pooled[l], 1);
        cr_assert_float_eq(s->raw[l], batch_mean[l], 1e-9);
    }
    shrinkage_free(s);
}

Test(shrinkage, zero_variance_has_no_order)
{
    struct oneway m;
    struct shrinkage *s;
    int lower[6], upper[6];
    double lowest[6], highest[6];

    oneway_init(&m);
    m.covariance[0] = 0;
    for (int l = 0; l < 6; l++) {
        m.modes[l] = l * 1e-13; /* what a product leaves */
        m.variances[l] = 0;
    }
    s = shrinkage_new(&m.fit, "Batch", "(Intercept)", NULL);
    cr_assert(shrinkage_rank_intervals(s, 0.95, 1, NULL, lower, upper, lowest, highest, NULL));
    for (int l = 0; l < 6; l++) {
        cr_assert_eq(lower[l], 1);
        cr_assert_eq(upper[l], 6);
        cr_assert_float_eq(lowest[l], 1.0 / 6, 0.05);
        cr_assert_float_eq(highest[l], 1.0 / 6, 0.05);
    }
    shrinkage_free(s);
}

Test(shrinkage, weights_are_prior_weights_too)
{
    struct oneway m;
    struct shrinkage *s;
    double w[30], mean = 0, total = 0;

    oneway_init(&m);
    m.design.weights = w;
    for (int i = 0; i < 30; i++)
        w[i] = 1 + i % 3;
    for (int i = 0; i < 5; i++) {
        mean += w[i] * yield[i];
        total += w[i];
    }
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert_float_eq(s->raw[0], mean / total, 1e-9);
    cr_assert_float_eq(s->weight[0], total * m.covariance[0] / (total * m.covariance[0] + m.fit.sigma * m.fit.sigma), 1e-12);
    shrinkage_free(s);
}

/* Two effects; level 0 has three rows, level 1 one row at x = 0, level 2 two rows at the same x = 2. */
Test(shrinkage, rows_that_do_not_determine_an_effect_give_nan)
{
    static const char *names[2] = { "(Intercept)", "x" };
    double z[12] = { 1, 0, 1, 1, 1, 2, 1, 0, 1, 2, 1, 2 }, y[6] = { 1, 3, 5, 7, 8, 10 };
    double X[12] = { 1, 1, 1, 1, 1, 1, 0, 1, 2, 0, 2, 2 }, linear[6] = { 0 }, beta[2] = { 10, -1 }, modes[6] = { 0 };
    double covariance[4] = { 1, 0, 0, 1 }, mode_covariance[12] = { 1, 0, 0, 4, 1, 0, 0, 4, 1, 0, 0, 4 }, rows[3] = { 3, 1, 2 };
    int32_t level[6] = { 0, 0, 0, 1, 2, 2 };
    struct random_design random = {
        .group = "g", .k = 2, .names = names, .level_count = 3, .levels = batches, .level = level, .z = z, .rows_of_level = rows
    };
    struct random_fit random_fit = { .k = 2, .covariance = covariance, .modes = modes, .mode_covariance = mode_covariance };
    struct design design = {
        .n = 6, .response = "y", .y = y, .p = 2, .X = X, .names = names, .random = &random, .random_count = 1
    };
    struct fit fit = { .design = &design,
                       .family = &family_gaussian,
                       .link = &link_identity,
                       .mean_link = &link_identity,
                       .has_scale = true,
                       .sigma = 1,
                       .beta = beta,
                       .linear = linear,
                       .random = &random_fit };
    struct shrinkage *s;

    for (int i = 0; i < 6; i++)
        linear[i] = beta[0] + beta[1] * z[2 * i + 1];
    s = shrinkage_new(&fit, "g", "(Intercept)", NULL);
    cr_assert_null(s->weight);
    cr_assert_float_eq(s->raw[0], 1, 1e-12);
    cr_assert_float_eq(s->raw[1], 7, 1e-12);
    cr_assert(isnan(s->raw[2]));
    cr_assert_eq(s->rank_raw[2], 3);
    shrinkage_free(s);
    s = shrinkage_new(&fit, "g", "x", NULL);
    cr_assert_float_eq(s->raw[0], 2, 1e-12);
    cr_assert(isnan(s->raw[1]));
    cr_assert(isnan(s->raw[2]));
    cr_assert_float_eq(s->se[2], 2, 1e-12);
    cr_assert_float_eq(s->complete, -1, 1e-12);
    shrinkage_free(s);
}

Test(shrinkage, unknown_names_are_suggested)
{
    struct oneway m;
    struct glmm_error err = { 0 };

    oneway_init(&m);
    cr_assert_null(shrinkage_new(&m.fit, "Batsh", NULL, &err));
    cr_assert_eq(err.code, GLMM_E_NAME);
    cr_assert_str_eq(err.message, "no grouping factor `Batsh` in the model");
    cr_assert_str_eq(err.hint, "did you mean `Batch`?");
    err = (struct glmm_error){ 0 };
    cr_assert_null(shrinkage_new(&m.fit, "Batch", "(Intersept)", &err));
    cr_assert_str_eq(err.hint, "did you mean `(Intercept)`?");
    m.design.random_count = 0;
    err = (struct glmm_error){ 0 };
    cr_assert_null(shrinkage_new(&m.fit, NULL, NULL, &err));
    cr_assert_eq(err.code, GLMM_E_MODEL);
}

Test(shrinkage, rank_intervals)
{
    struct oneway m;
    struct shrinkage *s;
    int lower[6], upper[6], again[6];

    oneway_init(&m);
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert(shrinkage_rank_intervals(s, 0.95, 1, NULL, lower, upper, NULL, NULL, NULL));
    for (int l = 0; l < 6; l++) {
        cr_assert(1 <= lower[l] && lower[l] <= s->rank_pooled[l] && s->rank_pooled[l] <= upper[l] && upper[l] <= 6);
        cr_assert_lt(lower[l], upper[l]);
    }
    cr_assert_eq(upper[4], 6);
    cr_assert(shrinkage_rank_intervals(s, 0.95, 1, NULL, again, upper, NULL, NULL, NULL));
    cr_assert_arr_eq(lower, again, sizeof lower);
    shrinkage_free(s);
    /* Estimates that are certain have certain ranks. */
    for (int l = 0; l < 6; l++)
        m.variances[l] = 0;
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert(shrinkage_rank_intervals(s, 0.95, 1, NULL, lower, upper, NULL, NULL, NULL));
    for (int l = 0; l < 6; l++)
        cr_assert(lower[l] == s->rank_pooled[l] && upper[l] == s->rank_pooled[l]);
    shrinkage_free(s);
}

/* --- fits of the engine ------------------------------------------------------------------------- */

Test(shrinkage, kept_is_how_far_the_mode_went_in_any_model)
{
    /* Crossed, nested, weighted; a slope alone. */
    static const struct shape_term crossed[] = { { 1, 12, false, 0 }, { 1, 7, false, 0 } },
                                   nested[] = { { 1, 24, false, 0 }, { 1, 6, false, 4 } };

    for (int weighted = 0; weighted < 2; weighted++)
        for (int shape = 0; shape < 2; shape++) {
            struct design *design = make_design(120, 2, 2, shape == 0 ? crossed : nested, weighted, 3);
            struct fit_options options = { .method = METHOD_REML };
            struct fit *fit;

            design->random[1].group = "h";
            fit = lmm_fit(design, &options, NULL, NULL);
            cr_assert_not_null(fit);
            for (int t = 0; t < 2; t++) {
                struct shrinkage *s = shrinkage_new(fit, design->random[t].group, NULL, NULL);

                cr_assert_not_null(s);
                for (int l = 0; l < s->count; l++)
                    cr_expect_float_eq(s->pooled[l] - s->complete, s->weight[l] * (s->raw[l] - s->complete), 1e-8);
                shrinkage_free(s);
            }
            fit_free(fit);
            free_design(design);
        }
}

/* The own estimates of a vector by normal equations, from the model's parts instead of its linear predictor. */
Test(shrinkage, vectors_by_normal_equations)
{
    static const struct shape_term shape[] = { { 2, 9, false, 0 }, { 1, 7, false, 0 } };
    struct design *design = make_design(150, 2, 2, shape, true, 11);
    struct fit_options options = { .method = METHOD_ML };
    struct fit *fit;
    struct shrinkage *s[2];

    design->random[1].group = "h";
    fit = lmm_fit(design, &options, NULL, NULL);
    s[0] = shrinkage_new(fit, "g", "(Intercept)", NULL);
    s[1] = shrinkage_new(fit, "g", "a", NULL);
    cr_assert(s[0] != NULL && s[1] != NULL);
    cr_assert_eq(s[1]->complete, 0);
    for (int l = 0; l < 9; l++) {
        double A[3] = { 0 }, c[2] = { 0 }, determinant;

        for (int i = 0; i < 150; i++) {
            const double *z = design->random[0].z + 2 * i;
            double r = design->y[i] - fit->random[1].modes[design->random[1].level[i]], w = design->weights[i];

            for (int j = 0; j < 2; j++)
                r -= design->X[i + j * 150] * fit->beta[j];
            if (design->random[0].level[i] != l)
                continue;
            A[0] += w * z[0] * z[0];
            A[1] += w * z[0] * z[1];
            A[2] += w * z[1] * z[1];
            c[0] += w * z[0] * r;
            c[1] += w * z[1] * r;
        }
        determinant = A[0] * A[2] - A[1] * A[1];
        cr_expect_float_eq(s[0]->raw[l] - fit->beta[0], (A[2] * c[0] - A[1] * c[1]) / determinant, 1e-8);
        cr_expect_float_eq(s[1]->raw[l], (A[0] * c[1] - A[1] * c[0]) / determinant, 1e-8);
    }
    shrinkage_free(s[0]);
    shrinkage_free(s[1]);
    fit_free(fit);
    free_design(design);
}

Test(shrinkage, complete_is_the_fixed_part_of_the_coefficient)
{
    /* Cell means by group beside treatment contrasts; a slope from another origin. */
    static const char *cells[2] = { "A", "B" }, *slope[2] = { "(Intercept)", "x - 5" }, *fixed[2] = { "(Intercept)", "B" };
    double X[12] = { 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1 }, z[12] = { 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1 },
           y[6] = { 1, 2, 3, 4, 5, 6 };
    double beta[2] = { 10, 2 }, linear[6] = { 10, 12, 10, 12, 10, 12 }, modes[6] = { 0 }, covariance[4] = { 1, 0, 0, 1 };
    double mode_covariance[12] = { 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1 }, rows[3] = { 2, 2, 2 };
    int32_t level[6] = { 0, 0, 1, 1, 2, 2 };
    struct random_design random = {
        .group = "g", .k = 2, .names = cells, .level_count = 3, .levels = batches, .level = level, .z = z, .rows_of_level = rows
    };
    struct random_fit random_fit = { .k = 2, .covariance = covariance, .modes = modes, .mode_covariance = mode_covariance };
    struct design design = {
        .n = 6, .response = "y", .y = y, .p = 2, .X = X, .names = fixed, .random = &random, .random_count = 1
    };
    struct fit fit = { .design = &design,
                       .family = &family_gaussian,
                       .link = &link_identity,
                       .mean_link = &link_identity,
                       .has_scale = true,
                       .sigma = 1,
                       .beta = beta,
                       .linear = linear,
                       .random = &random_fit };
    struct shrinkage *s = shrinkage_new(&fit, "g", "A", NULL);

    cr_assert_float_eq(s->complete, 10, 1e-12);
    cr_assert_float_eq(s->raw[1], 3, 1e-12);
    shrinkage_free(s);
    s = shrinkage_new(&fit, "g", "B", NULL);
    cr_assert_float_eq(s->complete, 12, 1e-12);
    cr_assert_float_eq(s->raw[2], 6, 1e-12);
    shrinkage_free(s);
    random.names = slope;
    for (int i = 0; i < 6; i++) {
        z[2 * i] = 1;
        z[2 * i + 1] = X[6 + i] - 5;
    }
    s = shrinkage_new(&fit, "g", NULL, NULL);
    cr_assert_float_eq(s->complete, 20, 1e-12);
    shrinkage_free(s);
}

/* --- other families ----------------------------------------------------------------------------------- */

Test(wald, by_t_and_by_z)
{
    struct wald w;

    /* R: 2 * pt(-6.771484767, 17), qt(0.975, 17); qnorm(0.975). */
    wald_test(10.4672859595964, 1.54578889544897, 17, 0.95, &w);
    cr_assert_float_eq(w.statistic, 6.7714847676896, 1e-10);
    cr_assert_float_eq(w.p / 3.26378804876464e-06, 1, 1e-8);
    cr_assert_float_eq(w.lower, 10.4672859595964 - 2.10981557783332 * 1.54578889544897, 1e-9);
    wald_test(1, 1, INFINITY, 0.95, &w);
    cr_assert_float_eq(w.upper, 1 + 1.95996398454005, 1e-10);
    wald_test(1, 0, NAN, 0.95, &w);
    cr_assert(isnan(w.statistic));
    cr_assert_eq(w.lower, 1);
}

/* --- memory ---------------------------------------------------------------------------------------- */

static int left;

static void *failing(void *context, void *old, size_t size)
{
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return left-- > 0 ? realloc(old, size) : NULL;
}

static void fail_each(const struct fit *fit)
{
    struct mem_hook before = mem_hook_get();
    struct shrinkage *s = NULL;
    struct glmm_error err;
    int allowed;

    for (allowed = 0; s == NULL && allowed < 100; allowed++) {
        err = (struct glmm_error){ 0 };
        left = allowed;
        mem_hook_set((struct mem_hook){ .resize = failing, .context = NULL });
        s = shrinkage_new(fit, NULL, NULL, &err);
        mem_hook_set(before);
        if (s == NULL)
            cr_assert_eq(err.code, GLMM_E_MEMORY);
    }
    cr_assert_not_null(s);
    cr_assert_gt(allowed, 2);
    mem_hook_set((struct mem_hook){ .resize = failing, .context = NULL });
    shrinkage_free(s);
    mem_hook_set(before);
}

Test(shrinkage, every_allocation_may_fail)
{
    struct oneway m;
    struct counts c;

    oneway_init(&m);
    fail_each(&m.fit);
    m.random.level[0] = 1; /* the same, with no fixed column like the effect */
    m.ones[0] = 2;
    fail_each(&m.fit);
    counts_init(&c, "poisson", (double[8]){ 3, 5, 0, 0, 1, 0, 40, 60 }, NULL);
    fail_each(&c.fit);
}

/* Means of levels: the mean at each end of the interval on the link's scale is its end, 0 where the fixed part is -Inf. */
Test(shrinkage, means_of_levels_have_ends)
{
    static const char *const formulas[] = {
        "cbind(incidence, size - incidence) ~ period + (1 | herd)",
        "cbind(ifelse(period == '1', 0, incidence), size - ifelse(period == '1', 0, incidence)) ~ period + (1 | herd)"
    };

    for (int k = 0; k < 2; k++) {
        struct stated m = state("cbpp", formulas[k], "binomial", METHOD_LAPLACE, 1);
        struct shrinkage *link = shrinkage_new(m.fit, NULL, NULL, NULL), *mean = shrinkage_new(m.fit, NULL, NULL, NULL);
        double q = 1.5;

        cr_assert_eq(isinf(link->fixed) != 0, k == 1);
        cr_assert(shrinkage_to_response(mean, m.fit, q, NULL));
        for (int l = 0; l < link->count; l++) {
            double at = link->pooled[l] + (k == 0 ? 0 : -INFINITY), middle = plogis(at, 0, 1, 1, 0);

            cr_expect_float_eq(mean->lower[l], plogis(at - q * link->se[l], 0, 1, 1, 0), 1e-12);
            cr_expect_float_eq(mean->upper[l], plogis(at + q * link->se[l], 0, 1, 1, 0), 1e-12);
            cr_expect_float_eq(mean->pooled[l], middle, 1e-12);
            cr_expect_float_eq(mean->se[l], middle * (1 - middle) * link->se[l], 1e-12);
        }
        shrinkage_free(link);
        shrinkage_free(mean);
        stated_clear(&m);
    }
}
