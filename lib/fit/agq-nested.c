/* agq-nested.c -- see agq-nested.h.
 *
 * For an outer level with unknowns u and inner levels c in it,
 *
 *   I = |L|^-1 sum_k w_k exp(F(u_k) + v_k'v_k/2),   F(u) = -u'u/2 + sum_c log I_c(u),   u_k = u^ + L^-T v_k
 *
 * where u^ is the outer part of the joint mode, L the factor of its Schur complement, and I_c(u) the adaptive quadrature
 * of agq.h around the inner mode given u.  One node is Laplace's approximation.  An inner integral gives its own exact
 * gradient in the fixed part of its rows' eta (through its mode and curvature too), so that the outer rule treats it as
 * a log density.
 *
 * The outer curvature S = A - B'D^-1 B depends on the whole of M: <dS, Q> = <dM, E Q E'> with E = [-D^-1 B; I], which is
 * what takes the place of M^-1 in glmm-gradient.c. */
#include "fit/agq-nested.h"

#include <math.h>
#include <string.h>

#include "linalg/dense.h"

#define ARRAY(type, count) ((type *)arena_alloc(w->arena, (size_t)(count) > 0 ? (size_t)(count) : 1, sizeof(type)))

enum { INNER_STEPS = 60 };

struct nested_work {
    /* The outer level: rows from `from` on. */
    double *base, *slope;           /* rows: fixed part with the outer effects; dF/d(base) */
    double *u, *v, *g, *T, *G, *Tq; /* k1; k1 x k1 */
    double *theta;                  /* theta_count: of F at a node */
    double *rest;                   /* the same in the outer parameters behind theta */
    double *sum_theta, *sum_rest;
    int *odometer;
    /* An inner level. */
    double *mode, *try, *step, *adjoint, *mean, *zl, *inner_g, *inner_v, *node_u; /* k0 */
    double *M, *inner_T, *inner_G, *B, *Q;                                        /* k0 x k0 */
    double *eta, *d[D_COUNT], *node_slope, *node_shape[FAMILY_SLOTS], *E;         /* rows of an inner level */
    double *inner_theta, *inner_rest;
    int *inner_odometer;
    int32_t *child_from, *child; /* the inner levels of each outer level */
};

/* --- small pieces shared by both levels -------------------------------------------------------- */

/* T = L^-T, upper, from a lower factor; returns log|L|. */
static double scale_from(int k, const double *L, double *T)
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

/* Q = T (I + B~) T', B~ from the lower triangle of G'T. */
static void q_matrix(int k, const double *G, const double *T, double *B, double *Q)
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

/* The next node of a product rule: v and the log of its weight times exp(v'v/2). */
static double rule_node(const struct quadrature_work *w, int k, const int *odometer, double *v)
{
    double weight = 0;

    for (int a = 0; a < k; a++) {
        v[a] = w->node[odometer[a]];
        weight += w->log_weight[odometer[a]] + 0.5 * v[a] * v[a];
    }
    return weight;
}

static bool rule_next(const struct quadrature_work *w, int k, int *odometer)
{
    for (int a = 0; a < k; a++) {
        if (++odometer[a] < w->nodes)
            return true;
        odometer[a] = 0;
    }
    return false;
}

/* out[a, b] += share z_l[a] u[b] over the free entries of the terms of a grouping. */
static void add_explicit(const struct glm *m, int g, double share, const double *zl, const double *u, double *theta)
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

struct rows {
    size_t from, to;
    const double *base; /* of row `from` */
};

static double inner_value(struct glm *m, const struct rows *rows, const double *u, enum density_order order,
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
static bool inner_system(struct glm *m, const struct rows *rows, const double *u, bool positive)
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
static bool inner_mode(struct glm *m, const struct rows *rows, double *value)
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
        memcpy(w->adjoint, w->step, sizeof(double) * (size_t)k);
        small_solve(k, w->M, w->step);
        decrement = 0;
        for (int a = 0; a < k; a++)
            decrement += w->adjoint[a] * w->step[a];
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
static double inner_nodes(struct glm *m, const struct rows *rows, double value)
{
    struct nested_work *w = m->quadrature->nested;
    int k = m->groupings[0].k, slot = m->groupings[0].slot;
    double *out[D_COUNT] = { [D_ETA] = w->node_slope }, total = 0, share;

    for (int j = 0; j < m->part_count; j++)
        out[D_SHAPE(m->part[j].slot)] = w->node_shape[m->part[j].slot];
    memset(w->inner_odometer, 0, sizeof(int) * (size_t)k);
    memset(w->inner_G, 0, sizeof(double) * (size_t)(k * k));
    memset(w->mean, 0, sizeof(double) * (size_t)k);
    memset(w->E, 0, sizeof(double) * (rows->to - rows->from));
    memset(w->inner_theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->inner_rest, 0, sizeof(double) * (size_t)m->rest);
    do {
        double weight = rule_node(m->quadrature, k, w->inner_odometer, w->inner_v);

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

            w->E[i - rows->from] += share * l;
            for (int a = 0; a < k; a++) {
                w->zl[a] += l * m->z[i * (size_t)m->K + (size_t)(slot + a)];
                w->inner_g[a] += l * m->zt[i * (size_t)m->K + (size_t)(slot + a)];
            }
            for (int j = 0; j < m->part_count; j++)
                glm_add_rest(m, &m->part[j], i, share * w->node_shape[m->part[j].slot][i - rows->from], w->inner_rest);
        }
        add_explicit(m, 0, share, w->zl, w->node_u, w->inner_theta);
        for (int a = 0; a < k; a++) {
            w->mean[a] += share * w->inner_g[a];
            for (int b = 0; b < k; b++)
                w->inner_G[a + b * k] += share * w->inner_g[a] * w->inner_v[b];
        }
    } while (rule_next(m->quadrature, k, w->inner_odometer));
    return total;
}

/* log I_c at the base; its gradient goes to slope (rows) and is added to w->theta and w->rest. */
static double inner_integral(struct glm *m, const struct rows *rows, double *slope)
{
    struct nested_work *w = m->quadrature->nested;
    int k = m->groupings[0].k, slot = m->groupings[0].slot;
    double value, determinant, total, v[GLM_SLOTS], *s = slope;

    if (!inner_mode(m, rows, &value))
        return -INFINITY;
    determinant = scale_from(k, w->M, w->inner_T);
    total = inner_nodes(m, rows, value);
    for (int j = 0; j < k * k; j++)
        w->inner_G[j] /= total;
    q_matrix(k, w->inner_G, w->inner_T, w->B, w->Q);
    for (int a = 0; a < k; a++)
        w->adjoint[a] = -2 * w->mean[a] / total;
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
        slope[r] = w->E[r] / total - 0.5 * c;
        for (int j = 0; j < m->part_count; j++) {
            double *const *d = w->d + D_SHAPE(m->part[j].slot);

            glm_add_rest(m, &m->part[j], i, -0.5 * (t * d[1][r] - h * d[2][r]), w->rest);
        }
        for (int a = 0; a < k; a++) /* the coefficient of z[a] */
            v[a] = c * w->mode[a] + l * w->adjoint[a] + 2 * weight * v[a];
        add_explicit(m, 0, -0.5, z, v, w->theta);
    }
    return log(total) - value - determinant;
}

/* --- an outer level ------------------------------------------------------------------------------ */

/* F at w->u, with its gradient in w->slope, w->theta and w->rest.  `start` holds the joint mode, from which the inner modes
 * are predicted. */
static double outer_value(struct glm *m, int32_t level)
{
    struct nested_work *w = m->quadrature->nested;
    const struct grouping *inner = &m->groupings[0], *outer = &m->groupings[1];
    int k0 = inner->k, k1 = outer->k, first = outer->first[level];
    size_t from = outer->row_from[level];
    double F = 0;

    memset(w->theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->rest, 0, sizeof(double) * (size_t)m->rest);
    for (int a = 0; a < k1; a++)
        F -= 0.5 * w->u[a] * w->u[a];
    for (size_t i = from; i < outer->row_to[level]; i++) {
        w->base[i - from] = m->fixed[i];
        for (int a = 0; a < k1; a++)
            w->base[i - from] += m->zt[i * (size_t)m->K + (size_t)(outer->slot + a)] * w->u[a];
    }
    for (int32_t j = w->child_from[level]; j < w->child_from[level + 1]; j++) {
        int32_t c = w->child[j];
        struct rows rows = { inner->row_from[c], inner->row_to[c], w->base + (inner->row_from[c] - from) };

        /* u_c - D^-1 B (u - u^), where L_sc = B'L_cc^-T: solve L_cc' x = L_sc'(u - u^). */
        for (int a = k0 - 1; a >= 0; a--) {
            double sum = 0;

            for (int b = 0; b < k1; b++)
                sum += m->precision->value[precision_place(m->precision, first + b, inner->first[c] + a)]
                       * (w->u[b] - m->u[first + b]);
            for (int b = a + 1; b < k0; b++)
                sum -= m->precision->value[precision_place(m->precision, inner->first[c] + b, inner->first[c] + a)] * w->zl[b];
            w->zl[a] = sum / m->precision->value[precision_place(m->precision, inner->first[c] + a, inner->first[c] + a)];
        }
        for (int a = 0; a < k0; a++)
            w->mode[a] = m->u[inner->first[c] + a] - w->zl[a];
        F += inner_integral(m, &rows, w->slope + (inner->row_from[c] - from));
    }
    return F;
}

static void add_outer_node(struct glm *m, int32_t level, double share)
{
    struct nested_work *w = m->quadrature->nested;
    struct quadrature_sums *sums = &m->quadrature->sums;
    const struct grouping *outer = &m->groupings[1];
    int k = outer->k;
    size_t from = outer->row_from[level];
    double zl[GLM_SLOTS] = { 0 };

    for (int a = 0; a < k; a++)
        w->g[a] = -w->u[a];
    for (size_t i = from; i < outer->row_to[level]; i++) {
        double l = w->slope[i - from];

        sums->mean_slope[i] += share * l;
        for (int a = 0; a < k; a++) {
            zl[a] += l * m->z[i * (size_t)m->K + (size_t)(outer->slot + a)];
            w->g[a] += l * m->zt[i * (size_t)m->K + (size_t)(outer->slot + a)];
        }
    }
    for (int j = 0; j < m->theta_count; j++)
        w->sum_theta[j] += share * w->theta[j];
    add_explicit(m, 1, share, zl, w->u, w->sum_theta);
    for (int a = 0; a < k; a++) {
        sums->mode[outer->first[level] + a] += share * w->g[a];
        for (int b = 0; b < k; b++)
            w->G[a + b * k] += share * w->g[a] * w->v[b];
    }
}

/* E Q E' into the inverse: Q for the outer block, -P Q and P Q P' with P = D^-1 B for its inner ones, P' = L_sc L_cc^-1. */
static void spread_q(struct glm *m, int32_t level, const double *Q)
{
    struct nested_work *w = m->quadrature->nested;
    struct precision *f = m->precision;
    const struct grouping *inner = &m->groupings[0], *outer = &m->groupings[1];
    int k0 = inner->k, k1 = outer->k, first = outer->first[level];
    double P[GLM_SLOTS * GLM_SLOTS], PQ[GLM_SLOTS * GLM_SLOTS];

    for (int a = 0; a < k1; a++)
        for (int b = 0; b <= a; b++)
            f->inverse[precision_place(f, first + a, first + b)] = Q[a + b * k1];
    for (int32_t j = w->child_from[level]; j < w->child_from[level + 1]; j++) {
        int at = inner->first[w->child[j]];

        for (int s = 0; s < k1; s++) /* row s of L_sc L_cc^-1, from the last column back */
            for (int a = k0 - 1; a >= 0; a--) {
                double sum = f->value[precision_place(f, first + s, at + a)];

                for (int b = a + 1; b < k0; b++)
                    sum -= P[b + s * k0] * f->value[precision_place(f, at + b, at + a)];
                P[a + s * k0] = sum / f->value[precision_place(f, at + a, at + a)];
            }
        for (int a = 0; a < k0; a++)
            for (int s = 0; s < k1; s++) {
                PQ[a + s * k0] = 0;
                for (int r = 0; r < k1; r++)
                    PQ[a + s * k0] += P[a + r * k0] * Q[r + s * k1];
                f->inverse[precision_place(f, first + s, at + a)] = -PQ[a + s * k0];
            }
        for (int a = 0; a < k0; a++)
            for (int b = 0; b <= a; b++) {
                double sum = 0;

                for (int s = 0; s < k1; s++)
                    sum += PQ[a + s * k0] * P[b + s * k0];
                f->inverse[precision_place(f, at + a, at + b)] = sum;
            }
    }
}

static double outer_integral(struct glm *m, int32_t level)
{
    struct nested_work *w = m->quadrature->nested;
    struct quadrature_sums *sums = &m->quadrature->sums;
    const struct grouping *outer = &m->groupings[1];
    int k = outer->k, first = outer->first[level];
    size_t from = outer->row_from[level], to = outer->row_to[level];
    double top, determinant, total = 0, share, *L = w->Tq, *Q = w->Tq;

    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++)
            L[a + b * k] = m->precision->value[precision_place(m->precision, first + a, first + b)];
    determinant = scale_from(k, L, w->T);
    memcpy(w->u, m->u + first, sizeof(double) * (size_t)k);
    top = outer_value(m, level);
    if (!isfinite(top))
        return -INFINITY;
    memset(w->odometer, 0, sizeof(int) * (size_t)k);
    memset(w->G, 0, sizeof(double) * (size_t)(k * k));
    memset(w->sum_theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->sum_rest, 0, sizeof(double) * (size_t)m->rest);
    do {
        double weight = rule_node(m->quadrature, k, w->odometer, w->v);

        for (int a = 0; a < k; a++) {
            w->u[a] = m->u[first + a];
            for (int b = a; b < k; b++)
                w->u[a] += w->T[a + b * k] * w->v[b];
        }
        share = exp(weight + outer_value(m, level) - top);
        if (!(share > 0))
            continue;
        total += share;
        for (int j = 0; j < m->rest; j++)
            w->sum_rest[j] += share * w->rest[j];
        add_outer_node(m, level, share);
    } while (rule_next(m->quadrature, k, w->odometer) && glm_goes_on(m));
    for (int a = 0; a < k; a++)
        sums->mode[first + a] /= total;
    for (size_t i = from; i < to; i++)
        sums->mean_slope[i] /= total;
    for (int j = 0; j < m->theta_count; j++)
        sums->theta[j] += w->sum_theta[j] / total;
    for (int j = 0; j < m->rest; j++)
        sums->rest[j] += w->sum_rest[j] / total;
    for (int j = 0; j < k * k; j++)
        w->G[j] /= total;
    {
        double B[GLM_SLOTS * GLM_SLOTS];

        q_matrix(k, w->G, w->T, B, Q);
    }
    spread_q(m, level, Q);
    return log(total) + top - determinant;
}

double nested_integrate(struct glm *m)
{
    struct quadrature_sums *sums = &m->quadrature->sums;
    double total = 0;

    memset(sums->mean_slope, 0, sizeof(double) * m->n);
    memset(sums->mode, 0, sizeof(double) * (size_t)m->q);
    memset(sums->theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(sums->rest, 0, sizeof(double) * (size_t)m->rest);
    for (int32_t l = 0; l < m->groupings[1].level_count && glm_goes_on(m); l++)
        total += outer_integral(m, l);
    return isnan(total) ? (double)-INFINITY : total;
}

/* --- room ---------------------------------------------------------------------------------------- */

static size_t most_rows(const struct grouping *grouping)
{
    size_t most = 1;

    for (int32_t l = 0; l < grouping->level_count; l++)
        if (grouping->row_to[l] - grouping->row_from[l] > most)
            most = grouping->row_to[l] - grouping->row_from[l];
    return most;
}

/* The inner levels of each outer level; a level without rows belongs to none. */
static bool list_children(struct glm *m, struct nested_work *nested, struct quadrature_work *w)
{
    const struct grouping *inner = &m->groupings[0], *outer = &m->groupings[1];
    int32_t *from = nested->child_from = ARRAY(int32_t, outer->level_count + 2);

    nested->child = ARRAY(int32_t, inner->level_count);
    if (from == NULL || nested->child == NULL)
        return false;
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t c = 0; c < inner->level_count; c++) {
            int32_t of;

            if (inner->row_from[c] == inner->row_to[c])
                continue;
            of = outer->level[m->row[inner->row_from[c]]];
            if (pass == 0)
                from[of + 2]++;
            else
                nested->child[from[of + 1]++] = c;
        }
        for (int32_t l = 0; pass == 0 && l < outer->level_count; l++)
            from[l + 2] += from[l + 1];
    }
    return true;
}

bool nested_prepare(struct glm *m, struct glmm_error *err)
{
    struct quadrature_work *w = m->quadrature;
    struct nested_work *nested = w->nested = ARRAY(struct nested_work, 1);
    size_t outer_rows = most_rows(&m->groupings[1]), inner_rows = most_rows(&m->groupings[0]);
    int k0 = m->groupings[0].k, k1 = m->groupings[1].k;

    if (nested == NULL)
        return fail_memory(err);
    {
        double **vectors0[] = { &nested->mode, &nested->try,     &nested->step,    &nested->adjoint, &nested->mean,
                                &nested->zl,   &nested->inner_g, &nested->inner_v, &nested->node_u };
        double **matrices0[] = { &nested->M, &nested->inner_T, &nested->inner_G, &nested->B, &nested->Q };
        double **vectors1[] = { &nested->u, &nested->v, &nested->g }, **matrices1[] = { &nested->T, &nested->G, &nested->Tq };
        double **rows0[] = { &nested->eta, &nested->node_slope, &nested->E };
        double **rows1[] = { &nested->base, &nested->slope },
               **thetas[] = { &nested->theta, &nested->sum_theta, &nested->inner_theta },
               **rests[] = { &nested->rest, &nested->sum_rest, &nested->inner_rest };
        struct {
            double ***list;
            size_t count, size;
        } const all[] = {
            { vectors0, 9, (size_t)k0 },
            { matrices0, 5, (size_t)(k0 * k0) },
            { vectors1, 3, (size_t)k1 },
            { matrices1, 3, (size_t)(k1 * k1) },
            { rows0, 3, inner_rows },
            { rows1, 2, outer_rows },
            { thetas, 3, (size_t)m->theta_count },
            { rests, 3, (size_t)m->rest },
        };

        for (size_t a = 0; a < sizeof all / sizeof *all; a++)
            for (size_t b = 0; b < all[a].count; b++)
                if ((*all[a].list[b] = ARRAY(double, all[a].size)) == NULL)
                    return fail_memory(err);
        for (int j = 0; j < D_SHAPE(family_slots(m->response.family)) || j < D_SHAPE(1); j++)
            if ((nested->d[j] = ARRAY(double, inner_rows)) == NULL)
                return fail_memory(err);
        for (int j = 0; j < FAMILY_SLOTS; j++)
            if ((nested->node_shape[j] = ARRAY(double, inner_rows)) == NULL)
                return fail_memory(err);
    }
    nested->odometer = ARRAY(int, k1);
    nested->inner_odometer = ARRAY(int, k0);
    return (nested->odometer != NULL && nested->inner_odometer != NULL && list_children(m, nested, w)) || fail_memory(err);
}
