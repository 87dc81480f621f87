/* test-linear.c -- linear functions of the fixed effects: joint tests against formulas, hypotheses in words, equivalence, and
 * what is said where nothing can be tested. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <Rmath.h>

#include "base/arena.h"
#include "base/memory.h"
#include "infer/equivalence.h"
#include "infer/hypothesis.h"
#include "infer/linear.h"
#include "run-session.h"
#include "stated.h"
#include "sweep.h"

/* --- joint tests ------------------------------------------------------------------------------------ */

static struct hypotheses parse(const struct model *model, const char *text, struct arena *arena)
{
    struct glmm_error err = { .at = NOWHERE };
    struct hypotheses h;

    cr_assert(hypotheses_parse(model->design, text, strlen(text), arena, &h, &err), "%s: %s", text, err.message);
    return h;
}

static struct linear_test joint(const struct model *model, const char *text, enum linear_ddf ddf)
{
    struct glmm_error err = { .at = NOWHERE };
    struct arena *arena = arena_new();
    struct hypotheses h = parse(model, text, arena);
    struct linear linear;
    struct linear_test out;

    cr_assert(linear_init(&linear, model->fit, ddf, NULL, &err));
    cr_assert(linear_test(&linear, &h.rows, h.right, &out, &err));
    linear_clear(&linear);
    arena_free(arena);
    return out;
}

Test(linear, a_test_is_of_the_space_and_not_of_its_words)
{
    struct session *session = session_of("load cake; fit angle ~ recipe + factor(temp) + (1 | recipe:replicate)");
    const struct model *model = session->model;
    static const char *const same[] = { "recipeB = 0 and recipeC = 0", "recipe", "recipeB = recipeC and 3 * recipeC = 0",
                                        "recipeB = recipeC = 0 and recipeB + recipeC = 0" };
    struct linear_test first = joint(model, same[0], LINEAR_KENWARD_ROGER), other;

    cr_assert_eq(first.num_df, 2);
    for (size_t i = 1; i < sizeof same / sizeof same[0]; i++) {
        other = joint(model, same[i], LINEAR_KENWARD_ROGER);
        cr_assert_eq(other.num_df, 2);
        cr_assert_float_eq(other.statistic, first.statistic, 1e-9 * first.statistic, "%s", same[i]);
        cr_assert_float_eq(other.den_df, first.den_df, 1e-8 * first.den_df, "%s", same[i]);
    }
    other = joint(model, same[0], LINEAR_NORMAL);
    cr_assert(isnan(other.den_df));
    cr_assert_float_eq(other.p, pchisq(other.statistic, 2, 0, 0), 1e-14);
    cr_assert_float_eq(joint(model, "recipeB = 0", LINEAR_SATTERTHWAITE).den_df, model->fit->df[1], 1e-9 * model->fit->df[1]);
    cr_assert_eq(joint(model, "recipeB = 1 and 2 * recipeB = 3", LINEAR_NORMAL).verdict, LINEAR_CONTRADICTORY);
    session_free(session);
}

Test(linear, hypotheses_in_words)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + I(Days^2) + (1 | Subject)");
    struct arena *arena = arena_new();
    struct hypotheses h = parse(session->model, "-(Days - 2) * 3 / 2 == I(Days^2) & (Intercept) = 2 = Days", arena);

    cr_assert_eq(h.rows.n, 3);
    cr_assert_float_eq(h.rows.X[3], -1.5, 1e-15); /* row 0 of Days */
    cr_assert_float_eq(h.rows.X[6], -1, 0);
    cr_assert_float_eq(h.right[0], -3, 1e-15);
    cr_assert_eq(h.rows.X[1], 1);
    cr_assert_eq(h.right[1], 2);
    cr_assert_str_eq(h.words[0], "-1.5 Days - I(Days^2) = -3");
    cr_assert_str_eq(h.words[2], "Days = 2");
    arena_free(arena);
    session_free(session);
}

Test(linear, wrong_words_have_a_place)
{
    static const struct {
        const char *text;
        int begin, end;
        const char *says;
    } cases[] = {
        { "Dys = 0", 0, 3, "no coefficient `Dys`" },
        { "Days * Days = 1", 5, 6, "product of two coefficients" },
        { "1 = 2", 0, 5, "nothing about a coefficient" },
        { "Days / 0", 5, 6, "division by 0" },
        { "(Days", 0, 1, "never closed" },
        { "Days = ", 7, 7, "ends too early" },
        { "Days Days", 5, 6, "belongs here" },
        { "Days = 1..2", 7, 11, "is no number" },
        { "Days = ]", 7, 8, "belongs here" },
        { "Days / Days", 5, 6, "divides by numbers alone" },
        { "Days * (", 8, 8, "ends too early" },
        { "Days + 1e400", 7, 12, "is no number" },
        { "1e = Days", 0, 2, "is no number" },
        { "(Days = 0)", 0, 1, "never closed" },
        { "2 * -", 5, 5, "ends too early" },
        { "log(Days) = 0", 0, 9, "no coefficient `log(Days)`" },
        { "log(Days = 0", 0, 12, "no coefficient `log(Days = 0`" },
        { "Subject:Days = 0", 0, 12, "no coefficient `Subject:Days`" },
        { "Daysx = 0", 0, 5, "no coefficient `Daysx`" },
        { "`the days` = 0", 0, 10, "no coefficient `the days`" },
        { "`the days", 0, 9, "no coefficient `the days`" },
        { ") = 0", 0, 1, "belongs here" },
        { "Days = 0 andDays = 1", 9, 10, "belongs here" },
        { "Days = 0 an", 9, 10, "belongs here" },
        { "Days = 0 and", 12, 12, "ends too early" },
    };
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + (1 | Subject)");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct arena *arena = arena_new();
        struct hypotheses h;

        cr_assert_not(hypotheses_parse(session->model->design, cases[i].text, strlen(cases[i].text), arena, &h, &err));
        cr_assert(strstr(err.message, cases[i].says) != NULL, "%s: %s", cases[i].text, err.message);
        cr_assert_eq(err.at.begin, cases[i].begin, "%s: %d", cases[i].text, err.at.begin);
        cr_assert_eq(err.at.end, cases[i].end, "%s: %d", cases[i].text, err.at.end);
        arena_free(arena);
    }
    session_free(session);
}

/* Text, over and over. */
static char *often(const char *text, int times)
{
    char *all = calloc((size_t)times + 1, strlen(text));

    for (int i = 0; i < times; i++)
        strcat(all, text);
    return all;
}

Test(linear, hypotheses_have_limits)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + (1 | Subject)");
    char *minus = often("-", 200), *many = often("Days=1&", 1001);
    struct glmm_error deep = { .at = NOWHERE }, long_one = { .at = NOWHERE };
    struct arena *arena = arena_new();
    struct hypotheses h;

    cr_assert_not(hypotheses_parse(session->model->design, minus, 200, arena, &h, &deep));
    cr_assert(strstr(deep.message, "nested too deeply") != NULL, "%s", deep.message);
    cr_assert_not(hypotheses_parse(session->model->design, many, strlen(many), arena, &h, &long_one));
    cr_assert(strstr(long_one.message, "more than 1000 hypotheses") != NULL, "%s", long_one.message);
    free(minus);
    free(many);
    arena_free(arena);
    session_free(session);
}

/* One hypothesis, written in many ways. */
Test(linear, hypotheses_are_sums_and_products)
{
    static const char *const same[] = {
        "-2 * Days + 3 = 6",        "3 - Days * 2 = 6",  "-(Days + Days) = .3e+1", "6 = +3 - 2 * Days",
        "(9 - 6 * Days) / 3 = 6.0", "-Days*20E-1-3 = 0", "Days * (1 - 3) = 3 * 1",
    };
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + (1 | Subject)");
    struct arena *arena = arena_new();

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct hypotheses h = parse(session->model, same[i], arena);
        double sign = h.rows.X[1] < 0 ? 1 : -1;

        cr_assert_eq(h.rows.n, 1);
        cr_assert_eq(h.rows.X[0], 0, "%s", same[i]);
        cr_assert_float_eq(sign * h.rows.X[1], -2, 1e-15, "%s", same[i]);
        cr_assert_float_eq(sign * h.right[0], 3, 1e-15, "%s: %g", same[i], h.right[0]);
    }
    arena_free(arena);
    session_free(session);
}

/* A name in quotes is asked for by what it quotes; a term whose coefficients are many names some. */
Test(linear, terms_have_coefficients)
{
    struct session *session = session_of("load cake; let t = factor(replicate); fit angle ~ t + (1 | recipe:temp)");
    struct glmm_error err = { .at = NOWHERE };
    struct arena *arena = arena_new();
    struct hypotheses h;

    cr_assert_not(hypotheses_parse(session->model->design, "t = 0", 5, arena, &h, &err));
    cr_assert(strstr(err.message, "`t` is a term") != NULL && strstr(err.hint, "t2, t3") != NULL
                  && strstr(err.hint, "t9, ...") != NULL,
              "%s; %s", err.message, err.hint);
    h = parse(session->model, "t & t2 = t3", arena);
    cr_assert_eq(h.rows.n, 15);
    h = parse(session->model, "t and t2 = t3", arena);
    cr_assert_eq(h.rows.n, 15);
    arena_free(arena);
    session_free(session);
}

Test(linear, what_is_not_determined_is_not_tested)
{
    struct session *session = session_of("load cake; let same = temp; let a = temp * 2; "
                                         "fit angle ~ temp + a + (1 | recipe:replicate)");

    cr_assert_eq(joint(session->model, "temp = 0", LINEAR_NORMAL).verdict, LINEAR_NOT_ESTIMABLE);
    cr_assert_eq(joint(session->model, "a = 0", LINEAR_NORMAL).verdict, LINEAR_NOT_ESTIMABLE);
    cr_assert_eq(joint(session->model, "temp + 3 * a = 0", LINEAR_NORMAL).verdict, LINEAR_NOT_ESTIMABLE);
    cr_assert_eq(joint(session->model, "2 * temp + 4 * a = 0", LINEAR_NORMAL).verdict, LINEAR_TESTED);
    cr_assert_eq(joint(session->model, "(Intercept) = 0", LINEAR_NORMAL).verdict, LINEAR_TESTED);
    session_free(session);
}

Test(linear, two_one_sided_tests)
{
    struct equivalence e;

    equivalence_test(10.5, 10, 1.5, 17, 4, SIDE_EQUIVALENT, 0.95, &e);
    cr_assert_float_eq(e.lower_p, pt(4.5 / 1.5, 17, 0, 0), 1e-14);
    cr_assert_float_eq(e.upper_p, pt(-3.5 / 1.5, 17, 1, 0), 1e-14);
    cr_assert_eq(e.p, e.upper_p);
    cr_assert_float_eq(e.t, -3.5 / 1.5, 1e-14);
    cr_assert_float_eq(e.lower, 10.5 - 1.5 * qt(0.95, 17, 1, 0), 1e-12);
    equivalence_test(10.5, 10, 1.5, INFINITY, 4, SIDE_NONINFERIOR, 0.95, &e);
    cr_assert_float_eq(e.p, pnorm(3, 0, 1, 0, 0), 1e-14);
    cr_assert_float_eq(e.t, 3, 1e-14);
    equivalence_test(10.5, 10, 1.5, INFINITY, 4, SIDE_NONSUPERIOR, 0.95, &e);
    cr_assert_float_eq(e.p, pnorm(-3.5 / 1.5, 0, 1, 1, 0), 1e-14);
    cr_assert_float_eq(e.t, -3.5 / 1.5, 1e-14);
}

/* --- memory ----------------------------------------------------------------------------------------- */

static bool test_once(void *context, struct glmm_error *err)
{
    const struct model *model = context;
    struct arena *arena = arena_new();
    struct hypotheses h;
    struct linear linear = { .fit = model->fit };
    struct linear_test out;
    bool ok = arena != NULL || fail_memory(err);

    ok = ok && hypotheses_parse(model->design, "Days = 0 and (Intercept) = 1", 28, arena, &h, err)
         && linear_init(&linear, model->fit, LINEAR_KENWARD_ROGER, NULL, err)
         && linear_test(&linear, &h.rows, h.right, &out, err);
    linear_clear(&linear);
    arena_free(arena);
    return ok;
}

Test(linear, every_allocation_may_fail)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + (Days | Subject)");

    cr_assert_gt(sweep_allocations(test_once, session->model), 20);
    session_free(session);
}

/* --- predictors far from 0 -------------------------------------------------------------------------- */

/* The error and the degrees of freedom of the mean at x; `estimate` is its covariance with the mean at x - 3. */
static struct linear_estimate mean_at(const struct stated *s, enum linear_ddf ddf, double x)
{
    struct glmm_error err = { 0 };
    const double X[4] = { 1, 1, x, x - 3 }; /* two rows, column by column */
    const struct stated_rows rows = { 2, X, NULL, true };
    struct linear linear;
    struct linear_estimate out;

    cr_assert(linear_init(&linear, s->fit, ddf, NULL, &err), "%s", err.message);
    cr_assert(linear_estimate(&linear, &rows, 0, &out, &err));
    cr_expect_float_eq(linear_covariance(&linear, &rows, 0, 0) / (out.se * out.se), 1, 1e-12);
    out.estimate = linear_covariance(&linear, &rows, 0, 1);
    linear_clear(&linear);
    return out;
}

/* Covariances of sums of coefficients without a factor of their covariance matrix: by that, and nothing behind its columns. */
Test(linear, covariances_of_a_fit_that_leaves_variances_open)
{
    struct stated s = state("orthodont", "distance ~ age + (1 | Subject) + (0 + Sex | Subject)", NULL, METHOD_REML, 0);
    const double X[6] = { 1, 1, 8, 11, INFINITY, INFINITY };
    const struct stated_rows rows = { 2, X, NULL, true };
    const double *V;
    struct linear linear;
    struct glmm_error err = { 0 };

    cr_assert(linear_init(&linear, s.fit, LINEAR_NORMAL, NULL, &err), "%s", err.message);
    cr_assert(!fit_has_root(s.fit) && s.model->design->p == 2);
    V = linear_vcov(&linear);
    cr_expect_float_eq(linear_covariance(&linear, &rows, 0, 1), V[0] + 11 * V[2] + 8 * (V[1] + 11 * V[3]), 1e-12);
    cr_expect_float_eq(linear_covariance(&linear, &rows, 1, 1), V[0] + 22 * V[1] + 121 * V[3], 1e-12);
    linear_clear(&linear);
    stated_clear(&s);
}

/* In the covariance matrix of the coefficients the terms of such a variance are 1e18 times the variance itself. */
Test(linear, a_predictor_may_stand_anywhere)
{
    static const struct {
        const char *data, *near, *far, *family, *residual;
        double x;
    } models[] = {
        { "sleepstudy", "Reaction ~ Days + (1 | Subject)", "Reaction ~ I(Days + 1e9) + (1 | Subject)", NULL, NULL, 5 },
        { "sleepstudy", "Reaction ~ Days + (1 | Subject)", "Reaction ~ I(Days - 1e9) + (1 | Subject)", NULL,
          "ar1(Days | Subject)", 7 },
        { "cbpp", "incidence ~ size + (1 | herd)", "incidence ~ I(size + 1e9) + (1 | herd)", "poisson", NULL, 12 },
        { "cbpp", "incidence ~ size + (1 | herd)", "incidence ~ I(size + 1e9) + (1 | herd)", "nbinom2", NULL, 12 },
    };
    const struct fit_options options = { .method = METHOD_DEFAULT };

    for (size_t k = 0; k < sizeof models / sizeof models[0]; k++) {
        const struct spec near = { .formula = models[k].near, .family = models[k].family, .residual = models[k].residual };
        const struct spec far = { .formula = models[k].far, .family = models[k].family, .residual = models[k].residual };
        struct stated a = state_spec(models[k].data, &near, &options), b = state_spec(models[k].data, &far, &options);
        double x = models[k].x, shift = strstr(models[k].far, "- 1e9") != NULL ? -1e9 : 1e9;

        for (int ddf = 0; ddf < (k == 0 ? 3 : 1); ddf++) {
            struct linear_estimate right = mean_at(&a, ddf, x), got = mean_at(&b, ddf, x + shift);

            cr_expect_float_eq(got.se / right.se, 1, 1e-5, "%zu: %.10g, not %.10g", k, got.se, right.se);
            cr_expect_float_eq(got.estimate / right.estimate, 1, 1e-4, "%zu: %.10g", k, got.estimate / right.estimate);
            cr_expect(isinf(right.df) ? isinf(got.df) : fabs(got.df / right.df - 1) < 1e-4, "%zu: %.10g, not %.10g", k, got.df,
                      right.df);
        }
        stated_clear(&a);
        stated_clear(&b);
    }
}
