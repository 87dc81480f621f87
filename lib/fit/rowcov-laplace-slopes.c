/* rowcov-laplace-slopes.c -- the slopes of Laplace's approximation in the space of the rows, by the formulas of rowcov-laplace.c.
 */
#include <math.h>
#include <string.h>

#include "fit/rowcov-private.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

/* set_inverse of a bent cluster: S = X'X with X = C^-1 L', C the factor. */
static void set_inverse_bent(struct rowcov *m, const struct rowcov_cluster *c, double *out)
{
    struct rowcov_laplace *l = m->laplace;
    size_t n = c->count;
    int count = (int)n;
    const double *bend = l->d[D_ETA2] + c->from; /* -W */
    double one = 1.0, zero = 0.0;

    laplace_half(n, l->M, l->L, &m->watch);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++)
            l->S[i + j * n] = l->L[j + i * n];
    dtrsm_("L", "L", "N", "N", &count, &count, &one, c->factor, &count, l->S, &count);
    dsyrk_("L", "T", &count, &count, &one, l->S, &count, &zero, m->W, &count);
    for (size_t j = 0; j < n; j++) {
        out[j] = m->W[j + j * n];
        for (size_t i = j; i < n; i++)
            m->W[i + j * n] = -bend[i] * (i == j) - bend[i] * m->W[i + j * n] * bend[j];
    }
}

void laplace_information(struct rowcov *m, const struct rowcov_cluster *c)
{
    rowcov_fill(m, c, false, m->laplace->M);
    set_inverse_bent(m, c, m->laplace->work);
}

/* The lower triangle of R into m->W, and diag(S) into out. */
static void set_inverse(struct rowcov *m, const struct rowcov_cluster *c, double *out)
{
    struct rowcov_laplace *l = m->laplace;
    size_t n = c->count;
    int count = (int)n;
    double *root = l->root + c->from, one = 1.0;

    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++)
            l->S[i + j * n] = root[i] * (i >= j ? l->M[i + j * n] : l->M[j + i * n]);
    dtrsm_("L", "L", "N", "N", &count, &count, &one, c->factor, &count, l->S, &count);
    memcpy(m->W, c->factor, sizeof(double) * n * n);
    watched_chol_inverse(count, m->W, count, &m->watch);
    for (size_t j = 0; j < n; j++) {
        out[j] = laplace_knows_more(l, c, j) ? (1.0 - m->W[j + j * n]) / (root[j] * root[j]) : l->M[j + j * n];
        for (size_t i = 0; i < n && !laplace_knows_more(l, c, j); i++)
            out[j] -= l->S[i + j * n] * l->S[i + j * n];
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++)
            m->W[i + j * n] *= root[i] * root[j];
}

/* v := (I - R K) g; half: count of scratch. */
static void set_moved(struct rowcov *m, const struct rowcov_cluster *c, const double *g, double *half, double *v)
{
    struct rowcov_laplace *l = m->laplace;
    int count = (int)c->count;
    bool bent = l->bent[c - m->clusters];

    for (size_t i = 0; i < c->count; i++)
        v[i] = bent || !laplace_knows_more(l, c, i) ? g[i] : 0.0;
    laplace_product(count, l->M, v, half);
    for (size_t i = 0; i < c->count; i++)
        half[i] -= bent || !laplace_knows_more(l, c, i) ? 0.0 : g[i] / (l->root[c->from + i] * l->root[c->from + i]);
    laplace_product(count, m->W, half, l->work + 7 * m->largest);
    for (size_t i = 0; i < c->count; i++)
        v[i] -= l->work[7 * m->largest + i];
}

/* Of each row in the shape of each slot: one of the family, or the threshold there. */
static void add_shape_slopes(struct rowcov *m, const struct rowcov_cluster *c, const double *spread, const double *moved)
{
    struct rowcov_laplace *l = m->laplace;
    int slots = l->bound[0] != NULL ? 2 : l->shapes;

    for (int slot = 0; slot < slots; slot++) {
        const double *first = l->d[D_SHAPE(slot)] + c->from, *slope = l->d[D_SHAPE(slot) + 1] + c->from;
        const double *curve = l->d[D_SHAPE(slot) + 2] + c->from;

        for (size_t i = 0; i < c->count; i++) {
            int k = l->bound[0] != NULL ? l->bound[slot][c->from + i] : slot;

            if (k >= 0)
                l->shape_slope[k] += -2.0 * first[i] - spread[i] * curve[i] + moved[i] * slope[i];
        }
    }
}

/* l' at the mode of a row.  Where it knows its eta better than the effects do alpha has it: l' itself is the rounding of eta
 * times W. */
static double slope_at_mode(const struct rowcov *m, const struct rowcov_cluster *c, size_t i)
{
    return laplace_knows_more(m->laplace, c, i) ? m->alpha[c->from + i] : m->laplace->d[D_ETA][c->from + i];
}

static void add_cluster(struct rowcov *m, const struct rowcov_cluster *c)
{
    struct rowcov_laplace *l = m->laplace;
    size_t n = c->count;
    int count = (int)n;
    double *alpha = m->alpha + c->from, *spread = l->work, *g = spread + m->largest, *v = g + m->largest, *half = v + m->largest;

    if (l->bent[c - m->clusters])
        set_inverse_bent(m, c, spread);
    else
        set_inverse(m, c, spread);
    for (size_t i = 0; i < n; i++)
        g[i] = -spread[i] * l->d[D_ETA3][c->from + i];
    set_moved(m, c, g, half, v);
    for (size_t i = 0; i < n; i++)
        l->fixed_slope[c->from + i] = v[i] - 2.0 * slope_at_mode(m, c, i);
    laplace_product(count, l->M, v, half); /* S g */
    add_shape_slopes(m, c, spread, half);
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++)
            l->sum[i + j * n] = (c->alike > 0 ? 0.0 : l->sum[i + j * n]) + m->W[i + j * n]
                                + 0.5 * (v[i] * alpha[j] + alpha[i] * v[j]) - alpha[i] * alpha[j];
}

bool laplace_slopes(struct rowcov *m, const double x[], double gradient[])
{
    struct rowcov_laplace *l = m->laplace;
    size_t pattern = 0;

    rowcov_clear_slopes(m);
    for (int k = 0; k < l->shapes; k++)
        l->shape_slope[k] = l->bound[0] != NULL ? 0.0 : -2.0 * l->constant_slope[k];
    for (size_t at = 0; at < m->cluster_count; at++) {
        const struct rowcov_cluster *c = &m->clusters[at];

        if (!(laplace_density(m, c, ORDER_ALL) > -HUGE_VAL))
            return false;
        if (c->alike > 0) {
            rowcov_fill(m, c, false, l->M);
            pattern = at;
        }
        add_cluster(m, c);
        if (at + 1 == m->clusters[pattern].alike + pattern)
            rowcov_pull(m, &m->clusters[pattern], l->sum, PART_LOGDET, false);
    }
    rowcov_gather(m, x, PART_LOGDET, gradient);
    for (int j = 0; j < m->p; j++) {
        gradient[j] = 0.0;
        for (size_t i = 0; i < m->n; i++)
            gradient[j] += m->E[m->row[i] + (size_t)j * m->n] * l->fixed_slope[i];
    }
    for (int k = 0; k < l->shapes; k++)
        gradient[m->count - l->shapes + k] = l->shape_slope[k];
    rowcov_penalty(m, x, gradient);
    return !watch_stopped(&m->watch);
}
