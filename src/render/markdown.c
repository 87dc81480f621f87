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

static void add_field(struct text *out, const char *label, const char *value, bool first)
{
    (void)first;
    text_add(out, "- ");
    add_escaped(out, label, false);
    text_add(out, label[0] == '\0' ? "" : " ");
    add_escaped(out, value, false);
    text_add_char(out, '\n');
}

static void begin_table(struct text *out, const struct table *table)
{
    (void)table;
    text_add_char(out, '|');
}

static void begin_body(struct text *out, const struct table *table)
{
    text_add(out, "\n|");
    for (size_t j = 0; j < table->column_count; j++)
        if (column_shown(&table->columns[j]))
            text_add(out, column_is_left(&table->columns[j]) ? " --- |" : " ---: |");
    text_add_char(out, '\n');
}

static void add_cell(struct text *out, const struct table_column *column, const char *words, int indent, bool first)
{
    (void)column;
    (void)indent;
    (void)first;
    text_add_char(out, ' ');
    add_escaped(out, words, true);
    text_add(out, " |");
}

static void add_heading(struct text *out, const struct table_column *column, const char *words, bool first)
{
    add_cell(out, column, words, 0, first);
}

bool render_markdown(const struct result *result, const struct style *style, struct text *out)
{
    static const struct markup markdown = {
        .line = add_line,
        .field = add_field,
        .fields_end = "",
        .table = { .begin = begin_table,
                   .heading = add_heading,
                   .body = begin_body,
                   .row_begin = "|",
                   .row_end = "\n",
                   .cell = add_cell,
                   .end = "",
                   .remark_begin = "\n",
                   .remark_end = "\n" },
        .verbatim = add_fenced,
        .ascii_plots = false,
    };

    return render_markup(&markdown, result, style, out);
}
