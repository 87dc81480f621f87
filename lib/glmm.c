/* glmm.c -- the public face of the engine: thin wrappers with stable names. */
#include "config.h"
#include "glmm.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "fit/imputed.h"
#include "fit/method.h"
#include "glmm-objects.h"
#include "model/model.h"

enum { DRAWS_MOST = 1000000, NODES_MOST = 101 };

void glmm_set_allocator(void *(*resize)(void *context, void *old, size_t size), void *context)
{
    struct mem_hook hook = { .resize = resize, .context = context };

    mem_hook_set(hook);
}

const char *glmm_version(void)
{
    return PACKAGE_VERSION;
}

/* --- what callers may get wrong ------------------------------------------------------------ */

bool argument_given(const void *argument, const char *name, struct glmm_error *err)
{
    if (argument != NULL)
        return true;
    fail(err, GLMM_E_USAGE, NOWHERE, "no %s was given", name);
    return error_argument(err, name);
}

bool argument_is_text(const char *text, const char *what, struct glmm_error *err)
{
    return utf8_invalid(text, strlen(text)) < 0 || fail(err, GLMM_E_VALUE, NOWHERE, "the %s `%.60s` is not UTF-8", what, text);
}

bool confidence_take(double *level, struct glmm_error *err)
{
    static const double USUAL = 0.95;

    *level = *level == 0 ? USUAL : *level;
    if (*level > 0 && *level < 1)
        return true;
    fail(err, GLMM_E_VALUE, NOWHERE, "a level is between 0 and 1");
    return error_argument(err, "level");
}

bool options_take(void *own, const void *options, size_t size, struct glmm_error *err)
{
    size_t theirs = options == NULL ? 0 : *(const size_t *)options;

    if (options == NULL)
        return true;
    if (theirs == 0)
        theirs = size;
    if (theirs > size)
        return fail(err, GLMM_E_USAGE, NOWHERE, "these options are of a later version than the library");
    memcpy(own, options, theirs);
    return true;
}

/* --- models ------------------------------------------------------------------------------- */

/* The texts of the options are UTF-8 as the formula is. */
static bool check_options(const struct glmm_model_options *options, struct glmm_error *err)
{
    const char *const texts[] = { options->family,    options->link,  options->weights, options->trials, options->offset,
                                  options->contrasts, options->where, options->prior,   options->zi,     options->disp };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] != NULL && !argument_is_text(texts[i], "option", err))
            return false;
    return true;
}

struct glmm_model *glmm_model_new(const struct glmm_data *data, const char *formula, const struct glmm_model_options *options,
                                  struct glmm_error *err)
{
    struct glmm_model_options how = { 0 };
    struct glmm_model *model;
    struct spec spec;

    if (!argument_given(data, "data", err) || !argument_given(formula, "formula", err)
        || !argument_is_text(formula, "formula", err) || !options_take(&how, options, sizeof how, err)
        || !check_options(&how, err))
        return NULL;
    model = NEW(struct glmm_model);
    if (model == NULL) {
        fail_memory(err);
        return NULL;
    }
    spec = (struct spec){ .formula = formula,
                          .family = how.family,
                          .link = how.link,
                          .weights = how.weights,
                          .trials = how.trials,
                          .offset = how.offset,
                          .contrasts = how.contrasts,
                          .where = how.where,
                          .prior = how.prior,
                          .zi = how.zi,
                          .disp = how.disp };
    model->model = model_new("the model", data->frame, &spec, how.progress, err);
    if (model->model == NULL) {
        glmm_model_free(model);
        return NULL;
    }
    return model;
}

void glmm_model_free(struct glmm_model *model)
{
    if (model == NULL)
        return;
    model_free(model->model);
    mem_free(model);
}

static const struct design *design_of(const struct glmm_model *model)
{
    return model->model->design;
}

size_t glmm_model_rows(const struct glmm_model *model)
{
    return model == NULL ? 0 : design_of(model)->n;
}

size_t glmm_model_dropped_rows(const struct glmm_model *model)
{
    return model == NULL ? 0 : design_of(model)->dropped_rows;
}

int glmm_model_dropped_columns(const struct glmm_model *model)
{
    return model == NULL ? 0 : design_of(model)->dropped_count;
}

const char *glmm_model_dropped_column(const struct glmm_model *model, int index)
{
    return model != NULL && index >= 0 && index < design_of(model)->dropped_count ? design_of(model)->dropped[index] : NULL;
}

/* --- fits --------------------------------------------------------------------------------- */

static enum fit_method method_of(enum glmm_method method)
{
    switch (method) {
    case GLMM_REML:
        return METHOD_REML;
    case GLMM_ML:
        return METHOD_ML;
    case GLMM_LAPLACE:
        return METHOD_LAPLACE;
    case GLMM_AGQ:
        return METHOD_AGQ;
    case GLMM_PQL:
        return METHOD_PQL;
    case GLMM_IS:
        return METHOD_IS;
    case GLMM_DEFAULT:
        break;
    }
    return METHOD_DEFAULT;
}

/* What a C caller may get wrong, and a person cannot. */
static bool check_fit_options(const struct glmm_model *model, const struct glmm_fit_options *options, struct glmm_error *err)
{
    if (!argument_given(model, "model", err))
        return false;
    if ((unsigned)options->method > GLMM_IS) {
        fail(err, GLMM_E_USAGE, NOWHERE, "there is no method %d", (int)options->method);
        return error_argument(err, "method");
    }
    if (options->nodes < 0 || options->nodes > NODES_MOST) {
        fail(err, GLMM_E_VALUE, NOWHERE, "the number of nodes is from 1 to %d, or 0 for the default", NODES_MOST);
        return error_argument(err, "nodes");
    }
    if (options->draws < 0 || options->draws > DRAWS_MOST) {
        fail(err, GLMM_E_VALUE, NOWHERE, "the number of draws is from 2 to %d, or 0 for the default", DRAWS_MOST);
        return error_argument(err, "draws");
    }
    if (!(options->tolerance >= 0) || isinf(options->tolerance)) {
        fail(err, GLMM_E_VALUE, NOWHERE, "the tolerance is a positive number, or 0 for the default");
        return error_argument(err, "tolerance");
    }
    return true;
}

struct glmm_fit *fit_wrap(const struct model *model, struct fit *made, struct glmm_error *err)
{
    struct glmm_fit *fit;

    if (made == NULL)
        return NULL;
    fit = NEW(struct glmm_fit);
    if (fit == NULL) {
        fit_free(made);
        fail_memory(err);
        return NULL;
    }
    fit->model = model;
    fit->fit = made;
    if (shown_set(fit, err))
        return fit;
    glmm_fit_free(fit);
    return NULL;
}

bool fit_options_take(const struct glmm_model *model, const struct glmm_fit_options *options, struct fit_options *how,
                      const struct glmm_progress **progress, struct glmm_error *err)
{
    struct glmm_fit_options given = { 0 };

    if (!options_take(&given, options, sizeof given, err) || !check_fit_options(model, &given, err))
        return false;
    *how = (struct fit_options){ .method = method_of(given.method),
                                 .nodes = given.nodes,
                                 .draws = given.draws,
                                 .tolerance = given.tolerance,
                                 .start = given.start };
    *progress = given.progress;
    return method_check(model->model, how, err);
}

struct glmm_fit *glmm_fit_new(const struct glmm_model *model, const struct glmm_fit_options *options, struct glmm_error *err)
{
    const struct glmm_progress *progress;
    struct fit_options how;

    if (!fit_options_take(model, options, &how, &progress, err))
        return NULL;
    if (model_is_imputed(model->model)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "a model of imputed data has a fit for each imputation: glmm_pool_new");
        error_argument(err, "model");
        return NULL;
    }
    return fit_wrap(model->model, model_fit(model->model, &how, progress, err), err);
}

void glmm_fit_free(struct glmm_fit *fit)
{
    if (fit == NULL)
        return;
    fit_free(fit->fit);
    if (fit->shown != NULL)
        arena_free(fit->shown->arena);
    mem_free(fit->response);
    mem_free(fit);
}

enum glmm_verdict glmm_fit_verdict(const struct glmm_fit *fit)
{
    if (fit == NULL)
        return GLMM_NOT_CONVERGED;
    switch (fit->fit->optimum.verdict) {
    case VERDICT_OK:
        return GLMM_CONVERGED;
    case VERDICT_BOUNDARY:
        return GLMM_BOUNDARY;
    case VERDICT_NOT_IDENTIFIED:
        return GLMM_NOT_IDENTIFIED;
    case VERDICT_NOT_CONVERGED:
    case VERDICT_INTERRUPTED:
        break;
    }
    return GLMM_NOT_CONVERGED;
}

const char *glmm_fit_message(const struct glmm_fit *fit)
{
    return fit == NULL ? "" : fit->fit->optimum.message;
}

double glmm_fit_penalty(const struct glmm_fit *fit)
{
    return fit == NULL ? (double)NAN : fit->fit->penalty;
}

double glmm_fit_loglik_error(const struct glmm_fit *fit)
{
    return fit == NULL ? (double)NAN : fit->fit->draws_error;
}

double glmm_fit_loglik(const struct glmm_fit *fit)
{
    return fit == NULL ? (double)NAN : fit->fit->loglik;
}

int glmm_fit_npar(const struct glmm_fit *fit)
{
    return fit == NULL ? 0 : fit->fit->npar;
}

double glmm_fit_aic(const struct glmm_fit *fit)
{
    return fit == NULL ? (double)NAN : fit->fit->aic;
}

double glmm_fit_aicc(const struct glmm_fit *fit)
{
    return fit == NULL ? (double)NAN : fit->fit->aicc;
}

double glmm_fit_bic(const struct glmm_fit *fit)
{
    return fit == NULL ? (double)NAN : fit->fit->bic;
}

double glmm_fit_sigma(const struct glmm_fit *fit)
{
    return fit == NULL || (fit->shown != NULL && !fit->shown->dispersion) ? (double)NAN : fit->fit->sigma;
}

double glmm_fit_dispersion(const struct glmm_fit *fit)
{
    return fit == NULL || (fit->shown != NULL && !fit->shown->dispersion) ? (double)NAN : fit->fit->dispersion;
}

int glmm_fit_fixed_count(const struct glmm_fit *fit)
{
    return fit == NULL ? 0 : fit->fit->design->p;
}

const char *glmm_fit_fixed_name(const struct glmm_fit *fit, int index)
{
    return fit != NULL && index >= 0 && index < fit->fit->design->p ? fit->fit->design->names[index] : NULL;
}

bool glmm_fit_part(const struct glmm_fit *fit, const char *part, int index, struct glmm_part_coefficient *out)
{
    static const char *const names[] = { [PART_THRESHOLDS] = "thresholds", [PART_ZERO] = "zi", [PART_DISPERSION] = "disp" };

    for (int k = 0; fit != NULL && part != NULL && out != NULL && k < fit->fit->part_count; k++) {
        const struct fit_part *own = &fit->fit->part[k];

        if (strcmp(names[own->kind], part) != 0 || index < 0 || index >= own->count)
            continue;
        *out = (struct glmm_part_coefficient){ own->names[index], own->estimate[index], own->se[index] };
        return true;
    }
    return false;
}

const double *glmm_fit_estimates(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->shown != NULL ? fit->shown->beta : fit->fit->beta;
}

const double *glmm_fit_standard_errors(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->fit->se;
}

const double *glmm_fit_vcov(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->fit->vcov;
}

const double *glmm_fit_df(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->fit->df;
}

int glmm_fit_theta_count(const struct glmm_fit *fit)
{
    return fit == NULL ? 0 : fit->fit->theta_count;
}

const double *glmm_fit_theta(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->fit->theta;
}

int glmm_fit_random_count(const struct glmm_fit *fit)
{
    return fit == NULL ? 0 : fit->fit->design->random_count;
}

bool glmm_fit_random(const struct glmm_fit *fit, int index, struct glmm_random *random)
{
    const struct random_design *term;
    const struct random_fit *estimates;

    if (fit == NULL || random == NULL || index < 0 || index >= fit->fit->design->random_count)
        return false;
    term = &fit->fit->design->random[index];
    estimates = &fit->fit->random[index];
    *random = (struct glmm_random){
        .group = term->group,
        .effects = term->k,
        .names = term->names,
        .levels = term->level_count,
        .level_names = term->levels,
        .sd = estimates->sd,
        .covariance = estimates->covariance,
        .correlation = estimates->correlation,
        .modes = estimates->modes,
        .mode_covariance = estimates->mode_covariance,
    };
    if (fit->shown != NULL) {
        random->covariance = fit->shown->random[index].covariance;
        random->correlation = fit->shown->random[index].correlation;
        random->modes = fit->shown->random[index].modes;
        random->mode_covariance = fit->shown->random[index].mode_covariance;
    }
    return true;
}

const double *glmm_fit_fitted(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->shown != NULL && fit->shown->nothing != NULL ? fit->shown->nothing : fit->fit->fitted;
}

const double *glmm_fit_linear_predictor(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->shown != NULL && fit->shown->nothing != NULL ? fit->shown->nothing : fit->fit->linear;
}

const size_t *glmm_fit_rows(const struct glmm_fit *fit)
{
    return fit == NULL ? NULL : fit->fit->design->row;
}
