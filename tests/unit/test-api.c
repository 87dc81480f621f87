/* test-api.c -- the public interface of the engine, with nothing but <glmm.h>. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glmm.h"
#include "sweep.h"

static const double yield[30] = { 1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
                                  1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445 };

/* Dyestuff; `first` is the name of the first batch, NULL for a missing one. */
static struct glmm_data *dyestuff(const char *first, struct glmm_error *err)
{
    const char *names[6] = { first, "B", "C", "D", "E", "F" }, *batch[30];
    struct glmm_data *data = glmm_data_new(30, err);

    for (int i = 0; i < 30; i++)
        batch[i] = names[i / 5];
    if (data != NULL && glmm_data_add_real(data, "Yield", yield, err) && glmm_data_add_factor(data, "Batch", batch, err))
        return data;
    glmm_data_free(data);
    return NULL;
}

static void near(double a, double b, double tolerance)
{
    cr_assert(fabs(a - b) <= tolerance, "%.12g and %.12g", a, b);
}

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
    struct glmm_data *data = dyestuff(context, err);
    struct glmm_model *model = data == NULL ? NULL : glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, err);
    struct glmm_fit *fit = model == NULL ? NULL : glmm_fit_new(model, NULL, err);
    bool ok = fit != NULL;

    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
    return ok;
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

/* --- what a fit says --------------------------------------------------------------------------- */

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

/* Batches under two names: the two variances cannot be told apart, only their sum.  So no share is given, of what no term gives
 * neither; the residual variance and the mean are those of the model with one of them. */
Test(api, shares_of_variances_that_are_open)
{
    const char *names[6] = { "f", "e", "d", "c", "b", "a" }, *again[30];
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff("A", &err);
    struct glmm_model *model;
    struct glmm_fit *fit;
    struct glmm_share share;
    struct glmm_icc icc;

    for (int i = 0; i < 30; i++)
        again[i] = names[i / 5];
    cr_assert(glmm_data_add_factor(data, "again", again, &err));
    model = glmm_model_new(data, "Yield ~ 1 + (1 | Batch) + (1 | again)", NULL, &err);
    fit = glmm_fit_new(model, NULL, &err);
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

/* Yield by `formula`, of batches under two names, and of `half`, two kinds of rows in each batch. */
static struct glmm_fit *doubled(const char *formula, struct glmm_data **data, struct glmm_model **model, struct glmm_error *err)
{
    const char *names[6] = { "f", "e", "d", "c", "b", "a" }, *again[30], *half[30];

    for (int i = 0; i < 30; i++) {
        again[i] = names[i / 5];
        half[i] = i % 5 < 2 ? "p" : "q";
    }
    *data = dyestuff("A", err);
    *model = *data != NULL && glmm_data_add_factor(*data, "again", again, err) && glmm_data_add_factor(*data, "half", half, err)
                 ? glmm_model_new(*data, formula, NULL, err)
                 : NULL;
    return *model == NULL ? NULL : glmm_fit_new(*model, NULL, err);
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
    struct glmm_data *data = NULL;
    struct glmm_model *model = NULL;
    struct glmm_fit *fit = doubled(context, &data, &model, err);
    bool ok = fit != NULL;

    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
    return ok;
}

Test(api, memory_of_what_is_not_determined)
{
    char formula[] = "Yield ~ half + (1 | Batch) + (1 | again)";
    long count = sweep_allocations(fit_doubled, formula);

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
