/* test-api-missing.c -- each function of <glmm.h> that makes or fills something, without each of its arguments in turn, with
 * levels of 2, and with kinds that there are none of: an error that names the argument; each that gets or frees, of nothing. */
#include <criterion/criterion.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include "study.h"

static const char *const groups[] = { "a", "a", "a", "b", "b", "b", "c", "c", "c", "d", "d", "d" };
static const double number[] = { 1, 2, 4, 2, 3, 5, 1, 3, 3, 4, 6, 8 }, along[] = { 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3 };

static struct study study_new(void)
{
    struct study study;
    struct glmm_error err = { 0 };

    study.data = glmm_data_new(12, &err);
    cr_assert(glmm_data_add_real(study.data, "y", number, &err) && glmm_data_add_real(study.data, "x", along, &err));
    cr_assert(glmm_data_add_factor(study.data, "g", groups, &err));
    study_fit(&study, "y ~ x + (1 | g)", NULL);
    return study;
}

Test(api_missing, of_a_fit)
{
    struct study s = study_new();
    struct glmm_error err;
    struct glmm_test test;
    struct glmm_simulated simulated;
    struct glmm_icc icc;
    struct glmm_share share;
    struct glmm_estimate estimate;
    struct glmm_hypothesis hypothesis;
    double out[12];

    memset(&err, 0, sizeof err);
    cr_expect(isnan(glmm_model_deviance(NULL, out, false, &err)) && strcmp(err.argument, "model") == 0);
    memset(&err, 0, sizeof err);
    cr_expect(isnan(glmm_model_deviance(s.model, NULL, false, &err)) && strcmp(err.argument, "theta") == 0);
    REFUSED(glmm_fit_refit(NULL, number, NULL, &err), "fit");
    REFUSED(glmm_fit_refit(s.fit, NULL, NULL, &err), "response");
    REFUSED(glmm_fit_turn(NULL, 0, 1, &err), "fit");
    REFUSED(glmm_fit_turn(s.fit, 0, (double)INFINITY, &err), "factor");
    REFUSED(glmm_fit_with_rows(NULL, 0, 0, 3, out, out, &err), "fit");
    REFUSED(glmm_fit_with_rows(s.fit, 0, 0, 3, NULL, out, &err), "modes");
    REFUSED(glmm_fit_with_rows(s.fit, 0, 0, 3, out, NULL, &err), "covariance");
    REFUSED(glmm_fit_with_rows(s.fit, 0, 0, (double)INFINITY, out, out, &err), "rows");
    REFUSED(glmm_fit_contrast(NULL, out, 0.95, &estimate, &err), "fit");
    REFUSED(glmm_fit_contrast(s.fit, NULL, 0.95, &estimate, &err), "weights");
    REFUSED(glmm_fit_contrast(s.fit, out, 0.95, NULL, &err), "out");
    REFUSED(glmm_fit_contrast(s.fit, out, 2, &estimate, &err), "level");
    REFUSED(glmm_fit_residuals(NULL, (enum glmm_residual)0, out, &err), "fit");
    REFUSED(glmm_fit_residuals(s.fit, (enum glmm_residual)0, NULL, &err), "residuals");
    REFUSED(glmm_fit_quantile_residuals(NULL, 1, out, &err), "fit");
    REFUSED(glmm_fit_quantile_residuals(s.fit, 1, NULL, &err), "residuals");
    REFUSED(glmm_compare(NULL, s.fit, &test, &err), "small");
    REFUSED(glmm_compare(s.fit, NULL, &test, &err), "large");
    REFUSED(glmm_compare(s.fit, s.fit, NULL, &err), "out");
    REFUSED(glmm_compare_boot(NULL, s.fit, 10, 1, NULL, &simulated, &err), "small");
    REFUSED(glmm_compare_boot(s.fit, NULL, 10, 1, NULL, &simulated, &err), "large");
    REFUSED(glmm_compare_boot(s.fit, s.fit, 10, 1, NULL, NULL, &err), "out");
    REFUSED(glmm_compare_exact(NULL, s.fit, 1, &simulated, &err), "small");
    REFUSED(glmm_fit_icc(NULL, 0, &icc, &err), "fit");
    REFUSED(glmm_fit_icc(s.fit, 0, NULL, &err), "out");
    REFUSED(glmm_fit_icc(s.fit, -1, &icc, &err), "term");
    REFUSED(glmm_fit_share(NULL, -1, 0.95, &share, &err), "fit");
    REFUSED(glmm_fit_share(s.fit, 3, 0.95, &share, &err), "term");
    REFUSED(glmm_fit_share(s.fit, 0, 0.95, NULL, &err), "out");
    REFUSED(glmm_fit_share(s.fit, 0, -1, &share, &err), "level");
    REFUSED(glmm_fit_test(NULL, "x = 0", GLMM_NORMAL, &hypothesis, &err), "fit");
    REFUSED(glmm_fit_test(s.fit, NULL, GLMM_NORMAL, &hypothesis, &err), "hypotheses");
    REFUSED(glmm_fit_test(s.fit, "x = 0", GLMM_NORMAL, NULL, &err), "out");
    REFUSED(glmm_anova_new(NULL, 3, GLMM_NORMAL, NULL, &err), "fit");
    study_clear(&s);
}

Test(api_missing, of_means_and_predictions)
{
    static const char *const x[] = { "x", NULL };
    struct study s = study_new();
    struct glmm_means_options how = { .size = sizeof how, .scale = (enum glmm_means_scale)9 };
    struct glmm_contrasts_options contrasts = { .size = sizeof contrasts, .method = (enum glmm_contrast_method)99 };
    struct glmm_error err = { 0 };
    struct glmm_estimate estimate = { .estimate = 1, .se = 1, .df = 9 };
    struct glmm_equivalence equivalence;
    struct glmm_region regions[GLMM_REGIONS];
    struct glmm_means *means = glmm_means_new(s.fit, x, NULL, &err);

    cr_assert_not_null(means, "%s", err.message);
    REFUSED(glmm_means_new(NULL, x, NULL, &err), "fit");
    REFUSED(glmm_means_new(s.fit, NULL, NULL, &err), "variables");
    REFUSED(glmm_means_new(s.fit, x, &how, &err), "scale");
    how = (struct glmm_means_options){ .size = sizeof how, .weights = (enum glmm_means_weights)9 };
    REFUSED(glmm_means_new(s.fit, x, &how, &err), "weights");
    how = (struct glmm_means_options){ .size = sizeof how, .level = 2 };
    REFUSED(glmm_means_new(s.fit, x, &how, &err), "level");
    how = (struct glmm_means_options){ .size = sizeof how, .within = 2 };
    REFUSED(glmm_means_new(s.fit, x, &how, &err), "within");
    REFUSED(glmm_means_get(NULL, 0, NULL, &estimate, &err), "means");
    REFUSED(glmm_means_get(means, 0, NULL, NULL, &err), "out");
    memset(&err, 0, sizeof err);
    cr_expect(!glmm_means_get(means, -1, NULL, &estimate, &err) && !glmm_means_get(means, 99, NULL, &estimate, &err));
    REFUSED(glmm_contrasts_new(NULL, NULL, &err), "means");
    REFUSED(glmm_contrasts_new(means, &contrasts, &err), "method");
    contrasts = (struct glmm_contrasts_options){ .size = sizeof contrasts, .adjust = (enum glmm_adjust)99 };
    REFUSED(glmm_contrasts_new(means, &contrasts, &err), "adjust");
    contrasts = (struct glmm_contrasts_options){ .size = sizeof contrasts, .level = -1 };
    REFUSED(glmm_contrasts_new(means, &contrasts, &err), "level");
    REFUSED(glmm_slope_regions(NULL, "x", "x", NULL, regions, &err) >= 0, "fit");
    REFUSED(glmm_slope_regions(s.fit, NULL, "x", NULL, regions, &err) >= 0, "slope");
    REFUSED(glmm_slope_regions(s.fit, "x", NULL, NULL, regions, &err) >= 0, "moderator");
    REFUSED(glmm_slope_regions(s.fit, "x", "x", NULL, NULL, &err) >= 0, "regions");
    REFUSED(glmm_equivalence(NULL, 0, 1, GLMM_EQUIVALENT, 0.95, &equivalence, &err), "estimate");
    REFUSED(glmm_equivalence(&estimate, 0, 1, GLMM_EQUIVALENT, 0.95, NULL, &err), "out");
    REFUSED(glmm_equivalence(&estimate, 0, 1, (enum glmm_side)9, 0.95, &equivalence, &err), "side");
    REFUSED(glmm_equivalence(&estimate, 0, 1, GLMM_EQUIVALENT, 2, &equivalence, &err), "level");
    REFUSED(glmm_predict(NULL, s.data, NULL, &err), "fit");
    REFUSED(glmm_margins_new(NULL, "x", NULL, &err), "fit");
    REFUSED(glmm_partial_new(NULL, "x", 0.95, NULL, &err), "fit");
    glmm_means_free(means);
    study_clear(&s);
}

Test(api_missing, of_draws_and_studies)
{
    static const char *const events[2] = { "y", "y" }, *const n[2] = { "x", "x" }, *const none[2] = { "y", NULL };
    struct study s = study_new();
    struct glmm_power_options how = { .size = sizeof how, .coefficient = 9 };
    struct glmm_meta_options meta = { .size = sizeof meta, .model = (enum glmm_meta_model)99 };
    struct glmm_error err;
    struct glmm_power power;
    struct glmm_ladder ladder;
    double out[12];

    REFUSED(glmm_fit_simulate(NULL, 1, 0, out, &err), "fit");
    REFUSED(glmm_fit_simulate(s.fit, 1, 0, NULL, &err), "response");
    REFUSED(glmm_diagnosis_new(NULL, 9, 1, NULL, &err), "fit");
    REFUSED(glmm_influence_new(NULL, "g", 0, NULL, &err), "fit");
    REFUSED(glmm_sensitivity_new(NULL, 0, NULL, &err), "fit");
    REFUSED(glmm_power(NULL, NULL, &power, &err), "fit");
    REFUSED(glmm_power(s.fit, NULL, NULL, &err), "out");
    REFUSED(glmm_power(s.fit, &how, &power, &err), "coefficient");
    how.coefficient = -1;
    REFUSED(glmm_power(s.fit, &how, &power, &err), "coefficient");
    REFUSED(glmm_power_stated(NULL, NULL, &power, &err), "formula");
    REFUSED(glmm_power_stated("y ~ x", NULL, NULL, &err), "out");
    REFUSED(glmm_ladder(NULL, NULL, &ladder, &err), "model");
    REFUSED(glmm_ladder(s.model, NULL, NULL, &err), "out");
    REFUSED(glmm_attenuation_new(NULL, NULL, &err), "fit");
    REFUSED(glmm_shrinkage_new(NULL, NULL, NULL, NULL, &err), "fit");
    REFUSED(glmm_shrinkage_ranks(NULL, 0.95, 1, NULL, NULL, &err), "shrinkage");
    REFUSED(glmm_gee_new(NULL, "g", NULL, (enum glmm_correlation)0, NULL, &err), "model");
    REFUSED(glmm_meta_new(NULL, events, n, NULL, &err), "data");
    REFUSED(glmm_meta_new(s.data, NULL, n, NULL, &err), "events");
    REFUSED(glmm_meta_new(s.data, events, NULL, NULL, &err), "n");
    REFUSED(glmm_meta_new(s.data, none, n, NULL, &err), "events");
    REFUSED(glmm_meta_new(s.data, events, n, &meta, &err), "model");
    REFUSED(glmm_scan_new(NULL, "y ~ 1", "g", "none.bed", NULL, &err), "data");
    REFUSED(glmm_scan_new(s.data, NULL, "g", "none.bed", NULL, &err), "formula");
    REFUSED(glmm_scan_new(s.data, "y ~ 1", NULL, "none.bed", NULL, &err), "id");
    REFUSED(glmm_scan_new(s.data, "y ~ 1", "g", NULL, NULL, &err), "path");
    study_clear(&s);
}

Test(api_missing, of_nothing_there_is_nothing)
{
    struct glmm_shrunk shrunk;
    struct glmm_estimate estimate;
    struct glmm_interval interval;
    struct glmm_hypothesis hypothesis;
    struct glmm_predicted predicted;
    struct glmm_margin margin;
    struct glmm_partial_line line;
    struct glmm_partial_rows rows;

    cr_expect(glmm_shrinkage_count(NULL) == 0 && !glmm_shrinkage_get(NULL, 0, &shrunk) && isnan(glmm_shrinkage_complete(NULL)));
    cr_expect(glmm_means_count(NULL) == 0 && glmm_means_held(NULL)[0] == '\0');
    cr_expect(glmm_contrasts_count(NULL) == 0 && !glmm_contrasts_get(NULL, 0, NULL, &estimate));
    cr_expect(glmm_confint_count(NULL) == 0 && !glmm_confint_get(NULL, 0, &interval));
    cr_expect(glmm_anova_count(NULL) == 0 && !glmm_anova_get(NULL, 0, NULL, &hypothesis));
    cr_expect(!glmm_prediction_get(NULL, &predicted) && glmm_margins_count(NULL) == 0 && !glmm_margins_get(NULL, 0, &margin));
    cr_expect(glmm_partial_lines(NULL) == 0 && !glmm_partial_line(NULL, 0, &line) && !glmm_partial_rows(NULL, &rows));
    cr_expect(glmm_pool_count(NULL) == 0 && glmm_model_ratio(NULL) == NULL);
    glmm_shrinkage_free(NULL);
    glmm_means_free(NULL);
    glmm_contrasts_free(NULL);
    glmm_confint_free(NULL);
    glmm_anova_free(NULL);
    glmm_prediction_free(NULL);
    glmm_margins_free(NULL);
    glmm_partial_free(NULL);
    glmm_pool_free(NULL);
}

Test(api_missing, of_results_of_draws_and_studies)
{
    struct glmm_check check;
    struct glmm_moved moved;
    struct glmm_variant variant;
    struct glmm_attenuated attenuated;
    struct glmm_gee_coefficient coefficient;
    struct glmm_gee_facts gee;
    struct glmm_meta_effect effect;
    struct glmm_meta_study study;
    struct glmm_meta_facts meta;
    struct glmm_scan_marker marker;
    struct glmm_scan_facts scan;

    cr_expect(glmm_diagnosis_count(NULL) == 0 && !glmm_diagnosis_get(NULL, 0, &check));
    cr_expect(glmm_influence_count(NULL) == 0 && !glmm_influence_get(NULL, 0, &moved));
    cr_expect(glmm_sensitivity_count(NULL) == 0 && !glmm_sensitivity_get(NULL, 0, &variant));
    cr_expect(!glmm_attenuation_get(NULL, 0, &attenuated));
    cr_expect(!glmm_gee_get(NULL, 0, &coefficient) && !glmm_gee_facts(NULL, &gee) && isnan(glmm_gee_correlation(NULL, 0)));
    cr_expect(!glmm_meta_effect(NULL, 0, &effect) && !glmm_meta_study(NULL, 0, &study) && !glmm_meta_facts(NULL, &meta));
    cr_expect(!glmm_scan_marker(NULL, 0, &marker) && !glmm_scan_facts(NULL, &scan));
    glmm_diagnosis_free(NULL);
    glmm_influence_free(NULL);
    glmm_sensitivity_free(NULL);
    glmm_attenuation_free(NULL);
    glmm_gee_free(NULL);
    glmm_meta_free(NULL);
    glmm_scan_free(NULL);
}

struct allocator {
    long asked, alive, most;
};

static void *counted_resize(void *context, void *old, size_t size)
{
    struct allocator *all = context;
    void *block;

    if (size == 0) {
        all->alive -= old != NULL;
        free(old);
        return NULL;
    }
    if (++all->asked > all->most)
        return NULL;
    block = realloc(old, size);
    all->alive += old == NULL && block != NULL;
    return block;
}

/* All that the engine takes it takes from the caller's allocator, gives it back there, and says when there is no more. */
Test(api_missing, of_a_caller_s_memory)
{
    struct allocator all = { .most = LONG_MAX };
    struct glmm_error err = { 0 };
    struct study s;
    long asked;

    glmm_set_allocator(counted_resize, &all);
    s = study_new();
    asked = all.asked;
    cr_expect(asked > 100 && all.alive > 10);
    all.most = all.asked + 20;
    cr_expect_null(glmm_fit_new(s.model, NULL, &err));
    cr_expect_eq(err.code, GLMM_E_MEMORY, "%s", err.message);
    all.most = LONG_MAX;
    study_clear(&s);
    cr_expect_eq(all.alive, 0);
}
