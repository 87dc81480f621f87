/* test-sparse.c -- a tail by supernodes, in an order of its own, gives what the dense tail gives; so does one supernode. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "base/rng.h"
#include "fit/fit.h"
#include "fit/lmm-private.h"
#include "linalg/blocks-private.h"
#include "linalg/symbolic.h"
#include "sparse-models.h"

static const struct model_shape shapes[] = {
    { "crossed, rarely met", 90, 2, 3, { { 1, 40, false, 0 }, { 1, 36, false, 0 }, { 1, 30, false, 0 } }, false },
    { "crossed, as a tree nearly", 260, 2, 3, { { 1, 150, false, 0 }, { 1, 140, false, 0 }, { 1, 130, false, 0 } }, false },
    { "crossed, often met", 400, 1, 3, { { 1, 20, false, 0 }, { 1, 14, false, 0 }, { 1, 9, false, 0 } }, false },
    { "vectors of several lengths", 160, 3, 3, { { 1, 40, false, 0 }, { 2, 30, false, 0 }, { 3, 20, false, 0 } }, true },
    { "nested and crossed",
      200,
      2,
      4,
      { { 1, 48, false, 0 }, { 2, 24, false, 2 }, { 1, 20, false, 0 }, { 2, 12, false, 0 } },
      true },
    { "no fixed effects", 120, 0, 2, { { 1, 40, false, 0 }, { 1, 35, false, 0 } }, false },
    { "uncorrelated", 150, 2, 3, { { 2, 30, true, 0 }, { 2, 25, true, 0 }, { 1, 20, false, 0 } }, false },
};
enum { SHAPES = sizeof shapes / sizeof shapes[0], MOST = 16 };

/* A theta in general position; `zero` puts one diagonal entry on the boundary. */
static void some_theta(const struct lmm *m, double *theta, bool zero)
{
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i)
            theta[i] = a == b ? 0.5 + 0.17 * i : 0.1 - 0.07 * i;
    if (zero)
        theta[0] = 0.0;
}

static void expect_same(const char *what, const char *name, double is, double should, double scale)
{
    cr_expect(fabs(is - should) <= 1e-10 * fmax(fabs(should), scale), "%s of %s: %.15g, dense %.15g", what, name, is, should);
}

static void expect_same_values(const struct model_shape *shape, struct lmm *dense, struct lmm *other, bool zero)
{
    double theta[MOST], mine[MOST], its[MOST], largest = 0.0;

    some_theta(dense, theta, zero);
    expect_same("the deviance", shape->name, lmm_gradient(other, theta, its), lmm_gradient(dense, theta, mine), 1.0);
    for (int i = 0; i < dense->theta_count; i++)
        largest = fmax(largest, fabs(mine[i]));
    for (int i = 0; i < dense->theta_count; i++)
        expect_same("the gradient", shape->name, its[i], mine[i], largest);
    for (size_t i = 0; i < blocks_size(dense->blocks); i++)
        expect_same("the modes", shape->name, other->u[i], dense->u[i], 1.0);
    for (int j = 0; j < dense->p; j++)
        expect_same("beta", shape->name, other->beta[j], dense->beta[j], 1.0);
}

/* What is read off the inverse, with and without the fixed effects in it, and a system that is solved. */
static void expect_same_inverse(const struct model_shape *shape, struct lmm *dense, struct lmm *other)
{
    size_t size = blocks_size(dense->blocks);
    double *x = NEW_ARRAY(double, 2 * size), mine[9], its[9];

    for (int columns = 0; columns <= dense->p; columns += dense->p > 0 ? dense->p : 1) {
        blocks_invert(dense->blocks, columns);
        blocks_invert(other->blocks, columns);
        for (int t = 0; t < dense->term_count; t++)
            for (int32_t l = 0; l < dense->terms[t].levels; l++) {
                blocks_inverse_block(dense->blocks, t, l, mine);
                blocks_inverse_block(other->blocks, t, l, its);
                for (int a = 0; a < dense->terms[t].k * dense->terms[t].k; a++)
                    expect_same("the inverse", shape->name, its[a], mine[a], 1.0);
            }
    }
    blocks_invert(dense->blocks, 0);
    blocks_invert(other->blocks, 0);
    for (size_t i = 0; i < size; i++)
        x[i] = x[size + i] = sin((double)i);
    blocks_solve(dense->blocks, x);
    blocks_solve(other->blocks, x + size);
    for (size_t i = 0; i < size; i++)
        expect_same("a solution", shape->name, x[size + i], x[i], 1.0);
    mem_free(x);
}

Test(sparse, values_and_inverse_are_those_of_the_dense_tail)
{
    static const enum tail_kind kinds[] = { TAIL_SPARSE, TAIL_FULL };

    for (int s = 0; s < SHAPES; s++)
        for (unsigned seed = 1; seed <= 3; seed++)
            for (int kind = 0; kind < 2; kind++) {
                struct design *design = design_of(&shapes[s], seed);
                struct lmm *dense = model_of(design, TAIL_DENSE), *other = model_of(design, kinds[kind]);

                expect_same_values(&shapes[s], dense, other, false);
                expect_same_inverse(&shapes[s], dense, other);
                expect_same_values(&shapes[s], dense, other, true);
                lmm_free(dense);
                lmm_free(other);
                free_design(design);
            }
}

/* Twelve significant digits are what printing sees (result/number.h). */
static void expect_same_fit(const struct model_shape *shape, const struct fit *dense, const struct fit *other)
{
    const struct design *design = dense->design;

    expect_same("the criterion", shape->name, other->criterion, dense->criterion, 1.0);
    cr_expect_eq(other->optimum.verdict, dense->optimum.verdict, "%s", shape->name);
    for (int j = 0; j < design->p; j++) {
        expect_same("an estimate", shape->name, other->beta[j], dense->beta[j], dense->se[j]);
        expect_same("a standard error", shape->name, other->se[j], dense->se[j], 0.0);
    }
    for (int t = 0; t < design->random_count; t++)
        for (int32_t i = 0; i < design->random[t].level_count * design->random[t].k; i++)
            expect_same("a mode", shape->name, other->random[t].modes[i], dense->random[t].modes[i], 1.0);
}

/* Both at the same variances, as lmm_at gives them: where a minimizer stops hangs on last bits. */
Test(sparse, estimates_are_those_of_the_dense_tail)
{
    for (int s = 0; s < SHAPES; s++) {
        struct design *design = design_of(&shapes[s], 21);
        struct lmm *dense = model_of(design, TAIL_DENSE), *other = model_of(design, TAIL_SPARSE);
        double theta[MOST];
        struct fit *mine, *its;

        some_theta(dense, theta, false);
        mine = lmm_at(dense, theta, NULL);
        its = lmm_at(other, theta, NULL);
        cr_assert(mine != NULL && its != NULL, "%s", shapes[s].name);
        expect_same_fit(&shapes[s], mine, its);
        fit_free(mine);
        fit_free(its);
        lmm_free(dense);
        lmm_free(other);
        free_design(design);
    }
}

/* Whole fits: the optimum is polished, so that no printed digit hangs on the kind. */
Test(sparse, fits_are_those_of_the_dense_tail)
{
    for (int s = 0; s < SHAPES; s++) {
        struct design *design = design_of(&shapes[s], 3);
        struct glmm_error err = { 0 };
        struct fit *mine = lmm_fit_whole(model_of(design, TAIL_DENSE), NULL, NULL, &err);
        struct fit *its = lmm_fit_whole(model_of(design, TAIL_SPARSE), NULL, NULL, &err);

        cr_assert(mine != NULL && its != NULL, "%s: %s", shapes[s].name, err.message);
        cr_expect_eq(its->optimum.verdict, mine->optimum.verdict, "%s", shapes[s].name);
        cr_expect(fabs(its->criterion - mine->criterion) < 1e-8, "%s: %.12g, dense %.12g", shapes[s].name, its->criterion,
                  mine->criterion);
        for (int j = 0; j < design->p; j++)
            cr_expect(fabs(its->se[j] - mine->se[j]) <= 1e-6 * mine->se[j], "%s", shapes[s].name);
        fit_free(mine);
        fit_free(its);
        free_design(design);
    }
}

/* A chain of levels is sparse: no fill; a clique is one supernode. */
Test(sparse, symbolic_analysis_of_a_path_and_of_a_clique)
{
    enum { COUNT = 50 };
    int width[COUNT];
    int64_t from[COUNT + 1], adjacent[COUNT * COUNT];
    struct block_graph graph = { .count = COUNT, .width = width, .from = from, .adjacent = adjacent };
    struct symbolic *s;
    int64_t used = 0;

    for (int j = 0; j < COUNT; j++) {
        width[j] = 2;
        from[j] = used;
        if (j + 1 < COUNT)
            adjacent[used++] = j + 1;
    }
    from[COUNT] = used;
    s = symbolic_new(&graph, NULL, NULL);
    cr_assert_not_null(s);
    cr_expect_eq(s->n, 2 * COUNT);
    cr_expect_lt(s->entries, 2.0 * COUNT * COUNT, "entries: %g", s->entries); /* of 4 COUNT^2; small supernodes are merged */
    symbolic_free(s);
    used = 0;
    for (int j = 0; j < COUNT; j++) {
        from[j] = used;
        for (int i = j + 1; i < COUNT; i++)
            adjacent[used++] = i;
    }
    from[COUNT] = used;
    s = symbolic_new(&graph, NULL, NULL);
    cr_assert_not_null(s);
    cr_expect_eq(s->count, 1);
    cr_expect_eq(symbolic_rows(s, 0), 2 * COUNT);
    symbolic_free(s);
}

/* What chooses between a dense tail and a sparse one has one measure of both: one supernode of all columns has the work of the
 * dense tail but for the columns that are no effects. */
Test(sparse, a_dense_tail_costs_what_one_supernode_does)
{
    for (int s = 0; s < SHAPES; s++) {
        struct design *design = design_of(&shapes[s], 1);
        struct lmm *dense = model_of(design, TAIL_DENSE), *full = model_of(design, TAIL_FULL);
        double columns = blocks_tail_size(dense->blocks), chain[2], tail[2];

        blocks_work(dense->blocks, &chain[0], &tail[0]);
        blocks_work(full->blocks, &chain[1], &tail[1]);
        cr_expect_eq(chain[0], chain[1], "%s", shapes[s].name);
        cr_expect_float_eq(tail[0] / tail[1], pow(1 + dense->blocks->extras / columns, 3), 1e-12, "%s: %g and %g", shapes[s].name,
                           tail[0], tail[1]);
        lmm_free(dense);
        lmm_free(full);
        free_design(design);
    }
}

/* Lists of rows of every length, with the same number in them more than once. */
Test(sparse, rows_are_put_in_order)
{
    enum { LONGEST = 2000 };
    int32_t list[LONGEST], sorted[LONGEST];
    struct rng rng;

    rng_init(&rng, 7, 1);
    for (size_t count = 0; count < LONGEST; count += 1 + count / 9) {
        for (size_t i = 0; i < count; i++)
            sorted[i] = list[i] = (int32_t)(rng_bits(&rng) % 700) - 50;
        sort_int32(list, count);
        qsort(sorted, count, sizeof *sorted, order_int32);
        cr_expect_eq(memcmp(list, sorted, count * sizeof *list), 0, "%zu", count);
    }
}

/* Many nodes of one effect are met by the columns of the tail (blocks-columns.c); without their meetings, node by node. */
Test(sparse, columns_give_the_digits_of_nodes)
{
    static const struct model_shape many[] = {
        { "crossed", 24000, 2, 3, { { 1, 1200, false, 0 }, { 1, 45, false, 0 }, { 1, 30, false, 0 } }, true },
        { "nested and crossed", 24000, 2, 3, { { 1, 1200, false, 0 }, { 1, 40, false, 30 }, { 1, 45, false, 0 } }, false },
        { "with vectors", 24000, 1, 3, { { 1, 1200, false, 0 }, { 2, 20, false, 0 }, { 1, 45, false, 0 } }, false },
    };
    enum { MANY = sizeof many / sizeof many[0] };

    for (int s = 0; s < MANY; s++)
        for (int kind = TAIL_DENSE; kind <= TAIL_SPARSE; kind++) {
            struct design *design = design_of(&many[s], 3);
            struct lmm *m = model_of(design, kind);
            double theta[MOST], columns[MOST], nodes[MOST], value;
            bool found = false;

            some_theta(m, theta, false);
            value = lmm_gradient(m, theta, columns);
            for (int c = 0; c < m->blocks->chain_count; c++) {
                found = found || m->blocks->chain[c].column != NULL;
                mem_free(m->blocks->chain[c].column);
                m->blocks->chain[c].column = NULL;
            }
            cr_assert(found, "%s", many[s].name);
            cr_expect_eq(lmm_gradient(m, theta, nodes), value, "%s", many[s].name);
            for (int i = 0; i < m->theta_count; i++)
                cr_expect_eq(nodes[i], columns[i], "%s, slope %d: %.17g and %.17g", many[s].name, i, nodes[i], columns[i]);
            lmm_free(m);
            free_design(design);
        }
}

/* Where each level meets each of the other factor, nodes are stacked (blocks-alike.c); without, node by node. */
Test(sparse, stacks_of_nodes_give_what_nodes_do)
{
    static const struct model_shape whole = { "all meet", 80000, 2, 2, { { 2, 200, false, 0 }, { 3, 30, false, 0 } }, true };
    struct design *design = design_of(&whole, 3);
    struct lmm *m = model_of(design, TAIL_DENSE);
    double theta[MOST], stacks[MOST], nodes[MOST], value, alone, largest = 0.0;

    some_theta(m, theta, false);
    value = lmm_gradient(m, theta, stacks);
    cr_assert(m->blocks->chain[0].alike);
    m->blocks->chain[0].alike = false;
    alone = lmm_gradient(m, theta, nodes);
    cr_expect(fabs(value - alone) <= 1e-13 * fabs(alone), "%.17g and %.17g", value, alone);
    for (int i = 0; i < m->theta_count; i++)
        largest = fmax(largest, fabs(nodes[i]));
    for (int i = 0; i < m->theta_count; i++)
        cr_expect(fabs(stacks[i] - nodes[i]) <= 1e-10 * largest, "slope %d: %.17g and %.17g", i, stacks[i], nodes[i]);
    lmm_free(m);
    free_design(design);
}

/* Both parts of the gradient at x, and the inverse of R_X'R_X. */
static void parts_at(struct lmm *m, const double *x, double *logdet, double *rss, double *inverse)
{
    cr_assert(lmm_value(m, x) < MINIMIZE_BAD && lmm_slopes(m));
    for (int i = 0; i < m->theta_count; i++) {
        logdet[i] = m->logdet_gradient[i];
        rss[i] = m->rss_gradient[i];
    }
    lmm_fixed_inverse(m, inverse);
}

static void expect_slopes(const char *what, const char *name, int count, const double *is, const double *high, const double *low,
                          double width)
{
    double largest = 0.0;

    for (int i = 0; i < count; i++)
        largest = fmax(largest, fabs(high[i] - low[i]) / width);
    for (int i = 0; i < count; i++)
        cr_expect(fabs(is[i] - (high[i] - low[i]) / width) <= 1e-6 * largest, "%s of %s, %d: %.12g, differences %.12g", what,
                  name, i, is[i], (high[i] - low[i]) / width);
}

/* Second derivatives of the scalar terms of the tail, and with `head` of the one before it, with each kind of tail, against
 * differences. */
static void expect_second_derivatives(bool head)
{
    enum { FIXED = 3 };

    for (int s = 0; s < SHAPES; s++)
        for (int kind = TAIL_DENSE; kind <= TAIL_FULL; kind++) {
            struct design *design = design_of(&shapes[s], 5);
            struct lmm *m = model_of(design, kind);
            double x[MOST], logdet[MOST * MOST] = { 0 }, rss[MOST * MOST] = { 0 }, slopes[MOST * FIXED * FIXED] = { 0 };
            double high[2][MOST], low[2][MOST], inverse[2][FIXED * FIXED], now[2][MOST];
            const double h = 1e-5;
            bool exact[MOST];
            int n = m->theta_count;

            some_theta(m, x, false);
            parts_at(m, x, now[0], now[1], inverse[0]);
            cr_assert(lmm_tail_second(m, x, head && blocks_has_head(m->blocks), exact, logdet, rss, slopes));
            for (int j = 0; j < n; j++) {
                double x_j = x[j];

                if (!exact[j])
                    continue;
                x[j] = x_j + h;
                parts_at(m, x, high[0], high[1], inverse[0]);
                x[j] = x_j - h;
                parts_at(m, x, low[0], low[1], inverse[1]);
                x[j] = x_j;
                for (int i = 0; i < n; i++) /* of others there is nothing */
                    for (int part = 0; part < 2 && !exact[i]; part++)
                        high[part][i] = low[part][i] = 0.0;
                expect_slopes("the determinant", shapes[s].name, n, logdet + j * n, high[0], low[0], 2.0 * h);
                expect_slopes("r^2", shapes[s].name, n, rss + j * n, high[1], low[1], 2.0 * h);
                expect_slopes("the inverse", shapes[s].name, m->p * m->p, slopes + j * m->p * m->p, inverse[0], inverse[1],
                              2.0 * h);
            }
            cr_expect_eq(exact[n - 1], m->terms[m->term_count - 1].k == 1, "%s", shapes[s].name);
            cr_expect_eq(exact[0], head && blocks_has_head(m->blocks), "%s", shapes[s].name);
            lmm_free(m);
            free_design(design);
        }
}

Test(sparse, second_derivatives_of_the_tail)
{
    expect_second_derivatives(false);
}

Test(sparse, second_derivatives_of_the_term_before_it)
{
    expect_second_derivatives(true);
}

/* Slopes by draws of signs, with each kind of tail: that of r^2 is exact, that of log|M| along a few last levels as well, and all
 * others are as far from exact as they say. */
Test(sparse, slopes_by_draws)
{
    int told = 0;

    for (int s = 0; s < SHAPES; s++)
        for (int kind = TAIL_DENSE; kind <= TAIL_FULL; kind++) {
            struct design *design = design_of(&shapes[s], 5);
            struct lmm *m = model_of(design, kind);
            double x[MOST], logdet[MOST], rss[MOST], variance[MOST], inverse[9];

            some_theta(m, x, false);
            parts_at(m, x, logdet, rss, inverse);
            m->probe = mem_alloc(2 * blocks_size(m->blocks), sizeof(double));
            cr_assert(m->probe != NULL && lmm_probe(m, variance));
            for (int i = 0; i < m->theta_count; i++) {
                cr_expect_float_eq(m->rss_gradient[i], rss[i], 1e-9 * fabs(rss[i]), "r^2 of %s, %d", shapes[s].name, i);
                cr_expect(fabs(m->logdet_gradient[i] - logdet[i]) <= 8.0 * sqrt(variance[i]) + 1e-8 * fabs(logdet[i]),
                          "%s, %d: %.12g +- %.3g, exact %.12g", shapes[s].name, i, m->logdet_gradient[i], sqrt(variance[i]),
                          logdet[i]);
                told += variance[i] == 0.0;
            }
            if (m->terms[m->term_count - 1].k == 1 && m->terms[m->term_count - 1].levels <= 40)
                cr_expect_eq(variance[m->theta_count - 1], 0.0, "the last term of %s", shapes[s].name);
            lmm_free(m);
            free_design(design);
        }
    cr_expect(told > SHAPES);
}

/* What an evaluation has left is put back to the last bit, with each kind of tail, whatever was evaluated between. */
Test(sparse, an_evaluation_is_put_back)
{
    for (int s = 0; s < SHAPES; s++)
        for (int kind = TAIL_DENSE; kind <= TAIL_FULL; kind++) {
            struct design *design = design_of(&shapes[s], 5);
            struct lmm *m = model_of(design, kind);
            double x[MOST], logdet[MOST], rss[MOST], inverse[9], again[9], deviance, *kept;
            size_t last = blocks_size(m->blocks) - 1;
            double u, S[9] = { 0 }, S_again[9] = { 0 };

            some_theta(m, x, false);
            parts_at(m, x, logdet, rss, inverse);
            deviance = m->logdet;
            u = m->u[last];
            blocks_inverse_block(m->blocks, 0, 0, S);
            cr_assert(lmm_keeps(m));
            cr_assert_not_null(kept = lmm_keep(m));
            x[0] += 0.5;
            cr_assert(lmm_value(m, x) < MINIMIZE_BAD && lmm_slopes(m));
            lmm_put_back(m, kept);
            lmm_fixed_inverse(m, again);
            blocks_inverse_block(m->blocks, 0, 0, S_again);
            cr_expect(m->logdet == deviance && m->u[last] == u && memcmp(S, S_again, sizeof S) == 0);
            cr_expect_arr_eq(again, inverse, sizeof(double) * (size_t)(m->p * m->p));
            cr_expect_arr_eq(m->logdet_gradient, logdet, sizeof(double) * (size_t)m->theta_count);
            cr_expect_arr_eq(m->rss_gradient, rss, sizeof(double) * (size_t)m->theta_count);
            lmm_free(m);
            free_design(design);
        }
}

/* Variances at 0 beside a large tail: the deviance is even in their roots, so that one evaluation tells how it is curved in all
 * of them; there were two for each. */
Test(sparse, curvature_at_variances_of_zero)
{
    static const struct model_shape noise = {
        "noise", 5000, 2, 4, { { 1, 700, false, 0 }, { 1, 450, false, 0 }, { 1, 40, false, 0 }, { 1, 30, false, 0 } }, false
    };
    const double h = 2e-3;
    struct design *design = make_design(noise.n, noise.p, noise.terms, noise.term, false, 6);
    struct glmm_error err = { 0 };
    struct lmm *m;
    struct fit *fit;
    double *theta, at, gradient[MOST];
    int zeros = 0, q;
    struct rng rng;

    rng_init(&rng, 6, 2);
    for (int i = 0; i < noise.n; i++)
        design->y[i] = rng_normal(&rng);
    cr_assert_not_null(fit = lmm_fit(design, NULL, NULL, &err), "%s", err.message);
    cr_assert_not_null(m = lmm_new(design, true, &err), "%s", err.message);
    q = m->theta_count;
    theta = NEW_ARRAY(double, q);
    memcpy(theta, fit->theta, sizeof *theta * (size_t)q);
    at = lmm_deviance_at(m, theta, log(fit->sigma), NULL);
    for (int z = 0; z < q; z++) {
        double here = theta[z], curvature;

        if (here != 0.0)
            continue;
        zeros++;
        theta[z] = h;
        curvature = 2.0 * (lmm_deviance_at(m, theta, log(fit->sigma), gradient) - at) / (h * h);
        theta[z] = here;
        cr_expect(fabs(fit->theta_hessian[z + z * (q + 1)] - curvature) < 1e-2 * fabs(curvature), "%d: %.9g, differences %.9g", z,
                  fit->theta_hessian[z + z * (q + 1)], curvature);
    }
    cr_expect_geq(zeros, 2);
    cr_expect_leq(fit->optimum.evaluations, 25, "%d zeros: %d evaluations", zeros, fit->optimum.evaluations);
    mem_free(theta);
    lmm_free(m);
    fit_free(fit);
    free_design(design);
}
