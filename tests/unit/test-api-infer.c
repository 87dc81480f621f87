/* test-api-infer.c -- what follows from a fit, with nothing but <glmm.h>; the values are those of the transcripts, where they are
 * worked out otherwise. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "places.h"
#include "study.h"

/* The periods of cbpp are levels. */
static struct study study_of(const char *name, const char *formula, const char *family)
{
    return study_read(name, strcmp(name, "cbpp") == 0 ? "period=factor" : NULL, formula, family);
}

static const char counted[] = "cbind(incidence, size - incidence) ~ period + (1 | herd)";

Test(api_infer, margins)
{
    static const double means[] = { 0.2161, 0.0970, 0.0861, 0.0573 }, errors[] = { 0.0364, 0.0269, 0.0258, 0.0232 };
    static const double typical[] = { 0.1980, 0.0839, 0.0740, 0.0484 };
    static const char *const some[] = { "3", "1", NULL }, *const wrong[] = { "3", "5", NULL };
    struct glmm_margins_options how = { .size = sizeof how, .values = some, .pairs = true };
    struct study study = study_of("cbpp", counted, "binomial");
    struct glmm_error err = { 0 };
    struct glmm_margins *margins = glmm_margins_new(study.fit, "period", NULL, &err);
    struct glmm_margin margin;

    cr_assert_eq(glmm_margins_count(margins), 4, "%s", err.message);
    for (int k = 0; k < 4; k++) {
        cr_assert(glmm_margins_get(margins, k, &margin));
        cr_expect(margin.value != NULL && margin.value[0] == '1' + k);
        cr_expect_float_eq(margin.estimate, means[k], 6e-5);
        cr_expect_float_eq(margin.se, errors[k], 6e-5);
        cr_expect_float_eq(margin.typical, typical[k], 6e-5);
    }
    cr_expect_float_eq(margin.lower, 0.0256, 6e-5);
    cr_expect_float_eq(margin.upper, 0.1235, 6e-5);
    cr_expect_not(glmm_margins_get(margins, 4, &margin) || glmm_margins_get(margins, -1, &margin)
                  || glmm_margins_get(margins, 0, NULL));
    glmm_margins_free(margins);

    margins = glmm_margins_new(study.fit, "period", &how, &err);
    cr_assert_eq(glmm_margins_count(margins), 2, "%s", err.message);
    cr_expect(glmm_margins_get(margins, 0, &margin) && strcmp(margin.value, "3") == 0);
    cr_expect_float_eq(margin.estimate, means[2], 6e-5);
    glmm_margins_free(margins);
    how.values = wrong;
    cr_expect_null(glmm_margins_new(study.fit, "period", &how, &err));
    cr_expect_str_eq(err.argument, "values");
    err = (struct glmm_error){ 0 };
    cr_expect_null(glmm_margins_new(study.fit, "size", NULL, &err));
    cr_expect_str_eq(err.argument, "variable");
    err = (struct glmm_error){ 0 };
    how = (struct glmm_margins_options){ .size = sizeof how, .level = 1.5 };
    cr_expect_null(glmm_margins_new(study.fit, "period", &how, &err));
    cr_expect_str_eq(err.argument, "level");
    err = (struct glmm_error){ 0 };
    cr_expect_null(glmm_margins_new(NULL, "period", NULL, &err));
    cr_expect_str_eq(err.argument, "fit");
    cr_expect(glmm_margins_count(NULL) == 0 && !glmm_margins_get(NULL, 0, &margin));
    glmm_margins_free(NULL);
    study_clear(&study);
}

Test(api_infer, attenuation_and_ladder)
{
    struct study study = study_of("cbpp", counted, "binomial");
    struct glmm_error err = { 0 };
    struct glmm_attenuation *attenuation = glmm_attenuation_new(study.fit, NULL, &err);
    struct glmm_attenuated period2;
    struct glmm_ladder ladder;

    cr_assert_not_null(attenuation, "%s", err.message);
    cr_assert(glmm_attenuation_get(attenuation, 1, &period2));
    cr_expect_str_eq(period2.name, "period2");
    cr_expect_float_eq(period2.conditional, -0.992, 6e-4);
    cr_expect_float_eq(period2.se, 0.307, 6e-4);
    cr_expect_float_eq(period2.marginal, -0.942, 6e-4);
    cr_expect_float_eq(period2.marginal_se, 0.297, 6e-4);
    cr_expect(isfinite(period2.naive) && isfinite(period2.naive_se));
    cr_expect_not(glmm_attenuation_get(attenuation, 4, &period2) || glmm_attenuation_get(attenuation, -1, &period2));
    cr_expect_not(glmm_attenuation_get(NULL, 0, &period2) || glmm_attenuation_get(attenuation, 0, NULL));
    glmm_attenuation_free(attenuation);
    glmm_attenuation_free(NULL);
    cr_expect_null(glmm_attenuation_new(NULL, NULL, &err));
    cr_expect_str_eq(err.argument, "fit");

    err = (struct glmm_error){ 0 };
    cr_assert(glmm_ladder(study.model, NULL, &ladder, &err), "%s", err.message);
    cr_expect(ladder.rungs == 4 && ladder.nodes[0] == 1 && ladder.nodes[3] == 9 && ladder.settled);
    cr_expect_float_eq(ladder.loglik[0], -92.0263, 6e-5);
    cr_expect_float_eq(ladder.loglik[3], -91.9834, 6e-5);
    cr_expect_float_eq(ladder.worst, -0.029, 6e-4);
    cr_expect_not(glmm_ladder(NULL, NULL, &ladder, &err));
    cr_expect_str_eq(err.argument, "model");
    cr_expect_str_eq(glmm_model_ratio(study.model), "odds ratio");
    cr_expect_null(glmm_model_ratio(NULL));
    study_clear(&study);
}

Test(api_infer, compare)
{
    struct study small = study_of("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL);
    struct study large = study_of("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL);
    struct study other = study_of("cbpp", counted, "binomial");
    struct glmm_error err = { 0 };
    struct glmm_test test;

    cr_assert(glmm_compare(small.fit, large.fit, &test, &err), "%s", err.message);
    cr_expect_float_eq(test.chisq, 42.84, 6e-3);
    cr_expect(test.df == 2 && test.mixture && !test.conservative && test.p < 1e-4);
    cr_expect_not(glmm_compare(small.fit, other.fit, &test, &err));
    err = (struct glmm_error){ 0 };
    cr_expect_not(glmm_compare(NULL, large.fit, &test, &err));
    cr_expect_str_eq(err.argument, "small");
    err = (struct glmm_error){ 0 };
    cr_expect_not(glmm_compare(small.fit, NULL, &test, &err));
    cr_expect_str_eq(err.argument, "large");
    cr_expect_null(glmm_model_ratio(small.model));
    study_clear(&small);
    study_clear(&large);
    study_clear(&other);
}

/* raw, pooled and complete of a level, and what is kept of their difference. */
Test(api_infer, shrinkage)
{
    struct study study = study_of("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL);
    struct glmm_error err = { 0 };
    struct glmm_shrinkage *shrinkage = glmm_shrinkage_new(study.fit, NULL, NULL, NULL, &err);
    double complete = glmm_shrinkage_complete(shrinkage);
    struct glmm_shrunk level;
    int lower[6], upper[6];

    cr_assert_eq(glmm_shrinkage_count(shrinkage), 6, "%s", err.message);
    cr_expect_float_eq(complete, 1527.5, 1e-6);
    cr_assert(glmm_shrinkage_ranks(shrinkage, 0.9, 3, lower, upper, &err), "%s", err.message);
    for (int k = 0; k < 6; k++) {
        cr_assert(glmm_shrinkage_get(shrinkage, k, &level));
        cr_expect_float_eq(level.pooled - complete, level.kept * (level.raw - complete), 1e-6);
        cr_expect(level.rows == 5 && level.kept > 0 && level.kept < 1 && level.rank_raw == level.rank_pooled);
        cr_expect(lower[k] >= 1 && lower[k] <= level.rank_pooled && level.rank_pooled <= upper[k] && upper[k] <= 6);
    }
    cr_expect_not(glmm_shrinkage_get(shrinkage, 6, &level) || glmm_shrinkage_get(NULL, 0, &level));
    cr_expect(isnan(glmm_shrinkage_complete(NULL)) && glmm_shrinkage_count(NULL) == 0);
    glmm_shrinkage_free(shrinkage);
    glmm_shrinkage_free(NULL);
    cr_expect_null(glmm_shrinkage_new(study.fit, "Btch", NULL, NULL, &err));
    err = (struct glmm_error){ 0 };
    cr_expect_null(glmm_shrinkage_new(NULL, NULL, NULL, NULL, &err));
    cr_expect_str_eq(err.argument, "fit");
    study_clear(&study);
}

/* A row with a response that can only be what it is has any quantile of a standard normal; the seed says which. */
Test(api_infer, quantile_residuals)
{
    struct study study = study_of("cbpp", counted, "binomial"), linear = study_of("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL);
    struct glmm_error err = { 0 };
    double one[56], again[56], other[56], mean = 0, square = 0;
    bool differs = false;

    cr_assert(glmm_fit_quantile_residuals(study.fit, 1, one, &err), "%s", err.message);
    cr_assert(glmm_fit_quantile_residuals(study.fit, 1, again, &err) && glmm_fit_quantile_residuals(study.fit, 2, other, &err));
    for (int i = 0; i < 56; i++) {
        cr_expect_eq(one[i], again[i]);
        differs = differs || one[i] != other[i];
        mean += one[i] / 56;
        square += one[i] * one[i] / 56;
    }
    cr_expect(differs);
    cr_expect(fabs(mean) < 0.5 && square > 0.3 && square < 2);
    cr_expect_not(glmm_fit_quantile_residuals(linear.fit, 1, one, &err));
    cr_expect_eq(err.code, GLMM_E_MODEL);
    err = (struct glmm_error){ 0 };
    cr_expect_not(glmm_fit_quantile_residuals(NULL, 1, one, &err));
    cr_expect_str_eq(err.argument, "fit");
    cr_expect(glmm_fit_penalty(study.fit) == 0 && glmm_fit_loglik_error(study.fit) == 0);
    cr_expect(isnan(glmm_fit_penalty(NULL)) && isnan(glmm_fit_loglik_error(NULL)));
    study_clear(&study);
    study_clear(&linear);
}

/* A truth beside it is a predictor; -1 is missing. */
Test(api_infer, logical_column)
{
    static const double y[6] = { 1, 2, 4, 3, 5, 9 };
    static const signed char seen[6] = { 0, 0, 1, 1, 1, -1 };
    struct glmm_error err = { 0 };
    struct glmm_data *data = glmm_data_new(6, &err);
    struct glmm_model *model;
    struct glmm_fit *fit;

    cr_assert(glmm_data_add_real(data, "y", y, &err) && glmm_data_add_logical(data, "seen", seen, &err), "%s", err.message);
    cr_expect_not(glmm_data_add_logical(data, "seen", seen, &err));
    model = glmm_model_new(data, "y ~ seen", NULL, &err);
    fit = glmm_fit_new(model, NULL, &err);
    cr_assert_not_null(fit);
    cr_expect(glmm_model_rows(model) == 5 && glmm_model_dropped_rows(model) == 1);
    cr_expect_float_eq(glmm_fit_estimates(fit)[1], 2.5, 1e-9);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* --- what is wrong, and memory --------------------------------------------------------------------------------- */

static void refused_means(const struct study *study)
{
    static const char *const period[] = { "period", NULL }, *const twice[] = { "period", "period", NULL },
                             *const other[] = { "nothing", NULL }, *const levels[] = { "1", "5" };
    const struct glmm_stated no_variable = { "nothing", levels, 1 }, no_level = { "period", levels, 2 };
    struct glmm_means_options at = { .size = sizeof at, .at = &no_variable, .at_count = 1 }, slope = { .size = sizeof slope };
    struct glmm_contrasts_options how = { .size = sizeof how };
    struct glmm_error err = { 0 };
    struct glmm_means *m;

    REFUSED(glmm_means_new(study->fit, other, NULL, &err), "variables");
    REFUSED(glmm_means_new(study->fit, twice, NULL, &err), "variables");
    REFUSED(glmm_means_new(study->fit, period, &at, &err), "at");
    at.at = &no_level;
    REFUSED(glmm_means_new(study->fit, period, &at, &err), "at");
    slope.slope = "nothing";
    REFUSED(glmm_means_new(study->fit, period, &slope, &err), "slope");
    slope.slope = "period";
    REFUSED(glmm_means_new(study->fit, NULL, &slope, &err), "slope");
    err = (struct glmm_error){ 0 };
    cr_assert_not_null(m = glmm_means_new(study->fit, period, NULL, &err), "%s", err.message);
    how.reference = "1";
    REFUSED(glmm_contrasts_new(m, &how, &err), "reference");
    how = (struct glmm_contrasts_options){ .size = sizeof how, .method = GLMM_CONTROL, .reference = "5" };
    REFUSED(glmm_contrasts_new(m, &how, &err), "reference");
    how = (struct glmm_contrasts_options){ .size = sizeof how, .weights = "1 -1 0 0" };
    REFUSED(glmm_contrasts_new(m, &how, &err), "weights");
    how.method = GLMM_WEIGHTED;
    how.weights = "1 -1 0";
    REFUSED(glmm_contrasts_new(m, &how, &err), "weights");
    how.weights = "1 -1 0 x";
    REFUSED(glmm_contrasts_new(m, &how, &err), "weights");
    how.weights = NULL;
    REFUSED(glmm_contrasts_new(m, &how, &err), "method");
    how = (struct glmm_contrasts_options){ .size = sizeof how, .method = GLMM_EFFECTS, .adjust = GLMM_TUKEY };
    REFUSED(glmm_contrasts_new(m, &how, &err), "adjust");
    glmm_means_free(m);
}

Test(api_infer, an_error_names_its_argument)
{
    struct study study = study_of("cbpp", counted, "binomial"), linear = study_of("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL);
    struct glmm_error err;
    double numbers[100];
    struct glmm_power power;

    REFUSED(glmm_confint_new(linear.fit,
                             &(struct glmm_confint_options){ .size = sizeof(struct glmm_confint_options), .level = 2 }, &err),
            "level");
    REFUSED(glmm_confint_new(NULL, NULL, &err), "fit");
    REFUSED(glmm_fit_turn(linear.fit, 0, -1, &err), "factor");
    REFUSED(glmm_fit_turn(linear.fit, 1, 1, &err), "term");
    REFUSED(glmm_fit_with_rows(linear.fit, 0, 6, 3, numbers, numbers, &err), "level");
    REFUSED(glmm_fit_with_rows(linear.fit, 0, 0, -3, numbers, numbers, &err), "rows");
    REFUSED(glmm_power(linear.fit, &(struct glmm_power_options){ .size = sizeof(struct glmm_power_options), .coefficient = 1 },
                       &power, &err),
            "coefficient");
    REFUSED(glmm_power(linear.fit,
                       &(struct glmm_power_options){ .size = sizeof(struct glmm_power_options), .term = 1, .levels = 4 }, &power,
                       &err),
            "term");
    REFUSED(glmm_predict(linear.fit, NULL,
                         &(struct glmm_predict_options){ .size = sizeof(struct glmm_predict_options), .groups = 7 }, &err),
            "groups");
    REFUSED(glmm_pool_new(linear.model, NULL, GLMM_NORMAL, &err), "model");
    REFUSED(glmm_fit_new(study.model, &(struct glmm_fit_options){ .draws = -1 }, &err), "draws");
    refused_means(&study);
    memset(&err, 0, sizeof err);
    cr_expect(!glmm_fit_residuals(linear.fit, (enum glmm_residual)9, numbers, &err) && err.code == GLMM_E_USAGE);
    memset(&err, 0, sizeof err);
    cr_expect(glmm_anova_new(linear.fit, 3, (enum glmm_ddf)9, NULL, &err) == NULL && err.code == GLMM_E_USAGE);
    memset(&err, 0, sizeof err);
    cr_expect(isnan(glmm_model_deviance(study.model, numbers, true, &err)) && err.code == GLMM_E_MODEL);
    study_clear(&study);
    study_clear(&linear);
}

/* By each approximation; values of R: lme4 (Laplace), MASS's glmmPQL gives no likelihood. */
Test(api_infer, each_method_is_itself)
{
    static const enum glmm_method methods[] = { GLMM_LAPLACE, GLMM_PQL, GLMM_IS, GLMM_AGQ };
    struct study study = study_of("cbpp", counted, "binomial"), flat = study_of("dyestuff2", "Yield ~ 1 + (1 | Batch)", NULL);
    struct glmm_error err = { 0 };
    double loglik[4];

    for (int k = 0; k < 4; k++) {
        struct glmm_fit *fit = glmm_fit_new(study.model, &(struct glmm_fit_options){ .method = methods[k] }, &err);

        cr_assert_not_null(fit, "%s", err.message);
        cr_expect_eq(glmm_fit_verdict(fit), GLMM_CONVERGED);
        loglik[k] = glmm_fit_loglik(fit);
        glmm_fit_free(fit);
    }
    cr_expect_float_eq(loglik[0], -92.0262817, 1e-6);
    cr_expect_lt(loglik[1], loglik[0]); /* Laplace's, at other estimates */
    cr_expect_float_eq(loglik[2], loglik[3], 0.05);
    cr_expect_eq(glmm_fit_verdict(flat.fit), GLMM_BOUNDARY);
    study_clear(&flat);
    flat = study_of("dyestuff", "Yield ~ 1 + ar1(0 + Batch | Batch)", NULL);
    cr_expect_eq(glmm_fit_verdict(flat.fit), GLMM_NOT_IDENTIFIED);
    study_clear(&flat);
    study_clear(&study);
}

static bool interval_of(const struct glmm_fit *fit, enum glmm_confint_method method, struct glmm_error *err)
{
    struct glmm_confint_options how = { .size = sizeof how, .method = method, .replicates = 4 };
    struct glmm_confint *confint = glmm_confint_new(fit, &how, err);
    bool ok = confint != NULL;

    glmm_confint_free(confint);
    return ok;
}

static bool ask_population(const struct study *s, struct glmm_error *err)
{
    struct glmm_margins *margins = glmm_margins_new(s->fit, "period", NULL, err);
    struct glmm_prediction *prediction = margins == NULL ? NULL : glmm_predict(s->fit, NULL, NULL, err);
    struct glmm_diagnosis *diagnosis = prediction == NULL ? NULL : glmm_diagnosis_new(s->fit, 4, 1, NULL, err);
    struct glmm_ladder ladder;
    double residuals[56];
    bool ok = diagnosis != NULL && glmm_ladder(s->model, NULL, &ladder, err)
              && glmm_fit_quantile_residuals(s->fit, 1, residuals, err) && glmm_fit_simulate(s->fit, 1, 1, residuals, err);

    glmm_diagnosis_free(diagnosis);
    glmm_prediction_free(prediction);
    glmm_margins_free(margins);
    return ok;
}

static bool ask_linear(const struct study *s, struct glmm_error *err)
{
    struct glmm_anova *anova = glmm_anova_new(s->fit, 3, GLMM_KENWARD_ROGER, NULL, err);
    struct glmm_shrinkage *shrinkage = anova == NULL ? NULL : glmm_shrinkage_new(s->fit, "Subject", NULL, NULL, err);
    struct glmm_fit *turned = shrinkage == NULL ? NULL : glmm_fit_turn(s->fit, 0, 0.5, err);
    double modes[4], covariance[4];
    struct glmm_hypothesis test;
    struct glmm_icc icc;
    struct glmm_share share;
    bool ok = turned != NULL && glmm_fit_with_rows(s->fit, 0, 0, 3, modes, covariance, err)
              && glmm_fit_test(s->fit, "Days = 0", GLMM_SATTERTHWAITE, &test, err) && glmm_fit_icc(s->fit, 0, &icc, err)
              && glmm_fit_share(s->fit, 0, 0, &share, err) && interval_of(s->fit, GLMM_WALD, err)
              && interval_of(s->fit, GLMM_BOOT, err);

    glmm_fit_free(turned);
    glmm_shrinkage_free(shrinkage);
    glmm_anova_free(anova);
    return ok;
}

static struct places places = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void refuse_memory(const struct study *study, bool (*ask)(const struct study *study, struct glmm_error *err))
{
    bool failed = true;

    while (failed) {
        struct glmm_error err = { 0 };
        bool ok;

        places_begin(&places);
        ok = ask(study, &err);
        places_end(&places);
        failed = places.failed;
        cr_assert(ok || (failed && err.code == GLMM_E_MEMORY), "%s", err.message);
    }
}

Test(api_infer, memory_refused_at_each_place)
{
    struct study study = study_of("cbpp", counted, "binomial"),
                 linear = study_of("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL);

    refuse_memory(&study, ask_population);
    refuse_memory(&linear, ask_linear);
    cr_expect_gt(places.count, 100);
    study_clear(&study);
    study_clear(&linear);
}

/* The means, contrasts and limits of R's emmeans (tests/reference/infer.json, emmeans_cake), but for the adjustment. */
Test(api_infer, means_and_their_contrasts)
{
    static const double means[] = { 33.1222222222235, 31.6444444444443, 31.5999999999999 };
    static const char *const recipe[] = { "recipe", NULL }, *const both[] = { "recipe", "temp", NULL }, *const none[] = { NULL };
    static const char *const two[] = { "175", "225" }, *const weights = "1 -0.5 -0.5";
    const struct glmm_stated at = { "temp", two, 2 };
    struct glmm_means_options how = { .size = sizeof how, .ddf = GLMM_KENWARD_ROGER };
    struct glmm_contrasts_options of = { .size = sizeof of };
    struct study study = study_of("cake", "angle ~ recipe * factor(temp) + (1 | recipe:replicate)", NULL);
    struct glmm_error err = { 0 };
    struct glmm_means *m = glmm_means_new(study.fit, recipe, &how, &err);
    struct glmm_contrasts *c = glmm_contrasts_new(m, &of, &err);
    struct glmm_equivalence equal;
    struct glmm_estimate one, raw;
    const char *name;

    cr_assert_eq(glmm_means_count(m), 3, "%s", err.message);
    for (int k = 0; k < 3; k++) {
        cr_assert(glmm_means_get(m, k, &name, &one, &err));
        cr_expect_eq(name[0], 'A' + k);
        cr_expect_float_eq(one.estimate, means[k], 1e-6);
        cr_expect_float_eq(one.se, 1.73683339390528, 1e-6);
        cr_expect_float_eq(one.df, 42, 1e-3);
    }
    cr_expect_not(glmm_means_get(m, 3, NULL, &one, &err));
    cr_assert(glmm_contrasts_count(c) == 3 && glmm_contrasts_get(c, 0, &name, &raw), "%s", err.message);
    cr_expect_str_eq(name, "A - B");
    cr_expect_float_eq(raw.estimate, 1.47777777777921, 1e-6);
    cr_expect_float_eq(raw.p, 0.550648435353281, 1e-5);
    cr_expect_float_eq(raw.upper, 6.43469770322901, 1e-4);
    glmm_contrasts_free(c);
    of.adjust = GLMM_TUKEY;
    cr_assert_not_null(c = glmm_contrasts_new(m, &of, &err), "%s", err.message);
    cr_expect(glmm_contrasts_get(c, 0, NULL, &one) && one.p > raw.p && one.upper > raw.upper && one.se == raw.se);
    glmm_contrasts_free(c);
    cr_assert(glmm_equivalence(&raw, 0, 10, GLMM_EQUIVALENT, 0.95, &equal, &err));
    cr_expect_float_eq(equal.p, equal.upper_p, 0); /* the estimate is above 0 */
    cr_expect_float_eq(equal.statistic, (raw.estimate - 10) / raw.se, 1e-12);
    cr_expect(equal.p < 0.01 && equal.lower > raw.lower && equal.upper < raw.upper);
    cr_expect_not(glmm_equivalence(&raw, 0, 0, GLMM_EQUIVALENT, 0.95, &equal, &err));
    cr_expect_str_eq(err.argument, "margin");
    err = (struct glmm_error){ 0 };
    of = (struct glmm_contrasts_options){ .size = sizeof of, .method = GLMM_WEIGHTED, .adjust = GLMM_TUKEY, .weights = weights };
    cr_expect_null(glmm_contrasts_new(m, &of, &err)); /* Tukey's law is of pairs */
    of.adjust = GLMM_UNADJUSTED;
    err = (struct glmm_error){ 0 };
    cr_assert_not_null(c = glmm_contrasts_new(m, &of, &err), "%s", err.message);
    cr_expect(glmm_contrasts_get(c, 0, NULL, &one));
    cr_expect_float_eq(one.estimate, means[0] - (means[1] + means[2]) / 2, 1e-6);
    glmm_contrasts_free(c);
    glmm_means_free(m);
    how.at = &at;
    how.at_count = how.within = 1;
    cr_assert_not_null(m = glmm_means_new(study.fit, both, &how, &err), "%s", err.message);
    cr_assert_not_null(c = glmm_contrasts_new(m, NULL, &err), "%s", err.message);
    cr_expect_eq(glmm_means_count(m), 6);
    cr_expect_eq(glmm_contrasts_count(c), 3); /* 175 - 225 of each recipe */
    glmm_contrasts_free(c);
    glmm_means_free(m);
    cr_expect_null(glmm_means_new(study.fit, none, NULL, &err));
    cr_expect_str_eq(err.argument, "variables");
    study_clear(&study);
}

/* The slope of a line is its coefficient, and where it depends on a factor, the sum of two. */
Test(api_infer, slopes)
{
    static const char *const sex[] = { "Sex", NULL };
    struct glmm_means_options how = { .size = sizeof how, .slope = "age" };
    struct study study = study_of("orthodont", "distance ~ age * Sex + (age | Subject)", NULL);
    const double *beta = glmm_fit_estimates(study.fit);
    struct glmm_error err = { 0 };
    struct glmm_means *m = glmm_means_new(study.fit, sex, &how, &err);
    struct glmm_estimate one;

    cr_assert_eq(glmm_means_count(m), 2, "%s", err.message);
    cr_assert(glmm_means_get(m, 0, NULL, &one, &err));
    cr_expect_float_eq(one.estimate, beta[1], 1e-8);
    cr_expect_float_eq(one.se, glmm_fit_standard_errors(study.fit)[1], 1e-8);
    cr_assert(glmm_means_get(m, 1, NULL, &one, &err));
    cr_expect_float_eq(one.estimate, beta[1] + beta[3], 1e-8);
    glmm_means_free(m);
    how.scale = GLMM_MEANS_TYPICAL;
    cr_expect_null(glmm_means_new(study.fit, sex, &how, &err));
    cr_expect_str_eq(err.argument, "scale");
    study_clear(&study);
}

/* A quadratic's slope b + 2 c x is another at each x: the result says at which it is; weights=cells are those of each place. */
Test(api_infer, slopes_of_curves)
{
    static const char *const ages[] = { "8", "14" }, *const none[] = { NULL }, *const sex[] = { "Sex", NULL };
    const struct glmm_stated at = { "age", ages, 2 };
    struct glmm_means_options how = { .size = sizeof how, .slope = "age" };
    struct study study = study_of("orthodont", "distance ~ age + I(age^2) + Sex + (1 | Subject)", NULL);
    const double *beta = glmm_fit_estimates(study.fit);
    struct glmm_error err = { 0 };
    struct glmm_means *m = glmm_means_new(study.fit, none, &how, &err);
    struct glmm_estimate one;
    const char *level;

    cr_assert(m != NULL && glmm_means_get(m, 0, NULL, &one, &err), "%s", err.message);
    cr_expect_str_eq(glmm_means_held(m), "age = 11");
    cr_expect_float_eq(one.estimate, beta[1] + 22 * beta[2], 1e-8);
    glmm_means_free(m);
    how.at = &at;
    how.at_count = 1;
    cr_assert_not_null(m = glmm_means_new(study.fit, none, &how, &err), "%s", err.message);
    cr_expect_str_eq(glmm_means_held(m), "");
    cr_assert_eq(glmm_means_count(m), 2);
    for (int k = 0; k < 2; k++) {
        cr_assert(glmm_means_get(m, k, &level, &one, &err));
        cr_expect_str_eq(level, ages[k]);
        cr_expect_float_eq(one.estimate, beta[1] + (k == 0 ? 16 : 28) * beta[2], 1e-8);
    }
    glmm_means_free(m);
    how.at_count = 0;
    how.weights = GLMM_CELLS;
    cr_assert_not_null(m = glmm_means_new(study.fit, sex, &how, &err), "%s", err.message);
    cr_assert(glmm_means_get(m, 1, NULL, &one, &err));
    cr_expect_float_eq(one.estimate, beta[1] + 22 * beta[2], 1e-8);
    glmm_means_free(m);
    study_clear(&study);
}

/* One variance against none: both laws at the size of the data are near the mixture of chi-squared laws. */
Test(api_infer, simulated_laws)
{
    struct glmm_fit_options ml = { .size = sizeof ml, .method = GLMM_ML };
    struct study study = study_of("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL);
    struct glmm_error err = { 0 };
    struct glmm_model *plain = glmm_model_new(study.data, "Reaction ~ Days", NULL, &err);
    struct glmm_fit *small = glmm_fit_new(plain, &ml, &err), *large = glmm_fit_new(study.model, &ml, &err);
    struct glmm_simulated exact, boot;

    cr_assert(small != NULL && large != NULL, "%s", err.message);
    cr_assert(glmm_compare_exact(small, large, 1, &exact, &err), "%s", err.message);
    cr_assert(glmm_compare_boot(small, large, 50, 1, NULL, &boot, &err), "%s", err.message);
    cr_expect(exact.used > 0 && exact.p < 0.001);
    cr_expect_eq(boot.used, 50);
    cr_expect_float_eq(boot.p, 1.0 / 51, 1e-12);
    cr_assert(glmm_compare_exact(large, large, 1, &exact, &err), "%s", err.message);
    cr_expect(isnan(exact.p) && exact.used == 0);
    glmm_fit_free(small);
    glmm_fit_free(large);
    glmm_model_free(plain);
    study_clear(&study);
}
