/* test-api-studies.c -- meta-analysis, scans of markers and other predictors, with nothing but <glmm.h>; the values are those of
 * metafor's rma.glmm, and of the transcripts, where they are worked out otherwise. */
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
