/* identify-shapes.h -- random data of the shapes in which variances cannot be told apart, or just can, with an oracle of its own:
 * the rank of the projected dV/ds as dense matrices.  For the unit test and, many times, for the slow one. */
#ifndef TESTS_IDENTIFY_SHAPES_H
#define TESTS_IDENTIFY_SHAPES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "data/csv.h"
#include "fit/glmm.h"
#include "fit/identify.h"
#include "fit/lmm.h"
#include "linalg/dense.h"
#include "model/design.h"
#include "model/formula.h"

/* Each with the same model in another order of terms. */
static const char *const shape_formulas[][2] = {
    { "y ~ x + (1 | g)", "y ~ x + (1 | g)" },
    { "y ~ x + (1 | g) + (1 | h)", "y ~ x + (1 | h) + (1 | g)" },
    { "y ~ x + (1 | g) + (1 | h) + (1 | c)", "y ~ x + (1 | c) + (1 | h) + (1 | g)" },
    { "y ~ x + (1 | g) + (1 | g:one)", "y ~ x + (1 | g:one) + (1 | g)" },
    { "y ~ x + (1 | g) + (1 | h) + (1 | k)",
      "y ~ x + (1 | g) + (1 | h) + (1 | k)" }, /* two optima: their choice is another test's */
    { "y ~ x + (x | g) + (1 | h)", "y ~ x + (1 | h) + (x | g)" },
    { "y ~ x + (x | g) + (1 | g)", "y ~ x + (1 | g) + (x | g)" },
    { "y ~ x + (x | g) + (x | h)", "y ~ x + (x | h) + (x | g)" },
    { "y ~ x + (x || g) + (0 + x | h)", "y ~ x + (0 + x | h) + (x || g)" },
    { "y ~ x + t + (1 | tank)", "y ~ t + x + (1 | tank)" },
    { "y ~ x + t + (1 | tank) + (1 | g)", "y ~ x + t + (1 | g) + (1 | tank)" },
    { "y ~ x + g + (1 | g)", "y ~ g + x + (1 | g)" },
    { "y ~ x + (1 | g) + (0 + s | g)", "y ~ x + (0 + s | g) + (1 | g)" },
    { "y ~ x + (1 | g) + (0 + s || g)", "y ~ x + (0 + s || g) + (1 | g)" },
    { "y ~ x + s + (1 + s | g)", "y ~ s + x + (s | g)" },
    { "y ~ x + (0 + s | g)", "y ~ x + (0 + s | g)" },
    { "y ~ x + s + (s * x | g)", "y ~ s + x + (x * s | g)" },
    { "y ~ x + f + (f | g)", "y ~ f + x + (f | g)" },
    { "y ~ x + (f || g)", "y ~ x + (f || g)" },
    { "y ~ x + (1 | g) + (0 + f || g)", "y ~ x + (0 + f || g) + (1 | g)" },
    { "y ~ x + (1 | g) + (1 | c) + (1 | g:f)", "y ~ x + (1 | c) + (1 | g:f) + (1 | g)" },
    { "y ~ x + (1 | c/g)", "y ~ x + (1 | c/g)" },
    { "y ~ x + g + (x | g)", "y ~ g + x + (x | g)" },
    { "y ~ x + t + (f | tank)", "y ~ t + x + (f | tank)" },
    { "y ~ g*x + (f + x | g) + (1 | c)", "y ~ g*x + (1 | c) + (x + f | g)" },
};
enum { SHAPES = sizeof shape_formulas / sizeof *shape_formulas };

struct shaped {
    struct frame *frame;
    struct formula *formula;
    struct design *design;
    struct fit *fit;
};

/* g: groups with the same rows as h; c: crossed; k: h but for one row; s: constant in g; f: varies in g; tank: constant in t. */
static char *shape_data(struct rng *rng)
{
    int groups = 6 + (int)rng_below(rng, 5), each = 7 + (int)rng_below(rng, 3), crossed = 4 + (int)rng_below(rng, 3);
    double of_g[16], of_c[16], slope[16], spread = 0.3 + 2 * rng_uniform(rng);
    struct text text = { 0 };

    for (int l = 0; l < 16; l++) {
        of_g[l] = spread * rng_normal(rng);
        of_c[l] = rng_normal(rng);
        slope[l] = 0.7 * rng_normal(rng);
    }
    text_add(&text, "y,x,g,h,c,k,s,f,t,tank,one\n");
    for (int l = 0; l < groups; l++)
        for (int i = 0; i < each; i++) {
            double x = rng_normal(rng);
            int c = (int)rng_below(rng, (uint32_t)crossed);

            text_addf(&text, "%.6f,%.6f,g%d,h%d,c%d,%s%d,%s,%s,%s,%s,1\n",
                      1 + 0.5 * x + of_g[l] + slope[l] * x + of_c[c] + rng_normal(rng), x, l, groups - l, c, "k",
                      l == 0 && i == 0 ? 1 : l,
                      l % 3 == 0   ? "p"
                      : l % 3 == 1 ? "q"
                                   : "r",
                      (i + l) % 2 == 0 ? "u" : "v", l % 2 == 0 ? "ctl" : "hot", l % 2 == 0 ? "T1" : "T2");
        }
    return text_take(&text);
}

static void shape_clear(struct shaped *s)
{
    fit_free(s->fit);
    design_free(s->design);
    formula_free(s->formula);
    frame_free(s->frame);
    *s = (struct shaped){ 0 };
}

/* False where the model is refused. */
static bool shape_fit(const char *data, const char *formula, bool reml, struct shaped *s, struct glmm_error *err)
{
    struct fit_options options = { .method = reml ? METHOD_REML : METHOD_ML };
    struct csv_options csv = { 0 };

    *s = (struct shaped){ 0 };
    return (s->frame = csv_read_bytes(data, strlen(data), "data", &csv, err)) != NULL
           && (s->formula = formula_parse(formula, s->frame, err)) != NULL
           && (s->design = design_new(s->frame, s->formula, NULL, NULL, err)) != NULL
           && (s->fit = lmm_fit(s->design, &options, NULL, err)) != NULL;
}

/* W := V, by ML, but for terms (of a diagonal one: effects) that lie within X as a whole, which count as open there too. */
static void shape_take_stated(const struct design *d, size_t n, int count, const bool inside[], const double *V, double *W)
{
    int at = 0;

    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];
        int units = r->covariance->correlated ? 1 : r->k, width = r->covariance->count(r->k) / units;

        for (int u = 0; u < units; u++, at += width) {
            bool all = true;

            for (int j = at; j < at + width; j++)
                all = all && inside[j];
            for (int j = at; j < at + width; j++)
                for (size_t i = 0; i < n * n; i++)
                    W[(size_t)j * n * n + i] = all ? 0 : V[(size_t)j * n * n + i];
        }
    }
    for (; at < count; at++)
        memcpy(W + (size_t)at * n * n, V + (size_t)at * n * n, n * n * sizeof *V);
}

static double shape_product(size_t n, const double *a, const double *b)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* P, n x n: the projection on what X leaves, by Gram and Schmidt, twice. */
static void shape_projection(const struct design *d, double *P)
{
    size_t n = d->n;
    double *Q = calloc(n * ((size_t)d->p + 1), sizeof *Q);

    for (size_t i = 0; i < n; i++)
        P[i + i * n] = 1;
    for (int j = 0; j < d->p; j++) {
        double *q = Q + (size_t)j * n, length;

        memcpy(q, d->X + (size_t)j * n, n * sizeof *q);
        for (int pass = 0; pass < 2; pass++)
            for (int l = 0; l < j; l++) {
                double along = shape_product(n, q, Q + (size_t)l * n);

                for (size_t i = 0; i < n; i++)
                    q[i] -= along * Q[i + (size_t)l * n];
            }
        length = sqrt(shape_product(n, q, q));
        for (size_t i = 0; i < n; i++)
            q[i] /= length;
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                P[a + b * n] -= q[a] * q[b];
    }
    free(Q);
}

/* V: what each entry of the covariances multiplies, n x n, the residual variance's last. */
static void shape_entries(const struct design *d, double *V)
{
    size_t n = d->n;

    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];
        size_t k = (size_t)r->k;

        for (size_t b = 0; b < k; b++)
            for (size_t a = b; a < covariance_end(r->covariance, k, b); a++, V += n * n)
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < n; j++)
                        if (r->level[i] == r->level[j]) {
                            double ia = r->z == NULL ? 1 : r->z[i * k + a], ja = r->z == NULL ? 1 : r->z[j * k + a];
                            double ib = r->z == NULL ? 1 : r->z[i * k + b], jb = r->z == NULL ? 1 : r->z[j * k + b];

                            V[i + j * n] = a == b ? ia * jb : ia * jb + ib * ja;
                        }
    }
    for (size_t i = 0; i < n; i++)
        V[i + i * n] = 1;
}

/* w := P v P; whether nothing is left of v. */
static bool shape_beside(size_t n, const double *P, const double *v, double *w)
{
    double *T = malloc(n * n * sizeof *T);

    memcpy(w, v, n * n * sizeof *v);
    for (int side = 0; side < 2; side++) { /* P w, then transposed */
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                T[a + b * n] = shape_product(n, P + b * n, w + a * n);
        memcpy(w, T, n * n * sizeof *v);
    }
    free(T);
    return !(shape_product(n * n, w, w) > 1e-18 * shape_product(n * n, v, v));
}

/* Eigenvectors (columns of G, count x count) and values of the Gram matrix of the P V_j P, each in units of the length of V_j. */
static void shape_oracle(const struct design *d, bool reml, int count, double *G, double *values)
{
    size_t n = d->n, size = n * n;
    double *P = calloc(size, sizeof *P), *V = calloc((size_t)count * size, sizeof *V),
           *W = calloc((size_t)count * size, sizeof *W), *work = malloc(sizeof *work * 40 * ((size_t)count + 1));
    bool *inside = calloc((size_t)count, sizeof *inside);

    shape_projection(d, P);
    shape_entries(d, V);
    for (int j = 0; j < count; j++)
        inside[j] = shape_beside(n, P, V + (size_t)j * size, W + (size_t)j * size);
    if (!reml)
        shape_take_stated(d, n, count, inside, V, W);
    for (int j = 0; j < count; j++) { /* in units of what is stated */
        double length = sqrt(shape_product(size, V + (size_t)j * size, V + (size_t)j * size));

        for (size_t i = 0; i < size && length > 0; i++)
            W[(size_t)j * size + i] /= length;
    }
    for (int a = 0; a < count; a++)
        for (int b = 0; b < count; b++)
            G[a + b * count] = shape_product(size, W + (size_t)a * size, W + (size_t)b * size);
    symmetric_eigen(count, G, values, work, 40 * (count + 1));
    free(P);
    free(V);
    free(W);
    free(work);
    free(inside);
}

/* What is wrong with what a fit says is determined, in words, or NULL. */
static const char *shape_check(const struct shaped *s, bool reml)
{
    static char wrong[200];
    const struct design *d = s->design;
    const struct fit *fit = s->fit;
    int count = 1, lost = 0, at = 0;
    double *G, *values;
    const char *says = NULL;

    for (int t = 0; t < d->random_count; t++)
        count += d->random[t].covariance->count(d->random[t].k);
    G = malloc(sizeof *G * (size_t)(count * count));
    values = malloc(sizeof *values * (size_t)count);
    shape_oracle(d, reml, count, G, values);
    while (lost < count && values[lost] < 1e-12)
        lost++;
    if (fit->npar != d->p + count - lost)
        says = "npar";
    if ((fit->identity == NULL) != (lost == 0) || (fit->identity != NULL && fit->identity->lost != lost))
        says = "dimensions";
    if ((fit->optimum.verdict == VERDICT_NOT_IDENTIFIED) != (lost > 0) && fit->optimum.verdict != VERDICT_NOT_CONVERGED)
        says = "verdict";
    for (int t = 0; t < d->random_count; t++)
        for (int b = 0; b < d->random[t].k; b++)
            for (int a = b; a < d->random[t].covariance->end(d->random[t].k, b); a++, at++) {
                double moved = 0;

                for (int v = 0; v < lost; v++)
                    moved = fmax(moved, fabs(G[at + v * count]));
                if (fit_knows(fit, t, a, b) != (moved < 1e-5))
                    says = "an entry";
                if (a == b && isnan(fit->random[t].sd[a]) != (moved >= 1e-5))
                    says = "a standard deviation";
            }
    for (int j = 0; fit->identity != NULL && j < fit->identity->sum_count; j++)
        if (!(fit->identity->sums[j].value >= 0) || fit->identity->sums[j].part_count < 1)
            says = "a sum";
    {
        bool inside = false, open = false;

        for (int j = 0; fit->identity != NULL && j < fit->identity->cause_count; j++)
            inside = inside || fit->identity->causes[j].reason == IDENTITY_FIXED;
        for (int j = 0; j < d->p; j++)
            open = open || isnan(fit->se[j]);
        if (inside != open)
            says = "an error of a fixed effect";
    }
    if (says != NULL)
        snprintf(wrong, sizeof wrong, "%s: lost %d of %d (here %d), npar %d, verdict %d, %.100s", says, lost, count,
                 fit->identity == NULL ? 0 : fit->identity->lost, fit->npar, (int)fit->optimum.verdict, fit->optimum.message);
    free(G);
    free(values);
    return says == NULL ? NULL : wrong;
}

/* Two ways to write a model say the same. */
static const char *shape_same(const struct shaped *a, const struct shaped *b)
{
    static char wrong[200];
    const struct identity *ia = a->fit->identity, *ib = b->fit->identity;

    if (fabs(a->fit->loglik - b->fit->loglik) > 1e-6 || a->fit->npar != b->fit->npar || (ia == NULL) != (ib == NULL)) {
        snprintf(wrong, sizeof wrong, "log-likelihoods %.9g and %.9g, npar %d and %d", a->fit->loglik, b->fit->loglik,
                 a->fit->npar, b->fit->npar);
        return wrong;
    }
    if (ia != NULL && ia->sum_count != ib->sum_count)
        return "numbers of sums differ";
    for (int i = 0; ia != NULL && i < ia->sum_count; i++) {
        bool found = false;

        for (int j = 0; j < ib->sum_count; j++)
            found = found || fabs(ia->sums[i].value - ib->sums[j].value) < 1e-4 * (1e-2 + ia->sums[i].value);
        if (!found) {
            snprintf(wrong, sizeof wrong, "the sum %.9g is not found again", ia->sums[i].value);
            return wrong;
        }
    }
    return NULL;
}

/* The sums that are shown stand in the order of terms and effects, each where its last effect would. */
static inline const char *shape_order(const struct shaped *s)
{
    const struct identity *identity = s->fit->identity;
    int before = -1;

    for (int i = 0; identity != NULL && i < identity->sum_count; i++) {
        int last = -1, at = 0;

        for (int t = 0; t < s->design->random_count; t++)
            for (int a = 0; a < s->design->random[t].k; a++, at++)
                for (int j = 0; j < identity->sums[i].part_count; j++)
                    if (identity->sums[i].parts[j].term == t && identity->sums[i].parts[j].weights[a] != 0)
                        last = at;
        if (last < before)
            return "a sum stands behind one of later effects";
        before = last;
    }
    return NULL;
}

#endif
