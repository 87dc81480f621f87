/* test-formula.c -- formulas and the terms they expand to.  Expansions are what R's terms() and lme4's findbars() give. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/text.h"
#include "data/frame.h"
#include "model/formula.h"
#include "sweep.h"

static struct frame *example(void)
{
    static const char *const names[] = { "y", "a", "b", "c" };
    struct frame *frame = frame_new("toy", 1);

    for (int j = 0; j < 4; j++)
        frame_add(frame, names[j], COLUMN_REAL, NULL);
    return frame;
}

/* "a b a:b | (1,x|g) (x|g)d" with "-1" first where there is no intercept, and "offset" for each offset. */
static char *describe(const struct formula *f)
{
    struct text out = { 0 };

    text_add(&out, f->intercept ? "1" : "0");
    for (int i = 0; i < f->term_count; i++)
        text_addf(&out, " %s", f->terms[i].label);
    for (int i = 0; i < f->offset_count; i++)
        text_addf(&out, " offset(%s)", expr_deparse(f->arena, f->offsets[i]));
    for (int i = 0; i < f->random_count; i++) {
        const struct random_term *r = &f->random[i];

        text_addf(&out, " (%s", r->intercept ? "1" : "0");
        for (int j = 0; j < r->effect_count; j++)
            text_addf(&out, " %s", r->effects[j].label);
        text_addf(&out, " |%s %s)", r->diagonal ? "|" : "", r->group_label);
    }
    return text_take(&out);
}

static void expect(const char *text, const char *expansion)
{
    struct frame *frame = example();
    struct glmm_error err = { 0 };
    struct formula *f = formula_parse(text, frame, &err);
    char *got;

    cr_assert_not_null(f, "%s: %s", text, err.message);
    got = describe(f);
    cr_expect_str_eq(got, expansion, "%s gives\n  %s, not\n  %s", text, got, expansion);
    free(got);
    formula_free(f);
    frame_free(frame);
}

static void expect_error(const char *text, int begin, int end, const char *part)
{
    struct glmm_error err;
    struct formula *f;

    error_clear(&err);
    f = formula_parse(text, NULL, &err);
    cr_expect_null(f, "%s should fail", text);
    cr_expect(err.at.begin == begin && err.at.end == end, "%s: span %d-%d (%s)", text, err.at.begin, err.at.end, err.message);
    cr_expect(strstr(err.message, part) != NULL || strstr(err.hint, part) != NULL, "%s: %s; %s", text, err.message, err.hint);
    formula_free(f);
}

Test(formula, fixed_terms)
{
    expect("y ~ a", "1 a");
    expect("y ~ 1", "1");
    expect("y ~ 0 + a", "0 a");
    expect("y ~ a - 1", "0 a");
    expect("y ~ a + 0", "0 a");
    expect("y ~ -1 + a", "0 a");
    expect("y ~ 0 + a + 1", "1 a");
    expect("y ~ a * b", "1 a b a:b");
    expect("y ~ a:b + a", "1 a a:b");
    expect("y ~ b:a + a", "1 a b:a");
    expect("y ~ a * b * c - a:b:c", "1 a b c a:b a:c b:c");
    expect("y ~ (a + b + c)^2", "1 a b c a:b a:c b:c");
    expect("y ~ (a + b + c)^3 - b", "1 a c a:b a:c b:c a:b:c");
    expect("y ~ a / b", "1 a a:b");
    expect("y ~ a/b/c", "1 a a:b a:b:c");
    expect("y ~ (a + b)/c", "1 a b a:b:c");
    expect("y ~ a/(b + c)", "1 a a:b a:c");
    expect("y ~ a + b %in% a", "1 a a:b");
    expect("y ~ .", "1 a b c");
    expect("log(y) ~ . - b", "1 a c");
    expect("cbind(y, a) ~ .", "1 b c");
    expect("y ~ .^2", "1 a b c a:b a:c b:c");
    expect("y ~ a + a + (a)", "1 a");
    expect("y ~ a*1 + b:1", "1 a");
    expect("y ~ I(a^2) + poly(a,2)*log( b )", "1 I(a^2) poly(a, 2) log(b) poly(a, 2):log(b)");
    expect("y ~ a + offset(log(b)) + offset(c)", "1 a offset(log(b)) offset(c)");
    expect("y ~ a:a", "1 a");
    expect("y ~ a + b > 3", "1 a + b > 3");
    expect("y ~ (a > 3) + b", "1 a > 3 b");
    expect("~ a", "1 a");
    expect("`my y` ~ `my x`", "1 `my x`");
}

Test(formula, random_terms)
{
    expect("y ~ a + (1 | g)", "1 a (1 | g)");
    expect("y ~ a + (a | g)", "1 a (1 a | g)");
    expect("y ~ (1 | g) + a + (0 + a | h)", "1 a (1 | g) (0 a | h)");
    expect("y ~ (a - 1 | g)", "1 (0 a | g)");
    expect("y ~ (a * b | g)", "1 (1 a b a:b | g)");
    expect("y ~ (a || g)", "1 (1 | g) (0 a || g)");
    expect("y ~ (1 + a * b || g)", "1 (1 | g) (0 a || g) (0 b || g) (0 a:b || g)");
    expect("y ~ (0 + a || g)", "1 (0 a || g)");
    expect("y ~ (1 | a/b)", "1 (1 | b:a) (1 | a)");
    expect("y ~ (1 | a/b/c)", "1 (1 | c:(b:a)) (1 | b:a) (1 | a)");
    expect("y ~ (1 | a:b)", "1 (1 | a:b)");
    expect("y ~ (1 | a*b)", "1 (1 | a) (1 | b) (1 | a:b)");
    expect("y ~ (c || a/b)", "1 (1 | b:a) (1 | a) (0 c || b:a) (0 c || a)");
    expect("y ~ (1 | factor(g))", "1 (1 | factor(g))");
    expect("y ~ 0 + (1 | g)", "0 (1 | g)");
    expect("y ~ ((1 | g))", "1 (1 | g)");
    expect("y ~ (1 | g) + (0 + a | g)", "1 (1 | g) (0 a | g)");
}

Test(formula, groups_of_nested_terms)
{
    struct formula *f = formula_parse("y ~ (1 | a/b/c)", NULL, NULL);

    cr_assert_eq(f->random[0].group_order, 3);
    cr_assert_str_eq(f->random[0].group[0]->text, "c");
    cr_assert_str_eq(f->random[0].group[1]->text, "b");
    cr_assert_str_eq(f->random[0].group[2]->text, "a");
    formula_free(f);
}

Test(formula, errors_have_places)
{
    expect_error("y", 0, 1, "needs `~`");
    expect_error("", -1, -1, "empty");
    expect_error("y + x", 0, 5, "needs `~`");
    expect_error("y ~ x + 1 | g", 4, 13, "parentheses of its own");
    expect_error("y ~ x + 1 | g", 4, 13, "... + (1 | g)");
    expect_error("y ~ x || g", 4, 10, "(x || g)");
    expect_error("y ~ x + (1 | g", 8, 9, "never closed");
    expect_error("y ~ x * (1 | g)", 8, 15, "only be added");
    expect_error("y ~ x - (1 | g)", 8, 15, "only be added");
    expect_error("y ~ x + (1 | g | h)", 9, 18, "one `|`");
    expect_error("y ~ x + (1 | g + h)", 13, 18, "(1 | a) + (1 | b)");
    expect_error("y ~ x + (0 | g)", 9, 10, "no effects");
    expect_error("y ~ x + (1 | 1)", 13, 14, "variable");
    expect_error("y ~ x + (. | g)", 9, 10, "random term");
    expect_error("y ~ x + (1 | g) + (1 | g)", 19, 24, "twice");
    expect_error("y ~ x + (x | a:b) + (1 + x | b:a)", 21, 32, "twice");
    expect_error("y ~ .", 4, 5, "no data");
    expect_error("y ~ x + y", 8, 9, "response");
    expect_error("log(y) ~ x * log( y )", 13, 21, "response");
    expect_error("y ~ x + (1 | y)", 13, 14, "response");
    expect_error("y ~ x + 2", 8, 9, "I(2 * x)");
    expect_error("y ~ x^2.5", 6, 9, "I(x^2)");
    expect_error("y ~ x * offset(z)", 8, 17, "added");
    expect_error("y ~ cbind(a, b)", 4, 15, "response");
    expect_error("y ~ x ~ z", 6, 7, "one `~`");
    expect_error("y ~ \"x\"", 4, 7, "constant");
    expect_error("y ~", 2, 3, "missing after `~`");
}

Test(formula, expansion_is_bounded)
{
    struct text text = { 0 };
    struct glmm_error err = { 0 };

    text_add(&text, "y ~ (x0");
    for (int i = 1; i < 60; i++)
        text_addf(&text, " + x%d", i);
    text_add(&text, ")^9");
    cr_assert_null(formula_parse(text_string(&text), NULL, &err));
    cr_assert_eq(err.code, GLMM_E_LIMIT);
    text_clear(&text);
}

static bool parse(void *context, struct glmm_error *err)
{
    struct formula *f =
        formula_parse("log(y) ~ (a + b + c)^2 * I(a^2) - a:b + . + offset(z) + (1 + a * f || a/b/c) + (x | g:h)", context, err);

    formula_free(f);
    return f != NULL;
}

Test(formula, survives_failed_allocations)
{
    struct frame *frame = example();

    cr_assert_gt(sweep_allocations(parse, frame), 1);
    frame_free(frame);
}
