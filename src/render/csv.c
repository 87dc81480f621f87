/* csv.c -- a result as CSV (RFC 4180) or TSV: one tidy table at full precision.
 *
 * A table is a grid with its JSON keys as header; an interval takes two columns.  Where a result has one table, or parts with the
 * same columns, that is all.  Where it has several, they stand below each other in one table with the columns of all, and a first
 * column `table` says which one a row is of; then the single values (aic, verdict) have a row too.  Values that no text shows
 * (lists, matrices) and lines are left out.  Lines end in "\n".  An empty cell is an empty field. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "render/formats.h"
#include "result/number.h"

/* Rows of words below their keys; all of an arena. */
struct grid {
    const char *name;
    const char **keys, **cells; /* cells: row by row */
    size_t columns, rows, room; /* room: of the cells, in rows */
    struct grid *next;
};

struct writer {
    struct text *out;
    struct arena *arena;
    char separator;
    const struct style *style;
    size_t seen; /* cells */
    struct grid *first, *last;
    bool failed;
};

/* --- grids ----------------------------------------------------------------------------------------- */

/* Returns an empty grid for so many rows at the most, or NULL. */
static struct grid *add_grid(struct writer *w, const char *name, size_t columns, size_t room)
{
    struct grid *grid = arena_alloc(w->arena, 1, sizeof *grid);

    if (grid != NULL) {
        grid->name = name == NULL ? "" : name;
        grid->keys = arena_alloc(w->arena, columns + 1, sizeof *grid->keys);
        grid->cells = arena_alloc(w->arena, room * columns + 1, sizeof *grid->cells);
        grid->room = room;
    }
    if (grid == NULL || grid->keys == NULL || grid->cells == NULL) {
        w->failed = true;
        return NULL;
    }
    if (w->last == NULL)
        w->first = grid;
    else
        w->last->next = grid;
    w->last = grid;
    return grid;
}

static const char *real_word(struct writer *w, double x)
{
    char buffer[NUMBER_SIZE];

    return arena_strdup(w->arena, number_exact(buffer, x));
}

static const char *integer_word(struct writer *w, long long integer)
{
    return arena_printf(w->arena, "%lld", integer);
}

/* The words of a cell, two for an interval; returns how many. */
static size_t cell_words(struct writer *w, const struct cell *cell, enum cell_kind kind, const char *words[2])
{
    bool set = cell->state == CELL_SET;

    words[0] = words[1] = "";
    if (!set)
        return kind == CELL_INTERVAL ? 2 : 1;
    if (kind == CELL_INTERVAL) {
        words[0] = real_word(w, cell->as.pair[0]);
        words[1] = real_word(w, cell->as.pair[1]);
        return 2;
    }
    words[0] = kind == CELL_TEXT      ? cell->as.text
               : kind == CELL_INTEGER ? integer_word(w, cell->as.integer)
                                      : real_word(w, cell->as.real);
    return 1;
}

/* Columns with a key are written, those for text only under their headings; trees of values cannot be. */
static bool is_written(const struct table_column *column)
{
    return column->kind != CELL_VALUE && column->key != NULL && (column->flags & COLUMN_NOT_JSON) == 0;
}

static void add_table(struct writer *w, const struct table *table)
{
    size_t count = 0, at;
    struct grid *grid;

    for (size_t j = 0; j < table->column_count; j++)
        count += is_written(&table->columns[j]) ? table->columns[j].kind == CELL_INTERVAL ? 2 : 1 : 0;
    if (count == 0 || (grid = add_grid(w, table->key != NULL ? table->key : table->csv_name, count, table->row_count)) == NULL)
        return;
    for (size_t j = 0; j < table->column_count; j++) {
        const struct table_column *column = &table->columns[j];

        if (!is_written(column))
            continue;
        grid->keys[grid->columns++] = column->key;
        if (column->kind == CELL_INTERVAL)
            grid->keys[grid->columns++] = column->key2 == NULL ? "" : column->key2;
    }
    for (at = 0; !w->failed && grid->rows < table->row_count; grid->rows++)
        for (size_t j = 0; !w->failed && j < table->column_count; j++)
            if (is_written(&table->columns[j])) {
                const char *words[2];

                w->failed = !render_goes_on(w->style, &w->seen);
                for (size_t k = 0, n = cell_words(w, table_cell(table, grid->rows, j), table->columns[j].kind, words); k < n; k++)
                    grid->cells[at++] = words[k];
            }
}

/* --- single values ----------------------------------------------------------------------------------- */

static const char *value_word(struct writer *w, const struct value *value)
{
    switch (value->type) {
    case VALUE_STRING:
        return value->as.string;
    case VALUE_REAL:
        return real_word(w, value->as.real);
    case VALUE_INTEGER:
        return integer_word(w, value->as.integer);
    case VALUE_NULL:
        return "";
    default:
        return value->as.truth ? "true" : "false";
    }
}

static void add_single(struct grid *grid, const char *key, const char *word)
{
    for (size_t j = 0; j < grid->columns; j++)
        if (strcmp(grid->keys[j], key) == 0)
            return;
    grid->keys[grid->columns] = key;
    grid->cells[grid->columns++] = word;
}

static bool is_single(const struct value *value)
{
    return value->type != VALUE_ARRAY && value->type != VALUE_OBJECT;
}

static bool says_something(const struct grid *grid)
{
    for (size_t j = 0; j < grid->columns; j++)
        if (grid->cells[j] != NULL && grid->cells[j][0] != '\0')
            return true;
    return false;
}

/* The single values of a part, the words in its objects (the optimum's verdict) and its fields among them, as one row. */
static void add_singles(struct writer *w, const struct result *part)
{
    struct grid *grid;
    size_t count = 0;

    for (const struct item *item = part->first; item != NULL; item = item->next) {
        count++;
        for (const struct field *field = item->kind == ITEM_FIELDS ? item->as.fields.first : NULL; field != NULL;
             field = field->next)
            count++;
        if (item->kind == ITEM_VALUE && item->as.value->type == VALUE_OBJECT)
            for (const struct value *member = item->as.value->as.list.first; member != NULL; member = member->next)
                count++;
    }
    if ((grid = add_grid(w, part->command, count, 1)) == NULL)
        return;
    for (const struct item *item = part->first; item != NULL; item = item->next) {
        const char *words[2];

        if (item->kind == ITEM_VALUE && is_single(item->as.value))
            add_single(grid, item->key, value_word(w, item->as.value));
        if (item->kind == ITEM_VALUE && item->as.value->type == VALUE_OBJECT)
            for (const struct value *member = item->as.value->as.list.first; member != NULL; member = member->next)
                if (member->type == VALUE_STRING)
                    add_single(grid, member->key, value_word(w, member));
        for (const struct field *field = item->kind == ITEM_FIELDS ? item->as.fields.first : NULL; field != NULL;
             field = field->next)
            if (field->key != NULL && cell_words(w, &field->cell, field->kind, words) == 1)
                add_single(grid, field->key, words[0]);
    }
    grid->rows = says_something(grid);
}

/* --- plots --------------------------------------------------------------------------------------------- */

/* The name that stands at x. */
static const char *name_at(const struct plot *plot, double x)
{
    return x >= 1 && x < (double)plot->x_name_count + 1 ? plot->x_names[(size_t)x - 1] : "";
}

/* The numbers of a plot's series, one row a point. */
static void add_series(struct writer *w, struct grid *grid, const struct plot *plot, const char *panel)
{
    long long number = 0;

    for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
        const double *const arrays[] = { series->x, series->y, series->x2, series->y2 };

        number++;
        for (size_t i = 0; i < series->count && grid->rows < grid->room; i++, grid->rows++) {
            const char **cell = &grid->cells[grid->rows * grid->columns];

            if (panel != NULL)
                *cell++ = panel;
            *cell++ = series->label != NULL ? series->label : integer_word(w, number);
            for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++)
                *cell++ = arrays[k] == NULL                 ? ""
                          : k == 0 && plot->x_names != NULL ? name_at(plot, arrays[k][i])
                                                            : real_word(w, arrays[k][i]);
        }
    }
}

static size_t count_points(const struct plot *plot)
{
    size_t count = 0;

    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        count += series->count;
    return count;
}

/* A plot of rows is its table; another one a table of its points. */
static void add_plot(struct writer *w, const struct plot *plot)
{
    static const char *const names[] = { "panel", "series", "x", "y", "x2", "y2" };
    bool panels = plot->kind == PLOT_PANELS;
    size_t count = count_points(plot);
    struct grid *grid;

    if (plot->key == NULL)
        return;
    if (plot->rows != NULL) {
        add_table(w, plot->rows);
        return;
    }
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next)
        count += count_points(panel);
    if ((grid = add_grid(w, plot->key, sizeof names / sizeof names[0], count)) == NULL)
        return;
    for (size_t i = !panels; i < sizeof names / sizeof names[0]; i++)
        grid->keys[grid->columns++] = names[i];
    add_series(w, grid, plot, panels ? "" : NULL);
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next)
        add_series(w, grid, panel, panel->title == NULL ? "" : panel->title);
}

/* --- writing --------------------------------------------------------------------------------------------- */

/* NULL: a word for which no memory was left. */
static void write_word(struct writer *w, const char *word, bool first)
{
    bool quote = word != NULL && (strpbrk(word, "\"\r\n") != NULL || strchr(word, w->separator) != NULL);

    w->out->failed = w->out->failed || word == NULL;
    if (w->out->failed)
        return;
    if (!first)
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

/* The column of that key, or the number of columns. */
static size_t find_key(const struct grid *grid, const char *key)
{
    size_t j = 0;

    while (j < grid->columns && strcmp(grid->keys[j], key) != 0)
        j++;
    return j;
}

static bool same_columns(const struct grid *a, const struct grid *b)
{
    bool same = a->columns == b->columns && strcmp(a->name, b->name) == 0;

    for (size_t j = 0; same && j < a->columns; j++)
        same = strcmp(a->keys[j], b->keys[j]) == 0;
    return same;
}

/* One header and all rows; `whole` has the columns of all grids. */
static void write_grids(struct writer *w, const struct grid *whole, bool named)
{
    if (named)
        write_word(w, "table", true);
    for (size_t j = 0; j < whole->columns; j++)
        write_word(w, whole->keys[j], j == 0 && !named);
    text_add_char(w->out, '\n');
    for (const struct grid *grid = w->first; grid != NULL; grid = grid->next)
        for (size_t i = 0; !w->failed && i < grid->rows; i++) {
            if (named)
                write_word(w, grid->name, true);
            for (size_t j = 0; !w->failed && j < whole->columns; j++) {
                size_t at = whole == grid ? j : find_key(grid, whole->keys[j]);

                w->failed = !render_goes_on(w->style, &w->seen);
                write_word(w, at < grid->columns ? grid->cells[i * grid->columns + at] : "", j == 0 && !named);
            }
            text_add_char(w->out, '\n');
        }
}

/* The columns of all grids, each once, in the order in which they come. */
static const struct grid *all_columns(struct writer *w)
{
    struct grid *whole = arena_alloc(w->arena, 1, sizeof *whole);
    size_t count = 0;

    for (const struct grid *grid = w->first; grid != NULL; grid = grid->next)
        count += grid->columns;
    if (whole == NULL || (whole->keys = arena_alloc(w->arena, count + 1, sizeof *whole->keys)) == NULL)
        return NULL;
    for (const struct grid *grid = w->first; grid != NULL; grid = grid->next)
        for (size_t j = 0; j < grid->columns; j++)
            if (find_key(whole, grid->keys[j]) == whole->columns)
                whole->keys[whole->columns++] = grid->keys[j];
    return whole;
}

static void write_all(struct writer *w)
{
    const struct grid *whole = w->first;
    bool same = true;

    for (const struct grid *grid = w->first; grid != NULL; grid = grid->next)
        same = same && same_columns(w->first, grid);
    if (!same)
        whole = all_columns(w);
    if (whole == NULL)
        w->failed = w->failed || w->first != NULL;
    else if (whole->columns > 0)
        write_grids(w, whole, !same);
}

/* The tables of one part, and its single values where it has not just one table. */
static void add_part(struct writer *w, const struct result *part)
{
    struct grid *before = w->last, *first;
    bool fields = false;

    for (const struct item *item = part->first; item != NULL; item = item->next) {
        if (item->kind == ITEM_TABLE)
            add_table(w, item->as.table);
        else if (item->kind == ITEM_PLOT)
            add_plot(w, item->as.plot);
        for (const struct field *field = item->kind == ITEM_FIELDS ? item->as.fields.first : NULL; field != NULL;
             field = field->next)
            fields = fields || field->key != NULL;
    }
    first = before == NULL ? w->first : before->next;
    if (fields || first == NULL || first->next != NULL)
        add_singles(w, part);
}

static bool render_separated(const struct result *result, const struct style *style, struct text *out, char separator)
{
    struct writer w = { .out = out, .arena = arena_new(), .separator = separator, .style = style };

    if (w.arena == NULL)
        return false;
    for (const struct result *part = result; part != NULL && !w.failed; part = part->next)
        add_part(&w, part);
    if (!w.failed)
        write_all(&w);
    w.failed = w.failed || arena_failed(w.arena);
    arena_free(w.arena);
    return !w.failed && !out->failed;
}

bool render_csv(const struct result *result, const struct style *style, struct text *out)
{
    return render_separated(result, style, out, ',');
}

bool render_tsv(const struct result *result, const struct style *style, struct text *out)
{
    return render_separated(result, style, out, '\t');
}
