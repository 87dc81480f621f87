/* margins-job.c -- see margins-job.h. */
#include "cmd/margins-job.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "lang/at.h"
#include "report/inference.h"

/* Of the range of a number. */
static const double SLOPE_STEP = 1e-4;

/* --- what is asked for -------------------------------------------------------------------------- */

/* at="10 20 30": values separated by blanks or commas. */
static bool read_values(struct margins_job *job, const char *text, struct glmm_error *err)
{
    struct arena *arena = job->call->arena;
    struct glmm_span at = job->call->option_at[0];
    const char *end, *one;
    bool ok = true;

    if ((job->values = arena_alloc(arena, MARGINS_VALUES_MOST, sizeof *job->values)) == NULL)
        return fail_memory(err);
    for (text += strspn(text, " ,"); *text != '\0' && ok; text = end + strspn(end, " ,")) {
        end = text + strcspn(text, " ,");
        one = arena_strndup(arena, text, (size_t)(end - text));
        if (one == NULL)
            ok = fail_memory(err);
        else if (job->count == MARGINS_VALUES_MOST)
            ok = fail(err, GLMM_E_LIMIT, at, "at= takes at most %d values", (int)MARGINS_VALUES_MOST);
        else if ((ok = predictor_value(&job->predictor, one, arena, &job->values[job->count], err)))
            job->count++;
    }
    if (ok && job->count == 0)
        ok = fail(err, GLMM_E_USAGE, at, "at= names no value");
    if (!ok && err->at.begin < 0)
        err->at = at;
    return ok;
}

/* at="V=1, 2, W=3, 4": the variable's own values, and of each other those that all rows get in turn. */
static bool read_settings(struct margins_job *job, const char *text, struct glmm_error *err)
{
    struct glmm_span place = job->call->option_at[OPTION_OF_AT];
    struct at all = { 0 };

    if (!at_parse(job->call->arena, text, place, &all, err))
        return false;
    job->at.variables = arena_alloc(job->call->arena, (size_t)all.count + 1, sizeof *job->at.variables);
    if (job->at.variables == NULL)
        return fail_memory(err);
    for (int k = 0; k < all.count; k++) {
        const struct at_variable *v = &all.variables[k];

        if (strcmp(v->name, job->predictor.column->name) != 0) {
            job->at.variables[job->at.count++] = *v;
            continue;
        }
        if (job->count > 0)
            return fail(err, GLMM_E_USAGE, place, "at= gives %.60s values twice", v->name);
        if (v->count > MARGINS_VALUES_MOST)
            return fail(err, GLMM_E_LIMIT, place, "at= takes at most %d values", (int)MARGINS_VALUES_MOST);
        if ((job->values = arena_alloc(job->call->arena, v->count, sizeof *job->values)) == NULL)
            return fail_memory(err);
        for (size_t i = 0; i < v->count; i++)
            if (!predictor_value(&job->predictor, v->values[i], job->call->arena, &job->values[job->count++], err)) {
                err->at = place;
                return false;
            }
    }
    job->at_count = at_combinations(&job->at, MARGINS_VALUES_MOST);
    return job->at_count > 0
           || fail(err, GLMM_E_LIMIT, place, "at= takes at most %d combinations of values", (int)MARGINS_VALUES_MOST);
}

/* at="10 20, W=3": the values before the comma behind which the first name stands, and settings from there on. */
static bool read_at(struct margins_job *job, const char *text, struct glmm_error *err)
{
    const char *equals = strchr(text, '='), *comma = NULL, *own;

    if (equals == NULL)
        return read_values(job, text, err);
    for (const char *c = text; c < equals; c++)
        comma = *c == ',' ? c : comma;
    if (comma == NULL)
        return read_settings(job, text, err);
    own = arena_strndup(job->call->arena, text, (size_t)(comma - text));
    return own == NULL ? fail_memory(err) : read_values(job, own, err) && read_settings(job, comma + 1, err);
}

/* The mean slope is that of a small step of each row from where it is. */
static bool choose_step(struct margins_job *job, struct glmm_error *err)
{
    const struct predictor *p = &job->predictor;
    const struct design *design = p->model->design;
    double low = INFINITY, high = -INFINITY;

    if (p->coded || p->column->type == COLUMN_FACTOR || p->column->type == COLUMN_LOGICAL)
        return fail(err, GLMM_E_TYPE, job->call->option_at[OPTION_OF_SLOPE], "%.60s is a factor in %.60s, and has no slope",
                    p->column->name, p->model->name);
    if (job->count > 0)
        return fail(err, GLMM_E_USAGE, job->call->option_at[OPTION_OF_AT], "the mean slope takes each row at its own %.60s",
                    p->column->name);
    for (size_t i = 0; i < design->n; i++) {
        low = fmin(low, column_real(p->column, design->row[i]));
        high = fmax(high, column_real(p->column, design->row[i]));
    }
    if (!(low < high))
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has one value in the rows of %.60s", p->column->name, p->model->name);
    job->step = SLOPE_STEP * (high - low);
    job->count = 2;
    job->values = arena_alloc(job->call->arena, 2, sizeof *job->values);
    if (job->values == NULL)
        return fail_memory(err);
    job->values[0] = (struct setting_value){ .label = "below", .number = -job->step };
    job->values[1] = (struct setting_value){ .label = "above", .number = job->step };
    return true;
}

bool margins_choose_by(struct margins_job *job, const char *name, struct glmm_error *err)
{
    const struct asked asked = { .text = name, .at = job->call->option_at[OPTION_OF_BY] };

    job->by_count = 1;
    if (name == NULL)
        return true;
    if (!predictor_find_any(&job->by, job->predictor.model, &asked, err))
        return false;
    if (!predictor_is_factor(&job->by))
        return fail(err, GLMM_E_TYPE, asked.at, "by= is of a factor, and %.60s is a number", name);
    job->has_by = true;
    return (job->by_values = predictor_values(&job->by, job->call->arena, &job->by_count, err)) != NULL;
}

bool margins_choose_values(struct margins_job *job, const char *at, struct glmm_error *err)
{
    const struct predictor *p = &job->predictor;

    if (at != NULL && !read_at(job, at, err))
        return false;
    if (job->slope)
        return choose_step(job, err);
    if (job->count > 0)
        return true;
    if ((job->values = predictor_values_shown(p, job->call->arena, &job->count, err)) == NULL)
        return false;
    if (job->count <= MARGINS_VALUES_MOST)
        return true;
    fail(err, GLMM_E_LIMIT, NOWHERE, "%.60s has %d levels; margins shows at most %d", p->column->name, job->count,
         (int)MARGINS_VALUES_MOST);
    error_hint(err, "choose some: at=\"%.60s %.60s\"", job->values[0].label, job->values[1].label);
    return false;
}

static bool has_level(const struct predictor *p, const struct setting_value *value, size_t row)
{
    return p->column->type == COLUMN_FACTOR ? p->column->as.code[row] == value->code
                                            : column_real(p->column, row) == value->number;
}

/* What row i was sampled with: the level of the outermost group, else the row. */
static int32_t cluster_of(const struct design *design, size_t i)
{
    const struct random_design *outer = design_outermost(design);

    return outer == NULL ? (int32_t)i : outer->level[i];
}

/* Clusters by numbers from 0, those that the part has. */
static bool number_clusters(struct margins_job *job, struct glmm_error *err)
{
    const struct design *design = job->predictor.model->design;
    const struct random_design *outer = design_outermost(design);
    size_t most = outer == NULL ? design->n : (size_t)outer->level_count;
    int32_t *number = NEW_ARRAY(int32_t, most + 1);

    if (number == NULL)
        return fail_memory(err);
    job->clusters = 0;
    for (size_t i = 0; i < job->n; i++) {
        int32_t *at = &number[job->cluster[i]];

        if (*at == 0)
            *at = ++job->clusters;
        job->cluster[i] = *at - 1;
    }
    mem_free(number);
    return true;
}

bool margins_choose_weights(struct margins_job *job, const char *name, struct glmm_error *err)
{
    const struct design *design = job->predictor.model->design;
    struct glmm_span at = job->call->option_at[OPTION_OF_WEIGHTS];
    double total = 0;

    if (name == NULL)
        return true;
    job->weights = frame_need(job->predictor.frame, name, at, err);
    if (job->weights == NULL)
        return false;
    if (job->weights->type == COLUMN_FACTOR)
        return fail(err, GLMM_E_TYPE, at, "weights= is a number, and %.60s is a factor", name);
    for (size_t i = 0; i < design->n; i++) {
        double weight = column_real(job->weights, design->row[i]);

        if (!(weight >= 0) || isinf(weight))
            return fail(err, GLMM_E_DATA, at, "the weight of row %zu, %g, is not 0 or more", design->row[i] + 1, weight);
        total += weight;
    }
    return total > 0 || fail(err, GLMM_E_DATA, at, "all weights are 0");
}

/* The rows of the model that this part averages over. */
static bool choose_rows(struct margins_job *job, struct glmm_error *err)
{
    const struct design *design = job->predictor.model->design;

    job->n = 0;
    if (job->source == NULL) {
        job->source = NEW_ARRAY(size_t, design->n + 1);
        job->cluster = NEW_ARRAY(int32_t, design->n + 1);
        job->trials = design->trials == NULL && job->weights == NULL ? NULL : NEW_ARRAY(double, design->n + 1);
        if (job->source == NULL || job->cluster == NULL
            || (job->trials == NULL && (design->trials != NULL || job->weights != NULL)))
            return fail_memory(err);
    }
    for (size_t i = 0; i < design->n; i++) {
        if (job->has_by && !has_level(&job->by, &job->by_values[job->part], design->row[i]))
            continue;
        if (job->trials != NULL)
            job->trials[job->n] = (design->trials == NULL ? 1 : design->trials[i])
                                  * (job->weights == NULL ? 1 : column_real(job->weights, design->row[i]));
        job->cluster[job->n] = cluster_of(design, i);
        job->source[job->n++] = design->row[i];
    }
    return number_clusters(job, err);
}

/* Gives the other variables of at= their values in all rows. */
static bool set_others(const struct margins_job *job, struct frame *copy, struct glmm_error *err)
{
    for (int k = 0; k < job->at.count; k++) {
        const struct asked asked = { .text = job->at.variables[k].name, .at = job->call->option_at[OPTION_OF_AT] };
        struct setting_value value;
        struct predictor other;

        if (!predictor_find_at(&other, job->predictor.model, &asked, err))
            return false;
        if (!predictor_value(&other, at_combined(&job->at, job->at_part, k), job->call->arena, &value, err)) {
            err->at = asked.at;
            return false;
        }
        if (!predictor_set(&other, copy, 0, job->n, &value, err))
            return false;
    }
    return true;
}

/* The variable in all rows: one value, or each row's own and a step. */
static bool set_value(const struct margins_job *job, struct frame *copy, const struct setting_value *value,
                      struct glmm_error *err)
{
    const struct column *column = job->predictor.column;
    bool ok = true;

    if (!job->slope)
        return predictor_set(&job->predictor, copy, 0, job->n, value, err);
    for (size_t i = 0; ok && i < job->n; i++)
        ok = grid_set_number(copy, column->name, i, 1, column_real(column, job->source[i]) + value->number, err);
    return ok;
}

/* For each value all rows of the part, with that value: one copy of the data, that gets each in turn. */
bool margins_make_scenarios(struct margins_job *job, struct glmm_error *err)
{
    struct frame *copy;
    bool ok;

    job->scenarios = NEW_ARRAY(struct grid_rows, job->count);
    job->rows = NEW_ARRAY(struct marginal_rows, job->count);
    if (job->scenarios == NULL || job->rows == NULL)
        return fail_memory(err);
    if (!choose_rows(job, err))
        return false;
    ok = (copy = grid_copy(job->predictor.frame, job->source, job->n, err)) != NULL && set_others(job, copy, err);
    for (int k = 0; ok && k < job->count; k++) {
        ok = set_value(job, copy, &job->values[k], err)
             && predictor_rows(&job->predictor, copy, &job->scenarios[k], &job->session->progress, err);
        job->rows[k] = job->scenarios[k].rows;
        job->rows[k].trials = job->trials;
    }
    frame_free(copy);
    return ok;
}

void margins_job_clear(struct margins_job *job)
{
    for (int k = 0; job->scenarios != NULL && k < job->count; k++)
        grid_rows_clear(&job->scenarios[k]);
    mem_free(job->scenarios);
    mem_free(job->rows);
    job->scenarios = NULL;
    job->rows = NULL;
}

struct margins *margins_by(const struct margins_job *job, const struct fit *fit, const struct margins_options *settings,
                           struct glmm_error *err)
{
    const struct margins_call *given = job->call->options;
    struct margins_options how = *settings;
    struct fit view;
    struct link own;
    double beside[FAMILY_SHAPES];
    struct linear linear = { .fit = fit };
    struct margins *out = NULL;

    if (given->se == MARGINS_SE_UNCONDITIONAL) {
        how.cluster = job->cluster;
        how.clusters = job->clusters;
    }
    if (job->category > 0)
        fit_view_category(fit, job->category, &view, &own, beside);
    how.linear = &linear;
    if (session_linear_of(job->session, fit, &linear, err))
        out = margins_new(job->category > 0 ? &view : fit, job->rows, job->count, &how, &job->session->progress, err);
    linear_clear(&linear);
    return out;
}
