/* table.c -- tables of a result: see result.h.
 *
 * The columns are fixed before the first row; then the cells are one row-major array, which grows by doubling inside the
 * arena.  A NULL or failed table takes every call and does nothing. */
#include "result/result.h"

#include <stdint.h>
#include <math.h>
#include <string.h>

#include "result/table.h"

enum { FIRST_ROWS = 16, FIRST_COLUMNS = 8 };

struct table *table_new(struct arena *arena, const char *key, const char *title)
{
    struct table *table = arena_alloc(arena, 1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->arena = arena;
    table->key = key == NULL ? NULL : arena_strdup(arena, key);
    table->title = title == NULL ? NULL : arena_strdup(arena, title);
    if ((key != NULL && table->key == NULL) || (title != NULL && table->title == NULL))
        table->failed = true;
    return table;
}

/* A copy in the table's arena; NULL of NULL. */
static const char *copy(struct table *table, const char *text)
{
    char *made;

    if (text == NULL)
        return NULL;
    made = arena_strdup(table->arena, text);
    if (made == NULL)
        table->failed = true;
    return made;
}

/* An array of the arena that is to hold `need` items: grown by doubling, with what it held. */
static void *grow(struct arena *arena, const void *items, size_t count, size_t *capacity, size_t need, size_t first, size_t size)
{
    size_t wanted = *capacity == 0 ? first : *capacity;
    void *grown;

    while (wanted < need) {
        if (wanted > SIZE_MAX / 2)
            return NULL;
        wanted *= 2;
    }
    grown = arena_alloc(arena, wanted, size);
    if (grown == NULL)
        return NULL;
    if (count > 0)
        memcpy(grown, items, count * size);
    *capacity = wanted;
    return grown;
}

static size_t add_column(struct table *table, const char *key, const char *key2, const char *heading, enum cell_kind kind)
{
    struct table_column *column;

    if (table == NULL || table->failed)
        return 0;
    if (table->row_count > 0) { /* too late: the cells are laid out */
        table->failed = true;
        return 0;
    }
    if (table->column_count == table->column_capacity) {
        column = grow(table->arena, table->columns, table->column_count, &table->column_capacity, table->column_count + 1,
                      FIRST_COLUMNS, sizeof *column);
        if (column == NULL) {
            table->failed = true;
            return 0;
        }
        table->columns = column;
    }
    column = &table->columns[table->column_count];
    column->key = copy(table, key);
    column->key2 = copy(table, key2);
    column->heading = copy(table, heading);
    column->kind = kind;
    column->decimals = -1;
    column->error = column->within = column->like = -1;
    if (kind == CELL_VALUE)
        column->flags |= COLUMN_NOT_TEXT;
    return table->column_count++;
}

size_t table_column(struct table *table, const char *key, const char *heading, enum cell_kind kind)
{
    return add_column(table, key, NULL, heading, kind);
}

size_t table_interval(struct table *table, const char *lower_key, const char *upper_key, const char *heading)
{
    return add_column(table, lower_key, upper_key, heading, CELL_INTERVAL);
}

void table_flags(struct table *table, size_t column, unsigned flags)
{
    if (table != NULL && column < table->column_count)
        table->columns[column].flags |= flags;
}

void table_show_rows(struct table *table, size_t rows)
{
    if (table != NULL)
        table->show_rows = rows;
}

void table_decimals(struct table *table, size_t column, int decimals)
{
    if (table != NULL && column < table->column_count)
        table->columns[column].decimals = decimals;
}

void table_decimals_below(struct table *table, size_t column, int decimals, double most)
{
    table_decimals(table, column, decimals);
    if (table != NULL && column < table->column_count)
        table->columns[column].most = most;
}

void table_digits(struct table *table, size_t column, int digits)
{
    if (table != NULL && column < table->column_count)
        table->columns[column].digits = digits;
}

void table_same_decimals(struct table *table, size_t column, size_t other)
{
    if (table == NULL || column >= table->column_count || other >= table->column_count)
        return;
    table->columns[column].like = (int)other;
    table->columns[other].like = (int)column;
}

void table_error(struct table *table, size_t column, size_t error)
{
    if (table != NULL && column < table->column_count && error < table->column_count)
        table->columns[column].error = (int)error;
}

void table_within(struct table *table, size_t column, size_t interval)
{
    if (table != NULL && column < table->column_count && interval < table->column_count)
        table->columns[column].within = (int)interval;
}

void table_derives(struct table *table, size_t column, const struct derivation *derivation, unsigned derived)
{
    if (table == NULL || column >= table->column_count)
        return;
    table->columns[column].derivation = derivation;
    table->columns[column].derived = derived;
}

void table_csv_name(struct table *table, const char *name)
{
    if (table != NULL)
        table->csv_name = copy(table, name);
}

size_t table_row(struct table *table)
{
    size_t columns, capacity;
    struct cell *cells;
    unsigned char *indent;
    signed char *decimals;

    if (table == NULL || table->failed)
        return 0;
    columns = table->column_count;
    if (table->row_count == table->row_capacity) {
        size_t row_bytes, again = table->row_capacity;

        capacity = table->row_capacity;
        decimals = grow(table->arena, table->decimals, table->row_count, &again, table->row_count + 1, FIRST_ROWS, 1);
        indent = grow(table->arena, table->indent, table->row_count, &capacity, table->row_count + 1, FIRST_ROWS, 1);
        if (indent == NULL || decimals == NULL || __builtin_mul_overflow(columns, sizeof *cells, &row_bytes)
            || (cells = arena_alloc(table->arena, capacity, row_bytes)) == NULL) {
            table->failed = true;
            return 0;
        }
        if (table->row_count > 0)
            memcpy(cells, table->cells, table->row_count * row_bytes);
        table->cells = cells;
        table->indent = indent;
        table->decimals = decimals;
        table->row_capacity = capacity;
    }
    table->decimals[table->row_count] = -1;
    return table->row_count++;
}

void table_row_decimals(struct table *table, size_t row, int decimals)
{
    if (table != NULL && row < table->row_count)
        table->decimals[row] = (signed char)decimals;
}

void table_indent(struct table *table, size_t row, int levels)
{
    if (table != NULL && row < table->row_count)
        table->indent[row] = (unsigned char)levels;
}

static struct cell *cell_at(struct table *table, size_t row, size_t column)
{
    if (table == NULL || row >= table->row_count || column >= table->column_count)
        return NULL;
    return &table->cells[row * table->column_count + column];
}

void table_text(struct table *table, size_t row, size_t column, const char *text)
{
    struct cell *cell = cell_at(table, row, column);

    if (cell == NULL || text == NULL)
        return;
    cell->as.text = copy(table, text);
    cell->state = cell->as.text == NULL ? CELL_EMPTY : CELL_SET;
}

void table_integer(struct table *table, size_t row, size_t column, long long integer)
{
    struct cell *cell = cell_at(table, row, column);

    if (cell == NULL)
        return;
    cell->as.integer = integer;
    cell->state = CELL_SET;
}

void table_real(struct table *table, size_t row, size_t column, double real)
{
    struct cell *cell = cell_at(table, row, column);

    if (cell == NULL)
        return;
    cell->as.real = real;
    cell->state = CELL_SET;
}

void table_pair(struct table *table, size_t row, size_t column, double lower, double upper)
{
    struct cell *cell = cell_at(table, row, column);

    if (cell == NULL)
        return;
    cell->as.pair[0] = lower;
    cell->as.pair[1] = upper;
    cell->state = CELL_SET;
}

void table_none(struct table *table, size_t row, size_t column)
{
    struct cell *cell = cell_at(table, row, column);

    if (cell != NULL)
        cell->state = CELL_NONE;
}

void table_value(struct table *table, size_t row, size_t column, struct value *value)
{
    struct cell *cell = cell_at(table, row, column);

    if (cell == NULL)
        return;
    if (value == NULL) {
        table->failed = true;
        return;
    }
    cell->as.value = value;
    cell->state = CELL_SET;
}

static bool has_none(const struct table *table)
{
    for (size_t row = 0; row < table->row_count; row++)
        for (size_t column = 0; column < table->column_count; column++)
            if (table_cell(table, row, column)->state == CELL_NONE
                && !(table->columns[column].flags & (COLUMN_NOT_TEXT | COLUMN_CSV)))
                return true;
    return false;
}

bool result_has_none(const struct result *result)
{
    for (const struct item *item = result->first; item != NULL; item = item->next)
        if (item->kind == ITEM_TABLE && has_none(item->as.table))
            return true;
    return false;
}

const struct cell *table_cell(const struct table *table, size_t row, size_t column)
{
    if (table == NULL || row >= table->row_count || column >= table->column_count)
        return NULL;
    return &table->cells[row * table->column_count + column];
}
