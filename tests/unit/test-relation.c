/* test-relation.c -- levels that are related: tables, pedigrees and trees against dense matrices, and what relates nobody. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "fit/lmm.h"
#include "infer/kenward.h"
#include "model/relation.h"
#include "related.h"
#include "stated-design.h"
#include "sweep.h"
#include "structured.h"

/* --- relationships ----------------------------------------------------------------------------------- */

static double relation_at(const struct relation *r, int32_t a, int32_t b)
{
    const int32_t rows[2] = { a, b };
    double out[4];

    cr_assert(relation_fill(r, rows, 2, out));
    return out[2];
}

static bool make_table(void *context, struct glmm_error *err)
{
    struct relation *r = relation_of_table("K", context, NULL, err);
    bool ok = r != NULL;

    relation_free(r);
    return ok;
}

/* A table that is read short of memory is no smaller matrix. */
Test(structures, tables_of_relations_know_when_memory_is_out)
{
    static const char *const tables[] = { "a,b,k\nu,u,1\nv,v,1\nv,u,0.5\nw,w,1\n", "name,u,v\nu,1,0.5\nv,0.5,1\n" };
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct frame *frame = csv_read_bytes(tables[i], strlen(tables[i]), "k", &how, &err);

        cr_assert(frame != NULL, "%s", err.message);
        cr_expect_gt(sweep_allocations(make_table, frame), 10);
        frame_free(frame);
    }
}

/* What is no tree, no pedigree and no matrix, each with its sentence. */
Test(structures, what_relates_nobody)
{
    enum kind { TREE, PEDIGREE, TABLE };
    static const struct {
        enum kind kind;
        const char *text, *says;
    } wrong[] = {
        { TREE, "((a:1,b:1):2,'d:3);", "a quote is not closed" },
        { TREE, "((a:1,b:x):2,d:3);", "a length is no number" },
        { TREE, "((a:1,b:-1):2,d:3);", "no share of a variance is negative" },
        { TREE, "((a:1,:1):2,d:3);", "a tip has no name" },
        { TREE, "((a:1,b\xd0z:1):2,d:3);", "a name is not UTF-8" },
        { TREE, "((a:1,b:1):2,d);", "a branch has no length, and others have one" },
        { TREE, "((a,b),d:3);", "a branch has a length, and others have none" },
        { TREE, "((a:1,b:1):2,d:3", "a `)` is missing" },
        { TREE, "(a:1,b:1); c", "a second one begins" },
        { TREE, "(a:1,b:1) c:1);", "the tree goes on behind its end" },
        { TREE, "(a:1,a:1);", "the name `a` stands twice" },
        { PEDIGREE, "id,sire,dam\na,,\na,,\n", "the animal `a` has two rows in the pedigree" },
        { PEDIGREE, "id,sire,dam\na,b,\nb,a,\nc,,\n", "the pedigree goes in a circle: `a` is among its own ancestors" },
        { PEDIGREE, "id,sire,dam\na,,\n,a,\n", "row 2 of the pedigree has no name in `id`" },
        { TABLE, "name,u,v\nu,1,x\nv,0.5,1\n", "the column `v` of k has no numbers" },
        { TABLE, "name,u,w\nu,1,0\nv,0,1\n", "is none of its rows" },
        { TABLE, "name,u\nu,1\nv,0.5\n", "the column `name` of k has no numbers" },
        { TABLE, "name,u,v,w\nu,1,0,0\nv,0,1,0\n", "2 rows and 4 columns" },
        { TABLE, "name,u,u_\nu,1,0\nu,0,1\n", "u" },
        { TABLE, "name,u,v\nu,1,0.5\nv,0.4,1\n", "is not symmetric: `u` and `v`" },
        { TABLE, "name,u,v\nu,1,2\nv,2,1\n", "k" },
        { TABLE, "row,col,value\nu,u,1\n,u,1\n", "row 2 has no name in `row`" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct frame *frame =
            wrong[i].kind == TREE ? NULL : csv_read_bytes(wrong[i].text, strlen(wrong[i].text), "k", NULL, &err);
        struct relation *r = wrong[i].kind == TREE       ? relation_of_tree("k", wrong[i].text, &err)
                             : wrong[i].kind == PEDIGREE ? relation_of_pedigree("k", frame, "id", "sire", "dam", &err)
                                                         : relation_of_table("k", frame, NULL, &err);

        cr_expect(r == NULL && err.code == GLMM_E_DATA && strstr(err.message, wrong[i].says) != NULL, "%s is %s: %s",
                  wrong[i].text, r == NULL ? "wrong" : "right", err.message);
        relation_free(r);
        frame_free(frame);
    }
}

/* Deeper than is read; and a quoted name of two words. */
Test(structures, trees_have_a_depth)
{
    enum { DEEP = 200000 };
    char *deep = malloc(2 * DEEP + 10);
    struct glmm_error err = { .at = NOWHERE };
    struct relation *r;

    memset(deep, '(', DEEP);
    deep[DEEP] = 'a';
    memset(deep + DEEP + 1, ')', DEEP);
    strcpy(deep + 2 * DEEP + 1, ";");
    r = relation_of_tree("k", deep, &err);
    cr_expect(r == NULL && err.code == GLMM_E_LIMIT, "%d: %s", err.code, err.message);
    free(deep);
}

Test(structures, unrelated_levels_are_a_plain_effect)
{
    struct text csv = { 0 };
    struct relation *identity;

    text_add(&csv, "row,col,value\n");
    for (int g = 0; g < 12; g++)
        text_addf(&csv, "g%02d,g%02d,1\n", g, g);
    identity = relation_of_csv("I", text_string(&csv));
    same_fits("y ~ x + (1 | g, K = I)", NULL, "y ~ x + (1 | g)", NULL, NULL, METHOD_REML, identity);
    same_fits("y ~ x + (1 + x | g, K = I)", NULL, "y ~ x + (1 + x | g)", NULL, NULL, METHOD_ML, identity);
    same_fits("c ~ x + (1 | g, K = I)", NULL, "c ~ x + (1 | g)", NULL, "poisson", METHOD_LAPLACE, identity);
    same_fits("exp(y) ~ x + (1 + x | g, K = I)", NULL, "exp(y) ~ x + (1 + x | g)", NULL, "lognormal", METHOD_LAPLACE, identity);
    /* log densities that are not concave everywhere */
    same_fits("c ~ x + (1 | g, K = I)", NULL, "c ~ x + (1 | g)", NULL, "genpois", METHOD_LAPLACE, identity);
    same_fits("y ~ x + (1 | g, K = I)", NULL, "y ~ x + (1 | g)", NULL, "t", METHOD_LAPLACE, identity);
    relation_free(identity);
    text_clear(&csv);
}

/* Branches in years, distances in millimetres. */
Test(structures, a_matrix_has_any_unit)
{
    static const char *const units[] = { "1e9", "1e-9" };

    for (int u = 0; u < 2; u++) {
        struct text csv = { 0 }, newick = { 0 };
        struct glmm_error err = { 0 };
        struct relation *matrix, *tree;

        text_add(&csv, "row,col,value\n");
        for (int g = 0; g < 12; g++) {
            text_addf(&csv, "g%02d,g%02d,%s\n", g, g, units[u]);
            text_addf(&newick, "%sg%02d:%s%s", g == 0 ? "(" : "", g, units[u], g == 11 ? ");" : ",");
        }
        matrix = relation_of_csv("I", text_string(&csv));
        tree = relation_of_tree("I", text_string(&newick), &err);
        for (int k = 0; k < 2; k++) {
            same_fits("y ~ x + (1 | g, K = I)", NULL, "y ~ x + (1 | g)", NULL, NULL, METHOD_REML, k == 0 ? matrix : tree);
            same_fits("y ~ x + (1 + x | g, K = I)", NULL, "y ~ x + (1 + x | g)", NULL, NULL, METHOD_ML, k == 0 ? matrix : tree);
            same_fits("c ~ x + (1 | g, K = I)", NULL, "c ~ x + (1 | g)", NULL, "poisson", METHOD_LAPLACE, k == 0 ? matrix : tree);
        }
        relation_free(matrix);
        relation_free(tree);
        text_clear(&csv);
        text_clear(&newick);
    }
}

/* By a matrix a row has z'Tz times what its level has with itself; a row of no known level, times the mean over the rows. */
Test(structures, a_row_has_its_level_s_diagonal)
{
    static double z[] = { 1, 2, 1, -1, 1, 0.5 }, related[] = { 3, 0.25 };
    static int32_t level[] = { 1, 0, 1 };
    const double T[] = { 2, 0.5, 0.5, 1 }, plain[] = { 8, 2, 2.75 }, times[] = { 0.25, 3, 0.25 };
    struct random_design random = { .k = 2, .z = z, .level = level, .level_count = 2 };

    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(random_row_variance(&random, T, i), plain[i]);
    cr_expect_eq(random_related(&random, -1), 1.0);
    cr_expect_eq(random_related(&random, 1), 1.0);
    random.related = related;
    random.related_mean = 3.5 / 3;
    for (size_t i = 0; i < 3; i++)
        cr_expect_float_eq(random_row_variance(&random, T, i), plain[i] * times[i], 1e-15);
    cr_expect_eq(random_related(&random, 0), 3.0);
    cr_expect_eq(random_related(&random, -1), 3.5 / 3);
}

/* The relationships of a pedigree with the columns id, sire and dam; new. */
static struct relation *pedigree_of(const char *csv)
{
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(csv, strlen(csv), "ped", &how, &err);
    struct relation *A = frame == NULL ? NULL : relation_of_pedigree("A", frame, "id", "sire", "dam", &err);

    cr_assert_not_null(A, "%s", err.message);
    frame_free(frame);
    return A;
}

/* A pedigree's matrix by Henderson's tables: a textbook case (an animal of full sibs has 1 + 1/4). */
Test(structures, pedigree)
{
    static const char csv[] = "id,sire,dam\n5,3,4\n3,1,2\n4,1,2\n6,3,0\n";
    struct relation *r = pedigree_of(csv);

    cr_expect_eq(r->count, 6);
    cr_expect_float_eq(relation_at(r, relation_find(r, "5"), relation_find(r, "5")), 1.25, 1e-12);
    cr_expect_float_eq(relation_at(r, relation_find(r, "5"), relation_find(r, "3")), 0.75, 1e-12);
    cr_expect_float_eq(relation_at(r, relation_find(r, "5"), relation_find(r, "6")), 0.375, 1e-12);
    relation_free(r);
}

/* Variances are the diagonal of the matrix, and the same when the pedigree was stored; the first animal, as one parent or the
 * other, is mated with its own offspring (1 + 1/4). */
Test(structures, variances_of_a_stored_pedigree)
{
    static const char *const csv[] = { "id,sire,dam\nm,,\nc,f,m\nk,c,m\nl,k,m\n", "id,sire,dam\nm,,\nc,m,f\nk,m,c\nl,m,k\n" };

    for (int i = 0; i < 2; i++) {
        struct relation *r = pedigree_of(csv[i]);
        size_t count;
        double *numbers = descent_pack(r->descent, &count), made[5], stored[5], column[5];
        struct descent *d = numbers == NULL ? NULL : descent_unpack(numbers, count);

        cr_assert(d != NULL && r->count == 5 && d->count == 5);
        cr_assert(descent_variances(r->descent, made) && descent_variances(d, stored));
        for (int32_t name = 0; name < 5; name++) {
            descent_column(d, name, column);
            cr_expect_float_eq(stored[d->node[name]], column[d->node[name]], 1e-15, "%s", r->ids[name]);
            cr_expect_float_eq(made[d->node[name]], column[d->node[name]], 1e-15, "%s", r->ids[name]);
        }
        cr_expect_float_eq(stored[d->node[relation_find(r, "k")]], 1.25, 1e-15);
        cr_expect_float_eq(stored[d->node[relation_find(r, "l")]], 1.375, 1e-15);
        mem_free(numbers);
        descent_free(d);
        relation_free(r);
    }
}

Test(structures, tree)
{
    struct glmm_error err = { 0 };
    struct relation *r = relation_of_tree("T", "((a:1,'b c':1):2,d:3);", &err);

    cr_assert(r != NULL, "%s", err.message);
    cr_expect_float_eq(relation_at(r, 0, 1), 2.0, 1e-15);
    cr_expect_float_eq(relation_at(r, 1, 1), 3.0, 1e-15);
    cr_expect_float_eq(relation_at(r, 0, 2), 0.0, 1e-15);
    cr_expect_str_eq(r->ids[1], "b c");
    relation_free(r);
    cr_expect_null(relation_of_tree("T", "((a:1,b:1:2,d:3);", &err));
    cr_expect_null(relation_of_tree("T", "((a:1,b\xd0z:1):2,d:3);", &err));
}

/* Which column a matrix is for: the first factor whose levels it all names; not a number, not one with a level more. */
Test(structures, factor)
{
    static const char csv[] = "more,value,leaf\na,1,a\nq,2,b c\nd,3,d\n";
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(csv, strlen(csv), "leaves", &how, &err);
    struct relation *r = relation_of_tree("T", "((a:1,'b c':1):2,(d:2,e:2):1);", &err);
    struct relation *few = relation_of_tree("F", "(a:1,d:1);", &err);
    const char *name = "";

    cr_assert(frame != NULL && r != NULL && few != NULL, "%s", err.message);
    cr_expect(relation_factor(r, frame, &name));
    cr_expect_str_eq(name, "leaf");
    cr_expect(relation_factor(few, frame, &name));
    cr_expect_null(name);
    relation_free(r);
    relation_free(few);
    frame_free(frame);
}

/* --- the sparse inverse ------------------------------------------------------------------------------ */

enum { ANIMALS = 330 };

/* A herd that is bred from few parents, so that many are inbred; a weighed animal has one or two rows. */
static char *make_herd(char **pedigree)
{
    struct text rows = { 0 }, table = { 0 };
    struct rng rng;

    rng_init(&rng, 5, 0);
    text_add(&rows, "y,x,id,pen,w\n");
    text_add(&table, "id,sire,dam\n");
    for (int i = 0; i < ANIMALS; i++) {
        int from = i > 60 ? i - 60 : 0, sire = from + (int)(0.3 * (i - from) * rng_uniform(&rng));
        int dam = from + (int)((i - from) * rng_uniform(&rng));

        text_addf(&table, i < 8 ? "a%d,0,0\n" : i % 9 == 0 ? "a%d,a%d,0\n" : "a%d,a%d,a%d\n", i, sire, dam);
        for (int r = 0; r < (i < 40 ? 0 : 1 + (i % 3 == 0)); r++)
            text_addf(&rows, "%.4f,%.4f,a%d,p%d,%.1f\n", 3 + 0.4 * (i % 11) + rng_normal(&rng), rng_normal(&rng), i, i % 7,
                      1.0 + i % 2);
    }
    *pedigree = text_take(&table);
    return text_take(&rows);
}

/* The same matrix with all its entries. */
static struct relation *dense_copy(const struct relation *r)
{
    struct glmm_error err = { 0 };
    size_t n = (size_t)r->count;
    char **ids = NEW_ARRAY(char *, n);
    double *values = NEW_ARRAY(double, n *n);
    int32_t *rows = NEW_ARRAY(int32_t, n);
    struct relation *copy;

    for (size_t i = 0; i < n; i++) {
        ids[i] = mem_strdup(r->ids[i]);
        rows[i] = (int32_t)i;
    }
    cr_assert(relation_fill(r, rows, r->count, values));
    mem_free(rows);
    copy = relation_new(r->name, "matrix", r->count, ids, values, NULL, &err);
    cr_assert_not_null(copy, "%s", err.message);
    return copy;
}

/* Kenward and Roger's covariances, and the df of each coefficient. */
static void check_adjusted(const struct fit *one, const struct fit *two, bool reml)
{
    struct glmm_error err = { 0 };
    struct kenward *a = kenward_new(one, NULL, &err), *b = kenward_new(two, NULL, &err);
    int p = one->design->p;

    cr_assert(reml ? a != NULL && b != NULL : a == NULL && b == NULL, "%s", err.message);
    for (int j = 0; reml && j < p; j++) {
        double va = kenward_vcov(a)[j + j * p], vb = kenward_vcov(b)[j + j * p];

        cr_expect_gt(sqrt(va), one->se[j]); /* there is an adjustment */
        cr_expect_float_eq(sqrt(va), sqrt(vb), 1e-7);
    }
    kenward_free(a);
    kenward_free(b);
}

static void check_descent(const struct relation *sparse, const char *rows, const char *formula, bool reml)
{
    struct relation *dense = dense_copy(sparse);
    struct stated a = state(rows, formula, NULL, sparse), b = state(rows, formula, NULL, dense);
    struct fit_options how = { .method = reml ? METHOD_REML : METHOD_ML };
    struct glmm_error err = { 0 };
    struct fit *one = lmm_fit(a.design, &how, NULL, &err), *two = lmm_fit(b.design, &how, NULL, &err);

    cr_assert(one != NULL && two != NULL, "%s", err.message);
    check_gradient(&a, NULL, NULL, reml, formula);
    cr_expect_float_eq(one->loglik, two->loglik, 1e-8, "%s: %.12g, not %.12g", formula, one->loglik, two->loglik);
    cr_expect_float_eq(one->sigma, two->sigma, 1e-7);
    for (int t = 0; t < a.design->random_count; t++) {
        cr_expect_float_eq(one->random[t].sd[0], two->random[t].sd[0], 1e-6);
        for (int32_t l = 0; l < a.design->random[t].level_count; l++) {
            cr_expect_float_eq(one->random[t].modes[l], two->random[t].modes[l], 1e-6);
            cr_expect_float_eq(sqrt(one->random[t].mode_covariance[l]), sqrt(two->random[t].mode_covariance[l]), 1e-6);
        }
    }
    for (int j = 0; j < a.design->p; j++) {
        cr_expect_float_eq(one->se[j], two->se[j], 1e-7);
        cr_expect_float_eq(one->df[j] / two->df[j], 1.0, 1e-6, "%s: %.12g df, not %.12g", formula, one->df[j], two->df[j]);
    }
    check_adjusted(one, two, reml);
    check_relatives(one, two);
    fit_free(one);
    fit_free(two);
    stated_clear(&a);
    stated_clear(&b);
    relation_free(dense);
}

Test(structures, a_sparse_inverse_is_its_dense_matrix)
{
    char *pedigree, *rows = make_herd(&pedigree);
    struct relation *A = pedigree_of(pedigree);

    check_descent(A, rows, "y ~ x + (1 | id, K = A)", true);
    check_descent(A, rows, "y ~ x + (1 | pen) + (1 | id, K = A)", false);
    relation_free(A);
    free(pedigree);
    free(rows);
}

/* Generations of animals that inherit a third of the variance of y; some have two rows, some none. */
static char *make_generations(int generations, int size, bool repeats, char **pedigree)
{
    struct text rows = { 0 }, table = { 0 };
    double *value = calloc((size_t)(generations * size), sizeof *value);
    struct rng rng;

    rng_init(&rng, 11, 0);
    text_add(&rows, "y,x,id,w\n");
    text_add(&table, "id,sire,dam\n");
    for (int i = 0; i < generations * size; i++) {
        int before = (i / size - 1) * size, sire = before + 2 * (int)rng_below(&rng, (uint32_t)size / 4);
        int dam = before + 1 + 2 * (int)rng_below(&rng, (uint32_t)size / 2);

        value[i] = i < size ? sqrt(0.5) * rng_normal(&rng) : (value[sire] + value[dam]) / 2 + 0.5 * rng_normal(&rng);
        text_addf(&table, i < size ? "a%d,0,0\n" : "a%d,a%d,a%d\n", i, sire, dam);
        for (int r = 0; r < 1 + (repeats && i % 3 == 0) - (i % 5 == 0); r++) {
            double x = rng_normal(&rng), w = 1.0 + i % 2;

            text_addf(&rows, "%.5f,%.4f,a%d,%.1f\n", 3 + 0.2 * x + value[i] + rng_normal(&rng) / sqrt(w), x, i, w);
        }
    }
    free(value);
    *pedigree = text_take(&table);
    return text_take(&rows);
}

/* A variance by descent takes few evaluations, for its curvature is that of the slopes met: by differences it is the same. */
Test(structures, one_variance_by_descent_takes_few_evaluations)
{
    char *pedigree, *rows = make_generations(6, 200, true, &pedigree);
    struct glmm_error err = { 0 };
    struct relation *A = pedigree_of(pedigree);

    for (int kind = 0; kind < 4; kind++) {
        bool reml = kind % 2 == 0;
        struct stated a =
            state_design(rows, "y ~ x + (1 | id, K = A)",
                         &(struct design_options){ .response = RESPONSE_REAL, .relations = A, .weights = kind > 1 ? "w" : NULL });
        struct fit_options options = { .method = reml ? METHOD_REML : METHOD_ML };
        struct rowcov *m;
        struct fit *fit, *again;

        fit = lmm_fit(a.design, &options, NULL, &err);
        m = rowcov_new(a.design, NULL, NULL, reml, NULL, &err);
        cr_assert(fit != NULL && m != NULL, "%s", err.message);
        again = rowcov_at(m, fit->structured, &err);
        cr_assert_not_null(again, "%s", err.message);
        cr_expect_eq(fit->optimum.verdict, VERDICT_OK);
        cr_expect_lt(fit->optimum.evaluations, 7, "%d evaluations", fit->optimum.evaluations);
        cr_expect_lt(again->optimum.gain, 1e-13);
        for (int j = 0; j < 2; j++)
            cr_expect_float_eq(fit->df[j] / again->df[j], 1.0, 2e-7, "%.12g df, by differences %.12g", fit->df[j], again->df[j]);
        fit_free(fit);
        fit_free(again);
        rowcov_free(m);
        stated_clear(&a);
    }
    relation_free(A);
    free(pedigree);
    free(rows);
}

/* Where next to nothing is left to the residuals, one row each, what is left is no difference of what cancels; of the slopes by
 * REML what the coefficients take still is, a share of 1 / sd^2. */
Test(structures, residuals_of_next_to_nothing_beside_descent)
{
    char *pedigree, *rows = make_generations(5, 60, false, &pedigree);
    struct glmm_error err = { 0 };
    struct relation *A = pedigree_of(pedigree), *dense;
    struct stated a, b;
    struct rowcov *one, *two;

    dense = dense_copy(A);
    a = state(rows, "y ~ x + (1 | id, K = A)", NULL, A);
    b = state(rows, "y ~ x + (1 | id, K = A)", NULL, dense);
    one = rowcov_new(a.design, NULL, NULL, true, NULL, &err);
    two = rowcov_new(b.design, NULL, NULL, true, NULL, &err);
    cr_assert(one != NULL && two != NULL, "%s", err.message);
    for (double sd = 10; sd < 2e6; sd *= 10) {
        double x, there, slope, value, other, slope_there;

        rowcov_place(one, &sd, &x);
        rowcov_place(two, &sd, &there);
        value = rowcov_deviance(one, &x, &slope);
        other = rowcov_deviance(two, &there, &slope_there);
        cr_expect_float_eq(value, other, 1e-7, "sd %g: %.12g, not %.12g", sd, value, other);
        cr_expect_float_eq(slope, slope_there, fmax(1e-6, 1e-15 * sd * sd), "sd %g: slope %.12g, not %.12g", sd, slope,
                           slope_there);
    }
    rowcov_free(one);
    rowcov_free(two);
    stated_clear(&a);
    stated_clear(&b);
    relation_free(A);
    relation_free(dense);
    free(pedigree);
    free(rows);
}

/* An animal and all that it descends from; marks them. */
static int32_t count_ancestors(const struct descent *d, int32_t i, bool seen[])
{
    int32_t count = 0;

    if (i >= 0 && !seen[i]) {
        seen[i] = true;
        count = 1 + count_ancestors(d, d->parent[0][i], seen) + count_ancestors(d, d->parent[1][i], seen);
    }
    return count;
}

/* Of one name, and of one more than before, up to all. */
static void check_marks(const struct descent *d)
{
    bool *seen = calloc((size_t)d->count, sizeof *seen), *marked = calloc((size_t)d->count, sizeof *marked);
    int32_t *names = calloc((size_t)d->names, sizeof *names), together = 0;

    for (int32_t k = 0; k < d->names; k++) {
        bool *own = calloc((size_t)d->count, sizeof *own);

        names[k] = d->names - 1 - k;
        together += count_ancestors(d, d->node[names[k]], seen);
        cr_expect_eq(descent_mark(d, names + k, 1, marked), count_ancestors(d, d->node[names[k]], own), "name %d", names[k]);
        cr_expect_eq(memcmp(marked, own, (size_t)d->count), 0, "name %d", names[k]);
        cr_expect_eq(descent_mark(d, names, k + 1, marked), together, "%d names", k + 1);
        free(own);
    }
    free(names);
    free(marked);
    free(seen);
}

/* Inbreeding and own variances against the whole matrix by the tabular method: a(i, i) = 1 + a(s, d)/2, a(i, j) = the mean of the
 * parents' with j. */
Test(structures, inbreeding_is_that_of_the_tabular_method)
{
    char *pedigree, *rows = make_herd(&pedigree);
    struct relation *A = pedigree_of(pedigree);
    const struct descent *d = A->descent;
    size_t n = (size_t)d->count;
    double *a = calloc(n * n, sizeof *a), *variance = calloc(n, sizeof *variance), inbred = 0;

    cr_assert(n > 0 && descent_variances(d, variance));
    for (size_t i = 0; i < n; i++) {
        int32_t s = d->parent[0][i], m = d->parent[1][i];
        double own;

        for (size_t j = 0; j < i; j++)
            a[i + j * n] = a[j + i * n] = 0.5 * ((s < 0 ? 0 : a[(size_t)s + j * n]) + (m < 0 ? 0 : a[(size_t)m + j * n]));
        a[i + i * n] = 1 + (s >= 0 && m >= 0 ? 0.5 * a[(size_t)s + (size_t)m * n] : 0);
        own = 1 - (s < 0 ? 0 : 0.25 * a[(size_t)s * (n + 1)]) - (m < 0 ? 0 : 0.25 * a[(size_t)m * (n + 1)]);
        cr_expect_float_eq(variance[i], a[i + i * n], 1e-12);
        cr_expect_float_eq(d->own[i], own, 1e-12);
        inbred += a[i + i * n] - 1;
    }
    cr_expect_gt(inbred, 1);
    check_marks(d);
    free(a);
    free(variance);
    relation_free(A);
    free(pedigree);
    free(rows);
}

/* What is kept of a pedigree says all of it; what is broken is none. */
Test(structures, descent_is_kept)
{
    struct glmm_error err = { 0 };
    struct relation *r = relation_of_tree("T", "((a:1,b:0):2,(c:1,d:2):0.5,e:3);", &err);
    struct descent *d;
    size_t count;
    double *numbers, x[8];

    cr_assert_not_null(r, "%s", err.message);
    numbers = descent_pack(r->descent, &count);
    cr_assert_not_null(numbers);
    d = descent_unpack(numbers, count);
    cr_assert_not_null(d);
    descent_column(d, 2, x);
    cr_expect_float_eq(x[d->node[3]], 0.5, 1e-15);
    cr_expect_float_eq(relation_at(r, 0, 1), 2.0, 1e-15);
    cr_expect_float_eq(relation_at(r, 1, 1), 2.0, 1e-15);
    descent_free(d);
    cr_expect_null(descent_unpack(numbers, count - 1));
    numbers[3] = 5.0;
    cr_expect_null(descent_unpack(numbers, count));
    mem_free(numbers);
    relation_free(r);
}
