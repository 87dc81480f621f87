/* agq-inner.c -- the integral over one inner level, with its gradient: see agq-nested.h.
 *
 * With h(u) = u'u/2 - sum of the rows' log densities, its minimum u^, M = L L' its second derivatives there and T = L^-T,
 *
 *   log I = log sum_k w_k exp(v_k'v_k/2 + h(u^) - h(u_k)) - h(u^) - log|L|,   u_k = u^ + T v_k
 *
 * Let s_k be the shares of the nodes in that sum, and g_k the slope of -h at u_k.  What a parameter changes of log I is
 *
 *   of the densities    sum_k s_k d log f(u_k)
 *   of the mode         (sum_k s_k g_k)' du^, where M du^ is the change of the slope of -h at u^
 *   of the scale        -<dM, Q>/2 with Q = T (I + B~) T', B~ symmetric with the lower triangle of sum_k s_k v_k g_k' T: from
 *                       dT = -T times the upper half of T'dM T, and from log|L|
 *
 * dM holds third derivatives of the rows' densities, also by way of du^.  All that goes through the mode is gathered, in units of
 * -2 log I, in `adjoint` = M^-1 (-2 sum_k s_k g_k + sum_i c_i z_i), c_i = -z_i'Q z_i times the third derivative of row i, and
 * then meets the rows once. */
#include "fit/agq-nested-private.h"

#include <math.h>
#include <string.h>

#include "linalg/dense.h"

enum { INNER_STEPS = 60 };

/* --- small pieces shared by both levels -------------------------------------------------------- */

double nested_scale(int k, const double *L, double *T)
{
    double determinant = 0;

    for (int j = 0; j < k; j++) {
        for (int i = 0; i < k; i++)
            T[j + i * k] = 0;
        for (int i = j; i < k; i++) {
            double sum = i == j;

            for (int a = j; a < i; a++)
                sum -= L[i + a * k] * T[j + a * k];
            T[j + i * k] = sum / L[i + i * k];
        }
        determinant += log(L[j + j * k]);
    }
    return determinant;
}

void nested_q(int k, const double *G, const double *T, double *B, double *Q)
{
    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++) {
            double sum = a == b;

            for (int c = 0; c <= b; c++)
                sum += G[c + a * k] * T[c + b * k];
            B[a + b * k] = B[b + a * k] = sum;
        }
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) {
            double sum = 0;

            for (int c = a; c < k; c++)
                for (int e = b; e < k; e++)
                    sum += T[a + c * k] * B[c + e * k] * T[b + e * k];
            Q[a + b * k] = sum;
        }
}

double nested_node(const struct quadrature_work *w, int k, const int *odometer, double *v)
{
    double weight = 0;

    for (int a = 0; a < k; a++) {
        v[a] = w->node[odometer[a]];
        weight += w->log_weight[odometer[a]] + 0.5 * v[a] * v[a];
    }
    return weight;
}

bool nested_next(const struct quadrature_work *w, int k, int *odometer)
{
    for (int a = 0; a < k; a++) {
        if (++odometer[a] < w->nodes)
            return true;
        odometer[a] = 0;
    }
    return false;
}

void nested_add_explicit(const struct glm *m, int g, double share, const double *zl, const double *u, double *theta)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        double *out = theta + term->theta;

        if (term->grouping != g)
            continue;
        for (int b = 0; b < term->k; b++)
            for (int a = b; a < term->design->covariance->end(term->k, b); a++)
                *out++ += share * zl[term->offset + a] * u[term->offset + b];
    }
}

/* --- an inner level ------------------------------------------------------------------------------ */

static double inner_value(struct glm *m, const struct nested_rows *rows, const double *u, enum density_order order,
                          double *const out[D_COUNT])
{
    struct nested_work *w = m->quadrature->nested;
    int k = m->groupings[0].k, slot = m->groupings[0].slot;
    double norm = 0, density;

    for (int a = 0; a < k; a++)
        norm += u[a] * u[a];
    for (size_t i = rows->from; i < rows->to; i++) {
        double eta = rows->base[i - rows->from];

        for (int a = 0; a < k; a++)
            eta += m->zt[i * (size_t)m->K + (size_t)(slot + a)] * u[a];
        w->eta[i - rows->from] = eta;
    }
    density = response_density(&m->response, rows->from, rows->to - rows->from, w->eta, order, out);
    return isfinite(density) ? 0.5 * norm - density : (double)INFINITY;
}

/* M (its Cholesky factor) and the slope at the derivatives at hand.  False when M is not positive definite with these weights. */
static bool inner_system(struct glm *m, const struct nested_rows *rows, const double *u, bool positive)
{
    struct nested_work *w = m->quadrature->nested;
    int k = m->groupings[0].k, slot = m->groupings[0].slot;

    for (int a = 0; a < k; a++) {
        w->step[a] = u[a];
        for (int b = 0; b < k; b++)
            w->M[a + b * k] = a == b;
    }
    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K + slot;
        double l = w->d[D_ETA][i - rows->from], weight = -w->d[D_ETA2][i - rows->from];

        if (positive)
            weight = fmax(weight, 0);
        for (int a = 0; a < k; a++) {
            w->step[a] -= l * zt[a];
            for (int b = 0; b <= a; b++)
                w->M[a + b * k] += weight * zt[a] * zt[b];
        }
    }
    return small_chol(k, w->M) == 0;
}

/* x := (L L')^-1 x */
static void small_solve(int k, const double *L, double *x)
{
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < i; j++)
            x[i] -= L[i + j * k] * x[j];
        x[i] /= L[i + i * k];
    }
    for (int i = k - 1; i >= 0; i--) {
        for (int j = i + 1; j < k; j++)
            x[i] -= L[j + i * k] * x[j];
        x[i] /= L[i + i * k];
    }
}

/* From w->mode to the inner mode; leaves the derivatives there, and the factor of M in w->M.  *value gets h. */
static bool inner_mode(struct glm *m, const struct nested_rows *rows, double *value)
{
    struct nested_work *w = m->quadrature->nested;
    int k = m->groupings[0].k;
    double decrement, next = 0, alpha;
    bool observed, last = false;

    *value = inner_value(m, rows, w->mode, ORDER_ALL, w->d);
    if (!isfinite(*value)) {
        memset(w->mode, 0, sizeof(double) * (size_t)k);
        *value = inner_value(m, rows, w->mode, ORDER_ALL, w->d);
    }
    for (int i = 0; i < INNER_STEPS && isfinite(*value); i++) {
        observed = inner_system(m, rows, w->mode, false);
        if (last && observed)
            return true;
        if (!observed && !inner_system(m, rows, w->mode, true))
            return false;
        memcpy(w->gradient, w->step, sizeof(double) * (size_t)k);
        small_solve(k, w->M, w->step);
        decrement = 0;
        for (int a = 0; a < k; a++)
            decrement += w->gradient[a] * w->step[a];
        if (!(decrement > 1e-25))
            return observed;
        for (alpha = 1; alpha > 1e-10; alpha *= 0.5) {
            for (int a = 0; a < k; a++)
                w->try[a] = w->mode[a] - alpha * w->step[a];
            next = inner_value(m, rows, w->try, ORDER_ALL, w->d);
            if (next <= *value - 1e-4 * alpha * decrement || (decrement < 1e-7 && next <= *value + 1e-13 * (1 + fabs(*value))))
                break;
        }
        if (!(alpha > 1e-10)) {
            *value = inner_value(m, rows, w->mode, ORDER_ALL, w->d);
            return observed && decrement < 1e-6 * (1 + fabs(*value));
        }
        *value = next;
        memcpy(w->mode, w->try, sizeof(double) * (size_t)k);
        last = decrement < 1e-13 && alpha == 1;
    }
    return false;
}

/* The sums over the inner nodes; returns the sum of the shares. */
static double inner_nodes(struct glm *m, const struct nested_rows *rows, double value)
{
    struct nested_work *w = m->quadrature->nested;
    int k = m->groupings[0].k, slot = m->groupings[0].slot;
    double *out[D_COUNT] = { [D_ETA] = w->node_slope }, total = 0, share;

    for (int j = 0; j < m->part_count; j++)
        out[D_SHAPE(m->part[j].slot)] = w->node_shape[m->part[j].slot];
    memset(w->inner_odometer, 0, sizeof(int) * (size_t)k);
    memset(w->inner_G, 0, sizeof(double) * (size_t)(k * k));
    memset(w->sum_g, 0, sizeof(double) * (size_t)k);
    memset(w->sum_slope, 0, sizeof(double) * (rows->to - rows->from));
    memset(w->inner_theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->inner_rest, 0, sizeof(double) * (size_t)m->rest);
    do {
        double weight = nested_node(m->quadrature, k, w->inner_odometer, w->inner_v);

        for (int a = 0; a < k; a++) {
            w->node_u[a] = w->mode[a];
            for (int b = a; b < k; b++)
                w->node_u[a] += w->inner_T[a + b * k] * w->inner_v[b];
        }
        share = exp(weight - (inner_value(m, rows, w->node_u, ORDER_GRADIENT, out) - value));
        if (!(share > 0))
            continue;
        total += share;
        for (int a = 0; a < k; a++) {
            w->zl[a] = 0;
            w->inner_g[a] = -w->node_u[a];
        }
        for (size_t i = rows->from; i < rows->to; i++) {
            double l = w->node_slope[i - rows->from];

            w->sum_slope[i - rows->from] += share * l;
            for (int a = 0; a < k; a++) {
                w->zl[a] += l * m->z[i * (size_t)m->K + (size_t)(slot + a)];
                w->inner_g[a] += l * m->zt[i * (size_t)m->K + (size_t)(slot + a)];
            }
            for (int j = 0; j < m->part_count; j++)
                glm_add_rest(m, &m->part[j], i, share * w->node_shape[m->part[j].slot][i - rows->from], w->inner_rest);
        }
        nested_add_explicit(m, 0, share, w->zl, w->node_u, w->inner_theta);
        for (int a = 0; a < k; a++) {
            w->sum_g[a] += share * w->inner_g[a];
            for (int b = 0; b < k; b++)
                w->inner_G[a + b * k] += share * w->inner_g[a] * w->inner_v[b];
        }
    } while (nested_next(m->quadrature, k, w->inner_odometer));
    return total;
}

double nested_inner_integral(struct glm *m, const struct nested_rows *rows, double *slope)
{
    struct nested_work *w = m->quadrature->nested;
    int k = m->groupings[0].k, slot = m->groupings[0].slot;
    double value, determinant, total, v[GLM_SLOTS], *s = slope;

    if (!inner_mode(m, rows, &value))
        return -INFINITY;
    determinant = nested_scale(k, w->M, w->inner_T);
    total = inner_nodes(m, rows, value);
    for (int j = 0; j < k * k; j++)
        w->inner_G[j] /= total;
    nested_q(k, w->inner_G, w->inner_T, w->B, w->Q);
    for (int a = 0; a < k; a++)
        w->adjoint[a] = -2 * w->sum_g[a] / total;
    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K + slot;
        double h = 0;

        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++)
                h += zt[a] * w->Q[a + b * k] * zt[b];
        s[i - rows->from] = -h * w->d[D_ETA3][i - rows->from];
        for (int a = 0; a < k; a++)
            w->adjoint[a] += s[i - rows->from] * zt[a];
    }
    small_solve(k, w->M, w->adjoint);
    for (int j = 0; j < m->rest; j++)
        w->rest[j] += w->inner_rest[j] / total;
    for (int j = 0; j < m->theta_count; j++)
        w->theta[j] += w->inner_theta[j] / total;
    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K + slot, *z = m->z + i * (size_t)m->K + slot;
        size_t r = i - rows->from;
        double weight = -w->d[D_ETA2][r], l = w->d[D_ETA][r], t = 0, h = 0, c;

        for (int a = 0; a < k; a++) {
            t += zt[a] * w->adjoint[a];
            v[a] = 0;
            for (int b = 0; b < k; b++)
                v[a] += w->Q[a + b * k] * zt[b];
            h += zt[a] * v[a];
        }
        c = s[r] - weight * t;
        slope[r] = w->sum_slope[r] / total - 0.5 * c;
        for (int j = 0; j < m->part_count; j++) {
            double *const *d = w->d + D_SHAPE(m->part[j].slot);

            glm_add_rest(m, &m->part[j], i, -0.5 * (t * d[1][r] - h * d[2][r]), w->rest);
        }
        for (int a = 0; a < k; a++) /* the coefficient of z[a] */
            v[a] = c * w->mode[a] + l * w->adjoint[a] + 2 * weight * v[a];
        nested_add_explicit(m, 0, -0.5, z, v, w->theta);
    }
    return log(total) - value - determinant;
}
