/* at-grid.c -- see at-grid.h.
 *
 * The rows begin as copies of a row of the model, so that every column is there with its type and levels; then the variables of
 * at= get their values, and the other predictors and the columns of offsets are held. */
#include "infer/at-grid.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/suggest.h"

enum { GRID_ROWS_MOST = 1000000 };

struct job {
    const struct model *model;
    const struct frame *data;
    struct predictor *predictors; /* of the model */
    int predictor_count;
    bool any_level;
    struct glmm_span at;
    struct arena *arena;
    struct at_grid *out;
    struct glmm_error *err;
};

const struct at_variable *at_find(const struct at *at, const char *name)
{
    for (int k = 0; k < at->count; k++)
        if (strcmp(at->variables[k].name, name) == 0)
            return &at->variables[k];
    return NULL;
}

int at_combinations(const struct at *at, int most)
{
    size_t count = 1;

    for (int k = 0; k < at->count; k++) {
        if (at->variables[k].count > (size_t)most / count)
            return 0;
        count *= at->variables[k].count;
    }
    return (int)count;
}

const char *at_combined(const struct at *at, int c, int k)
{
    size_t place = (size_t)c;

    for (int after = at->count - 1; after > k; after--)
        place /= at->variables[after].count;
    return at->variables[k].values[place % at->variables[k].count];
}

struct setting_value *at_values(const struct at_variable *at, struct glmm_span place, const struct predictor *predictor,
                                struct arena *arena, int *count, struct glmm_error *err)
{
    struct setting_value *values = arena_alloc(arena, at->count + 1, sizeof *values);

    if (values == NULL) {
        fail_memory(err);
        return NULL;
    }
    for (size_t k = 0; k < at->count; k++)
        if (!predictor_value(predictor, at->values[k], arena, &values[k], err)) {
            if (err != NULL && err->at.begin < 0)
                err->at = place;
            error_argument(err, "at");
            return NULL;
        }
    *count = (int)at->count;
    return values;
}

/* --- what the columns are to the model --------------------------------------------------------------- */

static const struct predictor *predictor_named(const struct job *job, const char *name)
{
    for (int k = 0; k < job->predictor_count; k++)
        if (strcmp(job->predictors[k].column->name, name) == 0)
            return &job->predictors[k];
    return NULL;
}

static bool groups_mention(const struct formula *formula, const char *name)
{
    for (int t = 0; t < formula->random_count; t++)
        for (int j = 0; j < formula->random[t].group_order; j++)
            if (grid_mentions(formula->random[t].group[j], name))
                return true;
    return false;
}

static bool is_of_group(const struct model *model, const char *name)
{
    bool found = groups_mention(model->formula, name);

    for (int k = 0; k < DESIGN_PARTS; k++)
        found = found || (model->design->part[k] != NULL && groups_mention(model->design->part[k]->formula, name));
    return found;
}

static bool refuse_name(const struct job *job, const char *name)
{
    const char *example = NULL;
    struct suggest suggest;

    fail(job->err, GLMM_E_NAME, job->at, "`%.60s` is no variable of %.60s", name, job->model->name);
    suggest_init(&suggest, name);
    for (size_t j = 0; j < job->data->column_count; j++) {
        const char *known = job->data->columns[j].name;

        if (predictor_named(job, known) == NULL && !is_of_group(job->model, known) && !predictor_is_of_offset(job->model, known))
            continue;
        suggest_offer(&suggest, known);
        example = example == NULL ? known : example;
    }
    if (!suggest_hint(&suggest, job->err) && example != NULL)
        error_hint(job->err, "for example `%.60s`", example);
    return false;
}

/* --- the values ------------------------------------------------------------------------------------------ */

static bool is_number(const struct column *column)
{
    return column_is_number(column) || column->type == COLUMN_DATE;
}

/* Whether the model's rows have the value, of a column of groups. */
static bool is_in_rows(const struct job *job, const struct column *column, const char *text)
{
    const struct design *design = job->model->design;
    char buffer[40];
    double number = 0;

    if (is_number(column) && !column_parse(column, text, &number))
        return false;
    for (size_t i = 0; i < design->n; i++) {
        if (column_missing(column, design->row[i]))
            continue;
        if (is_number(column) ? column_real(column, design->row[i]) == number
                              : strcmp(column_text(column, design->row[i], buffer), text) == 0)
            return true;
    }
    return false;
}

/* The levels that the model's rows have.  False when memory is out. */
static bool offer_levels(const struct job *job, const struct column *column, struct suggest *suggest)
{
    const struct design *design = job->model->design;
    bool *seen = NEW_ARRAY(bool, (size_t)column->level_count + 1);

    if (seen == NULL)
        return false;
    column_mark_levels(column, design->row, design->n, seen);
    for (int32_t l = 0; l < column->level_count; l++)
        if (seen[l])
            suggest_offer(suggest, column->levels[l]);
    mem_free(seen);
    return true;
}

/* No other name is near one that is a level of other rows. */
static bool refuse_level(const struct job *job, const struct column *column, const char *text)
{
    struct suggest suggest;
    bool elsewhere = false;

    fail(job->err, GLMM_E_NAME, job->at, "%.60s has no level `%.60s` in the rows of %.60s", column->name, text, job->model->name);
    suggest_init(&suggest, text);
    for (int32_t l = 0; column->type == COLUMN_FACTOR && l < column->level_count; l++)
        elsewhere = elsewhere || strcmp(column->levels[l], text) == 0;
    if (column->type == COLUMN_FACTOR && !elsewhere && !offer_levels(job, column, &suggest))
        return fail_memory(job->err);
    if (!suggest_hint_or(&suggest, "a new level: new=typical or new=population", job->err))
        error_hint(job->err, "new=typical takes its random effects for 0, new=population averages over them");
    return false;
}

static bool check_values(const struct job *job, const struct at_variable *v)
{
    const struct column *column = frame_find(job->data, v->name);
    const struct predictor *predictor = predictor_named(job, v->name);
    bool group = is_of_group(job->model, v->name);
    struct setting_value value;
    double number;

    if (column == NULL || (predictor == NULL && !group && !predictor_is_of_offset(job->model, v->name)))
        return refuse_name(job, v->name);
    for (size_t i = 0; i < v->count; i++) {
        const char *text = v->values[i];

        if (predictor != NULL && !predictor_value(predictor, text, job->arena, &value, job->err)) {
            job->err->at = job->at;
            return false;
        }
        if (predictor == NULL && group && !job->any_level && !is_in_rows(job, column, text))
            return refuse_level(job, column, text);
        if (is_number(column) && !column_parse(column, text, &number))
            return fail_no_number(job->err, job->at, column, text);
    }
    return true;
}

/* The code of a level in the copy's column; a new one is added. */
static bool code_of(struct column *column, const char *text, int32_t *code, struct glmm_error *err)
{
    size_t capacity = (size_t)column->level_count;
    void *levels = column->levels;

    for (*code = 0; *code < column->level_count; ++*code)
        if (strcmp(column->levels[*code], text) == 0)
            return true;
    if (!mem_grow(&levels, &capacity, (size_t)column->level_count + 1, sizeof(char *)))
        return fail_memory(err);
    column->levels = levels;
    if ((column->levels[column->level_count] = mem_strdup(text)) == NULL)
        return fail_memory(err);
    column->level_count++;
    return true;
}

/* Sets the i-th value of the variable in rows from, from + stride, ...: runs of `inner`. */
static bool set_value(const struct job *job, const struct at_variable *v, size_t i, size_t inner)
{
    struct frame *copy = job->out->frame;
    struct column *column = NULL;
    double number = 0;
    int32_t code = 0;
    bool ok = true;

    for (size_t j = 0; column == NULL; j++)
        if (strcmp(copy->columns[j].name, v->name) == 0)
            column = &copy->columns[j];
    if (column->type == COLUMN_FACTOR)
        ok = code_of(column, v->values[i], &code, job->err);
    else if (!column_parse(column, v->values[i], &number))
        number = strcmp(v->values[i], "TRUE") == 0;
    for (size_t row = i * inner; ok && row < copy->rows; row += inner * v->count) {
        if (column->type == COLUMN_FACTOR)
            grid_set_code(copy, v->name, row, inner, code);
        else
            ok = grid_set_number(copy, v->name, row, inner, number, job->err);
    }
    return ok;
}

/* All combinations, the last variable fastest. */
static bool make_frame(const struct job *job)
{
    const struct at *at = &job->out->at;
    size_t rows = 1, inner, *source;
    bool ok = true;

    for (int k = 0; k < at->count; k++) {
        rows *= at->variables[k].count;
        if (rows > GRID_ROWS_MOST)
            return fail(job->err, GLMM_E_LIMIT, job->at, "the grid has more than %d rows", (int)GRID_ROWS_MOST);
    }
    if ((source = NEW_ARRAY(size_t, rows + 1)) == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < rows; i++)
        source[i] = job->model->design->row[0];
    ok = (job->out->frame = grid_copy(job->data, source, rows, job->err)) != NULL;
    mem_free(source);
    inner = rows;
    for (int k = 0; ok && k < at->count; k++) {
        inner /= at->variables[k].count; /* NOLINT(clang-analyzer-core.DivideZero): a variable has a value at least */
        for (size_t i = 0; ok && i < at->variables[k].count; i++)
            ok = set_value(job, &at->variables[k], i, inner);
    }
    return ok;
}

/* --- what at= leaves open ---------------------------------------------------------------------------------- */

static bool hold_rest(const struct job *job)
{
    const struct frame *data = job->data;
    bool *held = arena_alloc(job->arena, data->column_count + 1, sizeof *held);
    bool *of_offset = arena_alloc(job->arena, data->column_count + 1, sizeof *of_offset);

    if (held == NULL || of_offset == NULL)
        return fail_memory(job->err);
    for (size_t j = 0; j < data->column_count; j++) {
        held[j] = at_find(&job->out->at, data->columns[j].name) != NULL;
        of_offset[j] = predictor_is_of_offset(job->model, data->columns[j].name);
    }
    return predictor_hold(job->model, true, data, held, of_offset, job->out->frame, job->arena, &job->out->held, job->err);
}

/* Whether at= has a value for each column of the term's groups. */
static bool names_groups(const struct job *job, const struct random_term *term)
{
    for (size_t c = 0; c < job->data->column_count; c++)
        for (int j = 0; j < term->group_order; j++)
            if (grid_mentions(term->group[j], job->data->columns[c].name)
                && at_find(&job->out->at, job->data->columns[c].name) == NULL)
                return false;
    return true;
}

/* The random terms of a predictor, whose entries of left_out begin at `first`. */
static bool look_at_terms(const struct job *job, const struct formula *formula, const struct design *design, int first)
{
    struct at_grid *out = job->out;

    for (int t = 0; t < formula->random_count; t++) {
        const char *group = formula->random[t].group_label;
        bool said = first > 0 && group_index(job->model->design, group) >= 0;

        out->left_out[first + t] = !names_groups(job, &formula->random[t]);
        out->named += !out->left_out[first + t];
        if (out->left_out[first + t] && is_first_of_group(design, t) && !said)
            out->unnamed = arena_printf(job->arena, "%s%s%s", out->unnamed, out->unnamed[0] == '\0' ? "" : ", ", group);
        if (out->unnamed == NULL)
            return fail_memory(job->err);
    }
    return true;
}

static bool look_at_groups(const struct job *job)
{
    const struct formula *formula = job->model->formula;
    const struct design *design = job->model->design;
    int count = design_term_count(design);
    struct at_grid *out = job->out;
    bool ok;

    out->left_out = arena_alloc(job->arena, (size_t)count + 1, sizeof *out->left_out);
    out->unnamed = "";
    if (out->left_out == NULL)
        return fail_memory(job->err);
    ok = look_at_terms(job, formula, design, 0);
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (design->part[k] != NULL && design->part[k]->random_count > 0)
            ok = ok && look_at_terms(job, design->part[k]->formula, design->part[k], design_first_term(design, k));
    return ok;
}

/* Levels that are numbers, as they would be written. */
static bool all_numbers(const struct at_variable *v)
{
    char buffer[40];
    double number;

    for (size_t i = 0; i < v->count; i++)
        if (!parse_number(v->values[i], strlen(v->values[i]), &number) || strcmp(number_as_r(number, buffer), v->values[i]) != 0)
            return false;
    return true;
}

bool at_grid_make(const struct model *model, const struct at *at, struct glmm_span place, bool any_level, struct arena *arena,
                  struct at_grid *out, struct glmm_error *err)
{
    struct job job = {
        .model = model, .data = model->frame, .any_level = any_level, .at = place, .arena = arena, .out = out, .err = err
    };
    bool ok;

    *out = (struct at_grid){ .at = *at, .held = "", .unnamed = "" };
    if ((job.predictors = predictor_all_parts(model, arena, &job.predictor_count, err)) == NULL)
        return false;
    out->numeric = arena_alloc(arena, (size_t)at->count + 1, sizeof *out->numeric);
    ok = out->numeric != NULL || fail_memory(err);
    for (int k = 0; ok && k < at->count; k++) {
        ok = check_values(&job, &at->variables[k]);
        if (ok)
            out->numeric[k] = column_is_number(frame_find(job.data, at->variables[k].name)) || all_numbers(&at->variables[k]);
    }
    return ok && make_frame(&job) && hold_rest(&job) && look_at_groups(&job);
}

void at_grid_clear(struct at_grid *grid)
{
    frame_free(grid->frame);
    grid->frame = NULL;
}
