/* rowcov-spread.c -- the covariance matrices of a linear model's rows at its estimates and beside them, for who differentiates
 * them (infer/kenward-rows.c).
 *
 * A move is made in parameters in which these matrices are as smooth as they can be, also at a variance of 0: the variance of
 * terms that have one for all effects, or variances alone, over itself where it is larger than the residual one; else the
 * parameters of the search, of natural size; the residual variance, over itself. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "model/residuals.h"

struct rowcov *rowcov_spread_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct rowcov *m = rowcov_of_rows_new(fit->design, fit->method == METHOD_REML, progress, err);

    if (m != NULL && m->count != fit->structured_count) {
        rowcov_free(m);
        m = NULL;
        fail(err, GLMM_E_STATE, NOWHERE, "the fit is of another model");
    }
    return m;
}

static bool has_variances(const struct rowcov_term *t)
{
    return t->sd_count == 1 || t->structure->law == LAW_NONE;
}

bool rowcov_spread_is_variance(const struct rowcov *m, int i)
{
    for (int t = 0; t < m->term_count; t++)
        if (i >= m->terms[t].first && i < m->terms[t].first + m->terms[t].sd_count)
            return has_variances(&m->terms[t]);
    return i == m->count;
}

/* The matrix of a term's effects, from its variances moved. */
static void move_variances(struct rowcov_term *t, const double x[], const double move[])
{
    int k = t->k;

    for (int b = 0; b < k; b++)
        for (int a = 0; a < k; a++) {
            int at = t->first + (t->sd_count > 1 ? a : 0);
            double sd = ROWCOV_BEND * sinh(x[at]), variance = sd * sd;

            variance += fmax(variance, 1.0) * move[at];
            t->sigma[a + b * k] = a == b || t->sd_count == 1 ? variance * t->unit[a] * t->unit[b] * t->C[a + b * k] : 0.0;
        }
}

bool rowcov_spread_set(struct rowcov *m, const struct fit *fit, const double move[])
{
    double *x = m->point;

    for (int i = 0; i < m->count; i++)
        x[i] = fit->structured[i] + (rowcov_spread_is_variance(m, i) ? 0.0 : move[i]);
    if (!rowcov_set(m, x))
        return false;
    for (int t = 0; t < m->term_count; t++)
        if (has_variances(&m->terms[t])) {
            move_variances(&m->terms[t], x, move);
            rowcov_scale_rows(m, &m->terms[t]);
        }
    m->sigma2 = fit->dispersion * (1.0 + move[m->count]);
    return true;
}

size_t rowcov_spread_clusters(const struct rowcov *m)
{
    return m->cluster_count;
}

size_t rowcov_spread_rows(const struct rowcov *m, size_t cluster, const size_t **row, size_t *alike)
{
    *row = m->row + m->clusters[cluster].from;
    *alike = m->clusters[cluster].alike;
    return m->clusters[cluster].count;
}

void rowcov_spread_fill(struct rowcov *m, size_t cluster, double V[])
{
    size_t count = m->clusters[cluster].count;

    rowcov_fill(m, &m->clusters[cluster], true, V);
    for (size_t j = 0; j < count; j++)
        for (size_t i = j; i < count; i++) {
            V[i + j * count] *= m->sigma2;
            V[j + i * count] = V[i + j * count];
        }
}
