/* test-along.c -- the coordinates in which a parameter of a covariance structure is held, and the intervals made in them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/identify.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/revise.h"
#include "fit/rowcov.h"
#include "fit/rowcov-along.h"
#include "infer/profile.h"
#include "model/matern.h"
#include "stated-design.h"
#include "sweep.h"
#include "structured.h"

/* --- coordinates in which a parameter is held ----------------------------------------------------------- */

/* Of a large shape nu: E exp(-e nu/t) with t from Gamma(nu), e = z^2/(4 nu), is exp(-e)(1 + (e^2 - 2e)/(2 nu)) but for 1/nu^2;
 * and on either side of where another formula begins they are the same. */
Test(structures, matern_of_a_large_shape_goes_to_gau)
{
    struct matern smooth, rough;

    for (double e = 1e-3; e < 20.0; e *= 1.7) {
        double nu = 1e6, slope[2], other[2], near = exp(-e) * (1.0 + (e * e - 2.0 * e) / (2.0 * nu));

        matern_init(&smooth, nu, 1);
        cr_expect_float_eq(matern_at(&smooth, 2.0 * sqrt(nu * e), slope), near, 1e-11);
        cr_expect_float_eq(slope[0], -2.0 * e * near, 1e-4 * near * (1.0 + e * e));
        cr_expect_float_eq(slope[1], e * near, 1e-4 * near * (1.0 + e * e));
        matern_init(&smooth, 200.0 * (1.0 + 1e-13), 1);
        matern_init(&rough, 200.0 * (1.0 - 1e-13), 1);
        near = matern_at(&rough, 2.0 * sqrt(200.0 * e), other);
        cr_expect_float_eq(matern_at(&smooth, 2.0 * sqrt(200.0 * e), slope), near, 2e-12, "%g", e);
        cr_expect_float_eq(slope[0], other[0], 1e-10, "%g: %.15g %.15g", e, slope[0], other[0]);
        cr_expect_float_eq(slope[1], other[1], 1e-9, "%g: %.15g %.15g", e, slope[1], other[1]);
    }
}

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

/* At the fit's estimates the terms have the fit's standard deviations and covariances. */
static void check_terms(struct rowcov_along *along, const struct fit *fit, const double psi[], const char *what)
{
    double sd[5], sigma[25];

    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_fit *random = &fit->random[t];
        int k = random->k;

        rowcov_along_sds(along, psi, t, sd);
        cr_assert(rowcov_along_covariance(along, psi, t, sigma), "%s", what);
        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++) {
                double covariance = random->covariance[a + b * k],
                       size = sqrt(random->covariance[a + a * k] * random->covariance[b + b * k]);

                cr_expect_float_eq(sigma[a + b * k], covariance, 1e-7 * (1 + size), "%s: %d and %d of term %d, %.12g and %.12g",
                                   what, a, b, t, sigma[a + b * k], covariance);
                if (a == b)
                    cr_expect_float_eq(sd[a], sqrt(covariance), 1e-7 * (1 + size), "%s: SD %d of term %d, %g", what, a, t, sd[a]);
            }
    }
}

/* Slopes at a point well inside; the criterion at the fit is the fit's, and outward() gives the estimates.  Of a fit with an
 * optimum: half the way to none may lie beside a singular matrix, where no differences tell slopes. */
static void check_along(const struct stated *s, const struct fit *fit, const struct along_parameter *q, double estimate,
                        const char *what)
{
    struct glmm_error err = { 0 };
    struct rowcov_along *along = rowcov_along_new(s->design, fit, q, NULL, &err);
    int n, at;
    double *psi, *slopes;

    cr_assert(along != NULL, "%s: %s", what, err.message);
    cr_assert(fit->optimum.verdict != VERDICT_NOT_CONVERGED, "%s: %s", what, fit->optimum.message);
    n = rowcov_along_count(along);
    at = rowcov_along_find(along, q);
    psi = calloc((size_t)n, sizeof *psi);
    slopes = calloc((size_t)n, sizeof *slopes);
    memcpy(psi, rowcov_along_estimate(along), sizeof *psi * (size_t)n);
    cr_assert(at >= 0 && at < n, "%s", what);
    cr_expect_float_eq(rowcov_along_value(along, psi, NULL), fit->criterion, 1e-6, "%s", what);
    cr_expect_float_eq(rowcov_along_outward(along, at, psi[at]), estimate, 1e-8 * (1 + fabs(estimate)), "%s: %.10g, not %.10g",
                       what, rowcov_along_outward(along, at, psi[at]), estimate);
    check_terms(along, fit, psi, what);
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
        bool whole; /* no row is missing */
    } cases[] = {
        { "y ~ x + (1 | h) + cs(0 + f | g)", NULL, NULL, { ALONG_LAW, 1, 0, 0 }, false },
        { "y ~ x + us(0 + f | h) + ar1(0 + f | g)", NULL, NULL, { ALONG_SD, 1, 0, 0 }, false },
        { "y ~ x + (1 + x + t | g)", "diag(h)", NULL, { ALONG_CORRELATION, 0, 1, 2 }, false },
        { "y ~ x + (1 + x + t | g)", "diag(h)", NULL, { ALONG_LAW, -1, 1, 0 }, false },
        { "y ~ x + cs(1 + x | g)", NULL, NULL, { ALONG_SD, 0, 1, 0 }, false },
        { "y ~ x + diag(1 + x | g)", "ar1(t | g)", NULL, { ALONG_SD, 0, 1, 0 }, false },
        { "y ~ x", "us(t | g)", NULL, { ALONG_LAW, -1, 5 + 4, 0 }, true },
        { "y ~ x + toep(0 + f | g)", NULL, NULL, { ALONG_LAW, 0, 0, 0 }, false },
        { "y ~ x + toep(0 + f | g)", NULL, NULL, { ALONG_LAW, 0, 1, 0 }, false },
        { "c ~ x + homtoep(0 + f | g)", NULL, "poisson", { ALONG_LAW, 0, 1, 0 }, false },
        { "y ~ x + (1 | h)", "toep(t | g)", NULL, { ALONG_LAW, -1, 1, 0 }, false },
        { "y ~ x + (1 | h)", "toep(t | g)", NULL, { ALONG_LAW, -1, 3, 0 }, false },
        { "y ~ x + (1 | h)", "ar1(t | g)", NULL, { ALONG_LAW, -1, 0, 0 }, false },
        { "y ~ x", "car1(v | g)", NULL, { ALONG_SIGMA, -1, 0, 0 }, false },
        { "y ~ x + exp(0 + pos(u, v) | g)", NULL, NULL, { ALONG_LAW, 0, 0, 0 }, false },
        { "c ~ x + ou(0 + t | g)", NULL, "nbinom2", { ALONG_SHAPE, -1, 0, 0 }, false },
        { "c ~ x + ar1(0 + f | g)", NULL, "poisson", { ALONG_FIXED, -1, 1, 0 }, false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct along_parameter *q = &cases[i].held;
        char *csv = make_csv_of(cases[i].whole);
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
        free(csv);
    }
}

/* Where a search for other optima begins: no correlation at all, or neighbours near an end of what the law allows, and the others
 * as they follow from these; entries of a triangle have no such end. */
Test(structures, correlations_turned_to_where_a_search_begins)
{
    static const struct {
        const char *formula;
        int count;
        double least; /* of a neighbour's correlation; 0: no end */
        bool falls;   /* with the power of the distance */
    } cases[] = {
        { "y ~ x + ar1(0 + f | g)", 1, -1, true },
        { "y ~ x + toep(0 + f | g)", 4, -1, true },
        { "y ~ x + cs(0 + f | g)", 1, -0.25, false },
        { "y ~ x + us(0 + f | h) + ar1(0 + f | g)", 10, 0, false },
    };
    char *csv = make_csv();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct glmm_error err = { 0 };
        struct stated s = state(csv, cases[i].formula, NULL, NULL);
        struct fit *fit = any_fit(&s, NULL);
        struct rowcov_along *along = rowcov_along_new(s.design, fit, NULL, NULL, &err);
        int t = 0, n = along == NULL ? 0 : rowcov_along_count(along);
        double *psi = calloc((size_t)n, sizeof *psi), sigma[25];

        cr_assert(along != NULL, "%s: %s", cases[i].formula, err.message);
        t = cases[i].count == 10 && strcmp(s.design->random[0].group, "h") != 0;
        for (int end = -1; end <= 1; end++) {
            double near = 0;

            memcpy(psi, rowcov_along_estimate(along), sizeof *psi * (size_t)n);
            for (int a = 0; a < 5; a++)
                psi[rowcov_along_find(along, &(struct along_parameter){ ALONG_SD, t, a, 0 })] = 1;
            for (int a = 0; a < cases[i].count; a++) {
                int at = rowcov_along_find(along, &(struct along_parameter){ ALONG_LAW, t, a, 0 });

                cr_expect_eq(rowcov_along_turn(along, at, end, &psi[at]), end == 0 || cases[i].least < 0, "%s, %d",
                             cases[i].formula, end);
            }
            if (end != 0 && cases[i].least == 0)
                continue;
            cr_assert(rowcov_along_covariance(along, psi, t, sigma), "%s, %d: no covariance matrix", cases[i].formula, end);
            for (int b = 0; b < 5; b++)
                for (int a = b + 1; a < 5; a++) {
                    double r = sigma[a + b * 5] / sqrt(sigma[a + a * 5] * sigma[b + b * 5]);

                    near = a == 1 ? r : near;
                    cr_expect_float_eq(r, cases[i].falls ? pow(near, a - b) : near, 1e-12, "%s, %d: %g of %d and %d",
                                       cases[i].formula, end, r, a, b);
                }
            cr_expect(end == 0  ? fabs(near) < 1e-12
                      : end < 0 ? near < 0.9 * cases[i].least && near > cases[i].least
                                : near > 0.95 && near < 1,
                      "%s, %d: %g", cases[i].formula, end, near);
        }
        cr_expect_not(rowcov_along_turn(along, rowcov_along_find(along, &(struct along_parameter){ ALONG_SD, t, 0, 0 }), 0, psi));
        free(psi);
        rowcov_along_free(along);
        fit_free(fit);
        stated_clear(&s);
    }
    free(csv);
}

/* Times on a grid are counted in its steps, whatever these are and wherever it begins. */
Test(structures, times_are_counted_in_their_steps)
{
    char *csv = make_csv();
    struct stated whole = state(csv, "y ~ x", "ar1(t | g)", NULL), quarters = state(csv, "y ~ x", "ar1(q | g)", NULL);
    struct fit *a = any_fit(&whole, NULL), *b = any_fit(&quarters, NULL);

    cr_assert(a != NULL && b != NULL);
    cr_expect_float_eq(b->loglik, a->loglik, 1e-9);
    cr_expect_float_eq(b->residual->parameters[0].estimate, a->residual->parameters[0].estimate, 1e-7);
    fit_free(a);
    fit_free(b);
    stated_clear(&whole);
    stated_clear(&quarters);
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

static bool count_told(void *context, const char *what, double done, double total, double value)
{
    (void)what;
    (void)done;
    (void)total;
    (void)value;
    ++*(int *)context;
    return true;
}

/* Residuals alone have no value where one of their standard deviations is 0: nothing is looked for there, and each interval takes
 * some hundreds of what an evaluation tells, not thousands. */
Test(structures, intervals_of_residuals_alone_are_cheap)
{
    char *csv = make_csv();
    struct stated s = state(csv, "y ~ x", "arh1(t | g)", NULL);
    struct fit *fit = any_fit(&s, NULL);
    struct arena *arena = arena_new();
    int count, told = 0;
    const struct glmm_progress progress = { .tell = count_told, .context = &told };
    const struct parameter *list = parameters_of(fit, arena, &count);
    struct glmm_error err = { 0 };
    struct profile *profile = profile_new(fit, &progress, &err);

    cr_assert_not_null(profile, "%s", err.message);
    for (int i = 0; i < count; i++) {
        struct interval interval;
        int before = told;

        if (list[i].kind != PARAMETER_STRUCTURE)
            continue;
        cr_assert(profile_interval(profile, &list[i], 0.95, &interval, &err), "%s", err.message);
        cr_expect_lt(told - before, 2500, "%s: %d", parameter_words(&list[i], arena), told - before);
        cr_expect(isfinite(interval.lower) && isfinite(interval.upper), "%s: %d", parameter_words(&list[i], arena),
                  (int)interval.reason);
    }
    profile_free(profile);
    arena_free(arena);
    fit_free(fit);
    stated_clear(&s);
    free(csv);
}

/* Of a fit whose numbers are none no sum keeps one, nor the covariance of two rows of a level; that there is one stays. */
Test(structures, sums_are_forgotten_with_their_covariances)
{
    char *csv = make_csv_of(true);
    struct stated s = state(csv, "y ~ x + (1 | g)", "cs(f | g)", NULL);
    struct glmm_error err = { 0 };
    struct fit *fit = lmm_fit(s.design, NULL, NULL, &err);
    const struct identity_sum *sum;

    cr_assert_not_null(fit, "%s", err.message);
    cr_assert(fit->identity != NULL && fit->identity->sum_count == 1);
    sum = &fit->identity->sums[0];
    cr_expect(sum->shared && isfinite(sum->value) && isfinite(sum->covariance));
    revise_forget_fit(fit);
    cr_expect(sum->shared && isnan(sum->value) && isnan(sum->covariance), "%g and %g are left", sum->value, sum->covariance);
    fit_free(fit);
    stated_clear(&s);
    free(csv);
}
