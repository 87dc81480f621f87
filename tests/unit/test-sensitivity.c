/* test-sensitivity.c -- other optimizers come to the same optimum, moves are differences of fits in errors, and a fit that is not
 * at its optimum is told. */
#include <criterion/criterion.h>
#include <math.h>

#include "infer/sensitivity.h"
#include "stated.h"

static struct sensitivity *vary(const struct fit *fit, enum variant_kind kind, int levels)
{
    struct glmm_error err = { 0 };
    bool kinds[VARIANT_KINDS] = { false };
    struct sensitivity *s;

    kinds[kind] = true;
    s = sensitivity_new(fit, kinds, levels, NULL, &err);
    cr_assert_not_null(s, "%s", err.message);
    return s;
}

static void reaches(struct stated s)
{
    for (int by = 0; by < SEARCH_COUNT; by++) {
        struct glmm_error err = { 0 };
        struct fit *found = search_fit(s.fit, by, NULL, &err);

        cr_assert_not_null(found, "%s: %s", search_name(by), err.message);
        cr_expect_float_eq(found->criterion, s.fit->criterion, 1e-4, "%s: %.8f, fit %.8f", search_name(by), found->criterion,
                           s.fit->criterion);
        for (int j = 0; j < s.model->design->p; j++)
            cr_expect_lt(fabs(found->beta[j] - s.fit->beta[j]), 0.01 * s.fit->se[j], "%s: %s", search_name(by),
                         s.model->design->names[j]);
        fit_free(found);
    }
    stated_clear(&s);
}

Test(sensitivity, searches_of_a_linear_model)
{
    reaches(state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0));
}

Test(sensitivity, searches_by_quadrature)
{
    reaches(state("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_AGQ, 5));
}

Test(sensitivity, searches_with_a_dispersion)
{
    reaches(state("epil", "y ~ lbase + trt + (1 | subject)", "nbinom2", METHOD_LAPLACE, 0));
}

Test(sensitivity, searches_of_a_structure)
{
    reaches(state("orthodont", "distance ~ age + ar1(0 + factor(age) | Subject)", NULL, METHOD_REML, 0));
}

Test(sensitivity, a_move_is_a_difference_in_errors)
{
    struct stated reml = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_REML, 0);
    struct stated ml = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_ML, 0);
    struct sensitivity *s = vary(reml.fit, VARIANT_METHOD, 0);
    int sd = reml.model->design->p;

    cr_assert_eq(s->variant_count, 1);
    cr_expect_float_eq(s->variants[0].loglik, ml.fit->loglik, 1e-6);
    cr_expect_float_eq(s->variants[0].estimate[sd], ml.fit->random[0].sd[0], 1e-5);
    cr_expect_float_eq(s->variants[0].move[sd], (ml.fit->random[0].sd[0] - reml.fit->random[0].sd[0]) / s->se[sd], 1e-6);
    cr_expect_float_eq(s->se[0], reml.fit->se[0], 1e-12);
    sensitivity_free(s);
    stated_clear(&reml);
    stated_clear(&ml);
}

/* Without a level: what a model of the other rows says, also of structured residuals and of zeros. */
static void leaves_out(const char *data, const struct spec *spec, const char *group)
{
    struct stated s = state_spec(data, spec, NULL);
    struct sensitivity *left = vary(s.fit, VARIANT_GROUP, 2);

    cr_assert_geq(left->variant_count, 2);
    for (int i = 0; i < 2; i++) {
        char where[100];
        struct spec less = *spec;
        struct stated rest;

        snprintf(where, sizeof where, "%s != \"%s\"", group, left->variants[i].what);
        less.where = where;
        rest = state_spec(data, &less, NULL);
        for (int j = 0; j < s.model->design->p; j++)
            cr_expect_float_eq(left->variants[i].estimate[j], rest.fit->beta[j], 1e-4 * s.fit->se[j], "%s: %s", where,
                               s.model->design->names[j]);
        stated_clear(&rest);
    }
    sensitivity_free(left);
    stated_clear(&s);
}

Test(sensitivity, without_a_level)
{
    leaves_out("cbpp",
               &(struct spec){ .formula = "cbind(incidence, size - incidence) ~ factor(period) + (1 | factor(herd))",
                               .family = "binomial" },
               "factor(herd)");
}

Test(sensitivity, without_a_level_of_structured_residuals)
{
    leaves_out("orthodont", &(struct spec){ .formula = "distance ~ age + Sex + (1 | Subject)", .residual = "ar1(age | Subject)" },
               "Subject");
}

Test(sensitivity, without_a_level_of_inflated_zeros)
{
    leaves_out("salamanders", &(struct spec){ .formula = "count ~ mined + (1 | site)", .family = "poisson", .zi = "~mined" },
               "site");
}

/* A criterion that is not the lowest: another search finds lower ground. */
Test(sensitivity, a_fit_that_is_no_optimum)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_ML, 0);
    struct sensitivity *found;

    s.fit->criterion += 1;
    found = vary(s.fit, VARIANT_OPTIMIZER, 0);
    for (int i = 0; i < found->variant_count; i++)
        cr_expect_eq(found->variants[i].verdict, VARIANT_LOWER);
    sensitivity_free(found);
    s.fit->criterion -= 2;
    found = vary(s.fit, VARIANT_START, 0);
    for (int i = 0; i < found->variant_count; i++)
        cr_expect_eq(found->variants[i].verdict, VARIANT_ABOVE);
    sensitivity_free(found);
    stated_clear(&s);
}

Test(sensitivity, a_link_that_falls_turns_no_sign)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_ML, 0);
    struct sensitivity *links = vary(s.fit, VARIANT_LINK, 0);
    struct sensitivity_range range;

    for (int i = 0; i < links->variant_count; i++)
        cr_expect_eq(links->variants[i].turns, strcmp(links->variants[i].what, "inverse") == 0);
    sensitivity_range_of(links, 1, &range);
    cr_expect_not(range.turned);
    sensitivity_free(links);
    stated_clear(&s);
}
