/* latex.c -- results as LaTeX: booktabs tables, paragraphs, verbatim plots (in ASCII, which every font has). */
#include <string.h>

#include "render/cells.h"
#include "render/formats.h"
#include "render/markup.h"

/* Characters and signs that LaTeX reads as commands, or that its usual fonts do not have. */
static const struct {
    const char *sign, *latex;
} escapes[] = {
    { "\\", "\\textbackslash{}" },
    { "{", "\\{" },
    { "}", "\\}" },
    { "$", "\\$" },
    { "&", "\\&" },
    { "#", "\\#" },
    { "%", "\\%" },
    { "_", "\\_" },
    { "^", "\\textasciicircum{}" },
    { "~", "\\textasciitilde{}" },
    { "<", "$<$" },
    { ">", "$>$" },
    { "|", "\\textbar{}" },
    { "[", "{[}" },
    { "]", "{]}" },
    { "\n", " " },
    { "\r", " " },
    { "—", "---" },
    { "–", "--" },
    { "→", "$\\to$" },
    { "·", "$\\cdot$" },
    { "×", "$\\times$" },
    { "²", "$^2$" },
    { "±", "$\\pm$" },
    { "≤", "$\\le$" },
    { "≥", "$\\ge$" },
    { "√", "$\\surd$" },
    { "α", "$\\alpha$" },
    { "β", "$\\beta$" },
    { "θ", "$\\theta$" },
    { "λ", "$\\lambda$" },
    { "π", "$\\pi$" },
    { "ρ", "$\\rho$" },
    { "σ", "$\\sigma$" },
    { "τ", "$\\tau$" },
    { "χ̄", "$\\bar\\chi$" },
    { "χ", "$\\chi$" },
    { "Δ", "$\\Delta$" },
    { "∞", "$\\infty$" },
};

static void add_escaped(struct text *out, const char *words)
{
    size_t i, count = sizeof escapes / sizeof escapes[0];

    while (*words != '\0') {
        for (i = 0; i < count && strncmp(words, escapes[i].sign, strlen(escapes[i].sign)) != 0; i++)
            ;
        if (i < count) {
            text_add(out, escapes[i].latex);
            words += strlen(escapes[i].sign);
        } else {
            text_add_char(out, *words++);
        }
    }
}

/* A number keeps its minus sign as a minus, not as a hyphen. */
static void add_number(struct text *out, const char *number)
{
    if (number[0] == '-') {
        text_add(out, "$-$");
        number++;
    }
    add_escaped(out, number);
}

static void add_verbatim(struct text *out, const char *words)
{
    text_addf(out, "\\begin{verbatim}\n%s", words);
    if (words[0] == '\0' || words[strlen(words) - 1] != '\n')
        text_add_char(out, '\n');
    text_add(out, "\\end{verbatim}\n");
}

static void add_line(struct text *out, enum line_role role, const char *words)
{
    if (role == LINE_VERBATIM) {
        add_verbatim(out, words);
        return;
    }
    text_add(out, role == LINE_TITLE ? "\\textbf{" : role == LINE_NOTE ? "\\emph{" : "");
    add_escaped(out, words);
    text_add(out, role == LINE_TITLE || role == LINE_NOTE ? "}\n" : "\n");
}

static bool add_fields(struct text *out, struct arena *arena, const struct item *item, int digits)
{
    bool first = true;

    for (const struct field *field = item->as.fields.first; field != NULL; field = field->next) {
        const char *value;

        if (field->label == NULL || field->cell.state != CELL_SET)
            continue;
        value = field_string(arena, field, digits);
        if (value == NULL)
            return false;
        text_add(out, first ? "" : "; ");
        add_escaped(out, field->label);
        text_add(out, field->label[0] == '\0' ? "" : " ");
        add_number(out, value);
        first = false;
    }
    text_add(out, first ? "" : "\n");
    return true;
}

static bool add_row(struct text *out, struct arena *arena, const struct table *table, const struct column_format *formats,
                    size_t row)
{
    bool first = true;

    for (size_t j = 0; j < table->column_count; j++) {
        const char *cell;

        if (!column_shown(&table->columns[j]))
            continue;
        cell = cell_string(arena, table, row, j, &formats[j]);
        if (cell == NULL)
            return false;
        text_add(out, first ? "" : " & ");
        for (int level = 0; first && level < table->indent[row]; level++)
            text_add(out, "\\quad ");
        if (table->columns[j].kind == CELL_TEXT)
            add_escaped(out, cell);
        else
            add_number(out, cell);
        first = false;
    }
    text_add(out, " \\\\\n");
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
    text_add(out, "\\begin{tabular}{");
    for (size_t j = 0; j < table->column_count; j++) {
        if (column_shown(&table->columns[j]))
            text_add_char(out, column_is_left(&table->columns[j]) ? 'l' : 'r');
    }
    text_add(out, "}\n\\toprule\n");
    for (size_t j = 0; j < table->column_count; j++) {
        const char *heading = table->columns[j].heading;

        formats[j] = column_format(table, j, digits);
        if (!column_shown(&table->columns[j]))
            continue;
        if (first && (heading == NULL || heading[0] == '\0'))
            heading = table->title;
        text_add(out, first ? "" : " & ");
        add_escaped(out, heading == NULL ? "" : heading);
        first = false;
    }
    text_add(out, " \\\\\n\\midrule\n");
    for (size_t i = 0; i < shown_rows(table); i++) {
        if (!add_row(out, arena, table, formats, i))
            return false;
    }
    text_add(out, "\\bottomrule\n\\end{tabular}\n");
    remark = cut_remark(arena, table);
    if (remark != NULL)
        text_addf(out, "\n%s\n", remark);
    return true;
}

bool render_latex(const struct result *result, const struct style *style, struct text *out)
{
    static const struct markup latex = {
        .line = add_line,
        .fields = add_fields,
        .table = add_table,
        .verbatim = add_verbatim,
        .ascii_plots = true,
    };

    return render_markup(&latex, result, style, out);
}
