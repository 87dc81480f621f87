/* exact.c -- see exact.h.
 *
 * Whether a draw reaches the statistic t needs no supremum: some l of a grid has N(l) >= r(l) D(l), r = exp((t + sum log(1 + l
 * x_s)) / nu) - 1, which is linear in the squares of w.  Equal eigenvalues share one chi-squared. */
#include "infer/exact.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/threads.h"
#include "fit/rowcov.h"
#include "infer/compare.h"
#include "linalg/dense.h"

enum { MOST_LEVELS = 300, GRID = 200, BLOCK = 1000, FEW = 10000, MANY = 400000, WORK = 2400000 };
static const double MOST_CELLS = 3e7, SAME = 1e-9, LOW = -10, HIGH = 8; /* the grid, as exponents of e */

struct spectrum {
    int distinct, grid;
    double rest;   /* degrees of freedom beyond the eigenvalues */
    double *count; /* distinct: how often */
    double *a, *r; /* grid x distinct: l m - r over 1 + l m; grid: r */
};

/* Columns of A (n x m) without what lies in those of Q (n x p, orthonormal). */
static void project_out(size_t n, int p, const double *Q, double *column)
{
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < p; j++) {
            const double *q = Q + (size_t)j * n;
            double dot = 0;

            for (size_t i = 0; i < n; i++)
                dot += q[i] * column[i];
            for (size_t i = 0; i < n; i++)
                column[i] -= dot * q[i];
        }
}

static double weight(const struct design *d, size_t i)
{
    return d->weights == NULL ? 1 : sqrt(d->weights[i]);
}

/* An orthonormal basis of the columns of X, whose rank is full. */
static void fill_basis(const struct design *d, double *Q)
{
    size_t n = d->n;

    for (int j = 0; j < d->p; j++) {
        double *column = Q + (size_t)j * n, norm = 0;

        for (size_t i = 0; i < n; i++)
            column[i] = d->X[i + (size_t)j * n] * weight(d, i);
        project_out(n, j, Q, column);
        for (size_t i = 0; i < n; i++)
            norm += column[i] * column[i];
        norm = norm > 0 ? 1 / sqrt(norm) : 0;
        for (size_t i = 0; i < n; i++)
            column[i] *= norm;
    }
}

/* Eigenvalues of Z'PZ (or of Z'Z), ascending, into values (q). */
static bool eigenvalues(const struct design *d, const double *Q, bool project, double *Z, double *gram, double *values)
{
    const struct random_design *random = &d->random[0];
    size_t n = d->n;
    int q = random->level_count;

    memset(Z, 0, sizeof *Z * n * (size_t)q);
    for (size_t i = 0; i < n; i++)
        Z[i + (size_t)random->level[i] * n] = (random->z == NULL ? 1 : random->z[i]) * weight(d, i);
    for (int j = 0; j < q && project; j++)
        project_out(n, d->p, Q, Z + (size_t)j * n);
    for (int j = 0; j < q; j++)
        for (int i = 0; i <= j; i++) {
            const double *a = Z + (size_t)i * n, *b = Z + (size_t)j * n;
            double dot = 0;

            for (size_t r = 0; r < n; r++)
                dot += a[r] * b[r];
            gram[i + j * q] = gram[j + i * q] = dot;
        }
    return symmetric_eigen(q, gram, values, gram + q * q, 40 * q);
}

/* Collapses equal eigenvalues and tabulates the condition for each l. */
static void tabulate(struct spectrum *s, const double *m, const double *x, int q, double nu, double statistic, double *distinct)
{
    double largest = m[q - 1];

    for (int i = 0; i < q; i++) {
        if (!(m[i] > SAME * largest)) {
            s->rest += 1;
            continue;
        }
        if (s->distinct > 0 && m[i] - distinct[s->distinct - 1] <= SAME * largest) {
            s->count[s->distinct - 1] += 1;
            continue;
        }
        distinct[s->distinct] = m[i];
        s->count[s->distinct++] = 1;
    }
    for (s->grid = 0; s->grid < GRID; s->grid++) {
        double l = exp(LOW + (HIGH - LOW) * s->grid / (GRID - 1)), logs = 0;

        for (int i = 0; i < q; i++)
            logs += x[i] > 0 ? log1p(l * x[i]) : 0;
        s->r[s->grid] = expm1((statistic + logs) / nu);
        for (int i = 0; i < s->distinct; i++)
            s->a[s->grid * q + i] = (l * distinct[i] - s->r[s->grid]) / (1 + l * distinct[i]);
    }
}

/* A chi-squared of so many degrees of freedom (Marsaglia & Tsang 2000 for many). */
static double draw_chi_squared(struct rng *rng, double df)
{
    double d, c, sum = 0;

    if (df < 5) {
        for (int i = 0; i < (int)df; i++) {
            double z = rng_normal(rng);

            sum += z * z;
        }
        return sum;
    }
    d = 0.5 * df - 1.0 / 3;
    c = 1 / sqrt(9 * d);
    for (;;) {
        double z = rng_normal(rng), v = 1 + c * z;

        v = v * v * v;
        if (v > 0 && log(rng_uniform(rng)) < 0.5 * z * z + d - d * v + d * log(v))
            return 2 * d * v;
    }
}

/* How many of BLOCK draws reach the statistic. */
static long count_block(const struct spectrum *s, int q, uint64_t seed, uint64_t block)
{
    double w[MOST_LEVELS] = { 0 };
    long reached = 0;
    struct rng rng;

    rng_init(&rng, seed, block);
    for (int draw = 0; draw < BLOCK; draw++) {
        double rest;

        for (int i = 0; i < s->distinct; i++)
            w[i] = draw_chi_squared(&rng, s->count[i]);
        rest = draw_chi_squared(&rng, s->rest);
        for (int g = 0; g < s->grid; g++) {
            double sum = -s->r[g] * rest;

            for (int i = 0; i < s->distinct; i++)
                sum += s->a[g * q + i] * w[i];
            if (sum >= 0) {
                reached++;
                break;
            }
        }
    }
    return reached;
}

static void simulate(const struct spectrum *s, int q, uint64_t seed, struct exact_null *out)
{
    long blocks = WORK / (s->distinct > 0 ? s->distinct : 1) / BLOCK, reached = 0;

    blocks = blocks > MANY / BLOCK ? MANY / BLOCK : blocks < FEW / BLOCK ? FEW / BLOCK : blocks;
#pragma omp parallel for schedule(dynamic) reduction(+ : reached)
    for (long b = 0; b < blocks; b++)
        reached += count_block(s, q, seed, (uint64_t)b + 1);
    out->draws = blocks * BLOCK;
    out->p = (double)reached / (double)out->draws;
    out->error = sqrt(fmax(out->p * (1 - out->p), 1.0 / (double)out->draws) / (double)out->draws);
    out->is = true;
}

bool exact_null_find(const struct fit *small, const struct fit *large, double statistic, uint64_t seed, struct exact_null *out,
                     struct glmm_error *err)
{
    const struct design *d = large->design;
    size_t n = d->n, q = d->random_count == 1 ? (size_t)d->random[0].level_count : 0, p = (size_t)d->p;
    bool reml = large->method == METHOD_REML, ok;
    struct spectrum s = { .rest = (double)n - (double)p - (double)q };
    double *block;

    *out = (struct exact_null){ .is = false };
    if (!small->exact || !large->exact || design_is_structured(d) || design_is_structured(small->design)
        || small->method != large->method || small->design->random_count > 0 || q == 0 || d->random[0].k != 1 || q > MOST_LEVELS
        || (double)n * (double)q > MOST_CELLS || s.rest < 1 || !(statistic > 0) || !same_fixed(small->design, d))
        return true;
    block = NEW_ARRAY(double, n *(p + q) + q * q + 40 * q + 4 * q + GRID * (q + 1) + 1);
    if (block == NULL)
        return fail_memory(err);
    {
        double *Q = block, *Z = Q + n * p, *gram = Z + n * q, *m = gram + q * q + 40 * q, *x = m + q, *distinct = x + q;

        s.count = distinct + q;
        s.a = s.count + q;
        s.r = s.a + GRID * q;
        fill_basis(d, Q);
        ok = eigenvalues(d, Q, true, Z, gram, m) && (reml || eigenvalues(d, Q, false, Z, gram, x));
        if (ok && m[q - 1] > 0) {
            tabulate(&s, m, reml ? m : x, (int)q, (double)n - (reml ? (double)p : 0), statistic, distinct);
            simulate(&s, (int)q, seed, out);
        }
    }
    mem_free(block);
    return true;
}
