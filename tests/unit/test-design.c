/* test-design.c -- designs of a small table: what no reference gives (test-design-r.c has R's). */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "data/csv.h"
#include "model/contrasts.h"
#include "model/design.h"
#include "model/poly.h"
#include "sweep.h"

/* --- on a small table ---------------------------------------------------------------------------- */

static const char toy_text[] = "y,x,g,h,bin,s,f,w,off,flag,yes\n"
                               "1.5,1,a,u,0,2,3,1,0.1,TRUE,no\n"
                               "2.5,2,a,v,1,0,5,2,0.2,FALSE,yes\n"
                               "3.0,NA,b,u,1,5,0,1,0.3,TRUE,yes\n"
                               "4.5,4,b,v,0,1,1,3,0.4,FALSE,no\n"
                               "5.0,5,c,u,1,3,1,1,0.5,TRUE,yes\n"
                               "6.5,0,c,v,0,2,2,2,0.6,FALSE,no\n"
                               "7.5,7,c,u,1,0,0,1,0.7,TRUE,yes\n";

static struct frame *toy(void)
{
    struct glmm_error err = { 0 };
    struct frame *frame = csv_read_bytes(toy_text, sizeof toy_text - 1, "toy", NULL, &err);

    cr_assert_not_null(frame, "%s", err.message);
    return frame;
}

/* A design on the toy data; the error stays in *err. */
static struct design *toy_design(const char *text, const struct design_options *options, struct glmm_error *err)
{
    struct frame *frame = toy();
    struct formula *formula;
    struct design *design;

    error_clear(err);
    formula = formula_parse(text, frame, err);
    design = formula == NULL ? NULL : design_new(frame, formula, options, NULL, err);
    formula_free(formula);
    frame_free(frame);
    return design;
}

static void expect_error(const char *text, const struct design_options *options, int begin, int end, const char *part)
{
    struct glmm_error err;
    struct design *design = toy_design(text, options, &err);

    cr_expect_null(design, "%s should fail", text);
    cr_expect(err.at.begin == begin && err.at.end == end, "%s: span %d-%d (%s)", text, err.at.begin, err.at.end, err.message);
    cr_expect(strstr(err.message, part) != NULL || strstr(err.hint, part) != NULL, "%s: %s; %s", text, err.message, err.hint);
    design_free(design);
}

/* Whether the order of g's levels makes a column of the predictors: by its codings, whatever other columns are called. */
Test(design, knows_which_order_its_columns_hang_on)
{
    static const struct {
        const char *formula, *contrasts;
        bool ordered;
    } cases[] = {
        { "y ~ g", "g=poly", true },          { "y ~ g", "g=sum", false },
        { "y ~ w * g", "g=helmert", true },   { "y ~ 0 + g", "g=poly", false },
        { "y ~ 0 + g:w", "g=poly", false },   { "y ~ w + (g | h)", "g=poly", false },
        { "y ~ 0 + g + g.L", "poly", false }, { "y ~ 0 + g + g.L:w", "g=poly", false },
    };
    static const char text[] =
        "y,g,w,g.L,h\n1,a,1,4,p\n2,a,4,5,p\n4,b,2,3,p\n3,b,3,8,q\n6,c,7,5,q\n5,c,1,9,q\n8,a,5,5,p\n9,b,5,1,q\n";

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct glmm_error err = { 0 };
        struct frame *frame = csv_read_bytes(text, sizeof text - 1, "toy", NULL, &err);
        struct formula *formula = formula_parse(cases[c].formula, frame, &err);
        struct design *d = design_new(frame, formula, &(struct design_options){ .contrasts = cases[c].contrasts }, NULL, &err);
        struct ordered_factor f;
        bool ordered = false;

        cr_assert_not_null(d, "%s: %s", cases[c].formula, err.message);
        for (int i = 0; design_ordered_factor(d, i, &f); i++)
            ordered = ordered || (strcmp(f.name, "g") == 0 && f.levels != NULL && f.count == 3 && f.alphabetical);
        cr_expect_eq(ordered, cases[c].ordered, "%s, contrasts=%s", cases[c].formula, cases[c].contrasts);
        design_free(d);
        formula_free(formula);
        frame_free(frame);
    }
}

Test(design, missing_rows_are_dropped_and_counted)
{
    struct glmm_error err;
    struct design *d = toy_design("y ~ x + (1 | g)", NULL, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->n, 6);
    cr_assert_eq(d->dropped_rows, 1);
    cr_assert_eq(d->row[2], 3);
    cr_assert_eq(d->y[2], 4.5);
    cr_assert_str_eq(d->response, "y");
    cr_assert_str_eq(d->term_labels[0], "x");
    cr_assert_eq(d->assign[0], -1);
    cr_assert_eq(d->assign[1], 0);
    cr_assert_eq(d->random[0].level_count, 3);
    cr_assert_eq(d->random[0].rows_of_level[1], 1.0);
    cr_assert_null(d->random[0].z);
    design_free(d);
}

Test(design, outlives_its_frame)
{
    struct glmm_error err;
    struct design *d = toy_design("y ~ flag * x + (x || g) + (1 | g:h)", NULL, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_str_eq(d->names[3], "flagTRUE:x");
    cr_assert_str_eq(d->random[2].levels[1], "a:v");
    cr_assert(!d->random[1].covariance->correlated);
    design_free(d);
}

Test(design, diagonal_terms_of_factors)
{
    struct glmm_error err;
    struct design_options options = { .allow_olre = true };
    struct design *d = toy_design("y ~ 1 + (g || h)", &options, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->random_count, 2);
    cr_assert_eq(d->random[1].k, 2, "the contrasts beside the intercept");
    cr_assert(!d->random[1].covariance->correlated);
    cr_assert_str_eq(d->random[1].names[0], "gb");
    design_free(d);
    d = toy_design("y ~ 1 + (0 + g || h)", &options, &err);
    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->random_count, 1);
    cr_assert_eq(d->random[0].k, 3);
    cr_assert_str_eq(d->random[0].names[0], "ga");
    design_free(d);
}

Test(design, binomial_responses)
{
    struct design_options options = { .response = RESPONSE_BINOMIAL };
    struct glmm_error err;
    struct design *d = toy_design("cbind(s, f) ~ 1 + (1 | g)", &options, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->n, 6, "the row without trials is left out");
    cr_assert_eq(d->dropped_rows, 1);
    cr_assert_eq(d->empty_rows, 1);
    cr_assert_eq(d->trials[0], 5.0);
    cr_assert_float_eq(d->y[0], 0.4, 1e-15);
    cr_assert_str_eq(d->response, "cbind(s, f)");
    design_free(d);

    d = toy_design("yes ~ 1 + (1 | g)", &options, &err);
    cr_assert_not_null(d, "%s", err.message);
    cr_assert_str_eq(d->success, "yes");
    cr_assert_eq(d->y[0], 0.0);
    cr_assert_eq(d->y[1], 1.0);
    design_free(d);

    d = toy_design("flag ~ 1 + (1 | g)", &options, &err);
    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->y[0], 1.0);
    design_free(d);

    options.trials = "s + f";
    d = toy_design("I(s / (s + f)) ~ 1 + (1 | g)", &options, &err);
    cr_assert_null(d, "0/0 is named");
    cr_assert(strstr(err.message, "row 7") != NULL, "%s", err.message);

    options.trials = "5";
    d = toy_design("s ~ 1 + (1 | g)", &options, &err);
    cr_assert_not_null(d, "%s", err.message);
    cr_assert_float_eq(d->y[0], 0.4, 1e-15);
    design_free(d);

    options.trials = NULL;
    options.weights = "5";
    d = toy_design("I(s / 5) ~ 1 + (1 | g)", &options, &err);
    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->trials[0], 5.0);
    cr_assert_null(d->weights);
    design_free(d);
}

Test(design, offsets_add_up)
{
    struct design_options options = { .offset = "off", .weights = "w" };
    struct glmm_error err;
    struct design *d = toy_design("y ~ offset(log(w)) + (1 | g)", &options, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_float_eq(d->offset[1], log(2.0) + 0.2, 1e-15);
    cr_assert_eq(d->weights[3], 3.0);
    cr_assert_eq(d->p, 1);
    design_free(d);
}

Test(design, no_fixed_columns)
{
    struct glmm_error err;
    struct design *d = toy_design("y ~ 0 + (1 | g)", NULL, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->p, 0);
    design_free(d);
}

Test(design, contrasts_by_name)
{
    struct design_options options = { .contrasts = "g=sum, h=helmert" };
    struct glmm_error err;
    struct design *d = toy_design("y ~ g + h + flag + (1 | g)", &options, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_str_eq(d->names[1], "g1");
    cr_assert_str_eq(d->names[3], "h1");
    cr_assert_eq(d->X[d->n + 6], -1.0);
    cr_assert_eq(d->dropped_count, 1, "flag is h");
    cr_assert_str_eq(d->dropped[0], "flagTRUE");
    design_free(d);
    options.contrasts = "g=polly";
    expect_error("y ~ g + (1 | h)", &options, -1, -1, "treatment, sum, helmert and poly");
    options.contrasts = "k=sum";
    expect_error("y ~ g + (1 | h)", &options, -1, -1, "no factor");
}

Test(design, references_and_orders)
{
    struct glmm_error err;
    struct design *d = toy_design("y ~ relevel(g, ref = 'b') + factor(h, levels = c('v', 'u')) + (1 | g)", NULL, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_str_eq(d->names[1], "relevel(g, ref = \"b\")a");
    cr_assert_str_eq(d->names[2], "relevel(g, ref = \"b\")c");
    cr_assert_str_eq(d->names[3], "factor(h, levels = c(\"v\", \"u\"))u");
    design_free(d);
}

/* So many pairs of levels are possible that those that occur are found by hashing: in the order of the factors all the same.
 * Pairs are drawn, the first of them is of both factors' first levels: its key is 0, and stays its own where others come to its
 * slot. */
static void hold_pairs(int stream)
{
    enum { LEVELS = 400, ROWS = 3 * LEVELS };
    static char names[ROWS][20];
    struct text text = { 0 };
    struct glmm_error err = { 0 };
    struct rng rng;
    struct frame *frame;
    struct formula *formula;
    struct design *d;
    const struct random_design *random;

    rng_init(&rng, 5, (uint64_t)stream);
    text_add(&text, "y,a,b\n");
    for (int i = 0; i < ROWS; i++) {
        int last = i == ROWS - 1, a = last ? 0 : i * 7 % LEVELS,
            b = last         ? 0
                : i < LEVELS ? i * 11 % LEVELS
                             : (int)rng_below(&rng, LEVELS);

        snprintf(names[i], sizeof names[i], "a%03d:b%03d", a, b);
        text_addf(&text, "%d,a%03d,b%03d\n", i % 7, a, b);
    }
    frame = csv_read_bytes(text.data, text.length, "pairs", NULL, &err);
    cr_assert_not_null(frame, "%s", err.message);
    formula = formula_parse("y ~ 1 + (1 | a:b)", frame, &err);
    d = design_new(frame, formula, NULL, NULL, &err);
    cr_assert_not_null(d, "%s", err.message);
    random = &d->random[0];
    cr_assert_gt(random->level_count, LEVELS);
    for (int l = 1; l < random->level_count; l++)
        cr_assert_lt(strcmp(random->levels[l - 1], random->levels[l]), 0);
    for (int i = 0; i < ROWS; i++)
        cr_assert_str_eq(random->levels[random->level[i]], names[i]);
    design_free(d);
    formula_free(formula);
    frame_free(frame);
    text_clear(&text);
}

Test(design, groups_of_many_levels_stand_in_order)
{
    for (int stream = 0; stream < 10; stream++)
        hold_pairs(stream);
}

/* Columns of contrasts are beside the mean; polynomial ones have length 1 and are orthogonal, the first by the distance from the
 * middle, of two levels too; Helmert's are orthogonal, those of sums end in -1. */
Test(design, contrasts_by_what_they_are)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
    static const enum contrast kinds[] = { CONTRAST_POLY, CONTRAST_HELMERT, CONTRAST_SUM };

    for (int k = 0; k < 3; k++)
        for (int32_t levels = 2; levels <= 7; levels++) {
            struct arena *arena = arena_new();
            struct contrasts c;

            cr_assert(contrasts_make(arena, kinds[k], false, levels, names, 0, &c) && c.columns == levels - 1 && c.table != NULL);
            for (int i = 0; i < c.columns; i++)
                for (int j = 0; j <= i; j++) {
                    const double *x = c.table + levels * i, *y = c.table + levels * j;
                    double sum = 0, product = 0;

                    for (int32_t l = 0; l < levels; l++) {
                        sum += x[l];
                        product += x[l] * y[l];
                    }
                    cr_expect_float_eq(sum, 0, 1e-12, "kind %d of %d levels, column %d", k, levels, i);
                    if (kinds[k] != CONTRAST_SUM)
                        cr_expect_float_eq(product,
                                           i != j                      ? 0
                                           : kinds[k] == CONTRAST_POLY ? 1
                                                                       : (i + 1) * (i + 2),
                                           1e-12, "kind %d of %d levels, columns %d and %d", k, levels, i, j);
                    else
                        cr_expect(x[levels - 1] == -1 && x[i] == 1, "%d levels, column %d", levels, i);
                }
            if (kinds[k] == CONTRAST_POLY)
                for (int32_t l = 0; l < levels; l++)
                    cr_expect_float_eq(c.table[l], (l - 0.5 * (levels - 1)) / sqrt(levels * (levels * levels - 1.0) / 12), 1e-12);
            arena_free(arena);
        }
}

/* Points that lie close together leave a short, but sound third column. */
Test(design, polynomials_of_points_that_nearly_coincide)
{
    static const double x[6] = { 0, 0, 1, 1, 1.00001, 1.00001 };
    double basis[12];

    cr_assert(poly_orthogonal(6, x, 2, basis));
    for (int a = 0; a < 2; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;

            for (int i = 0; i < 6; i++)
                sum += basis[a * 6 + i] * basis[b * 6 + i];
            cr_assert_float_eq(sum, a == b, 1e-12);
        }
    cr_assert_not(poly_orthogonal(4, x, 2, basis));
}

Test(design, columns_of_any_size_stay)
{
    struct glmm_error err;
    struct design *d = toy_design("y ~ I(x * 1e-60) + I(x^2 * 1e60) + I(x^3 + 1e9) + I(x + 1e10) + (1 | g)", NULL, &err);

    cr_assert_not_null(d, "%s", err.message);
    cr_assert_eq(d->p, 4);
    cr_assert_eq(d->dropped_count, 1);
    cr_assert_str_eq(d->dropped[0], "I(x + 1e+10)");
    design_free(d);
}

Test(design, errors_have_places)
{
    struct design_options binomial = { .response = RESPONSE_BINOMIAL }, real = { .response = RESPONSE_REAL };

    expect_error("y ~ xx + (1 | g)", NULL, 4, 6, "no variable `xx`");
    expect_error("y ~ x + (1 | gg)", NULL, 13, 15, "`g`");
    expect_error("~ x", NULL, 0, 1, "no response");
    expect_error("g ~ x + (1 | h)", NULL, 0, 1, "g is text");
    expect_error("cbind(s, f) ~ x + (1 | h)", NULL, 0, 11, "family=binomial");
    expect_error("y ~ log(x) + (1 | g)", NULL, 4, 10, "row 6");
    expect_error("y ~ log(x - 1) + (1 | g)", NULL, 4, 14, "not a number in row 6");
    expect_error("y ~ I(1 / x) + (1 | g)", NULL, 4, 12, "infinite in row 6");
    expect_error("y ~ x + (1 | y > 0)", NULL, 13, 18, "one level");
    expect_error("y ~ x + (1 | off)", NULL, 13, 16, "each level of off has one row");
    expect_error("y ~ 1 + (x | g)", NULL, 13, 14, "rows");
    expect_error("y ~ ifelse(x > 99, g, NA) + (1 | g)", NULL, 4, 25, "no rows are left");
    expect_error("y ~ factor(w - w) + (1 | g)", NULL, 4, 17, "one level");
    expect_error("y ~ poly(x, 7) + (1 | g)", NULL, 4, 14, "different values");
    expect_error("y ~ poly(x, 0) + (1 | g)", NULL, 4, 14, "degree");
    expect_error("y ~ poly(x, h) + (1 | g)", NULL, 12, 13, "degree");
    expect_error("y ~ poly(g, 2) + (1 | g)", NULL, 9, 10, "text");
    expect_error("y ~ x + (1 | poly(x, 2))", NULL, 13, 23, "several columns");
    expect_error("y ~ ns(w - w, 2) + (1 | g)", NULL, 4, 16, "two knots");
    expect_error("y ~ ns(x) + (1 | g)", NULL, 4, 9, "ns(x, 3)");
    expect_error("y ~ ns(x, 2, 3) + (1 | g)", NULL, 13, 14, "ns(x, 3)");
    expect_error("y ~ ns(x, h) + (1 | g)", NULL, 10, 11, "the df of ns()");
    expect_error("y ~ ns(x, 2, degree = 2) + (1 | g)", NULL, 22, 23, "no parameter `degree`");
    expect_error("y ~ ns(g, 2) + (1 | g)", NULL, 7, 8, "text");
    expect_error("y ~ ns(x, knots = c(3, 2)) + (1 | g)", NULL, 23, 24, "rising order");
    expect_error("y ~ ns(x, knots = -99) + (1 | g)", NULL, 4, 22, "outside");
    expect_error("y ~ bs(x, 2) + (1 | g)", NULL, 4, 12, "degree=2");
    expect_error("y ~ bs(x, 12, degree = 11) + (1 | g)", NULL, 4, 26, "from 1 to 10");
    expect_error("y ~ bs(x, 4, Boundary.knots = 3) + (1 | g)", NULL, 30, 31, "two numbers");
    expect_error("bs(x, 4) ~ x + (1 | g)", NULL, 0, 8, "bs() cannot be a response");
    expect_error("g ~ x + (1 | h)", &binomial, 0, 1, "3 levels");
    expect_error("s ~ x + (1 | h)", &binomial, 0, 1, "row 1");
    expect_error("cbind(s, s - f) ~ 1 + (1 | h)", &binomial, 9, 14, "row 1");
    expect_error("cbind(s) ~ 1 + (1 | h)", &binomial, 0, 8, "failures");
    expect_error("cbind(off, f) ~ 1 + (1 | h)", &binomial, 6, 9, "whole");
    binomial.trials = "2";
    expect_error("s ~ 1 + (1 | g)", &binomial, 0, 1, "row 3");
    binomial.trials = "off";
    expect_error("s ~ 1 + (1 | g)", &binomial, -1, -1, "whole number");
    real.weights = "w - 9";
    expect_error("y ~ 1 + (1 | g)", &real, -1, -1, "must not be negative");
    real.weights = "ww";
    expect_error("y ~ 1 + (1 | g)", &real, 0, 2, "no variable `ww`");
    real.weights = "w +";
    expect_error("y ~ 1 + (1 | g)", &real, 2, 3, "missing after `+`");
}

/* --- equivalent formulas --------------------------------------------------------------------------- */

static void expect_same(const char *a, const char *b)
{
    struct glmm_error err;
    struct design *x = toy_design(a, NULL, &err), *y = toy_design(b, NULL, &err);

    cr_assert(x != NULL && y != NULL, "%s / %s: %s", a, b, err.message);
    cr_expect_eq(x->p, y->p);
    cr_expect_arr_eq(x->X, y->X, x->n * x->p * sizeof *x->X, "%s / %s", a, b);
    for (int j = 0; j < x->p; j++)
        cr_expect_str_eq(x->names[j], y->names[j]);
    cr_expect_eq(x->random_count, y->random_count);
    design_free(x);
    design_free(y);
}

Test(design, equivalent_formulas)
{
    expect_same("y ~ x * h + (1 | g)", "y ~ x + h + x:h + (1 | g)");
    expect_same("y ~ (x + h + flag)^2 + (1 | g)", "y ~ x * h * flag - x:h:flag + (1 | g)");
    expect_same("y ~ h / x + (1 | g)", "y ~ h + x %in% h + (1 | g)");
    expect_same("y ~ x + (1 | g)", "y ~ (1 | g) + 1 + (x)");
    expect_same("y ~ 0 + h + (1 | g)", "y ~ h - 1 + (1 | g)");
}

/* --- progress, memory, size ------------------------------------------------------------------------- */

static bool stop(void *context, const char *what, double done, double total, double value)
{
    (void)what;
    (void)done;
    (void)total;
    (void)value;
    return --*(int *)context > 0;
}

Test(design, stops_when_told)
{
    const char *root = getenv("srcdir");
    char path[500];
    struct frame *frame;
    struct formula *formula;
    struct design *design = NULL;
    int after;

    snprintf(path, sizeof path, "%s/data/cake.csv", root == NULL ? "." : root);
    frame = csv_read(path, "cake", NULL, NULL, NULL);
    cr_assert_not_null(frame);
    formula = formula_parse("angle ~ recipe * factor(temp) + (recipe | replicate)", frame, NULL);
    for (after = 1; design == NULL && after < 100; after++) {
        int left = after;
        struct glmm_progress progress = { .tell = stop, .context = &left };
        struct glmm_error err = { 0 };

        design = design_new(frame, formula, NULL, &progress, &err);
        cr_assert(design != NULL || err.code == GLMM_E_INTERRUPT);
    }
    cr_assert_gt(after, 10);
    design_free(design);
    formula_free(formula);
    frame_free(frame);
}

struct subject {
    struct frame *frame;
    const char *formula;
    struct design_options options;
};

static bool build(void *context, struct glmm_error *err)
{
    struct subject *subject = context;
    struct formula *formula = formula_parse(subject->formula, subject->frame, err);
    struct design *design = formula == NULL ? NULL : design_new(subject->frame, formula, &subject->options, NULL, err);
    bool ok = design != NULL;

    design_free(design);
    formula_free(formula);
    return ok;
}

Test(design, survives_failed_allocations)
{
    struct subject subject = {
        .frame = toy(),
        .formula = "y ~ poly(x, 2) + h * flag + offset(off) + (x || g) + (1 | g:flag) + (1 | w)",
    };

    subject.options.weights = "w * 2";
    subject.options.contrasts = "h=sum";
    subject.options.allow_olre = true;
    cr_assert_gt(sweep_allocations(build, &subject), 30);
    subject.formula = "cbind(s, f) ~ x + g + (1 | h)";
    subject.options = (struct design_options){ .response = RESPONSE_BINOMIAL };
    cr_assert_gt(sweep_allocations(build, &subject), 10);
    subject.formula = "yes ~ x + g + (1 | h)";
    cr_assert_gt(sweep_allocations(build, &subject), 10);
    frame_free(subject.frame);
}
