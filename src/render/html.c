/* html.c -- results as HTML: a fragment of valid HTML 5 that is well-formed XML too, to be put into a page (session/page.c makes
 * a whole one).  Tables are tables, headlines and notes paragraphs with a class, lists of values definition lists. */
#include <string.h>

#include "render/cells.h"
#include "render/formats.h"
#include "render/markup.h"
#include "render/svg.h"
#include "render/xml.h"

static void add_verbatim(struct text *out, const char *words)
{
    text_add(out, "<pre>");
    xml_add(out, words, true);
    text_add(out, "</pre>\n");
}

static void add_line(struct text *out, enum line_role role, const char *words)
{
    static const char *const classes[] = {
        [LINE_TITLE] = "title",
        [LINE_VERDICT] = "verdict",
        [LINE_NOTE] = "note",
        [LINE_VERBATIM] = NULL,
    };
    const char *name = (size_t)role < sizeof classes / sizeof classes[0] ? classes[role] : NULL;

    if (role == LINE_VERBATIM) {
        add_verbatim(out, words);
        return;
    }
    if (name == NULL)
        text_add(out, "<p>");
    else
        text_addf(out, "<p class=\"%s\">", name);
    xml_add(out, words, false);
    text_add(out, "</p>\n");
}

static void add_field(struct text *out, const char *label, const char *value, bool first)
{
    text_add(out, first ? "<p class=\"fields\">" : "; ");
    xml_add(out, label, false);
    text_add(out, label[0] == '\0' ? "" : " ");
    xml_add(out, value, false);
}

/* A number's minus sign is a minus, not a hyphen. */
static void add_number(struct text *out, const char *number)
{
    for (const char *at = number; *at != '\0'; at++)
        if (is_minus(number, at))
            text_add(out, "\xe2\x88\x92");
        else
            text_add_char(out, *at);
}

static void add_element(struct text *out, const char *tag, const struct table_column *column, const char *cell, int indent)
{
    bool numbers = column->kind != CELL_TEXT;

    text_addf(out, "<%s", tag);
    if (!column_is_left(column) || column->kind == CELL_INTERVAL)
        text_add(out, " class=\"number\"");
    else if (indent > 0)
        text_addf(out, " class=\"in%d\"", indent > 3 ? 3 : indent);
    text_add_char(out, '>');
    if (numbers && strcmp(tag, "td") == 0) {
        struct text plain = { 0 };

        add_number(&plain, cell);
        xml_add(out, text_string(&plain), false);
        out->failed = out->failed || plain.failed;
        text_clear(&plain);
    } else {
        xml_add(out, cell, false);
    }
    text_addf(out, "</%s>", tag);
}

static void begin_table(struct text *out, const struct table *table)
{
    (void)table;
    text_add(out, "<table>\n<thead><tr>");
}

static void begin_body(struct text *out, const struct table *table)
{
    (void)table;
    text_add(out, "</tr></thead>\n<tbody>\n");
}

static void add_heading(struct text *out, const struct table_column *column, const char *words, bool first)
{
    (void)first;
    add_element(out, "th", column, words, 0);
}

static void add_cell(struct text *out, const struct table_column *column, const char *words, int indent, bool first)
{
    (void)first;
    add_element(out, "td", column, words, indent);
}

bool render_html(const struct result *result, const struct style *style, struct text *out)
{
    static const struct markup html = {
        .line = add_line,
        .field = add_field,
        .fields_end = "</p>\n",
        .table = { .begin = begin_table,
                   .heading = add_heading,
                   .body = begin_body,
                   .row_begin = "<tr>",
                   .row_end = "</tr>\n",
                   .cell = add_cell,
                   .end = "</tbody>\n</table>\n",
                   .remark_begin = "<p class=\"note\">",
                   .remark_end = "</p>\n" },
        .verbatim = add_verbatim,
        .plot = plot_svg,
    };

    return render_markup(&html, result, style, out);
}
