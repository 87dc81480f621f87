/* predictor-values.c -- the values of a variable in the rows of a model, and how each is called; see predictor.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "data/date.h"
#include "infer/predictor-private.h"

enum { FEW_VALUES = 6, QUARTILES = 5 };

static const double CANCELLED = 1e-9; /* of the size of what was added: a mean that is 0 but for rounding */

/* From the lowest to the highest of a column in the model's rows. */
static double range_in_rows(const struct predictor *p)
{
    const struct design *design = p->model->design;
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < design->n; i++) {
        double x = column_real(p->column, design->row[i]);

        low = isfinite(x) ? fmin(low, x) : low;
        high = isfinite(x) ? fmax(high, x) : high;
    }
    return high - low;
}

const char *predictor_number_label(char buffer[NUMBER_SIZE], double number, double range)
{
    static const double SEEN = 1e-3; /* of the range */
    const char *text = number_text(buffer, number, 4);

    if (!(range > 0) || !isfinite(range) || fabs(strtod(text, NULL) - number) <= SEEN * range)
        return text;
    number_with_error(buffer, number, range, 4, 4);
    if (strchr(buffer, '.') != NULL && strchr(buffer, 'e') == NULL)
        for (size_t end = strlen(buffer); buffer[end - 1] == '0' || buffer[end - 1] == '.'; end--) {
            bool last = buffer[end - 1] == '.';

            buffer[end - 1] = '\0';
            if (last)
                break;
        }
    return buffer;
}

/* A date is called by its day. */
static struct setting_value value_of_number(const struct column *column, double number, double range, struct arena *arena)
{
    char buffer[NUMBER_SIZE];

    if (column->type == COLUMN_DATE && number == floor(number))
        return (struct setting_value){ .label = arena_strdup(arena, date_text((int32_t)number, buffer)), .number = number };

    return (struct setting_value){ .label = arena_strdup(arena, predictor_number_label(buffer, number, range)),
                                   .number = number };
}

double predictor_mean(const struct predictor *p)
{
    const struct design *design = p->model->design;
    double mean = 0, total = 0;

    for (size_t i = 0; i < design->n; i++) {
        double trials = design->trials == NULL ? 1 : design->trials[i];

        total += trials;
        mean += total > 0 ? trials * (column_real(p->column, design->row[i]) - mean) / total : 0;
    }
    return mean;
}

struct setting_value *predictor_mean_value(const struct predictor *p, struct arena *arena, int *count, struct glmm_error *err)
{
    const struct design *design = p->model->design;
    struct setting_value *value = arena_alloc(arena, 1, sizeof *value);
    double mean = predictor_mean(p), size = 0;

    for (size_t i = 0; i < design->n; i++)
        size = fmax(size, fabs(column_real(p->column, design->row[i])));
    mean = fabs(mean) < CANCELLED * size ? 0 : mean;
    if (value != NULL)
        *value = value_of_number(p->column, p->column->type == COLUMN_DATE ? round(mean) : mean, range_in_rows(p), arena);
    if (value == NULL || value->label == NULL) {
        fail_memory(err);
        return NULL;
    }
    *count = 1;
    return value;
}

/* Levels of a factor that occur in the model's rows. */
static struct setting_value *values_of_factor(const struct predictor *p, struct arena *arena, int *count)
{
    const struct column *column = p->column;
    struct setting_value *values = arena_alloc(arena, (size_t)column->level_count + 1, sizeof *values);
    bool *occurs = arena_alloc(arena, (size_t)column->level_count + 1, sizeof *occurs);

    if (values == NULL || occurs == NULL)
        return NULL;
    column_mark_levels(column, p->model->design->row, p->model->design->n, occurs);
    for (int32_t l = 0; l < column->level_count; l++)
        if (occurs[l])
            values[(*count)++] = (struct setting_value){ .label = arena_strdup(arena, column->levels[l]), .code = l };
    return values;
}

static int compare_counted(const void *a, const void *b)
{
    double x = ((const struct counted *)a)->x, y = ((const struct counted *)b)->x;

    return (x > y) - (x < y);
}

struct counted *predictor_numbers(const struct predictor *p, const struct column *column, size_t *count)
{
    const struct design *design = p->model->design;
    struct counted *all = NEW_ARRAY(struct counted, design->n + 1);
    size_t n = 0, distinct = 0;

    for (size_t i = 0; all != NULL && i < design->n; i++) {
        double x = column_real(column, design->row[i]);

        if (isfinite(x))
            all[n++] = (struct counted){ x, design->trials == NULL ? 1 : design->trials[i] };
    }
    if (n > 0)
        qsort(all, n, sizeof *all, compare_counted);
    for (size_t i = 0; i < n; i++) {
        if (distinct > 0 && all[distinct - 1].x == all[i].x)
            all[distinct - 1].trials += all[i].trials;
        else
            all[distinct++] = all[i];
    }
    *count = distinct;
    return all;
}

/* The observation at place `at` (from 0) of all of them in order. */
static double number_at(const struct counted *x, size_t count, double at)
{
    double before = 0;

    for (size_t i = 0; i < count; i++) {
        before += x[i].trials;
        if (at < before)
            return x[i].x;
    }
    return count == 0 ? (double)NAN : x[count - 1].x;
}

/* R's type 7, as if each trial were a row. */
static double counted_quantile(const struct counted *x, size_t count, double p)
{
    double total = 0, at, low;

    for (size_t i = 0; i < count; i++)
        total += x[i].trials;
    at = p * fmax(total - 1, 0);
    low = number_at(x, count, floor(at));
    return low + (at - floor(at)) * (number_at(x, count, floor(at) + 1) - low);
}

double predictor_numbers_mean(const struct counted *x, size_t count)
{
    double mean = 0, total = 0;

    for (size_t i = 0; i < count; i++) {
        total += x[i].trials;
        mean += x[i].trials / total * (x[i].x - mean);
    }
    return count == 0 ? (double)NAN : mean;
}

static struct setting_value *values_of_number(const struct predictor *p, struct arena *arena, int *count)
{
    size_t distinct;
    struct counted *x = predictor_numbers(p, p->column, &distinct);
    struct setting_value *values;

    values = x == NULL ? NULL : arena_alloc(arena, (p->coded ? distinct : FEW_VALUES) + 1, sizeof *values);
    if (values != NULL && (p->coded || distinct <= FEW_VALUES)) {
        for (size_t i = 0; i < distinct; i++)
            values[(*count)++] = value_of_number(p->column, x[i].x, x[distinct - 1].x - x[0].x, arena);
    } else if (values != NULL) {
        for (int q = 0; q < QUARTILES; q++) {
            double at = counted_quantile(x, distinct, q / (double)(QUARTILES - 1));

            if (p->column->type == COLUMN_DATE)
                at = floor(at);
            if (*count == 0 || values[*count - 1].number != at)
                values[(*count)++] = value_of_number(p->column, at, x[distinct - 1].x - x[0].x, arena);
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

struct setting_value *predictor_values_shown(const struct predictor *p, struct arena *arena, int *count, struct glmm_error *err)
{
    struct predictor shown = *p;

    shown.coded = p->coded && !p->grouped;
    return predictor_values(&shown, arena, count, err);
}

int predictor_reference(const struct predictor *p, const struct setting_value *values, int count)
{
    for (int k = 0; k < count && p->column->type == COLUMN_FACTOR; k++)
        if (values[k].code == p->column->reference)
            return k;
    return 0;
}

bool fail_no_number(struct glmm_error *err, struct glmm_span at, const struct column *column, const char *text)
{
    char several[60];
    size_t length = strlen(text);

    fail(err, GLMM_E_VALUE, at, "`%.60s` is no %s; %.60s is one", text, column->type == COLUMN_DATE ? "date" : "number",
         column->name);
    if (column->type == COLUMN_DATE || length >= sizeof several || strchr(text, ' ') == NULL
        || strspn(text, "0123456789+-.eE ") != length)
        return false;
    for (size_t c = 0; c <= length; c++)
        several[c] = (char)(text[c] == ' ' ? ',' : text[c]);
    error_hint(err, "values stand between commas: `%.60s=%s`", column->name, several);
    return false;
}

bool predictor_value(const struct predictor *p, const char *text, struct arena *arena, struct setting_value *value,
                     struct glmm_error *err)
{
    struct setting_value *known;
    struct suggest suggest;
    double number;
    int count;

    if (!p->coded || p->grouped) {
        if (!column_parse(p->column, text, &number) || !isfinite(number))
            return fail_no_number(err, NOWHERE, p->column, text);
        *value = value_of_number(p->column, number, range_in_rows(p), arena);
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
        return grid_set_number(copy, p->column->name, from, count, value->number, err);
    grid_set_code(copy, p->column->name, from, count, value->code);
    return true;
}

bool predictor_rows(const struct predictor *p, const struct frame *copy, struct grid_rows *out,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    return grid_rows_make(p->model->design, p->model->formula, copy, out, progress, err);
}
