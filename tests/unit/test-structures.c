/* test-structures.c -- covariance structures: gradients against differences for every row of both tables, and two ways to each.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/rowcov.h"
#include "fit/rowcov-along.h"
#include "infer/profile.h"
#include "model/bessel.h"
#include "model/matern.h"
#include "model/relation.h"
#include "model/structure.h"
#include "stated-design.h"
#include "sweep.h"

/* --- data ------------------------------------------------------------------------------------------ */

static struct stated state(const char *csv, const char *formula, const char *residual, const struct relation *relations)
{
    return state_design(csv, formula,
                        &(struct design_options){ .response = RESPONSE_REAL, .residual = residual, .relations = relations });
}

/* 12 groups of up to 5 times, some missing: y with effects of the group and of time, a count c, a place (u, v). */
static char *make_csv(void)
{
    struct text out = { 0 };
    struct rng rng;

    rng_init(&rng, 7, 0);
    text_add(&out, "y,c,x,t,f,g,h,w,u,v,k\n");
    for (int g = 0; g < 12; g++) {
        double level = 1.5 * rng_normal(&rng), slope = 0.5 + 1.2 * rng_normal(&rng), carried = 0;

        for (int t = 1; t <= 5; t++) {
            double x = rng_normal(&rng), y;

            carried = 0.6 * carried + rng_normal(&rng);
            y = 2 + slope * x + level + carried + 0.7 * rng_normal(&rng);
            if ((g + t) % 6 == 0)
                continue;
            text_addf(&out, "%.4f,%d,%.4f,%d,f%d,g%02d,h%d,%.1f,%d,%.1f,%d\n", y, (int)fmax(0, floor(exp(0.3 * y - 0.4))), x, t,
                      t, g, g % 2, 1 + 0.5 * (t % 3), t, 0.5 * t * t, 1 + (y > 0) + (y > 1.5) + (y > 3.5));
        }
    }
    return text_take(&out);
}

/* --- gradients ------------------------------------------------------------------------------------- */

static void check_gradient(const struct stated *s, const struct family *family, const struct link *link, bool reml,
                           const char *what)
{
    struct glmm_error err = { 0 };
    struct rowcov *m = rowcov_new(s->design, family, link, reml, NULL, &err);
    int count;
    double *x, *gradient;

    cr_assert(m != NULL, "%s: %s", what, err.message);
    count = rowcov_count(m);
    x = calloc((size_t)count, sizeof *x);
    gradient = calloc((size_t)count, sizeof *gradient);
    rowcov_start(m, 0.4, x);
    for (int i = 0; i < count; i++)
        x[i] += 0.03 * ((i * 7) % 5 - 2);
    for (int j = 1; family != NULL && j < family->categories; j++) /* thresholds, in their order */
        x[count - family->categories + j] += 1.3 * j - 2.5;
    cr_assert(rowcov_deviance(m, x, gradient) < 1e90, "%s", what);
    for (int i = 0; i < count; i++) {
        const double h = 1e-4;
        double at[4], slope, kept = x[i];

        for (int k = 0; k < 4; k++) {
            static const double steps[] = { 1, -1, 2, -2 };

            x[i] = kept + h * steps[k];
            at[k] = rowcov_deviance(m, x, NULL);
        }
        x[i] = kept;
        slope = (8 * (at[0] - at[1]) - (at[2] - at[3])) / (12 * h);
        cr_expect_float_eq(gradient[i], slope, 2e-6 * (1 + fabs(slope)), "%s, parameter %d: %.10g, by differences %.10g", what, i,
                           gradient[i], slope);
    }
    free(x);
    free(gradient);
    rowcov_free(m);
}

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
    free(csv);
}

/* --- two ways ---------------------------------------------------------------------------------------- */

static struct fit *fit_of(const struct stated *s, const char *family, enum fit_method method)
{
    struct glmm_error err = { 0 };
    struct fit_options options = { .method = method };
    struct fit *fit = family == NULL ? lmm_fit(s->design, &options, NULL, &err)
                                     : glm_fit(s->design, family_find(family, &err), NULL, &options, NULL, &err);

    cr_assert(fit != NULL, "%s", err.message);
    cr_assert(fit->optimum.verdict == VERDICT_OK, "%s, with the criterion at %.8f", fit->optimum.message, fit->criterion);
    return fit;
}

/* Both models have the same likelihood, the same fixed effects and the same errors. */
static void same_fits(const char *first, const char *residual, const char *second, const char *other, const char *family,
                      enum fit_method method, const struct relation *relations)
{
    char *csv = make_csv();
    struct stated a = state(csv, first, residual, relations), b = state(csv, second, other, relations);
    struct fit *one = fit_of(&a, family, method), *two = fit_of(&b, family, method);

    cr_expect_float_eq(one->loglik, two->loglik, 1e-7, "%s: %.10f, %s: %.10f", first, one->loglik, second, two->loglik);
    for (int j = 0; j < a.design->p; j++) {
        cr_expect_float_eq(one->beta[j], two->beta[j], 1e-5 * two->se[j], "%s", first);
        cr_expect_float_eq(one->se[j], two->se[j], 2e-5 * two->se[j], "%s", first);
        if (one->df != NULL && two->df != NULL)
            cr_expect_float_eq(one->df[j], two->df[j], 1e-3 * two->df[j], "%s: df %g and %g", first, one->df[j], two->df[j]);
    }
    fit_free(one);
    fit_free(two);
    stated_clear(&a);
    stated_clear(&b);
    free(csv);
}

/* The expansion for large orders against the recurrence, which is exact where it has no overflow. */
Test(structures, bessel_functions_of_large_orders)
{
    for (double order = 100; order < 400; order *= 1.17)
        for (double z = 0.3 * order; z < 20 * order; z *= 1.7) {
            double exact = log(bessel_k(z, order, 2.0)) - z;

            cr_assert_lt(fabs(log_bessel_k(z, order) - exact), 1e-12 * (1 + fabs(exact)), "K_%g(%g)", order, z);
        }
    cr_assert_lt(fabs(log_bessel_k(70, 100 - 1e-9) - log_bessel_k(70, 100)), 1e-8);
}

/* Where K is too large for a double: its logarithm by mpmath, of 40 digits. */
Test(structures, bessel_functions_too_large_for_a_number)
{
    static const double known[][3] = { { 5.5, 1e-60, 766.93005696817355 }, { 50, 1e-6, 869.30548369199591 },
                                       { 99.5, 0.01, 883.32481336077567 }, { 99.5, 0.05, 723.18573498221233 },
                                       { 80, 1e-3, 876.67014723066191 },   { 1.5, 1e-250, 863.69520122541186 } };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect_float_eq(log_bessel_k(known[i][1], known[i][0]) / known[i][2], 1, 1e-14, "K_%g(%g)", known[i][0], known[i][1]);
}

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

Test(structures, clusters_alike_are_each_its_own)
{
    same_alone("y ~ x", "us(t | g)", NULL, true);
    same_alone("y ~ x + (1 | g)", "ar1(t | g)", NULL, true);
    same_alone("y ~ x * f * h", "cs(t | g)", NULL, false); /* more coefficients than the products of positions are worth */
    same_alone("y ~ x + ar1(0 + f | g)", NULL, NULL, true);
    same_alone("c ~ x + ar1(0 + f | g)", NULL, "poisson", false);
}

/* --- coordinates in which a parameter is held ----------------------------------------------------------- */

/* Polynomials against Bessel's function itself, over shapes and distances, at 1/2 and 3/2 against the closed forms too. */
Test(structures, many_matern_correlations_are_those_of_one)
{
    static const double shapes[] = { 0.02, 0.3, 0.5, 1.0, 1.5, 2.0, 3.7, 20.0, 99.0, 400.0 };
    struct matern one, many;

    for (int s = 0; s < 10; s++) {
        matern_init(&one, shapes[s], 1);
        matern_init(&many, shapes[s], 1000000);
        for (double z = 1e-9; z < 2e3; z *= 1.37) {
            double a[2], b[2], rho = matern_at(&one, z, a), found = matern_at(&many, z, b);
            double near = 1e-15 * (100 + shapes[s] * (10 + fabs(log(z))) + 10 * z); /* terms of this size cancel */

            if (rho == 0)
                continue;
            cr_expect_float_eq(found / rho, 1, near, "shape %g at %g: %.17g, not %.17g", shapes[s], z, found, rho);
            for (int i = 0; i < 2; i++) /* the slope in the shape is one of differences */
                cr_expect_float_eq((b[i] - a[i]) / rho, 0, (i == 0 ? 10 : 1e4) * near * (shapes[s] + z),
                                   "shape %g at %g, slope %d: %g, not %g", shapes[s], z, i, b[i], a[i]);
            cr_expect_eq(matern_at(&many, z, NULL), found);
            if (shapes[s] == 0.5 || shapes[s] == 1.5)
                cr_expect_float_eq(found / ((shapes[s] == 0.5 ? 1 : 1 + z) * exp(-z)), 1, near);
        }
    }
}

/* Slopes at a point well inside; the criterion at these is the fit's, and outward() gives the estimates. */
static void check_along(const struct stated *s, const struct fit *fit, const struct along_parameter *q, double estimate,
                        const char *what)
{
    struct glmm_error err = { 0 };
    struct rowcov_along *along = rowcov_along_new(s->design, fit, q, NULL, &err);
    int n, at;
    double *psi, *slopes;

    cr_assert(along != NULL, "%s: %s", what, err.message);
    n = rowcov_along_count(along);
    at = rowcov_along_find(along, q);
    psi = calloc((size_t)n, sizeof *psi);
    slopes = calloc((size_t)n, sizeof *slopes);
    memcpy(psi, rowcov_along_estimate(along), sizeof *psi * (size_t)n);
    cr_assert(at >= 0 && at < n, "%s", what);
    cr_expect_float_eq(rowcov_along_value(along, psi, NULL), fit->criterion, 1e-6, "%s", what);
    cr_expect_float_eq(rowcov_along_outward(along, at, psi[at]), estimate, 1e-8 * (1 + fabs(estimate)), "%s: %.10g, not %.10g",
                       what, rowcov_along_outward(along, at, psi[at]), estimate);
    for (int i = 0; i < n; i++)
        psi[i] = 0.5 * psi[i] + 0.02 * ((i * 7) % 5 - 1.5);
    cr_assert(rowcov_along_value(along, psi, slopes) < 1e90, "%s", what);
    for (int i = 0; i < n; i++) {
        const double h = 1e-3;
        double kept = psi[i], value[4], slope;

        for (int k = 0; k < 4; k++) {
            psi[i] = kept + h * (k % 2 == 0 ? 1 : -1) * (1 + k / 2);
            value[k] = rowcov_along_value(along, psi, NULL);
        }
        psi[i] = kept;
        slope = (8 * (value[0] - value[1]) - (value[2] - value[3])) / (12 * h);
        cr_expect_float_eq(slopes[i], slope, 1e-5 * (1 + fabs(slope)), "%s, coordinate %d: %.10g, by differences %.10g", what, i,
                           slopes[i], slope);
    }
    free(psi);
    free(slopes);
    rowcov_along_free(along);
}

static struct fit *any_fit(const struct stated *s, const char *family)
{
    struct glmm_error err = { 0 };

    return family == NULL ? lmm_fit(s->design, NULL, NULL, &err)
                          : glm_fit(s->design, family_find(family, &err), NULL, NULL, NULL, &err);
}

Test(structures, each_parameter_can_be_held)
{
    static const struct {
        const char *formula, *residual, *family;
        struct along_parameter held;
    } cases[] = {
        { "y ~ x + (1 | h) + cs(0 + f | g)", NULL, NULL, { ALONG_LAW, 1, 0, 0 } },
        { "y ~ x + us(0 + f | h) + ar1(0 + f | g)", NULL, NULL, { ALONG_SD, 1, 0, 0 } },
        { "y ~ x + (1 + x + t | g)", "diag(h)", NULL, { ALONG_CORRELATION, 0, 1, 2 } },
        { "y ~ x + (1 + x + t | g)", "diag(h)", NULL, { ALONG_LAW, -1, 1, 0 } },
        { "y ~ x", "us(t | g)", NULL, { ALONG_LAW, -1, 5 + 4, 0 } },
        { "y ~ x + (1 | h)", "ar1(t | g)", NULL, { ALONG_LAW, -1, 0, 0 } },
        { "y ~ x", "car1(v | g)", NULL, { ALONG_SIGMA, -1, 0, 0 } },
        { "y ~ x + exp(0 + pos(u, v) | g)", NULL, NULL, { ALONG_LAW, 0, 0, 0 } },
        { "c ~ x + ou(0 + t | g)", NULL, "nbinom2", { ALONG_SHAPE, -1, 0, 0 } },
        { "c ~ x + ar1(0 + f | g)", NULL, "poisson", { ALONG_FIXED, -1, 1, 0 } },
    };
    char *csv = make_csv();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct along_parameter *q = &cases[i].held;
        struct stated s = state(csv, cases[i].formula, cases[i].residual, NULL);
        struct fit *fit = any_fit(&s, cases[i].family);
        double estimate;

        cr_assert_not_null(fit, "%s", cases[i].formula);
        estimate = q->what == ALONG_SD            ? fit->random[q->term].sd[q->a]
                   : q->what == ALONG_CORRELATION ? fit->random[q->term].correlation[q->b + q->a * fit->random[q->term].k]
                   : q->what == ALONG_SIGMA       ? fit->sigma
                   : q->what == ALONG_FIXED       ? fit->beta[q->a]
                   : q->what == ALONG_SHAPE       ? fit->rest[q->a]
                   : q->term < 0                  ? fit->residual->parameters[q->a].estimate
                                                  : fit->random[q->term].parameters[q->a].estimate;
        check_along(&s, fit, q, estimate, cases[i].formula);
        fit_free(fit);
        stated_clear(&s);
    }
    free(csv);
}

static struct interval interval_of(const struct fit *fit, const struct parameter *p)
{
    struct glmm_error err = { 0 };
    struct profile *profile = profile_new(fit, NULL, &err);
    struct interval interval;

    cr_assert(profile != NULL && profile_interval(profile, p, 0.95, &interval, &err), "%s", err.message);
    profile_free(profile);
    return interval;
}

/* Two effects are compound symmetric and unstructured at once: two engines, and two sets of coordinates. */
Test(structures, intervals_of_two_engines)
{
    char *csv = make_csv();
    struct stated a = state(csv, "y ~ x + cs(1 + x | g)", NULL, NULL), b = state(csv, "y ~ x + (1 + x | g)", NULL, NULL);
    struct fit *one = fit_of(&a, NULL, METHOD_REML), *two = fit_of(&b, NULL, METHOD_REML);
    struct arena *arena = arena_new();
    int count, others;
    const struct parameter *list = parameters_of(one, arena, &count), *other = parameters_of(two, arena, &others);

    cr_assert_eq(count, others);
    for (int i = 0; i < count; i++) {
        struct interval first = interval_of(one, &list[i]), second = interval_of(two, &other[i]);
        double room = 2e-6 * (fabs(second.upper - second.lower) + 1e-3);

        cr_expect_eq(first.lower_end, second.lower_end, "%s", parameter_words(&list[i], arena));
        cr_expect_float_eq(first.lower, second.lower, room, "%s: %.9g and %.9g", parameter_words(&list[i], arena), first.lower,
                           second.lower);
        cr_expect_float_eq(first.upper, second.upper, room, "%s: %.9g and %.9g", parameter_words(&list[i], arena), first.upper,
                           second.upper);
    }
    arena_free(arena);
    fit_free(one);
    fit_free(two);
    stated_clear(&a);
    stated_clear(&b);
    free(csv);
}

struct held_problem {
    struct rowcov *m;
};

static double held_value(void *context, const double x[], bool *stop)
{
    (void)stop;
    return rowcov_deviance(((struct held_problem *)context)->m, x, NULL);
}

static bool held_slopes(void *context, const double x[], double out[], bool *stop)
{
    (void)stop;
    return rowcov_deviance(((struct held_problem *)context)->m, x, out) < MINIMIZE_BAD;
}

/* Over the engine's own parameters, of which one is held where the interval ends, the criterion is above the fit's by the
 * quantile of chi-squared(1). */
Test(structures, ends_of_a_correlation)
{
    char *csv = make_csv();
    struct stated s = state(csv, "y ~ x + (1 | h)", "ar1(t | g)", NULL);
    struct fit *fit = any_fit(&s, NULL);
    struct glmm_error err = { 0 };
    struct held_problem held = { rowcov_new(s.design, NULL, NULL, true, NULL, &err) };
    struct parameter rho = { .kind = PARAMETER_STRUCTURE, .term = -1, .group = "Residual", .name = "rho" };
    struct minimizer *minimizer = minimizer_new(2, false);
    struct interval interval;

    cr_assert(fit != NULL && held.m != NULL && rowcov_count(held.m) == 2);
    rho.estimate = fit->residual->parameters[0].estimate;
    interval = interval_of(fit, &rho);
    cr_assert_eq(interval.lower_end, END_FOUND);
    cr_assert_eq(interval.upper_end, END_FOUND);
    for (int side = 0; side < 2; side++) {
        const bool stays[] = { false, true };
        double end = side == 0 ? interval.lower : interval.upper, x[2] = { 2, end / sqrt(1 - end * end) }, gradient[2];
        struct minimize_problem problem = {
            .objective = { .n = 2, .context = &held, .value = held_value, .gradient = held_slopes, .held = stays },
            .tolerance = 1e-12,
            .limit = 200
        };
        struct minimize_report report = minimize(minimizer, &problem, NULL, x, gradient);

        cr_expect_float_eq(report.value - fit->criterion, 3.841458820694124, 1e-6, "%.9g at rho = %g",
                           report.value - fit->criterion, end);
    }
    minimizer_free(minimizer);
    rowcov_free(held.m);
    fit_free(fit);
    stated_clear(&s);
    free(csv);
}

/* --- relationships ----------------------------------------------------------------------------------- */

static double relation_at(const struct relation *r, int32_t a, int32_t b)
{
    const int32_t rows[2] = { a, b };
    double out[4];

    cr_assert(relation_fill(r, rows, 2, out));
    return out[2];
}

static struct relation *of_csv(const char *name, const char *csv)
{
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(csv, strlen(csv), name, &how, &err);
    struct relation *r = frame == NULL ? NULL : relation_of_table(name, frame, NULL, &err);

    cr_assert(r != NULL, "%s", err.message);
    frame_free(frame);
    return r;
}

static bool make_table(void *context, struct glmm_error *err)
{
    struct relation *r = relation_of_table("K", context, NULL, err);
    bool ok = r != NULL;

    relation_free(r);
    return ok;
}

/* A table that is read short of memory is no smaller matrix. */
Test(structures, tables_of_relations_know_when_memory_is_out)
{
    static const char *const tables[] = { "a,b,k\nu,u,1\nv,v,1\nv,u,0.5\nw,w,1\n", "name,u,v\nu,1,0.5\nv,0.5,1\n" };
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct frame *frame = csv_read_bytes(tables[i], strlen(tables[i]), "k", &how, &err);

        cr_assert(frame != NULL, "%s", err.message);
        cr_expect_gt(sweep_allocations(make_table, frame), 10);
        frame_free(frame);
    }
}

/* What is no tree, no pedigree and no matrix, each with its sentence. */
Test(structures, what_relates_nobody)
{
    enum kind { TREE, PEDIGREE, TABLE };
    static const struct {
        enum kind kind;
        const char *text, *says;
    } wrong[] = {
        { TREE, "((a:1,b:1):2,'d:3);", "a quote is not closed" },
        { TREE, "((a:1,b:x):2,d:3);", "a length is no number" },
        { TREE, "((a:1,b:-1):2,d:3);", "no share of a variance is negative" },
        { TREE, "((a:1,:1):2,d:3);", "a tip has no name" },
        { TREE, "((a:1,b\xd0z:1):2,d:3);", "a name is not UTF-8" },
        { TREE, "((a:1,b:1):2,d);", "a branch has no length, and others have one" },
        { TREE, "((a,b),d:3);", "a branch has a length, and others have none" },
        { TREE, "((a:1,b:1):2,d:3", "a `)` is missing" },
        { TREE, "(a:1,b:1); c", "a second one begins" },
        { TREE, "(a:1,b:1) c:1);", "the tree goes on behind its end" },
        { TREE, "(a:1,a:1);", "the name `a` stands twice" },
        { PEDIGREE, "id,sire,dam\na,,\na,,\n", "the animal `a` has two rows in the pedigree" },
        { PEDIGREE, "id,sire,dam\na,b,\nb,a,\nc,,\n", "the pedigree goes in a circle: `a` is among its own ancestors" },
        { PEDIGREE, "id,sire,dam\na,,\n,a,\n", "row 2 of the pedigree has no name in `id`" },
        { TABLE, "name,u,v\nu,1,x\nv,0.5,1\n", "the column `v` of k has no numbers" },
        { TABLE, "name,u,w\nu,1,0\nv,0,1\n", "is none of its rows" },
        { TABLE, "name,u\nu,1\nv,0.5\n", "the column `name` of k has no numbers" },
        { TABLE, "name,u,v,w\nu,1,0,0\nv,0,1,0\n", "2 rows and 4 columns" },
        { TABLE, "name,u,u_\nu,1,0\nu,0,1\n", "u" },
        { TABLE, "name,u,v\nu,1,0.5\nv,0.4,1\n", "is not symmetric: `u` and `v`" },
        { TABLE, "name,u,v\nu,1,2\nv,2,1\n", "k" },
        { TABLE, "row,col,value\nu,u,1\n,u,1\n", "row 2 has no name in `row`" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct frame *frame =
            wrong[i].kind == TREE ? NULL : csv_read_bytes(wrong[i].text, strlen(wrong[i].text), "k", NULL, &err);
        struct relation *r = wrong[i].kind == TREE       ? relation_of_tree("k", wrong[i].text, &err)
                             : wrong[i].kind == PEDIGREE ? relation_of_pedigree("k", frame, "id", "sire", "dam", &err)
                                                         : relation_of_table("k", frame, NULL, &err);

        cr_expect(r == NULL && err.code == GLMM_E_DATA && strstr(err.message, wrong[i].says) != NULL, "%s is %s: %s",
                  wrong[i].text, r == NULL ? "wrong" : "right", err.message);
        relation_free(r);
        frame_free(frame);
    }
}

/* Deeper than is read; and a quoted name of two words. */
Test(structures, trees_have_a_depth)
{
    enum { DEEP = 200000 };
    char *deep = malloc(2 * DEEP + 10);
    struct glmm_error err = { .at = NOWHERE };
    struct relation *r;

    memset(deep, '(', DEEP);
    deep[DEEP] = 'a';
    memset(deep + DEEP + 1, ')', DEEP);
    strcpy(deep + 2 * DEEP + 1, ";");
    r = relation_of_tree("k", deep, &err);
    cr_expect(r == NULL && err.code == GLMM_E_LIMIT, "%d: %s", err.code, err.message);
    free(deep);
}

Test(structures, unrelated_levels_are_a_plain_effect)
{
    struct text csv = { 0 };
    struct relation *identity;

    text_add(&csv, "row,col,value\n");
    for (int g = 0; g < 12; g++)
        text_addf(&csv, "g%02d,g%02d,1\n", g, g);
    identity = of_csv("I", text_string(&csv));
    same_fits("y ~ x + (1 | g, K = I)", NULL, "y ~ x + (1 | g)", NULL, NULL, METHOD_REML, identity);
    same_fits("y ~ x + (1 + x | g, K = I)", NULL, "y ~ x + (1 + x | g)", NULL, NULL, METHOD_ML, identity);
    same_fits("c ~ x + (1 | g, K = I)", NULL, "c ~ x + (1 | g)", NULL, "poisson", METHOD_LAPLACE, identity);
    relation_free(identity);
    text_clear(&csv);
}

/* A pedigree's matrix by Henderson's tables: a textbook case (an animal of full sibs has 1 + 1/4). */
Test(structures, pedigree)
{
    static const char csv[] = "id,sire,dam\n5,3,4\n3,1,2\n4,1,2\n6,3,0\n";
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(csv, strlen(csv), "ped", &how, &err);
    struct relation *r = relation_of_pedigree("A", frame, "id", "sire", "dam", &err);

    cr_assert(r != NULL, "%s", err.message);
    cr_expect_eq(r->count, 6);
    cr_expect_float_eq(relation_at(r, relation_find(r, "5"), relation_find(r, "5")), 1.25, 1e-12);
    cr_expect_float_eq(relation_at(r, relation_find(r, "5"), relation_find(r, "3")), 0.75, 1e-12);
    cr_expect_float_eq(relation_at(r, relation_find(r, "5"), relation_find(r, "6")), 0.375, 1e-12);
    relation_free(r);
    frame_free(frame);
}

Test(structures, tree)
{
    struct glmm_error err = { 0 };
    struct relation *r = relation_of_tree("T", "((a:1,'b c':1):2,d:3);", &err);

    cr_assert(r != NULL, "%s", err.message);
    cr_expect_float_eq(relation_at(r, 0, 1), 2.0, 1e-15);
    cr_expect_float_eq(relation_at(r, 1, 1), 3.0, 1e-15);
    cr_expect_float_eq(relation_at(r, 0, 2), 0.0, 1e-15);
    cr_expect_str_eq(r->ids[1], "b c");
    relation_free(r);
    cr_expect_null(relation_of_tree("T", "((a:1,b:1:2,d:3);", &err));
    cr_expect_null(relation_of_tree("T", "((a:1,b\xd0z:1):2,d:3);", &err));
}

/* --- the sparse inverse ------------------------------------------------------------------------------ */

enum { ANIMALS = 330 };

/* A herd that is bred from few parents, so that many are inbred; a weighed animal has one or two rows. */
static char *make_herd(char **pedigree)
{
    struct text rows = { 0 }, table = { 0 };
    struct rng rng;

    rng_init(&rng, 5, 0);
    text_add(&rows, "y,x,id,pen,w\n");
    text_add(&table, "id,sire,dam\n");
    for (int i = 0; i < ANIMALS; i++) {
        int from = i > 60 ? i - 60 : 0, sire = from + (int)(0.3 * (i - from) * rng_uniform(&rng));
        int dam = from + (int)((i - from) * rng_uniform(&rng));

        text_addf(&table, i < 8 ? "a%d,0,0\n" : i % 9 == 0 ? "a%d,a%d,0\n" : "a%d,a%d,a%d\n", i, sire, dam);
        for (int r = 0; r < (i < 40 ? 0 : 1 + (i % 3 == 0)); r++)
            text_addf(&rows, "%.4f,%.4f,a%d,p%d,%.1f\n", 3 + 0.4 * (i % 11) + rng_normal(&rng), rng_normal(&rng), i, i % 7,
                      1.0 + i % 2);
    }
    *pedigree = text_take(&table);
    return text_take(&rows);
}

/* The same matrix with all its entries. */
static struct relation *dense_copy(const struct relation *r)
{
    struct glmm_error err = { 0 };
    size_t n = (size_t)r->count;
    char **ids = NEW_ARRAY(char *, n);
    double *values = NEW_ARRAY(double, n *n);
    int32_t *rows = NEW_ARRAY(int32_t, n);
    struct relation *copy;

    for (size_t i = 0; i < n; i++) {
        ids[i] = mem_strdup(r->ids[i]);
        rows[i] = (int32_t)i;
    }
    cr_assert(relation_fill(r, rows, r->count, values));
    mem_free(rows);
    copy = relation_new(r->name, "matrix", r->count, ids, values, NULL, &err);
    cr_assert_not_null(copy, "%s", err.message);
    return copy;
}

static void check_descent(const struct relation *sparse, const char *rows, const char *formula, bool reml)
{
    struct relation *dense = dense_copy(sparse);
    struct stated a = state(rows, formula, NULL, sparse), b = state(rows, formula, NULL, dense);
    struct fit_options how = { .method = reml ? METHOD_REML : METHOD_ML };
    struct glmm_error err = { 0 };
    struct fit *one = lmm_fit(a.design, &how, NULL, &err), *two = lmm_fit(b.design, &how, NULL, &err);

    cr_assert(one != NULL && two != NULL, "%s", err.message);
    check_gradient(&a, NULL, NULL, reml, formula);
    cr_expect_float_eq(one->loglik, two->loglik, 1e-8, "%s: %.12g, not %.12g", formula, one->loglik, two->loglik);
    cr_expect_float_eq(one->sigma, two->sigma, 1e-7);
    for (int t = 0; t < a.design->random_count; t++) {
        cr_expect_float_eq(one->random[t].sd[0], two->random[t].sd[0], 1e-6);
        for (int32_t l = 0; l < a.design->random[t].level_count; l++) {
            cr_expect_float_eq(one->random[t].modes[l], two->random[t].modes[l], 1e-6);
            cr_expect_float_eq(sqrt(one->random[t].mode_covariance[l]), sqrt(two->random[t].mode_covariance[l]), 1e-6);
        }
    }
    for (int j = 0; j < a.design->p; j++)
        cr_expect_float_eq(one->se[j], two->se[j], 1e-7);
    fit_free(one);
    fit_free(two);
    stated_clear(&a);
    stated_clear(&b);
    relation_free(dense);
}

Test(structures, a_sparse_inverse_is_its_dense_matrix)
{
    char *pedigree, *rows = make_herd(&pedigree);
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(pedigree, strlen(pedigree), "ped", &how, &err);
    struct relation *A = frame == NULL ? NULL : relation_of_pedigree("A", frame, "id", "sire", "dam", &err);

    cr_assert_not_null(A, "%s", err.message);
    check_descent(A, rows, "y ~ x + (1 | id, K = A)", true);
    check_descent(A, rows, "y ~ x + (1 | pen) + (1 | id, K = A)", false);
    relation_free(A);
    frame_free(frame);
    free(pedigree);
    free(rows);
}

/* Inbreeding and own variances against the whole matrix by the tabular method: a(i, i) = 1 + a(s, d)/2, a(i, j) = the mean of the
 * parents' with j. */
/* An animal and all that it descends from; marks them. */
static int32_t count_ancestors(const struct descent *d, int32_t i, bool seen[])
{
    int32_t count = 0;

    if (i >= 0 && !seen[i]) {
        seen[i] = true;
        count = 1 + count_ancestors(d, d->parent[0][i], seen) + count_ancestors(d, d->parent[1][i], seen);
    }
    return count;
}

/* Of one name, and of one more than before, up to all. */
static void check_marks(const struct descent *d)
{
    bool *seen = calloc((size_t)d->count, sizeof *seen), *marked = calloc((size_t)d->count, sizeof *marked);
    int32_t *names = calloc((size_t)d->names, sizeof *names), together = 0;

    for (int32_t k = 0; k < d->names; k++) {
        bool *own = calloc((size_t)d->count, sizeof *own);

        names[k] = d->names - 1 - k;
        together += count_ancestors(d, d->node[names[k]], seen);
        cr_expect_eq(descent_mark(d, names + k, 1, marked), count_ancestors(d, d->node[names[k]], own), "name %d", names[k]);
        cr_expect_eq(memcmp(marked, own, (size_t)d->count), 0, "name %d", names[k]);
        cr_expect_eq(descent_mark(d, names, k + 1, marked), together, "%d names", k + 1);
        free(own);
    }
    free(names);
    free(marked);
    free(seen);
}

Test(structures, inbreeding_is_that_of_the_tabular_method)
{
    char *pedigree, *rows = make_herd(&pedigree);
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(pedigree, strlen(pedigree), "ped", &how, &err);
    struct relation *A = frame == NULL ? NULL : relation_of_pedigree("A", frame, "id", "sire", "dam", &err);
    const struct descent *d = A == NULL ? NULL : A->descent;
    size_t n = d == NULL ? 0 : (size_t)d->count;
    double *a = calloc(n * n, sizeof *a), *variance = calloc(n, sizeof *variance), inbred = 0;

    cr_assert(n > 0 && descent_variances(d, variance), "%s", err.message);
    for (size_t i = 0; i < n; i++) {
        int32_t s = d->parent[0][i], m = d->parent[1][i];
        double own;

        for (size_t j = 0; j < i; j++)
            a[i + j * n] = a[j + i * n] = 0.5 * ((s < 0 ? 0 : a[(size_t)s + j * n]) + (m < 0 ? 0 : a[(size_t)m + j * n]));
        a[i + i * n] = 1 + (s >= 0 && m >= 0 ? 0.5 * a[(size_t)s + (size_t)m * n] : 0);
        own = 1 - (s < 0 ? 0 : 0.25 * a[(size_t)s * (n + 1)]) - (m < 0 ? 0 : 0.25 * a[(size_t)m * (n + 1)]);
        cr_expect_float_eq(variance[i], a[i + i * n], 1e-12);
        cr_expect_float_eq(d->own[i], own, 1e-12);
        inbred += a[i + i * n] - 1;
    }
    cr_expect_gt(inbred, 1);
    check_marks(d);
    free(a);
    free(variance);
    relation_free(A);
    frame_free(frame);
    free(pedigree);
    free(rows);
}

/* What is kept of a pedigree says all of it; what is broken is none. */
Test(structures, descent_is_kept)
{
    struct glmm_error err = { 0 };
    struct relation *r = relation_of_tree("T", "((a:1,b:0):2,(c:1,d:2):0.5,e:3);", &err);
    struct descent *d;
    size_t count;
    double *numbers, x[8];

    cr_assert_not_null(r, "%s", err.message);
    numbers = descent_pack(r->descent, &count);
    cr_assert_not_null(numbers);
    d = descent_unpack(numbers, count);
    cr_assert_not_null(d);
    descent_column(d, 2, x);
    cr_expect_float_eq(x[d->node[3]], 0.5, 1e-15);
    cr_expect_float_eq(relation_at(r, 0, 1), 2.0, 1e-15);
    cr_expect_float_eq(relation_at(r, 1, 1), 2.0, 1e-15);
    descent_free(d);
    cr_expect_null(descent_unpack(numbers, count - 1));
    numbers[3] = 5.0;
    cr_expect_null(descent_unpack(numbers, count));
    mem_free(numbers);
    relation_free(r);
}
