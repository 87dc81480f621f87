/* rendered.h -- a result in a style against a text, and a result to render. */
#ifndef TESTS_RENDERED_H
#define TESTS_RENDERED_H

#include <criterion/criterion.h>
#include <string.h>

#include "render/render.h"

static inline struct style style_of(enum format format, int width)
{
    return (struct style){ .format = format, .width = width, .digits = 4, .charset = CHARSET_BLOCK, .hints = true };
}

/* Renders (taking the result) and compares. */
static inline void renders_as(struct result *result, struct style style, const char *expected)
{
    struct text out = { 0 };

    cr_assert(render(result, &style, &out));
    cr_expect_str_eq(text_string(&out), expected, "\n%s\n---- not\n%s", text_string(&out), expected);
    text_clear(&out);
    result_free(result);
}

/* The summary screen of a fit. */
static inline struct result *summary(void)
{
    static const double fixed[2][7] = {
        { 251.40510484848492, 6.8245564, 17.0, 36.838, 1e-18, 237.0067, 265.8035 },
        { 10.467285959595996, 1.5457, 17, 6.77148, 3.26e-6, 7.2060, 13.7286 },
    };
    static const char *const names[2] = { "(Intercept)", "Days" };
    struct result *r = result_new("fit");
    struct item *fields;
    struct table *t;

    result_string(r, "model", "m2");
    result_line(r, LINE_TITLE, "m2   Reaction ~ Days + (Days | Subject)     gaussian (identity), REML     data: sleepstudy");
    fields = result_fields(r);
    field_integer(r, fields, "nobs", "n", 180);
    field_text(r, fields, NULL, "Subject:", "18 groups of 10");
    result_line(r, LINE_VERDICT, "fit: ok");
    t = result_table(r, "fixed", "Fixed effects");
    table_column(t, "term", NULL, CELL_TEXT);
    table_column(t, "estimate", "Estimate", CELL_REAL);
    table_column(t, "se", "Std.Err.", CELL_REAL);
    table_same_decimals(t, 1, 2);
    table_decimals(t, table_column(t, "df", "df", CELL_REAL), 2);
    table_decimals(t, table_column(t, "statistic", "t", CELL_REAL), 2);
    table_column(t, "p", "p", CELL_P);
    table_interval(t, "lower", "upper", "95% interval (Satterthwaite)");
    for (int k = 0; k < 2; k++) {
        size_t row = table_row(t);

        table_indent(t, row, 1);
        table_text(t, row, 0, names[k]);
        for (size_t j = 1; j < 6; j++)
            table_real(t, row, j, fixed[k][j - 1]);
        table_pair(t, row, 6, fixed[k][5], fixed[k][6]);
    }
    fields = result_fields(r);
    field_real(r, fields, "criterion", "REML criterion", 1743.6282719, 2);
    field_real(r, fields, "aic", "AIC", 1755.628, 2);
    result_line(r, LINE_NEXT, "shrinkage | compare m1 m2");
    return r;
}

#endif
