/* test-anova.c -- tests of terms: against residual sums of squares where there are no random effects, and the same with any
 * contrasts, order of terms and number of rows a cell. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "infer/anova.h"
#include "run-session.h"
#include "sweep.h"

/* Unbalanced, with a number beside two factors. */
#define DATA                                                                                                                     \
    "load cake; where (replicate != 1 & replicate != 3) | recipe != \"B\"; where temp > 175 | recipe == \"A\"; "                 \
    "let x = angle %% 5; let w = temp * 1; "

static struct linear_test term_of(const struct model *model, int type, enum linear_ddf ddf, const char *term)
{
    struct glmm_error err = { .at = NOWHERE };
    struct linear_test out = { .verdict = LINEAR_OPEN };
    struct linear linear;
    struct anova *anova;

    cr_assert(linear_init(&linear, model->fit, ddf, NULL, &err));
    anova = anova_new(model, &linear, type, NULL, &err);
    cr_assert(anova != NULL, "%s", err.message);
    for (int i = 0; i < anova->count; i++)
        if (strcmp(anova->rows[i].term, term) == 0)
            out = anova->rows[i].test;
    anova_free(anova);
    linear_clear(&linear);
    return out;
}

static double squares(struct session *session, const char *name)
{
    const struct fit *fit = session_find_model(session, name)->fit;

    return fit->sigma * fit->sigma * (double)(fit->design->n - (size_t)fit->design->p);
}

/* Rows that count differently: the sums are of weighted squares, of type I and II. */
Test(anova, weighted_sums_of_squares)
{
    struct session *session =
        session_of(DATA "let v = 1 + angle %% 4; fit m1 = angle ~ recipe, weights=v; fit m0 = angle ~ 1, weights=v;"
                        "fit m2 = angle ~ recipe + x, weights=v; fit m3 = angle ~ recipe * x, weights=v;"
                        "fit m4 = angle ~ x, weights=v; fit m5 = angle ~ x + recipe, weights=v");
    const struct model *full = session_find_model(session, "m3"), *sum = session_find_model(session, "m2");
    double s2 = full->fit->sigma * full->fit->sigma, t2 = sum->fit->sigma * sum->fit->sigma;

    cr_assert_float_eq(term_of(full, 1, LINEAR_SATTERTHWAITE, "recipe").statistic,
                       (squares(session, "m0") - squares(session, "m1")) / 2 / s2, 1e-7);
    cr_assert_float_eq(term_of(full, 1, LINEAR_SATTERTHWAITE, "x").statistic,
                       (squares(session, "m1") - squares(session, "m2")) / s2, 1e-7);
    cr_assert_float_eq(term_of(sum, 2, LINEAR_SATTERTHWAITE, "recipe").statistic,
                       (squares(session, "m4") - squares(session, "m2")) / 2 / t2, 1e-7);
    cr_assert_float_eq(term_of(sum, 1, LINEAR_NORMAL, "recipe").statistic, (squares(session, "m0") - squares(session, "m1")) / t2,
                       1e-7);
    session_free(session);
}

Test(anova, sums_of_squares_without_groups)
{
    struct session *session =
        session_of(DATA "fit m0 = angle ~ 1; fit m1 = angle ~ recipe; fit m2 = angle ~ recipe + factor(temp);"
                        "fit m3 = angle ~ recipe * factor(temp); fit m4 = angle ~ factor(temp)");
    const struct model *full = session_find_model(session, "m3");
    double s2 = full->fit->sigma * full->fit->sigma;
    struct linear_test test = term_of(full, 1, LINEAR_SATTERTHWAITE, "recipe");

    cr_assert_float_eq(test.statistic, (squares(session, "m0") - squares(session, "m1")) / 2 / s2, 1e-7);
    cr_assert_float_eq(test.den_df, (double)(full->design->n - (size_t)full->design->p), 1e-6);
    test = term_of(full, 1, LINEAR_SATTERTHWAITE, "factor(temp)");
    cr_assert_float_eq(test.statistic, (squares(session, "m1") - squares(session, "m2")) / 5 / s2, 1e-7);
    test = term_of(full, 2, LINEAR_SATTERTHWAITE, "recipe");
    cr_assert_float_eq(test.statistic, (squares(session, "m4") - squares(session, "m2")) / 2 / s2, 1e-7);
    test = term_of(full, 2, LINEAR_NORMAL, "recipe"); /* without random effects the two kinds of type II agree */
    cr_assert_float_eq(test.statistic, (squares(session, "m4") - squares(session, "m2")) / s2, 1e-6);
    for (int type = 1; type <= 3; type++) {
        test = term_of(full, type, LINEAR_SATTERTHWAITE, "recipe:factor(temp)");
        cr_assert_float_eq(test.statistic, (squares(session, "m2") - squares(session, "m3")) / test.num_df / s2, 1e-7, "%d",
                           type);
    }
    session_free(session);
}

Test(anova, contrasts_and_the_order_of_terms_do_not_matter)
{
    static const char *const fits[] = { "fit angle ~ w + recipe * x + (1 | replicate), contrasts=sum",
                                        "fit angle ~ x * recipe + w + (1 | replicate), contrasts=helmert",
                                        "fit angle ~ recipe + x + w + recipe:x + (1 | replicate), contrasts=poly" };
    struct session *session = session_of(DATA "fit angle ~ recipe * x + w + (1 | replicate)");

    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
        char script[600];
        struct session *other;

        snprintf(script, sizeof script, "%s%s", DATA, fits[i]);
        other = session_of(script);
        for (int type = 2; type <= 3; type++)
            for (int ddf = LINEAR_SATTERTHWAITE; ddf <= LINEAR_KENWARD_ROGER; ddf++) {
                struct linear_test a = term_of(session->model, type, ddf, "recipe"),
                                   b = term_of(other->model, type, ddf, "recipe");

                cr_assert_eq(a.num_df, 2);
                cr_assert_float_eq(a.statistic, b.statistic, 1e-7 * a.statistic, "%s %d %d", fits[i], type, ddf);
                cr_assert(isnan(a.den_df) ? isnan(b.den_df) : fabs(a.den_df - b.den_df) < 1e-6 * a.den_df, "%s %d", fits[i],
                          type);
            }
        session_free(other);
    }
    session_free(session);
}

static bool anova_once(void *context, struct glmm_error *err)
{
    const struct model *model = context;
    struct linear linear;
    struct anova *anova = NULL;
    bool ok =
        linear_init(&linear, model->fit, LINEAR_NORMAL, NULL, err) && (anova = anova_new(model, &linear, 2, NULL, err)) != NULL;

    anova_free(anova);
    linear_clear(&linear);
    return ok;
}

Test(anova, every_allocation_may_fail)
{
    struct session *session = session_of(DATA "fit angle ~ recipe * x + w + (1 | replicate), contrasts=sum");

    cr_assert_gt(sweep_allocations(anova_once, session->model), 50);
    session_free(session);
}
