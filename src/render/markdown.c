/* markdown.c -- results as Markdown: pipe tables, fields as a list, plots and code as fenced blocks. */
#include <string.h>

#include "render/cells.h"
#include "render/formats.h"
#include "render/markup.h"

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

bool render_markdown(const struct result *result, const struct style *style, struct text *out)
{
    static const struct markup markdown = {
        .line = add_line,
        .fields = add_fields,
        .table = add_table,
        .verbatim = add_fenced,
        .ascii_plots = false,
    };

    return render_markup(&markdown, result, style, out);
}
