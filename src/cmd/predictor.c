/* predictor.c -- see predictor.h. */
#include "cmd/predictor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/plots/sample.h"
#include "lang/suggest.h"
#include "result/number.h"

enum { FEW_VALUES = 6, QUARTILES = 5 };

/* --- which variable --------------------------------------------------------------------------- */

struct search {
    struct predictor *predictor;
    const char *name;           /* NULL: the first number */
    struct suggest *suggest;    /* NULL, or offered each name, once */
    bool *offered;              /* one a column of the frame */
    const struct column *first; /* the first variable of any kind */
    bool found, failed;
    struct glmm_error *err;
};

static bool is_number(const struct column *column)
{
    return column->type == COLUMN_REAL || column->type == COLUMN_INTEGER;
}

/* Whether the expression makes a factor of the column in it, as factor(x) does; of factor(x > 3) x stays a number. */
static bool makes_factor(const struct expr *x, const struct frame *frame, struct glmm_error *err)
{
    const struct expr *inside = x->kind == EXPR_CALL ? x->arguments : NULL;
    struct column *column;
    bool factor;

    if (inside == NULL || inside->kind != EXPR_NAME || expr_is_formula_function(x->text)
        || (column = expr_column(x, frame, err)) == NULL)
        return false;
    factor = column->type == COLUMN_FACTOR;
    column_free(column);
    return factor;
}

/* Is the wanted variable in this expression? */
static bool look(void *context, const struct expr *x)
{
    struct search *s = context;
    const struct frame *frame = s->predictor->frame;

    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        bool coded;

        if (!scenario_mentions(x, column->name))
            continue;
        if (s->suggest != NULL && !s->offered[j])
            suggest_offer(s->suggest, column->name);
        if (s->suggest != NULL)
            s->offered[j] = true;
        coded = !is_number(column) || makes_factor(x, frame, s->err);
        if (s->err != NULL && s->err->code != 0)
            return false;
        s->first = s->first == NULL ? column : s->first;
        if (s->name == NULL ? coded || s->found : strcmp(s->name, column->name) != 0)
            continue;
        s->predictor->coded = s->predictor->coded || coded;
        s->predictor->column = column;
        s->found = true;
    }
    return true;
}

static const struct frame *data_of(struct session *session, const struct model *model, struct glmm_error *err)
{
    const struct frame *frame = session_find_data(session, model->data_name);

    if (frame == NULL) {
        fail(err, GLMM_E_STATE, NOWHERE, "the data of %.60s, `%.60s`, are not loaded any more", model->name, model->data_name);
        error_hint(err, "load them again");
    }
    return frame;
}

/* A variable of the formula that the data do not have any more. */
static bool is_gone(void *context, const struct expr *x)
{
    return !scenario_mentions(x, context);
}

static bool predictor_begin(struct predictor *predictor, struct session *session, const struct model *model,
                            struct glmm_error *err)
{
    *predictor = (struct predictor){ .model = model, .frame = data_of(session, model, err) };
    return predictor->frame != NULL;
}

/* The variable inside `factor(x)`, or the word itself. */
static const char *plain_name(const struct word *word, struct arena *arena)
{
    const char *open = strchr(word->text, '('), *end = open == NULL ? NULL : open + 1 + strcspn(open + 1, " ,()");

    return open == NULL || word->quoted || *end != ')' || end[1] != '\0'
               ? word->text
               : arena_strndup(arena, open + 1, (size_t)(end - open - 1));
}

bool predictor_find(struct predictor *predictor, struct session *session, const struct model *model, const struct word *word,
                    struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct suggest suggest;
    struct search search = { .predictor = predictor, .suggest = &suggest, .err = err };
    bool ok = predictor_begin(predictor, session, model, err);

    if (ok && arena != NULL) {
        search.name = plain_name(word, arena);
        search.offered = arena_alloc(arena, predictor->frame->column_count, sizeof *search.offered);
    }
    if (ok && (search.name == NULL || search.offered == NULL))
        ok = fail_memory(err);
    if (ok) {
        suggest_init(&suggest, search.name);
        ok = scenario_each_variable(model->formula, look, &search);
        if (ok && !search.found && !scenario_each_variable(model->formula, is_gone, (void *)search.name)) {
            suggest_hint(&suggest, NULL);
            ok = fail(err, GLMM_E_STATE, word->at, "the data of %.60s have changed: %.60s has no `%.60s` any more", model->name,
                      model->data_name, search.name);
        } else if (ok && !search.found) {
            ok = fail(err, GLMM_E_NAME, word->at, "`%.60s` is no predictor of %.60s", word->text, model->name);
            if (!suggest_hint(&suggest, err) && search.first != NULL)
                error_hint(err, "for example `%.60s`", search.first->name);
        } else {
            suggest_hint(&suggest, NULL);
        }
    }
    arena_free(arena);
    return ok;
}

bool predictor_first(struct predictor *predictor, struct session *session, const struct model *model, struct glmm_error *err)
{
    struct search search = { .predictor = predictor, .err = err };

    if (!predictor_begin(predictor, session, model, err) || !scenario_each_variable(model->formula, look, &search))
        return false;
    if (!search.found && search.first == NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no predictor", model->name);
    if (!search.found) {
        search.name = search.first->name;
        return scenario_each_variable(model->formula, look, &search);
    }
    return true;
}

/* --- its values ------------------------------------------------------------------------------- */

static struct setting_value value_of_number(double number, struct arena *arena)
{
    char buffer[NUMBER_SIZE];

    return (struct setting_value){ .label = arena_strdup(arena, number_text(buffer, number, 4)), .number = number };
}

/* Levels of a factor that occur in the model's rows. */
static struct setting_value *values_of_factor(const struct predictor *p, struct arena *arena, int *count)
{
    const struct column *column = p->column;
    struct setting_value *values = arena_alloc(arena, (size_t)column->level_count + 1, sizeof *values);
    bool *occurs = arena_alloc(arena, (size_t)column->level_count + 1, sizeof *occurs);

    if (values == NULL || occurs == NULL)
        return NULL;
    for (size_t i = 0; i < p->model->design->n; i++)
        if (p->model->design->row[i] < p->frame->rows && column->as.code[p->model->design->row[i]] >= 0)
            occurs[column->as.code[p->model->design->row[i]]] = true;
    for (int32_t l = 0; l < column->level_count; l++)
        if (occurs[l])
            values[(*count)++] = (struct setting_value){ .label = arena_strdup(arena, column->levels[l]), .code = l };
    return values;
}

/* The model's rows of a column of numbers, sorted; new (mem_free). */
static double *sorted_numbers(const struct predictor *p, const struct column *column, size_t *count)
{
    const struct design *design = p->model->design;
    double *x = NEW_ARRAY(double, design->n);

    for (size_t i = 0; x != NULL && i < design->n; i++)
        x[i] = design->row[i] < p->frame->rows ? column_real(column, design->row[i]) : (double)NAN;
    *count = x == NULL ? 0 : sample_sort(x, design->n);
    return x;
}

static struct setting_value *values_of_number(const struct predictor *p, struct arena *arena, int *count)
{
    size_t n, distinct = 0;
    double *x = sorted_numbers(p, p->column, &n);
    struct setting_value *values;

    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || x[i] != x[i - 1];
    values = x == NULL ? NULL : arena_alloc(arena, (p->coded ? distinct : FEW_VALUES) + 1, sizeof *values);
    if (values != NULL && (p->coded || distinct <= FEW_VALUES)) {
        for (size_t i = 0; i < n; i++)
            if (i == 0 || x[i] != x[i - 1])
                values[(*count)++] = value_of_number(x[i], arena);
    } else if (values != NULL) {
        for (int q = 0; q < QUARTILES; q++) {
            double at = sample_quantile(x, n, q / (double)(QUARTILES - 1));

            if (*count == 0 || values[*count - 1].number != at)
                values[(*count)++] = value_of_number(at, arena);
        }
    }
    mem_free(x);
    return values;
}

static struct setting_value *values_of_logical(struct arena *arena, int *count)
{
    struct setting_value *values = arena_alloc(arena, 2, sizeof *values);

    if (values == NULL)
        return NULL;
    values[0] = (struct setting_value){ .label = "FALSE", .number = 0 };
    values[1] = (struct setting_value){ .label = "TRUE", .number = 1 };
    *count = 2;
    return values;
}

struct setting_value *predictor_values(const struct predictor *p, struct arena *arena, int *count, struct glmm_error *err)
{
    struct setting_value *values;

    *count = 0;
    values = p->column->type == COLUMN_FACTOR    ? values_of_factor(p, arena, count)
             : p->column->type == COLUMN_LOGICAL ? values_of_logical(arena, count)
                                                 : values_of_number(p, arena, count);
    if (values == NULL || arena_failed(arena)) {
        fail_memory(err);
        return NULL;
    }
    return values;
}

bool predictor_value(const struct predictor *p, const char *text, struct arena *arena, struct setting_value *value,
                     struct glmm_error *err)
{
    struct setting_value *known;
    struct suggest suggest;
    double number;
    int count;

    if (!p->coded) {
        if (!parse_number(text, strlen(text), &number) || !isfinite(number))
            return fail(err, GLMM_E_VALUE, NOWHERE, "`%.60s` is no number; %.60s is one", text, p->column->name);
        *value = value_of_number(number, arena);
        return value->label != NULL || fail_memory(err);
    }
    if ((known = predictor_values(p, arena, &count, err)) == NULL)
        return false;
    for (int k = 0; k < count; k++)
        if (strcmp(known[k].label, text) == 0) {
            *value = known[k];
            return true;
        }
    fail(err, GLMM_E_NAME, NOWHERE, "%.60s has no level `%.60s` in the rows of %.60s", p->column->name, text, p->model->name);
    suggest_init(&suggest, text);
    for (int k = 0; k < count; k++)
        suggest_offer(&suggest, known[k].label);
    suggest_hint(&suggest, err);
    return false;
}

bool predictor_set(const struct predictor *p, struct frame *copy, size_t from, size_t count, const struct setting_value *value,
                   struct glmm_error *err)
{
    if (p->column->type != COLUMN_FACTOR)
        return scenario_set_number(copy, p->column->name, from, count, value->number, err);
    scenario_set_code(copy, p->column->name, from, count, value->code);
    return true;
}

struct scenario_model predictor_scenario(const struct predictor *p)
{
    return (struct scenario_model){
        .design = p->model->design, .formula = p->model->formula, .offset = p->model->offset, .frame = p->frame
    };
}

/* --- the others ------------------------------------------------------------------------------- */

struct holding {
    const struct predictor *predictor;
    struct frame *copy;
    struct arena *arena;
    struct text said;
    bool *done; /* one a column of the frame */
    struct glmm_error *err;
};

/* Of a column whose expression makes a factor, or of a logical: the value of the lowest level. */
static bool hold_lowest(struct holding *h, const struct column *column)
{
    struct predictor other = { h->predictor->model, h->predictor->frame, column, true };
    int count, reference = 0;
    struct setting_value *values = predictor_values(&other, h->arena, &count, h->err);

    if (values == NULL)
        return false;
    for (int k = 0; column->type == COLUMN_FACTOR && k < count; k++)
        reference = values[k].code == column->reference ? k : reference;
    if (count == 0)
        return true;
    text_addf(&h->said, "%s%s = %s", h->said.length > 0 ? ", " : "", column->name, values[reference].label);
    return predictor_set(&other, h->copy, 0, h->copy->rows, &values[reference], h->err);
}

static bool hold_mean(struct holding *h, const struct column *column)
{
    char buffer[NUMBER_SIZE];
    size_t n;
    double *x = sorted_numbers(h->predictor, column, &n), mean = x == NULL ? 0 : sample_mean(x, n);

    mem_free(x);
    if (x == NULL)
        return fail_memory(h->err);
    text_addf(&h->said, "%s%s = %s", h->said.length > 0 ? ", " : "", column->name, number_text(buffer, mean, 4));
    return scenario_set_number(h->copy, column->name, 0, h->copy->rows, mean, h->err);
}

static bool hold(void *context, const struct expr *x)
{
    struct holding *h = context;
    const struct frame *frame = h->predictor->frame;

    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        bool coded;

        if (h->done[j] || column == h->predictor->column || !scenario_mentions(x, column->name))
            continue;
        h->done[j] = true;
        coded = !is_number(column) || makes_factor(x, frame, h->err);
        if ((h->err != NULL && h->err->code != 0) || !(coded ? hold_lowest(h, column) : hold_mean(h, column)))
            return false;
    }
    return true;
}

bool predictor_hold_others(const struct predictor *predictor, struct frame *copy, struct arena *arena, const char **described,
                           struct glmm_error *err)
{
    struct holding h = { .predictor = predictor, .copy = copy, .arena = arena, .err = err };
    bool ok;

    h.done = arena_alloc(arena, predictor->frame->column_count, sizeof *h.done);
    ok = (h.done != NULL || fail_memory(err)) && scenario_each_variable(predictor->model->formula, hold, &h);
    if (ok && (h.said.failed || (*described = arena_strdup(arena, text_string(&h.said))) == NULL))
        ok = fail_memory(err);
    text_clear(&h.said);
    return ok;
}
