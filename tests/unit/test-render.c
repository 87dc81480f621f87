/* test-render.c -- results as text: widths, tables, signs; what all formats have in common (test-render-formats.c has each). */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "render/render.h"
#include "render/wrap.h"
#include "rendered.h"
#include "sweep.h"

static void each_line_fits(const char *text, int width)
{
    while (*text != '\0') {
        size_t bytes = strcspn(text, "\n");

        cr_assert_leq(utf8_width_n(text, bytes), width, "%.*s", (int)bytes, text);
        cr_assert(bytes == 0 || text[bytes - 1] != ' ', "blanks at the end: %.*s|", (int)bytes, text);
        text += bytes + (text[bytes] == '\n');
    }
}

Test(text, the_summary_screen)
{
    renders_as(summary(), style_of(FORMAT_TEXT, 100),
               "m2   Reaction ~ Days + (Days | Subject)     gaussian (identity), REML     data: sleepstudy\n"
               "n 180   Subject: 18 groups of 10\n"
               "fit: ok\n"
               "\n"
               "Fixed effects  Estimate  Std.Err.     df      t        p   95% interval (Satterthwaite)\n"
               "  (Intercept)   251.405     6.825  17.00  36.84  <0.0001   [237.01, 265.80]\n"
               "  Days           10.467     1.546  17.00   6.77  <0.0001   [  7.21,  13.73]\n"
               "\n"
               "REML criterion 1743.63   AIC 1755.63\n"
               "next: shrinkage | compare m1 m2\n");
}

Test(text, headings_are_wrapped_first)
{
    renders_as(summary(), style_of(FORMAT_TEXT, 80),
               "m2   Reaction ~ Days + (Days | Subject)     gaussian (identity), REML\n"
               "  data: sleepstudy\n"
               "n 180   Subject: 18 groups of 10\n"
               "fit: ok\n"
               "\n"
               "                                                           95% interval\n"
               "Fixed effects  Estimate  Std.Err.     df      t        p   (Satterthwaite)\n"
               "  (Intercept)   251.405     6.825  17.00  36.84  <0.0001   [237.01, 265.80]\n"
               "  Days           10.467     1.546  17.00   6.77  <0.0001   [  7.21,  13.73]\n"
               "\n"
               "REML criterion 1743.63   AIC 1755.63\n"
               "next: shrinkage | compare m1 m2\n");
}

Test(text, never_wider_than_the_width)
{
    static const int widths[] = { 40, 41, 57, 80, 120, 250 };
    struct text out = { 0 };

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        struct result *result = summary();
        struct style style = style_of(FORMAT_TEXT, widths[i]);
        struct table *table;

        result_line(
            result, LINE_TEXT,
            "a_word_without_any_blank_that_is_far_longer_than_forty_columns_and_must_be_broken_somewhere_in_the_middle and more");
        table = result_table(result, NULL, "A title of several words over the table");
        table_column(table, NULL, "name", CELL_TEXT);
        for (int j = 0; j < 30; j++)
            table_column(table, NULL, "some heading", j % 3 == 0 ? CELL_TEXT : CELL_REAL);
        for (int k = 0; k < 3; k++) {
            size_t row = table_row(table);

            table_text(table, row, 0, "漢字漢字 a long name with words, and_one_word_that_is_wider_than_half_of_the_page_is");
            for (size_t j = 1; j <= 30; j++) {
                if (j % 3 == 1)
                    table_text(table, row, j, "words in a cell that may be wrapped");
                else
                    table_real(table, row, j, 1.5 * (double)j);
            }
        }
        text_truncate(&out, 0);
        cr_assert(render(result, &style, &out));
        each_line_fits(text_string(&out), widths[i]);
        result_free(result);
    }
    text_clear(&out);
}

Test(text, wide_tables_repeat_the_first_column)
{
    struct result *result = result_new("x");
    struct table *table = result_table(result, NULL, NULL);
    size_t row;

    table_column(table, NULL, "name", CELL_TEXT);
    for (int j = 0; j < 5; j++)
        table_column(table, NULL, "heading_1", CELL_INTEGER);
    row = table_row(table);
    table_text(table, row, 0, "a");
    for (size_t j = 1; j < 6; j++)
        table_integer(table, row, j, (long long)j);
    renders_as(result, style_of(FORMAT_TEXT, 40),
               "name  heading_1  heading_1  heading_1\n"
               "a             1          2          3\n"
               "\n"
               "name  heading_1  heading_1\n"
               "a             4          5\n");
}

/* Each part has all columns that name the row; headings are wrapped before there is a part more; what belongs together stays. */
Test(text, a_split_table_names_its_rows_in_each_part)
{
    static const double values[3][5] = { { 4.079, 2.398, 8.953, 16.64, 0 },
                                         { 5.878, 3.457, 12.897, 34.55, 0.48 },
                                         { 0.962, 0.776, 1.235, 0.92, 0 } };
    static const char *const names[3][2] = { { "Worker", "(Intercept)" }, { NULL, "MachineB" }, { "Residual", NULL } };
    struct result *r = result_new("t");
    struct table *t = result_table(r, "random", "Random effects");

    table_column(t, "group", NULL, CELL_TEXT);
    table_flags(t, table_column(t, "term", "", CELL_TEXT), COLUMN_NAME);
    table_column(t, "sd", "Std.Dev.", CELL_REAL);
    table_interval(t, "lower", "upper", "95% interval (profile)");
    table_column(t, "variance", "Variance", CELL_REAL);
    table_column(t, "corr", "Corr", CELL_REAL);
    table_flags(t, table_column(t, "corr2", "", CELL_REAL), COLUMN_JOINED);
    for (size_t i = 0; i < 3; i++) {
        size_t row = table_row(t);

        table_indent(t, row, 1);
        for (size_t j = 0; j < 2; j++)
            if (names[i][j] != NULL)
                table_text(t, row, j, names[i][j]);
        table_real(t, row, 2, values[i][0]);
        table_pair(t, row, 3, values[i][1], values[i][2]);
        table_real(t, row, 4, values[i][3]);
        if (i == 1) {
            table_real(t, row, 5, values[i][4]);
            table_real(t, row, 6, -values[i][4]);
        }
    }
    renders_as(r, style_of(FORMAT_TEXT, 60),
               "                                        95% interval\n"
               "Random effects               Std.Dev.   (profile)\n"
               "  Worker        (Intercept)     4.079   [2.398,  8.953]\n"
               "                MachineB        5.878   [3.457, 12.897]\n"
               "  Residual                      0.962   [0.776,  1.235]\n"
               "\n"
               "Random effects               Variance  Corr\n"
               "  Worker        (Intercept)     16.64\n"
               "                MachineB        34.55  0.48  -0.48\n"
               "  Residual                       0.92\n");
}

/* A list is laid out for 80 columns; narrower pages have one pair a line, and say below a long term what it is. */
Test(text, lists_fit_narrow_pages)
{
    static const char pairs[] = "    a + b          both                  a:b            their interaction\n"
                                "    (1 | g)        an intercept for each level of g";
    static const char terms[] = "    load sleepstudy                               a bundled example\n"
                                "    exp gau mat(0 + pos(x, y) | g)                exp(-d/range), Matern\n"
                                "                                                  with a shape\n"
                                "    compare m1 m2                                 which?\n"
                                "    # a remark";
    struct result *r = result_new("t");

    result_line(r, LINE_VERBATIM, "%s", pairs);
    renders_as(r, style_of(FORMAT_TEXT, 60),
               "    a + b          both\n"
               "    a:b            their interaction\n"
               "    (1 | g)        an intercept for each level of g\n");
    r = result_new("t");
    result_line(r, LINE_VERBATIM, "%s", terms);
    renders_as(r, style_of(FORMAT_TEXT, 60),
               "    load sleepstudy\n"
               "        a bundled example\n"
               "    exp gau mat(0 + pos(x, y) | g)\n"
               "        exp(-d/range), Matern with a shape\n"
               "    compare m1 m2\n"
               "        which?\n"
               "    # a remark\n");
    r = result_new("t");
    result_line(r, LINE_VERBATIM, "%s", terms);
    renders_as(r, style_of(FORMAT_TEXT, 80), arena_printf(r->arena, "%s\n", terms));
}

Test(text, numbers_align_and_none_is_hidden)
{
    static const double x[] = { 250, 1e-9, -3.5, NAN, INFINITY, 1e12 };
    struct result *result = result_new("x");
    struct table *table = result_table(result, NULL, NULL);

    table_column(table, NULL, "x", CELL_REAL);
    table_column(table, NULL, "p", CELL_P);
    table_column(table, NULL, "share", CELL_PERCENT);
    for (size_t i = 0; i < 6; i++) {
        size_t row = table_row(table);

        table_real(table, row, 0, x[i]);
        if (i < 4)
            table_real(table, row, 1, (const double[]){ 1e-9, 0.04, 1, 0.00012 }[i]);
        if (i < 4)
            table_real(table, row, 2, (const double[]){ 0.47, 0.001, 0.999, 1 }[i]);
    }
    renders_as(result, style_of(FORMAT_TEXT, 80),
               "      x        p  share\n"
               "250.000  <0.0001    47%\n"
               "  1e-09   0.0400    <1%\n"
               " -3.500   1.0000   >99%\n"
               "    NaN   0.0001   100%\n"
               "    Inf\n"
               "  1e+12\n");
}

/* Beside a share that is 0 or 1 where it says so, one that never is, though a double may hold it so: exp(-800). */
Test(text, a_share_is_not_0_or_1_where_it_is_neither)
{
    static const double x[] = { 0, 6e-5, 0.25, 0.99994, 1, 1e-300 };
    struct result *result = result_new("x");
    struct table *table = result_table(result, NULL, NULL);

    for (size_t j = 0; j < 2; j++) {
        table_column(table, NULL, j == 0 ? "share" : "weight", CELL_REAL);
        table_decimals(table, j, 3);
        table_flags(table, j, j == 0 ? COLUMN_SHARE : COLUMN_SHARE | COLUMN_INNER);
    }
    for (size_t i = 0; i < 6; i++) {
        size_t row = table_row(table);

        table_real(table, row, 0, x[i]);
        table_real(table, row, 1, x[i]);
    }
    renders_as(result, style_of(FORMAT_TEXT, 80),
               " share  weight\n"
               " 0.000  <0.001\n"
               "<0.001  <0.001\n"
               " 0.250   0.250\n"
               ">0.999  >0.999\n"
               " 1.000  >0.999\n"
               "<0.001  <0.001\n");
}

/* Nor is an end of its interval: [1.000, 1.000] beside a share of >0.999. */
Test(text, an_end_of_a_share_is_not_0_or_1_where_it_is_neither)
{
    static const double x[][2] = { { 0.99990, 0.99994 }, { 0, 6e-5 }, { 0.25, 1 } };
    struct result *result = result_new("x");
    struct table *table = result_table(result, NULL, NULL);
    size_t share = table_interval(table, "lower", "upper", "share");

    table_decimals(table, share, 3);
    table_flags(table, share, COLUMN_SHARE);
    for (size_t i = 0; i < 3; i++)
        table_pair(table, table_row(table), share, x[i][0], x[i][1]);
    renders_as(result, style_of(FORMAT_TEXT, 80),
               "share\n"
               "[>0.999, >0.999]\n"
               "[ 0.000, <0.001]\n"
               "[ 0.250,  1.000]\n");
}

/* The zeros that end a number's digits are digits: [-1e+08, 1.61e+07] would say that the lower end is a round number. */
Test(text, numbers_with_an_exponent_keep_their_digits)
{
    struct result *result = result_new("x");
    struct table *table = result_table(result, NULL, NULL);

    table_column(table, NULL, "estimate", CELL_REAL);
    table_column(table, NULL, "se", CELL_REAL);
    table_interval(table, "lower", "upper", "interval");
    for (size_t j = 0; j < 3; j++)
        table_decimals(table, j, DECIMALS_OWN);
    table->columns[0].error = table->columns[2].error = 1;
    for (size_t i = 0; i < 2; i++) {
        size_t row = table_row(table);

        table_real(table, row, 0, i == 0 ? -42000123.4 : 5e9);
        table_real(table, row, 1, i == 0 ? 29600111.9 : 3.00004e9);
        table_pair(table, row, 2, i == 0 ? -100012345.6 : -1e9, i == 0 ? 16100987.6 : 1.10004e10);
    }
    renders_as(result, style_of(FORMAT_TEXT, 80),
               "  estimate         se   interval\n"
               "-4.200e+07  2.960e+07   [-1.00e+08, 1.61e+07]\n"
               " 5e+09      3.000e+09   [   -1e+09, 1.10e+10]\n");
}

/* What is within the parentheses of a call is broken only where the table cannot stay whole otherwise. */
Test(text, names_of_calls_stay_whole)
{
    struct result *result = result_new("x");
    struct table *table = result_table(result, NULL, "Fixed effects");

    table_column(table, NULL, NULL, CELL_TEXT);
    for (size_t j = 1; j < 5; j++)
        table_column(table, NULL, "Estimate", CELL_REAL);
    table_text(table, table_row(table), 0, "(Intercept)");
    table_text(table, table_row(table), 0, "factor(Days > 4)TRUE");
    for (size_t j = 1; j < 5; j++)
        table_real(table, 0, j, 1.5);
    renders_as(result, style_of(FORMAT_TEXT, 40),
               "Fixed effects         Estimate  Estimate\n"
               "(Intercept)                1.5       1.5\n"
               "factor(Days > 4)TRUE\n"
               "\n"
               "Fixed effects         Estimate  Estimate\n"
               "(Intercept)                1.5       1.5\n"
               "factor(Days > 4)TRUE\n");
}

static struct result *part_of(const char *group, int value)
{
    struct result *result = result_new("x");
    struct table *table;

    result_string(result, "group", group);
    table = result_table(result, "rows", NULL);
    table_flags(table, table_column(table, "group", "group", CELL_TEXT), COLUMN_CSV);
    table_column(table, "i", "i", CELL_INTEGER);
    table_text(table, table_row(table), 0, group);
    table_integer(table, 0, 1, value);
    return result;
}

/* An answer of several parts: an object each in JSON, a blank line between elsewhere; what it is about is not shown. */
Test(parts, one_after_the_other)
{
    static const struct {
        enum format format;
        const char *expected;
    } cases[] = {
        { FORMAT_TEXT, "i\n1\n\ni\n2\n" },
        { FORMAT_CSV, "group,i\na,1\nb,2\n" },
        { FORMAT_JSON, "{\"command\":\"x\",\"group\":\"a\",\"rows\":[{\"i\":1}]}\n{\"command\":\"x\",\"group\":\"b\",\"rows\":[{"
                       "\"i\":2}]}\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct result *answer = NULL;

        result_append(&answer, part_of("a", 1));
        result_append(&answer, part_of("b", 2));
        answer->about = part_of("c", 3);
        renders_as(answer, style_of(cases[i].format, 80), cases[i].expected);
    }
}

/* One part that failed fails the answer. */
Test(parts, fail_together)
{
    struct result *answer = NULL;

    result_append(&answer, part_of("a", 1));
    result_append(&answer, part_of("b", 2));
    cr_expect(result_ok(answer));
    answer->next->failed = true;
    cr_expect_not(result_ok(answer));
    result_free(answer);
}

Test(text, cut_tables_say_so)
{
    struct result *result = result_new("x");
    struct table *table = result_table(result, "rows", NULL);

    table_column(table, "i", "i", CELL_INTEGER);
    for (int i = 0; i < 160; i++)
        table_integer(table, table_row(table), 0, i);
    table->show_rows = 2;
    renders_as(result, style_of(FORMAT_TEXT, 80), "i\n0\n1\n2 of 160 shown; last all\n");
}

Test(text, ascii_spells_signs_out_but_not_names)
{
    struct result *result = result_new("x");
    struct table *table;
    struct style style = style_of(FORMAT_TEXT, 80);

    style.charset = CHARSET_ASCII;
    result_line(result, LINE_TEXT, "σ² — τ²/(n·τ²) → χ̄²");
    table = result_table(result, NULL, NULL);
    table_column(table, NULL, "β̂ (±)", CELL_TEXT);
    table_text(table, table_row(table), 0, "Zürich");
    renders_as(result, style, "sigma^2 - tau^2/(n*tau^2) -> chibar^2\n\nbeta\xcc\x82 (+-)\nZürich\n");
}

Test(text, controls_do_not_reach_the_terminal)
{
    struct result *result = result_new("x");
    struct item *fields;
    struct table *table;

    result_line(result, LINE_TEXT,
                "a\033[31mb\nc\td\xc2\x9b"
                "e");
    result_line(result, LINE_VERBATIM, "a\tb\a");
    fields = result_fields(result);
    field_text(result, fields, NULL, "g", "x\ry\b");
    table = result_table(result, NULL, NULL);
    table_column(table, NULL, "h\033", CELL_TEXT);
    table_text(table, table_row(table), 0, "1\n2\0333");
    renders_as(result, style_of(FORMAT_TEXT, 80),
               "a\\u{1b}[31mb\nc\\u{9}d\\u{9b}e\na\tb\\u{7}\ng x\\u{d}y\\u{8}\n\nh\\u{1b}\n1\\u{a}2\\u{1b}3\n");
}

Test(text, color_only_adds_escapes)
{
    struct text plain = { 0 }, colored = { 0 };
    struct style style = style_of(FORMAT_TEXT, 80);
    struct result *result = summary();
    const char *p, *c;

    cr_assert(render(result, &style, &plain));
    style.color = true;
    cr_assert(render(result, &style, &colored));
    for (p = text_string(&plain), c = text_string(&colored); *c != '\0';) {
        if (*c == '\033')
            c += strcspn(c, "m") + 1;
        else
            cr_assert_eq(*p++, *c++);
    }
    cr_expect_eq(*p, '\0');
    text_clear(&plain);
    text_clear(&colored);
    result_free(result);
}

/* Signs of numbers are minus signs, hyphens are hyphens. */
Test(render, minus_signs)
{
    for (int html = 0; html < 2; html++) {
        struct result *r = result_new("x");
        struct table *t = result_table(r, "rows", NULL);

        table_column(t, "k", "k", CELL_TEXT);
        table_interval(t, "lo", "hi", "both");
        table_column(t, "x", "x", CELL_REAL);
        table_row(t);
        table_text(t, 0, 0, "2024-01-31");
        table_pair(t, 0, 1, -(double)INFINITY, -1.5);
        table_real(t, 0, 2, -1.25e-7);
        if (html == 1)
            renders_as(r, style_of(FORMAT_HTML, 80),
                       "<table>\n"
                       "<thead><tr><th>k</th><th class=\"number\">both</th><th class=\"number\">x</th></tr></thead>\n"
                       "<tbody>\n"
                       "<tr><td>2024-01-31</td><td class=\"number\">[\u2212Inf, \u22121.5]</td>"
                       "<td class=\"number\">\u22121.25e\u221207</td></tr>\n"
                       "</tbody>\n"
                       "</table>\n");
        else
            renders_as(r, style_of(FORMAT_LATEX, 80),
                       "\\begin{tabular}{llr}\n"
                       "\\toprule\n"
                       "k & both & x \\\\\n"
                       "\\midrule\n"
                       "2024-01-31 & {[}$-$Inf, $-$1.5{]} & $-$1.25e$-$07 \\\\\n"
                       "\\bottomrule\n"
                       "\\end{tabular}\n");
    }
}

/* Rows of their own decimals: an estimate with its error in parentheses above a criterion. */
Test(render, rows_may_have_decimals_of_their_own)
{
    struct result *result = result_new("test");
    struct table *table = result_table(result, NULL, NULL);
    size_t name = table_column(table, NULL, "", CELL_TEXT), value = table_column(table, NULL, "m1", CELL_REAL);
    size_t error = table_column(table, NULL, "(SE)", CELL_REAL);

    table_flags(table, error, COLUMN_ERROR | COLUMN_JOINED);
    for (int i = 0; i < 2; i++) {
        size_t row = table_row(table);

        table_text(table, row, name, i == 0 ? "x" : "AIC");
        table_row_decimals(table, row, i == 0 ? 3 : 1);
        table_real(table, row, value, i == 0 ? -0.51239 : 1234.567);
        if (i == 0)
            table_real(table, row, error, 0.0307);
    }
    renders_as(result, style_of(FORMAT_TEXT, 80),
               "           m1     (SE)\n"
               "x      -0.512  (0.031)\n"
               "AIC  1234.6\n");
}

Test(render, formats_have_names)
{
    enum format format;

    for (int f = FORMAT_TEXT; f <= FORMAT_SVG; f++) {
        cr_expect(format_from_name(format_name((enum format)f), &format));
        cr_expect_eq((int)format, f);
    }
    cr_expect_not(format_from_name("rtf", &format));
}

static void breaks_behind(const char *words, int columns, const char *first)
{
    size_t bytes = wrap_at(words, columns);

    cr_expect(bytes == strlen(first) && strncmp(words, first, bytes) == 0, "%.*s| not %s|", (int)bytes, words, first);
}

/* What is to be typed as it stands is torn only where no line would hold it, and a field not from its label. */
Test(text, advice_is_not_torn)
{
    breaks_behind("the rest of these words is on another line", 20, "the rest of these");
    breaks_behind("type: `number x, decimal=comma` and go on", 26, "type:");
    breaks_behind("type: `number x, decimal=comma`, and go on", 26, "type:");
    breaks_behind("type: `number x, decimal=comma` and go on", 20, "type: `number x,");
    breaks_behind("type `number x` and `number y, decimal=comma` then", 30, "type `number x` and");
    breaks_behind("m1   y ~ x     gaussian; data: sleepstudy", 32, "m1   y ~ x     gaussian;");
    breaks_behind("n 180   fit: ok   data: sleepstudy", 24, "n 180   fit: ok");
    breaks_behind("m1   y ~ x + (1 | herd)   Laplace", 20, "m1   y ~ x +");
    breaks_behind("m1   y ~ poly(x, 2) + (0 + log(x) | herd)", 34, "m1   y ~ poly(x, 2) +");
    breaks_behind("of (one or another) word", 10, "of (one or");
    breaks_behind("p 0.01 by 0.5 chi2(0) + 0.5 chi2(1)", 15, "p 0.01 by");
    breaks_behind("one thing: another that is longer", 12, "one thing:");
    breaks_behind("m1   y ~ I(age - 8) * Sex + (I(age - 8) | Subject)", 40, "m1   y ~ I(age - 8) * Sex +");
    breaks_behind("(Intercept), SexMale, I(age - 8):SexMale", 28, "(Intercept), SexMale,");
    breaks_behind("I(age - 8):SexMale", 14, "I(age - 8):");
    breaks_behind("FoodTreatmentSatiated:SexParentMale", 26, "FoodTreatmentSatiated:");
    breaks_behind("FoodTreatmentSatiated", 12, "FoodTreatmen");
    breaks_behind("gee (exchangeable of trials) then", 20, "gee (exchangeable of");
    breaks_behind("about trials x p x (1 - p) of them", 22, "about trials x p x");
    breaks_behind("variance / (groups + residual) of", 20, "variance /");
}

static bool is_slopes(const char *words)
{
    return strncmp(words, "slopes ", 7) == 0;
}

/* A command behind a colon stands whole on a line that holds it. */
Test(text, commands_behind_colons_are_not_torn)
{
    struct result *result = result_new("x");
    struct style style = style_of(FORMAT_TEXT, 40);

    style.is_command = is_slopes;
    result_line(result, LINE_NOTE, "another at other values of age: slopes age by Sex age");
    result_line(result, LINE_NOTE, "two of them: slopes age by Sex; another: slopes age");
    result_line(result, LINE_NOTE, "order of Sex and the others: Female, Male");
    result_line(result, LINE_NOTE, "that is longer than a line: slopes age by Sex and Subject, ddf=kenward-roger");
    renders_as(result, style,
               "another at other values of age:\n"
               "slopes age by Sex age\n"
               "two of them: slopes age by Sex;\n"
               "another: slopes age\n"
               "order of Sex and the others: Female,\n"
               "Male\n"
               "that is longer than a line: slopes age\n"
               "by Sex and Subject, ddf=kenward-roger\n");
}

/* What is proposed to type next stands below all that was added to a result behind it. */
Test(text, next_is_last)
{
    struct result *result = result_new("x");

    result_line(result, LINE_TITLE, "m1");
    result_line(result, LINE_NEXT, "shrinkage");
    result_line(result, LINE_NOTE, "a note behind it");
    renders_as(result, style_of(FORMAT_TEXT, 80), "m1\na note behind it\nnext: shrinkage\n");
}

static bool render_summary(void *context, struct glmm_error *err)
{
    struct style *style = context;
    struct text out = { 0 };
    struct result *result = summary();
    bool ok = result != NULL && render(result, style, &out);

    text_clear(&out);
    result_free(result);
    return ok || fail_memory(err);
}

Test(render, survives_each_failed_allocation)
{
    for (int f = FORMAT_TEXT; f <= FORMAT_SVG; f++) {
        struct style style = style_of((enum format)f, 60);
        long count = sweep_passing(render_summary, &style);

        cr_expect_gt(count, 3, "%s: the sweep stopped at %ld", format_name((enum format)f), count);
    }
}
