/* rowcov-linear.c -- the deviance of a linear model by the covariance of its rows.
 *
 * With V the covariance matrix of the rows divided by sigma^2, cluster by cluster V = L L' and [A b] = L^-1 [X y]:
 *
 *   d = log|V| + nu (1 + log(2 pi r^2 / nu)) [+ log|A'A|],   r^2 = |b - A beta|^2
 *
 *   d log|V| / dV = V^-1,  with log|A'A|: P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1;  d r^2 / dV = -alpha alpha', alpha = P y
 *
 * With a prior beta and sigma are where the whole is least (rowcov-prior.c), and the slopes are those with both held.
 *
 * Clusters of one pattern stand one behind the other: as columns beside each other they are solved with one L, as rows below each
 * other they give to the products. */
#include <math.h>
#include <string.h>

#include "fit/rowcov-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

/* Nanoseconds of rowcov_work: a call, a multiplication of a sparse factor, of dense ones, an entry of these for each column. */
static const double FEW = 1000, SPARSE = 0.1, DENSE = 0.02, ENTRY = 2;

/* L^-1 [X y] of all rows of a pattern, and what it gives to the products; false where V is not positive definite. */
static bool add_pattern(struct rowcov *m, struct rowcov_cluster *c)
{
    int count = (int)c->count, e = m->p + 1, all = (int)(c->count * c->alike), columns = e * (int)c->alike;
    size_t rows_count = c->count * c->alike;
    double *rows = m->rows + c->from * (size_t)e, one = 1.0;

    rowcov_fill(m, c, true, c->factor);
    if (chol_factor_watched(count, c->factor, count, &m->watch) != 0)
        return false;
    for (int i = 0; i < count; i++)
        m->logdet += 2.0 * (double)c->alike * log(c->factor[(size_t)i * (c->count + 1)]);
    if (rowcov_moments_products(m, c))
        return true;
    for (int j = 0; j < e; j++)
        for (size_t i = 0; i < rows_count; i++)
            rows[i + (size_t)j * rows_count] = m->E[m->row[c->from + i] + (size_t)j * m->n];
    dtrsm_("L", "L", "N", "N", &count, &columns, &one, c->factor, &count, rows, &count);
    dsyrk_("L", "T", &e, &all, &one, rows, &all, &one, m->G, &e);
    return true;
}

/* beta, r^2 and log|X'V^-1 X| from the products; X's part becomes its factor. */
static bool solve_fixed(struct rowcov *m)
{
    int p = m->p, e = p + 1;

    if (chol_factor(e, m->G, e) != 0)
        return false;
    m->rss = m->G[p + p * e] * m->G[p + p * e];
    for (int j = 0; j < p; j++) {
        m->beta[j] = m->G[p + j * e];
        m->logdet += m->reml ? 2.0 * log(m->G[j + j * e]) : 0.0;
    }
    if (p > 0)
        chol_solve_upper(p, m->G, e, m->beta);
    return m->rss > 0.0;
}

double rowcov_linear_value(struct rowcov *m, const double x[])
{
    int e = m->p + 1;
    double deviance;

    m->logdet = 0.0;
    memset(m->G, 0, sizeof(double) * (size_t)(e * e));
    if (!rowcov_set(m, x))
        return MINIMIZE_BAD;
    for (size_t c = 0; c < m->cluster_count; c += m->clusters[c].alike)
        if (!add_pattern(m, &m->clusters[c]))
            return MINIMIZE_BAD;
    if (m->sparse != NULL ? !rowcov_sparse_factor(m) : !solve_fixed(m))
        return MINIMIZE_BAD;
    if (!rowcov_settle(m, x))
        return MINIMIZE_BAD;
    deviance = m->logdet + m->degrees * (1.0 + log(2.0 * M_PI * m->sigma2) + 2.0 * log(m->y_scale)) + m->constants;
    if (m->design->prior != NULL || m->held_sigma2 > 0.0)
        deviance += m->rss / m->sigma2 - m->degrees + rowcov_penalty(m, x, NULL);
    return isfinite(deviance) ? deviance : MINIMIZE_BAD;
}

double rowcov_work(const struct rowcov *m)
{
    double entries = 0, work = 0;

    if (m->sparse != NULL)
        return SPARSE * rowcov_sparse_work(m);
    for (size_t c = 0; c < m->cluster_count; c++) {
        double count = (double)m->clusters[c].count;

        entries += count * count;
        work += m->clusters[c].alike > 0 ? count * count * count : 0;
    }
    return FEW + DENSE * work + ENTRY * entries * (m->term_count + m->p + 1);
}

/* The lower triangle of W := V^-1 (REML: P), summed over the clusters of a pattern. */
static void set_weights(struct rowcov *m, const struct rowcov_cluster *c, const double *solved)
{
    int count = (int)c->count, p = m->p, e = p + 1, all = (int)(c->count * c->alike), columns = p * (int)c->alike;
    double one = 1.0, minus = -1.0, alike = (double)c->alike;

    memcpy(m->W, c->factor, sizeof(double) * c->count * c->count);
    watched_chol_inverse(count, m->W, count, &m->watch);
    for (size_t i = 0; c->alike > 1 && i < c->count * c->count; i++)
        m->W[i] *= alike;
    if (!m->reml || p == 0)
        return;
    memcpy(m->F, solved, sizeof(double) * c->count * c->alike * (size_t)p);
    dtrsm_("R", "L", "T", "N", &all, &p, &one, m->G, &e, m->F, &all);
    dsyrk_("L", "N", &count, &columns, &minus, m->F, &count, &one, m->W, &count);
}

/* Both parts of a pattern, from its rows. */
static void pull_pattern(struct rowcov *m, const struct rowcov_cluster *c)
{
    int count = (int)c->count, clusters = (int)c->alike, e = m->p + 1, columns = e * clusters;
    size_t rows_count = c->count * c->alike;
    double *rows = m->rows + c->from * (size_t)e, *alpha = m->alpha + c->from, one = 1.0, minus = -1.0, zero = 0.0;

    dtrsm_("L", "L", "T", "N", &count, &columns, &one, c->factor, &count, rows, &count);
    for (size_t i = 0; i < rows_count; i++) {
        alpha[i] = rows[i + (size_t)m->p * rows_count];
        for (int j = 0; j < m->p; j++)
            alpha[i] -= rows[i + (size_t)j * rows_count] * m->beta[j];
    }
    set_weights(m, c, rows);
    rowcov_pull(m, c, m->W, PART_LOGDET, true);
    dsyrk_("L", "N", &count, &clusters, &minus, alpha, &count, &zero, m->W, &count);
    rowcov_pull(m, c, m->W, PART_RSS, true);
}

bool rowcov_linear_slopes(struct rowcov *m, const double x[])
{
    rowcov_clear_slopes(m);
    rowcov_moments_begin(m);
    for (size_t at = 0; at < m->cluster_count; at += m->clusters[at].alike) {
        const struct rowcov_cluster *c = &m->clusters[at];

        if (c->summed)
            rowcov_moments_pull(m, c);
        else
            pull_pattern(m, c);
    }
    for (int part = 0; part < PARTS; part++)
        rowcov_gather(m, x, part, m->gradient[part]);
    return !watch_stopped(&m->watch);
}
