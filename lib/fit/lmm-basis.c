/* lmm-basis.c -- the well-conditioned basis in which a linear mixed model is fitted (see lmm-private.h).
 *
 * Means are taken in long double and subtracted before anything is squared, so that data near 10^12 that differ in the first
 * decimal lose nothing but what their representation lost. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/lmm-private.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"
#include "fit/tolerances.h"

static const double DEPENDENT = 1e-10; /* a squared sine: columns that near are better orthogonalized than multiplied */

static double weight_of(const struct lmm *m, size_t i)
{
    return m->design->weights == NULL ? 1.0 : m->design->weights[i];
}

static bool set_weights(struct lmm *m, struct glmm_error *err)
{
    const double *w = m->design->weights;

    if (w == NULL)
        return true;
    m->root_weight = mem_alloc(m->n, sizeof(double));
    if (m->root_weight == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < m->n; i++) {
        m->root_weight[i] = sqrt(w[i]);
        m->constants -= log(w[i]);
    }
    return true;
}

static double weighted_mean(const struct lmm *m, const double *x, const double *minus)
{
    long double sum = 0.0L, total = 0.0L, first = m->n > 0 ? (long double)x[0] - (minus == NULL ? 0.0 : minus[0]) : 0.0L;

    for (size_t i = 0; i < m->n; i++) {
        long double w = weight_of(m, i);

        sum += w * ((long double)x[i] - (minus == NULL ? 0.0 : minus[i]) - first);
        total += w;
    }
    return (double)(first + (total > 0.0L ? sum / total : 0.0L));
}

/* The column of X that is one value throughout, or -1. */
static int find_constant(const struct lmm *m)
{
    for (int j = 0; j < m->p; j++) {
        const double *x = m->design->X + (size_t)j * m->n;
        size_t i = 1;

        while (i < m->n && x[i] == x[0])
            i++;
        if (i == m->n && m->n > 0 && x[0] != 0.0)
            return j;
    }
    return -1;
}

/* Q and R of the centred, weighted X, by Householder's method; Q goes where the columns stood. */
static bool orthonormalize(struct lmm *m, struct watch *watch, struct glmm_error *err)
{
    size_t p = (size_t)m->p;

    if (watch_stopped(watch) || !watched_qr((int)m->n, m->p, m->E, m->R, watch))
        return watch_stopped(watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the fixed effects were orthonormalized")
                                    : fail_memory(err);
    for (size_t j = 0; j < p; j++)
        if (!(fabs(m->R[j + j * p]) > 0.0))
            return fail(err, GLMM_E_MODEL, NOWHERE, "the column `%s` of the fixed effects is a combination of the others",
                        m->design->names[j]);
    return true;
}

/* y: centred, scaled, and freed of its projection on Q (twice, for orthogonality to rounding). */
static bool set_response(struct lmm *m, struct glmm_error *err)
{
    const struct design *d = m->design;
    double *y = m->E + (size_t)m->p * m->n, one = 1.0, minus = -1.0, zero = 0.0, square = 0.0, before = 0.0;
    int rows = (int)m->n, p = m->p, step = 1;

    if (m->constant >= 0)
        m->y_center = weighted_mean(m, d->y, d->offset);
    for (size_t i = 0; i < m->n; i++) {
        y[i] = d->y[i] - (d->offset == NULL ? 0.0 : d->offset[i]) - m->y_center;
        before = fmax(before, fabs(y[i]));
    }
    if (!(before > 0.0) || !(before > 8.0 * DBL_EPSILON * fabs(m->y_center)))
        return fail(err, GLMM_E_MODEL, NOWHERE, "the response `%s` is constant: there is nothing to explain", d->response);
    for (size_t i = 0; i < m->n; i++)
        y[i] = y[i] / before * (m->root_weight == NULL ? 1.0 : m->root_weight[i]);
    memset(m->projection, 0, sizeof(double) * (size_t)p);
    for (int pass = 0; pass < 2 && p > 0; pass++) {
        double *part = m->beta;

        dgemv_("T", &rows, &p, &one, m->E, &rows, y, &step, &zero, part, &step);
        dgemv_("N", &rows, &p, &minus, m->E, &rows, part, &step, &one, y, &step);
        for (int j = 0; j < p; j++)
            m->projection[j] += part[j];
    }
    for (size_t i = 0; i < m->n; i++)
        square += y[i] * y[i];
    m->y_scale = sqrt(square / (double)m->n);
    if (!(m->y_scale > TOLERANCE_NO_RESIDUAL))
        return fail(err, GLMM_E_MODEL, NOWHERE, "the fixed effects explain `%s` exactly: there is no residual variation to model",
                    d->response);
    for (size_t i = 0; i < m->n; i++)
        y[i] /= m->y_scale;
    for (int j = 0; j < p; j++)
        m->projection[j] /= m->y_scale;
    m->y_scale *= before;
    return true;
}

static bool set_fixed(struct lmm *m, struct watch *watch, struct glmm_error *err)
{
    const struct design *d = m->design;

    if (m->n > INT_MAX)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "%zu rows are more than this version can fit (%d)", m->n, INT_MAX);
    m->constant = find_constant(m);
    for (int j = 0; j < m->p && !watch_stops(watch); j++) {
        const double *x = d->X + (size_t)j * m->n;
        double *out = m->E + (size_t)j * m->n;

        m->center[j] = m->constant >= 0 && j != m->constant ? weighted_mean(m, x, NULL) : 0.0;
        for (size_t i = 0; i < m->n; i++)
            out[i] = (x[i] - m->center[j]) * (m->root_weight == NULL ? 1.0 : m->root_weight[i]);
    }
    if (!orthonormalize(m, watch, err))
        return false;
    for (int j = 0; m->reml && j < m->p; j++)
        m->constants += 2.0 * log(fabs(m->R[j + j * m->p]));
    return set_response(m, err);
}

/* Cholesky from the last column backwards. */
bool lmm_inner_factor(int k, const double *product, double *R)
{
    memset(R, 0, sizeof(double) * (size_t)(k * k));
    for (int j = k - 1; j >= 0; j--) {
        double pivot = product[j + j * k];

        for (int r = j + 1; r < k; r++)
            pivot -= R[r + j * k] * R[r + j * k];
        if (!(pivot > DEPENDENT * product[j + j * k]))
            return false;
        R[j + j * k] = sqrt(pivot);
        for (int i = j - 1; i >= 0; i--) { /* row j of R: entry (j, i) from product (j, i) */
            double sum = product[j + i * k];

            for (int r = j + 1; r < k; r++)
                sum -= R[r + j * k] * R[r + i * k];
            R[j + i * k] = sum / R[j + j * k];
        }
    }
    return true;
}

/* Solves from the last column. */
void lmm_to_inner(int k, const double *R, double *z)
{
    for (int j = k - 1; j >= 0; j--) {
        for (int r = j + 1; r < k; r++)
            z[j] -= z[r] * R[r + j * k];
        z[j] /= R[j + j * k];
    }
}

static bool set_term(struct lmm *m, int t, struct glmm_error *err)
{
    const struct random_design *random = &m->design->random[t];
    struct lmm_term *term = &m->terms[t];
    int k = random->k;
    double *product;

    term->k = k;
    term->covariance = k == 1 ? &covariance_diagonal : random->covariance;
    term->levels = random->level_count;
    term->free_count = random_parameters(random);
    term->first = m->theta_count;
    m->theta_count += term->free_count;
    term->basis = NEW_ARRAY(double, 5 * k * k);
    if (term->basis == NULL)
        return fail_memory(err);
    product = term->basis + k * k;
    term->lambda = product + k * k;
    term->products = term->lambda + k * k;
    term->gamma = term->products + k * k;
    m->lambda[t] = term->lambda;
    m->gamma[t] = term->gamma;
    if (random->z == NULL && m->root_weight == NULL) {
        term->basis[0] = 1.0;
        return true;
    }
    term->z = mem_alloc(m->n * (size_t)k, sizeof(double));
    if (term->z == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < k; a++)
            term->z[i * (size_t)k + (size_t)a] = (random->z == NULL ? 1.0 : random->z[i * (size_t)k + (size_t)a])
                                                 * (m->root_weight == NULL ? 1.0 : m->root_weight[i]);
    for (size_t i = 0; i < m->n; i++)
        for (int q = 0; q < k; q++)
            for (int a = 0; a < k; a++)
                product[a + q * k] += term->z[i * (size_t)k + (size_t)a] * term->z[i * (size_t)k + (size_t)q] / (double)m->n;
    if (!term->covariance->correlated || !lmm_inner_factor(k, product, term->basis)) {
        memset(term->basis, 0, sizeof(double) * (size_t)(k * k));
        for (int a = 0; a < k; a++)
            term->basis[a + a * k] = product[a + a * k] > 0.0 ? sqrt(product[a + a * k]) : 1.0;
    }
    for (size_t i = 0; i < m->n; i++)
        lmm_to_inner(k, term->basis, term->z + i * (size_t)k);
    return true;
}

bool lmm_set_basis(struct lmm *m, struct watch *watch, struct glmm_error *err)
{
    bool ok = set_weights(m, err) && set_fixed(m, watch, err);

    for (int t = 0; ok && t < m->term_count; t++)
        ok = set_term(m, t, err);
    return ok;
}
