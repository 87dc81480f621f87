/* test-api.c -- the public interface of the engine, with nothing but <glmm.h>: data, models, fits, errors, memory. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dyestuff.h"
#include "glmm.h"
#include "sweep.h"

Test(api, fits_arrays)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, &err);
    struct glmm_fit *fit;
    struct glmm_random random;

    cr_assert_eq(glmm_data_rows(data), 30);
    glmm_data_free(data); /* the model has copies */
    cr_assert(model != NULL, "%s", err.message);
    fit = glmm_fit_new(model, NULL, &err);
    cr_assert(fit != NULL, "%s", err.message);
    cr_assert_eq(glmm_fit_verdict(fit), GLMM_CONVERGED);
    near(glmm_fit_loglik(fit), -159.827138421166, 1e-6);
    cr_assert_eq(glmm_fit_npar(fit), 3);
    near(glmm_fit_aic(fit), 2 * 159.827138421166 + 6, 1e-6);
    near(glmm_fit_bic(fit), 2 * 159.827138421166 + 3 * log(30), 1e-6);
    near(glmm_fit_sigma(fit), 49.5101, 1e-4);
    near(glmm_fit_dispersion(fit), glmm_fit_sigma(fit) * glmm_fit_sigma(fit), 1e-8);
    cr_assert_eq(glmm_fit_fixed_count(fit), 1);
    cr_assert_str_eq(glmm_fit_fixed_name(fit, 0), "(Intercept)");
    cr_assert_null(glmm_fit_fixed_name(fit, 1));
    cr_assert_null(glmm_fit_fixed_name(fit, -1));
    near(glmm_fit_estimates(fit)[0], 1527.5, 1e-6);
    near(glmm_fit_standard_errors(fit)[0], 19.3834, 1e-4);
    near(glmm_fit_vcov(fit)[0], 19.3834 * 19.3834, 1e-2);
    near(glmm_fit_df(fit)[0], 5, 1e-3);
    cr_assert_eq(glmm_fit_theta_count(fit), 1);
    near(glmm_fit_theta(fit)[0], 0.848330, 1e-5);
    cr_assert_eq(glmm_fit_random_count(fit), 1);
    cr_assert(glmm_fit_random(fit, 0, &random));
    cr_assert_not(glmm_fit_random(fit, 1, &random));
    cr_assert_str_eq(random.group, "Batch");
    cr_assert_eq(random.effects, 1);
    cr_assert_eq(random.levels, 6);
    cr_assert_str_eq(random.names[0], "(Intercept)");
    cr_assert_str_eq(random.level_names[5], "F");
    near(random.sd[0], 42.0006, 1e-3);
    near(random.modes[0], -17.6068514, 1e-3);
    near(sqrt(random.mode_covariance[0]), 19.587, 1e-2);
    near(glmm_fit_fitted(fit)[0], 1527.5 - 17.6068514, 1e-3);
    near(glmm_fit_linear_predictor(fit)[29], glmm_fit_fitted(fit)[29], 1e-9);
    cr_assert_eq(glmm_fit_rows(fit)[29], 29);
    glmm_fit_free(fit);
    glmm_model_free(model);
}

Test(api, leaves_out_missing_rows_and_collinear_columns)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff(NULL, &err);
    double twice[30];
    struct glmm_model *model;

    for (int i = 0; i < 30; i++)
        twice[i] = 2 * (i % 7);
    cr_assert(glmm_data_add_real(data, "twice", twice, &err));
    model = glmm_model_new(data, "Yield ~ twice + I(twice / 2) + (1 | Batch)", NULL, &err);
    cr_assert(model != NULL, "%s", err.message);
    cr_assert_eq(glmm_model_rows(model), 25);
    cr_assert_eq(glmm_model_dropped_rows(model), 5);
    cr_assert_eq(glmm_model_dropped_columns(model), 1);
    cr_assert_str_eq(glmm_model_dropped_column(model, 0), "I(twice/2)");
    cr_assert_null(glmm_model_dropped_column(model, 1));
    glmm_model_free(model);
    glmm_data_free(data);
}

Test(api, options)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model_options weighted = { .weights = "0 * Yield + 4" };
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", &weighted, &err);
    struct glmm_fit_options ml = { .method = GLMM_ML };
    struct glmm_fit *fit = glmm_fit_new(model, &ml, &err);

    near(glmm_fit_loglik(fit), -163.663529940735, 1e-6);
    near(glmm_fit_sigma(fit), 2 * 49.5101, 1e-3);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

Test(api, other_families)
{
    const char *srcdir = getenv("srcdir");
    struct glmm_model_options probit = { .family = "binomial", .link = "probit" }, binomial = { .family = "binomial" };
    struct glmm_fit_options nodes = { .method = GLMM_AGQ, .nodes = 25 }, reml = { .method = GLMM_REML };
    const char *formula = "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)";
    struct glmm_error err = { 0 };
    struct glmm_data *data;
    struct glmm_model *model;
    struct glmm_fit *fit;
    char path[4096];

    snprintf(path, sizeof path, "%s/data/cbpp.csv", srcdir == NULL ? "." : srcdir);
    data = glmm_data_read(path, &err);
    cr_assert(data != NULL, "%s", err.message);
    model = glmm_model_new(data, formula, &binomial, &err);
    fit = glmm_fit_new(model, NULL, &err);
    cr_assert(fit != NULL, "%s", err.message);
    near(glmm_fit_loglik(fit), -92.0262817, 1e-6);
    cr_assert_eq(glmm_fit_sigma(fit), 1);
    cr_assert_null(glmm_fit_df(fit));
    glmm_fit_free(fit);
    cr_assert_null(glmm_fit_new(model, &reml, &err));
    cr_assert_eq(err.code, GLMM_E_MODEL);
    cr_assert_str_eq(err.argument, "method");
    glmm_model_free(model);

    err = (struct glmm_error){ 0 };
    model = glmm_model_new(data, formula, &probit, &err);
    fit = glmm_fit_new(model, &nodes, &err);
    near(glmm_fit_loglik(fit), -92.5673, 1e-4);
    glmm_fit_free(fit);
    glmm_model_free(model);

    probit.link = "probitt";
    cr_assert_null(glmm_model_new(data, formula, &probit, &err));
    cr_assert_eq(err.code, GLMM_E_NAME, "%d %s", (int)err.code, err.message);
    glmm_data_free(data);
}

/* --- errors ----------------------------------------------------------------------------------- */

Test(api, errors_have_a_place_and_a_hint)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);

    cr_assert_null(glmm_model_new(data, "Yield ~ 1 + (1 | Bach)", NULL, &err));
    cr_assert_eq(err.code, GLMM_E_NAME);
    cr_assert_eq(err.at.begin, 17);
    cr_assert_eq(err.at.end, 21);
    cr_assert(strstr(err.hint, "Batch") != NULL, "%s", err.hint);

    err = (struct glmm_error){ 0 };
    cr_assert_null(glmm_model_new(data, "Yield ~ 1 + (1 | Batch", NULL, &err));
    cr_assert_eq(err.code, GLMM_E_SYNTAX);

    err = (struct glmm_error){ 0 };
    cr_assert_not(glmm_data_add_real(data, "Yield", yield, &err));
    cr_assert_eq(err.code, GLMM_E_NAME);

    err = (struct glmm_error){ 0 };
    cr_assert_null(glmm_data_read("/nowhere/at-all.csv", &err));
    cr_assert_eq(err.code, GLMM_E_FILE);
    cr_assert_null(glmm_data_read("/nowhere/at-all.csv", NULL));
    glmm_data_free(data);
}

static bool stop(void *context, const char *what, double done, double total, double value)
{
    int *calls = context;

    (void)what, (void)done, (void)total, (void)value;
    return ++*calls < 2;
}

Test(api, progress_stops_a_fit)
{
    int calls = 0;
    struct glmm_progress progress = { .tell = stop, .context = &calls };
    struct glmm_fit_options options = { .progress = &progress };
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, &err);

    cr_assert_null(glmm_fit_new(model, &options, &err));
    cr_assert_eq(err.code, GLMM_E_INTERRUPT);
    cr_assert_eq(calls, 2);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* --- memory ----------------------------------------------------------------------------------- */

Test(api, free_takes_null)
{
    glmm_fit_free(NULL);
    glmm_model_free(NULL);
    glmm_data_free(NULL);
}

static bool run_all(void *context, struct glmm_error *err)
{
    return fits(dyestuff(context, err), "Yield ~ 1 + (1 | Batch)", err);
}

Test(api, every_allocation_may_fail)
{
    char first[] = "A";
    long count = sweep_allocations(run_all, first);

    cr_assert(count > 30, "allocation %ld went wrong", -1 - count);
}

Test(api, wrong_calls_are_errors)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, NULL);
    const char *bad[30];
    struct glmm_random random;
    struct glmm_fit_options options[] = { { .method = (enum glmm_method)77 }, { .nodes = -5 },
                                          { .tolerance = (double)NAN },       { .tolerance = -1 },
                                          { .tolerance = (double)INFINITY },  { .nodes = 1000000 } };

    for (int i = 0; i < 30; i++)
        bad[i] = i == 7 ? "\xff" : "a";
    cr_assert(!glmm_data_add_real(NULL, "x", yield, &err) && err.code == GLMM_E_USAGE);
    cr_assert(!glmm_data_add_real(data, NULL, yield, NULL));
    cr_assert(!glmm_data_add_real(data, "x", NULL, NULL));
    cr_assert(!glmm_data_add_real(data, "", yield, NULL));
    err = (struct glmm_error){ 0 };
    cr_assert(!glmm_data_add_real(data, "x\xff", yield, &err) && err.code == GLMM_E_VALUE);
    cr_assert(!glmm_data_add_factor(NULL, "x", bad, NULL));
    cr_assert(!glmm_data_add_factor(data, "x", NULL, NULL));
    err = (struct glmm_error){ 0 };
    cr_assert(!glmm_data_add_factor(data, "x", bad, &err) && err.code == GLMM_E_VALUE);
    cr_assert_null(glmm_data_read(NULL, NULL));
    cr_assert_null(glmm_model_new(NULL, "y ~ 1", NULL, NULL));
    cr_assert_null(glmm_model_new(data, NULL, NULL, NULL));
    cr_assert_null(glmm_model_new(data, "Yield ~ \xff", NULL, NULL));
    cr_assert_null(glmm_fit_new(NULL, NULL, NULL));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        err = (struct glmm_error){ 0 };
        cr_assert_null(glmm_fit_new(model, &options[i], &err), "%zu", i);
        cr_assert(err.code == GLMM_E_USAGE || err.code == GLMM_E_VALUE, "%zu", i);
    }
    cr_assert(glmm_data_rows(NULL) == 0 && glmm_model_rows(NULL) == 0 && glmm_model_dropped_rows(NULL) == 0);
    cr_assert(glmm_model_dropped_columns(NULL) == 0 && glmm_model_dropped_column(NULL, 0) == NULL);
    cr_assert(glmm_fit_verdict(NULL) == GLMM_NOT_CONVERGED && glmm_fit_message(NULL)[0] == '\0');
    cr_assert(isnan(glmm_fit_loglik(NULL)) && isnan(glmm_fit_aic(NULL)) && isnan(glmm_fit_aicc(NULL)));
    cr_assert(isnan(glmm_fit_bic(NULL)) && isnan(glmm_fit_sigma(NULL)) && isnan(glmm_fit_dispersion(NULL)));
    cr_assert(glmm_fit_npar(NULL) == 0 && glmm_fit_fixed_count(NULL) == 0 && glmm_fit_fixed_name(NULL, 0) == NULL);
    cr_assert(glmm_fit_estimates(NULL) == NULL && glmm_fit_standard_errors(NULL) == NULL && glmm_fit_vcov(NULL) == NULL);
    cr_assert(glmm_fit_df(NULL) == NULL && glmm_fit_theta(NULL) == NULL && glmm_fit_theta_count(NULL) == 0);
    cr_assert(glmm_fit_random_count(NULL) == 0 && !glmm_fit_random(NULL, 0, &random));
    cr_assert(glmm_fit_fitted(NULL) == NULL && glmm_fit_linear_predictor(NULL) == NULL && glmm_fit_rows(NULL) == NULL);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* Dyestuff with its yield in other units: the same t value, or a refusal. */
Test(api, units_at_the_ends_of_the_range)
{
    static const double units[] = { 1e-170, 1e-80, 1e-60, 1e-20, 1e20, 1e60, 1e80, 1e160, 1e300 };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct glmm_error err = { 0 };
        struct glmm_data *data = dyestuff("A", &err);
        double scaled[30], wanted = 1527.5 / 19.3834;
        struct glmm_model *model;
        struct glmm_fit *fit;

        for (int r = 0; r < 30; r++)
            scaled[r] = yield[r] * units[i];
        cr_assert(glmm_data_add_real(data, "scaled", scaled, &err));
        model = glmm_model_new(data, "scaled ~ 1 + (1 | Batch)", NULL, &err);
        fit = model == NULL ? NULL : glmm_fit_new(model, NULL, &err);
        if (fit == NULL)
            cr_assert(err.code == GLMM_E_DATA && (units[i] > 1e60 || units[i] < 1e-60), "%g: %s", units[i], err.message);
        else
            near(glmm_fit_estimates(fit)[0] / glmm_fit_standard_errors(fit)[0], wanted, 1e-3 * wanted);
        glmm_fit_free(fit);
        glmm_model_free(model);
        glmm_data_free(data);
    }
}

Test(api, version)
{
    cr_assert(strlen(glmm_version()) >= 5);
}
