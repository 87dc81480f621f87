/* tables.c -- see tables.h. */
#include "report/tables.h"

#include <math.h>

#include "infer/parameter.h"
#include "result/number.h"
#include "result/value.h"

int fitting_decimals(const double *values, const double *errors, size_t count, int digits)
{
    double largest = 0, sum = 0, finite = 0;
    int decimals = 0, needed;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            largest = fmax(largest, fabs(values[i]));
        if (isfinite(errors[i]) && errors[i] > 0) {
            sum += errors[i];
            finite++;
        }
    }
    if (finite > 0) /* estimates that are nothing beside their errors have no digits of their own: 1e-17 is 0 */
        largest = fmax(largest, 0.1 * sum / finite);
    if (largest > 0)
        decimals = digits - 1 - (int)floor(log10(number_sound(largest)));
    if (finite > 0) {
        needed = 1 - (int)floor(log10(number_sound(sum / finite)));
        decimals = needed > decimals ? needed : decimals;
    }
    return decimals < 0 ? 0 : decimals > 12 ? 12 : decimals;
}

/* An error so small beside the largest value is what rounding left of none. */
#define ROUNDED_ERROR 1e-12

int fitting_decimals_or_own(const double *values, const double *errors, size_t count, int digits)
{
    int decimals = fitting_decimals(values, errors, count, digits);
    double largest = 0, size = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            largest = fmax(largest, fabs(values[i]));
            size = fmax(size, fmax(fabs(values[i]), errors[i]));
        }
    if (size > 0 && size < TINY_COLUMN)
        return DECIMALS_OWN;
    for (size_t i = 0; i < count; i++)
        if (isfinite(errors[i]) && errors[i] > ROUNDED_ERROR * largest && -(int)floor(log10(number_sound(errors[i]))) > decimals)
            return DECIMALS_OWN;
    return decimals;
}

void table_estimate_decimals(struct table *table, struct estimate_columns columns, int decimals)
{
    table_decimals(table, columns.estimate, decimals);
    table_decimals(table, columns.se, decimals);
    table_decimals(table, columns.interval, decimals);
    if (decimals != DECIMALS_OWN)
        return;
    table_error(table, columns.estimate, columns.se);
    table_error(table, columns.interval, columns.se);
}

/* Larger numbers have no decimals of their row. */
#define ROW_MOST 1e9

void table_row_of_interval(struct table *table, size_t row, double lower, double upper)
{
    static const double narrow = 0.01; /* of the larger end: of four digits two are left */
    double width = upper - lower, size = fmax(fabs(lower), fabs(upper));
    int decimals;

    if (!(size < ROW_MOST) || !(width > ROUNDED_ERROR * size) || width > narrow * size)
        return;
    decimals = 2 - (int)floor(log10(number_sound(width)));
    table_row_decimals(table, row, decimals < 0 ? 0 : decimals);
}

void table_statistic(struct table *table, size_t column, int decimals)
{
    table_decimals_below(table, column, decimals, 1e4);
}

void table_real_known(struct table *table, size_t row, size_t column, double real)
{
    if (isnan(real))
        table_none(table, row, column);
    else
        table_real(table, row, column, real);
}

void table_pair_known(struct table *table, size_t row, size_t column, double lower, double upper)
{
    if (isnan(lower) || isnan(upper))
        table_none(table, row, column);
    else
        table_pair(table, row, column, lower, upper);
}

struct value *value_real_known(struct arena *arena, double real)
{
    return isnan(real) ? value_null(arena) : value_real(arena, real);
}

void result_real_known(struct result *result, const char *key, double real)
{
    if (isnan(real))
        result_null(result, key);
    else
        result_real(result, key, real);
}

struct value *value_reals_known(struct arena *arena, const double *items, size_t count)
{
    struct value *array = value_array(arena);

    for (size_t i = 0; i < count; i++)
        value_append(array, value_real_known(arena, items[i]));
    return array;
}

struct value *value_matrix_known(struct arena *arena, const double *items, size_t rows, size_t columns)
{
    struct value *matrix = value_array(arena);

    for (size_t i = 0; i < rows; i++) {
        struct value *row = value_append(matrix, value_array(arena));

        for (size_t j = 0; j < columns; j++)
            value_append(row, value_real_known(arena, items[i + j * rows]));
    }
    return matrix;
}

void estimate_columns(struct table *table, size_t *term, size_t *estimate, size_t *se)
{
    *term = table_column(table, "term", NULL, CELL_TEXT);
    *estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    *se = table_column(table, "se", "Std.Err.", CELL_REAL);
}

void parameter_columns(struct table *table, struct parameter_columns *c)
{
    c->name = table_column(table, NULL, NULL, CELL_TEXT);
    c->kind = table_column(table, "kind", NULL, CELL_TEXT);
    c->group = table_column(table, "group", NULL, CELL_TEXT);
    c->term = table_column(table, "term", NULL, CELL_TEXT);
    c->term2 = table_column(table, "term2", NULL, CELL_TEXT);
    for (size_t j = c->kind; j <= c->term2; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
}

void parameter_cells(struct table *table, size_t row, const struct parameter_columns *c, const struct parameter *parameter,
                     struct arena *arena)
{
    table_text(table, row, c->name, parameter_words(parameter, arena));
    table_text(table, row, c->kind, parameter_kind_name(parameter->kind));
    table_text(table, row, c->group, parameter->group);
    table_text(table, row, c->term, parameter->name);
    table_text(table, row, c->term2, parameter->other);
}

bool emit(struct session *session, struct result *result, struct glmm_error *err)
{
    if (result == NULL)
        return fail_memory(err);
    if (!result_ok(result)) {
        result_free(result);
        return fail_memory(err);
    }
    return session_emit(session, result, err);
}
