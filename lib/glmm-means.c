/* glmm-means.c -- see glmm.h: what a fit, or a pooled one, says of rows: predictions and standardized means. */
#include "base/arena.h"
#include "base/memory.h"
#include "data/frame.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/grid.h"
#include "infer/linear.h"
#include "infer/margins.h"
#include "infer/pool-means.h"
#include "infer/predict.h"
#include "infer/predictor.h"
#include "infer/ratio.h"

/* --- predictions ---------------------------------------------------------------------------- */

struct glmm_prediction {
    struct prediction *prediction;
};

/* The caller's options as the engine has them. */
static bool predict_options_take(const struct glmm_predict_options *options, struct glmm_predict_options *how,
                                 struct predict_options *out, struct glmm_error *err)
{
    static const enum predict_groups groups[] = {
        [GLMM_CONDITIONAL] = PREDICT_CONDITIONAL, [GLMM_TYPICAL] = PREDICT_TYPICAL, [GLMM_POPULATION] = PREDICT_POPULATION
    };

    if (!options_take(how, options, sizeof *how, err) || !confidence_take(&how->level, err))
        return false;
    if ((unsigned)how->groups > GLMM_POPULATION) {
        fail(err, GLMM_E_USAGE, NOWHERE, "there is no kind of groups %d", (int)how->groups);
        return error_argument(err, "groups");
    }
    *out = (struct predict_options){ .link_scale = how->link_scale,
                                     .groups = groups[how->groups],
                                     .new_levels = how->new_levels ? PREDICT_NEW_TYPICAL : PREDICT_NEW_ERROR,
                                     .level = how->level };
    return true;
}

/* Takes a prediction (NULL: an error is set).  Returns new. */
static struct glmm_prediction *prediction_wrap(struct prediction *made, struct glmm_error *err)
{
    struct glmm_prediction *out = made == NULL ? NULL : NEW(struct glmm_prediction);

    if (out != NULL) {
        out->prediction = made;
    } else if (made != NULL) {
        prediction_free(made);
        fail_memory(err);
    }
    return out;
}

struct glmm_prediction *glmm_predict(const struct glmm_fit *fit, const struct glmm_data *data,
                                     const struct glmm_predict_options *options, struct glmm_error *err)
{
    struct glmm_predict_options how = { 0 };
    struct predict_options inner;
    struct prediction *made = NULL;
    struct linear linear;

    if (!argument_given(fit, "fit", err) || !predict_options_take(options, &how, &inner, err))
        return NULL;
    inner.linear = &linear;
    if (linear_init(&linear, fit->fit, LINEAR_SATTERTHWAITE, how.progress, err))
        made = predict_new(fit->fit, fit->model->formula, data == NULL ? NULL : data->frame, &inner, how.progress, err);
    linear_clear(&linear);
    return prediction_wrap(made, err);
}

struct glmm_prediction *glmm_pool_predict(const struct glmm_pool *pool, const struct glmm_data *data,
                                          const struct glmm_predict_options *options, struct glmm_error *err)
{
    struct glmm_predict_options how = { 0 };
    struct predict_options inner = { 0 };
    struct prediction *made = NULL;
    struct linear linear;
    const struct fit *fit;

    if (!argument_given(pool, "pool", err) || !argument_given(data, "data", err)
        || !predict_options_take(options, &how, &inner, err))
        return NULL;
    fit = pool_fit_of(pool);
    if (inner.groups == PREDICT_CONDITIONAL && design_term_count(fit->design) > 0) {
        fail(err, GLMM_E_MODEL, NOWHERE, "conditional modes belong to one imputation, and are not pooled");
        error_argument(err, "groups");
        return NULL;
    }
    inner.linear = &linear;
    if (linear_init(&linear, fit, LINEAR_SATTERTHWAITE, how.progress, err))
        made = pool_predict(fit, data->frame, &inner, how.progress, err);
    linear_clear(&linear);
    return prediction_wrap(made, err);
}

bool glmm_prediction_get(const struct glmm_prediction *prediction, struct glmm_predicted *out)
{
    const struct prediction *p = prediction == NULL ? NULL : prediction->prediction;

    if (p == NULL || out == NULL)
        return false;
    *out = (struct glmm_predicted){ p->n, p->row, p->estimate, p->se, p->lower, p->upper };
    return true;
}

void glmm_prediction_free(struct glmm_prediction *prediction)
{
    if (prediction == NULL)
        return;
    prediction_free(prediction->prediction);
    mem_free(prediction);
}

/* --- margins -------------------------------------------------------------------------------- */

struct glmm_margins {
    struct arena *arena;
    struct predictor predictor;
    struct setting_value *values;
    int count;
    struct grid_rows *scenarios;
    struct margins *margins;
};

static bool take_values(struct glmm_margins *m, const char *const *texts, struct glmm_error *err)
{
    if (texts == NULL)
        return (m->values = predictor_values_shown(&m->predictor, m->arena, &m->count, err)) != NULL;
    while (texts[m->count] != NULL)
        m->count++;
    m->values = arena_alloc(m->arena, (size_t)m->count + 1, sizeof *m->values);
    if (m->values == NULL)
        return fail_memory(err);
    for (int k = 0; k < m->count; k++)
        if (!predictor_value(&m->predictor, texts[k], m->arena, &m->values[k], err))
            return error_argument(err, "values");
    return true;
}

/* All rows of the model with each value in turn. */
static bool make_scenarios(struct glmm_margins *m, struct marginal_rows *rows, const struct glmm_progress *progress,
                           struct glmm_error *err)
{
    const struct design *design = m->predictor.model->design;
    struct frame *copy = frame_rows(m->predictor.frame, design->row, design->n, err);
    bool ok = copy != NULL;

    for (int k = 0; ok && k < m->count; k++) {
        ok = predictor_set(&m->predictor, copy, 0, design->n, &m->values[k], err)
             && predictor_rows(&m->predictor, copy, &m->scenarios[k], progress, err);
        rows[k] = m->scenarios[k].rows;
        rows[k].trials = design->trials;
    }
    frame_free(copy);
    return ok;
}

static struct margins_options margins_options_of(const struct glmm_margins *m, const struct glmm_margins_options *how)
{
    const struct model *model = m->predictor.model;

    return (struct margins_options){
        .level = how->level, .pairs = how->pairs, .log_base = ratio_log_base(model), .no_ratios = ratio_is_meaningless(model)
    };
}

static bool make_margins(struct glmm_margins *m, const struct fit *fit, const struct glmm_margins_options *how,
                         struct glmm_error *err)
{
    struct margins_options options = margins_options_of(m, how);
    struct linear linear = { .fit = fit };
    bool ok;
    struct marginal_rows *rows = arena_alloc(m->arena, (size_t)m->count + 1, sizeof *rows);

    m->scenarios = arena_alloc(m->arena, (size_t)m->count + 1, sizeof *m->scenarios);
    if (rows == NULL || m->scenarios == NULL)
        return fail_memory(err);
    options.linear = &linear;
    ok = make_scenarios(m, rows, how->progress, err) && linear_init(&linear, fit, LINEAR_SATTERTHWAITE, how->progress, err)
         && (m->margins = margins_new(fit, rows, m->count, &options, how->progress, err)) != NULL;
    linear_clear(&linear);
    return ok;
}

/* Of one fit; `like` (or NULL) has the values. */
static struct glmm_margins *margins_of(const struct model *model, const struct fit *fit, const char *variable,
                                       const struct glmm_margins_options *how, const struct glmm_margins *like,
                                       struct glmm_error *err)
{
    struct asked asked = { .text = variable, .at = NOWHERE };
    struct glmm_margins *m;
    bool ok;

    if ((m = NEW(struct glmm_margins)) == NULL || (m->arena = arena_new()) == NULL) {
        mem_free(m);
        fail_memory(err);
        return NULL;
    }
    ok = predictor_find(&m->predictor, model, &asked, err) || error_argument(err, "variable");
    if (like != NULL) {
        m->values = like->values;
        m->count = like->count;
    }
    ok = ok && (like != NULL || take_values(m, how->values, err)) && make_margins(m, fit, how, err);
    if (ok)
        return m;
    glmm_margins_free(m);
    return NULL;
}

static bool margins_options_take(struct glmm_margins_options *how, const char *variable,
                                 const struct glmm_margins_options *options, struct glmm_error *err)
{
    return argument_given(variable, "variable", err) && options_take(how, options, sizeof *how, err)
           && confidence_take(&how->level, err);
}

struct glmm_margins *glmm_margins_new(const struct glmm_fit *fit, const char *variable,
                                      const struct glmm_margins_options *options, struct glmm_error *err)
{
    struct glmm_margins_options how = { 0 };

    if (!argument_given(fit, "fit", err) || !margins_options_take(&how, variable, options, err) || !fit_has_means(fit->fit, err))
        return NULL;
    return margins_of(fit->model, fit->fit, variable, &how, NULL, err);
}

/* What the margins of the imputations say together: in those of the first. */
static bool pool_into(struct glmm_margins *const each[], int m, const struct glmm_margins_options *how, struct glmm_error *err)
{
    const struct margins_options options = margins_options_of(each[0], how);
    struct margins **inner = NEW_ARRAY(struct margins *, m), *pooled = NULL;

    for (int i = 0; inner != NULL && i < m; i++)
        inner[i] = each[i]->margins;
    if (inner != NULL && (pooled = pool_margins(inner, m, &options)) != NULL) {
        margins_free(each[0]->margins);
        each[0]->margins = pooled;
    }
    mem_free(inner);
    return pooled != NULL || fail_memory(err);
}

struct glmm_margins *glmm_pool_margins(const struct glmm_pool *pool, const char *variable,
                                       const struct glmm_margins_options *options, struct glmm_error *err)
{
    struct glmm_margins_options how = { 0 };
    struct glmm_margins **each, *first = NULL;
    const struct imputed *imputed;
    bool ok;
    int m = 0;

    if (!argument_given(pool, "pool", err) || !margins_options_take(&how, variable, options, err)
        || !pool_takes_means(pool_fit_of(pool), err))
        return NULL;
    imputed = pool_fit_of(pool)->imputed;
    ok = (each = NEW_ARRAY(struct glmm_margins *, imputed->count)) != NULL || fail_memory(err);
    for (int i = 0; ok && i < imputed->count; i++)
        if (imputed->one[i].counts) {
            each[m] = margins_of(imputed->one[i].model, imputed->one[i].fit, variable, &how, m == 0 ? NULL : each[0], err);
            ok = each[m] != NULL;
            m += ok;
        }
    ok = ok && pool_into(each, m, &how, err);
    for (int i = m - 1; i >= 0; i--)
        if (i == 0 && ok)
            first = each[0];
        else
            glmm_margins_free(each[i]);
    mem_free(each);
    return first;
}

void glmm_margins_free(struct glmm_margins *margins)
{
    if (margins == NULL)
        return;
    margins_free(margins->margins);
    for (int k = 0; margins->scenarios != NULL && k < margins->count; k++)
        grid_rows_clear(&margins->scenarios[k]);
    arena_free(margins->arena);
    mem_free(margins);
}

int glmm_margins_count(const struct glmm_margins *margins)
{
    return margins == NULL ? 0 : margins->count;
}

bool glmm_margins_get(const struct glmm_margins *margins, int index, struct glmm_margin *out)
{
    const struct margin *mean;

    if (out == NULL || index < 0 || index >= glmm_margins_count(margins))
        return false;
    mean = &margins->margins->population[index];
    *out = (struct glmm_margin){ .value = margins->predictor.column->type == COLUMN_FACTOR ? margins->values[index].label : NULL,
                                 .number = margins->values[index].number,
                                 .estimate = mean->estimate,
                                 .se = mean->se,
                                 .lower = mean->lower,
                                 .upper = mean->upper,
                                 .typical = margins->margins->typical[index].estimate };
    return true;
}
