/* test-relatives.c -- levels that no row has, among the rows of those that they are related to. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/arena.h"
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
