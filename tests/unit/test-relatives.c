/* test-relatives.c -- levels that are related: those that no row has, among the rows of others; and a search among them to which
 * memory is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "base/text.h"
#include "fit/lmm.h"
#include "fit/rowcov-private.h"
#include "model/relation.h"
#include "model/relatives.h"
#include "related.h"
#include "stated-design.h"
#include "structured.h"

/* Levels without rows put the rows of their relatives into one cluster, and no others. */
Test(relatives, leave_families_apart)
{
    struct relation *K = relation_of_csv("K", "a,b,value\na1,a1,1\na2,a2,1\nb1,b1,1\nb2,b2,1\nc1,c1,1\nc2,c2,1\nd,d,1\ne,e,1\n"
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

struct search {
    const struct design *design;
    int evaluations; /* 0: not known */
};

/* One is as the other, or there is none: no other is made instead. */
static bool search_once(void *context, struct glmm_error *err)
{
    struct search *search = context;
    struct fit *fit = lmm_fit(search->design, &(struct fit_options){ .method = METHOD_REML }, NULL, err);
    bool done = fit != NULL;

    if (done && search->evaluations == 0)
        search->evaluations = fit->optimum.evaluations;
    cr_expect(!done || fit->optimum.evaluations == search->evaluations);
    fit_free(fit);
    return done;
}

/* Wherever memory is refused, that is what is said, or (CHOLMOD does without) the search is as ever. */
Test(relatives, a_search_by_descent_tells_where_memory_is_refused)
{
    char *pedigree, *rows = make_rows(&pedigree);
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(pedigree, strlen(pedigree), "ped", &how, &err);
    struct relation *A = frame == NULL ? NULL : relation_of_pedigree("A", frame, "id", "sire", "dam", &err);
    struct stated s = state(rows, "y ~ 1 + (1 | id, K = A)", NULL, A);
    struct search search = { .design = s.design };

    cr_assert(search_once(&search, &err), "%s", err.message);
    cr_expect_gt(sweep_passing(search_once, &search), 50);
    stated_clear(&s);
    relation_free(A);
    frame_free(frame);
    free(pedigree);
    free(rows);
}

/* --- an effect at each level of a factor, by a matrix ----------------------------------------------------- */

/* 24 animals with three rows in each of two places, and a pedigree in which each but the first six has two parents. */
static char *make_places(char **pedigree)
{
    struct text rows = { 0 }, animals = { 0 };
    double effect[24][2];
    struct rng rng;

    rng_init(&rng, 31, 0);
    text_add(&rows, "y,c,f,id\n");
    text_add(&animals, "id,sire,dam\n");
    for (int i = 0; i < 24; i++) {
        int sire = i < 6 ? -1 : (i * 7) % (i - 1), dam = i < 6 ? -1 : (sire + 1 + i % 3) % i;

        text_addf(&animals, i < 6 ? "a%02d,NA,NA\n" : "a%02d,a%02d,a%02d\n", i, sire, dam);
        for (int f = 0; f < 2; f++) {
            double inherited = sire < 0 ? 0 : 0.5 * (effect[sire][f] + effect[dam][f]);

            effect[i][f] = inherited + (f == 0 ? 1 : 0.8) * (sire < 0 ? 1 : sqrt(0.5)) * rng_normal(&rng);
            for (int r = 0; r < 3; r++) {
                double y = f + effect[i][f] + (0.5 + 0.3 * f) * rng_normal(&rng);

                text_addf(&rows, "%.4f,%d,f%d,a%02d\n", y, (int)fmax(0, floor(exp(0.9 * y + 0.6))), f, i);
            }
        }
    }
    *pedigree = text_take(&animals);
    return text_take(&rows);
}

/* With coefficients and residuals of their own, the places are models of their own. */
static void check_places(const char *rows, const char *term, const char *family, const struct relation *relations)
{
    static const char *const where[] = { NULL, "f == \"f0\"", "f == \"f1\"" };
    double loglik[3], sd[4];
    char formula[100];

    for (int i = 0; i < 3; i++) {
        struct design_options options = { .response = RESPONSE_REAL,
                                          .where = where[i],
                                          .residual = i == 0 && family == NULL ? "diag(f)" : NULL,
                                          .relations = relations };
        struct stated s;
        struct fit *fit;

        snprintf(formula, sizeof formula, "%s ~ %s + %s", family == NULL ? "y" : "c", i == 0 ? "0 + f" : "1",
                 i == 0 ? term : "(1 | id, K = A)");
        s = state_design(rows, formula, &options);
        fit = fit_of(&s, family, family == NULL ? METHOD_ML : METHOD_LAPLACE);
        loglik[i] = fit->loglik;
        for (int a = 0; a < (i == 0 ? 2 : 1); a++)
            sd[i == 0 ? a : 1 + i] = fit->random[0].sd[a];
        fit_free(fit);
        stated_clear(&s);
    }
    cr_expect_float_eq(loglik[0], loglik[1] + loglik[2], 2e-6, "%s: %.8f, %.8f", term, loglik[0], loglik[1] + loglik[2]);
    cr_expect_float_eq(sd[0], sd[2], 1e-4, "%s: %g, %g", term, sd[0], sd[2]);
    cr_expect_float_eq(sd[1], sd[3], 1e-4, "%s: %g, %g", term, sd[1], sd[3]);
}

/* The entries of a pedigree's matrix as a table, so that there is no sparse inverse of it. */
static struct relation *dense_of(const struct relation *A)
{
    size_t size = (size_t)A->count * (size_t)A->count;
    int32_t *all = calloc((size_t)A->count, sizeof *all);
    double *values = calloc(size, sizeof *values);
    struct text csv = { 0 };
    struct relation *dense;

    for (int32_t i = 0; i < A->count; i++)
        all[i] = i;
    cr_assert(relation_fill(A, all, A->count, values));
    text_add(&csv, "a,b,value\n");
    for (int32_t i = 0; i < A->count; i++)
        for (int32_t j = 0; j <= i; j++)
            text_addf(&csv, "%s,%s,%.17g\n", A->ids[i], A->ids[j], values[(size_t)i + (size_t)j * (size_t)A->count]);
    dense = relation_of_csv("A", text_string(&csv));
    text_clear(&csv);
    free(values);
    free(all);
    return dense;
}

Test(relatives, at_each_level_of_a_factor_as_in_fits_of_their_own)
{
    char *pedigree, *rows = make_places(&pedigree);
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(pedigree, strlen(pedigree), "ped", &how, &err);
    struct relation *A = frame == NULL ? NULL : relation_of_pedigree("A", frame, "id", "sire", "dam", &err), *dense;

    cr_assert_not_null(A, "%s", err.message);
    dense = dense_of(A);
    check_places(rows, "(1 | id, K = A, by = f)", NULL, A);
    check_places(rows, "(1 | id, by = f, K = A)", NULL, A);
    check_places(rows, "(1 | id, K = A, by = f)", "poisson", A);
    relation_free(A);
    frame_free(frame);
    check_places(rows, "(1 | id, K = A, by = f)", NULL, dense);
    check_places(rows, "(1 | id, K = A, by = f)", "poisson", dense);
    relation_free(dense);
    free(pedigree);
    free(rows);
}
