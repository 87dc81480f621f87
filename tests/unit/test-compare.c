/* test-compare.c -- likelihood-ratio tests: which distribution, which models are nested, against reference values. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/compare.h"
#include "fit/method.h"
#include "infer/independence.h"
#include "infer/nest.h"
#include "stated.h"
#include "fit/lmm.h"
#include "model/family.h"

/* Designs over 24 rows: 6 subjects, 4 times each; three treatments; two halves. */
enum { ROWS = 24 };
static double one[ROWS], y[ROWS], time_of[ROWS], columns[6][ROWS];
static int32_t subject[ROWS], subject_reversed[ROWS], cell[ROWS], half[ROWS];
static double rows_of[ROWS];
static size_t rows[ROWS];
static const char *level_names[ROWS];

static void data_init(void)
{
    for (int i = 0; i < ROWS; i++) {
        one[i] = 1;
        rows[i] = (size_t)i;
        y[i] = sin(i);
        subject[i] = i / 4;
        subject_reversed[i] = 5 - i / 4;
        time_of[i] = i % 4;
        half[i] = i / 12;
        cell[i] = (i / 4) * 2 + i % 2;
        level_names[i] = "x";
        for (int j = 0; j < 3; j++)
            columns[j][i] = (i % 3) == j;
        columns[3][i] = (i % 2) == 0;
        columns[4][i] = (i % 2) == 1;
        columns[5][i] = 3 * time_of[i] - 7;
    }
}

/* A model put together term by term. */
struct build {
    double X[4 * ROWS], z[4][3 * ROWS];
    const char *names[4];
    const char *effects[4][3];
    struct random_design random[4];
    struct design design;
    struct fit fit;
};

static void start(struct build *m)
{
    memset(m, 0, sizeof *m);
    m->design =
        (struct design){ .n = ROWS, .row = rows, .response = "y", .y = y, .X = m->X, .names = m->names, .random = m->random };
    m->fit =
        (struct fit){ .design = &m->design, .family = &family_gaussian, .link = &link_identity, .has_scale = true, .npar = 1 };
}

static void fixed(struct build *m, const char *name, const double *column)
{
    memcpy(m->X + m->design.p * ROWS, column, sizeof one);
    m->names[m->design.p++] = name;
    m->fit.npar++;
}

static void effects(struct build *m, const char *group, const int32_t *level, int levels, bool diagonal, int k,
                    const char *const *names, const double *const *z)
{
    int t = m->design.random_count++;

    for (int a = 0; a < k; a++) {
        m->effects[t][a] = names[a];
        for (int i = 0; i < ROWS; i++)
            m->z[t][i * k + a] = z[a][i];
    }
    m->random[t] = (struct random_design){ .group = group,
                                           .k = k,
                                           .names = m->effects[t],
                                           .level_count = levels,
                                           .levels = level_names,
                                           .level = (int32_t *)level,
                                           .z = m->z[t],
                                           .covariance = diagonal ? &covariance_diagonal : &covariance_unstructured,
                                           .rows_of_level = rows_of };
    m->fit.npar += diagonal ? k : k * (k + 1) / 2;
}

static void intercepts(struct build *m, const char *group, const int32_t *level, int levels)
{
    int t = m->design.random_count;

    effects(m, group, level, levels, false, 1, (const char *[]){ "(Intercept)" }, (const double *[]){ one });
    m->random[t].z = NULL;
}

#define SLOPES(m, diagonal)                                                                                                      \
    effects(m, "Subject", subject, 6, diagonal, 2, (const char *[]){ "(Intercept)", "Days" }, (const double *[]){ one, time_of })

static void slope_alone(struct build *m)
{
    effects(m, "Subject", subject, 6, false, 1, (const char *[]){ "Days" }, (const double *[]){ time_of });
}

static struct lrt test_of(struct build *small, struct build *large, double small_loglik, double large_loglik)
{
    struct glmm_error err = { 0 };
    struct lrt lrt;

    small->fit.loglik = small_loglik;
    large->fit.loglik = large_loglik;
    cr_assert(lrt_test(&small->fit, &large->fit, &lrt, &err));
    return lrt;
}

#define NEAR(a, b, relative) cr_assert_lt(fabs((a) / (b)-1), relative, "%.15g is not %.15g", (double)(a), (double)(b))

/* The log-likelihoods and p-values are the reference's for sleepstudy (lme4's optimum, p by R). */
static struct build none, intercept_only, uncorrelated, correlated;

static void sleepstudy(void)
{
    struct build *all[] = { &none, &intercept_only, &uncorrelated, &correlated };

    data_init();
    for (int i = 0; i < 4; i++) {
        start(all[i]);
        fixed(all[i], "(Intercept)", one);
        fixed(all[i], "Days", time_of);
    }
    intercepts(&intercept_only, "Subject", subject, 6);
    intercepts(&uncorrelated, "Subject", subject, 6);
    slope_alone(&uncorrelated);
    SLOPES(&correlated, false);
}

Test(compare, one_variance, .init = sleepstudy)
{
    struct lrt lrt = test_of(&none, &intercept_only, -946.831831736054, -893.232542697461);

    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_eq(lrt.df, 1);
    cr_assert_float_eq(lrt.chisq, 107.198578077188, 1e-6);
    cr_assert_eq(lrt.mixture_df[0], 0);
    cr_assert_eq(lrt.mixture_df[1], 1);
    NEAR(lrt.p, 2.01362772693215e-25, 1e-5);
    cr_assert_str_eq(lrt.adds, "variance of (Intercept) by Subject");
}

Test(compare, slope_without_covariance, .init = sleepstudy)
{
    struct lrt lrt = test_of(&intercept_only, &uncorrelated, -893.232542697461, -871.834646790656);

    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_float_eq(lrt.chisq, 42.7957918136087, 1e-6);
    NEAR(lrt.p, 3.03813654945189e-11, 1e-5);
    cr_assert_str_eq(lrt.adds, "variance of Days by Subject");
}

Test(compare, slope_with_covariance, .init = sleepstudy)
{
    struct lrt lrt = test_of(&intercept_only, &correlated, -893.232542697461, -871.814135979245);

    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_eq(lrt.mixture_df[0], 1);
    cr_assert_eq(lrt.mixture_df[1], 2);
    NEAR(lrt.p, 2.79252981506993e-10, 1e-5);
    cr_assert_str_eq(lrt.adds, "variance of Days by Subject and its covariance with (Intercept)");
    lrt = test_of(&intercept_only, &correlated, -897.039321502613, -875.969672231599);
    NEAR(lrt.p, 3.9611953079305e-10, 1e-5);
}

Test(compare, covariance_alone_is_chi_squared, .init = sleepstudy)
{
    struct lrt lrt = test_of(&uncorrelated, &correlated, -871.834646790656, -871.814135979245);
    struct build diagonal;

    cr_assert_eq(lrt.reference, LRT_CHISQ);
    cr_assert_eq(lrt.df, 1);
    cr_assert_float_eq(lrt.p, 0.839496190163404, 1e-9); /* R: pchisq(0.041021622822, 1, lower = FALSE) */
    cr_assert_str_eq(lrt.adds, "covariance of (Intercept) and Days by Subject");
    start(&diagonal);
    fixed(&diagonal, "(Intercept)", one);
    fixed(&diagonal, "Days", time_of);
    SLOPES(&diagonal, true);
    cr_assert_eq(test_of(&diagonal, &correlated, -2, -1).reference, LRT_CHISQ);
    cr_assert_eq(test_of(&diagonal, &uncorrelated, -2, -1).reference, LRT_NONE);
}

Test(compare, several_variances_are_bounded, .init = sleepstudy)
{
    struct lrt lrt = test_of(&none, &correlated, -946.831831736054, -871.814135979245);

    cr_assert_eq(lrt.reference, LRT_CONSERVATIVE);
    cr_assert_eq(lrt.df, 3);
}

Test(compare, fixed_effects_are_chi_squared, .init = sleepstudy)
{
    struct build null;
    struct lrt lrt;

    start(&null);
    fixed(&null, "(Intercept)", one);
    SLOPES(&null, false);
    lrt = test_of(&null, &correlated, -887.737881, -875.969672231599);
    cr_assert_eq(lrt.reference, LRT_CHISQ);
    cr_assert_eq(lrt.df, 1);
    cr_assert_str_eq(lrt.adds, "fixed effect of Days");
    /* A fixed effect and a variance at once: the free parameter raises both components. */
    start(&null);
    fixed(&null, "(Intercept)", one);
    intercepts(&null, "Subject", subject, 6);
    lrt = test_of(&null, &uncorrelated, -10, -5);
    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_eq(lrt.mixture_df[0], 1);
    cr_assert_eq(lrt.mixture_df[1], 2);
    cr_assert_str_eq(lrt.adds, "fixed effect of Days; variance of Days by Subject");
}

Test(compare, no_improvement_has_p_one, .init = sleepstudy)
{
    struct lrt lrt = test_of(&none, &intercept_only, -10, -10 - 1e-12);

    cr_assert_eq(lrt.chisq, 0);
    cr_assert_eq(lrt.p, 1);
    /* Two optima of the same likelihood, each found to 1e-9. */
    lrt = test_of(&none, &intercept_only, -10 - 1e-9, -10);
    cr_assert_gt(lrt.p, 0.9999);
}

Test(compare, columns_not_names_decide, .init = sleepstudy)
{
    struct build shifted;
    struct lrt lrt;

    /* Another origin and unit of time: the same space; it is not the same REML criterion. */
    start(&shifted);
    fixed(&shifted, "(Intercept)", one);
    fixed(&shifted, "t", columns[5]);
    effects(&shifted, "Subject", subject, 6, false, 2, (const char *[]){ "(Intercept)", "t" },
            (const double *[]){ one, columns[5] });
    lrt = test_of(&intercept_only, &shifted, -20, -10);
    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_eq(lrt.mixture_df[0], 1);
    cr_assert_not(same_fixed(&correlated.design, &shifted.design));
    cr_assert(same_fixed(&correlated.design, &none.design));
    /* Without a covariance the origin matters: uncorrelated at one origin is not uncorrelated at another. */
    start(&shifted);
    fixed(&shifted, "(Intercept)", one);
    fixed(&shifted, "t", columns[5]);
    effects(&shifted, "Subject", subject, 6, true, 2, (const char *[]){ "(Intercept)", "t" },
            (const double *[]){ one, columns[5] });
    cr_assert_eq(test_of(&shifted, &correlated, -20, -10).reference, LRT_CHISQ);
    fixed(&shifted, "c", columns[0]);
    cr_assert_eq(test_of(&uncorrelated, &shifted, -20, -10).reference, LRT_NONE);
}

Test(compare, level_codes_may_differ, .init = sleepstudy)
{
    struct build other;
    struct lrt lrt;

    start(&other);
    fixed(&other, "(Intercept)", one);
    fixed(&other, "Days", time_of);
    effects(&other, "Subject", subject_reversed, 6, false, 2, (const char *[]){ "(Intercept)", "Days" },
            (const double *[]){ one, time_of });
    lrt = test_of(&intercept_only, &other, -893.232542697461, -871.814135979245);
    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    NEAR(lrt.p, 2.79252981506993e-10, 1e-5);
    cr_assert_str_eq(lrt.adds, "2 covariance parameters");
}

Test(compare, compound_symmetry_is_inside_unstructured, .init = sleepstudy)
{
    static const char *const two[] = { "A", "B" };
    struct build symmetric, unstructured;
    struct lrt lrt;

    /* (1 | s) + (1 | s:f), f with two levels, against (0 + f | s): an equality of variances, no boundary.  */
    start(&symmetric);
    start(&unstructured);
    fixed(&symmetric, "(Intercept)", one);
    fixed(&unstructured, "(Intercept)", one);
    intercepts(&symmetric, "s", subject, 6);
    intercepts(&symmetric, "s:f", cell, 12);
    effects(&unstructured, "s", subject, 6, false, 2, two, (const double *[]){ columns[3], columns[4] });
    lrt = test_of(&symmetric, &unstructured, -20, -18);
    cr_assert_eq(lrt.df, 1);
    cr_assert_eq(lrt.reference, LRT_CHISQ);
    /* A random intercept is a matrix of rank one: one variance is missing. */
    start(&symmetric);
    fixed(&symmetric, "(Intercept)", one);
    intercepts(&symmetric, "s", subject, 6);
    lrt = test_of(&symmetric, &unstructured, -20, -18);
    cr_assert_eq(lrt.df, 2);
    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_eq(lrt.mixture_df[0], 1);
}

Test(compare, families_are_nested_at_the_limit_of_a_dispersion, .init = sleepstudy)
{
    struct build *small = &intercept_only, large = intercept_only;
    struct lrt lrt;

    large.design.X = large.X;
    large.design.random = large.random;
    large.fit.design = &large.design;
    small->fit.has_scale = false;
    small->fit.npar--;
    small->fit.family = family_find("poisson", NULL);
    large.fit.family = family_find("nbinom2", NULL);
    small->fit.link = large.fit.link = family_link(small->fit.family, "log", NULL);
    lrt = test_of(small, &large, -665.4731, -624.9571);
    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_eq(lrt.mixture_df[0], 0);
    cr_assert_str_eq(lrt.adds, "dispersion");
    large.fit.family = family_find("betabinomial", NULL);
    cr_assert_eq(test_of(small, &large, -2, -1).reference, LRT_NONE);
    large.fit.family = small->fit.family;
    large.fit.link = family_link(small->fit.family, "sqrt", NULL);
    lrt = test_of(small, &large, -2, -1);
    cr_assert_eq(lrt.reference, LRT_NONE);
    cr_assert_str_eq(lrt.adds, "not nested: the links differ");
}

Test(compare, other_groups_are_not_nested, .init = sleepstudy)
{
    struct build halves, two;
    struct lrt lrt;

    start(&halves);
    start(&two);
    fixed(&halves, "(Intercept)", one);
    fixed(&two, "(Intercept)", one);
    intercepts(&halves, "half", half, 2);
    intercepts(&two, "Subject", subject, 6);
    fixed(&two, "Days", time_of);
    lrt = test_of(&halves, &two, -20, -18);
    cr_assert_eq(lrt.reference, LRT_NONE);
    cr_assert(isnan(lrt.p));
    cr_assert(strstr(lrt.adds, "not nested") != NULL);
    intercepts(&two, "half", half, 2);
    lrt = test_of(&halves, &two, -20, -18);
    cr_assert_eq(lrt.reference, LRT_MIXTURE);
    cr_assert_str_eq(lrt.adds, "fixed effect of Days; variance of (Intercept) by Subject");
}

/* A slope or an offset that is another one in a single row, whichever it is, is another model. */
Test(compare, one_row_tells_models_apart, .init = sleepstudy)
{
    struct glmm_error err = { 0 };
    double bumped[ROWS] = { 0 };

    for (int i = 0; i < ROWS; i++) {
        struct build small, large;
        struct nesting nesting;
        int t, a;

        start(&small);
        start(&large);
        fixed(&small, "(Intercept)", one);
        fixed(&large, "(Intercept)", one);
        slope_alone(&small);
        SLOPES(&large, false);
        cr_assert(nest_find_effect(&small.design, 0, 0, &large.design, &t, &a) && t == 0 && a == 1);
        bumped[i] = 1;
        small.design.offset = bumped;
        cr_assert(nesting_find(&small.design, &large.design, true, &nesting, &err));
        cr_expect(!nesting.fixed && nesting.random && nesting.matched, "row %d", i);
        cr_expect_not(nest_same_offset(&small.design, &large.design), "row %d", i);
        large.design.offset = bumped;
        cr_assert(nesting_find(&small.design, &large.design, true, &nesting, &err));
        cr_expect(nesting.fixed && nesting.random && nesting.matched && nesting.zero_variances == 1, "row %d", i);
        small.z[0][i] += 1;
        cr_expect_not(nest_find_effect(&small.design, 0, 0, &large.design, &t, &a), "row %d", i);
        cr_assert(nesting_find(&small.design, &large.design, true, &nesting, &err));
        cr_expect(nesting.fixed && !nesting.random && !nesting.matched, "row %d", i);
        bumped[i] = 0;
    }
}

Test(compare, same_data_names_the_difference, .init = sleepstudy)
{
    struct glmm_error err = { 0 };
    double w[ROWS], other_y[ROWS];

    cr_assert(same_data(&none.design, &correlated.design, &err));
    none.design.response = "log(y)";
    cr_assert_not(same_data(&none.design, &correlated.design, &err));
    cr_assert_str_eq(err.message, "the models have different responses, `log(y)` and `y`");
    none.design.response = "y";
    none.design.n = 20;
    err = (struct glmm_error){ 0 };
    cr_assert_not(same_data(&none.design, &correlated.design, &err));
    cr_assert_str_eq(err.message, "the models use different rows: 20 and 24");
    none.design.n = ROWS;
    memcpy(other_y, y, sizeof y);
    other_y[3]++;
    none.design.y = other_y;
    err = (struct glmm_error){ 0 };
    cr_assert_not(same_data(&none.design, &correlated.design, &err));
    none.design.y = y;
    memcpy(w, one, sizeof w);
    none.design.weights = w;
    cr_assert(same_data(&none.design, &correlated.design, NULL));
    w[1] = 2;
    err = (struct glmm_error){ 0 };
    cr_assert_not(same_data(&none.design, &correlated.design, &err));
    cr_assert_str_eq(err.message, "the models use different prior weights");
}

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

static void fail_each(struct build *small, struct build *large)
{
    struct mem_hook before = mem_hook_get();
    struct lrt lrt;
    bool ok = false;

    for (int allowed = 0; !ok && allowed < 100; allowed++) {
        struct glmm_error err = { 0 };

        left = allowed;
        mem_hook_set((struct mem_hook){ .resize = failing, .context = NULL });
        ok = lrt_test(&small->fit, &large->fit, &lrt, &err);
        mem_hook_set(before);
        if (!ok)
            cr_assert_eq(err.code, GLMM_E_MEMORY);
    }
    cr_assert(ok);
}

Test(compare, every_allocation_may_fail, .init = sleepstudy)
{
    struct build other;

    fail_each(&intercept_only, &correlated);
    start(&other);
    fixed(&other, "(Intercept)", one);
    fixed(&other, "t", columns[5]);
    effects(&other, "Subject", subject_reversed, 6, false, 2, (const char *[]){ "(Intercept)", "Days" },
            (const double *[]){ one, time_of });
    fail_each(&intercept_only, &other);
}

/* R: chisq.test(matrix(c(10, 20, 30, 40), 2), correct = FALSE); expected counts 12, 28, 18, 42. */
Test(compare, independence_of_two_factors)
{
    struct independence test;

    cr_assert(independence_test((const double[]){ 10, 30, 20, 40 }, 2, 2, &test));
    cr_expect_float_eq(test.statistic, 0.79365079365079, 1e-12);
    cr_expect_float_eq(test.df, 1, 0);
    cr_expect_float_eq(test.p, 0.37300, 1e-4);
    cr_expect_float_eq(test.least, 12, 1e-12);
    cr_assert(independence_test((const double[]){ 10, 0, 30, 0, 0, 0, 20, 0, 40 }, 3, 3, &test), "what has no count has no part");
    cr_expect_float_eq(test.statistic, 0.79365079365079, 1e-12);
    cr_expect_float_eq(test.df, 1, 0);
    cr_expect_not(independence_test((const double[]){ 10, 30, 0, 0 }, 2, 2, &test), "one row has counts");
    cr_expect_not(independence_test((const double[]){ 0, 0, 0, 0 }, 2, 2, &test), "none has");
    cr_expect_eq(test.df, 0);
}

/* A larger model begins where the smaller one ended: it has the same deviance there. */
Test(compare, the_larger_model_begins_at_the_smaller_ones_optimum)
{
    static const struct {
        const char *small, *large;
        double more[4]; /* the rest of the start, behind the smaller model's own parameters, where these stand first */
        int count;
    } cases[] = {
        { "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days | Subject)", { 0, 0 }, 2 },
        { "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days || Subject)", { 0 }, 1 },
        { "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (1 | Subject) + (0 + Days || Subject)", { 0 }, 1 },
        { "Reaction ~ Days + (Days || Subject)", "Reaction ~ Days + (Days | Subject)", { NAN }, -1 },
        { "Reaction ~ 1 + (Days | Subject)", "Reaction ~ Days + (Days | Subject)", { 0 }, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stated small = state("sleepstudy", cases[i].small, NULL, METHOD_ML, 0);
        struct stated large = stated_only("sleepstudy", &(struct spec){ .formula = cases[i].large });
        struct glmm_error err = { 0 };
        struct lmm *m = lmm_new(large.model->design, false, &err);
        double start[6] = { NAN, NAN, NAN, NAN, NAN, NAN };

        cr_assert_not_null(m, "%s", err.message);
        cr_assert(lrt_start(small.fit, large.model->design, start));
        for (int j = 0; j < small.fit->theta_count && cases[i].count >= 0; j++)
            cr_expect_float_eq(start[j], small.fit->theta[j], 1e-10);
        for (int j = 0; j < cases[i].count; j++)
            cr_expect_eq(start[small.fit->theta_count + j], cases[i].more[j]);
        if (i < 4) /* the same fixed effects */
            cr_expect_float_eq(lmm_deviance(m, start), -2 * small.fit->loglik, 1e-7, "%s", cases[i].large);
        else
            cr_expect_lt(lmm_deviance(m, start), -2 * small.fit->loglik - 1);
        cr_expect(!isnan(start[lmm_theta_count(m) - 1]) && isnan(start[lmm_theta_count(m)]), "%s: no more", cases[i].large);
        lmm_free(m);
        stated_clear(&small);
        stated_clear(&large);
    }
}
