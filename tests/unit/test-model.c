/* test-model.c -- a model holds what it is made of, and says which of its texts is at fault. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/method.h"
#include "model/model.h"

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

/* Fails allocation number `left`, counted down. */
static void *failing(void *context, void *old, size_t size)
{
    int *left = context;

    if (size == 0) {
        free(old);
        return NULL;
    }
    return (*left)-- == 0 ? NULL : realloc(old, size);
}

Test(model, every_allocation_may_fail)
{
    struct frame *frame = make_frame();
    struct spec spec = { .formula = "y ~ x + (1 | g)", .weights = "n", .contrasts = "sum" };
    struct model *model = NULL;
    int n;

    for (n = 0; model == NULL && n < 2000; n++) {
        int left = n;
        struct glmm_error err = { .at = NOWHERE };

        mem_hook_set((struct mem_hook){ .resize = failing, .context = &left });
        model = model_new("m", frame, &spec, NULL, &err);
        cr_expect(model != NULL || err.code == GLMM_E_MEMORY, "allocation %d: %s", n, err.message);
        cr_expect_null(err.argument);
        model_free(model);
        mem_hook_set((struct mem_hook){ 0 });
    }
    cr_assert_not_null(model);
    frame_free(frame);
}
