/* plot-rows.c -- a table with a strip: one row an item, its numbers at the left, its marks at the right on a common axis. */
#include "render/shorten.h"
#include "render/sketch.h"

#include <string.h>

#include "render/glyph.h"
#include "render/text-table.h"

enum {
    NARROW = 66,    /* on such a page the strip is content with less, for the sake of the numbers */
    LEAST_NAME = 16 /* a name is not cut shorter for their sake */
};

/* Cells in the canvas's charset, and the widths that this gives. */
static bool fold_table(struct sketch *sketch, struct text_table *table)
{
    for (size_t j = 0; j < table->column_count; j++) {
        struct text_column *column = &table->columns[j];

        column->heading = sketch_text(sketch, column->heading);
        if (column->heading == NULL)
            return false;
        column->width = utf8_width(column->heading);
        for (size_t i = 0; i < table->row_count; i++) {
            column->cells[i] = sketch_text(sketch, column->cells[i]);
            if (column->cells[i] == NULL)
                return false;
            if (utf8_width(column->cells[i]) > column->width)
                column->width = utf8_width(column->cells[i]);
        }
        column->gap = 2;
    }
    return true;
}

static int strip_width(int page)
{
    return page > NARROW ? page * 3 / 8 : page * 2 / 7;
}

/* Long names leave room for the numbers, as far as LEAST_NAME goes. */
static void shorten_names(const struct text_table *table, int room)
{
    struct text_column *names = &table->columns[0];

    for (size_t j = 1; j < table->column_count; j++)
        if (!table->columns[j].interval)
            room -= table->columns[j].width + table->columns[j].gap;
    room = room < LEAST_NAME ? LEAST_NAME : room;
    if (names->width > room)
        names->width = room;
}

/* Marks the columns that leave room for the strip: at least the first, whose names are then cut visibly.  A wide column that
 * does not fit gives its place to a later, narrow one; intervals come last, since they are drawn anyway.  Returns the width of
 * those marked. */
static int mark_what_fits(const struct sketch *sketch, const struct text_table *table, bool fits[])
{
    int page = sketch->canvas->columns, total = 0;

    if (table->column_count > 0)
        shorten_names(table, page - strip_width(page) - 1);

    for (int pass = 0; pass < 2; pass++) {
        int room = page - (pass > 0 ? page / 3 : strip_width(page)) - 1;

        for (size_t j = 0; j < table->column_count; j++) {
            const struct text_column *column = &table->columns[j];
            int more = column->width + (j > 0 ? column->gap : 0);

            if (column->interval != (pass == 1) || (total + more > room && j > 0))
                continue;
            fits[j] = true;
            total += more > room ? room : more;
        }
    }
    return total;
}

/* Moves the columns that fit to the front, in their order; *count gets how many they are.  False when memory is out. */
static bool choose_columns(struct sketch *sketch, struct text_table *table, size_t *count, int *width)
{
    bool *fits = arena_alloc(sketch->arena, table->column_count + 1, sizeof *fits);

    *count = 0;
    if (fits == NULL)
        return false;
    memset(fits, 0, (table->column_count + 1) * sizeof *fits);
    *width = mark_what_fits(sketch, table, fits);
    for (size_t j = 0; j < table->column_count; j++) {
        struct text_column column = table->columns[j];

        if (!fits[j])
            continue;
        for (size_t i = j; i > *count; i--)
            table->columns[i] = table->columns[i - 1];
        table->columns[(*count)++] = column;
    }
    return true;
}

/* The headings from column `from` on, in one string. */
static const char *headings_left_out(struct sketch *sketch, const struct text_table *table, size_t from)
{
    const char *words = NULL;

    for (size_t j = from; j < table->column_count; j++) {
        words =
            words == NULL ? table->columns[j].heading : arena_printf(sketch->arena, "%s, %s", words, table->columns[j].heading);
        if (words == NULL)
            return "";
    }
    return words;
}

static bool is_among(const struct text_table *table, size_t from, const char *key)
{
    for (size_t j = from; j < table->column_count; j++)
        if (table->columns[j].key != NULL && strcmp(table->columns[j].key, key) == 0)
            return true;
    return false;
}

/* The names in the first column, in the width that is left to it; different names stay different. */
static bool fit_names(struct sketch *sketch, struct text_column *names, size_t count, int width)
{
    const char *dots = sketch->canvas->charset == CHARSET_ASCII ? "..." : "…", **cells;

    names->width = width;
    cells = arena_copy(sketch->arena, names->cells, count, sizeof *cells);
    if (cells == NULL)
        return false;
    names->cells = cells;
    return names_shorten(&names->heading, 1, width, dots, sketch->arena)
           && names_shorten(cells, count, width, dots, sketch->arena);
}

static void put_cell(struct sketch *sketch, int row, int column, int width, const char *words, bool left)
{
    canvas_text(sketch->canvas, row, left ? column : column + width - utf8_width(words), words, 0);
}

static bool put_table(struct sketch *sketch, const struct text_table *table, size_t columns, int width)
{
    int column = 0;

    if (columns > 0
        && !fit_names(sketch, &table->columns[0], table->row_count,
                      width < table->columns[0].width ? width : table->columns[0].width))
        return false;
    for (size_t j = 0; j < columns; j++) {
        const struct text_column *c = &table->columns[j];

        column += j > 0 ? c->gap : 0;
        put_cell(sketch, sketch->row, column, c->width, c->heading, c->left);
        for (size_t i = 0; i < table->row_count; i++)
            put_cell(sketch, sketch->row + 1 + (int)i, column, c->width, c->cells[i], c->left);
        column += c->width;
    }
    return true;
}

bool sketch_rows(struct sketch *sketch)
{
    const struct plot *plot = sketch->plot;
    struct style style = {
        .format = FORMAT_TEXT, .width = sketch->canvas->columns, .digits = sketch->digits, .charset = sketch->canvas->charset
    };
    struct region region = { .canvas = sketch->canvas, .arena = sketch->arena, .notes = &sketch->notes, .rows = true };
    struct text_table table = { 0 };
    struct axis_wish wish;
    struct ranges ranges;
    size_t columns;
    int width = 0;

    if (plot->rows != NULL && !text_table_build(sketch->arena, plot->rows, &style, &table))
        return false;
    if (!fold_table(sketch, &table))
        return false;
    if (!choose_columns(sketch, &table, &columns, &width))
        return false;
    sketch->about_hidden = plot->about_column != NULL && is_among(&table, columns, plot->about_column);
    sketch->left_out = headings_left_out(sketch, &table, columns);
    ranges_begin(&ranges);
    ranges_add(&ranges, plot);
    region.column = width + 2;
    wish = (struct axis_wish){ ranges.low[0], ranges.high[0], sketch->canvas->columns - region.column, true, 0,
                               plot->x_unit,  false };
    sketch_x_axis(&region.x, &wish);
    region.height = (int)table.row_count;
    region.row = sketch->row + 1;
    if (!put_table(sketch, &table, columns, width))
        return false;
    canvas_put(sketch->canvas, sketch->row, region.column - 1, glyph_of(GLYPH_AXIS_UP, sketch->canvas->charset), ATTRIBUTE_DIM);
    sketch_x_labels(sketch, &region, sketch->row);
    sketch_y_axis(sketch, &region, false);
    if (!region_draw(&region, plot))
        return false;
    sketch->row += 1 + region.height;
    sketch_x_line(sketch, &region, sketch->row++);
    if (plot->x_label != NULL) {
        const char *label = sketch_text(sketch, plot->x_label);
        int start;

        if (label == NULL)
            return false;
        start = region.column + (region.x.cells - utf8_width(label)) / 2;
        if (start + utf8_width(label) > sketch->canvas->columns)
            start = sketch->canvas->columns - utf8_width(label);
        if (start < 0)
            return sketch_words(sketch, label, 0, 0);
        canvas_text(sketch->canvas, sketch->row++, start, label, 0);
    }
    return true;
}
