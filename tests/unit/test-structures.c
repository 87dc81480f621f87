/* test-structures.c -- covariance structures: gradients against differences for every row of both tables, and two ways to each.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/joint.h"
#include "fit/lmm.h"
#include "fit/rowcov.h"
#include "fit/rowcov-private.h"
#include "model/residuals.h"
#include "model/structure.h"
#include "stated-design.h"
#include "sweep.h"
#include "structured.h"

/* --- gradients ------------------------------------------------------------------------------------- */

static const char *effects_of(const struct structure *s)
{
    return s->place == PLACE_SPACE ? "pos(u, v)" : "f";
}

Test(structures, gradients_of_random_effects)
{
    char *csv = make_csv(), text[200];
    struct glmm_error err = { 0 };

    for (int i = 0; structure_name(i) != NULL; i++) {
        const struct structure *row = structure_find(structure_name(i));
        struct stated s;

        snprintf(text, sizeof text, "y ~ x + (1 | h) + %s(0 + %s | g)", row->name, effects_of(row));
        s = state(csv, text, NULL, NULL);
        check_gradient(&s, NULL, NULL, true, text);
        check_gradient(&s, NULL, NULL, false, text);
        stated_clear(&s);
        snprintf(text, sizeof text, "y ~ x + %s(0 + %s | g)", row->name, effects_of(row)); /* not concave at outliers */
        s = state(csv, text, NULL, NULL);
        check_gradient(&s, family_find("t", &err), link_find("identity"), false, text);
        stated_clear(&s);
        snprintf(text, sizeof text, "c ~ x + %s(0 + %s | g)", row->name, effects_of(row));
        s = state(csv, text, NULL, NULL);
        check_gradient(&s, family_find("poisson", &err), link_find("log"), false, text);
        check_gradient(&s, family_find("nbinom2", &err), link_find("log"), false, text);
        check_gradient(&s, family_find("genpois", &err), link_find("log"), false, text);
        stated_clear(&s);
    }
    free(csv);
}

/* The last parameters are thresholds, each of them of two categories' rows. */
Test(structures, gradients_beside_thresholds)
{
    static const char *const links[] = { "logit", "probit", "cloglog" };
    char *csv = make_csv(), text[200];
    struct glmm_error err = { 0 };
    struct arena *arena = arena_new();

    for (int i = 0; structure_name(i) != NULL; i++) {
        const struct structure *row = structure_find(structure_name(i));
        const struct family *family;
        struct stated s;

        snprintf(text, sizeof text, "k ~ x + (1 | h) + %s(0 + %s | g)", row->name, effects_of(row));
        s = state_design(csv, text, &(struct design_options){ .response = RESPONSE_ORDINAL });
        family = family_of_categories(arena, family_find("cumulative", &err), s.design->category_count, s.design->categories);
        cr_assert_eq(family->categories, 4);
        check_gradient(&s, family, link_find(links[i % 3]), false, text);
        stated_clear(&s);
    }
    arena_free(arena);
    free(csv);
}

Test(structures, gradients_of_residuals)
{
    static const char *const more[] = { "ar1(t | g, by = h)", "cs(1 | g, by = h)", "diag(h)", "us(t | g)" };
    char *csv = make_csv(), text[80];

    for (int i = 0; structure_residual_name(i) != NULL; i++)
        for (int alone = 0; alone < 2; alone++) {
            struct stated s;

            snprintf(text, sizeof text, "%s(%s | g)", structure_residual_name(i), i % 2 == 0 ? "t" : "f");
            if (strcmp(structure_residual_name(i), "car1") == 0)
                snprintf(text, sizeof text, "car1(v | g)");
            s = state(csv, alone ? "y ~ x" : "y ~ x + (1 + x | g)", text, NULL);
            check_gradient(&s, NULL, NULL, alone, text);
            stated_clear(&s);
        }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        struct stated s = state(csv, "y ~ x + (1 | h)", more[i], NULL);

        check_gradient(&s, NULL, NULL, true, more[i]);
        stated_clear(&s);
    }
    for (int alone = 0; alone < 2; alone++) {
        struct glmm_error err = { 0 };
        struct formula *disp = formula_parse(alone ? "~ x + v" : "~ 0 + f", NULL, &err);
        struct design_options options = { .response = RESPONSE_REAL, .part = { [DESIGN_DISPERSION] = disp }, .scales = "~" };
        struct stated s = state_design(csv, alone ? "y ~ x" : "y ~ x + (1 + x | g)", &options);

        cr_assert(s.design->residual != NULL && s.design->part[DESIGN_DISPERSION] == NULL);
        check_gradient(&s, NULL, NULL, true, "disp");
        check_gradient(&s, NULL, NULL, false, "disp");
        stated_clear(&s);
        formula_free(disp);
    }
    free(csv);
}

/* --- two ways ---------------------------------------------------------------------------------------- */

Test(structures, compound_symmetry_is_a_random_intercept)
{
    same_fits("y ~ x", "cs(1 | g)", "y ~ x + (1 | g)", NULL, NULL, METHOD_REML, NULL);
    same_fits("y ~ x", "cs(1 | g)", "y ~ x + (1 | g)", NULL, NULL, METHOD_ML, NULL);
}

Test(structures, one_variance_written_otherwise)
{
    same_fits("y ~ x + homdiag(0 + h | g)", NULL, "y ~ x + (1 | g)", NULL, NULL, METHOD_REML, NULL);
    same_fits("c ~ x + homdiag(0 + h | g)", NULL, "c ~ x + (1 | g)", NULL, "poisson", METHOD_LAPLACE, NULL);
    same_fits("c ~ x + homdiag(0 + h | g)", NULL, "c ~ x + (1 | g)", NULL, "genpois", METHOD_LAPLACE, NULL);
}

Test(structures, two_effects_are_unstructured)
{
    same_fits("y ~ x + (1 + x | g)", NULL, "y ~ x + cs(1 + x | g)", NULL, NULL, METHOD_REML, NULL);
    same_fits("y ~ x + (1 + x | g)", NULL, "y ~ x + cs(1 + x | g)", NULL, NULL, METHOD_ML, NULL);
    same_fits("exp(y) ~ x + (1 + x | g)", NULL, "exp(y) ~ x + cs(1 + x | g)", NULL, "lognormal", METHOD_LAPLACE, NULL);
    same_fits("exp(y) ~ x + (1 + x | g)", NULL, "exp(y) ~ x + cs(1 + x | g)", NULL, "Gamma", METHOD_LAPLACE, NULL);
}

/* lognormal is gaussian of the logarithm, with the errors of a linear model (lme4's): those of beta with the variances held. */
Test(structures, errors_of_a_lognormal_model_are_those_of_the_logarithm)
{
    static const char *const right[] = { "x + (1 + x | g)", "x + cs(1 + x | g)", "x + homdiag(0 + h | g)" };
    char *csv = make_csv();

    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        char text[64];
        struct stated a, b;
        struct fit *one, *two;

        snprintf(text, sizeof text, "exp(y) ~ %s", right[i]);
        a = state(csv, text, NULL, NULL);
        snprintf(text, sizeof text, "y ~ %s", right[i]);
        b = state(csv, text, NULL, NULL);
        one = fit_of(&a, "lognormal", METHOD_LAPLACE);
        two = fit_of(&b, NULL, METHOD_ML);

        for (int j = 0; j < a.design->p; j++) {
            cr_expect_float_eq(one->beta[j], two->beta[j], 1e-5 * two->se[j], "%s", text);
            cr_expect_float_eq(one->se[j], two->se[j], 2e-5 * two->se[j], "%s: SE %.9g and %.9g", text, one->se[j], two->se[j]);
            cr_expect_float_eq(fit_joint(one, 0, j), two->vcov[j * a.design->p], 4e-5 * two->se[0] * two->se[j], "%s", text);
            for (int k = a.design->p; k < one->joint_count; k++)
                cr_expect_eq(fit_joint(one, j, k), 0, "%s: of (%d, %d)", text, j, k);
        }
        fit_free(one);
        fit_free(two);
        stated_clear(&a);
        stated_clear(&b);
    }
    free(csv);
}

/* On a line the neighbours in order tell as much as all pairs do: beside a second coordinate that is the same everywhere. */
Test(structures, units_of_positions_on_a_line)
{
    enum { K = 60, ROWS = 400, LEVELS = 9 };
    double line[K], plane[2 * K];
    int32_t level[ROWS], position[ROWS], apart[ROWS];
    struct rng rng;

    rng_init(&rng, 3, 0);
    for (int i = 0; i < K; i++) {
        line[i] = plane[2 * i] = rng_normal(&rng); /* in no order */
        plane[2 * i + 1] = 2.5;
    }
    for (int i = 0; i < ROWS; i++) {
        level[i] = (int32_t)(LEVELS * rng_uniform(&rng));
        position[i] = (int32_t)(K * rng_uniform(&rng));
        apart[i] = position[i];
    }
    for (int all = 0; all < 2; all++) { /* and where no level has two positions */
        struct positions one = { .k = K, .dims = 1, .at = line, .unit = 1 }, two = { .k = K, .dims = 2, .at = plane, .unit = 1 };
        double unit = positions_unit(&one, ROWS, all ? apart : level, position);

        cr_expect_gt(unit, 0);
        cr_expect_neq(unit, 1);
        cr_expect_float_eq(unit, positions_unit(&two, ROWS, all ? apart : level, position), 1e-14);
    }
}

Test(structures, distances_are_steps)
{
    same_fits("y ~ x", "ar1(t | g)", "y ~ x", "car1(t | g)", NULL, METHOD_REML, NULL);
    same_fits("y ~ x + ar1(0 + f | g)", NULL, "y ~ x + ou(0 + t | g)", NULL, NULL, METHOD_ML, NULL);
    same_fits("y ~ x + exp(0 + pos(t) | g)", NULL, "y ~ x + ou(0 + t | g)", NULL, NULL, METHOD_REML, NULL);
}

/* An ar1 effect at rho = 0 is an effect of each row's level: the deviances agree at the same variances. */
Test(structures, ar1_without_correlation)
{
    char *csv = make_csv();
    struct stated a = state(csv, "y ~ x + ar1(0 + f | g)", NULL, NULL), b = state(csv, "y ~ x + homdiag(0 + f | g)", NULL, NULL);
    struct glmm_error err = { 0 };
    struct rowcov *one = rowcov_new(a.design, NULL, NULL, true, NULL, &err),
                  *two = rowcov_new(b.design, NULL, NULL, true, NULL, &err);
    double x[2] = { 2.2, 0.0 }, y[1] = { 2.2 };

    cr_expect_float_eq(rowcov_deviance(one, x, NULL), rowcov_deviance(two, y, NULL), 1e-9);
    rowcov_free(one);
    rowcov_free(two);
    stated_clear(&a);
    stated_clear(&b);
    free(csv);
}

/* Where neither neighbours nor lags correlate. */
static void set_uncorrelated(enum correlation_law law, int k, double par[])
{
    for (int i = 0; i < law_count(law, k); i++)
        par[i] = 0;
    switch (law) {
    case LAW_CS:
        par[0] = -log(k - 1);
        return;
    case LAW_OU:
        par[0] = 8;
        return;
    case LAW_EXP:
    case LAW_GAU:
    case LAW_MAT:
        par[0] = -8;
        return;
    case LAW_NONE:
    case LAW_AR1:
    case LAW_TOEP:
    case LAW_US:
        return;
    }
    cr_assert_fail("a law that nothing is known of: %d", law);
}

/* A heterogeneous one beside the unstructured matrix, whose parameters are the same with correlations of 0. */
static void same_as_diagonal(struct rowcov *one, const struct stated *a, const char *csv, const struct family *family,
                             const struct link *link, const double x[], bool counts)
{
    struct glmm_error err = { 0 };
    struct stated b = state(csv, counts ? "c ~ x + cs(0 + f | g)" : "y ~ x + cs(0 + f | g)", NULL, NULL);
    struct rowcov *two = rowcov_new(b.design, family, link, !counts, NULL, &err);
    double y[40] = { 0 };

    cr_assert_not_null(two, "%s", err.message);
    for (int s = 0; s < 5 + (counts ? 2 : 0); s++)
        y[s] = x[s];
    set_uncorrelated(LAW_CS, 5, y + (counts ? 2 : 0) + 5);
    cr_expect_float_eq(rowcov_deviance(one, x, NULL), rowcov_deviance(two, y, NULL), 1e-8, "%s",
                       a->design->random[0].structure->name);
    rowcov_free(two);
    stated_clear(&b);
}

/* Every row of the table of residuals, without correlation and with equal variances, is what residuals are without a structure.
 */
Test(structures, residuals_without_correlation_are_independent)
{
    char *csv = make_csv(), text[80];
    struct glmm_error err = { 0 };
    struct stated plain = state(csv, "y ~ x + (1 | h)", NULL, NULL);

    for (int i = 0; structure_residual_name(i) != NULL; i++)
        for (int reml = 0; reml < 2; reml++) {
            const char *name = structure_residual_name(i);
            double x[60] = { 1.1 }, y[1] = { 1.1 };
            const struct residual_design *residual;
            struct rowcov *one, *two;
            struct stated s;

            snprintf(text, sizeof text, "%s(%s | g)", name, strcmp(name, "car1") == 0 ? "v" : "t");
            s = state(csv, "y ~ x + (1 | h)", text, NULL);
            residual = s.design->residual;
            one = rowcov_new(s.design, NULL, NULL, reml, NULL, &err);
            two = rowcov_of_rows_new(plain.design, reml, NULL, &err);
            cr_assert(one != NULL && two != NULL, "%s", err.message);
            set_uncorrelated(residual->structure->law, residual->positions.k, x + 1 + residual_scale_parameters(residual));
            cr_expect_float_eq(rowcov_deviance(one, x, NULL), rowcov_deviance(two, y, NULL), 1e-8, "%s", text);
            rowcov_free(one);
            rowcov_free(two);
            stated_clear(&s);
        }
    stated_clear(&plain);
    free(csv);
}

/* Every row of the table of terms, without correlation and with equal variances, is homdiag; linear, and by Laplace. */
Test(structures, each_without_correlation_is_independence)
{
    char *csv = make_csv(), text[200];
    struct glmm_error err = { 0 };

    for (int i = 0; structure_name(i) != NULL; i++)
        for (int counts = 0; counts < 2; counts++) {
            const struct structure *row = structure_find(structure_name(i));
            const struct family *family = counts ? family_find("poisson", &err) : NULL;
            const struct link *link = counts ? link_find("log") : NULL;
            double x[40] = { 0 }, y[40] = { 0 };
            struct stated a, b;
            struct rowcov *one, *two;
            int first = counts ? 2 : 0, sds = row->hetero ? 5 : 1;

            snprintf(text, sizeof text, "%c ~ x + %s(0 + %s | g)", counts ? 'c' : 'y', row->name, effects_of(row));
            a = state(csv, text, NULL, NULL);
            b = state(csv, counts ? "c ~ x + homdiag(0 + f | g)" : "y ~ x + homdiag(0 + f | g)", NULL, NULL);
            one = rowcov_new(a.design, family, link, !counts, NULL, &err);
            two = rowcov_new(b.design, family, link, !counts, NULL, &err);
            cr_assert(one != NULL && two != NULL, "%s", err.message);
            cr_assert_eq(rowcov_count(one), first + sds + law_count(row->law, 5), "%s", text);
            for (int s = 0; s < sds; s++)
                x[first + s] = 2.2;
            y[first] = 2.2;
            set_uncorrelated(row->law, 5, x + first + sds);
            if (!row->hetero) /* the columns of a factor's levels have a unit each: a common one where the variance is */
                cr_expect_float_eq(rowcov_deviance(one, x, NULL), rowcov_deviance(two, y, NULL), 1e-8, "%s", text);
            else
                same_as_diagonal(one, &a, csv, family, link, x, counts);
            rowcov_free(one);
            rowcov_free(two);
            stated_clear(&a);
            stated_clear(&b);
        }
    free(csv);
}

/* --- clusters alike ---------------------------------------------------------------------------------- */

/* With weights that differ in the last digits no two clusters are alike: all is as with those that share their factors. */
static void same_alone(const char *formula, const char *residual, const char *family, bool reml)
{
    char *csv = make_csv();
    struct glmm_error err = { 0 };
    struct stated s = state(csv, formula, residual, NULL);
    struct design single = *s.design;
    double *weights = calloc(single.n, sizeof *weights), x[40], one[40], two[40];
    const struct family *f = family == NULL ? NULL : family_find(family, &err);
    struct rowcov *a, *b;

    for (size_t i = 0; i < single.n; i++)
        weights[i] = 1 + 1e-13 * (double)i;
    single.weights = weights;
    a = rowcov_new(s.design, f, f == NULL ? NULL : link_find("log"), reml, NULL, &err);
    b = rowcov_new(&single, f, f == NULL ? NULL : link_find("log"), reml, NULL, &err);
    cr_assert(a != NULL && b != NULL && rowcov_count(a) <= 40, "%s", err.message);
    memset(x, 0, sizeof x);
    rowcov_start(a, 0.6, x);
    cr_expect_float_eq(rowcov_deviance(a, x, one), rowcov_deviance(b, x, two), 1e-9, "%s", formula);
    for (int i = 0; i < rowcov_count(a); i++)
        cr_expect_float_eq(one[i], two[i], 1e-8 * (1 + fabs(two[i])), "%s, parameter %d: %g and %g", formula, i, one[i], two[i]);
    rowcov_free(a);
    rowcov_free(b);
    if (family == NULL) {
        struct fit *together = lmm_fit(s.design, NULL, NULL, &err), *alone = lmm_fit(&single, NULL, NULL, &err);

        cr_assert(together != NULL && alone != NULL, "%s", err.message);
        for (int l = 0; single.random_count > 0 && l < single.random[0].level_count * single.random[0].k; l++)
            cr_expect_float_eq(together->random[0].modes[l], alone->random[0].modes[l], 1e-5, "%s", formula);
        fit_free(together);
        fit_free(alone);
    }
    free(weights);
    stated_clear(&s);
    free(csv);
}

/* Groups within h, coefficients for each h, and nothing shared: the two halves by themselves. */
static void check_halves(const char *structure, const char *effects)
{
    static const char *const halves[] = { NULL, "h == \"h0\"", "h == \"h1\"" };
    char *csv = make_csv(), text[200];
    double loglik[3];

    for (int i = 0; i < 3; i++) {
        struct design_options options = { .response = RESPONSE_REAL, .where = halves[i] };
        struct glmm_error err = { 0 };
        struct stated s;
        struct fit *fit;

        snprintf(text, sizeof text, "c ~ x%s + %s(0 + %s | g%s)", i == 0 ? " * h" : "", structure, effects,
                 i == 0 ? ", by = h" : "");
        s = state_design(csv, text, &options);
        fit = glm_fit(s.design, family_find("poisson", &err), NULL, NULL, NULL, &err);
        cr_assert(fit != NULL, "%s: %s", text, err.message);
        cr_assert(fit->optimum.verdict <= VERDICT_BOUNDARY, "%s: %s", text, fit->optimum.message);
        loglik[i] = fit->loglik;
        fit_free(fit);
        stated_clear(&s);
    }
    cr_assert_float_eq(loglik[0], loglik[1] + loglik[2], 2e-6, "%s(%s): %.8f, %.8f", structure, effects, loglik[0],
                       loglik[1] + loglik[2]);
    free(csv);
}

Test(structures, at_each_level_of_a_factor_as_in_fits_of_their_own)
{
    check_halves("ar1", "f");
    check_halves("homcs", "f");
    check_halves("ou", "t");
    check_halves("exp", "pos(u, v)");
    check_halves("gau", "pos(u, v)");
}

Test(structures, clusters_alike_are_each_its_own)
{
    same_alone("y ~ x", "us(t | g)", NULL, true);
    same_alone("y ~ x + (1 | g)", "ar1(t | g)", NULL, true);
    same_alone("y ~ x * f * h", "cs(t | g)", NULL, false); /* more coefficients than the products of positions are worth */
    same_alone("y ~ x + ar1(0 + f | g)", NULL, NULL, true);
    same_alone("c ~ x + ar1(0 + f | g)", NULL, "poisson", false);
}

static bool make_joint(void *context, struct glmm_error *err)
{
    struct joint *joint = joint_new(context, NULL, NULL, err);

    joint_free(joint);
    return joint != NULL;
}

/* What is open of a level's effect beside known coefficients is what it is among the modes of the fit. */
Test(structures, rows_with_known_levels_know_the_residuals)
{
    static const char *const residuals[] = { "ar1(t | g)", "diag(f | g)", "us(f | g)" };
    const double rate[1 + DESIGN_PARTS] = { 1 };
    const double *z[1] = { NULL };
    char *csv = make_csv();

    for (int i = 0; i < 3; i++) {
        struct stated s = state(csv, "y ~ x + (1 | g)", residuals[i], NULL);
        struct glmm_error err = { 0 };
        struct fit *fit = lmm_fit(s.design, NULL, NULL, &err);
        struct joint *joint = fit == NULL ? NULL : joint_new(fit, NULL, NULL, &err);

        cr_assert_not_null(joint, "%s", err.message);
        for (int32_t l = 0; l < s.design->random[0].level_count; l++) {
            double c[40] = { 1 }, known = fit->random[0].mode_covariance[l], open = joint_row(joint, &l, z, rate, c);

            cr_expect_float_eq(open, known, 1e-8 * (1 + known), "%s", residuals[i]);
            cr_expect(c[0] >= -1e-9 && c[0] <= 1, "%g", c[0]);
        }
        joint_free(joint);
        cr_expect_gt(sweep_allocations(make_joint, fit), 10);
        fit_free(fit);
        stated_clear(&s);
    }
    free(csv);
}

/* Each piece of an arena is refused by itself: one that is there must not be taken for the others. */
static bool fit_in_pieces(void *context, struct glmm_error *err)
{
    struct mem_hook hook = mem_hook_get(), alone = hook;
    struct fit *fit;

    alone.alone = true;
    mem_hook_set(alone);
    fit = lmm_fit(context, NULL, NULL, err);
    mem_hook_set(hook);
    fit_free(fit);
    return fit != NULL;
}

Test(structures, a_fit_without_a_piece_of_memory)
{
    char *csv = make_csv();
    struct stated s = state(csv, "y ~ x + ar1(0 + f | g)", NULL, NULL);

    cr_expect_gt(sweep_allocations(fit_in_pieces, s.design), 50);
    stated_clear(&s);
    free(csv);
}

/* --- positions that meet ----------------------------------------------------------------------------- */

/* 30 groups of 4 rows at times of their own. */
static char *own_times(void)
{
    struct text out = { 0 };
    struct rng rng;

    rng_init(&rng, 23, 0);
    text_add(&out, "y,c,g,v\n");
    for (int g = 0; g < 30; g++) {
        double level = rng_normal(&rng);

        for (int t = 0; t < 4; t++) {
            double y = level + rng_normal(&rng);

            text_addf(&out, "%.4f,%d,g%02d,%.4f\n", y, (int)fmax(0, floor(exp(0.3 * y))), g, t + 0.8 * rng_uniform(&rng));
        }
    }
    return text_take(&out);
}

static void check_pairs(const char *csv, const char *formula, const char *residual, const struct family *family)
{
    struct stated s = state(csv, formula, residual, NULL);
    struct glmm_error err = { 0 };
    const struct link *link = family == NULL ? NULL : link_find("log");
    struct rowcov *some = rowcov_new(s.design, family, link, false, NULL, &err),
                  *all = rowcov_new(s.design, family, link, false, NULL, &err);
    double *x = calloc((size_t)rowcov_count(all), sizeof *x);

    cr_assert(some != NULL && all != NULL && rowcov_met_terms(some));
    cr_assert_not_null(residual == NULL ? some->terms[0].positions.pair : some->residual.positions.pair, "%s", formula);
    rowcov_met_clear(&all->residual.positions);
    rowcov_start(all, 0.4, x);
    cr_assert_float_eq(rowcov_value(some, x), rowcov_value(all, x), 1e-10, "%s", formula);
    check_rowcov_slopes(some, x, formula);
    rowcov_met_all(some);
    cr_assert_float_eq(rowcov_value(some, x), rowcov_value(all, x), 1e-10, "%s", formula);
    free(x);
    rowcov_free(some);
    rowcov_free(all);
    stated_clear(&s);
}

Test(structures, pairs_of_positions_that_meet)
{
    static const char *const laws[] = { "ou", "exp", "gau", "mat" };
    struct glmm_error err = { 0 };
    char *csv = own_times(), text[80];

    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        snprintf(text, sizeof text, "y ~ v + %s(0 + pos(v) | g)", laws[i]);
        check_pairs(csv, text, NULL, NULL);
        snprintf(text, sizeof text, "c ~ v + %s(0 + pos(v) | g)", laws[i]);
        check_pairs(csv, text, NULL, family_find("poisson", &err));
    }
    check_pairs(csv, "y ~ v + (1 | g)", "car1(v | g)", NULL);
    free(csv);
}

/* Of a toep with 3 standard deviations in units 1, 2, 4 and 2 lags, as a special case has it: standard deviations that are one
 * and correlations that are alike; and the slopes of any function of the whole in what is left. */
Test(structures, parameters_follow_those_of_a_special_case)
{
    static const struct rowcov_tie tie[] = { { TIE_FREE, 0, 0 }, { TIE_SD, 0, 0.5 },    { TIE_SD, 0, 0.25 },
                                             { TIE_FREE, 3, 0 }, { TIE_EQUAL, 3, 2.0 }, { TIE_HELD, 5, 0.7 } };
    const double y[] = { 1.3, 9, 9, 0.6, 9, 9 }, weight[] = { 1, -2, 0.5, 3, -0.7, 11 };
    double x[6], slopes[6], par[2], C[9], shifted[6], up[6], down[6];
    struct positions positions = { .k = 3 };

    cr_assert(rowcov_tie_expand(tie, 6, y, x));
    cr_assert_float_eq(2 * sinh(x[1]), sinh(x[0]), 1e-14);
    cr_assert_float_eq(4 * sinh(x[2]), sinh(x[0]), 1e-14);
    cr_assert_float_eq(x[5], 0.7, 0);
    par[0] = x[3];
    par[1] = x[4];
    cr_assert(law_fill(LAW_TOEP, &positions, par, C));
    cr_assert_float_eq(C[1], sin(0.6), 1e-14);
    cr_assert_float_eq(C[2], sin(0.6), 1e-14, "lag 2 is %g", C[2]);
    memcpy(slopes, weight, sizeof slopes);
    rowcov_tie_pull_back(tie, 6, y, x, slopes);
    for (int i = 0; i < 6; i++) {
        double sum = 0;

        memcpy(shifted, y, sizeof y);
        shifted[i] += 1e-6;
        cr_assert(rowcov_tie_expand(tie, 6, shifted, up));
        shifted[i] -= 2e-6;
        cr_assert(rowcov_tie_expand(tie, 6, shifted, down));
        for (int j = 0; j < 6; j++)
            sum += weight[j] * (up[j] - down[j]) / 2e-6;
        cr_assert_float_eq(slopes[i], sum, 1e-8, "slope %d is %g, by differences %g", i, slopes[i], sum);
    }
    memcpy(shifted, y, sizeof y);
    shifted[3] = asin(-0.6); /* three effects cannot be so unlike */
    cr_assert_not(rowcov_tie_expand(tie, 6, shifted, x));
}
