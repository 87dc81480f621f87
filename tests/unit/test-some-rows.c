/* test-some-rows.c -- what some rows of a large model show is true of all: that an error is left to the response, and that its
 * terms are told apart. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/explained.h"
#include "fit/identify-private.h"
#include "fit/lmm-private.h"
#include "sparse-models.h"
#include "sweep.h"

static const struct model_shape shapes[] = {
    { "two crossed factors", 20000, 2, 2, { { 1, 1200, false, 0 }, { 1, 800, false, 0 } }, false },
    { "vectors, weighted", 20000, 2, 2, { { 2, 900, false, 0 }, { 1, 700, false, 0 } }, true },
    { "three, one of few levels", 20000, 3, 3, { { 1, 1000, false, 0 }, { 1, 600, false, 0 }, { 1, 9, false, 0 } }, false },
};
enum { SHAPES = sizeof shapes / sizeof shapes[0], MOST = 8 };
static const double LARGE = 1e3; /* of templates, as explained.c has them */

/* y by the levels alone: nothing is left of it. */
static void explain(struct design *d)
{
    for (size_t i = 0; i < d->n; i++) {
        d->y[i] = 0.0;
        for (int t = 0; t < d->random_count; t++)
            d->y[i] += (double)((d->random[t].level[i] * 37) % 101) / (t + 1.0);
    }
}

/* r^2 of all rows at those templates. */
static double left_of_all(struct lmm *m)
{
    double x[MOST] = { 0 };

    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i)
            x[i] = a == b ? LARGE : 0.0;
    lmm_value(m, x);
    return m->rss;
}

static bool some_left(const struct lmm *m, double least)
{
    bool memory = true, left = explained_some_left(m, LARGE, least, &memory);

    cr_assert(memory);
    return left;
}

static bool is_plain(const struct design *design, const struct identify_view *view)
{
    bool plain;

    cr_assert(span_is_plain(design, view, &plain, NULL));
    return plain;
}

/* An error is left. */
static bool explain_once(void *context, struct glmm_error *err)
{
    const struct lmm *m = context;
    bool memory = true, left = explained_some_left(m, LARGE, 2e-3 * (double)m->n, &memory);

    cr_assert(left || !memory);
    return memory || fail_memory(err);
}

static bool tell_apart_once(void *context, struct glmm_error *err)
{
    struct identify_view reml = { .reml = true, .residual = true };
    bool plain = false, ok = span_is_plain(context, &reml, &plain, err);

    cr_assert(plain || !ok);
    return ok;
}

/* The shortcuts refuse where the memory for them is refused: what follows would ask for it again, and could get it. */
Test(some_rows, tell_where_memory_is_refused)
{
    struct design *d = design_of(&shapes[0], 3);
    struct lmm *m = model_of(d, TAIL_DENSE);

    cr_assert_gt(sweep_allocations(explain_once, m), 5);
    cr_assert_gt(sweep_allocations(tell_apart_once, d), 3);
    lmm_free(m);
    free_design(d);
}

/* What some rows show to be left. */
static double left_by_some(struct design *d)
{
    struct lmm *m = model_of(d, TAIL_DENSE);
    double low = 1e-6, high = 1e6;

    while (high > low * 1.0001) {
        double middle = sqrt(low * high);

        *(some_left(m, middle) ? &low : &high) = middle;
    }
    lmm_free(m);
    return low;
}

Test(some_rows, show_that_an_error_is_left_and_never_more_than_is)
{
    for (int s = 0; s < SHAPES; s++) {
        struct design *d = design_of(&shapes[s], 3);
        struct lmm *m = model_of(d, TAIL_DENSE);
        double all = left_of_all(m);

        cr_expect(some_left(m, 2e-3 * (double)m->n), "%s: what is left of %g was not seen", shapes[s].name, all);
        cr_expect(!some_left(m, 1.0001 * all), "%s: more than %g", shapes[s].name, all);
        lmm_free(m);
        free_design(d);
    }
}

Test(some_rows, leave_what_is_explained_to_the_whole)
{
    for (int s = 0; s < SHAPES; s++) {
        struct glmm_error err = { 0 };
        struct design *d = design_of(&shapes[s], 4);
        struct lmm *m;

        explain(d);
        m = model_of(d, TAIL_DENSE);
        cr_expect(!some_left(m, 2e-3 * (double)m->n), "%s", shapes[s].name);
        cr_expect(!explained_check(m, "y", &err) && err.code == GLMM_E_MODEL, "%s: not refused", shapes[s].name);
        lmm_free(m);
        free_design(d);
    }
}

Test(some_rows, show_that_terms_are_told_apart)
{
    struct identify_view reml = { .reml = true, .residual = true }, ml = { .residual = true };

    for (int s = 0; s < SHAPES; s++) {
        struct design *d = design_of(&shapes[s], 5);

        cr_expect(is_plain(d, &reml) && is_plain(d, &ml), "%s", shapes[s].name);
        memcpy(d->random[1].level, d->random[0].level, sizeof *d->random[1].level * d->n); /* a copy */
        d->random[1].level_count = d->random[0].level_count;
        cr_expect(!is_plain(d, &reml) && !is_plain(d, &ml), "%s: a copy was not seen", shapes[s].name);
        free_design(d);
    }
}

/* What a predictor leaves of itself in these rows is rounding: it is no predictor there, and takes nothing of the response. */
Test(some_rows, have_columns_that_depend_on_others)
{
    for (int s = 0; s < SHAPES; s++) {
        struct design *one = design_of(&shapes[s], 7), *two = design_of(&shapes[s], 7);
        double least, step;

        for (size_t i = 0; i < two->n; i++) { /* but for one row of a level that is small */
            one->X[i + one->n] = i == 0;
            two->X[i + two->n] = two->X[i] / 3.0 + (i == 0);
        }
        least = left_by_some(one);
        step = left_by_some(two) / least;
        cr_expect(fabs(step - 1.0) < 1e-3, "%s: %g times what is left beside a column of 0", shapes[s].name, step);
        free_design(one);
        free_design(two);
    }
}

/* The first rows are of levels of one row each: they tell nothing apart, and the whole is asked. */
Test(some_rows, that_are_too_few_tell_nothing)
{
    struct identify_view reml = { .reml = true, .residual = true };
    struct model_shape shape = { "levels of one row first", 20000, 1, 1, { { 1, 5000, false, 0 } }, false };
    struct design *d = design_of(&shape, 6);
    struct span span = { 0 };
    struct glmm_error err = { 0 };

    cr_expect(!is_plain(d, &reml));
    cr_expect(span_find(d, &reml, &span, &err) && span.dims == 0);
    span_clear(&span);
    free_design(d);
}
