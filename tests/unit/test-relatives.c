/* test-relatives.c -- levels that are related: those that no row has, among the rows of others; and a search among them to which
 * memory is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "fit/lmm.h"
#include "fit/rowcov-private.h"
#include "model/relation.h"
#include "model/relatives.h"
#include "stated-design.h"
#include "structured.h"

static struct relation *of_csv(const char *csv)
{
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(csv, strlen(csv), "K", &how, &err);
    struct relation *r = frame == NULL ? NULL : relation_of_table("K", frame, NULL, &err);

    cr_assert(r != NULL, "%s", err.message);
    frame_free(frame);
    return r;
}

/* Levels without rows put the rows of their relatives into one cluster, and no others. */
Test(relatives, leave_families_apart)
{
    struct relation *K = of_csv("a,b,value\na1,a1,1\na2,a2,1\nb1,b1,1\nb2,b2,1\nc1,c1,1\nc2,c2,1\nd,d,1\ne,e,1\n"
                                "a1,a2,0.5\nb1,b2,0.5\nc1,c2,0.5\nd,b2,0.3\nd,c1,0.3\n");
    struct stated s = state("y,id\n1,a1\n2,b1\n4,b1\n3,c1\n5,a1\n6,c1\n8,b2\n", "y ~ 1 + (1 | id, K = K)", NULL, K);
    struct glmm_error err = { 0 };
    struct arena *arena = arena_new();
    struct design related;
    struct rowcov *m;

    cr_assert(design_with_relatives(s.design, arena, &related));
    cr_assert_eq(related.random[0].level_count, 8);
    m = rowcov_new(&related, NULL, NULL, true, NULL, &err);
    cr_assert_not_null(m, "%s", err.message);
    cr_expect_eq(m->cluster_count, 2); /* d is of b and c; nobody is of e */
    cr_expect_eq(m->clusters[0].count, 2);
    cr_expect_eq(m->clusters[1].count, 5);
    rowcov_free(m);
    arena_free(arena);
    stated_clear(&s);
    relation_free(K);
}

static long allocations, fail_at;

static void *failing(void *context, void *old, size_t size)
{
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return ++allocations == fail_at ? NULL : realloc(old, size);
}

/* Rows of animals, a record each, and their pedigree: enough for the sparse equations. */
static char *make_rows(char **pedigree)
{
    struct text rows = { 0 }, table = { 0 };
    struct rng rng;

    rng_init(&rng, 5, 0);
    text_add(&rows, "y,id\n");
    text_add(&table, "id,sire,dam\n");
    for (int i = 0; i < 240; i++) {
        text_addf(&table, i < 40 ? "a%d,0,0\n" : "a%d,a%d,a%d\n", i, i % 40 / 2, 20 + i % 40 / 3);
        text_addf(&rows, "%.5f,a%d\n", 0.3 * (i % 40) + rng_normal(&rng), i);
    }
    *pedigree = text_take(&table);
    return text_take(&rows);
}

/* Wherever memory is refused, that is what is said, or (CHOLMOD does without) the search is as ever: no other is made instead. */
Test(relatives, a_search_by_descent_tells_where_memory_is_refused)
{
    char *pedigree, *rows = make_rows(&pedigree);
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(pedigree, strlen(pedigree), "ped", &how, &err);
    struct relation *A = frame == NULL ? NULL : relation_of_pedigree("A", frame, "id", "sire", "dam", &err);
    struct stated s = state(rows, "y ~ 1 + (1 | id, K = A)", NULL, A);
    struct fit_options options = { .method = METHOD_REML };
    struct mem_hook before = mem_hook_get(), hook = { .resize = failing };
    long whole = 1;
    int evaluations = 0;

    for (fail_at = 0; fail_at <= whole; fail_at++) {
        struct fit *fit;

        error_clear(&err);
        allocations = 0;
        mem_hook_set(hook);
        fit = lmm_fit(s.design, &options, NULL, &err);
        mem_hook_set(before);
        if (fail_at == 0) {
            whole = allocations;
            evaluations = fit->optimum.evaluations;
        }
        cr_expect(fit != NULL ? fit->optimum.evaluations == evaluations : err.code == GLMM_E_MEMORY, "allocation %ld of %ld",
                  fail_at, whole);
        fit_free(fit);
    }
    cr_expect_gt(whole, 50);
    stated_clear(&s);
    relation_free(A);
    frame_free(frame);
    free(pedigree);
    free(rows);
}
