/* means.c -- see means.h. */
#include "infer/means.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/memory.h"
#include "infer/marginal.h"
#include "infer/means-nest.h"
#include "result/number.h"

struct job {
    const struct model *model;
    const struct means_request *request;
    const struct glmm_progress *progress;
    struct glmm_error *err;
    struct arena *arena;
    struct means *means;
    struct means_variable *all; /* those asked for, then the other predictors */
    int count, asked;
    struct at at;   /* the whole grid */
    size_t others;  /* combinations of the others */
    double *weight; /* others, or cells x others */
    bool by_cell;
    struct watch watch;
    struct means_nest *nests;
    int nest_count;
};

/* --- the values of each variable --------------------------------------------------------------------- */

static const struct at_variable *at_of(const struct job *job, const char *name)
{
    return at_find(&job->request->at, name);
}

static bool set_values(struct job *job, struct means_variable *v)
{
    const struct predictor *p = &v->predictor;
    const struct at_variable *at = at_of(job, p->column->name);

    if (at != NULL)
        v->values = at_values(at, job->request->at_place, p, job->arena, &v->count, job->err);
    else if (predictor_is_factor(p))
        v->values = predictor_values(p, job->arena, &v->count, job->err);
    else
        v->values = predictor_mean_value(p, job->arena, &v->count, job->err);
    return v->values != NULL && (means_sort(v, job->arena) || fail_memory(job->err));
}

static bool is_among(const struct job *job, int count, const struct column *column)
{
    for (int k = 0; k < count; k++)
        if (job->all[k].predictor.column == column)
            return true;
    return false;
}

/* Each name of at= must be a variable of the model; one of an offset, which is no predictor, joins the others. */
static bool check_at(struct job *job)
{
    for (int k = 0; k < job->request->at.count; k++) {
        const struct asked asked = { .text = job->request->at.variables[k].name, .at = job->request->at_place };
        struct predictor found;

        if (!predictor_find_held(&found, job->model, &asked, job->err))
            return error_argument(job->err, "at");
        if (!is_among(job, job->count, found.column))
            job->all[job->count++].predictor = found;
    }
    return true;
}

static bool find_variables(struct job *job)
{
    struct predictor *known;
    int count;

    if ((known = predictor_all(job->model, job->arena, &count, job->err)) == NULL)
        return false;
    job->all = arena_alloc(job->arena, (size_t)(count + job->request->count + job->request->at.count) + 1, sizeof *job->all);
    if (job->all == NULL)
        return fail_memory(job->err);
    for (int k = 0; k < job->request->count; k++) {
        struct means_variable *v = &job->all[job->asked];

        if (!predictor_find(&v->predictor, job->model, &job->request->variables[k], job->err)
            || (is_among(job, job->asked, v->predictor.column)
                && !fail(job->err, GLMM_E_USAGE, job->request->variables[k].at, "`%.60s` is named twice",
                         v->predictor.column->name)))
            return error_argument(job->err, "variables");
        job->asked++;
    }
    job->count = job->asked;
    for (int k = 0; k < count; k++)
        if (!is_among(job, job->asked, known[k].column))
            job->all[job->count++].predictor = known[k];
    if (!check_at(job))
        return false;
    for (int k = 0; k < job->count; k++)
        if (!set_values(job, &job->all[k]))
            return false;
    return true;
}

/* --- the grid ------------------------------------------------------------------------------------------ */

/* All variables with all their values, as at= would have them. */
static bool set_at(struct job *job)
{
    char number[40];

    job->at.count = job->count;
    job->at.variables = arena_alloc(job->arena, (size_t)job->count + 1, sizeof *job->at.variables);
    job->others = 1;
    if (job->at.variables == NULL)
        return fail_memory(job->err);
    for (int k = 0; k < job->count; k++) {
        const struct means_variable *v = &job->all[k];
        struct at_variable *at = &job->at.variables[k];
        bool text = predictor_is_factor(&v->predictor) || v->predictor.column->type == COLUMN_DATE;

        at->name = v->predictor.column->name;
        at->count = (size_t)v->count;
        if ((at->values = arena_alloc(job->arena, at->count + 1, sizeof *at->values)) == NULL)
            return fail_memory(job->err);
        for (int i = 0; i < v->count; i++) {
            snprintf(number, sizeof number, "%.17g", v->values[i].number);
            if ((at->values[i] = text ? v->values[i].label : arena_strdup(job->arena, number)) == NULL)
                return fail_memory(job->err);
        }
        if (k >= job->asked)
            job->others *= at->count;
    }
    return true;
}

static bool set_cells(struct job *job)
{
    struct means *m = job->means;
    int *level, cells = 1;

    m->variables = job->all;
    m->variable_count = job->asked;
    m->by_count = job->request->by_count;
    for (int k = 0; k < job->asked; k++)
        cells *= job->all[k].count; /* at_grid_make has seen that they are few */
    m->count = cells;
    if ((m->level = level = arena_alloc(m->arena, (size_t)cells * (size_t)job->asked + 1, sizeof *level)) == NULL)
        return fail_memory(job->err);
    for (int c = 0; c < cells; c++)
        for (int k = job->asked - 1, rest = c; k >= 0; k--) {
            level[c * job->asked + k] = rest % job->all[k].count;
            rest /= job->all[k].count;
        }
    return true;
}

/* --- looks --------------------------------------------------------------------------------------------- */

enum { LOOK = 2048 }; /* rows, or cells, between two looks */

static bool looks(struct job *job, size_t i)
{
    return i % LOOK != LOOK - 1 || !watch_stops(&job->watch);
}

static bool goes_on(struct job *job)
{
    return !watch_stopped(&job->watch) || fail(job->err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the means were made");
}

/* --- weights ------------------------------------------------------------------------------------------- */

/* The place among a variable's values of what row i has; 0 for a number, which is held; -1: none of them. */
static int place_of(const struct means_variable *v, size_t i)
{
    return predictor_is_factor(&v->predictor) ? means_place_of(v, i) : 0;
}

/* The place of the row's combination of variables [from, to); -1 where it has other levels. */
static long combination_of(const struct job *job, size_t i, int from, int to)
{
    long place = 0;

    for (int k = from; k < to; k++) {
        int one = place_of(&job->all[k], i);

        if (one < 0)
            return -1;
        place = place * job->all[k].count + one;
    }
    return place;
}

/* The place of a combination of variables [from, to) with its numbers at their first values. */
static size_t at_first(const struct job *job, size_t place, int from, int to)
{
    size_t first = 0, step = 1;

    for (int k = to - 1; k >= from; k--) {
        size_t count = (size_t)job->all[k].count;

        first += predictor_is_factor(&job->all[k].predictor) ? place % count * step : 0;
        step *= count;
        place /= count;
    }
    return first;
}

/* Which value variable k has in a cell beside a combination of the others. */
static int value_at(const struct job *job, size_t cell, size_t other, int k)
{
    if (k < job->asked)
        return job->means->level[cell * (size_t)job->asked + (size_t)k];
    for (int j = job->count - 1; j > k; j--)
        other /= (size_t)job->all[j].count;
    return (int)(other % (size_t)job->all[k].count);
}

static bool occurs(const struct job *job, size_t cell, size_t other)
{
    for (int k = 0; k < job->nest_count; k++) {
        const struct means_nest *nest = &job->nests[k];
        int inner = value_at(job, cell, other, nest->inner), outer = value_at(job, cell, other, nest->outer);

        if (means_nest_counts(nest, job->asked) && !nest->occurs[inner * job->all[nest->outer].count + outer])
            return false;
    }
    return true;
}

/* Levels of a nested factor count where they occur, in the cells that have such. */
static void keep_nested(struct job *job, size_t cell)
{
    double *weight = job->weight + cell * job->others;
    bool any = false;

    for (size_t w = 0; w < job->others; w++)
        any = any || (weight[w] > 0 && occurs(job, cell, w));
    for (size_t w = 0; any && w < job->others; w++)
        weight[w] = occurs(job, cell, w) ? weight[w] : 0;
}

static bool set_weights(struct job *job)
{
    const struct design *design = job->model->design;
    bool in_cells = job->request->weights == WEIGHTS_CELLS;
    size_t cells;
    bool *empty = arena_alloc(job->means->arena, (size_t)job->means->count + 1, sizeof *empty);

    job->nest_count = means_nests(job->model, job->all, job->count, job->arena, &job->nests, &job->watch);
    if (job->nest_count < 0)
        return goes_on(job) && fail_memory(job->err);
    job->by_cell = in_cells || job->nest_count > 0;
    cells = job->by_cell ? (size_t)job->means->count : 1;
    job->weight = arena_alloc(job->arena, cells * job->others + 1, sizeof *job->weight);
    if (job->weight == NULL || empty == NULL)
        return fail_memory(job->err);
    job->means->empty = empty;
    for (size_t w = 0; job->request->weights == WEIGHTS_EQUAL && w < cells * job->others; w++)
        job->weight[w] = 1;
    for (size_t i = 0; job->request->weights != WEIGHTS_EQUAL && i < design->n && looks(job, i); i++) {
        long cell = in_cells ? combination_of(job, design->row[i], 0, job->asked) : 0;
        long other = combination_of(job, design->row[i], job->asked, job->count);

        if (cell >= 0 && other >= 0)
            job->weight[(size_t)cell * job->others + (size_t)other] += design->trials == NULL ? 1 : design->trials[i];
    }
    for (size_t c = 1; job->by_cell && !in_cells && c < cells; c++)
        memcpy(job->weight + c * job->others, job->weight, sizeof *job->weight * job->others);
    /* a number counts alike at each of its values: spread what stands at the first */
    for (size_t c = 0; job->request->weights != WEIGHTS_EQUAL && c < cells; c++)
        for (size_t w = 0; w < job->others; w++)
            job->weight[c * job->others + w] = job->weight[(job->by_cell ? at_first(job, c, 0, job->asked) : c) * job->others
                                                           + at_first(job, w, job->asked, job->count)];
    for (size_t c = 0; c < cells && !watch_stops(&job->watch); c++) {
        double sum = 0;

        if (job->nest_count > 0)
            keep_nested(job, c);
        for (size_t w = 0; w < job->others; w++)
            sum += job->weight[c * job->others + w];
        empty[c] = sum == 0;
        for (size_t w = 0; sum > 0 && w < job->others; w++)
            job->weight[c * job->others + w] /= sum;
    }
    for (int c = 1; !job->by_cell && c < job->means->count; c++)
        empty[c] = empty[0];
    return goes_on(job);
}

/* --- the averages ---------------------------------------------------------------------------------------- */

static bool average(struct job *job, const struct grid_rows *grid)
{
    struct means *m = job->means;
    const struct design *design = job->model->design;
    size_t n = (size_t)m->count, p = (size_t)design->p, d = (size_t)design->dropped_count, q;
    double *X = arena_alloc(m->arena, n * p + 1, sizeof *X), *dropped = arena_alloc(m->arena, n * d + 1, sizeof *dropped);
    double *offset = arena_alloc(m->arena, n + 1, sizeof *offset), *variance = arena_alloc(m->arena, n + 1, sizeof *variance);
    double *slope, *one;

    q = (size_t)job->request->fit->theta_count;
    slope = arena_alloc(m->arena, n * q + 1, sizeof *slope);
    one = arena_alloc(m->arena, q + 1, sizeof *one);
    if (X == NULL || dropped == NULL || offset == NULL || variance == NULL || slope == NULL || one == NULL)
        return fail_memory(job->err);
    for (size_t c = 0; c < n; c++)
        for (size_t w = 0; w < job->others && looks(job, c * job->others + w); w++) {
            double weight = job->weight[(job->by_cell ? c * job->others : 0) + w];
            size_t i = c * job->others + w;

            if (weight == 0)
                continue;
            for (size_t j = 0; j < p; j++)
                X[c + j * n] += weight * grid->rows.X[i + j * grid->rows.n];
            for (size_t j = 0; j < d; j++)
                dropped[c + j * n] += weight * grid->rows.dropped[i + j * grid->rows.n];
            offset[c] += grid->rows.offset == NULL ? 0 : weight * grid->rows.offset[i];
            variance[c] += weight * rows_variance(job->request->fit, &grid->rows, i);
            rows_variance_slope(job->request->fit, &grid->rows, i, one);
            for (size_t t = 0; t < q; t++)
                slope[c * q + t] += weight * one[t];
        }
    if (!goes_on(job))
        return false;
    m->rows = (struct stated_rows){ n, X, dropped, .coefficients = false };
    m->offset = offset;
    m->variance = variance;
    m->variance_slope = slope;
    m->why_not = grid->rows.why_not == NULL ? NULL : arena_strdup(m->arena, grid->rows.why_not);
    return true;
}

struct mention {
    const char *column;
    bool found;
};

static bool look_for(void *context, const struct expr *x)
{
    struct mention *m = context;

    m->found = m->found || grid_mentions(x, m->column);
    return true;
}

static bool is_held(const struct means_variable *v)
{
    return !predictor_is_factor(&v->predictor) && v->count == 1;
}

/* Whether a variable enters by the random effects alone. */
static bool is_of_effects(const struct model *model, const char *name)
{
    struct formula fixed = *model->formula;
    struct mention mention = { name, false };

    fixed.random_count = 0;
    (void)grid_each_variable(&fixed, look_for, &mention);
    return !mention.found;
}

/* The numbers that stand at one value. */
static bool list_held(struct job *job)
{
    struct means_held *hold = arena_alloc(job->means->arena, (size_t)job->count + 1, sizeof *hold);
    int count = 0;

    if (hold == NULL)
        return fail_memory(job->err);
    for (int k = job->asked; k < job->count; k++) {
        const struct means_variable *v = &job->all[k];
        const char *name = v->predictor.column->name;

        if (!is_held(v))
            continue;
        hold[count].of_effects = at_of(job, name) == NULL && is_of_effects(job->model, name);
        hold[count].column = v->predictor.column;
        hold[count].number = v->values[0].number;
        if ((hold[count++].label = arena_strdup(job->means->arena, v->values[0].label)) == NULL)
            return fail_memory(job->err);
    }
    job->means->hold = hold;
    job->means->hold_count = count;
    return true;
}

static bool list_nests(struct job *job)
{
    job->means->nested = means_nests_text(job->nests, job->nest_count, job->all, job->asked, job->means->arena);
    return job->means->nested != NULL || fail_memory(job->err);
}

/* What is averaged over, and what is held, the columns of offsets too; without the variables that enter by the random effects
 * alone, unless these are integrated over (`effects`). */
static bool describe(struct job *job, const char *offsets, bool effects, const char **averaged_out, const char **held_out)
{
    struct text averaged = { 0 }, held = { 0 };
    bool by_trials = job->model->design->trials != NULL;

    for (int k = job->asked; k < job->count; k++) {
        const struct means_variable *v = &job->all[k];
        const char *name = v->predictor.column->name;

        if (!effects && at_of(job, name) == NULL && is_of_effects(job->model, name))
            continue;
        if (!is_held(v))
            text_addf(&averaged, "%s%s", averaged.length > 0 ? ", " : "", name);
        else
            text_addf(&held, "%s%s = %s%s", held.length > 0 ? ", " : "", name, v->values[0].label,
                      by_trials && at_of(job, name) == NULL ? " (its mean over the trials)" : "");
    }
    text_addf(&held, "%s%s", held.length > 0 && offsets[0] != '\0' ? ", " : "", offsets);
    *averaged_out = arena_take(job->means->arena, &averaged);
    *held_out = arena_take(job->means->arena, &held);
    return (*averaged_out != NULL && *held_out != NULL) || fail_memory(job->err);
}

struct means *means_new(const struct model *model, const struct means_request *request, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct job job = { .model = model, .request = request, .progress = progress, .err = err, .arena = arena };
    struct at_grid grid = { .held = "" };
    struct grid_rows rows = { .made = NULL };
    bool ok = arena != NULL && (job.means = arena_alloc(arena, 1, sizeof *job.means)) != NULL;

    if (!ok) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    watch_init(&job.watch, progress, "cell");
    job.means->arena = arena;
    job.means->model = model;
    job.means->fit = request->fit;
    ok = find_variables(&job) && set_at(&job) && at_grid_make(model, &job.at, request->at_place, true, arena, &grid, err)
         && set_cells(&job) && set_weights(&job)
         && grid_rows_make(model->design, model->formula, grid.frame, &rows, progress, err) && average(&job, &rows)
         && list_nests(&job) && list_held(&job) && describe(&job, grid.held, false, &job.means->averaged, &job.means->held)
         && describe(&job, grid.held, true, &job.means->averaged_wide, &job.means->held_wide);
    grid_rows_clear(&rows);
    at_grid_clear(&grid);
    if (ok)
        return job.means;
    arena_free(arena);
    return NULL;
}

void means_free(struct means *means)
{
    if (means != NULL)
        arena_free(means->arena);
}

const char *means_label(const struct means *means, struct arena *arena, int cell, int from, int to)
{
    const char *label = "";

    for (int k = from; k < to && label != NULL; k++)
        label = arena_printf(arena, "%s%s%s", label, k > from ? " " : "",
                             means->variables[k].values[means->level[cell * means->variable_count + k]].label);
    return label;
}
