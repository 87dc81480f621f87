/* test-api-studies.c -- meta-analysis, scans of markers, estimating equations, sensitivity and other predictors, with nothing but
 * <glmm.h>; the values are those of metafor's rma.glmm, and of the transcripts, where they are worked out otherwise. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glmm.h"
#include "sweep.h"

/* "data/NAME" of the source. */
static const char *example_path(char path[1000], const char *name)
{
    const char *srcdir = getenv("srcdir");

    snprintf(path, 1000, "%s/data/%s", srcdir == NULL ? "." : srcdir, name);
    return path;
}

static struct glmm_data *read_example(const char *name)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data;
    char path[1000];

    data = glmm_data_read(example_path(path, name), &err);
    cr_assert_not_null(data, "%s", err.message);
    return data;
}

Test(api_studies, meta)
{
    static const char *const events[2] = { "events" }, *const n[2] = { "n" };
    struct glmm_meta_options how = { .size = sizeof how, .arm = "arm", .study = "author" };
    struct glmm_error err = { 0 };
    struct glmm_data *data = read_example("nielweise2007.csv");
    struct glmm_meta *meta = glmm_meta_new(data, events, n, &how, &err);
    struct glmm_meta_effect effect;
    struct glmm_meta_study study;
    struct glmm_meta_facts facts;

    cr_assert_not_null(meta, "%s", err.message);
    cr_assert(glmm_meta_effect(meta, 0, &effect) && glmm_meta_facts(meta, &facts) && glmm_meta_study(meta, 0, &study));
    cr_expect_float_eq(effect.estimate, -1.236, 6e-4);
    cr_expect_float_eq(effect.se, 0.280, 6e-4);
    cr_expect_float_eq(facts.tau, 0.565, 6e-4);
    cr_expect_float_eq(facts.predicted_upper, 0.108, 6e-4);
    cr_expect_eq(facts.studies, 18);
    cr_expect_eq(facts.effects, 1);
    cr_expect_str_eq(study.name, "Bach");
    cr_expect(isinf(study.effect) && study.effect < 0);
    cr_expect_float_eq(study.shrunk_lower, -2.43, 6e-3);
    cr_expect_not(glmm_meta_effect(meta, 1, &effect) || glmm_meta_study(meta, 18, &study));
    glmm_meta_free(meta);
    how.model = GLMM_CM_EL;
    meta = glmm_meta_new(data, events, n, &how, &err);
    cr_assert(meta != NULL && glmm_meta_effect(meta, 0, &effect));
    cr_expect_float_eq(effect.estimate, -1.353, 6e-4);
    glmm_meta_free(meta);
    glmm_data_free(data);
}

/* A new study's effect lies within t of K - 2 degrees of freedom of what the K studies that say something agree on; two do not
 * tell. */
Test(api_studies, meta_of_few_studies)
{
    static const char *const events[2] = { "events" }, *const n[2] = { "n" };
    static const char *const arms[] = { "0", "1", "0", "1", "0", "1", "0", "1" }, *const names[] = { "a", "a", "b", "b",
                                                                                                     "c", "c", "d", "d" };
    static const double died[][8] = {
        { 12, 30, 25, 20 }, { 12, 30, 25, 20, 31, 9 }, { 12, 30, 25, 20, 31, 9, 0, 0 }, { 12, 30, 25, 20, 31, 9, 14, 40 }
    };
    static const double size[] = { 50, 52, 48, 55, 60, 51, 47, 49 },
                        reach[] = { NAN, 12.706204736432095, 12.706204736432095, 4.302652729911275 };
    static const int count[] = { 2, 3, 4, 4 };
    struct glmm_meta_options how = { .size = sizeof how, .arm = "arm", .study = "study" };

    for (int c = 0; c < 4; c++) {
        struct glmm_error err = { 0 };
        struct glmm_data *data = glmm_data_new(2 * (size_t)count[c], &err);
        struct glmm_meta *meta;
        struct glmm_meta_effect effect;
        struct glmm_meta_facts facts;

        cr_assert(glmm_data_add_factor(data, "study", names, &err) && glmm_data_add_factor(data, "arm", arms, &err)
                      && glmm_data_add_real(data, "events", died[c], &err) && glmm_data_add_real(data, "n", size, &err),
                  "%s", err.message);
        meta = glmm_meta_new(data, events, n, &how, &err);
        cr_assert(meta != NULL && glmm_meta_effect(meta, 0, &effect) && glmm_meta_facts(meta, &facts), "%s", err.message);
        cr_expect_gt(facts.tau, 0.3, "%d: %g", c, facts.tau);
        if (isnan(reach[c])) {
            cr_expect(isnan(facts.predicted_lower) && isnan(facts.predicted_upper), "%d", c);
        } else {
            double width = reach[c] * hypot(effect.se, facts.tau);

            cr_expect_float_eq(facts.predicted_lower, effect.estimate - width, 1e-9 * width, "%d: %g", c, facts.predicted_lower);
            cr_expect_float_eq(facts.predicted_upper, effect.estimate + width, 1e-9 * width, "%d: %g", c, facts.predicted_upper);
        }
        glmm_meta_free(meta);
        glmm_data_free(data);
    }
}

Test(api_studies, meta_says_what_is_wrong)
{
    static const char *const events[2] = { "events" }, *const n[2] = { "n" };
    struct glmm_meta_options how = { .size = sizeof how, .arm = "arm" };
    struct glmm_error err = { 0 };
    struct glmm_data *data = read_example("nielweise2007.csv");

    cr_expect_null(glmm_meta_new(data, events, n, &how, &err));
    cr_expect_str_eq(err.argument, "study");
    err = (struct glmm_error){ 0 };
    how.study = "authr";
    cr_expect_null(glmm_meta_new(data, events, n, &how, &err));
    cr_expect_str_eq(err.argument, "study");
    err = (struct glmm_error){ 0 };
    how.arm = NULL; /* then the control's variables are missing */
    cr_expect_null(glmm_meta_new(data, events, n, &how, &err));
    cr_expect_str_eq(err.argument, "events");
    glmm_data_free(data);
}

Test(api_studies, scan)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = read_example("kinship.csv"), *map = read_example("kinship_map.csv");
    struct glmm_scan_options how = { .size = sizeof how, .map = map };
    char path[1000];
    struct glmm_scan *scan = glmm_scan_new(data, "height ~ sex", "id", example_path(path, "kinship_markers.csv.gz"), &how, &err);
    struct glmm_scan_marker marker;
    struct glmm_scan_facts facts;
    bool seen = false;

    cr_assert_not_null(scan, "%s", err.message);
    cr_assert(glmm_scan_facts(scan, &facts));
    cr_expect_eq(facts.markers, 400);
    cr_expect_eq(facts.tested, 399);
    cr_expect_float_eq(facts.inflation, 1.013, 6e-4);
    for (size_t j = 0; glmm_scan_marker(scan, j, &marker); j++)
        if (strcmp(marker.name, "c3m42") == 0) {
            seen = true;
            cr_expect_str_eq(marker.chromosome, "3");
            cr_expect_float_eq(marker.estimate, 3.4334, 6e-5);
            cr_expect_float_eq(marker.se, 0.784, 6e-4);
            cr_expect_float_eq(marker.plain_p, 0.00016, 6e-6);
        }
    cr_expect(seen);
    glmm_scan_free(scan);
    cr_expect_null(glmm_scan_new(data, "height ~ sx", "id", path, &how, &err));
    cr_expect_str_eq(err.argument, "formula");
    err = (struct glmm_error){ 0 };
    cr_expect_null(glmm_scan_new(data, "height ~ sex", "idd", path, &how, &err));
    cr_expect_str_eq(err.argument, "id");
    err = (struct glmm_error){ 0 };
    cr_expect_null(glmm_scan_new(data, "height ~ sex", "id", example_path(path, "nowhere.csv"), &how, &err));
    cr_expect_str_eq(err.argument, "path");
    glmm_data_free(data);
    glmm_data_free(map);
}

Test(api_studies, other_predictors)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = read_example("salamanders.csv");
    struct glmm_model_options how = { .size = sizeof how, .family = "poisson", .zi = "~ mined" };
    struct glmm_model *model = glmm_model_new(data, "count ~ mined + (1 | site)", &how, &err);
    struct glmm_fit *fit = model == NULL ? NULL : glmm_fit_new(model, NULL, &err);
    struct glmm_part_coefficient coefficient;

    cr_assert_not_null(fit, "%s", err.message);
    cr_assert(glmm_fit_part(fit, "zi", 0, &coefficient) && glmm_fit_part(fit, "zi", 1, &coefficient));
    cr_expect(strncmp(coefficient.name, "mined", 5) == 0 && coefficient.se > 0);
    cr_expect_not(glmm_fit_part(fit, "zi", 2, &coefficient) || glmm_fit_part(fit, "disp", 0, &coefficient));
    glmm_fit_free(fit);
    glmm_model_free(model);
    how.zi = "~ mind";
    cr_expect_null(glmm_model_new(data, "count ~ mined + (1 | site)", &how, &err));
    cr_expect_str_eq(err.argument, "zi");
    glmm_data_free(data);
}

/* Where the search ended at no optimum there are no numbers, of a fit and of another one that would begin there. */
Test(api_studies, refits_without_estimates)
{
    enum { ROWS = 100 };
    struct glmm_error err = { 0 };
    struct glmm_data *data = read_example("../tests/cases/133-profiles-at-the-edges-of-structures/e.csv");
    struct glmm_model_options how = { .size = sizeof how, .family = "truncated_nbinom1" };
    struct glmm_model *model = glmm_model_new(data, "y ~ x + tr + (1 | g)", &how, &err);
    struct glmm_model *plain = glmm_model_new(data, "y ~ 1", NULL, &err);
    struct glmm_fit *fit = glmm_fit_new(plain, NULL, &err), *again;
    double y[ROWS], residuals[ROWS];

    cr_assert(fit != NULL && glmm_model_rows(model) == ROWS && glmm_fit_residuals(fit, GLMM_RESPONSE, y, &err), "%s",
              err.message);
    for (int i = 0; i < ROWS; i++)
        y[i] = nearbyint(y[i] + glmm_fit_fitted(fit)[i]);
    glmm_fit_free(fit);
    fit = glmm_fit_new(model, NULL, &err);
    cr_assert(fit != NULL, "%s", err.message);
    cr_assert_eq(glmm_fit_verdict(fit), GLMM_NOT_CONVERGED);
    cr_assert(isnan(glmm_fit_estimates(fit)[0]) && isnan(glmm_fit_theta(fit)[0]));
    cr_expect(glmm_fit_residuals(fit, GLMM_RESPONSE, residuals, &err) && isnan(residuals[0]), "%g", residuals[0]);
    cr_expect(glmm_fit_residuals(fit, GLMM_DEVIANCE, residuals, &err) && isnan(residuals[0]), "%g", residuals[0]);
    cr_expect(glmm_fit_quantile_residuals(fit, 1, residuals, &err) && isnan(residuals[0]), "%g", residuals[0]);
    again = glmm_fit_refit(fit, y, NULL, &err);
    cr_assert(again != NULL, "%s", err.message);
    cr_expect_eq(glmm_fit_verdict(again), GLMM_NOT_CONVERGED);
    cr_expect(isnan(glmm_fit_estimates(again)[0]), "%.17g", glmm_fit_estimates(again)[0]);
    cr_expect(isnan(glmm_fit_loglik(again)), "%.17g", glmm_fit_loglik(again));
    glmm_fit_free(again);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_model_free(plain);
    glmm_data_free(data);
}

/* Binary responses of patients, and `gone`, which is missing in row 7. */
static struct glmm_data *toenail(struct glmm_error *err)
{
    struct glmm_data *data = read_example("toenail.csv");
    double *gone = calloc(glmm_data_rows(data), sizeof *gone);

    gone[6] = NAN;
    cr_assert(glmm_data_add_real(data, "gone", gone, err), "%s", err->message);
    free(gone);
    return data;
}

/* The values are those of the transcript of `gee`. */
Test(api_studies, gee)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = toenail(&err);
    struct glmm_model_options how = { .size = sizeof how, .family = "binomial" };
    struct glmm_model *model = glmm_model_new(data, "outcome ~ treatment * time", &how, &err);
    struct glmm_gee *gee = glmm_gee_new(model, "patientID", NULL, GLMM_EXCHANGEABLE, NULL, &err);
    struct glmm_gee_coefficient time;
    struct glmm_gee_facts facts;

    cr_assert_not_null(gee, "%s", err.message);
    cr_assert(glmm_gee_get(gee, 2, &time) && glmm_gee_facts(gee, &facts));
    cr_expect_str_eq(time.name, "time");
    cr_expect_float_eq(time.estimate, -0.1713, 6e-5);
    cr_expect_float_eq(time.sandwich, 0.0300, 6e-5);
    cr_expect_float_eq(time.naive, 0.0210, 6e-5);
    cr_expect(time.mancl > time.kauermann && time.kauermann > time.sandwich);
    cr_expect(facts.clusters == 294 && facts.correlations == 1);
    cr_expect_float_eq(facts.dispersion, 1.0879, 6e-5);
    cr_expect_float_eq(facts.qic, 1838.25, 6e-3);
    cr_expect_float_eq(glmm_gee_correlation(gee, 0), 0.4218, 6e-5);
    cr_expect(isnan(glmm_gee_correlation(gee, 1)) && isnan(glmm_gee_correlation(gee, -1))
              && isnan(glmm_gee_correlation(NULL, 0)));
    cr_expect_not(glmm_gee_get(gee, 4, &time) || glmm_gee_get(gee, -1, &time) || glmm_gee_get(NULL, 0, &time));
    cr_expect_not(glmm_gee_get(gee, 0, NULL) || glmm_gee_facts(gee, NULL) || glmm_gee_facts(NULL, &facts));
    glmm_gee_free(gee);
    glmm_gee_free(NULL);
    glmm_model_free(model);
    glmm_data_free(data);
}

Test(api_studies, gee_says_what_is_wrong)
{
    static const struct {
        const char *id, *wave;
        enum glmm_correlation correlation;
        const char *argument, *message;
    } wrong[] = {
        { NULL, NULL, GLMM_AR1, "id", NULL },
        { "patient", NULL, GLMM_AR1, "id", NULL },
        { "patientID", "visits", GLMM_AR1, "wave", NULL },
        { "gone", NULL, GLMM_AR1, "id", "gone is missing in row 7" }, /* the model has the rows that it has */
        { "patientID", "gone", GLMM_AR1, "wave", "gone is missing in row 7" },
        { "patientID", NULL, (enum glmm_correlation)4, "corr", NULL },
    };
    struct glmm_error err = { 0 };
    struct glmm_data *data = toenail(&err);
    struct glmm_model_options how = { .size = sizeof how, .family = "binomial" };
    struct glmm_model *model = glmm_model_new(data, "outcome ~ treatment * time", &how, &err),
                      *mixed = glmm_model_new(data, "outcome ~ time + (1 | patientID)", &how, &err);

    cr_assert(model != NULL && mixed != NULL, "%s", err.message);
    cr_expect_null(glmm_gee_new(NULL, "patientID", NULL, GLMM_AR1, NULL, &err));
    cr_expect_str_eq(err.argument, "model");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err = (struct glmm_error){ 0 };
        cr_expect_null(glmm_gee_new(model, wrong[i].id, wrong[i].wave, wrong[i].correlation, NULL, &err));
        cr_expect_str_eq(err.argument, wrong[i].argument, "%zu", i);
        if (wrong[i].message != NULL)
            cr_expect_str_eq(err.message, wrong[i].message, "%zu", i);
    }
    err = (struct glmm_error){ 0 };
    cr_expect_null(glmm_gee_new(mixed, "patientID", NULL, GLMM_AR1, NULL, &err));
    cr_expect_eq(err.code, GLMM_E_MODEL);
    glmm_model_free(mixed);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* The values are those of the transcript of `sensitivity`. */
Test(api_studies, sensitivity)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = read_example("sleepstudy.csv");
    struct glmm_model *model = glmm_model_new(data, "Reaction ~ Days + (Days | Subject)", NULL, &err);
    struct glmm_fit *fit = glmm_fit_new(model, NULL, &err);
    struct glmm_sensitivity *of = glmm_sensitivity_new(fit, 1, NULL, &err);
    struct glmm_variant variant;
    int left_out = 0;

    cr_assert_not_null(of, "%s", err.message);
    for (int i = 0; i < glmm_sensitivity_count(of); i++) {
        cr_assert(glmm_sensitivity_get(of, i, &variant));
        if (strcmp(variant.kind, "family") == 0) {
            cr_expect(strcmp(variant.what, "t") == 0 && strcmp(variant.verdict, "moves") == 0);
            cr_expect_float_eq(variant.loglik, -854.669, 6e-4);
            cr_expect_float_eq(variant.move, 0.64, 6e-3);
        }
        if (strcmp(variant.kind, "group") == 0) {
            left_out++;
            cr_expect(strcmp(variant.group, "Subject") == 0 && strcmp(variant.what, "309") == 0);
            cr_expect_float_eq(variant.move, -0.57, 6e-3);
        }
    }
    cr_expect_eq(left_out, 1);
    cr_expect_eq(glmm_sensitivity_count(of), 10);
    cr_expect_not(glmm_sensitivity_get(of, 10, &variant) || glmm_sensitivity_get(of, -1, &variant));
    cr_expect_not(glmm_sensitivity_get(NULL, 0, &variant) || glmm_sensitivity_get(of, 0, NULL));
    cr_expect(glmm_sensitivity_count(NULL) == 0 && glmm_diagnosis_count(NULL) == 0);
    glmm_sensitivity_free(of);
    glmm_sensitivity_free(NULL);
    cr_expect_null(glmm_sensitivity_new(NULL, 1, NULL, &err));
    cr_expect_str_eq(err.argument, "fit");
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

static bool run_meta(void *context, struct glmm_error *err)
{
    static const char *const events[2] = { "events" }, *const n[2] = { "n" };
    struct glmm_meta_options how = { .size = sizeof how, .arm = "arm", .study = "author", .model = GLMM_CM_AL };
    struct glmm_meta *meta = glmm_meta_new(context, events, n, &how, err);

    glmm_meta_free(meta);
    return meta != NULL;
}

Test(api_studies, memory)
{
    struct glmm_data *data = read_example("nielweise2007.csv");

    cr_assert_gt(sweep_allocations(run_meta, data), 0);
    glmm_data_free(data);
}
