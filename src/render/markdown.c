/* markdown.c -- results as Markdown: pipe tables, fields as a list, plots and code as fenced blocks. */
#include <string.h>

#include "render/cells.h"
#include "render/formats.h"
#include "render/markup.h"

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/* True where the character would be read as markup: `_` only at the edge of a word, `[` only where a link can follow, `#` and `>`
 * only at the beginning, `<` only before what may be a tag, `*` and `~` only where they touch something on one side alone, or `*`
 * begins a list. */
static bool is_markup(const char *words, const char *at, bool cell)
{
    char before = at == words ? ' ' : at[-1], next = at[1];

    switch (*at) {
    case '\\':
    case '`':
        return true;
    case '|':
        return cell;
    case '_':
        return !(is_word_byte(before) && is_word_byte(next)) && !(before == ' ' && (next == ' ' || next == '\0'));
    case '*':
        return (at == words && next == ' ') || !(before == ' ' && (next == ' ' || next == '\0'));
    case '~':
        return before == '~' || next == '~';
    case '<':
        return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '/' || next == '!';
    case ']':
        return next == '(' || next == '[' || next == ':';
    case '#':
    case '>':
        return at == words;
    default:
        return false;
    }
}

/* What would be read as markup or as the end of a cell gets a backslash; a line break becomes a blank. */
static void add_escaped(struct text *out, const char *whole, bool cell)
{
    for (const char *words = whole; *words != '\0'; words++) {
        if (is_markup(whole, words, cell))
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
    add_escaped(out, words, false);
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
        add_escaped(out, field->label, false);
        text_add(out, field->label[0] == '\0' ? "" : " ");
        add_escaped(out, value, false);
        text_add_char(out, '\n');
    }
    return true;
}

static bool add_row(struct text *out, struct arena *arena, const struct table *table, const struct column_format *formats,
                    size_t row)
{
    text_add_char(out, '|');
    for (size_t j = 0; j < table->column_count; j++) {
        const char *cell;

        if (!column_shown(&table->columns[j]))
            continue;
        cell = cell_string(arena, table, row, j, &formats[j]);
        if (cell == NULL)
            return false;
        text_add_char(out, ' ');
        add_escaped(out, cell, true);
        text_add(out, " |");
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
        add_escaped(out, heading == NULL ? "" : heading, true);
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
