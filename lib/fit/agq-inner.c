/* agq-inner.c -- the integral over one level of the innermost factor, with its gradient: see agq-nested.h.
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

/* --- small pieces shared by all levels -------------------------------------------------------- */

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

        if (term->grouping == g)
            glm_add_template(term, share, zl + term->offset, u + term->offset, theta + term->theta);
    }
}

/* --- a level of the innermost factor ------------------------------------------------------------- */

static double leaf_value(struct glm *m, const struct nested_rows *rows, const double *u, enum density_order order,
                         double *const out[D_COUNT])
{
    struct nested_leaf *w = &m->quadrature->nested->leaf;
    int k = m->groupings[0].k;
    double norm = 0, density;

    for (int a = 0; a < k; a++)
        norm += u[a] * u[a];
    for (size_t i = rows->from; i < rows->to; i++) {
        double eta = rows->base[i - rows->from];

        for (int a = 0; a < k; a++)
            eta += m->zt[i * (size_t)m->K + (size_t)a] * u[a];
        w->eta[i - rows->from] = eta;
    }
    density = response_density(&m->response, rows->from, rows->to - rows->from, w->eta, order, out);
    return isfinite(density) ? 0.5 * norm - density : (double)INFINITY;
}

static double leaf_all(struct glm *m, int g, const struct nested_rows *rows, const double *u)
{
    (void)g;
    return leaf_value(m, rows, u, ORDER_ALL, m->quadrature->nested->leaf.d);
}

/* False when M is not positive definite with these weights. */
static bool leaf_system(struct glm *m, int g, const struct nested_rows *rows, const double *u, bool positive)
{
    struct nested_leaf *w = &m->quadrature->nested->leaf;
    int k = m->groupings[g].k;

    for (int a = 0; a < k; a++) {
        w->step[a] = u[a];
        for (int b = 0; b < k; b++)
            w->M[a + b * k] = a == b;
    }
    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
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
static void leaf_solve(const struct glm *m, int g, double *x)
{
    const double *L = m->quadrature->nested->leaf.M;
    int k = m->groupings[g].k;

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

static void leaf_leverage(const struct glm *m, int g, size_t i, double *v)
{
    const double *Q = m->quadrature->nested->leaf.Q, *zt = m->zt + i * (size_t)m->K;
    int k = m->groupings[g].k;

    for (int a = 0; a < k; a++) {
        v[a] = 0;
        for (int b = 0; b < k; b++)
            v[a] += Q[a + b * k] * zt[b];
    }
}

/* The sums over the nodes, divided by that of their shares; returns the latter. */
static double leaf_nodes(struct glm *m, const struct nested_rows *rows, double value)
{
    struct nested_leaf *w = &m->quadrature->nested->leaf;
    int k = m->groupings[0].k;
    double *out[D_COUNT] = { [D_ETA] = w->node_slope }, total = 0, share;

    for (int j = 0; j < m->part_count; j++)
        out[D_SHAPE(m->part[j].slot)] = w->node_shape[m->part[j].slot];
    memset(w->odometer, 0, sizeof(int) * (size_t)k);
    memset(w->G, 0, sizeof(double) * (size_t)(k * k));
    memset(w->sum_g, 0, sizeof(double) * (size_t)k);
    memset(w->sum_slope, 0, sizeof(double) * (rows->to - rows->from));
    memset(w->theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->rest, 0, sizeof(double) * (size_t)m->rest);
    do {
        double weight = nested_node(m->quadrature, k, w->odometer, w->v);

        for (int a = 0; a < k; a++) {
            w->node_u[a] = w->mode[a];
            for (int b = a; b < k; b++)
                w->node_u[a] += w->T[a + b * k] * w->v[b];
        }
        share = exp(weight - (leaf_value(m, rows, w->node_u, ORDER_GRADIENT, out) - value));
        if (!(share > 0))
            continue;
        total += share;
        for (int a = 0; a < k; a++) {
            w->zl[a] = 0;
            w->g[a] = -w->node_u[a];
        }
        for (size_t i = rows->from; i < rows->to; i++) {
            double l = w->node_slope[i - rows->from];

            w->sum_slope[i - rows->from] += share * l;
            for (int a = 0; a < k; a++) {
                w->zl[a] += l * m->z[i * (size_t)m->K + (size_t)a];
                w->g[a] += l * m->zt[i * (size_t)m->K + (size_t)a];
            }
            for (int j = 0; j < m->part_count; j++)
                glm_add_rest(m, &m->part[j], i, share * w->node_shape[m->part[j].slot][i - rows->from], w->rest);
        }
        nested_add_explicit(m, 0, share, w->zl, w->node_u, w->theta);
        for (int a = 0; a < k; a++) {
            w->sum_g[a] += share * w->g[a];
            for (int b = 0; b < k; b++)
                w->G[a + b * k] += share * w->g[a] * w->v[b];
        }
    } while (nested_next(m->quadrature, k, w->odometer));
    for (int j = 0; j < k * k; j++)
        w->G[j] /= total;
    for (int a = 0; a < k; a++)
        w->adjoint[a] = -2 * w->sum_g[a] / total;
    for (size_t i = 0; i < rows->to - rows->from; i++)
        w->sum_slope[i] /= total;
    for (int j = 0; j < m->rest; j++)
        w->rest[j] /= total;
    for (int j = 0; j < m->theta_count; j++)
        w->theta[j] /= total;
    return total;
}

double nested_leaf_integral(struct glm *m, const struct nested_rows *rows)
{
    struct nested_leaf *w = &m->quadrature->nested->leaf;
    int k = m->groupings[0].k;
    int32_t shift[GLM_SLOTS], first = m->groupings[0].first[nested_level(m, 0, rows->from)];
    const struct nested_search search = { .g = 0,
                                          .q = k,
                                          .mode = w->mode,
                                          .try = w->try,
                                          .step = w->step,
                                          .gradient = w->gradient,
                                          .value = leaf_all,
                                          .system = leaf_system,
                                          .solve = leaf_solve };
    const struct nested_end end = { .g = 0,
                                    .slots = k,
                                    .shift = shift,
                                    .u = w->mode,
                                    .sum_slope = w->sum_slope,
                                    .sum_theta = w->theta,
                                    .sum_rest = w->rest,
                                    .adjoint = w->adjoint,
                                    .d = w->d,
                                    .solve = leaf_solve,
                                    .leverage = leaf_leverage };
    double value, determinant, total;

    for (int a = 0; a < k; a++)
        shift[a] = first;
    if (!nested_mode(m, rows, &search, &value))
        return -INFINITY;
    determinant = nested_scale(k, w->M, w->T);
    total = leaf_nodes(m, rows, value);
    nested_q(k, w->G, w->T, w->B, w->Q);
    nested_slopes(m, rows, &end);
    return log(total) - value - determinant;
}
