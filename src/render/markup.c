/* markup.c -- see markup.h. */
#include "render/markup.h"

#include <string.h>

#include "render/cells.h"
#include "render/draw.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_minus(const char *text, const char *at)
{
    if (*at != '-' || !(is_digit(at[1]) || strncmp(at + 1, "Inf", 3) == 0))
        return false;
    return at == text || strchr(" [(", at[-1]) != NULL || (at - text > 1 && at[-1] == 'e' && is_digit(at[-2]));
}

static bool add_plot(struct text *out, const struct markup *markup, const struct plot *plot, const struct style *style)
{
    struct style plain = *style;
    struct text drawn = { 0 };
    bool ok;

    if (markup->plot != NULL)
        return markup->plot(plot, style, out);
    plain.color = false;
    if (markup->ascii_plots)
        plain.charset = CHARSET_ASCII;
    ok = plot_draw(plot, &plain, &drawn);
    if (ok)
        markup->verbatim(out, text_string(&drawn));
    text_clear(&drawn);
    return ok;
}

static bool add_row(struct text *out, const struct table_markup *markup, struct arena *arena, const struct table *table,
                    const struct column_format *formats, size_t row, const struct style *style, size_t *seen)
{
    bool first = true;

    text_add(out, markup->row_begin);
    for (size_t j = 0; j < table->column_count; j++) {
        const char *cell;

        if (!column_shown(&table->columns[j]))
            continue;
        cell = cell_string(arena, table, row, j, &formats[j]);
        if (cell == NULL || !render_goes_on(style, seen))
            return false;
        markup->cell(out, &table->columns[j], cell, first ? table->indent[row] : 0, first);
        first = false;
    }
    text_add(out, markup->row_end);
    return true;
}

static bool add_table(struct text *out, const struct table_markup *markup, struct arena *arena, const struct table *table,
                      const struct style *style)
{
    struct column_format *formats = arena_alloc(arena, table->column_count, sizeof *formats);
    const char *remark;
    size_t seen = 0;
    bool first = true;

    if (!table_shown(table))
        return true;
    if (formats == NULL)
        return false;
    markup->begin(out, table);
    for (size_t j = 0; j < table->column_count; j++) {
        const char *heading = table->columns[j].heading;

        if (!column_format(table, j, style, &formats[j]))
            return false;
        if (!column_shown(&table->columns[j]))
            continue;
        if (first && (heading == NULL || heading[0] == '\0'))
            heading = table->title;
        markup->heading(out, &table->columns[j], heading == NULL ? "" : heading, first);
        first = false;
    }
    markup->body(out, table);
    for (size_t i = 0; i < shown_rows(table); i++)
        if (!add_row(out, markup, arena, table, formats, i, style, &seen))
            return false;
    text_add(out, markup->end);
    remark = cut_remark(arena, table);
    if (remark != NULL)
        text_addf(out, "%s%s%s", markup->remark_begin, remark, markup->remark_end);
    return true;
}

static bool add_fields(struct text *out, const struct markup *markup, struct arena *arena, const struct item *item, int digits)
{
    bool first = true;

    for (const struct field *field = item->as.fields.first; field != NULL; field = field->next) {
        const char *value;

        if (field->label == NULL || field->cell.state != CELL_SET)
            continue;
        value = field_string(arena, field, digits);
        if (value == NULL)
            return false;
        markup->field(out, field->label, value, first);
        first = false;
    }
    text_add(out, first ? "" : markup->fields_end);
    return true;
}

static bool is_seen(const struct item *item)
{
    if (item->kind == ITEM_LINE)
        return item->role != LINE_NEXT && item->role != LINE_BLANK;
    return item->kind != ITEM_VALUE;
}

bool render_markup(const struct markup *markup, const struct result *result, const struct style *style, struct text *out)
{
    struct arena *arena = arena_new();
    bool ok = arena != NULL, started = false;

    for (const struct item *item = result->first; ok && item != NULL; item = item->next) {
        size_t before = out->length;

        if (!is_seen(item))
            continue;
        if (started)
            text_add_char(out, '\n');
        if (item->kind == ITEM_LINE)
            markup->line(out, item->role, item->as.line);
        else if (item->kind == ITEM_FIELDS)
            ok = add_fields(out, markup, arena, item, style->digits);
        else if (item->kind == ITEM_TABLE)
            ok = add_table(out, &markup->table, arena, item->as.table, style);
        else
            ok = add_plot(out, markup, item->as.plot, style);
        if (out->length == before + (started ? 1 : 0))
            text_truncate(out, before);
        else
            started = true;
    }
    arena_free(arena);
    return ok && !out->failed;
}
