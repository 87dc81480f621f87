/* text-table.c -- see text-table.h. */
#include "render/text-table.h"

#include <math.h>
#include <string.h>

#include "base/progress.h"
#include "render/cells.h"
#include "render/fold.h"
#include "render/wrap.h"

enum { NARROWEST = 12 };

void text_add_padded(struct text *text, const char *string, int width, bool left)
{
    int blanks = width - utf8_width(string);

    if (!left)
        text_repeat(text, " ", blanks);
    text_add(text, string);
    if (left)
        text_repeat(text, " ", blanks);
}

void text_trim(struct text *text, size_t from)
{
    size_t length = text->length;

    while (length > from && text->data[length - 1] == ' ')
        length--;
    if (length < text->length)
        text_truncate(text, length);
}

/* Columns right of the digits before the decimal point: 4 for "12.345", 0 for "12"; -1 for what is no number ("NaN", "Inf"). */
static int after_point(const char *number)
{
    const char *place = number;

    if (*place == '<' || *place == '(')
        place++;
    if (*place == '-')
        place++;
    if (*place < '0' || *place > '9')
        return -1;
    place += strspn(place, "0123456789");
    return (int)strlen(place);
}

/* Pads numbers on the right so that their decimal points are in one line once they stand at the right. */
static bool align_points(struct arena *arena, const char **cells, size_t count)
{
    int widest = 0, after;

    for (size_t i = 0; i < count; i++) {
        after = after_point(cells[i]);
        if (after > widest)
            widest = after;
    }
    for (size_t i = 0; i < count; i++) {
        after = after_point(cells[i]);
        if (after < 0 || after == widest)
            continue;
        cells[i] = arena_printf(arena, "%s%*s", cells[i], widest - after, "");
        if (cells[i] == NULL)
            return false;
    }
    return true;
}

static const char *dash_of(const struct style *style)
{
    return style->charset == CHARSET_ASCII ? "-" : "\xe2\x80\x93";
}

/* Fills cells[] with the column's intervals: both ends at the right of their places, so that no bracket is away from its number.
 */
static bool fill_intervals(struct arena *arena, const struct table *table, size_t column, const struct column_format *format,
                           const struct style *style, const char **cells, size_t rows)
{
    const char *dash = dash_of(style);
    const char **lower = arena_alloc(arena, rows, sizeof *lower), **upper = arena_alloc(arena, rows, sizeof *upper);
    int width[2] = { 0, 0 };
    size_t seen = 0;

    if (lower == NULL || upper == NULL)
        return false;
    for (size_t i = 0; i < rows; i++) {
        const char *ends[2];

        if (!cell_ends(arena, table, i, column, format, ends) || !render_goes_on(style, &seen))
            return false;
        lower[i] = ends[0];
        upper[i] = ends[1];
    }
    for (size_t i = 0; i < rows; i++) {
        width[0] = utf8_width(lower[i]) > width[0] ? utf8_width(lower[i]) : width[0];
        width[1] = utf8_width(upper[i]) > width[1] ? utf8_width(upper[i]) : width[1];
    }
    for (size_t i = 0; i < rows; i++) {
        if (table_cell(table, i, column)->state != CELL_SET)
            cells[i] = table_cell(table, i, column)->state == CELL_NONE ? dash : "";
        else
            cells[i] = arena_printf(arena, "[%*s, %*s]", width[0], lower[i], width[1], upper[i]);
        if (cells[i] == NULL || !render_goes_on(style, &seen))
            return false;
    }
    return true;
}

static bool fill_column(struct arena *arena, const struct table *table, size_t column, const struct style *style, bool first,
                        struct text_column *out, size_t rows)
{
    const struct table_column *c = &table->columns[column];
    struct column_format format;
    size_t seen = 0;

    if (!column_format(table, column, style, &format))
        return false;
    out->key = c->key;
    out->left = column_is_left(c);
    out->words = c->kind == CELL_TEXT;
    out->joined = (c->flags & (COLUMN_CLOSE | COLUMN_JOINED)) != 0;
    out->names = first || (c->flags & COLUMN_NAME) != 0;
    out->interval = c->kind == CELL_INTERVAL;
    out->gap = c->flags & COLUMN_CLOSE ? 0 : c->kind == CELL_INTERVAL ? 3 : 2;
    out->heading = c->heading == NULL ? "" : c->heading;
    if (first && out->heading[0] == '\0' && table->title != NULL)
        out->heading = table->title;
    out->heading = without_controls(arena, out->heading, "");
    if (out->heading != NULL && style->charset == CHARSET_ASCII)
        out->heading = fold_ascii(arena, out->heading, false);
    out->cells = arena_alloc(arena, rows, sizeof *out->cells);
    if (out->cells == NULL || out->heading == NULL)
        return false;
    if (c->kind == CELL_INTERVAL)
        return fill_intervals(arena, table, column, &format, style, out->cells, rows);
    for (size_t i = 0; i < rows; i++) {
        bool none = table_cell(table, i, column)->state == CELL_NONE;
        const char *cell = none ? dash_of(style) : cell_string(arena, table, i, column, &format);

        if (cell != NULL)
            cell = without_controls(arena, cell, "");
        if (cell != NULL && style->charset == CHARSET_ASCII)
            cell = fold_ascii(arena, cell, false);
        if (cell != NULL && first && table->indent[i] > 0)
            cell = arena_printf(arena, "%*s%s", 2 * table->indent[i], "", cell);
        if (cell == NULL || !render_goes_on(style, &seen))
            return false;
        out->cells[i] = cell;
    }
    return c->kind == CELL_TEXT || align_points(arena, out->cells, rows);
}

static int longest_word(const char *words)
{
    int longest = 0, indent = (int)strspn(words, " ");

    words += indent;
    while (*words != '\0') {
        size_t bytes = strcspn(words, " ");
        int width = utf8_width_n(words, bytes);

        longest = indent + width > longest ? indent + width : longest; /* lines after the first are indented too */
        words += bytes;
        words += strspn(words, " ");
    }
    return longest;
}

/* Of names: what is within the parentheses of a call is one word, factor(Days > 4)TRUE. */
static int longest_name(const char *words)
{
    int longest = 0, width, indent = (int)strspn(words, " ");
    size_t begin = (size_t)indent, end = begin;

    for (; words[begin] != '\0'; begin = end + strspn(words + end, " ")) {
        for (end = begin; words[end] != '\0' && (words[end] != ' ' || wrap_keeps(words, end));)
            end++;
        width = utf8_width_n(words + begin, end - begin);
        longest = indent + width > longest ? indent + width : longest; /* lines after the first are indented too */
    }
    return longest;
}

/* The least width in which words take two lines. */
static int two_lines(const char *words)
{
    int whole = utf8_width(words), width = longest_word(words);

    for (; width < whole; width++) {
        size_t first = wrap_at(words, width), blanks = strspn(words + first, " ");

        if (utf8_width(words + first + blanks) <= width)
            break;
    }
    return width;
}

/* How many of the first columns name the row; the first alone where all of them leave no room for the widest of the others. */
static size_t count_names(const struct text_table *t, int page)
{
    size_t count = 0;
    int width = 0, widest = 0;

    while (count < t->column_count && t->columns[count].names) {
        width += (count > 0 ? t->columns[count].gap : 0) + t->columns[count].width;
        count++;
    }
    for (size_t j = count; j < t->column_count; j++) {
        const struct text_column *c = &t->columns[j];
        int least = c->gap + (c->words ? c->least : c->headed);

        widest = least > widest ? least : widest;
    }
    return width + widest > page && count > 1 ? 1 : count;
}

/* Sets the column's width, and the widths to which it may be narrowed; false where it was stopped. */
static bool measure(struct text_column *column, size_t rows, const struct style *style)
{
    int page = style->width, width = utf8_width(column->heading), least = longest_word(column->heading), whole = 0, cell;
    size_t seen = 0;

    column->content = 0;
    for (size_t i = 0; i < rows; i++) {
        if (!render_goes_on(style, &seen))
            return false;
        cell = utf8_width(column->cells[i]);
        width = cell > width ? cell : width;
        column->content = cell > column->content ? cell : column->content;
        if (column->words)
            cell = longest_word(column->cells[i]);
        least = cell > least ? cell : least;
        cell = column->names && column->words ? longest_name(column->cells[i]) : 0;
        whole = cell > whole ? cell : whole;
    }
    if (column->words)
        least = least < NARROWEST ? NARROWEST : least > page / 2 ? page / 2 : least;
    column->width = width;
    column->least = least < width ? least : width;
    column->whole = whole > column->least ? whole : column->least;
    cell = two_lines(column->heading);
    column->headed = column->content > cell ? column->content : cell;
    return true;
}

bool text_table_build(struct arena *arena, const struct table *table, const struct style *style, struct text_table *out)
{
    out->row_count = shown_rows(table);
    out->column_count = 0;
    out->columns = arena_alloc(arena, table->column_count, sizeof *out->columns);
    if (out->columns == NULL)
        return false;
    for (size_t j = 0; j < table->column_count; j++) {
        struct text_column *column = &out->columns[out->column_count];

        if (!column_shown(&table->columns[j]))
            continue;
        if (j % 256 == 255 && !progress_tell(style->progress, "laying out", 0.0, 0.0, (double)NAN))
            return false;
        if (!fill_column(arena, table, j, style, out->column_count == 0, column, out->row_count))
            return false;
        if (!measure(column, out->row_count, style))
            return false;
        out->column_count++;
    }
    out->name_count = count_names(out, style->width);
    return true;
}
