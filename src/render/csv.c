/* csv.c -- the tables of a result as CSV (RFC 4180) or TSV, at full precision.
 *
 * Each table has a header line of its JSON keys; an interval takes two columns.  A row of fields is a table of one row.  Several
 * tables are separated by a blank line.  Values that no text shows (lists, matrices) and lines are left out; a result that has
 * neither tables nor fields gives its single values as one row, so that something comes out where there is something.
 * Lines end in "\n".  An empty cell is an empty field. */
#include <string.h>

#include "render/formats.h"
#include "result/number.h"

struct writer {
    struct text *out;
    char separator;
    bool started;               /* something stands already: a blank line comes before the next table */
    size_t fields;              /* in the line that is being written */
};

static void write_word(struct writer *w, const char *word)
{
    bool quote = strpbrk(word, "\"\r\n") != NULL || strchr(word, w->separator) != NULL;

    if (w->fields++ > 0)
        text_add_char(w->out, w->separator);
    if (!quote) {
        text_add(w->out, word);
        return;
    }
    text_add_char(w->out, '"');
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '"')
            text_add_char(w->out, '"');
        text_add_char(w->out, *c);
    }
    text_add_char(w->out, '"');
}

static void end_line(struct writer *w)
{
    text_add_char(w->out, '\n');
    w->fields = 0;
}

static void start_table(struct writer *w)
{
    if (w->started)
        text_add_char(w->out, '\n');
    w->started = true;
}

static void write_real(struct writer *w, double x)
{
    char buffer[NUMBER_SIZE];

    write_word(w, number_exact(buffer, x));
}

static void write_integer(struct writer *w, long long integer)
{
    struct text digits = { 0 };

    text_addf(&digits, "%lld", integer);
    if (digits.failed)
        w->out->failed = true;
    write_word(w, text_string(&digits));
    text_clear(&digits);
}

static void write_cell(struct writer *w, const struct cell *cell, enum cell_kind kind)
{
    bool set = cell->state == CELL_SET;

    if (kind == CELL_INTERVAL && set) {
        write_real(w, cell->as.pair[0]);
        write_real(w, cell->as.pair[1]);
    } else if (kind == CELL_INTERVAL) {
        write_word(w, "");
        write_word(w, "");
    } else if (!set) {
        write_word(w, "");
    } else if (kind == CELL_TEXT) {
        write_word(w, cell->as.text);
    } else if (kind == CELL_INTEGER) {
        write_integer(w, cell->as.integer);
    } else {
        write_real(w, cell->as.real);
    }
}

/* Columns with a key are written, those for text only under their headings; trees of values cannot be. */
static bool is_written(const struct table_column *column)
{
    return column->kind != CELL_VALUE && column->key != NULL && (column->flags & COLUMN_NOT_JSON) == 0;
}

static void write_table(struct writer *w, const struct table *table)
{
    const struct table_column *column;
    bool any = false;

    for (size_t j = 0; j < table->column_count; j++)
        any = any || is_written(&table->columns[j]);
    if (!any)
        return;
    start_table(w);
    for (size_t j = 0; j < table->column_count; j++) {
        column = &table->columns[j];
        if (!is_written(column))
            continue;
        write_word(w, column->key);
        if (column->kind == CELL_INTERVAL)
            write_word(w, column->key2 == NULL ? "" : column->key2);
    }
    end_line(w);
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t j = 0; j < table->column_count; j++) {
            if (is_written(&table->columns[j]))
                write_cell(w, table_cell(table, i, j), table->columns[j].kind);
        }
        end_line(w);
    }
}

static void write_fields(struct writer *w, const struct item *item)
{
    const struct field *first = item->as.fields.first, *field;

    for (field = first; field != NULL && field->key == NULL; field = field->next)
        ;
    if (field == NULL)
        return;
    start_table(w);
    for (field = first; field != NULL; field = field->next) {
        if (field->key != NULL)
            write_word(w, field->key);
    }
    end_line(w);
    for (field = first; field != NULL; field = field->next) {
        if (field->key != NULL)
            write_cell(w, &field->cell, field->kind);
    }
    end_line(w);
}

/* The name that stands at x. */
static const char *name_at(const struct plot *plot, double x)
{
    return x >= 1 && x < (double)plot->x_name_count + 1 ? plot->x_names[(size_t)x - 1] : "";
}

/* The numbers of a plot's series, one row a point. */
static void write_series(struct writer *w, const struct plot *plot, const char *panel)
{
    long long number = 0;

    for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
        const double *const arrays[] = { series->x, series->y, series->x2, series->y2 };

        number++;
        for (size_t i = 0; i < series->count; i++) {
            if (panel != NULL)
                write_word(w, panel);
            if (series->label != NULL)
                write_word(w, series->label);
            else
                write_integer(w, number);
            for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) {
                if (arrays[k] == NULL)
                    write_word(w, "");
                else if (k == 0 && plot->x_names != NULL)
                    write_word(w, name_at(plot, arrays[k][i]));
                else
                    write_real(w, arrays[k][i]);
            }
            end_line(w);
        }
    }
}

/* A plot of rows is its table; another one a table of its points. */
static void write_plot(struct writer *w, const struct plot *plot)
{
    static const char *const names[] = { "series", "x", "y", "x2", "y2" };

    if (plot->key == NULL)
        return;
    if (plot->rows != NULL) {
        write_table(w, plot->rows);
        return;
    }
    start_table(w);
    if (plot->kind == PLOT_PANELS)
        write_word(w, "panel");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        write_word(w, names[i]);
    end_line(w);
    write_series(w, plot, NULL);
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next)
        write_series(w, panel, panel->title == NULL ? "" : panel->title);
}

/* Single values in one row, for a result that has no table. */
static void write_values(struct writer *w, const struct result *result)
{
    const struct item *item;
    bool any = false;

    for (int pass = 0; pass < 2; pass++) {
        for (item = result->first; item != NULL; item = item->next) {
            const struct value *value = item->as.value;

            if (item->kind != ITEM_VALUE || value->type == VALUE_ARRAY || value->type == VALUE_OBJECT)
                continue;
            any = true;
            if (pass == 0)
                write_word(w, item->key);
            else if (value->type == VALUE_STRING)
                write_word(w, value->as.string);
            else if (value->type == VALUE_REAL)
                write_real(w, value->as.real);
            else if (value->type == VALUE_INTEGER)
                write_integer(w, value->as.integer);
            else
                write_word(w, value->type == VALUE_NULL ? "" : value->as.truth ? "true" : "false");
        }
        if (any)
            end_line(w);
    }
}

static bool render_separated(const struct result *result, struct text *out, char separator)
{
    struct writer w = { .out = out, .separator = separator };

    for (const struct item *item = result->first; item != NULL; item = item->next) {
        if (item->kind == ITEM_TABLE)
            write_table(&w, item->as.table);
        else if (item->kind == ITEM_FIELDS)
            write_fields(&w, item);
        else if (item->kind == ITEM_PLOT)
            write_plot(&w, item->as.plot);
    }
    if (!w.started)
        write_values(&w, result);
    return !out->failed;
}

bool render_csv(const struct result *result, const struct style *style, struct text *out)
{
    (void)style;
    return render_separated(result, out, ',');
}

bool render_tsv(const struct result *result, const struct style *style, struct text *out)
{
    (void)style;
    return render_separated(result, out, '\t');
}
