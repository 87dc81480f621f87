/* markdown.c -- results as Markdown: pipe tables, fields as a list, plots and code as fenced blocks. */
#include <string.h>

#include "render/cells.h"
#include "render/draw.h"
#include "render/formats.h"

/* What would be read as markup or as the end of a cell gets a backslash; a line break becomes a blank. */
static void add_escaped(struct text *out, const char *words)
{
    for (; *words != '\0'; words++) {
        if (strchr("\\`*_|<>[]#~", *words) != NULL)
            text_add_char(out, '\\');
        text_add_char(out, *words == '\n' || *words == '\r' ? ' ' : *words);
    }
}

static void add_fenced(struct text *out, const char *words)
{
    const char *fence = strstr(words, "```") == NULL ? "```" : "`````";

    text_addf(out, "%s\n%s", fence, words);
    if (words[0] == '\0' || words[strlen(words) - 1] != '\n')
        text_add_char(out, '\n');
    text_addf(out, "%s\n", fence);
}

static void add_line(struct text *out, enum line_role role, const char *words)
{
    if (role == LINE_VERBATIM) {
        add_fenced(out, words);
        return;
    }
    text_add(out, role == LINE_TITLE ? "**" : role == LINE_NOTE ? "> " : "");
    add_escaped(out, words);
    text_add(out, role == LINE_TITLE ? "**\n" : "\n");
}

static bool add_fields(struct text *out, struct arena *arena, const struct item *item, int digits)
{
    for (const struct field *field = item->as.fields.first; field != NULL; field = field->next) {
        const char *value;

        if (field->label == NULL || field->cell.state != CELL_SET)
            continue;
        value = field_string(arena, field, digits);
        if (value == NULL)
            return false;
        text_add(out, "- ");
        add_escaped(out, field->label);
        text_add(out, field->label[0] == '\0' ? "" : " ");
        add_escaped(out, value);
        text_add_char(out, '\n');
    }
    return true;
}

static bool add_row(struct text *out, struct arena *arena, const struct table *table, const struct column_format *formats,
                    size_t row)
{
    bool first = true;

    text_add_char(out, '|');
    for (size_t j = 0; j < table->column_count; j++) {
        const char *cell;

        if (!column_shown(&table->columns[j]))
            continue;
        cell = cell_string(arena, table, row, j, &formats[j]);
        if (cell == NULL)
            return false;
        text_add_char(out, ' ');
        if (first)
            text_repeat(out, "&nbsp;&nbsp;", table->indent[row]);
        add_escaped(out, cell);
        text_add(out, " |");
        first = false;
    }
    text_add_char(out, '\n');
    return true;
}

static bool add_table(struct text *out, struct arena *arena, const struct table *table, int digits)
{
    struct column_format *formats = arena_alloc(arena, table->column_count, sizeof *formats);
    const char *remark;
    bool first = true;

    if (!table_shown(table))
        return true;
    if (formats == NULL)
        return false;
    text_add_char(out, '|');
    for (size_t j = 0; j < table->column_count; j++) {
        const char *heading = table->columns[j].heading;

        formats[j] = column_format(table, j, digits);
        if (!column_shown(&table->columns[j]))
            continue;
        if (first && (heading == NULL || heading[0] == '\0'))
            heading = table->title;
        text_add_char(out, ' ');
        add_escaped(out, heading == NULL ? "" : heading);
        text_add(out, " |");
        first = false;
    }
    text_add(out, "\n|");
    for (size_t j = 0; j < table->column_count; j++) {
        if (column_shown(&table->columns[j]))
            text_add(out, column_is_left(&table->columns[j]) ? " --- |" : " ---: |");
    }
    text_add_char(out, '\n');
    for (size_t i = 0; i < shown_rows(table); i++) {
        if (!add_row(out, arena, table, formats, i))
            return false;
    }
    remark = cut_remark(arena, table);
    if (remark != NULL)
        text_addf(out, "\n%s\n", remark);
    return true;
}

static bool add_plot(struct text *out, const struct plot *plot, const struct style *style)
{
    struct style plain = *style;
    struct text drawn = { 0 };
    bool ok;

    plain.color = false;
    ok = plot_draw(plot, &plain, &drawn);
    if (ok)
        add_fenced(out, text_string(&drawn));
    text_clear(&drawn);
    return ok;
}

/* True for items that this format shows. */
static bool is_seen(const struct item *item)
{
    if (item->kind == ITEM_LINE)
        return item->role != LINE_NEXT && item->role != LINE_BLANK;
    return item->kind != ITEM_VALUE;
}

bool render_markdown(const struct result *result, const struct style *style, struct text *out)
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
            add_line(out, item->role, item->as.line);
        else if (item->kind == ITEM_FIELDS)
            ok = add_fields(out, arena, item, style->digits);
        else if (item->kind == ITEM_TABLE)
            ok = add_table(out, arena, item->as.table, style->digits);
        else
            ok = add_plot(out, item->as.plot, style);
        if (out->length == before + (started ? 1 : 0))
            text_truncate(out, before);
        else
            started = true;
    }
    arena_free(arena);
    return ok && !out->failed;
}
