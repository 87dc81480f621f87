/* test-profile.c -- ends of profile intervals: what is held there is fitted again in another way, and the criterion is exactly as
 * far above its minimum as chi-squared says. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "infer/place-private.h"
#include "infer/profile.h"
#include "profiled.h"
#include "stated.h"
#include "sweep.h"

static const double QUANTILE = 3.841458820694124; /* chi-squared(1), 0.95 */

/* The criterion of the model without a coefficient, whose column is in the offset, times a value. */
static double refitted(const struct stated *s, int without, double value)
{
    struct design design = *s->model->design;
    struct fit_options options = { .method = s->fit->method, .nodes = s->fit->nodes };
    size_t n = design.n;
    double *X = calloc(n * (size_t)design.p, sizeof *X), *offset = calloc(n, sizeof *offset), criterion;
    struct fit *fit;

    for (int j = 0, to = 0; j < design.p; j++)
        for (size_t i = 0; i < n; i++) {
            if (j == without)
                offset[i] = value * design.X[i + (size_t)j * n];
            else
                X[i + (size_t)to * n] = design.X[i + (size_t)j * n];
            to += i + 1 == n && j != without;
        }
    design.X = X;
    design.p--;
    design.offset = offset;
    fit = s->fit->exact ? lmm_fit(&design, &options, NULL, NULL)
                        : glm_fit(&design, s->fit->family, s->fit->link, &options, NULL, NULL);
    criterion = fit->criterion;
    fit_free(fit);
    free(X);
    free(offset);
    return criterion;
}

static void check_fixed(const char *data, const char *formula, const char *family, enum fit_method method, int nodes, int j)
{
    struct stated s = state(data, formula, family, method, nodes);
    struct parameter parameter = find(s.fit, PARAMETER_FIXED, j);
    struct interval interval = interval_of(s.fit, &parameter);

    cr_assert(interval.lower < parameter.estimate && parameter.estimate < interval.upper);
    cr_expect_float_eq(refitted(&s, j, interval.lower) - s.fit->criterion, QUANTILE, 1e-6);
    cr_expect_float_eq(refitted(&s, j, interval.upper) - s.fit->criterion, QUANTILE, 1e-6);
    stated_clear(&s);
}

Test(profile, fixed_effects_are_held_as_an_offset_holds_them)
{
    check_fixed("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_ML, 0, 1);
    check_fixed("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_LAPLACE, 0, 1);
    check_fixed("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_AGQ, 5, 0);
    check_fixed("epil", "y ~ trt + V4 + (1 | subject)", "nbinom2", METHOD_LAPLACE, 0, 1);
}

/* The REML criterion of a random intercept with its standard deviation held, the residual one by golden section. */
static double held_criterion(struct lmm *m, double sd)
{
    double low = -3, high = 12, ratio = (sqrt(5) - 1) / 2, best = HUGE_VAL;

    for (int i = 0; i < 100; i++) {
        double a = high - ratio * (high - low), b = low + ratio * (high - low), ta = sd * exp(-a), tb = sd * exp(-b);
        double fa = lmm_deviance_at(m, &ta, a, NULL), fb = lmm_deviance_at(m, &tb, b, NULL);

        best = fmin(best, fmin(fa, fb));
        if (fa < fb)
            high = b;
        else
            low = a;
    }
    return best;
}

Test(profile, a_standard_deviation_is_held_as_a_search_holds_it)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_REML, 0);
    struct parameter parameter = find(s.fit, PARAMETER_SD, 0);
    struct interval interval = interval_of(s.fit, &parameter);
    struct lmm *m = lmm_new(s.model->design, true, NULL);

    cr_expect_float_eq(held_criterion(m, parameter.estimate), s.fit->criterion, 1e-7);
    cr_expect_float_eq(held_criterion(m, interval.lower) - s.fit->criterion, QUANTILE, 1e-6);
    cr_expect_float_eq(held_criterion(m, interval.upper) - s.fit->criterion, QUANTILE, 1e-6);
    lmm_free(m);
    stated_clear(&s);
}

/* Slopes in (theta, log sigma) against differences, with the whole against the profiled deviance. */
Test(profile, deviance_with_sigma_held)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0);
    struct lmm *m = lmm_new(s.model->design, true, NULL);
    double at[4] = { 0.9, 0.1, 0.3, log(20) }, gradient[4], unused[4];

    cr_assert_float_eq(lmm_deviance_at(m, s.fit->theta, log(s.fit->sigma), NULL), s.fit->criterion, 1e-8);
    lmm_deviance_at(m, at, at[3], gradient);
    for (int i = 0; i < 4; i++) {
        double h = 1e-5, up, down, middle = at[i];

        at[i] = middle + h;
        up = lmm_deviance_at(m, at, at[3], unused);
        at[i] = middle - h;
        down = lmm_deviance_at(m, at, at[3], NULL);
        at[i] = middle;
        cr_expect_float_eq(gradient[i], (up - down) / (2 * h), 1e-5 * (1 + fabs(gradient[i])), "%d", i);
    }
    lmm_free(m);
    stated_clear(&s);
}

/* The correlation of two effects is the same wherever they stand in the term. */
Test(profile, correlations_do_not_hang_on_the_order_of_effects)
{
    struct stated a = state("machines", "score ~ Machine + (0 + Machine | Worker)", NULL, METHOD_ML, 0);
    struct design turned = *a.model->design;
    struct random_design random = turned.random[0];
    struct fit_options options = { .method = METHOD_ML };
    const size_t order[] = { 2, 1, 0 };
    struct parameter bc = find(a.fit, PARAMETER_CORR, 2), same;
    struct interval first = interval_of(a.fit, &bc), second;
    double *z = calloc(3 * turned.n, sizeof *z);
    struct fit *b;

    for (size_t i = 0; i < turned.n; i++)
        for (size_t e = 0; e < 3; e++)
            z[3 * i + e] = random.z[3 * i + order[e]];
    random.z = z;
    turned.random = &random;
    b = lmm_fit(&turned, &options, NULL, NULL);
    same = find(b, PARAMETER_CORR, 0);
    second = interval_of(b, &same);
    cr_assert_float_eq(bc.estimate, same.estimate, 1e-7);
    cr_expect_float_eq(first.lower, second.lower, 1e-6);
    cr_expect_float_eq(first.upper, second.upper, 1e-6);
    fit_free(b);
    free(z);
    stated_clear(&a);
}

Test(profile, a_variance_of_0_is_an_edge)
{
    struct stated s = state("dyestuff2", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);
    struct parameter parameter = find(s.fit, PARAMETER_SD, 0);
    struct interval interval = interval_of(s.fit, &parameter);
    struct lmm *m = lmm_new(s.model->design, true, NULL);

    cr_assert_eq(parameter.estimate, 0);
    cr_assert_eq(interval.lower, 0);
    cr_assert_eq(interval.lower_end, END_EDGE);
    cr_expect_float_eq(held_criterion(m, interval.upper) - s.fit->criterion, QUANTILE, 1e-6);
    lmm_free(m);
    stated_clear(&s);
}

/* Where a standard deviation is 0, its unit is what the rows of a level could tell: a third of the error that a level's effect
 * has by least squares, in the unit of the effect.  Levels have 5 rows here. */
Test(profile, a_variance_of_0_has_the_unit_of_its_effect)
{
    for (int unit = 1; unit <= 3; unit += 2) {
        struct glmm_error err = { 0 };
        struct stated s = state("dyestuff2", unit == 1 ? "Yield ~ 1 + (1 | Batch)" : "Yield ~ 1 + (0 + I(0 * Yield + 3) | Batch)",
                                NULL, METHOD_REML, 0);
        struct place *place = place_new(s.fit, NULL, -1, NULL, &err);

        cr_assert_not_null(place, "%s", err.message);
        cr_assert_eq(s.fit->random[0].sd[0], 0);
        cr_expect_float_eq(place->sizes[place->terms[0].first], 0.3 * s.fit->sigma / (unit * sqrt(5)), 1e-9);
        place_free(place);
        stated_clear(&s);
    }
}

Test(profile, curves_go_through_the_ends)
{
    struct stated s =
        state("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_LAPLACE, 0);
    struct parameter parameter = find(s.fit, PARAMETER_SD, 0);
    struct profile *profile = profile_new(s.fit, NULL, NULL);
    struct interval interval;
    double values[7], zeta[7];

    cr_assert(profile_curve(profile, &parameter, 0.95, 7, values, zeta, &interval, NULL));
    cr_expect_float_eq(values[0], interval.lower, 1e-9);
    cr_expect_float_eq(values[6], interval.upper, 1e-9);
    cr_expect_float_eq(zeta[0], -sqrt(QUANTILE), 1e-6);
    cr_expect_float_eq(zeta[6], sqrt(QUANTILE), 1e-6);
    for (int i = 1; i < 7; i++)
        cr_expect(values[i] > values[i - 1] && zeta[i] > zeta[i - 1]);
    profile_free(profile);
    stated_clear(&s);
}

/* The second derivatives of g'theta in the standard deviations and angles of four effects are those of differences. */
Test(profile, bends_of_templates)
{
    enum { K = 4, N = 10 };
    const struct place_term term = { .k = K, .correlated = true, .covariance = &covariance_unstructured };
    double psi[N] = { 1.3, 0.7, 1.1, 0.4, 2.0, 0.8, 0.9, 1.7, 0.6, 2.3 }, g[N], H[N * N] = { 0 }, high[N], low[N];
    const double h = 1e-5;

    for (int i = 0; i < N; i++)
        g[i] = 0.3 + 0.4 * i - 0.05 * i * i;
    place_add_bend(&term, psi, g, N, H);
    for (int j = 0; j < N; j++) {
        double at = psi[j];

        psi[j] = at + h;
        place_pull_back(&term, psi, g, high);
        psi[j] = at - h;
        place_pull_back(&term, psi, g, low);
        psi[j] = at;
        for (int i = 0; i < N; i++)
            cr_expect_float_eq(H[i + j * N], (high[i] - low[i]) / (2 * h), 1e-8, "%d, %d", i, j);
    }
}

/* Half the second derivatives of the criterion: the fit's own, or those of the engine, and differences of the slopes. */
static void check_curvature(const char *data, const char *formula, enum fit_method method, bool own)
{
    struct stated s = state(data, formula, "gaussian", method, 0);
    struct fit fit = *s.fit;
    struct place *place;
    const double *H, *size, h = 1e-4;
    double *psi, *high, *low;
    int n;

    cr_assert(fit.theta_hessian != NULL);
    if (!own)
        fit.theta_hessian = NULL;
    place = place_new(&fit, NULL, -1, NULL, NULL);
    H = place_curvature(place);
    cr_assert_eq(place->lmm == NULL, own);
    cr_assert(place_begin(place, NULL));
    n = place_count(place);
    size = place_sizes(place);
    psi = calloc(3 * (size_t)n, sizeof *psi);
    high = psi + n;
    low = high + n;
    memcpy(psi, place_estimate(place), sizeof *psi * (size_t)n);
    for (int j = 0; j < n; j++) {
        double at = psi[j];

        psi[j] = at + h * size[j];
        cr_assert_lt(place_value_of(place, psi, high), MINIMIZE_BAD);
        psi[j] = at - h * size[j];
        cr_assert_lt(place_value_of(place, psi, low), MINIMIZE_BAD);
        psi[j] = at;
        for (int i = 0; i < n; i++)
            cr_expect_float_eq(H[i + j * n] * size[i] * size[j], 0.25 * (high[i] - low[i]) / h * size[i],
                               1e-6 * sqrt(H[i + i * n] * H[j + j * n]) * size[i] * size[j], "%s, %d: %d, %d", formula, own, i,
                               j);
    }
    free(psi);
    place_free(place);
    stated_clear(&s);
}

Test(profile, curvature_three_ways)
{
    for (int own = 0; own < 2; own++) {
        check_curvature("sleepstudy", "Reaction ~ Days + (Days | Subject)", METHOD_REML, own);
        check_curvature("sleepstudy", "Reaction ~ Days + (Days || Subject)", METHOD_ML, own);
        check_curvature("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", METHOD_ML, own);
    }
}

/* By the curvature: the same standard error of log SD that the joint information gives. */
Test(profile, wald_intervals_of_variances)
{
    struct stated s =
        state("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_LAPLACE, 0);
    struct parameter parameter = find(s.fit, PARAMETER_SD, 0);
    struct profile *profile = profile_new(s.fit, NULL, NULL);
    struct interval interval;
    double sd = parameter.estimate, error = sqrt(s.fit->joint_vcov[4 + 4 * s.fit->joint_count]);

    cr_assert(profile_wald(profile, &parameter, 0.95, &interval, NULL));
    cr_expect_float_eq(log(interval.upper / sd), sqrt(QUANTILE) * error / sd, 1e-4);
    cr_expect_float_eq(log(interval.lower / sd), -sqrt(QUANTILE) * error / sd, 1e-4);
    {
        struct arena *arena = arena_new();
        struct components components;
        const struct interval *same;

        cr_assert(components_curvature(s.fit, 0.95, arena, NULL, &components, NULL));
        cr_assert_eq(components.method, COMPONENTS_LOG);
        same = components_of(&components, 0, 0);
        cr_expect(same != NULL && same->reason == INTERVAL_GIVEN);
        cr_expect_float_eq(same->lower, sd * exp(-sqrt(QUANTILE) * error / sd), 1e-10);
        cr_expect_float_eq(same->upper, sd * exp(sqrt(QUANTILE) * error / sd), 1e-10);
        arena_free(arena);
    }
    profile_free(profile);
    stated_clear(&s);
}

/* The error of a share's angle is that of the delta method: slopes by differences of the angle, the curvature solved by
 * elimination. */
static void expect_angle_error(const char *data, const char *formula, int member)
{
    struct stated s = state(data, formula, "gaussian", METHOD_REML, 1);
    struct place *place = place_new(s.fit, NULL, -1, NULL, NULL);
    bool members[4] = { false };
    int n = place_count(place);
    double psi[8], slope[8], solved[8], C[64], error, variance = 0, step = 1e-5;

    members[member] = true;
    cr_assert(place_begin(place, NULL));
    cr_assert(place_tie(place, members));
    error = place_tie_error(place);
    memcpy(C, place_curvature(place), sizeof(double) * (size_t)(n * n));
    memcpy(psi, place_estimate(place), sizeof(double) * (size_t)n);
    for (int i = 0; i < n; i++) {
        double at = psi[i], h = step * place_sizes(place)[i];

        psi[i] = at + h;
        slope[i] = place_tie_angle(place, psi);
        psi[i] = at - h;
        slope[i] = solved[i] = (slope[i] - place_tie_angle(place, psi)) / (2 * h);
        psi[i] = at;
    }
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n; k++) {
            double factor = C[k + i * n] / C[i + i * n];

            for (int j = 0; j < n; j++)
                C[k + j * n] -= factor * C[i + j * n];
            solved[k] -= factor * solved[i];
        }
    for (int i = n - 1; i >= 0; i--) {
        for (int j = i + 1; j < n; j++)
            solved[i] -= C[i + j * n] * solved[j];
        solved[i] /= C[i + i * n];
        variance += slope[i] * solved[i];
    }
    cr_expect_float_eq(error, sqrt(variance), 1e-5 * error, "%s: %.10g, by differences %.10g", formula, error, sqrt(variance));
    place_free(place);
    stated_clear(&s);
}

Test(profile, the_error_of_a_share_is_of_the_delta_method)
{
    expect_angle_error("sleepstudy", "Reaction ~ Days + (1 | Subject)", 0);
    expect_angle_error("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", 1);
    expect_angle_error("sleepstudy", "Reaction ~ Days + (Days | Subject)", 0);
}

/* The ends of two coefficients of zi= or disp=, which glmmTMB 1.1.5 finds by confint(method = "uniroot") and, with confint(full =
 * TRUE), by Wald. */
static void hold_beside(const char *data, const struct spec *spec, enum parameter_kind kind, const double roots[4],
                        const double wald[4])
{
    struct stated s = state_spec(data, spec, &(struct fit_options){ .method = METHOD_LAPLACE });
    struct profile *profile = profile_new(s.fit, NULL, NULL);

    for (int j = 0; j < 2; j++) {
        struct parameter parameter = find(s.fit, kind, j);
        struct interval interval = interval_of(s.fit, &parameter);

        cr_expect_float_eq(interval.lower, roots[2 * j], 1e-4);
        cr_expect_float_eq(interval.upper, roots[2 * j + 1], 1e-4);
        cr_assert(profile_wald(profile, &parameter, 0.95, &interval, NULL));
        cr_expect_float_eq(interval.lower, wald[2 * j], 1e-4);
        cr_expect_float_eq(interval.upper, wald[2 * j + 1], 1e-4);
    }
    profile_free(profile);
    stated_clear(&s);
}

Test(profile, coefficients_of_zeros_and_of_the_dispersion)
{
    const struct spec zeros = { .formula = "count ~ mined + (1 | site)", .family = "poisson", .zi = "~ mined" };
    const struct spec spread = { .formula = "SiblingNegotiation ~ FoodTreatment + (1 | Nest)",
                                 .family = "nbinom2",
                                 .disp = "~ SexParent" };

    hold_beside("salamanders", &zeros, PARAMETER_ZERO, (const double[]){ -0.84033739, -0.36243965, 1.16654984, 2.22359268 },
                (const double[]){ -0.835163, -0.358358, 1.222557, 2.249578 });
    hold_beside("owls", &spread, PARAMETER_SPREAD, (const double[]){ -0.70437982, -0.22554005, 0.19408294, 0.82291288 },
                (const double[]){ -0.703844, -0.225334, 0.193887, 0.822492 });
}

/* Where the profile has an end and where it flattens below the cut.  glmmTMB 1.1.5 with the coefficient held (map=) finds the
 * criterion of the first model 1.0444 above its minimum at 25, of both coefficients, and no higher farther out; one of its counts
 * that vary as Poisson's do, 0.680 at log k = 18. */
static void hold_ends(const char *data, const struct spec *spec, enum parameter_kind kind, int nth,
                      const enum interval_end ends[2], double finite)
{
    struct stated s = state_spec(data, spec, &(struct fit_options){ .method = METHOD_LAPLACE });
    struct parameter parameter = find(s.fit, kind, nth);
    struct interval interval = interval_of(s.fit, &parameter);
    struct profile *profile = profile_new(s.fit, NULL, NULL);
    double values[21], zeta[21];

    cr_expect_eq(interval.lower_end, ends[0], "%s", parameter.name);
    cr_expect_eq(interval.upper_end, ends[1], "%s", parameter.name);
    for (int side = 0; side < 2; side++) {
        double at = side == 0 ? interval.lower : interval.upper;

        if (ends[side] == END_NONE)
            cr_expect_eq(at, side == 0 ? -HUGE_VAL : HUGE_VAL, "%s: %g", parameter.name, at);
        else
            cr_expect_float_eq(at, finite, 1e-4 * fabs(finite), "%s: %g", parameter.name, at);
    }
    cr_assert(profile_curve(profile, &parameter, 0.95, 21, values, zeta, &interval, NULL));
    for (int i = 1; i < 21; i++) /* from the estimate outward it only rises */
        cr_expect(values[i] > values[i - 1] && zeta[i] > zeta[i - 1] - 1e-6, "%s at %g", parameter.name, values[i]);
    profile_free(profile);
    stated_clear(&s);
}

Test(profile, what_flattens_has_no_end)
{
    const struct spec zeros = { .formula = "count ~ mined + (1 | site)", .family = "nbinom2", .zi = "~ mined" };
    const enum interval_end above[] = { END_NONE, END_FOUND }, below[] = { END_FOUND, END_NONE };

    hold_ends("salamanders", &zeros, PARAMETER_ZERO, 0, above, -1.06136);
    hold_ends("salamanders", &zeros, PARAMETER_ZERO, 1, below, 1.0452);
}

static bool run_profile(void *context, struct glmm_error *err)
{
    const struct fit *fit = context;
    struct arena *arena = arena_new();
    struct profile *profile = arena == NULL ? NULL : profile_new(fit, NULL, err);
    int count = 0;
    const struct parameter *list = profile == NULL ? NULL : parameters_of(fit, arena, &count);
    bool ok = (list != NULL && count == 6) || fail_memory(err);

    for (int i = 0; ok && i < count; i++) {
        struct interval interval;

        ok = i % 2 == 1 || profile_interval(profile, &list[i], 0.95, &interval, err);
    }
    profile_free(profile);
    arena_free(arena);
    return ok;
}

Test(profile, memory)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0);

    cr_assert_gt(sweep_passing(run_profile, s.fit), 0);
    stated_clear(&s);
}
