/* glmm.c -- the public face of the engine: thin wrappers with stable names. */
#include "config.h"
#include "glmm.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/csv.h"
#include "data/frame.h"
#include "fit/fit.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "model/design.h"
#include "model/family.h"
#include "model/formula.h"

struct glmm_data {
    struct frame *frame;
};

struct glmm_model {
    const struct family *family;
    const struct link *link;
    struct formula *formula;
    struct design *design;
};

struct glmm_fit {
    struct fit *fit;
};

void glmm_set_allocator(void *(*resize)(void *context, void *old, size_t size), void *context)
{
    struct mem_hook hook = { resize, context };

    mem_hook_set(hook);
}

const char *glmm_version(void)
{
    return PACKAGE_VERSION;
}

/* --- data --------------------------------------------------------------------------------- */

/* Takes the frame, which may be NULL (an error is set). */
static struct glmm_data *wrap_frame(struct frame *frame, struct glmm_error *err)
{
    struct glmm_data *data;

    if (frame == NULL)
        return NULL;
    data = NEW(struct glmm_data);
    if (data == NULL) {
        frame_free(frame);
        fail_memory(err);
        return NULL;
    }
    data->frame = frame;
    return data;
}

struct glmm_data *glmm_data_read(const char *path, struct glmm_error *err)
{
    struct csv_options options = { 0 };

    return wrap_frame(csv_read(path, "data", &options, NULL, err), err);
}

struct glmm_data *glmm_data_new(size_t rows, struct glmm_error *err)
{
    struct frame *frame = frame_new("data", rows);

    if (frame == NULL)
        fail_memory(err);
    return wrap_frame(frame, err);
}

bool glmm_data_add_real(struct glmm_data *data, const char *name, const double values[], struct glmm_error *err)
{
    struct column *column = frame_add(data->frame, name, COLUMN_REAL, err);

    if (column == NULL)
        return false;
    for (size_t i = 0; i < data->frame->rows; i++) {
        column->as.real[i] = values[i];
        column->missing += isnan(values[i]) != 0;
    }
    return true;
}

/* Numbers the distinct texts among the `count` sorted ones: place -> code.  Copies of them are appended to the column's levels,
 * which has room for all.  False when memory is out. */
static bool number_levels(char *const sorted[], int32_t count, int32_t *code_of_place, struct column *column)
{
    for (int32_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0) {
            column->levels[column->level_count] = mem_strdup(sorted[i]);
            if (column->levels[column->level_count] == NULL)
                return false;
            column->level_count++;
        }
        code_of_place[i] = column->level_count - 1;
    }
    return true;
}

/* Fills a new factor column: sorts all texts, numbers the distinct ones, and gives each row the number of its text. */
static bool fill_factor(struct column *column, size_t rows, const char *const values[])
{
    char **sorted = NEW_ARRAY(char *, rows);
    int32_t *place = NEW_ARRAY(int32_t, rows), *code_of_place = NEW_ARRAY(int32_t, rows), count = 0, next = 0;
    bool ok;

    for (size_t i = 0; sorted != NULL && i < rows; i++)
        if (values[i] != NULL)
            sorted[count++] = (char *)values[i];
    column->levels = NEW_ARRAY(char *, count);
    ok = sorted != NULL && place != NULL && code_of_place != NULL && column->levels != NULL && levels_sort(sorted, count, place)
      && number_levels(sorted, count, code_of_place, column);
    for (size_t i = 0; ok && i < rows; i++) {
        column->as.code[i] = values[i] == NULL ? -1 : code_of_place[place[next++]];
        column->missing += values[i] == NULL;
    }
    mem_free(sorted);
    mem_free(place);
    mem_free(code_of_place);
    return ok;
}

bool glmm_data_add_factor(struct glmm_data *data, const char *name, const char *const values[], struct glmm_error *err)
{
    struct column *column;

    if (data->frame->rows > INT32_MAX)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "a factor holds at most %d rows", INT32_MAX);
    column = frame_add(data->frame, name, COLUMN_FACTOR, err);
    if (column == NULL)
        return false;
    if (fill_factor(column, data->frame->rows, values))
        return true;
    column_clear(&data->frame->columns[--data->frame->column_count]);
    return fail_memory(err);
}

size_t glmm_data_rows(const struct glmm_data *data)
{
    return data->frame->rows;
}

void glmm_data_free(struct glmm_data *data)
{
    if (data == NULL)
        return;
    frame_free(data->frame);
    mem_free(data);
}

/* --- models ------------------------------------------------------------------------------- */

static bool is_linear(const struct glmm_model *model)
{
    return strcmp(model->family->name, "gaussian") == 0 && strcmp(model->link->name, "identity") == 0;
}

/* Parses the formula, builds the design, and checks that the response is one of the family's. */
static bool model_build(struct glmm_model *model, const struct frame *frame, const char *formula,
                        const struct glmm_model_options *options, struct glmm_error *err)
{
    struct design_options columns = {
        .response = model->family->response,
        .weights = options->weights,
        .trials = options->trials,
        .offset = options->offset,
        .allow_olre = strcmp(model->family->name, "gaussian") != 0,
    };
    struct response response = { .family = model->family, .link = model->link };

    model->formula = formula_parse(formula, frame, err);
    if (model->formula == NULL)
        return false;
    model->design = design_new(frame, model->formula, &columns, NULL, err);
    if (model->design == NULL)
        return false;
    response.n = model->design->n;
    response.y = model->design->y;
    response.trials = model->design->trials;
    response.weights = model->design->weights;
    return response_check(&response, model->design->row, model->design->response, err);
}

struct glmm_model *glmm_model_new(const struct glmm_data *data, const char *formula, const struct glmm_model_options *options,
                                  struct glmm_error *err)
{
    static const struct glmm_model_options defaults;
    struct glmm_model *model = NEW(struct glmm_model);
    bool ok;

    if (model == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (options == NULL)
        options = &defaults;
    ok = (model->family = family_find(options->family == NULL ? "gaussian" : options->family, err)) != NULL
      && (model->link = family_link(model->family, options->link, err)) != NULL
      && model_build(model, data->frame, formula, options, err);
    if (!ok) {
        glmm_model_free(model);
        return NULL;
    }
    return model;
}

void glmm_model_free(struct glmm_model *model)
{
    if (model == NULL)
        return;
    design_free(model->design);
    formula_free(model->formula);
    mem_free(model);
}

size_t glmm_model_rows(const struct glmm_model *model)
{
    return model->design->n;
}

size_t glmm_model_dropped_rows(const struct glmm_model *model)
{
    return model->design->dropped_rows;
}

int glmm_model_dropped_columns(const struct glmm_model *model)
{
    return model->design->dropped_count;
}

const char *glmm_model_dropped_column(const struct glmm_model *model, int index)
{
    return index >= 0 && index < model->design->dropped_count ? model->design->dropped[index] : NULL;
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
    case GLMM_DEFAULT:
        break;
    }
    return METHOD_DEFAULT;
}

/* The linear mixed model knows REML and ML, the others Laplace, quadrature and PQL; ML of the others is Laplace's. */
static bool check_method(const struct glmm_model *model, const struct glmm_fit_options *options, struct glmm_error *err)
{
    if (is_linear(model) && (options->method == GLMM_AGQ || options->method == GLMM_PQL))
        return fail(err, GLMM_E_USAGE, NOWHERE, "the likelihood of a linear mixed model is exact: use REML or ML");
    if (!is_linear(model) && options->method == GLMM_REML)
        return fail(err, GLMM_E_USAGE, NOWHERE, "REML is for linear mixed models; this one is %s with the link %s",
                    model->family->name, model->link->name);
    return true;
}

struct glmm_fit *glmm_fit_new(const struct glmm_model *model, const struct glmm_fit_options *options, struct glmm_error *err)
{
    static const struct glmm_fit_options defaults;
    struct glmm_fit *fit;
    struct fit_options how = { 0 };

    if (options == NULL)
        options = &defaults;
    if (!check_method(model, options, err))
        return NULL;
    fit = NEW(struct glmm_fit);
    if (fit == NULL) {
        fail_memory(err);
        return NULL;
    }
    how.method = method_of(options->method);
    how.nodes = options->nodes;
    how.tolerance = options->tolerance;
    if (is_linear(model))
        fit->fit = lmm_fit(model->design, &how, options->progress, err);
    else
        fit->fit = glm_fit(model->design, model->family, model->link, &how, options->progress, err);
    if (fit->fit == NULL) {
        mem_free(fit);
        return NULL;
    }
    return fit;
}

void glmm_fit_free(struct glmm_fit *fit)
{
    if (fit == NULL)
        return;
    fit_free(fit->fit);
    mem_free(fit);
}

enum glmm_verdict glmm_fit_verdict(const struct glmm_fit *fit)
{
    switch (fit->fit->optimum.verdict) {
    case VERDICT_OK:
        return GLMM_CONVERGED;
    case VERDICT_BOUNDARY:
        return GLMM_BOUNDARY;
    case VERDICT_NOT_CONVERGED:
    case VERDICT_INTERRUPTED:
        break;
    }
    return GLMM_NOT_CONVERGED;
}

const char *glmm_fit_message(const struct glmm_fit *fit)
{
    return fit->fit->optimum.message;
}

double glmm_fit_loglik(const struct glmm_fit *fit)
{
    return fit->fit->loglik;
}

int glmm_fit_npar(const struct glmm_fit *fit)
{
    return fit->fit->npar;
}

double glmm_fit_aic(const struct glmm_fit *fit)
{
    return fit->fit->aic;
}

double glmm_fit_aicc(const struct glmm_fit *fit)
{
    return fit->fit->aicc;
}

double glmm_fit_bic(const struct glmm_fit *fit)
{
    return fit->fit->bic;
}

double glmm_fit_sigma(const struct glmm_fit *fit)
{
    return fit->fit->sigma;
}

double glmm_fit_dispersion(const struct glmm_fit *fit)
{
    return fit->fit->dispersion;
}

int glmm_fit_fixed_count(const struct glmm_fit *fit)
{
    return fit->fit->design->p;
}

const char *glmm_fit_fixed_name(const struct glmm_fit *fit, int index)
{
    return index >= 0 && index < fit->fit->design->p ? fit->fit->design->names[index] : NULL;
}

const double *glmm_fit_estimates(const struct glmm_fit *fit)
{
    return fit->fit->beta;
}

const double *glmm_fit_standard_errors(const struct glmm_fit *fit)
{
    return fit->fit->se;
}

const double *glmm_fit_vcov(const struct glmm_fit *fit)
{
    return fit->fit->vcov;
}

const double *glmm_fit_df(const struct glmm_fit *fit)
{
    return fit->fit->df;
}

int glmm_fit_theta_count(const struct glmm_fit *fit)
{
    return fit->fit->theta_count;
}

const double *glmm_fit_theta(const struct glmm_fit *fit)
{
    return fit->fit->theta;
}

int glmm_fit_random_count(const struct glmm_fit *fit)
{
    return fit->fit->design->random_count;
}

bool glmm_fit_random(const struct glmm_fit *fit, int index, struct glmm_random *random)
{
    const struct random_design *term;
    const struct random_fit *estimates;

    if (index < 0 || index >= fit->fit->design->random_count)
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
    return true;
}

const double *glmm_fit_fitted(const struct glmm_fit *fit)
{
    return fit->fit->fitted;
}

const double *glmm_fit_linear_predictor(const struct glmm_fit *fit)
{
    return fit->fit->linear;
}

const size_t *glmm_fit_rows(const struct glmm_fit *fit)
{
    return fit->fit->design->row;
}
