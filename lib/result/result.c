/* result.c -- results: the list of items, their fields and lines.  Tables are in table.c, plots in plot.c. */
#include "result/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/safe.h"

#include "base/memory.h"
#include "result/table.h"

struct result *result_new(const char *command)
{
    struct result *result = NEW(struct result);

    if (result == NULL)
        return NULL;
    result->arena = arena_new();
    if (result->arena == NULL || (result->command = arena_strdup(result->arena, command)) == NULL) {
        result_free(result);
        return NULL;
    }
    return result;
}

void result_free(struct result *result)
{
    struct result *next;

    for (; result != NULL; result = next) {
        if (result->holders > 0) {
            result->holders--;
            return;
        }
        next = result->next;
        result_free(result->about);
        arena_free(result->arena);
        mem_free(result);
    }
}

struct result *result_hold(struct result *result)
{
    result->holders++;
    return result;
}

size_t result_bytes(const struct result *result)
{
    size_t bytes = 0;

    for (; result != NULL; result = result->next)
        bytes += sizeof *result + arena_bytes(result->arena) + (result->about == NULL ? 0 : result_bytes(result->about));
    return bytes;
}

void result_append(struct result **answer, struct result *part)
{
    while (*answer != NULL)
        answer = &(*answer)->next;
    *answer = part;
}

static bool part_ok(const struct result *result)
{
    if (result->failed || arena_failed(result->arena))
        return false;
    for (const struct item *item = result->first; item != NULL; item = item->next) {
        if (item->kind == ITEM_TABLE && item->as.table->failed)
            return false;
        if (item->kind == ITEM_PLOT && !plot_ok(item->as.plot))
            return false;
    }
    return true;
}

bool result_ok(const struct result *result)
{
    bool ok = result != NULL;

    for (; ok && result != NULL; result = result->next)
        ok = part_ok(result);
    return ok;
}

/* Appends an item; NULL (and the result failed) when memory is out. */
static struct item *add_item(struct result *result, enum item_kind kind)
{
    struct item *item;

    if (result == NULL || result->failed)
        return NULL;
    item = arena_alloc(result->arena, 1, sizeof *item);
    if (item == NULL) {
        result->failed = true;
        return NULL;
    }
    item->kind = kind;
    if (result->last == NULL)
        result->first = item;
    else
        result->last->next = item;
    result->last = item;
    return item;
}

static const char *copy(struct result *result, const char *text)
{
    char *made;

    if (text == NULL)
        return NULL;
    made = arena_strdup(result->arena, text);
    if (made == NULL)
        result->failed = true;
    return made;
}

void result_value(struct result *result, const char *key, struct value *value)
{
    const char *name;
    struct item *item;

    if (result == NULL || result->failed)
        return;
    name = copy(result, key);
    if (value == NULL || result->failed) {
        result->failed = true;
        return;
    }
    item = add_item(result, ITEM_VALUE);
    if (item == NULL)
        return;
    item->key = name;
    item->as.value = value;
}

void result_string(struct result *result, const char *key, const char *string)
{
    if (result != NULL)
        result_value(result, key, value_string(result->arena, string));
}

void result_integer(struct result *result, const char *key, long long integer)
{
    if (result != NULL)
        result_value(result, key, value_integer(result->arena, integer));
}

void result_real(struct result *result, const char *key, double real)
{
    if (result != NULL)
        result_value(result, key, value_real(result->arena, real));
}

void result_null(struct result *result, const char *key)
{
    if (result != NULL)
        result_value(result, key, value_null(result->arena));
}

void result_line(struct result *result, enum line_role role, const char *format, ...)
{
    struct text words = { 0 };
    va_list args;
    struct item *item;
    char *line;

    if (result == NULL || result->failed)
        return;
    /* A text that comes in whole has line breaks of its own. */
    va_start(args, format);
    if (strcmp(format, "%s") == 0)
        text_add(&words, va_arg(args, const char *));
    else
        safe_addv(&words, format, args);
    va_end(args);
    line = arena_take(result->arena, &words);
    if (line == NULL) {
        result->failed = true;
        return;
    }
    item = add_item(result, ITEM_LINE);
    if (item == NULL)
        return;
    item->role = role;
    item->as.line = line;
}

struct item *result_fields(struct result *result)
{
    return add_item(result, ITEM_FIELDS);
}

/* Appends a field and returns it; its cell is still empty. */
static struct field *add_field(struct result *result, struct item *fields, const char *key, const char *label,
                               enum cell_kind kind)
{
    struct field *field;

    if (result == NULL || result->failed || fields == NULL)
        return NULL;
    field = arena_alloc(result->arena, 1, sizeof *field);
    if (field == NULL) {
        result->failed = true;
        return NULL;
    }
    field->key = copy(result, key);
    field->label = copy(result, label);
    field->kind = kind;
    field->decimals = -1;
    if (fields->as.fields.last == NULL)
        fields->as.fields.first = field;
    else
        fields->as.fields.last->next = field;
    fields->as.fields.last = field;
    return field;
}

static void set_real(struct field *field, double real, int decimals)
{
    if (field == NULL)
        return;
    field->cell.state = CELL_SET;
    field->cell.as.real = real;
    field->decimals = decimals;
}

void field_real(struct result *result, struct item *fields, const char *key, const char *label, double real, int decimals)
{
    set_real(add_field(result, fields, key, label, CELL_REAL), real, decimals);
}

void field_p(struct result *result, struct item *fields, const char *key, const char *label, double p)
{
    set_real(add_field(result, fields, key, label, CELL_P), p, -1);
}

void field_integer(struct result *result, struct item *fields, const char *key, const char *label, long long integer)
{
    struct field *field = add_field(result, fields, key, label, CELL_INTEGER);

    if (field == NULL)
        return;
    field->cell.state = CELL_SET;
    field->cell.as.integer = integer;
}

void field_text(struct result *result, struct item *fields, const char *key, const char *label, const char *text)
{
    struct field *field = add_field(result, fields, key, label, CELL_TEXT);

    if (field == NULL || text == NULL)
        return;
    field->cell.as.text = copy(result, text);
    field->cell.state = result->failed ? CELL_EMPTY : CELL_SET;
}

struct plot *result_plot(struct result *result, const char *key)
{
    struct item *item;
    struct plot *plot;

    if (result == NULL || result->failed)
        return NULL;
    plot = arena_alloc(result->arena, 1, sizeof *plot);
    if (plot == NULL) {
        result->failed = true;
        return NULL;
    }
    plot->arena = result->arena;
    plot->key = copy(result, key);
    item = add_item(result, ITEM_PLOT);
    if (item == NULL)
        return NULL;
    item->as.plot = plot;
    return plot;
}

struct table *result_table(struct result *result, const char *key, const char *title)
{
    struct item *item;
    struct table *table;

    if (result == NULL || result->failed)
        return NULL;
    table = table_new(result->arena, key, title);
    item = table == NULL ? NULL : add_item(result, ITEM_TABLE);
    if (item == NULL) {
        result->failed = true;
        return NULL;
    }
    item->as.table = table;
    return table;
}
