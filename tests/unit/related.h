/* related.h -- matrices of tables, and animals without rows by two fits of one model: what the tests of relationships hold
 * against each other. */
#ifndef TESTS_RELATED_H
#define TESTS_RELATED_H

#include <criterion/criterion.h>

#include "base/arena.h"
#include "infer/relatives.h"
#include "model/relation.h"
#include "stated-design.h"
#include "sweep.h"

/* A matrix from a table of it. */
static inline struct relation *relation_of_csv(const char *name, const char *csv)
{
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(csv, strlen(csv), name, &how, &err);
    struct relation *r = frame == NULL ? NULL : relation_of_table(name, frame, NULL, &err);

    cr_assert(r != NULL, "%s", err.message);
    frame_free(frame);
    return r;
}

/* The term with a matrix. */
static inline int related_term(const struct fit *fit)
{
    int t = 0;

    while (fit->design->random[t].relation == NULL)
        t++;
    return t;
}

static inline bool find_relatives(void *context, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct random_design design;
    struct random_fit random;
    bool ok = arena != NULL && relatives_find(context, related_term(context), arena, NULL, &design, &random, err);

    if (arena == NULL)
        fail_memory(err);
    else
        arena_free(arena);
    return ok;
}

/* Modes and variances of animals without rows: those of the sparse equations are those of the dense matrix.
 * Where memory is out, that is said. */
static inline void check_relatives(struct fit *one, struct fit *two)
{
    struct glmm_error err = { 0 };
    struct arena *arena = arena_new();
    struct random_design a, b;
    struct random_fit x, y;
    int t = related_term(one);
    int32_t had = one->design->random[t].level_count;

    cr_assert(relatives_find(one, t, arena, NULL, &a, &x, &err) && relatives_find(two, t, arena, NULL, &b, &y, &err), "%s",
              err.message);
    cr_assert(a.level_count > had && a.level_count == b.level_count);
    for (int32_t l = had; l < a.level_count; l++) {
        cr_expect_str_eq(a.levels[l], b.levels[l]);
        cr_expect_float_eq(x.modes[l], y.modes[l], 1e-6, "%s: %g, not %g", a.levels[l], x.modes[l], y.modes[l]);
        cr_expect_float_eq(x.mode_covariance[l], y.mode_covariance[l], 1e-6, "%s: %g, not %g", a.levels[l], x.mode_covariance[l],
                           y.mode_covariance[l]);
    }
    arena_free(arena);
    cr_expect_gt(sweep_passing(find_relatives, one), 10); /* over CHOLMOD's orderings alone: it tries another */
    cr_expect_gt(sweep_passing(find_relatives, two), 10);
}

#endif
