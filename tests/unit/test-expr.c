/* test-expr.c -- parsing, deparsing and evaluating expressions. */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/expr.h"
#include "sweep.h"

/* x: 1 2 NA 4; k: 1 2 3 4 (integer); f: b a b NA; g: u v u v; ok: T F NA T */
static struct frame *example(void)
{
    static const double x[] = { 1.0, 2.0, NAN, 4.0 };
    static const int32_t f[] = { 1, 0, 1, -1 }, g[] = { 0, 1, 0, 1 };
    static const int8_t ok[] = { 1, 0, -1, 1 };
    struct frame *frame = frame_new("toy", 4);
    struct column *c;

    c = frame_add(frame, "x", COLUMN_REAL, NULL);
    memcpy(c->as.real, x, sizeof x);
    c->missing = 1;
    c = frame_add(frame, "k", COLUMN_INTEGER, NULL);
    for (int i = 0; i < 4; i++)
        c->as.integer[i] = i + 1;
    for (int j = 0; j < 2; j++) {
        c = frame_add(frame, j == 0 ? "f" : "g", COLUMN_FACTOR, NULL);
        memcpy(c->as.code, j == 0 ? f : g, sizeof f);
        c->levels = NEW_ARRAY(char *, 2);
        c->levels[0] = mem_strdup(j == 0 ? "a" : "u");
        c->levels[1] = mem_strdup(j == 0 ? "b" : "v");
        c->level_count = 2;
        column_count_missing(c, 4);
    }
    c = frame_add(frame, "ok", COLUMN_LOGICAL, NULL);
    memcpy(c->as.logical, ok, sizeof ok);
    c->missing = 1;
    return frame;
}

static struct column *evaluate(const char *text, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct frame *frame = example();
    const struct expr *tree = expr_parse(arena, text, err);
    struct column *column = tree == NULL ? NULL : expr_column(tree, frame, err);

    frame_free(frame);
    arena_free(arena);
    return column;
}

/* The values in R's notation, "1 2 NA 4". */
static void expect(const char *text, const char *values)
{
    struct glmm_error err = { 0 };
    struct column *column = evaluate(text, &err);
    char got[200] = "", buffer[40];

    cr_assert_not_null(column, "%s: %s", text, err.message);
    for (size_t i = 0; i < 4; i++) {
        strcat(got, i > 0 ? " " : "");
        strcat(got, column_text(column, i, buffer));
    }
    cr_expect_str_eq(got, values, "%s gives %s, not %s", text, got, values);
    column_free(column);
}

static void expect_error(const char *text, enum glmm_code code, int begin, int end, const char *part)
{
    struct glmm_error err = { 0 };
    struct column *column;

    error_clear(&err);
    column = evaluate(text, &err);
    cr_expect_null(column, "%s should fail", text);
    cr_expect_eq(err.code, code, "%s: code %d (%s)", text, err.code, err.message);
    cr_expect(err.at.begin == begin && err.at.end == end, "%s: span %d-%d (%s)", text, err.at.begin, err.at.end, err.message);
    cr_expect(strstr(err.message, part) != NULL || strstr(err.hint, part) != NULL, "%s: %s; %s", text, err.message, err.hint);
    column_free(column);
}

static void expect_deparse(const char *text, const char *deparsed)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { 0 };
    const struct expr *tree = expr_parse(arena, text, &err);

    cr_assert_not_null(tree, "%s: %s", text, err.message);
    cr_expect_str_eq(expr_deparse(arena, tree), deparsed);
    arena_free(arena);
}

Test(expr, deparses_as_r_does)
{
    expect_deparse("a%%b+(-x)^2-a*b/c+100000+0.1+1e-20", "a%%b + (-x)^2 - a * b/c + 1e+05 + 0.1 + 1e-20");
    expect_deparse("x * 22222222222222222222222222222222222 + 0.1",
                   "x * 2.222222222222222e+34 + 0.1"); /* 15 digits read as another */
    expect_deparse("y~x+(1+x||a/b)", "y ~ x + (1 + x || a/b)");
    expect_deparse("~ .", "~.");
    expect_deparse("factor( f ,levels = c('a',\"b\"))", "factor(f, levels = c(\"a\", \"b\"))");
    expect_deparse("`my var`:I(x**2)", "`my var`:I(x^2)");
    expect_deparse("!a & b | TRUE", "!a & b | TRUE");
    expect_deparse("x %in% c(1,2L)", "x %in% c(1, 2)");
    expect_deparse("mean(x) by g", "mean(x, by = g)");
    expect_deparse("\"a\\\"b\"", "\"a\\\"b\"");
    expect_deparse("'a\\nb\\tc\\\\'", "\"a\\nb\\tc\\\\\"");
    expect_deparse("'\\u{e4}'", "\"\xc3\xa4\"");
}

Test(expr, precedence_is_rs)
{
    expect("-2^2 + 0 * k", "-4 -4 -4 -4");
    expect("2^3^k", "8 512 134217728 2.41785163922926e+24");
    expect("2^-1 + 0 * k", "0.5 0.5 0.5 0.5");
    expect("k * 2 %% 3", "2 4 6 8");
    expect("-k %% 3", "2 1 0 2");
    expect("k %/% 2", "0 1 1 2");
    expect("!k > 2", "TRUE TRUE FALSE FALSE");
    expect("k == 1 | k > 3 & TRUE", "TRUE FALSE FALSE TRUE");
}

Test(expr, missing_values_propagate)
{
    expect("x + 1", "2 3 NA 5");
    expect("x > 1", "FALSE TRUE NA TRUE");
    expect("ok & FALSE", "FALSE FALSE FALSE FALSE");
    expect("ok | TRUE", "TRUE TRUE TRUE TRUE");
    expect("ok & TRUE", "TRUE FALSE NA TRUE");
    expect("!ok", "FALSE TRUE NA FALSE");
    expect("f == \"b\"", "TRUE FALSE TRUE NA");
    expect("f != 'b'", "FALSE TRUE FALSE NA");
    expect("ifelse(is.na(x), 0, x)", "1 2 0 4");
    expect("ifelse(ok, k, -k)", "1 -2 NA 4");
    expect("ifelse(k > 2, NA, k)", "1 2 NA NA");
    expect("is.na(f)", "FALSE FALSE FALSE TRUE");
    expect("x * 0 == NA", "NA NA NA NA");
    expect("pmin(x, 2, k)", "1 2 NA 2");
    expect("NA ^ 0 + 0 * k", "1 1 1 1");
}

Test(expr, functions)
{
    expect("log(k, 2)", "0 1 1.58496250072116 2");
    expect("log(base = 2, x = 8) + 0 * k", "3 3 3 3");
    expect("round(k / 3, 2)", "0.33 0.67 1 1.33");
    expect("round(k + 0.5)", "2 2 4 4");
    expect("signif(k * 1234, 2)", "1200 2500 3700 4900");
    expect("signif(k / 7)", "0.142857 0.285714 0.428571 0.571429");
    expect("round(qlogis(k / 5), 6)", "-1.386294 -0.405465 0.405465 1.386294");
    expect("round(plogis(3 * k - 7), 6)", "0.017986 0.268941 0.880797 0.993307");
    expect("sign(k - 2)", "-1 0 1 1");
    expect("sqrt(abs(-k * k))", "1 2 3 4");
    expect("rank(-k)", "4 3 2 1");
    expect("rank(x %% 2)", "3 1.5 NA 1.5");
    expect("center(x)", "-1.33333333333333 -0.333333333333333 NA 1.66666666666667");
    expect("scale(k)", "-1.16189500386223 -0.387298334620742 0.387298334620742 1.16189500386223");
    expect("mean(k)", "2.5 2.5 2.5 2.5");
    expect("mean(k) by g", "2 3 2 3");
    expect("sum(x, na.rm = TRUE, by = g)", "1 6 1 6");
    expect("n() by g", "2 2 2 2");
    expect("n(x) by g", "1 2 1 2");
    expect("median(k)", "2.5 2.5 2.5 2.5");
    expect("sd(k) by g:f", "1.4142135623731 NA 1.4142135623731 NA");
    expect("max(k) - min(k)", "3 3 3 3");
    expect("rank(k) by g", "1 1 2 2");
    expect("max(k) by g:f", "3 2 3 NA"); /* a smaller group behind a larger one */
    expect("min(-k) by g:f", "-3 -2 -3 NA");
    expect("as.numeric(factor(k * 10))", "10 20 30 40");
    expect("as.numeric(g)", "1 2 1 2");
    expect("factor(k, levels = c(3, 1), labels = c('three', 'one'))", "one NA three NA");
    expect("f %in% c('b', 'z')", "TRUE FALSE TRUE FALSE");
    expect("k %in% c(1, 4)", "TRUE FALSE FALSE TRUE");
    expect("interaction(g, f)", "u.b v.a u.b NA");
    expect("ifelse(k > 2, 'hi', g)", "u v hi hi");
    expect("g == 'u' & k < 3", "TRUE FALSE FALSE FALSE");
    expect("f == g", "FALSE FALSE FALSE NA");
    expect("I(k)", "1 2 3 4");
    expect("2 * pi > 6 & k > 0", "TRUE TRUE TRUE TRUE");
    expect("round(k * 1234, -2)", "1200 2500 3700 4900");
    expect("round(1e300 * k, 2) == 1e300 * k", "TRUE TRUE TRUE TRUE");
    expect("signif(x - 1, 3)", "0 1 NA 3");
    expect("signif(1234, 2) + 0 * k", "1200 1200 1200 1200");
    expect("round(1 / 0, 2) - k", "Inf Inf Inf Inf");
    expect("k <= 2", "TRUE TRUE FALSE FALSE");
    expect("k >= x", "TRUE TRUE NA TRUE");
    expect("'a' == 'a' & k > 0", "TRUE TRUE TRUE TRUE");
    expect("'a' != 'a' | k > 2", "FALSE FALSE TRUE TRUE");
    expect("f == NA", "NA NA NA NA");
    expect("factor(k) == 2", "FALSE TRUE FALSE FALSE");
    expect("as.numeric(ok)", "1 0 NA 1");
    expect("scale(k, center = 1, scale = 2)", "0 0.5 1 1.5");
    expect("scale(k, center = FALSE, scale = FALSE)", "1 2 3 4");
    expect("median(x, na.rm = TRUE, by = f)", "1 2 1 NA");
    expect("cut(k, 2)", "(0.997,2.5] (0.997,2.5] (2.5,4] (2.5,4]");
    expect("cut(k, c(1, 2, 4), right = FALSE)", "[1,2) [2,4) [2,4) NA");
    expect("year(as.Date('2020-03-04')) + 0 * k", "2020 2020 2020 2020");
    expect("as.Date(factor(k, labels = c('1.2.2020', '2.2.2020', '3.2.2020', '4.3.2020')), 'd.m.y')",
           "2020-02-01 2020-02-02 2020-02-03 2020-03-04");
    expect("lag(k)", "NA 1 2 3");
    expect("lag(k, 2)", "NA NA 1 2");
    expect("lag(f) by g", "NA NA b a");
    expect("lead(k)", "2 3 4 NA");
    expect("row()", "1 2 3 4");
    expect("row() by g", "1 1 2 2");
    expect("startsWith(f, 'b')", "TRUE FALSE TRUE NA");
    expect("endsWith(g, 'v')", "FALSE TRUE FALSE TRUE");
    expect("grepl('[ua]', g)", "TRUE FALSE TRUE FALSE");
    expect("nchar(interaction(g, f))", "3 3 3 NA");
    expect("as.character(k) == '2'", "FALSE TRUE FALSE FALSE");
    expect("pmax(x, 2, k)", "2 2 NA 4");
    expect("var(k)", "1.66666666666667 1.66666666666667 1.66666666666667 1.66666666666667");
    expect("month(as.Date('2020-03-04') + k)", "3 3 3 3");
    expect("day(as.Date('2020-02-27') + k)", "28 29 1 2");
    expect("weekday(as.Date('2020-02-27') + k)", "Fri Sat Sun Mon");
    expect("days(as.Date('2020-03-01'), as.Date('2020-02-01')) + 0 * k", "29 29 29 29");
    expect("ifelse(k > 0, 'one', 'one')", "one one one one");
    expect("factor('a')", "a a a a");
    expect("as.Date(k)", "1970-01-02 1970-01-03 1970-01-04 1970-01-05");
    expect("factor(ifelse(k > 2, TRUE, FALSE), levels = c(TRUE, FALSE))", "FALSE FALSE TRUE TRUE");
}

/* Of imputed data a group is one within its imputation, whether it is named (by) or all rows are; imputations 1 2 1 2. */
Test(expr, groups_are_within_imputations)
{
    static const char *const text[] = { "mean(k)", "mean(k) by f", "center(k)", "rank(-k)", "rank(-k) by f" };
    static const double expected[][4] = { { 2, 3, 2, 3 }, { 2, 2, 2, NAN }, { -1, -1, 1, 1 }, { 2, 2, 1, 1 }, { 2, 1, 1, NAN } };
    struct arena *arena = arena_new();
    struct frame *frame = example();
    struct glmm_error err = { 0 };
    struct column *column = frame_add(frame, "imp", COLUMN_INTEGER, NULL);

    for (int i = 0; i < 4; i++)
        column->as.integer[i] = 1 + i % 2;
    column->imputation = true;
    for (int t = 0; t < 5; t++) {
        const struct expr *tree = expr_parse(arena, text[t], &err);

        column = tree == NULL ? NULL : expr_column(tree, frame, &err);
        cr_assert_not_null(column, "%s: %s", text[t], err.message);
        for (size_t i = 0; i < 4; i++) {
            double value = column_real(column, i);

            cr_expect(isnan(expected[t][i]) ? isnan(value) : value == expected[t][i], "%s, row %zu: %g", text[t], i, value);
        }
        column_free(column);
    }
    frame_free(frame);
    arena_free(arena);
}

Test(expr, keeps_types)
{
    struct glmm_error err = { 0 };
    struct column *column = evaluate("k", &err);

    cr_assert_eq(column->type, COLUMN_INTEGER);
    column_free(column);
    column = evaluate("relevel(f, ref = 'b')", &err);
    cr_assert_eq(column->reference, 1);
    column_free(column);
    column = evaluate("'a text'", &err);
    cr_assert(column->type == COLUMN_FACTOR && column->level_count == 1);
    cr_assert_str_eq(column->levels[0], "a text");
    column_free(column);
    column = evaluate("ordered(f)", &err);
    cr_assert_eq(column->contrast, CONTRAST_POLY);
    cr_assert_eq(column->missing, 1);
    column_free(column);
}

Test(expr, errors_have_places)
{
    expect_error("log(x", GLMM_E_SYNTAX, 3, 4, "never closed");
    expect_error("(x + (k - 1)", GLMM_E_SYNTAX, 0, 1, "never closed");
    expect_error("log(", GLMM_E_SYNTAX, 3, 4, "never closed");
    expect_error("x + ", GLMM_E_SYNTAX, 2, 3, "missing after `+`");
    expect_error("x + * k", GLMM_E_SYNTAX, 4, 5, "missing after `+`");
    expect_error("* k", GLMM_E_SYNTAX, 0, 1, "missing before `*`");
    expect_error("x)", GLMM_E_SYNTAX, 1, 2, "closes nothing");
    expect_error("x k", GLMM_E_SYNTAX, 2, 3, "operator is missing");
    expect_error("x = 1", GLMM_E_SYNTAX, 2, 3, "`==`");
    expect_error("x == 1 == 2", GLMM_E_SYNTAX, 7, 9, "chain");
    expect_error("", GLMM_E_SYNTAX, -1, -1, "empty");
    expect_error("f == \"b", GLMM_E_SYNTAX, 5, 6, "never closed");
    expect_error("toy$x", GLMM_E_SYNTAX, 3, 4, "data$Days");
    expect_error("2x", GLMM_E_SYNTAX, 0, 2, "digit");
    expect_error("lgo(x)", GLMM_E_NAME, 0, 3, "`log`");
    expect_error("xx + 1", GLMM_E_NAME, 0, 2, "no variable `xx`");
    expect_error("log(x, 1, 2)", GLMM_E_USAGE, 0, 12, "1 to 2 arguments, not 3");
    expect_error("ifelse(x)", GLMM_E_USAGE, 0, 9, "3 arguments, not 1");
    expect_error("round(x, digit = 1)", GLMM_E_NAME, 17, 18, "no parameter `digit`");
    expect_error("f + 1", GLMM_E_TYPE, 0, 1, "f is text; `+` needs numbers");
    expect_error("log(f)", GLMM_E_TYPE, 4, 5, "f is text");
    expect_error("f == 'B'", GLMM_E_VALUE, 5, 8, "no level \"B\"");
    expect_error("f < 'b'", GLMM_E_TYPE, 0, 7, "==");
    expect_error("mean(x)", GLMM_E_DATA, 0, 7, "na.rm = TRUE");
    expect_error("poly(x, 2)", GLMM_E_TYPE, 0, 10, "formula");
    expect_error("scale(0 * k)", GLMM_E_DATA, 0, 12, "equal");
    expect_error("c(1, 2)", GLMM_E_TYPE, 0, 7, "%in%");
    expect_error("x ~ k", GLMM_E_TYPE, 0, 5, "`~`");
    expect_error("x + \xff", GLMM_E_SYNTAX, 4, 5, "UTF-8");
    expect_error("x + 1e999", GLMM_E_SYNTAX, 4, 9, "too large");
}

/* The sentence of each mistake; the place of its kind is tested above. */
Test(expr, errors_say_what_is_wrong)
{
    static const struct {
        const char *text;
        enum glmm_code code;
        const char *says;
    } wrong[] = {
        { ")", GLMM_E_SYNTAX, "this `)` closes nothing" },
        { ", k", GLMM_E_SYNTAX, "a variable or a number is missing here" },
        { "k, x", GLMM_E_SYNTAX, "a comma belongs between the arguments of a function" },
        { "k ~ x ~ 1", GLMM_E_SYNTAX, "a formula has one `~`" },
        { "k + `x", GLMM_E_SYNTAX, "this backquote is never closed" },
        { "k + ``", GLMM_E_SYNTAX, "there is no name between the backquotes" },
        { "stats::log(k)", GLMM_E_SYNTAX, "without its package" },
        { "k % 2", GLMM_E_SYNTAX, "`%` alone is no operator" },
        { "k \001 2", GLMM_E_SYNTAX, "a control character (1) stands here" },
        { "k ; 2", GLMM_E_SYNTAX, "`;` is not understood here" },
        { ". + 1", GLMM_E_TYPE, "`.` stands only in model formulas" },
        { "k : x", GLMM_E_TYPE, "`:` stands only in model formulas" },
        { "k + (~ x)", GLMM_E_TYPE, "a formula stands only where a model is stated" },
        { "(f) + 1", GLMM_E_TYPE, "f is text; `+` needs numbers" },
        { "-\"a\"", GLMM_E_TYPE, "this is text; a sign needs numbers" },
        { "!f", GLMM_E_TYPE, "f is text; `!` needs numbers" },
        { "round(k, k)", GLMM_E_TYPE, "the number of digits must be one number, not a column" },
        { "round(k, 400)", GLMM_E_VALUE, "the number of digits is out of range" },
        { "lag()", GLMM_E_USAGE, "lag() takes 1 to 3 arguments, not 0" },
        { "grepl('[', f)", GLMM_E_VALUE, "pattern" },
        { "nchar(k, k)", GLMM_E_USAGE, "1 argument, not 2" },
        { "pmin()", GLMM_E_USAGE, "at least 1 argument, not 0" },
        { "log(x = k, x = 2)", GLMM_E_USAGE, "`x` is given twice" },
        { "k == \"a\"", GLMM_E_TYPE, "a number is compared with a text" },
        { "f == k", GLMM_E_TYPE, "a factor is compared with a column of numbers" },
        { "f == \"quite another\"", GLMM_E_VALUE, "its levels are \"a\" to \"b\"" },
        { "f %in% k", GLMM_E_TYPE, "`%in%` takes constants" },
        { "\"a\" %in% c(\"a\")", GLMM_E_TYPE, "`%in%` needs a variable on its left" },
        { "k %in% c(1, \"a\")", GLMM_E_TYPE, "a number is compared with a text" },
        { "ifelse(k > 2, \"a\", 1)", GLMM_E_TYPE, "one result is text and the other a number" },
        { "factor(k, levels = c(1, NA))", GLMM_E_VALUE, "a level cannot be missing" },
        { "factor(k, levels = c(1, 1))", GLMM_E_VALUE, "\"1\" is listed twice" },
        { "factor(f, labels = \"one\")", GLMM_E_VALUE, "1 labels for 2 levels" },
        { "relevel(f, \"c\")", GLMM_E_VALUE, "no level \"c\" to take as the reference of f" },
        { "as.numeric(\"2\")", GLMM_E_TYPE, "a text is no number" },
        { "sd(NA)", GLMM_E_DATA, "4 of the 4 values are missing" },
        { "scale(k, center = x)", GLMM_E_TYPE, "this must be TRUE, FALSE or one number" },
        { "cut(k, c())", GLMM_E_VALUE, "there are no breaks" },
        { "cut(k, c(1, \"a\"))", GLMM_E_TYPE, "a break is a number" },
        { "cut(k, c(1, NA))", GLMM_E_VALUE, "a break cannot be missing" },
        { "cut(k, c(1, 1, 4))", GLMM_E_VALUE, "two breaks are equal" },
        { "cut(k, 1)", GLMM_E_VALUE, "the number of intervals must be a whole number from 2 to 10000" },
        { "cut(0 * k, 3)", GLMM_E_DATA, "there is no range to cut" },
        { "cut(k, c(0, 2, 4), labels = c(1, 2))", GLMM_E_TYPE, "a label is a text, in quotes" },
        { "cut(k, c(0, 2, 4), labels = c(\"a\", \"a\"))", GLMM_E_VALUE, "two intervals have the same label" },
        { "cut(k, c(0, 2, 4), labels = \"a\")", GLMM_E_VALUE, "1 label for 2 intervals" },
        { "year(k)", GLMM_E_TYPE, "k is a number; year() needs dates" },
        { "year((f))", GLMM_E_TYPE, "f is text; year() needs dates" },
        { "year(k + 1)", GLMM_E_TYPE, "this is a number; year() needs dates" },
        { "as.Date(f)", GLMM_E_DATA, "\"a\" is no date" },
        { "as.Date(\"tomorrow\")", GLMM_E_VALUE, "\"tomorrow\" is no date" },
        { "as.Date(\"2020-01-01\", \"y-w\")", GLMM_E_VALUE, "the order of day, month and year" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct column *column = evaluate(wrong[i].text, &err);

        cr_expect_null(column, "%s should fail", wrong[i].text);
        cr_expect_eq(err.code, wrong[i].code, "%s: code %d (%s)", wrong[i].text, err.code, err.message);
        cr_expect(strstr(err.message, wrong[i].says) != NULL || strstr(err.hint, wrong[i].says) != NULL, "%s: %s; %s",
                  wrong[i].text, err.message, err.hint);
        column_free(column);
    }
}

Test(expr, depth_is_limited)
{
    enum { N = 100000 };
    char *text = calloc(2 * N + 2, 1);
    struct glmm_error err = { 0 };

    memset(text, '(', N);
    cr_assert_null(evaluate(text, &err));
    cr_assert_eq(err.code, GLMM_E_LIMIT);
    for (int i = 0; i < N; i++)
        memcpy(text + 2 * i, "x+", 2);
    text[2 * N] = 'x';
    error_clear(&err);
    cr_assert_null(evaluate(text, &err));
    cr_assert_eq(err.code, GLMM_E_LIMIT);
    memset(text, '-', 2 * N);
    error_clear(&err);
    cr_assert_null(evaluate(text, &err));
    cr_assert_eq(err.code, GLMM_E_LIMIT);
    free(text);
}

Test(expr, equality_ignores_parentheses)
{
    struct arena *arena = arena_new();

    cr_assert(expr_equal(expr_parse(arena, "log( (x)+1 )", NULL), expr_parse(arena, "(log(x + 1))", NULL)));
    cr_assert_not(expr_equal(expr_parse(arena, "a - (b - c)", NULL), expr_parse(arena, "a - b - c", NULL)));
    cr_assert_not(expr_equal(expr_parse(arena, "f(x = 1)", NULL), expr_parse(arena, "f(y = 1)", NULL)));
    cr_assert_not(expr_equal(expr_parse(arena, "f(x)", NULL), expr_parse(arena, "f(x, 1)", NULL)));
    cr_assert_not(expr_equal(expr_parse(arena, "f(x)", NULL), expr_parse(arena, "g(x)", NULL)));
    cr_assert_not(expr_equal(expr_parse(arena, "x", NULL), expr_parse(arena, "NA", NULL)));
    cr_assert(expr_equal(expr_parse(arena, "-(.) + NA == 'a'", NULL), expr_parse(arena, "-. + NA == \"a\"", NULL)));
    arena_free(arena);
}

Test(expr, rows_that_are_missing)
{
    struct arena *arena = arena_new();
    struct frame *frame = example();
    const struct expr *tree = expr_parse(arena, "log(x - 2) + k", NULL);

    cr_assert(expr_row_missing(tree, frame, 2));
    cr_assert_not(expr_row_missing(tree, frame, 0));
    frame_free(frame);
    arena_free(arena);
}

static bool parse_and_evaluate(void *context, struct glmm_error *err)
{
    const char *text = "ifelse(f == 'b' & !is.na(x), factor(k, levels = c(1, 2, 3, 4)), interaction(f, g))";
    struct arena *arena = arena_new();
    const struct expr *tree = arena == NULL ? (fail_memory(err), NULL) : expr_parse(arena, text, err);
    struct column *column = tree == NULL ? NULL : expr_column(tree, context, err);
    struct column *other = NULL;

    tree = column == NULL ? NULL : expr_parse(arena, "scale(k) + mean(k) by f:g - rank(x) by g + pmin(x, k)", err);
    if (tree != NULL)
        other = expr_column(tree, context, err);
    column_free(column);
    column_free(other);
    arena_free(arena);
    return other != NULL;
}

Test(expr, survives_failed_allocations)
{
    struct frame *frame = example();

    cr_assert_gt(sweep_allocations(parse_and_evaluate, frame), 20);
    frame_free(frame);
}
