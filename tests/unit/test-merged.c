/* test-merged.c -- a model built of distinct rows is, with its rows taken back, the one built of all rows, to the bit; fitted it
 * has the same estimates. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/alike.h"
#include "fit/method.h"
#include "fit/recession.h"
#include "model/merged.h"
#include "model/model.h"
#include "sweep.h"

enum { ROWS = 4000, GROUPS = 8, MISSING = 7 };

/* Few values of everything; a value is missing in each 7th of the first 700 rows. */
static struct frame *make_frame(void)
{
    static const char *const names[] = { "y", "k", "x", "t", "s", "n", "b", "q" };
    static const char *const levels[] = { "a", "b", "c" };
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new("d", ROWS);
    struct column *column;
    struct rng rng;

    cr_assert_not_null(frame);
    rng_init(&rng, 3, 1);
    for (int j = 0; j < 8; j++)
        cr_assert_not_null(frame_add(frame, names[j], j == 6 ? COLUMN_LOGICAL : j == 0 ? COLUMN_INTEGER : COLUMN_REAL, &err));
    cr_assert_not_null(column = frame_add(frame, "f", COLUMN_FACTOR, &err));
    column->levels = NEW_ARRAY(char *, 3);
    column->level_count = 3;
    for (int l = 0; l < 3; l++)
        column->levels[l] = mem_strdup(levels[l]);
    cr_assert_not_null(frame_add(frame, "g", COLUMN_INTEGER, &err));
    for (size_t i = 0; i < ROWS; i++) {
        int g = (int)rng_below(&rng, GROUPS), x = (int)rng_below(&rng, 4), f = (int)rng_below(&rng, 3);
        double eta = -0.4 + 0.3 * x + 0.2 * f + 0.25 * (g - 3.5), p = 1 / (1 + exp(-eta)), rate = exp(eta);
        int k = 0;

        rate *= rng_uniform(&rng) < 0.3 ? 0 : rng_uniform(&rng) < 0.5 ? 0.4 : 2;
        frame_column(frame, "y")->as.integer[i] = rng_uniform(&rng) < p;
        for (double left = -log(rng_uniform(&rng)); left < rate; left -= log(rng_uniform(&rng)))
            k++;
        frame_column(frame, "k")->as.real[i] = k;
        frame_column(frame, "x")->as.real[i] = i < 100 * MISSING && i % MISSING == 0 ? (double)NAN : 0.5 * x;
        frame_column(frame, "t")->as.real[i] = 1 + (double)rng_below(&rng, 2);
        frame_column(frame, "s")->as.real[i] = (double)rng_below(&rng, 3);
        frame_column(frame, "n")->as.real[i] = 3;
        frame_column(frame, "b")->as.logical[i] = (int8_t)(i % 2);
        frame_column(frame, "q")->as.real[i] = (double)i;
        frame_column(frame, "f")->as.code[i] = f;
        frame_column(frame, "g")->as.integer[i] = g;
    }
    column_count_missing(frame_column(frame, "x"), ROWS);
    return frame;
}

static const struct spec specs[] = {
    { .formula = "y ~ x + f + (1 | g)", .family = "binomial" },
    { .formula = "y ~ poly(x, 2) * f + scale(t) + (x | g)", .family = "binomial", .contrasts = "sum" },
    { .formula = "cbind(s, n - s) ~ x + (1 | f:g)", .family = "binomial", .where = "b" },
    { .formula = "s ~ x + f + (1 | g)", .family = "binomial", .trials = "n" },
    { .formula = "k ~ x + log(t) + I(2 * x) + (1 | g) + (1 | f)", .family = "poisson", .offset = "log(t)" },
    { .formula = "k ~ x + offset(x) + (1 | g)", .family = "nbinom2", .zi = "~ f", .disp = "~ x" },
    { .formula = "k ~ x + (1 | g)", .family = "poisson", .zi = "~ x + (1 | f)" },
    { .formula = "s ~ x + f + (x || g)", .family = "cumulative" },
    { .formula = "k ~ x + (1 | g, by = b)", .family = "poisson" },
};
enum { SPECS = sizeof specs / sizeof *specs };

static struct model *make(const struct frame *frame, const struct spec *spec, bool merged)
{
    struct glmm_error err = { .at = NOWHERE };
    struct model *model = merged ? model_new_merged("m", frame, spec, NULL, &err) : model_new("m", frame, spec, NULL, &err);

    cr_assert(model != NULL, "%s: %s", spec->formula, err.message);
    return model;
}

static bool same(const void *a, const void *b, size_t size)
{
    return a == NULL || b == NULL ? a == b : memcmp(a, b, size) == 0;
}

static void expect_same_columns(const struct design *a, const struct design *b, const char *what)
{
    cr_assert_eq(a->n, b->n, "%s", what);
    cr_assert_eq(a->p, b->p, "%s", what);
    cr_expect_eq(a->dropped_count, b->dropped_count, "%s", what);
    cr_expect(same(a->X, b->X, sizeof *a->X * a->n * (size_t)a->p), "%s", what);
    cr_expect(same(a->offset, b->offset, sizeof *a->offset * a->n), "%s", what);
    cr_assert_eq(a->random_count, b->random_count, "%s", what);
    for (int t = 0; t < a->random_count; t++) {
        const struct random_design *r = &a->random[t], *s = &b->random[t];

        cr_assert_eq(r->level_count, s->level_count, "%s", what);
        cr_expect(same(r->level, s->level, sizeof *r->level * a->n), "%s", what);
        cr_expect(same(r->z, s->z, sizeof *r->z * (size_t)r->k * a->n), "%s", what);
        cr_expect(same(r->rows_of_level, s->rows_of_level, sizeof *r->rows_of_level * (size_t)r->level_count), "%s", what);
    }
}

static void expect_same_design(const struct design *a, const struct design *b, const char *what)
{
    expect_same_columns(a, b, what);
    cr_expect_eq(a->dropped_rows, b->dropped_rows, "%s", what);
    cr_expect_eq(a->outside_rows, b->outside_rows, "%s", what);
    cr_expect(same(a->y, b->y, sizeof *a->y * a->n), "%s", what);
    cr_expect(same(a->trials, b->trials, sizeof *a->trials * a->n), "%s", what);
    cr_expect(same(a->row, b->row, sizeof *a->row * a->n), "%s", what);
    cr_expect_null(a->weights, "%s", what);
    cr_expect_null(a->times, "%s", what);
    for (int k = 0; k < DESIGN_PARTS; k++) {
        cr_assert_eq(a->part[k] == NULL, b->part[k] == NULL, "%s", what);
        if (a->part[k] != NULL)
            expect_same_columns(a->part[k], b->part[k], what);
    }
}

Test(merged, rows_taken_back_are_those_built_one_by_one)
{
    struct frame *frame = make_frame();

    for (int i = 0; i < SPECS; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct model *all = make(frame, &specs[i], false), *few = make(frame, &specs[i], true);
        double times = 0;

        cr_assert(design_is_merged(few->design), "%s", specs[i].formula);
        cr_expect_lt(few->design->n, all->design->n / 2);
        for (size_t k = 0; k < few->design->n; k++)
            times += few->design->times[k];
        cr_expect_eq(times, (double)all->design->n);
        cr_expect_eq(design_used_rows(few->design), all->design->n);
        cr_expect_eq(design_trials(few->design), design_trials(all->design), "%s", specs[i].formula);
        cr_expect(model_take_all_rows(few, NULL, &err));
        cr_expect_not(design_is_merged(few->design));
        expect_same_design(few->design, all->design, specs[i].formula);
        cr_expect(model_take_all_rows(few, NULL, &err), "a second time nothing is left to do");
        model_free(all);
        model_free(few);
    }
    frame_free(frame);
}

static void expect_near(double a, double b, const char *what)
{
    cr_expect(fabs(a - b) <= 1e-6 * (1 + fabs(b)), "%s: %.12g is not %.12g", what, a, b);
}

Test(merged, the_fit_is_the_same_in_all_rows)
{
    struct frame *frame = make_frame();

    for (int i = 0; i < SPECS; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct model *all = make(frame, &specs[i], false), *few = make(frame, &specs[i], true);

        all->fit = model_fit(all, &(struct fit_options){ 0 }, NULL, &err);
        few->fit = model_fit(few, &(struct fit_options){ 0 }, NULL, &err);
        cr_assert(all->fit != NULL && few->fit != NULL, "%s: %s", specs[i].formula, err.message);
        cr_expect_eq(few->fit->optimum.verdict, all->fit->optimum.verdict, "%s", specs[i].formula);
        expect_near(few->fit->loglik, all->fit->loglik, specs[i].formula);
        expect_near(few->fit->bic, all->fit->bic, specs[i].formula);
        for (int j = 0; j < all->design->p; j++) {
            expect_near(few->fit->beta[j], all->fit->beta[j], specs[i].formula);
            expect_near(few->fit->se[j], all->fit->se[j], specs[i].formula);
        }
        cr_assert(model_take_all_rows(few, NULL, &err));
        cr_expect_not(few->fit->merged);
        for (size_t r = 0; r < all->design->n; r += 17) {
            expect_near(few->fit->fitted[r], all->fit->fitted[r], specs[i].formula);
            expect_near(few->fit->linear[r], all->fit->linear[r], specs[i].formula);
            cr_expect_eq(few->fit->shape_rows[0] == NULL, all->fit->shape_rows[0] == NULL);
            if (all->fit->shape_rows[0] != NULL)
                expect_near(few->fit->shape_rows[0][r], all->fit->shape_rows[0][r], specs[i].formula);
        }
        fit_free(all->fit);
        fit_free(few->fit);
        model_free(all);
        model_free(few);
    }
    frame_free(frame);
}

/* A fit of distinct rows finds its rows after another one has made the design one of all rows. */
Test(merged, a_fit_of_before_follows_its_design)
{
    struct spec separated = { .formula = "y ~ x + b + (1 | g)", .family = "binomial" };
    struct frame *frame = make_frame();
    struct glmm_error err = { .at = NOWHERE };
    struct model *model = make(frame, &specs[0], true);
    struct fit *before = model->fit = model_fit(model, &(struct fit_options){ 0 }, NULL, &err);

    cr_assert(before != NULL && before->merged);
    model->fit = NULL;
    cr_assert(model_take_all_rows(model, NULL, &err));
    model->fit = before;
    cr_assert(model_take_all_rows(model, NULL, &err));
    for (size_t r = 0; r < model->design->n; r++)
        cr_assert(before->fitted[r] > 0 && before->fitted[r] < 1);
    fit_free(before);
    model_free(model);

    for (size_t i = 0; i < ROWS; i++) /* what is infinite is asked of all rows */
        frame_column(frame, "y")->as.integer[i] |= frame_column(frame, "b")->as.logical[i];
    model = make(frame, &separated, true);
    cr_expect(design_is_merged(model->design));
    cr_assert_not_null(model->fit = model_fit(model, &(struct fit_options){ 0 }, NULL, &err));
    cr_expect_not_null(model->fit->recession);
    cr_expect_not(design_is_merged(model->design));
    cr_expect_not(model->fit->merged);
    fit_free(model->fit);
    model_free(model);
    frame_free(frame);
}

Test(merged, rows_stay_where_they_cannot_be_one_or_that_saves_little)
{
    static const struct spec kept[] = {
        { .formula = "x ~ t + (1 | g)" },
        { .formula = "y ~ q + (1 | g)", .family = "binomial" },
        { .formula = "k ~ x + (1 | g)", .family = "poisson", .weights = "t" },
        { .formula = "k ~ x + ar1(0 + factor(t) | g)", .family = "poisson" },
        { .formula = "k ~ x + (1 | g)", .family = "poisson", .where = "q < 900" },
        { .formula = "k ~ x + (1 | q)", .family = "poisson" },
    };
    struct frame *frame = make_frame();

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct model *model = make(frame, &kept[i], true), *all = make(frame, &kept[i], false);

        cr_expect_not(design_is_merged(model->design), "%s", kept[i].formula);
        cr_expect_null(model->design->of);
        expect_same_columns(model->design, all->design, kept[i].formula);
        model_free(model);
        model_free(all);
    }
    frame_free(frame);
}

/* Of few rows too: a mixture costs more than comparing them.  Weights of 1 keep them apart. */
Test(merged, rows_with_inflated_zeros_are_one_where_they_are_fitted)
{
    static const struct spec spec = { .formula = "k ~ x + (1 | g)", .family = "poisson", .zi = "~ f", .where = "q < 600" };
    struct frame *frame = make_frame();
    struct model *few = make(frame, &spec, false), *all = make(frame, &spec, false);
    struct glmm_error err = { .at = NOWHERE };
    double ones[ROWS];
    struct alike *alike;

    cr_assert(alike_find(few->design, few->family, NULL, &alike, &err) && alike != NULL);
    cr_expect_leq(alike_design(alike)->n, few->design->n - few->design->n / 4);
    alike_free(alike);
    for (size_t i = 0; i < ROWS; i++)
        ones[i] = 1;
    all->design->weights = ones;
    cr_assert(alike_find(all->design, all->family, NULL, &alike, &err) && alike == NULL);
    few->fit = model_fit(few, &(struct fit_options){ 0 }, NULL, &err);
    all->fit = model_fit(all, &(struct fit_options){ 0 }, NULL, &err);
    cr_assert(all->fit != NULL && few->fit != NULL, "%s", err.message);
    expect_near(few->fit->loglik, all->fit->loglik, "log-likelihood");
    expect_near(few->fit->bic, all->fit->bic, "BIC");
    for (int j = 0; j < all->design->p; j++)
        expect_near(few->fit->se[j], all->fit->se[j], "error");
    for (size_t r = 0; r < all->design->n; r += 17)
        expect_near(few->fit->fitted[r], all->fit->fitted[r], "fitted");
    all->design->weights = NULL; /* they are the test's */
    fit_free(all->fit);
    fit_free(few->fit);
    model_free(all);
    model_free(few);
    frame_free(frame);
}

/* --- memory, interruption ----------------------------------------------------------------------- */

struct subject {
    struct frame *frame;
    const struct spec *spec;
};

static bool state_and_take(void *context, struct glmm_error *err)
{
    const struct subject *s = context;
    struct model *model = model_new_merged("m", s->frame, s->spec, NULL, err);
    bool ok = model != NULL && model_take_all_rows(model, NULL, err);

    cr_expect(ok || model == NULL || design_is_merged(model->design), "what failed has changed nothing");
    model_free(model);
    return ok;
}

Test(merged, every_allocation_may_fail)
{
    struct frame *frame = make_frame();

    cr_expect_gt(sweep_allocations(state_and_take, &(struct subject){ frame, &specs[2] }), 20);
    cr_expect_gt(sweep_allocations(state_and_take, &(struct subject){ frame, &specs[5] }), 20);
    frame_free(frame);
}

static bool stop(void *context, const char *what, double done, double total, double value)
{
    (void)what, (void)done, (void)total, (void)value;
    return --*(int *)context > 0;
}

Test(merged, stops_when_told)
{
    struct frame *frame = make_frame();
    int after, stopped = 0;
    bool done = false;

    for (after = 1; !done && after < 200; after++) {
        int left = after;
        struct glmm_progress progress = { .tell = stop, .context = &left };
        struct glmm_error err = { .at = NOWHERE };
        struct model *model = model_new_merged("m", frame, &specs[5], &progress, &err);

        done = model != NULL && model_take_all_rows(model, &progress, &err);
        cr_assert(done || err.code == GLMM_E_INTERRUPT, "%d: %s", err.code, err.message);
        stopped += model != NULL && !done && design_is_merged(model->design);
        model_free(model);
    }
    cr_expect(done);
    cr_expect_gt(stopped, 5);
    frame_free(frame);
}
