/* test-render-formats.c -- the formats that other programs read: JSON, CSV, Markdown, LaTeX, HTML, each with what it escapes. */
#include <criterion/criterion.h>
#include <math.h>

#include "rendered.h"

Test(json, keys_in_order_and_all_digits)
{
    struct result *r = summary();

    result_real(r, "nan", NAN);
    result_real(r, "inf", -INFINITY);
    result_null(r, "none");
    renders_as(
        r, style_of(FORMAT_JSON, 80),
        "{\"command\":\"fit\",\"model\":\"m2\",\"nobs\":180,\"fixed\":[{\"term\":\"(Intercept)\",\"estimate\":251.40510484848491,"
        "\"se\":6.8245563999999996,\"df\":17.0,\"statistic\":36.838000000000001,\"p\":1.0000000000000001e-18,\"lower\":237.0067,"
        "\"upper\":265.80349999999999},{\"term\":\"Days\",\"estimate\":10.467285959595996,\"se\":1.5457000000000001,\"df\":17.0,"
        "\"statistic\":6.7714800000000004,\"p\":3.2600000000000001e-6,\"lower\":7.2060000000000004,\"upper\":13.7286}],"
        "\"criterion\":1743.6282719000001,\"aic\":1755.6279999999999,\"nan\":\"NaN\",\"inf\":\"-Inf\",\"none\":null}\n");
}

Test(json, strings_are_valid)
{
    struct result *r = result_new("x");

    result_string(r, "s", "a\"b\\c\n\x01 \xff é");
    renders_as(r, style_of(FORMAT_JSON, 80), "{\"command\":\"x\",\"s\":\"a\\\"b\\\\c\\n\\u0001 \xef\xbf\xbd é\"}\n");
    r = result_new("help");
    result_line(r, LINE_TEXT, "some words");
    renders_as(r, style_of(FORMAT_JSON, 80), "{\"command\":\"help\",\"text\":[\"some words\"]}\n");
}

/* A table with everything that needs quoting somewhere. */
static struct result *awkward(void)
{
    struct result *r = result_new("x");
    struct item *fields = result_fields(r);
    struct table *t;
    size_t row;

    field_text(r, fields, "name", "name", "a, \"b\"");
    field_real(r, fields, "x", "x", 0.1, 1);
    t = result_table(r, "rows", NULL);
    table_column(t, "k_1", "k_1 | %", CELL_TEXT);
    table_interval(t, "lo", "hi", "both");
    table_column(t, "p", "p", CELL_P);
    table_column(t, NULL, "shown only", CELL_INTEGER);
    row = table_row(t);
    table_text(t, row, 0, "a|b_c & 5% $\t\"q\"\nnew, line");
    table_pair(t, row, 1, -1, 2.5);
    table_real(t, row, 2, 1e-7);
    row = table_row(t);
    table_text(t, row, 0, "plain");
    return r;
}

Test(csv, quotes_by_the_rfc)
{
    renders_as(awkward(), style_of(FORMAT_CSV, 80),
               "table,k_1,lo,hi,p,name,x\n"
               "rows,\"a|b_c & 5% $\t\"\"q\"\"\nnew, line\",-1,2.5,1e-07,,\n"
               "rows,plain,,,,,\n"
               "x,,,,,\"a, \"\"b\"\"\",0.1\n");
    renders_as(awkward(), style_of(FORMAT_TSV, 80),
               "table\tk_1\tlo\thi\tp\tname\tx\n"
               "rows\t\"a|b_c & 5% $\t\"\"q\"\"\nnew, line\"\t-1\t2.5\t1e-07\t\t\n"
               "rows\tplain\t\t\t\t\t\n"
               "x\t\t\t\t\t\"a, \"\"b\"\"\"\t0.1\n");
}

Test(markdown, escapes)
{
    renders_as(awkward(), style_of(FORMAT_MARKDOWN, 80),
               "- name a, \"b\"\n"
               "- x 0.1\n"
               "\n"
               "| k_1 \\| % | both | p | shown only |\n"
               "| --- | --- | ---: | ---: |\n"
               "| a\\|b_c & 5% $\t\"q\" new, line | [-1.0, 2.5] | <0.0001 |  |\n"
               "| plain |  |  |  |\n");
}

Test(latex, escapes)
{
    renders_as(awkward(), style_of(FORMAT_LATEX, 80),
               "name a, \"b\"; x 0.1\n"
               "\n"
               "\\begin{tabular}{llrr}\n"
               "\\toprule\n"
               "k\\_1 \\textbar{} \\% & both & p & shown only \\\\\n"
               "\\midrule\n"
               "a\\textbar{}b\\_c \\& 5\\% \\$\t\"q\" new, line & {[}$-$1.0, 2.5{]} & $<$0.0001 &  \\\\\n"
               "plain &  &  &  \\\\\n"
               "\\bottomrule\n"
               "\\end{tabular}\n");
}

Test(render, html_escapes_what_is_markup)
{
    renders_as(awkward(), style_of(FORMAT_HTML, 80),
               "<p class=\"fields\">name a, &quot;b&quot;; x 0.1</p>\n\n"
               "<table>\n"
               "<thead><tr><th>k_1 | %</th><th class=\"number\">both</th><th class=\"number\">p</th><th class=\"number\">shown "
               "only</th></tr></thead>\n"
               "<tbody>\n"
               "<tr><td>a|b_c &amp; 5% $ &quot;q&quot; new, line</td><td class=\"number\">[\u22121.0, 2.5]</td><td "
               "class=\"number\">&lt;0.0001</td><td class=\"number\"></td></tr>\n"
               "<tr><td>plain</td><td class=\"number\"></td><td class=\"number\"></td><td class=\"number\"></td></tr>\n"
               "</tbody>\n"
               "</table>\n");
}

/* Every sign that the program writes is one that LaTeX's usual fonts have. */
Test(latex, signs)
{
    struct result *r = result_new("x");

    result_line(r, LINE_TEXT, "raw \u25b2, \u25bc \u2026 \u25cb \u25cf \u2212 \u00b3");
    renders_as(r, style_of(FORMAT_LATEX, 80),
               "raw $\\bigtriangleup$, $\\bigtriangledown$ \\dots{} $\\circ$ $\\bullet$ $-$ $^3$\n");
}
