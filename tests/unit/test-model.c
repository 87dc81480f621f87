/* test-model.c -- a model holds what it is made of, and says which of its texts is at fault. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv.h"
#include "fit/fit.h"
#include "fit/method.h"
#include "model/model.h"
#include "sweep.h"

enum { ROWS = 12 };

static struct frame *make_frame(void)
{
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new("d", ROWS);
    struct column *column;

    cr_assert_not_null(frame);
    for (int j = 0; j < 5; j++) {
        static const char *const names[] = { "y", "x", "g", "n", "w" };

        column = frame_add(frame, names[j], COLUMN_REAL, &err);
        cr_assert_not_null(column);
        for (int i = 0; i < ROWS; i++)
            column->as.real[i] = j == 0 ? i % 2 : j == 1 ? i * i : j == 2 ? i / 3 : j == 3 ? 4 : i - 5;
    }
    return frame;
}

Test(model, holds_its_data_and_texts)
{
    struct glmm_error err = { .at = NOWHERE };
    struct frame *frame = make_frame();
    char formula[] = "y ~ x +\n  (1 | g)";
    struct spec spec = { .formula = formula, .offset = "log(n)" };
    struct model *model = model_new("m", frame, &spec, NULL, &err);

    cr_assert(model != NULL, "%s", err.message);
    frame_free(frame);
    memset(formula, '?', sizeof formula - 1);
    cr_expect_str_eq(model->text, "y ~ x + (1 | g)");
    cr_expect_str_eq(model->spec.formula, "y ~ x +\n  (1 | g)");
    cr_expect_str_eq(model->spec.offset, "log(n)");
    cr_expect_str_eq(model->frame->name, "d");
    cr_expect(model_is_linear(model));
    cr_expect_eq(model->design->n, ROWS);
    model_free(model);
    model_free(NULL);
}

Test(model, an_error_names_the_argument_at_fault)
{
    static const struct {
        struct spec spec;
        const char *argument;
        int begin; /* of the span in that text; -1: none */
    } cases[] = {
        { { .formula = "y ~ x + (1 | h)" }, "formula", 13 },
        { { .formula = "y ~ x", .family = "binomal" }, "family", -1 },
        { { .formula = "y ~ x", .link = "logit" }, "link", -1 },
        { { .formula = "y ~ x", .trials = "n" }, "trials", -1 },
        { { .formula = "y ~ x", .weights = "n + v" }, "weights", 4 },
        { { .formula = "y ~ x", .weights = "w" }, "weights", -1 },
        { { .formula = "y ~ x", .family = "poisson", .weights = "w" }, "weights", -1 },
        { { .formula = "y ~ x", .offset = "log(" }, "offset", 3 },
        { { .formula = "y ~ x", .offset = "1/(x - 1)" }, "offset", -1 },
        { { .formula = "y ~ x", .contrasts = "sums" }, "contrasts", -1 },
        { { .formula = "y ~ x", .contrasts = "x=sum" }, "contrasts", -1 },
        { { .formula = "y ~ x", .family = "binomial", .trials = "w" }, "trials", -1 },
        { { .formula = "w ~ x", .family = "binomial" }, "formula", 0 },
        { { .formula = "w ~ x", .family = "poisson" }, "formula", 0 },
    };
    struct frame *frame = make_frame();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct glmm_error err = { .at = NOWHERE };

        cr_assert_null(model_new("m", frame, &cases[i].spec, NULL, &err));
        cr_expect(error_is_about(&err, cases[i].argument), "case %zu: %s is about %s", i, err.message,
                  err.argument == NULL ? "nothing" : err.argument);
        cr_expect_eq(err.at.begin, cases[i].begin, "case %zu: %s at %d", i, err.message, err.at.begin);
    }
    cr_expect_not(frame_is_held(frame), "a model that failed holds its data");
    frame_free(frame);
}

/* y 0 1 0 1 ...; x squares; g four groups; n 4; w -5 to 6; t a b c; u 1 2 3.5; big 1e200 to 12e200; e missing; h halves; z 0. */
static struct frame *make_table(void)
{
    struct glmm_error err = { 0 };
    struct text csv = { 0 };
    struct frame *frame;

    text_add(&csv, "y,x,g,n,w,t,u,big,e,h,z\n");
    for (int i = 0; i < ROWS; i++)
        text_addf(&csv, "%d,%d,g%d,4,%d,%c,%g,%de200,NA,%g,0\n", i % 2, i * i, i / 3, i - 5, "abc"[i % 3],
                  i % 3 == 2 ? 3.5 : 1.0 + i % 3, i + 1, 0.5 + i);
    frame = csv_read_bytes(text_string(&csv), csv.length, "d", NULL, &err);
    cr_assert_not_null(frame, "%s", err.message);
    text_clear(&csv);
    return frame;
}

static void expect_refused(const struct frame *frame, const struct spec *spec, const struct fit_options *options,
                           const char *sentence)
{
    struct glmm_error err = { .at = NOWHERE };
    struct model *model = model_new("m", (struct frame *)(uintptr_t)frame, spec, NULL, &err);
    bool ok = model != NULL && (options == NULL || method_check(model, options, &err));
    struct fit *fit = ok ? model_fit(model, options, NULL, &err) : NULL;

    cr_expect_null(fit, "%s: no error, but: %s", spec->formula, sentence);
    cr_expect(strstr(err.message, sentence) != NULL || strstr(err.hint, sentence) != NULL, "%s, not %s: %s; %s", spec->formula,
              sentence, err.message, err.hint);
    fit_free(fit);
    model_free(model);
}

/* What cannot be stated, each with its sentence. */
Test(model, what_cannot_be_stated)
{
    static const struct {
        struct spec spec;
        const char *sentence;
    } cases[] = {
        { { .formula = "y ~ x + (1 + offset(x) | g)" }, "an offset cannot stand in a random term" },
        { { .formula = "y ~ x + offset(x, w)" }, "offset() takes 1 argument" },
        { { .formula = "y ~ ((1 | x) + 1 | g)" }, "a random term cannot stand inside another" },
        { { .formula = "y ~ (x ~ g)" }, "a formula has one `~`" },
        { { .formula = "y ~ big:exp(30 * h)" }, "is infinite in some rows" },
        { { .formula = "y ~ poly(x, 2, raw = w)" }, "raw is TRUE or FALSE" },
        { { .formula = "y ~ poly(x, 2, raw = !TRUE)" }, "raw is TRUE or FALSE" },
        { { .formula = "y ~ poly(x, degree = w)" }, "the degree of poly() is a whole number" },
        { { .formula = "y ~ poly(x, 2, coefs = 3)" }, "poly() has no parameter `coefs`" },
        { { .formula = "y ~ poly(x, 2, 3)" }, "poly() takes one variable and its degree" },
        { { .formula = "y ~ poly(degree = 2)" }, "poly() takes one variable and its degree" },
        { { .formula = "y ~ poly(t, 2)" }, "this is text; poly() needs numbers" },
        { { .formula = "y ~ poly(1 / z, 2)" }, "this is infinite in row 1" },
        { { .formula = "poly(x, 2) ~ y" }, "poly() cannot be a response" },
        { { .formula = "y ~ e" }, "is missing" },
        { { .formula = "y ~ x", .offset = "t" }, "t is text; numbers are needed here" },
        { { .formula = "y ~ x", .where = "x > 1e6" }, "no row" },
        { { .formula = "y ~ x", .family = "poisson", .trials = "n" }, "trials" },
        { { .formula = "cbind(y, n - y) ~ x", .family = "binomial", .trials = "n" }, "`trials` says it again" },
        { { .formula = "cbind(y, h) ~ x", .family = "binomial" }, "failures are whole numbers, 0 or more" },
        { { .formula = "cbind(y, w) ~ x", .family = "binomial" }, "a negative count" },
        { { .formula = "cbind(h, n) ~ x", .family = "binomial" }, "successes are whole numbers, 0 or more" },
        { { .formula = "w ~ x", .family = "binomial", .trials = "n" }, "it cannot be negative" },
        { { .formula = "y ~ x", .family = "binomial", .trials = "z" }, "there are no trials in any row" },
        { { .formula = "y ~ x", .family = "gamma" }, "did you mean `Gamma`?" },
        { { .formula = "y ~ x", .family = "negbin" }, "did you mean `nbinom2`" },
        { { .formula = "y ~ x", .family = "weibull" }, "families: gaussian binomial" },
        { { .formula = "y ~ x", .family = "poisson", .zi = "~1", .prior = "jeffreys" }, "jeffreys is for models without zi=" },
        { { .formula = "I(x + 1) ~ w", .family = "Gamma", .zi = "~1", .weights = "n" }, "which the zeros of zi= do not have" },
        { { .formula = "y ~ x", .prior = "~ normal(0, 1)" }, "a prior needs something before its `~`" },
        { { .formula = "y ~ x", .family = "poisson", .zi = "~x", .prior = "zi(x ~ normal(0, 1)" }, "is written zi(NAME)" },
        { { .formula = "y ~ x + ar1(0 + x + w | g)" }, "ar1() takes one factor alone" },
        { { .formula = "y ~ x + exp(0 + t | g)" }, "exp() needs places: numbers, not `a`" },
        { { .formula = "y ~ x", .residual = "ar1(t | g, 3)" }, "ar1() of residuals has the option by=" },
        { { .formula = "y ~ x", .residual = "arh1(t | g, by = n)" }, "arh1() has a variance for each time already" },
        { { .formula = "y ~ x", .residual = "ar1(1 | g)" }, "ar1() of residuals needs a time before the `|`" },
        { { .formula = "y ~ x", .residual = "ar1(g)" }, "ar1() of residuals takes a time and a group" },
        { { .formula = "y ~ x", .residual = "(x)" }, "residual= takes a structure" },
        { { .formula = "y ~ x", .residual = "(ar1(u | g))" }, "are no multiples of one step" },
        { { .formula = "y ~ x", .residual = "ar1(n | g)" }, "has two rows at one time" },
        { { .formula = "y ~ t", .residual = "ar1(x | w)" }, "residuals cannot be correlated within it" },
    };
    struct frame *frame = make_table();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(frame, &cases[i].spec, NULL, cases[i].sentence);
    frame_free(frame);
}

/* What can be stated and not be fitted, or not so. */
Test(model, what_cannot_be_fitted)
{
    static const struct {
        struct spec spec;
        struct fit_options options;
        const char *sentence;
    } cases[] = {
        { { .formula = "y ~ x", .disp = "~x" },
          { .method = METHOD_REML },
          "is fitted by maximum likelihood, as it has been stated" },
        { { .formula = "y ~ factor(x)" }, { 0 }, "12 rows are too few for 12 fixed effects" },
        { { .formula = "y ~ factor(x)", .residual = "cs(1 | g)" }, { 0 }, "12 rows are too few for 12 fixed effects" },
        { { .formula = "h ~ w", .residual = "cs(1 | g)" }, { 0 }, "the fixed effects explain `h` exactly" },
        { { .formula = "y ~ w + (1 | g)", .family = "poisson" }, { .method = METHOD_AGQ, .nodes = 500 }, "quadrature nodes" },
        { { .formula = "y ~ w", .family = "betabinomial" }, { 0 }, "every row has one trial" },
        { { .formula = "y ~ w + cs(0 + t | g)", .family = "poisson" }, { .method = METHOD_AGQ, .nodes = 3 }, "laplace" },
        { { .formula = "y ~ w + (1 | g)", .family = "poisson", .zi = "~ (1 | g)" }, { .method = METHOD_IS }, "Laplace's" },
        { { .formula = "y ~ w + (1 | g)" }, { .method = METHOD_IS }, "linear" },
        { { .formula = "y ~ w + (1 | g)", .family = "poisson", .prior = "fixed ~ normal(0, 1)" },
          { .method = METHOD_PQL },
          "maximizes no likelihood to which a prior could be added" },
        { { .formula = "y ~ w + (1 | g)", .prior = "fixed ~ normal(0, 1)" }, { .method = METHOD_REML }, "belongs to ML" },
    };
    struct frame *frame = make_table();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(frame, &cases[i].spec, &cases[i].options, cases[i].sentence);
    frame_free(frame);
}

Test(model, its_methods_are_those_of_its_family)
{
    static const struct {
        const char *family;
        struct fit_options options;
        const char *argument; /* NULL: it is allowed */
    } cases[] = {
        { "gaussian", { .method = METHOD_REML }, NULL },
        { "gaussian", { .method = METHOD_AGQ }, "method" },
        { "gaussian", { .nodes = 5 }, "nodes" },
        { "binomial", { .method = METHOD_REML }, "method" },
        { "binomial", { .method = METHOD_AGQ, .nodes = 5 }, NULL },
    };
    struct frame *frame = make_frame();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spec spec = { .formula = "y ~ x + (1 | g)", .family = cases[i].family };
        struct glmm_error err = { .at = NOWHERE };
        struct model *model = model_new("m", frame, &spec, NULL, &err);

        cr_assert(model != NULL, "%s", err.message);
        cr_expect_eq(method_check(model, &cases[i].options, &err), cases[i].argument == NULL);
        cr_expect(cases[i].argument == NULL || error_is_about(&err, cases[i].argument), "case %zu: %s", i, err.message);
        model_free(model);
    }
    frame_free(frame);
}

static bool make_model(void *context, struct glmm_error *err)
{
    struct spec spec = { .formula = "y ~ x + (1 | g)", .weights = "n", .contrasts = "sum" };
    struct model *model = model_new("m", context, &spec, NULL, err);
    bool ok = model != NULL;

    cr_expect_null(err->argument);
    model_free(model);
    return ok;
}

Test(model, every_allocation_may_fail)
{
    struct frame *frame = make_frame();

    cr_assert_gt(sweep_allocations(make_model, frame), 20);
    frame_free(frame);
}
