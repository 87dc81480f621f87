/* lmm-rows.c -- the deviance and its gradient where a variance is large: the products that cancel are formed from rows.
 *
 * With a template entry of lambda, what V^-1 leaves of y'y is less by lambda^2 than y'y, and of a column of X that hardly varies
 * within levels by lambda^2 n / q: as the last pivots of a factor (lmm.c) they have lost as many digits.  Here each column e of
 * [X y] is freed of its own modes first, and nothing cancels:
 *
 *     u_e = (Lambda'Z'Z Lambda + I)^-1 Lambda'Z'e,   r_e = e - Z Lambda u_e,   S_ef = r_e'r_f + u_e'u_f = e'V^-1 f
 *
 *     d S_ef / d lambda[a,b] = -sum over levels of (z_e u_f' + z_f u_e')[a,b],   z_e = Z'r_e,   Lambda' z_e = u_e
 *
 * and z_e, which does cancel as a sum over rows, is solved for from u_e in the rows of a template whose diagonal is not small. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/lmm-private.h"
#include "linalg/dense.h"
#include "linalg/watched.h"

struct lmm_rows {
    int count; /* p + 1 columns, y last */
    size_t size;
    double *products;        /* Z'e, size x count */
    double *u, *effects, *z; /* size x count: u_e, Lambda u_e, Z'r_e */
    double *S, *inverse;     /* count x count: the part of X becomes its factor; p x p: its inverse */
    double *row, *mixed;     /* count; size */
};

/* How many times less may be left, by lambda^2 times the rows of a level. */
static const double LOSS = 1e4;

enum { LOOK_WORK = 20000000 };

bool lmm_rows_needed(const struct lmm *m, const double x[])
{
    double most = 0.0;

    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];

        FOR_FREE_ENTRIES (term, a, b, i)
            most = fmax(most, x[i] * x[i] * (double)m->n / term->levels);
    }
    return most > LOSS;
}

void lmm_rows_free(struct lmm_rows *s)
{
    if (s == NULL)
        return;
    mem_free(s->products);
    mem_free(s);
}

/* Rows between two looks at the watch. */
static size_t looks(size_t count)
{
    return 1 + LOOK_WORK / (count * count + 1);
}

/* out (size x count) += Z'v, v one row's values of all columns. */
static void add_row(const struct lmm *m, const struct lmm_rows *s, size_t i, const double *v, double *out)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        size_t at = blocks_offset(m->blocks, t) + (size_t)m->design->random[t].level[i] * (size_t)term->k;

        for (int a = 0; a < term->k; a++) {
            double z = lmm_z(term, i, a);

            for (int e = 0; e < s->count; e++)
                out[at + (size_t)a + (size_t)e * s->size] += z * v[e];
        }
    }
}

static struct lmm_rows *rows_new(const struct lmm *m)
{
    struct lmm_rows *s = NEW(struct lmm_rows);
    size_t size = blocks_size(m->blocks), count = (size_t)m->p + 1;

    if (s == NULL)
        return NULL;
    s->count = (int)count;
    s->size = size;
    s->products = NEW_ARRAY(double, 4 * size * count + 2 * count * count + count + size + 1);
    if (s->products == NULL) {
        mem_free(s);
        return NULL;
    }
    s->u = s->products + size * count;
    s->effects = s->u + size * count;
    s->z = s->effects + size * count;
    s->S = s->z + size * count;
    s->inverse = s->S + count * count;
    s->row = s->inverse + count * count;
    s->mixed = s->row + count;
    for (size_t i = 0; i < m->n && !(i % looks(count) == 0 && watch_stops(blocks_watcher(m->blocks))); i++) {
        for (size_t e = 0; e < count; e++)
            s->row[e] = m->E[i + e * m->n];
        add_row(m, s, i, s->row, s->products);
    }
    return s;
}

/* out := Lambda in (or Lambda' in), level by level. */
static void apply(const struct lmm *m, bool transposed, const double *in, double *out)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        size_t at = blocks_offset(m->blocks, t);
        int k = term->k;

        for (int32_t l = 0; l < term->levels; l++, at += (size_t)k)
            for (int a = 0; a < k; a++) {
                double sum = 0.0;

                for (int b = transposed ? a : 0; b < (transposed ? k : a + 1); b++)
                    sum += (transposed ? term->lambda[b + a * k] : term->lambda[a + b * k]) * in[at + (size_t)b];
                out[at + (size_t)a] = sum;
            }
    }
}

/* r_e row by row: S, and Z'r_e. */
static void sum_rows(const struct lmm *m, struct lmm_rows *s)
{
    int count = s->count;

    memset(s->z, 0, sizeof(double) * s->size * (size_t)count);
    for (size_t i = 0; i < m->n && !(i % looks((size_t)count) == 0 && watch_stops(blocks_watcher(m->blocks))); i++) {
        for (int e = 0; e < count; e++)
            s->row[e] = m->E[i + (size_t)e * m->n];
        for (int t = 0; t < m->term_count; t++) {
            const struct lmm_term *term = &m->terms[t];
            size_t at = blocks_offset(m->blocks, t) + (size_t)m->design->random[t].level[i] * (size_t)term->k;

            for (int a = 0; a < term->k; a++) {
                double z = lmm_z(term, i, a);

                for (int e = 0; e < count; e++)
                    s->row[e] -= z * s->effects[at + (size_t)a + (size_t)e * s->size];
            }
        }
        add_row(m, s, i, s->row, s->z);
        for (int f = 0; f < count; f++)
            for (int e = f; e < count; e++)
                s->S[e + f * count] += s->row[e] * s->row[f];
    }
}

/* z from Lambda'z = u, from the last entry of a level back, where the diagonal is not small: lambda^2 n / q >= 1. */
static void solve_remainder(const struct lmm *m, const double *u, double *z)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        double least = (double)term->levels / (double)m->n;
        size_t at = blocks_offset(m->blocks, t);
        int k = term->k;

        for (int32_t l = 0; l < term->levels; l++, at += (size_t)k)
            for (int a = k - 1; a >= 0; a--) {
                double sum = u[at + (size_t)a], pivot = term->lambda[a + a * k];

                for (int c = a + 1; c < k; c++)
                    sum -= term->lambda[c + a * k] * z[at + (size_t)c];
                if (pivot * pivot >= least)
                    z[at + (size_t)a] = sum / pivot;
            }
    }
}

/* The inverse of S over X, and beta. */
static void solve_fixed(struct lmm *m, struct lmm_rows *s)
{
    int p = m->p, count = s->count;

    for (int j = 0; j < p; j++) {
        m->beta[j] = s->S[p + j * count];
        for (int i = 0; i < p; i++)
            s->inverse[i + j * p] = i >= j ? s->S[i + j * count] : 0.0;
    }
    if (p == 0)
        return;
    chol_solve_lower(p, s->S, count, m->beta);
    chol_solve_upper(p, s->S, count, m->beta);
    watched_chol_inverse(p, s->inverse, p, blocks_watcher(m->blocks));
    for (int j = 0; j < p; j++)
        for (int i = 0; i < j; i++)
            s->inverse[i + j * p] = s->inverse[j + i * p];
}

/* out := the columns of `from` (size x count) combined by [-beta, 1]. */
static void combine(const struct lmm *m, const double *from, double *out)
{
    size_t size = m->rows->size;

    memcpy(out, from + (size_t)m->p * size, sizeof(double) * size);
    for (int j = 0; j < m->p; j++)
        for (size_t i = 0; i < size; i++)
            out[i] -= m->beta[j] * from[i + (size_t)j * size];
}

/* r^2 of y - X beta: beta by least squares, with which y was centred, may be far from it. */
static double sum_residuals(struct lmm *m)
{
    double rss = 0.0;

    for (size_t i = 0; i < m->rows->size; i++)
        rss += m->u[i] * m->u[i];
    for (size_t i = 0; i < m->n; i++) {
        double rest = m->E[i + (size_t)m->p * m->n];

        for (int j = 0; j < m->p; j++)
            rest -= m->E[i + (size_t)j * m->n] * m->beta[j];
        for (int t = 0; t < m->term_count; t++) {
            const struct lmm_term *term = &m->terms[t];
            const double *effects =
                m->effects + blocks_offset(m->blocks, t) + (size_t)m->design->random[t].level[i] * (size_t)term->k;

            for (int a = 0; a < term->k; a++)
                rest -= lmm_z(term, i, a) * effects[a];
        }
        rss += rest * rest;
    }
    return rss;
}

bool lmm_rows_value(struct lmm *m)
{
    struct lmm_rows *s = m->rows != NULL ? m->rows : (m->rows = rows_new(m));
    int count = m->p + 1;

    if (s == NULL) {
        m->out_of_memory = true;
        return false;
    }
    for (int e = 0; e < count && !watch_stops(blocks_watcher(m->blocks)); e++) {
        double *u = s->u + (size_t)e * s->size;

        apply(m, true, s->products + (size_t)e * s->size, u);
        blocks_solve(m->blocks, u);
        apply(m, false, u, s->effects + (size_t)e * s->size);
    }
    for (int f = 0; f < count && !watch_stops(blocks_watcher(m->blocks)); f++)
        for (int e = f; e < count; e++) {
            double sum = 0.0;

            for (size_t i = 0; i < s->size; i++)
                sum += s->u[i + (size_t)e * s->size] * s->u[i + (size_t)f * s->size];
            s->S[e + f * count] = sum;
        }
    sum_rows(m, s);
    for (int e = 0; e < count; e++)
        solve_remainder(m, s->u + (size_t)e * s->size, s->z + (size_t)e * s->size);
    if (chol_factor_watched(m->p, s->S, count, blocks_watcher(m->blocks)) != 0)
        return false;
    solve_fixed(m, s);
    combine(m, s->u, m->u);
    combine(m, s->z, m->remainder);
    apply(m, false, m->u, m->effects);
    solve_remainder(m, m->u, m->remainder);
    m->logdet = blocks_logdet(m->blocks);
    for (int j = 0; m->reml && j < m->p; j++)
        m->logdet += 2.0 * log(s->S[j + j * count]);
    m->rss = sum_residuals(m);
    return true;
}

/* gradient -= factor times the sum over levels of z v'. */
static void take_products(struct lmm *m, double factor, const double *z, const double *v, double *gradient)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        size_t at = blocks_offset(m->blocks, t);

        for (int32_t l = 0; l < term->levels; l++, at += (size_t)term->k)
            FOR_FREE_ENTRIES (term, a, b, i)
                gradient[i] -= factor * z[at + (size_t)a] * v[at + (size_t)b];
    }
}

void lmm_rows_slopes(struct lmm *m)
{
    struct lmm_rows *s = m->rows;
    int p = m->p;

    memset(m->rss_gradient, 0, sizeof(double) * (size_t)m->theta_count);
    memset(m->logdet_gradient, 0, sizeof(double) * (size_t)m->theta_count);
    for (int i = 0; m->reml && i < p && !watch_stops(blocks_watcher(m->blocks)); i++) {
        memset(s->mixed, 0, sizeof(double) * s->size);
        for (int j = 0; j < p; j++)
            for (size_t r = 0; r < s->size; r++)
                s->mixed[r] += s->inverse[i + j * p] * s->u[r + (size_t)j * s->size];
        take_products(m, 2.0, s->z + (size_t)i * s->size, s->mixed, m->logdet_gradient);
    }
    take_products(m, 2.0, m->remainder, m->u, m->rss_gradient);
    blocks_invert(m->blocks, 0);
    blocks_logdet_gradient(m->blocks, m->lambda, m->gamma);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];

        FOR_FREE_ENTRIES (term, a, b, i)
            m->logdet_gradient[i] += 2.0 * term->gamma[a + b * term->k];
    }
}

void lmm_fixed_inverse(struct lmm *m, double out[])
{
    if (m->by_rows)
        memcpy(out, m->rows->inverse, sizeof(double) * (size_t)m->p * (size_t)m->p);
    else
        blocks_extras_inverse(m->blocks, m->p, out);
}
