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
    { "−", "$-$" },
    { "…", "\\dots{}" },
    { "←", "$\\leftarrow$" },
    { "↑", "$\\uparrow$" },
    { "↓", "$\\downarrow$" },
    { "⇒", "$\\Rightarrow$" },
    { "▲", "$\\bigtriangleup$" },
    { "▼", "$\\bigtriangledown$" },
    { "÷", "$\\div$" },
    { "≠", "$\\ne$" },
    { "≈", "$\\approx$" },
    { "³", "$^3$" },
    { "⁻", "$^-$" },
    { "¹", "$^1$" },
    { "°", "$^\\circ$" },
    { "½", "$1/2$" },
    { "•", "$\\bullet$" },
    { "∆", "$\\Delta$" },
    { "γ", "$\\gamma$" },
    { "δ", "$\\delta$" },
    { "ε", "$\\epsilon$" },
    { "η", "$\\eta$" },
    { "μ", "$\\mu$" },
    { "µ", "$\\mu$" },
    { "ν", "$\\nu$" },
    { "φ", "$\\phi$" },
    { "ψ", "$\\psi$" },
    { "ω", "$\\omega$" },
    { "Λ", "$\\Lambda$" },
    { "Σ", "$\\Sigma$" },
    { "○", "$\\circ$" },
    { "●", "$\\bullet$" },
    { "─", "-" },
    { "┊", "\\textbar{}" },
    { "◂", "$\\triangleleft$" },
    { "▸", "$\\triangleright$" },
};

static void add_escaped(struct text *out, const char *words)
{
    size_t i, count = sizeof escapes / sizeof escapes[0];
    const char *begin = words;

    while (*words != '\0') {
        if (is_minus(begin, words)) {
            text_add(out, "$-$");
            words++;
            continue;
        }
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

static void add_field(struct text *out, const char *label, const char *value, bool first)
{
    text_add(out, first ? "" : "; ");
    add_escaped(out, label);
    text_add(out, label[0] == '\0' ? "" : " ");
    add_escaped(out, value);
}

static void begin_table(struct text *out, const struct table *table)
{
    text_add(out, "\\begin{tabular}{");
    for (size_t j = 0; j < table->column_count; j++)
        if (column_shown(&table->columns[j]))
            text_add_char(out, column_is_left(&table->columns[j]) ? 'l' : 'r');
    text_add(out, "}\n\\toprule\n");
}

static void begin_body(struct text *out, const struct table *table)
{
    (void)table;
    text_add(out, " \\\\\n\\midrule\n");
}

static void add_heading(struct text *out, const struct table_column *column, const char *words, bool first)
{
    (void)column;
    text_add(out, first ? "" : " & ");
    add_escaped(out, words);
}

static void add_cell(struct text *out, const struct table_column *column, const char *words, int indent, bool first)
{
    (void)column;
    text_add(out, first ? "" : " & ");
    text_repeat(out, "\\quad ", indent);
    add_escaped(out, words);
}

bool render_latex(const struct result *result, const struct style *style, struct text *out)
{
    static const struct markup latex = {
        .line = add_line,
        .field = add_field,
        .fields_end = "\n",
        .table = { .begin = begin_table,
                   .heading = add_heading,
                   .body = begin_body,
                   .row_begin = "",
                   .row_end = " \\\\\n",
                   .cell = add_cell,
                   .end = "\\bottomrule\n\\end{tabular}\n",
                   .remark_begin = "\n",
                   .remark_end = "\n" },
        .verbatim = add_verbatim,
        .ascii_plots = true,
    };

    return render_markup(&latex, result, style, out);
}
