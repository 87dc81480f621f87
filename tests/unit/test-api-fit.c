/* test-api-fit.c -- what a fit says by the public interface, with nothing but <glmm.h>. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dyestuff.h"
#include "glmm.h"
#include "sweep.h"

Test(api, versions_agree)
{
    char text[40];

    snprintf(text, sizeof text, "%d.%d.%d", GLMM_VERSION_MAJOR, GLMM_VERSION_MINOR, GLMM_VERSION_PATCH);
    cr_expect_str_eq(text, glmm_version());
}

Test(api, options_of_another_version)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model_options options = { .size = offsetof(struct glmm_model_options, link), .link = "no link of this version" };
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", &options, &err);

    cr_assert(model != NULL, "fields beyond the size are read: %s", err.message);
    glmm_model_free(model);
    options.size = sizeof options + 8;
    cr_expect_null(glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", &options, &err));
    cr_expect_eq(err.code, GLMM_E_USAGE);
    glmm_data_free(data);
}

/* Dyestuff with its batches under two names, and `half`, two kinds of rows in each batch. */
static struct glmm_data *doubled_data(struct glmm_error *err)
{
    const char *names[6] = { "f", "e", "d", "c", "b", "a" }, *again[30], *half[30];
    struct glmm_data *data = dyestuff("A", err);

    for (int i = 0; i < 30; i++) {
        again[i] = names[i / 5];
        half[i] = i % 5 < 2 ? "p" : "q";
    }
    if (data != NULL && glmm_data_add_factor(data, "again", again, err) && glmm_data_add_factor(data, "half", half, err))
        return data;
    glmm_data_free(data);
    return NULL;
}

static struct glmm_fit *doubled(const char *formula, struct glmm_data **data, struct glmm_model **model, struct glmm_error *err)
{
    *data = doubled_data(err);
    *model = *data == NULL ? NULL : glmm_model_new(*data, formula, NULL, err);
    return *model == NULL ? NULL : glmm_fit_new(*model, NULL, err);
}

/* Batches under two names: the two variances cannot be told apart, only their sum.  So no share is given, of what no term gives
 * neither; the residual variance and the mean are those of the model with one of them. */
Test(api, shares_of_variances_that_are_open)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data;
    struct glmm_model *model;
    struct glmm_fit *fit = doubled("Yield ~ 1 + (1 | Batch) + (1 | again)", &data, &model, &err);
    struct glmm_share share;
    struct glmm_icc icc;

    cr_assert(fit != NULL, "%s", err.message);
    near(glmm_fit_loglik(fit), -159.827138421166, 1e-5);
    for (int term = -1; term < 2; term++) {
        share = (struct glmm_share){ 0.5, 0.5, 0.5 };
        cr_assert(glmm_fit_share(fit, term, 0.9, &share, &err), "%s", err.message);
        cr_expect(isnan(share.share) && isnan(share.lower) && isnan(share.upper), "%d: %g", term, share.share);
        cr_assert(glmm_fit_icc(fit, term < 0 ? 0 : term, &icc, &err), "%s", err.message);
        near(icc.residual, 49.5101 * 49.5101, 1e-1);
        near(icc.icc, 42.0006 * 42.0006 / (42.0006 * 42.0006 + 49.5101 * 49.5101), 1e-5); /* two rows of a batch share both */
    }
    cr_assert_not(glmm_fit_share(fit, 2, 0.9, &share, &err));
    cr_expect_str_eq(err.argument, "term");
    err = (struct glmm_error){ 0 };
    cr_assert_not(glmm_fit_share(fit, 0, 1.5, &share, &err));
    cr_expect_str_eq(err.argument, "level");
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* What the data leave open is NaN in all that is asked of the fit, and what they do not is there. */
Test(api, what_is_not_determined_is_nan)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data;
    struct glmm_model *model;
    struct glmm_fit *fit = doubled("Yield ~ half + (1 | Batch) + (1 | again)", &data, &model, &err);
    struct glmm_random random;

    cr_assert(fit != NULL, "%s", err.message);
    cr_assert_eq(glmm_fit_verdict(fit), GLMM_NOT_IDENTIFIED);
    for (int t = 0; t < 2; t++) {
        cr_assert(glmm_fit_random(fit, t, &random));
        cr_expect(isnan(random.sd[0]) && isnan(random.covariance[0]) && isnan(random.modes[0])
                      && isnan(random.mode_covariance[0]),
                  "%d: %g, %g, %g", t, random.covariance[0], random.modes[0], random.mode_covariance[0]);
    }
    cr_expect(isfinite(glmm_fit_sigma(fit)) && isfinite(glmm_fit_estimates(fit)[1]) && isfinite(glmm_fit_fitted(fit)[0]));
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);

    fit = doubled("Yield ~ again + (1 | Batch) + (half | again)", &data, &model, &err);
    cr_assert(fit != NULL, "%s", err.message);
    cr_assert(glmm_fit_random(fit, 1, &random));
    cr_expect(isnan(random.covariance[0]) && isnan(random.covariance[1]) && isnan(random.correlation[1]));
    cr_expect(isfinite(random.covariance[3]) && random.covariance[3] == random.sd[1] * random.sd[1], "%g", random.covariance[3]);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* Where rows of b are all 1 or all 0 in each group their effect varies without end, and the coefficient and the modes run with
 * it: what the search had of them is not shown. */
Test(api, what_runs_with_an_infinite_variance_is_nan)
{
    enum { N = 96 };
    struct glmm_error err = { 0 };
    struct glmm_data *data = glmm_data_new(N, &err);
    const char *groups[8] = { "a", "b", "c", "d", "e", "f", "g", "h" }, *group[N], *cell[N];
    struct glmm_model_options options = { .family = "binomial" };
    struct glmm_model *model;
    struct glmm_fit *fit;
    struct glmm_random random;
    double y[N];

    for (int i = 0; i < N; i++) {
        group[i] = groups[i / 12];
        cell[i] = i % 12 < 6 ? "p" : "q";
        y[i] = i % 12 < 6 ? (5 * i) % 7 < 3 : (i / 12) % 2;
    }
    cr_assert(glmm_data_add_real(data, "y", y, &err) && glmm_data_add_factor(data, "g", group, &err)
                  && glmm_data_add_factor(data, "c", cell, &err),
              "%s", err.message);
    model = glmm_model_new(data, "y ~ 0 + c + (0 + c | g)", &options, &err);
    fit = model == NULL ? NULL : glmm_fit_new(model, NULL, &err);
    cr_assert(fit != NULL, "%s", err.message);
    cr_assert_eq(glmm_fit_verdict(fit), GLMM_NOT_IDENTIFIED);
    cr_assert(glmm_fit_random(fit, 0, &random));
    cr_expect(isfinite(glmm_fit_estimates(fit)[0]) && isnan(glmm_fit_estimates(fit)[1]), "%g", glmm_fit_estimates(fit)[1]);
    cr_expect(isinf(random.sd[1]) && isinf(random.covariance[3]) && isnan(random.covariance[1]), "%g", random.covariance[3]);
    cr_expect(random.covariance[0] == random.sd[0] * random.sd[0] && isfinite(random.modes[0]));
    cr_expect(isnan(random.modes[1]) && isnan(random.mode_covariance[3]) && isnan(random.mode_covariance[1]), "%g",
              random.modes[1]);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

static bool fit_doubled(void *context, struct glmm_error *err)
{
    return fits(doubled_data(err), context, err);
}

Test(api, memory_of_what_is_not_determined)
{
    char formula[] = "Yield ~ half + (1 | Batch) + (1 | again)";
    long count = sweep_passing(fit_doubled, formula);

    cr_assert(count > 30, "allocation %ld went wrong", -1 - count);
}

Test(api, verbs_of_a_linear_model)
{
    const double one[] = { 1 };
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, &err);
    struct glmm_fit *fit = glmm_fit_new(model, NULL, &err), *again, *pooled;
    struct glmm_estimate mean;
    struct glmm_icc icc;
    struct glmm_shrinkage *s;
    struct glmm_shrunk level;
    struct glmm_share share, left;
    double theta, residuals[30], higher[30], modes[1], covariance[1];
    int lower[6], upper[6];

    cr_assert(fit != NULL, "%s", err.message);
    cr_assert(glmm_fit_contrast(fit, one, 0, &mean, &err));
    near(mean.estimate, 1527.5, 1e-6);
    near(mean.se, 19.3834, 1e-4);
    near(mean.df, 5, 1e-3);
    theta = glmm_fit_theta(fit)[0];
    cr_assert_eq(glmm_model_theta_count(model), 1);
    near(glmm_model_deviance(model, &theta, true, &err), 2 * 159.827138421166, 1e-6);
    cr_assert(glmm_fit_icc(fit, 0, &icc, &err));
    near(icc.icc, 42.0006 * 42.0006 / (42.0006 * 42.0006 + 49.5101 * 49.5101), 1e-5);
    cr_assert(glmm_fit_share(fit, 0, 0, &share, &err) && glmm_fit_share(fit, -1, 0, &left, &err), "%s", err.message);
    near(share.share, icc.icc, 1e-12);
    near(left.share, 1 - share.share, 1e-12);
    near(left.lower, 1 - share.upper, 1e-12);
    cr_expect(share.lower < share.share && share.share < share.upper && share.upper < 1);
    cr_assert_not(glmm_fit_share(fit, 1, 0, &share, &err));
    err = (struct glmm_error){ 0 };
    cr_assert(glmm_fit_residuals(fit, GLMM_RESPONSE, residuals, &err));
    near(residuals[0], yield[0] - glmm_fit_fitted(fit)[0], 1e-9);
    for (int i = 0; i < 30; i++)
        higher[i] = yield[i] + 100;
    again = glmm_fit_refit(fit, higher, NULL, &err);
    cr_assert(again != NULL, "%s", err.message);
    near(glmm_fit_estimates(again)[0], 1627.5, 1e-6);
    near(glmm_fit_theta(again)[0], theta, 1e-4);
    pooled = glmm_fit_turn(fit, 0, 0, &err);
    cr_assert(pooled != NULL, "%s", err.message);
    near(glmm_fit_fitted(pooled)[0], 1527.5, 1e-6);
    s = glmm_shrinkage_new(fit, "Batch", NULL, NULL, &err);
    cr_assert(s != NULL && glmm_shrinkage_get(s, 0, &level));
    near(level.raw, 1505, 1e-9);
    near(level.pooled, 1527.5 - 17.6068514, 1e-3);
    cr_assert(glmm_shrinkage_ranks(s, 0.9, 1, lower, upper, &err));
    cr_expect(lower[0] <= level.rank_pooled && level.rank_pooled <= upper[0]);
    cr_assert(glmm_fit_with_rows(fit, 0, 0, 5, modes, covariance, &err));
    near(modes[0], -17.6068514, 1e-3);
    cr_expect_not(glmm_fit_with_rows(fit, 1, 0, 5, modes, covariance, &err));
    cr_expect_str_eq(err.argument, "term");
    glmm_shrinkage_free(s);
    glmm_fit_free(pooled);
    glmm_fit_free(again);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

Test(api, a_model_keeps_its_data_when_more_are_added)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, &err);
    struct glmm_fit *fit = glmm_fit_new(model, NULL, &err);
    struct glmm_prediction *prediction;
    struct glmm_predicted p;
    int order[30];

    for (int i = 0; i < 30; i++)
        order[i] = i;
    cr_assert(glmm_data_add_integer(data, "order", order, &err), "%s", err.message);
    prediction = glmm_predict(fit, data, NULL, &err);
    cr_assert(glmm_prediction_get(prediction, &p), "%s", err.message);
    cr_assert_eq(p.count, 30);
    near(p.estimate[7], glmm_fit_fitted(fit)[7], 1e-9);
    glmm_prediction_free(prediction);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* What draws from a fit, or follows its criterion. */
Test(api, intervals_draws_checks_and_power)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, &err);
    struct glmm_fit *fit = glmm_fit_new(model, NULL, &err);
    struct glmm_confint *confint = glmm_confint_new(fit, NULL, &err);
    struct glmm_diagnosis *diagnosis = glmm_diagnosis_new(fit, 60, 1, NULL, &err);
    struct glmm_power_options question = { .size = sizeof question, .effect = 0, .replicates = 40, .seed = 1 };
    struct glmm_interval interval;
    struct glmm_check check;
    struct glmm_power power;
    double first[30], second[30];

    cr_assert(confint != NULL && diagnosis != NULL, "%s", err.message);
    cr_assert_eq(glmm_confint_count(confint), 3);
    cr_assert(glmm_confint_get(confint, 1, &interval));
    cr_assert_str_eq(interval.kind, "sd");
    cr_assert_str_eq(interval.group, "Batch");
    cr_assert(interval.lower > 0 && interval.lower < interval.estimate && interval.estimate < interval.upper);
    cr_assert(!glmm_confint_get(confint, 3, &interval));
    cr_assert(glmm_fit_simulate(fit, 5, 2, first, &err) && glmm_fit_simulate(fit, 5, 2, second, &err));
    cr_assert_arr_eq(first, second, sizeof first);
    cr_assert(glmm_diagnosis_get(diagnosis, 0, &check));
    cr_assert_str_eq(check.kind, "fit");
    cr_assert_str_eq(check.verdict, "ok");
    cr_assert(glmm_power(fit, &question, &power, &err), "%s", err.message);
    cr_assert(power.power < 0.3 && power.upper > power.power && power.used == 40);
    question.coefficient = 3;
    cr_assert(!glmm_power(fit, &question, &power, &err));
    cr_assert_str_eq(err.argument, "coefficient");
    glmm_confint_free(confint);
    glmm_diagnosis_free(diagnosis);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* Two halves of 40 rows: the t test, whose power is 0.598. */
Test(api, power_of_a_stated_study)
{
    static const char *const half[] = { "0.5" };
    static const char *const nameless[] = { NULL };
    const struct glmm_stated beta = { "x", half, 1 }, empty = { "x", nameless, 1 };
    struct glmm_study_options study = {
        .size = sizeof study, .beta = &beta, .beta_count = 1, .sigma = 1, .rows = 80, .replicates = 400, .seed = 3
    };
    struct glmm_error err = { 0 };
    struct glmm_power power;

    cr_assert(glmm_power_stated("y ~ x", &study, &power, &err), "%s", err.message);
    cr_expect(power.lower < 0.598 && power.upper > 0.598 && power.used == 400, "%g", power.power);
    study.of = "z";
    cr_assert(!glmm_power_stated("y ~ x", &study, &power, &err));
    cr_expect_str_eq(err.argument, "of");
    study.between = nameless;
    study.between_count = 1;
    err = (struct glmm_error){ 0 };
    cr_assert(!glmm_power_stated("y ~ x", &study, &power, &err));
    cr_expect_str_eq(err.argument, "between");
    study.beta = &empty;
    err = (struct glmm_error){ 0 };
    cr_assert(!glmm_power_stated("y ~ x", &study, &power, &err));
    cr_expect_str_eq(err.argument, "beta");
    study.rows = 0;
    err = (struct glmm_error){ 0 };
    cr_assert(!glmm_power_stated("y ~ x", &study, &power, &err));
    cr_expect_str_eq(err.argument, "rows");
}

Test(api, tests_and_explained_variance)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, &err);
    struct glmm_fit *fit = glmm_fit_new(model, NULL, &err);
    struct glmm_hypothesis test;
    struct glmm_anova *anova;
    double marginal, conditional;
    const char *name;

    cr_assert(fit != NULL, "%s", err.message);
    cr_assert(glmm_fit_test(fit, "(Intercept) = 1527.5", GLMM_SATTERTHWAITE, &test, &err), "%s", err.message);
    cr_assert(test.tested && test.num_df == 1);
    near(test.statistic, 0, 1e-10);
    near(test.den_df, 5, 1e-8);
    cr_assert_not(glmm_fit_test(fit, "Nothing = 0", GLMM_SATTERTHWAITE, &test, &err));
    cr_assert_eq(err.code, GLMM_E_NAME);
    cr_assert_str_eq(err.argument, "hypotheses");
    err = (struct glmm_error){ 0 };
    anova = glmm_anova_new(fit, 3, GLMM_SATTERTHWAITE, NULL, &err);
    cr_assert(anova != NULL, "%s", err.message);
    cr_assert_not(glmm_anova_get(anova, glmm_anova_count(anova), NULL, &test));
    glmm_anova_free(anova);
    cr_assert_null(glmm_anova_new(fit, 4, GLMM_SATTERTHWAITE, NULL, &err));
    err = (struct glmm_error){ 0 };
    cr_assert(glmm_fit_r2(fit, 0, &name, &marginal, &conditional, &err), "%s", err.message);
    near(marginal, 0, 1e-12);
    near(conditional, 1764.05 / (1764.05 + 2451.25), 1e-4);
    cr_assert_not(glmm_fit_r2(fit, 9, &name, &marginal, &conditional, &err));
    cr_assert_not(glmm_fit_test(NULL, "x", GLMM_NORMAL, &test, &err));
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}
