/* agq-hessian.c -- the exact second derivatives of the quadrature with one random effect a level.
 *
 * A level's log integral is log sum_k exp F_k, of which the shares s_k of the nodes make
 *
 *   d2 log I / da db = sum_k s_k (F_ab + F_a F_b) - (sum_k s_k F_a) (sum_k s_k F_b)
 *
 * where, with the mode u^, M = 1 - sum l'' z~^2 there, T = M^-1/2, u_k = u^ + T v_k, eta_i = fixed_i + z~_i u_k and z~ = z theta,
 *
 *   F    = log w_k + v_k^2/2 - u_k^2/2 + sum l(eta_i) - log(M)/2
 *   F_a  = sum l' eta_a - u_k u_a - M_a / 2M,     eta_a = e_a + z~ u_a,  e_a = x_a, or z u_k for theta
 *   F_ab = sum (l'' eta_a eta_b + l' eta_ab) - u_a u_b - u_k u_ab + L_ab,   eta_ab = z~_a u_b + z~_b u_a + z~ u_ab
 *
 * A node follows its mode and its scale: u_a = u^_a + T t_a v_k, u_ab = u^_ab + T (L_ab + t_a t_b) v_k, t_a = -M_a / 2M and
 * L_ab = -M_ab / 2M + M_a M_b / 2M^2.  The mode follows by the implicit function theorem, with R = sum l' z~ - u at u^:
 *
 *   M u^_a = R_a = sum (l'' e_a z~ + l' z~_a),   M u^_ab = d_b R_a - M_b u^_a
 *   M_a    = -sum (l''' eta_a z~^2 + 2 l'' z~ z~_a),  and M_ab once more so, with fourth derivatives. */
#include "fit/agq.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* What is known of a level; P = p + 1 parameters, theta the last. */
struct quadrature_curves {
    int P;
    size_t most;
    double M, *second;              /* most: l'' of the rows at a node */
    double *eta;                    /* most x P: eta_a at the mode */
    double *u, *M_slope, *F, *mean; /* P */
    double *cross;                  /* P: sum l'' x_a z at a node */
    double *u_curve, *L, *sum;      /* P x P, lower: u^_ab, L_ab, sum_k s_k (F_ab + F_a F_b) */
    double *row_weight, g, A;       /* most: sum_k s_k l''; slope of -h at a node; sum l' z there */
};

bool quadrature_has_hessian(const struct glm *m)
{
    return m->nodes > 1 && m->grouping_count == 1 && m->K == 1 && m->theta_count == 1 && m->rest == 0;
}

bool quadrature_prepare_curves(struct glm *m, size_t most)
{
    struct quadrature_work *w = m->quadrature;
    size_t P = (size_t)m->p + 1;
    struct quadrature_curves *c = arena_alloc(w->arena, 1, sizeof *c);
    double *next = arena_alloc(w->arena, 2 * most + most * P + 5 * P + 3 * P * P, sizeof *next);

    if (c == NULL || next == NULL)
        return false;
    c->P = (int)P;
    c->most = most;
    c->second = next;
    c->row_weight = c->second + most;
    c->eta = c->row_weight + most;
    c->u = c->eta + most * P;
    c->M_slope = c->u + P;
    c->F = c->M_slope + P;
    c->mean = c->F + P;
    c->cross = c->mean + P;
    c->u_curve = c->cross + P;
    c->L = c->u_curve + P * P;
    c->sum = c->L + P * P;
    w->curves = c;
    return true;
}

/* e_a of a row. */
static double direct(const struct glm *m, size_t i, int a, double u)
{
    return a < m->p ? m->X[i + (size_t)a * m->n] : m->z[i] * u;
}

/* z~_a of a row. */
static double moves(const struct glm *m, size_t i, int a)
{
    return a < m->p ? 0 : m->z[i];
}

/* M, u^_a, eta_a, M_a. */
static void set_mode_slopes(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double u)
{
    double *const *d = m->d;

    c->M = 1;
    for (size_t i = from; i < to; i++)
        c->M -= d[D_ETA2][i] * m->zt[i] * m->zt[i];
    for (int a = 0; a < c->P; a++) {
        double *eta = c->eta + (size_t)a * c->most, R = 0, M = 0;

        for (size_t i = from; i < to; i++)
            R += d[D_ETA2][i] * direct(m, i, a, u) * m->zt[i] + d[D_ETA][i] * moves(m, i, a);
        c->u[a] = R / c->M;
        for (size_t i = from; i < to; i++) {
            eta[i - from] = direct(m, i, a, u) + m->zt[i] * c->u[a];
            M -= d[D_ETA3][i] * eta[i - from] * m->zt[i] * m->zt[i] + 2 * d[D_ETA2][i] * m->zt[i] * moves(m, i, a);
        }
        c->M_slope[a] = M;
    }
}

/* u^_ab and L_ab; `fourth`: of all rows. */
static void set_mode_curves(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double u,
                            const double fourth[])
{
    double *const *d = m->d;

    for (int b = 0; b < c->P; b++)
        for (int a = b; a < c->P; a++) {
            const double *eta_a = c->eta + (size_t)a * c->most, *eta_b = c->eta + (size_t)b * c->most;
            double R = 0, M = 0, u_ab;

            for (size_t i = from; i < to; i++) {
                double zt = m->zt[i], za = moves(m, i, a), zb = moves(m, i, b), e = direct(m, i, a, u);

                R += d[D_ETA3][i] * eta_b[i - from] * e * zt + d[D_ETA2][i] * (za * c->u[b] * zt + e * zb + eta_b[i - from] * za);
            }
            u_ab = c->u_curve[a + b * c->P] = (R - c->M_slope[b] * c->u[a]) / c->M;
            for (size_t i = from; i < to; i++) {
                double zt = m->zt[i], za = moves(m, i, a), zb = moves(m, i, b), ea = eta_a[i - from], eb = eta_b[i - from];

                M -= fourth[i] * ea * eb * zt * zt + 2 * d[D_ETA2][i] * za * zb
                     + d[D_ETA3][i] * zt * (zt * (za * c->u[b] + zb * c->u[a] + zt * u_ab) + 2 * (ea * zb + eb * za));
            }
            c->L[a + b * c->P] = 0.5 * (c->M_slope[a] * c->M_slope[b] / c->M - M) / c->M;
        }
}

/* A node's share of the sums, whose rows' l' and l'' are known. */
static void add_node(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double v, double u, double share)
{
    const double *slope = m->quadrature->slope;
    int p = m->p, P = c->P;
    double T = 1 / sqrt(c->M), theta = m->terms[0].lambda[0], Z2 = 0;

    c->A = 0;
    for (size_t i = from; i < to; i++) {
        c->A += slope[i - from] * m->z[i];
        Z2 += c->second[i - from] * m->z[i] * m->z[i];
        c->row_weight[i - from] += share * c->second[i - from];
    }
    c->g = theta * c->A - u;
    for (int a = 0; a < P; a++) {
        const double *x = m->X + (size_t)a * m->n;
        double t = -0.5 * c->M_slope[a] / c->M, slopes = 0;

        c->cross[a] = 0;
        for (size_t i = from; i < to && a < p; i++) {
            slopes += slope[i - from] * x[i];
            c->cross[a] += c->second[i - from] * x[i] * m->z[i];
        }
        if (a == p) {
            slopes = c->A * u;
            c->cross[a] = u * Z2;
        }
        c->F[a] = slopes + c->g * (c->u[a] + T * t * v) + t;
        c->mean[a] += share * c->F[a];
    }
    for (int b = 0; b < P; b++)
        for (int a = b; a < P; a++) {
            double ta = -0.5 * c->M_slope[a] / c->M, tb = -0.5 * c->M_slope[b] / c->M, L = c->L[a + b * P];
            double ua = c->u[a] + T * ta * v, ub = c->u[b] + T * tb * v;
            double curve = theta * (c->cross[a] * ub + c->cross[b] * ua) + (theta * theta * Z2 - 1) * ua * ub + L
                           + c->g * (c->u_curve[a + b * P] + T * (L + ta * tb) * v);

            if (a == p)
                curve += u * c->cross[b] + c->A * (ub + (b == p ? ua : 0));
            c->sum[a + b * P] += share * (curve + c->F[a] * c->F[b]);
        }
}

/* Adds -2 d2 log I of a level to the lower triangle. */
static bool add_level(struct glm *m, size_t from, size_t to, double mode, const double fourth[], double hessian[])
{
    struct quadrature_work *w = m->quadrature;
    struct quadrature_curves *c = w->curves;
    double *out[D_COUNT] = { [D_ETA] = w->slope, [D_ETA2] = c->second }, T, total = 0, base = 0;
    int p = m->p, P = c->P, middle = w->nodes / 2;

    set_mode_slopes(m, c, from, to, mode);
    set_mode_curves(m, c, from, to, mode, fourth);
    T = 1 / sqrt(c->M);
    memset(c->mean, 0, sizeof(double) * (size_t)P);
    memset(c->sum, 0, sizeof(double) * (size_t)(P * P));
    memset(c->row_weight, 0, sizeof(double) * (to - from));
    for (int k = 0; k < w->nodes; k++) {
        int at = k == 0 ? middle : k <= middle ? k - 1 : k; /* the middle one first: shares are beside its density */
        double v = w->node[at], u = mode + T * v, density, share;

        for (size_t i = from; i < to; i++)
            w->eta[i - from] = m->fixed[i] + m->zt[i] * u;
        density = response_density(&m->response, from, to - from, w->eta, ORDER_HESSIAN, out) - 0.5 * u * u;
        if (k == 0)
            base = density;
        share = exp(w->log_weight[at] + 0.5 * v * v + density - base);
        if (!(share > 0))
            continue;
        total += share;
        add_node(m, c, from, to, v, u, share);
    }
    for (int b = 0; b < P; b++)
        for (int a = b; a < P; a++) {
            double sum = c->sum[a + b * P];

            for (size_t i = from; i < to && a < p; i++)
                sum += c->row_weight[i - from] * m->X[i + (size_t)a * m->n] * m->X[i + (size_t)b * m->n];
            hessian[a + b * P] -= 2 * (sum / total - c->mean[a] / total * (c->mean[b] / total));
        }
    return isfinite(total) && total > 0;
}

bool quadrature_hessian(struct glm *m, const double fourth[], double hessian[])
{
    const struct grouping *levels = &m->groupings[0];
    int P = m->p + 1;
    bool ok = true;

    memset(hessian, 0, sizeof *hessian * (size_t)(P * P));
    for (int32_t l = 0; ok && l < levels->level_count; l++)
        ok = glm_goes_on(m) && add_level(m, levels->row_from[l], levels->row_to[l], m->u[levels->first[l]], fourth, hessian);
    return ok;
}
