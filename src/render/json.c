/* json.c -- a result as one JSON object on one line, by Jansson.
 *
 * Keys stand in the order in which the command set them, "command" first.  Reals have 17 significant digits, so that they read
 * back as the same double; JSON has no other numbers than finite ones: the rest are the strings "NaN", "Inf" and "-Inf".
 * A result of lines only (help) gives them as "text", since an object that says nothing helps nobody. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "render/formats.h"

enum { REAL_DIGITS = 17 };

static void *allocate(size_t size)
{
    return mem_alloc(size, 1);
}

static json_t *json_number(double x)
{
    if (isfinite(x))
        return json_real(x);
    return json_string(isnan(x) ? "NaN" : x > 0 ? "Inf" : "-Inf");
}

/* A string; bytes that are no UTF-8 become U+FFFD, so that the object stays JSON. */
static json_t *json_words(const char *string)
{
    struct text clean = { 0 };
    json_t *made;
    ptrdiff_t bad;

    if (string == NULL)
        return json_null();
    bad = utf8_invalid(string, strlen(string));
    if (bad < 0)
        return json_string(string);
    while ((bad = utf8_invalid(string, strlen(string))) >= 0) {
        text_add_bytes(&clean, string, (size_t)bad);
        text_add(&clean, "\xef\xbf\xbd");
        string += bad + 1;
    }
    text_add(&clean, string);
    made = clean.failed ? NULL : json_string(text_string(&clean));
    text_clear(&clean);
    return made;
}

/* Both take the item, and return false when there is none or memory is out. */
static bool put(json_t *object, const char *key, json_t *item)
{
    return item != NULL && json_object_set_new(object, key, item) == 0;
}

static bool append(json_t *array, json_t *item)
{
    return item != NULL && json_array_append_new(array, item) == 0;
}

/* A tree of values is as deep as the command made it: a handful of levels. */
static json_t *json_value(const struct value *value)
{
    json_t *made = NULL;
    bool ok = true;

    switch (value->type) {
    case VALUE_NULL:
        return json_null();
    case VALUE_BOOL:
        return json_boolean(value->as.truth);
    case VALUE_INTEGER:
        return json_integer(value->as.integer);
    case VALUE_REAL:
        return json_number(value->as.real);
    case VALUE_STRING:
        return json_words(value->as.string);
    case VALUE_ARRAY:
        made = json_array();
        break;
    case VALUE_OBJECT:
        made = json_object();
        break;
    }
    ok = made != NULL;
    for (const struct value *item = value->as.list.first; ok && item != NULL; item = item->next)
        ok = value->type == VALUE_ARRAY ? append(made, json_value(item)) : put(made, item->key, json_value(item));
    if (!ok) {
        json_decref(made);
        return NULL;
    }
    return made;
}

static json_t *json_cell(const struct cell *cell, enum cell_kind kind)
{
    if (cell->state != CELL_SET)
        return json_null();
    switch (kind) {
    case CELL_TEXT:
        return json_words(cell->as.text);
    case CELL_INTEGER:
        return json_integer(cell->as.integer);
    case CELL_VALUE:
        return json_value(cell->as.value);
    case CELL_REAL:
    case CELL_P:
    case CELL_PERCENT:
    case CELL_INTERVAL:
        break;
    }
    return json_number(cell->as.real);
}

static bool put_cell(json_t *object, const struct table_column *column, const struct cell *cell)
{
    bool set = cell->state == CELL_SET;

    if (column->kind != CELL_INTERVAL)
        return put(object, column->key, json_cell(cell, column->kind));
    return put(object, column->key, set ? json_number(cell->as.pair[0]) : json_null())
           && (column->key2 == NULL || put(object, column->key2, set ? json_number(cell->as.pair[1]) : json_null()));
}

/* An array of objects, one a row. */
static json_t *json_table(const struct table *table, const struct style *style)
{
    json_t *rows = json_array(), *row;
    bool ok = rows != NULL;
    size_t seen = 0;

    for (size_t i = 0; ok && i < table->row_count; i++) {
        row = json_object();
        ok = row != NULL;
        for (size_t j = 0; ok && j < table->column_count; j++) {
            const struct table_column *column = &table->columns[j];

            if (column->key != NULL && (column->flags & (COLUMN_NOT_JSON | COLUMN_CSV)) == 0)
                ok = render_goes_on(style, &seen) && put_cell(row, column, table_cell(table, i, j));
        }
        if (ok)
            ok = append(rows, row);
        else
            json_decref(row);
    }
    if (!ok) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}

static json_t *json_reals(const double *x, size_t count)
{
    json_t *array = json_array();
    bool ok = array != NULL;

    if (x == NULL) {
        json_decref(array);
        return json_null();
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = append(array, json_number(x[i]));
    if (!ok) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static const char *const mark_names[] = {
    [MARK_POINT] = "point", [MARK_RAW] = "raw",   [MARK_POOLED] = "pooled", [MARK_INTERVAL] = "interval",
    [MARK_ARROW] = "arrow", [MARK_LINE] = "line", [MARK_FAINT] = "faint",   [MARK_DOTTED] = "dotted",
    [MARK_BAR] = "bar",     [MARK_BOX] = "box",   [MARK_NAME] = "name",
};

static json_t *json_series(const struct plot_series *series)
{
    json_t *object = json_object();
    bool ok = object != NULL && put(object, "mark", json_string(mark_names[series->mark]))
              && put(object, "label", json_words(series->label)) && put(object, "x", json_reals(series->x, series->count))
              && put(object, "y", json_reals(series->y, series->count))
              && put(object, "x2", json_reals(series->x2, series->count))
              && put(object, "y2", json_reals(series->y2, series->count));

    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *json_reference(const struct plot_reference *reference)
{
    json_t *object = json_object();
    bool ok = object != NULL && put(object, "axis", json_string(reference->vertical ? "x" : "y"))
              && put(object, "at", json_number(reference->at)) && put(object, "label", json_words(reference->label));

    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *json_names(const struct plot *plot)
{
    json_t *array = json_array();

    for (size_t i = 0; array != NULL && i < plot->x_name_count; i++)
        if (!append(array, json_words(plot->x_names[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *json_plot(const struct plot *plot, const struct style *style)
{
    static const char *const kinds[] = { [PLOT_XY] = "xy", [PLOT_ROWS] = "rows", [PLOT_PANELS] = "panels" };
    json_t *object = json_object(), *series = json_array(), *references = json_array(), *panels = json_array();
    bool ok = object != NULL && series != NULL && references != NULL && panels != NULL;

    for (const struct plot_series *s = plot->first; ok && s != NULL; s = s->next)
        ok = append(series, json_series(s));
    for (const struct plot_reference *r = plot->references; ok && r != NULL; r = r->next)
        ok = append(references, json_reference(r));
    for (const struct plot *p = plot->panels; ok && p != NULL; p = p->next)
        ok = append(panels, json_plot(p, style));
    ok = ok && put(object, "kind", json_string(kinds[plot->kind])) && put(object, "title", json_words(plot->title))
         && put(object, "x_label", json_words(plot->x_label)) && put(object, "y_label", json_words(plot->y_label))
         && put(object, "series", json_incref(series)) && put(object, "references", json_incref(references));
    if (ok && plot->x_names != NULL)
        ok = put(object, "x_names", json_names(plot));
    if (ok && plot->rows != NULL)
        ok = put(object, "rows", json_table(plot->rows, style));
    if (ok && plot->kind == PLOT_PANELS)
        ok = put(object, "panels", json_incref(panels));
    json_decref(series);
    json_decref(references);
    json_decref(panels);
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static bool put_fields(json_t *object, const struct item *item)
{
    for (const struct field *field = item->as.fields.first; field != NULL; field = field->next) {
        if (field->key != NULL && !put(object, field->key, json_cell(&field->cell, field->kind)))
            return false;
    }
    return true;
}

static bool put_item(json_t *object, const struct item *item, const struct style *style)
{
    switch (item->kind) {
    case ITEM_VALUE:
        return put(object, item->key, json_value(item->as.value));
    case ITEM_TABLE:
        return item->as.table->key == NULL || put(object, item->as.table->key, json_table(item->as.table, style));
    case ITEM_FIELDS:
        return put_fields(object, item);
    case ITEM_PLOT:
        return item->as.plot->key == NULL || put(object, item->as.plot->key, json_plot(item->as.plot, style));
    case ITEM_LINE:
        break;
    }
    return true;
}

static bool put_lines(json_t *object, const struct result *result)
{
    json_t *lines = json_array();
    bool ok = lines != NULL;

    for (const struct item *item = result->first; ok && item != NULL; item = item->next) {
        if (item->kind == ITEM_LINE && item->role != LINE_BLANK && item->role != LINE_NEXT)
            ok = append(lines, json_words(item->as.line));
    }
    if (!ok) {
        json_decref(lines);
        return false;
    }
    return put(object, "text", lines);
}

/* Where the object goes to, piece by piece. */
struct dump {
    struct text *out;
    const struct style *style;
    size_t seen;
};

static int add_bytes(const char *bytes, size_t count, void *context)
{
    struct dump *dump = context;

    text_add_bytes(dump->out, bytes, count);
    return render_goes_on(dump->style, &dump->seen) ? 0 : -1;
}

bool render_json(const struct result *result, const struct style *style, struct text *out)
{
    struct dump dump = { .out = out, .style = style };
    json_t *object;
    bool ok;

    json_set_alloc_funcs(allocate, mem_free);
    object = json_object();
    ok = object != NULL && put(object, "command", json_words(result->command));
    for (const struct item *item = result->first; ok && item != NULL; item = item->next)
        ok = put_item(object, item, style);
    if (ok && json_object_size(object) == 1)
        ok = put_lines(object, result);
    ok = ok && json_dump_callback(object, add_bytes, &dump, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS)) == 0;
    text_add_char(out, '\n');
    json_decref(object);
    return ok;
}
