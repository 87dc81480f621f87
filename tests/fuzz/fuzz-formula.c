/* fuzz-formula.c -- any text as an expression, a formula and a design over a small table.  What an expression deparses to must
 * parse to the same; a design must hold together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/csv.h"
#include "driver.h"
#include "model/design.h"

static const char table[] = "y,x,z,g,h,b,t,k\n1.5,1,1e300,a,u,0,TRUE,1\n2,2,-1e300,a,v,1,FALSE,3\n-3,NA,0,b,u,1,TRUE,2\n"
                            "4,4,5,b,v,0,NA,5\n5.5,-5,1e-300,c,u,1,TRUE,0\n6,6,7,c,NA,0,FALSE,4\n7,0,2,c,v,1,TRUE,1\n";

static const char *const seeds[] = {
    "ey ~ x + (1 | g)",
    "ey ~ x * h - 1 + (x | g)",
    "ey ~ (x + t + h)^2 + (1 + x * t || g/h)",
    "ey ~ poly(x, 2) + (1 | g:h) + offset(k)",
    "elog(y) ~ . - z + (0 + h | g)",
    "bcbind(b, k) ~ x + (1 | h)",
    "bh ~ x %in% g + (1 | g)",
    "ty ~ x / h + factor(k) + (1 | t)",
    "w~ I(x^2):z",
    "ek ~ mean(x, na.rm = TRUE) by g:h + (1 | g)",
    "eifelse(is.na(x) & !t, scale(k), -y ^ 2 %% 3) >= 1e5",
    "efactor(k, levels = c(1, 2, \"3\"), labels = c('a', \"\\\"b\\n\", \"c\"))",
    "einteraction(g, h) == \"a.u\" | g %in% c(\"a\", 'b')",
    "erank(x) by g + round(-y %/% 2, 1) * pmin(x, k, 3)",
    "e`x` ** 2 + relevel(g, ref = \"b\") - ordered(h) + NA + Inf",
    "ey ~ scale(x, center = FALSE) + log(k, base = 2) + (1 | a/b/c) + (1 | factor(k) * g)",
    "e22222222222222222222222222222222222 + 0.30000000000000004",
    "smedian(k) + n() by h + sd(y) + as.numeric(g)",
    "eas.Date(\"2024-02-29\", format = \"y-m-d\") + days(k, 2) - year(y) * month(y) / day(x)",
    "eweekday(as.Date(\"31.12.99\")) == \"Mon\"",
    "enchar(g) + number(\"a 1,5 b\", which = 1, decimal = \",\") - startsWith(g, \"a\")",
    "eendsWith(g, \"b\") | contains(h, \"u\") & !grepl(\"^[ab]$\", g)",
    "ecut(y, breaks = c(-Inf, 0, 2.5, Inf), labels = c(\"l\", \"m\", \"h\"), right = FALSE)",
    "elag(y, 2, by = g) + lead(x) by h + fill(x, by = g) + row(by = g) + row() + center(y) by g",
    "eas.character(as.factor(k)) == as.factor(\"3\") + as.integer(y)",
    "ey ~ ns(x, df = 2) + bs(k, degree = 2, knots = c(1, 3)) + cs(0 + h | g) + (1 | g, by = h)",
    "ey ~ ou(0 + k | g) + exp(0 + pos(x, k) | g) + gau(0 + pos(k) | h) + mat(0 + numFactor(x, k) | g)",
    "ey ~ ar1(0 + factor(k) | g) + hetar1(0 + h | g) + toep(0 + h | g) + homtoep(0 + h | g) + us(x | h)",
    "ey ~ homcs(0 + h | g) + homdiag(0 + h | g) + diag(x | g) + (1 | g, K = A)",
    "esqrt(abs(y)) + sign(x) - floor(y) * ceiling(y) / trunc(y) + log10(k) - log2(k) + log1p(k)",
    "eexpm1(sin(x)) + cos(x) - tan(x) + asin(b) + acos(b) + atan(y) + tanh(y) + exp(-y)",
    "eplogis(y) + qlogis(b) + signif(y, 2) + pmax(x, 0) + min(y) + max(y) by g + sum(k) + var(y)",
    NULL
};

const long fuzz_rounds = 20000;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_error(const struct glmm_error *err, size_t length)
{
    check(err->code != GLMM_OK && err->code != GLMM_E_MEMORY && err->message[0] != '\0');
    check(err->at.begin == -1 || (err->at.begin >= 0 && err->at.begin <= err->at.end && (size_t)err->at.end <= length));
}

static void run_expression(const char *text, const struct frame *frame)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = { -1, -1 } };
    const struct expr *tree = expr_parse(arena, text, &err), *again;
    struct column *column;

    if (tree == NULL) {
        check_error(&err, strlen(text));
    } else {
        again = expr_parse(arena, expr_deparse(arena, tree), &err);
        check(again != NULL && expr_equal(tree, again));
        column = expr_column(tree, frame, &err);
        if (column == NULL)
            check_error(&err, strlen(text));
        for (size_t i = 0; column != NULL && i < frame->rows; i++)
            check(column->type != COLUMN_FACTOR || (column->as.code[i] >= -1 && column->as.code[i] < column->level_count));
        column_free(column);
    }
    arena_free(arena);
}

static void check_random(const struct random_design *r, size_t n)
{
    check(r->level_count >= 2 && r->k > 0 && r->group != NULL);
    for (size_t i = 0; i < n; i++)
        check(r->level[i] >= 0 && r->level[i] < r->level_count);
    for (int l = 0; l < r->level_count; l++)
        check(r->rows_of_level[l] > 0.0 && r->levels[l] != NULL);
    for (int j = 0; j < r->k; j++)
        check(r->names[j] != NULL);
}

static void run_formula(const char *text, const struct frame *frame, const struct design_options *options)
{
    struct glmm_error err = { .at = { -1, -1 } };
    struct formula *formula = formula_parse(text, frame, &err);
    struct design *design = formula == NULL ? NULL : design_new(frame, formula, options, NULL, &err);

    if (design == NULL) {
        check_error(&err, strlen(text));
    } else {
        check(err.code == GLMM_OK && design->n > 0 && design->n + design->dropped_rows == frame->rows);
        for (size_t i = 0; i < design->n * (size_t)design->p; i++)
            check(isfinite(design->X[i]));
        for (size_t i = 0; i < design->n; i++)
            check(isfinite(design->y[i]) && design->row[i] < frame->rows);
        for (int j = 0; j < design->p; j++)
            check(design->names[j] != NULL && design->assign[j] >= -1 && design->assign[j] < design->term_count);
        for (int k = 0; k < design->random_count; k++)
            check_random(&design->random[k], design->n);
    }
    design_free(design);
    formula_free(formula);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct design_options options = { .allow_olre = true };
    struct glmm_error err = { 0 };
    struct frame *frame = csv_read_bytes(table, sizeof table - 1, "table", NULL, &err);
    char *text = malloc(size + 1);

    check(frame != NULL && text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (size > 0) {
        options.response = text[0] == 'b' || text[0] == 't' ? RESPONSE_BINOMIAL : RESPONSE_REAL;
        options.trials = text[0] == 't' ? "k" : NULL;
        options.weights = text[0] == 'w' ? "k + 1" : NULL;
        options.contrasts = text[0] == 's' ? "sum" : NULL;
        run_expression(text + 1, frame);
        run_formula(text + 1, frame, &options);
    }
    free(text);
    frame_free(frame);
    return 0;
}
