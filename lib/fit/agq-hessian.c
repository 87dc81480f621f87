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
 *   M_a    = -sum (l''' eta_a z~^2 + 2 l'' z~ z~_a),  and M_ab once more so, with fourth derivatives.
 *
 * A parameter behind theta moves eta by way of the modes alone, and the densities by themselves: where l stands it has l_a beside
 * l' eta_a, in R_a it has l'_a z~, in M_a l''_a z~^2, and so on.  What two of them have in common at the nodes, the sum of
 * s_k l_ab, is gathered row by row in another pass over the nodes, with the shares of the first: for the thresholds of ordered
 * categories from what families give, for others by differences, which glmm-hessian.c takes. */
#include "fit/agq.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* What is known of a level; P = p + 1 + rest parameters, theta among them number p. */
struct quadrature_curves {
    int P;
    size_t most;
    double M, *second;              /* most: l'' of the rows at a node */
    double *mixed[FAMILY_SLOTS];    /* most: the slope of l' in the shape of a slot there */
    double *eta;                    /* most x P: eta_a at the mode */
    double *u, *M_slope, *F, *mean; /* P */
    double Z2, *slopes, *cross; /* sum l'' z^2 at a node; P: sum l_a and sum l'_a z at a node, as far as they do not go by u */
    double *both;               /* 2 x rest: of a parameter behind theta, sum l'_ab z~ and sum l''_ab z~^2 at the mode */
    double *u_curve, *L, *sum;  /* P x P, lower: u^_ab, L_ab, sum_k s_k (F_ab + F_a F_b) */
    double *row_weight, g, A;   /* most: sum_k s_k l''; slope of -h at a node; sum l' z there */
    double *row_mixed[FAMILY_SLOTS]; /* most: the same sum of `mixed` */
    double *share, *scale;           /* levels x QUADRATURE_MOST: the shares of the nodes, 1 together; levels: T */
    bool keeps;                      /* those of all levels, which is needed with parameters behind theta; else of one */
    double *row_slope[FAMILY_SLOTS]; /* n: sum_k s_k of the slope in the shape of a slot */
    double *row_curve[FAMILY_SLOTS][FAMILY_SLOTS]; /* n: and of the slope of that in the shape of the second */
};

bool quadrature_has_hessian(const struct glm *m)
{
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].rate != NULL)
            return false;
    return m->nodes > 1 && m->grouping_count == 1 && m->K == 1 && m->theta_count == 1 && m->several == NULL;
}

bool quadrature_prepare_curves(struct glm *m, size_t most)
{
    struct quadrature_work *w = m->quadrature;
    size_t rest = (size_t)m->rest, P = (size_t)m->p + 1 + rest, parts = (size_t)m->part_count;
    size_t levels = rest > 0 ? (size_t)m->groupings[0].level_count : 1;
    struct quadrature_curves *c = arena_alloc(w->arena, 1, sizeof *c);
    double *next = arena_alloc(w->arena, (2 + 2 * parts + P) * most + 6 * P + 3 * P * P + 2 * rest, sizeof *next);
    double *more = arena_alloc(w->arena, levels * (QUADRATURE_MOST + 1) + parts * (parts + 1) * m->n, sizeof *more);

    if (c == NULL || next == NULL || more == NULL)
        return false;
    memset(c, 0, sizeof *c);
    c->keeps = rest > 0;
    c->P = (int)P;
    c->most = most;
    c->second = next;
    c->row_weight = c->second + most;
    c->eta = c->row_weight + most;
    c->u = c->eta + most * P;
    c->M_slope = c->u + P;
    c->F = c->M_slope + P;
    c->mean = c->F + P;
    c->slopes = c->mean + P;
    c->cross = c->slopes + P;
    c->u_curve = c->cross + P;
    c->L = c->u_curve + P * P;
    c->sum = c->L + P * P;
    c->both = c->sum + P * P;
    next = c->both + 2 * rest;
    c->share = more;
    c->scale = c->share + levels * QUADRATURE_MOST;
    more = c->scale + levels;
    for (int k = 0; k < m->part_count; k++, next += 2 * most) {
        c->mixed[k] = next;
        c->row_mixed[k] = next + most;
        c->row_slope[k] = more;
        more += m->n;
        for (int j = 0; j < m->part_count; j++, more += m->n)
            c->row_curve[k][j] = more;
    }
    w->curves = c;
    return true;
}

/* e_a of a row. */
static double direct(const struct glm *m, size_t i, int a, double u)
{
    return a < m->p ? m->X[i + (size_t)a * m->n] : a == m->p ? m->z[i] * u : 0;
}

/* z~_a of a row. */
static double moves(const struct glm *m, size_t i, int a)
{
    return a == m->p ? m->z[i] : 0;
}

/* The slope along parameter a of a derivative of row i at its mode, at the same eta. */
static inline double alone(const struct glm *m, const struct quadrature_beyond *beyond, size_t i, int a, int derivative)
{
    return beyond->outer == NULL || a <= m->p
               ? 0
               : beyond->outer[((size_t)(a - m->p - 1) * beyond->width + (size_t)(derivative - D_ETA)) * m->n + i];
}

/* M, u^_a, eta_a, M_a. */
static void set_mode_slopes(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double u,
                            const struct quadrature_beyond *beyond)
{
    double *const *d = m->d;

    c->M = 1;
    for (size_t i = from; i < to; i++)
        c->M -= d[D_ETA2][i] * m->zt[i] * m->zt[i];
    for (int a = 0; a < c->P; a++) {
        double *eta = c->eta + (size_t)a * c->most, R = 0, M = 0;

        for (size_t i = from; i < to; i++)
            R += (d[D_ETA2][i] * direct(m, i, a, u) + alone(m, beyond, i, a, D_ETA)) * m->zt[i] + d[D_ETA][i] * moves(m, i, a);
        c->u[a] = R / c->M;
        for (size_t i = from; i < to; i++) {
            eta[i - from] = direct(m, i, a, u) + m->zt[i] * c->u[a];
            M -= (d[D_ETA3][i] * eta[i - from] + alone(m, beyond, i, a, D_ETA2)) * m->zt[i] * m->zt[i]
                 + 2 * d[D_ETA2][i] * m->zt[i] * moves(m, i, a);
        }
        c->M_slope[a] = M;
    }
}

/* Of parameter b behind theta with each of the others there: sum l'_ab z~ and sum l''_ab z~^2. */
static void set_both(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, int b,
                     const struct quadrature_beyond *beyond)
{
    memset(c->both, 0, sizeof(double) * 2 * (size_t)m->rest);
    for (int k = 0; k < m->part_count && b > m->p; k++)
        for (size_t i = from; i < to; i++) {
            int at = D_SHAPE(m->part[k].slot);
            double zt = m->zt[i];

            glm_add_rest(m, &m->part[k], i, alone(m, beyond, i, b, at + 1) * zt, c->both);
            glm_add_rest(m, &m->part[k], i, alone(m, beyond, i, b, at + 2) * zt * zt, c->both + m->rest);
        }
}

/* d_b R_a over the rows of a level, but for what `both` has. */
static inline double mode_curve(const struct glm *m, const struct quadrature_curves *c, size_t from, size_t to, int a, int b,
                                double u, const struct quadrature_beyond *beyond)
{
    double *const *d = m->d;
    const double *eta = c->eta + (size_t)b * c->most;
    double sum = 0;

    for (size_t i = from; i < to; i++) {
        double zt = m->zt[i], za = moves(m, i, a), zb = moves(m, i, b), e = direct(m, i, a, u), eta_b = eta[i - from];

        sum += d[D_ETA3][i] * eta_b * e * zt + d[D_ETA2][i] * (za * c->u[b] * zt + e * zb + eta_b * za);
        if (beyond->outer != NULL)
            sum += alone(m, beyond, i, b, D_ETA2) * e * zt + alone(m, beyond, i, b, D_ETA) * za
                   + alone(m, beyond, i, a, D_ETA2) * eta_b * zt + alone(m, beyond, i, a, D_ETA) * zb;
    }
    return sum;
}

/* M_ab, of the rows, but for what `both` has. */
static inline double scale_curve(const struct glm *m, const struct quadrature_curves *c, size_t from, size_t to, int a, int b,
                                 const struct quadrature_beyond *beyond)
{
    double *const *d = m->d;
    const double *eta_a = c->eta + (size_t)a * c->most, *eta_b = c->eta + (size_t)b * c->most;
    double M = 0, u_ab = c->u_curve[a + b * c->P];

    for (size_t i = from; i < to; i++) {
        double zt = m->zt[i], za = moves(m, i, a), zb = moves(m, i, b), ea = eta_a[i - from], eb = eta_b[i - from];

        M -= beyond->fourth[i] * ea * eb * zt * zt + 2 * d[D_ETA2][i] * za * zb
             + d[D_ETA3][i] * zt * (zt * (za * c->u[b] + zb * c->u[a] + zt * u_ab) + 2 * (ea * zb + eb * za));
        if (beyond->outer != NULL)
            M -= zt * zt * (alone(m, beyond, i, b, D_ETA3) * ea + alone(m, beyond, i, a, D_ETA3) * eb)
                 + 2 * zt * (alone(m, beyond, i, a, D_ETA2) * zb + alone(m, beyond, i, b, D_ETA2) * za);
    }
    return M;
}

/* u^_ab and L_ab. */
static void set_mode_curves(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double u,
                            const struct quadrature_beyond *beyond)
{
    const struct quadrature_beyond plain = { .fourth = beyond->fourth, .outer = NULL };

    for (int b = 0; b < c->P; b++) {
        set_both(m, c, from, to, b, beyond);
        for (int a = b; a < c->P; a++) {
            bool outer = a > m->p;
            double R = outer ? mode_curve(m, c, from, to, a, b, u, beyond) + c->both[a - m->p - 1]
                             : mode_curve(m, c, from, to, a, b, u, &plain);
            double M;

            c->u_curve[a + b * c->P] = (R - c->M_slope[b] * c->u[a]) / c->M;
            M = outer ? scale_curve(m, c, from, to, a, b, beyond) - c->both[m->rest + a - m->p - 1]
                      : scale_curve(m, c, from, to, a, b, &plain);
            c->L[a + b * c->P] = 0.5 * (c->M_slope[a] * c->M_slope[b] / c->M - M) / c->M;
        }
    }
}

/* Of the parameters behind theta: `slopes`, `cross`, and a node's share of the sums by rows. */
static void set_outer_slopes(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double share)
{
    const struct quadrature_work *w = m->quadrature;
    double *slopes = c->slopes + m->p + 1, *cross = c->cross + m->p + 1;

    memset(slopes, 0, sizeof(double) * (size_t)(c->P - m->p - 1));
    memset(cross, 0, sizeof(double) * (size_t)(c->P - m->p - 1));
    for (int k = 0; k < m->part_count; k++) {
        const double *slope = w->shape[m->part[k].slot], *mixed = c->mixed[k];

        for (size_t i = from; i < to; i++) {
            glm_add_rest(m, &m->part[k], i, slope[i - from], slopes);
            glm_add_rest(m, &m->part[k], i, mixed[i - from] * m->z[i], cross);
            c->row_mixed[k][i - from] += share * mixed[i - from];
            c->row_slope[k][i] += share * slope[i - from];
        }
    }
}

/* What a node's rows have of each parameter at the same u: `slopes`, `cross`; and their share of the sums by rows. */
static void set_node_slopes(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double u, double share)
{
    const double *slope = m->quadrature->slope, *second = c->second, *z = m->z + from;
    double A = 0, Z2 = 0, *weight = c->row_weight;
    size_t count = to - from;
    int p = m->p;

    for (size_t i = 0; i < count; i++) {
        A += slope[i] * z[i];
        Z2 += second[i] * z[i] * z[i];
        weight[i] += share * second[i];
    }
    for (int a = 0; a < p; a++) {
        const double *x = m->X + (size_t)a * m->n + from;
        double slopes = 0, cross = 0;

        for (size_t i = 0; i < count; i++) {
            slopes += slope[i] * x[i];
            cross += second[i] * x[i] * z[i];
        }
        c->slopes[a] = slopes;
        c->cross[a] = cross;
    }
    c->slopes[p] = A * u;
    c->cross[p] = u * Z2;
    c->A = A;
    c->Z2 = Z2;
    if (m->part_count > 0)
        set_outer_slopes(m, c, from, to, share);
}

/* A node's share of the sums, whose rows' l' and l'' are known. */
static void add_node(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to, double v, double u, double share)
{
    int p = m->p, P = c->P;
    double T = 1 / sqrt(c->M), theta = m->terms[0].lambda[0];

    set_node_slopes(m, c, from, to, u, share);
    c->g = theta * c->A - u;
    for (int a = 0; a < P; a++) {
        double t = -0.5 * c->M_slope[a] / c->M;

        c->F[a] = c->slopes[a] + c->g * (c->u[a] + T * t * v) + t;
        c->mean[a] += share * c->F[a];
    }
    for (int b = 0; b < P; b++)
        for (int a = b; a < P; a++) {
            double ta = -0.5 * c->M_slope[a] / c->M, tb = -0.5 * c->M_slope[b] / c->M, L = c->L[a + b * P];
            double ua = c->u[a] + T * ta * v, ub = c->u[b] + T * tb * v;
            double curve = theta * (c->cross[a] * ub + c->cross[b] * ua) + (theta * theta * c->Z2 - 1) * ua * ub + L
                           + c->g * (c->u_curve[a + b * P] + T * (L + ta * tb) * v);

            if (a == p)
                curve += u * c->cross[b] + c->A * (ub + (b == p ? ua : 0));
            else if (b == p)
                curve += u * c->cross[a] + c->A * ua;
            c->sum[a + b * P] += share * (curve + c->F[a] * c->F[b]);
        }
}

/* What the sums by rows are of the coefficients of X, with each other and with what is behind theta. */
static void add_rows(const struct glm *m, struct quadrature_curves *c, size_t from, size_t to)
{
    int p = m->p, P = c->P;

    for (int b = 0; b < p; b++) {
        const double *x = m->X + (size_t)b * m->n;

        for (int a = b; a < p; a++) {
            double sum = 0;

            for (size_t i = from; i < to; i++)
                sum += c->row_weight[i - from] * m->X[i + (size_t)a * m->n] * x[i];
            c->sum[a + b * P] += sum;
        }
        for (int k = 0; k < m->part_count; k++)
            for (size_t i = from; i < to; i++)
                glm_add_rest(m, &m->part[k], i, c->row_mixed[k][i - from] * x[i], c->sum + b * P + p + 1);
    }
}

/* Where the derivatives of the rows at a node go; order of the shapes as of the parts. */
static void set_out(const struct glm *m, double *out[D_COUNT])
{
    struct quadrature_work *w = m->quadrature;

    memset(out, 0, sizeof *out * D_COUNT);
    out[D_ETA] = w->slope;
    out[D_ETA2] = w->curves->second;
    for (int k = 0; k < m->part_count; k++) {
        out[D_SHAPE(m->part[k].slot)] = w->shape[m->part[k].slot];
        out[D_SHAPE(m->part[k].slot) + 1] = w->curves->mixed[k];
    }
}

static double density_at(struct glm *m, size_t from, size_t to, double u, enum density_order order, double *const out[D_COUNT])
{
    struct quadrature_work *w = m->quadrature;

    for (size_t i = from; i < to; i++)
        w->eta[i - from] = m->fixed[i] + m->zt[i] * u;
    return response_density(&m->response, from, to - from, w->eta, order, out) - 0.5 * u * u;
}

/* Adds -2 d2 log I of a level to the lower triangle. */
static bool add_level(struct glm *m, int32_t l, double mode, const struct quadrature_beyond *beyond, double hessian[])
{
    struct quadrature_work *w = m->quadrature;
    struct quadrature_curves *c = w->curves;
    size_t from = m->groupings[0].row_from[l], to = m->groupings[0].row_to[l];
    double *out[D_COUNT], T, total = 0, base = 0, *shares;
    int P = c->P, middle = w->nodes / 2;

    l = c->keeps ? l : 0;
    shares = c->share + (size_t)l * QUADRATURE_MOST;
    set_out(m, out);
    set_mode_slopes(m, c, from, to, mode, beyond);
    set_mode_curves(m, c, from, to, mode, beyond);
    c->scale[l] = T = 1 / sqrt(c->M);
    memset(c->mean, 0, sizeof(double) * (size_t)P);
    memset(c->sum, 0, sizeof(double) * (size_t)(P * P));
    memset(c->row_weight, 0, sizeof(double) * (to - from));
    for (int k = 0; k < m->part_count; k++)
        memset(c->row_mixed[k], 0, sizeof(double) * (to - from));
    for (int k = 0; k < w->nodes; k++) {
        int at = k == 0 ? middle : k <= middle ? k - 1 : k; /* the middle one first: shares are beside its density */
        double v = w->node[at], u = mode + T * v, density = density_at(m, from, to, u, ORDER_HESSIAN, out);

        if (k == 0)
            base = density;
        shares[at] = exp(w->log_weight[at] + 0.5 * v * v + density - base);
        if (!(shares[at] > 0))
            continue;
        total += shares[at];
        add_node(m, c, from, to, v, u, shares[at]);
    }
    add_rows(m, c, from, to);
    for (int k = 0; k < w->nodes; k++)
        shares[k] /= total;
    for (int k = 0; k < m->part_count; k++)
        for (size_t i = from; i < to; i++)
            c->row_slope[k][i] /= total;
    for (int b = 0; b < P; b++)
        for (int a = b; a < P; a++)
            hessian[a + b * P] -= 2 * (c->sum[a + b * P] / total - c->mean[a] / total * (c->mean[b] / total));
    return isfinite(total) && total > 0;
}

bool quadrature_hessian(struct glm *m, const struct quadrature_beyond *beyond, double hessian[])
{
    const struct grouping *levels = &m->groupings[0];
    struct quadrature_curves *c = m->quadrature->curves;
    int n = m->p + 1 + glm_rest_count(m);
    bool ok = true;

    c->P = n;
    memset(hessian, 0, sizeof *hessian * (size_t)(n * n));
    for (int k = 0; k < m->part_count; k++) {
        memset(c->row_slope[k], 0, sizeof(double) * m->n);
        for (int j = 0; j < m->part_count; j++)
            memset(c->row_curve[k][j], 0, sizeof(double) * m->n);
    }
    for (int32_t l = 0; ok && l < levels->level_count; l++)
        ok = glm_goes_on(m) && add_level(m, l, m->u[levels->first[l]], beyond, hessian);
    return ok;
}

/* --- two parameters behind theta ------------------------------------------------------------------ */

/* Of thresholds t below and above, of which the density depends by t - eta alone: see glmm-threshold.c. */
static void add_thresholds(struct glm *m, size_t from, size_t to, double share)
{
    struct quadrature_work *w = m->quadrature;
    struct quadrature_curves *c = w->curves;

    for (size_t i = from; i < to; i++) {
        size_t r = i - from;
        double weight = m->weights == NULL ? 1 : m->weights[i], cross = -w->shape[0][r] * w->shape[1][r] / weight;

        for (int k = 0; k < 2; k++) {
            c->row_curve[k][k][i] -= share * (c->mixed[k][r] + cross);
            c->row_curve[k][1 - k][i] += share * cross;
        }
    }
}

/* The same slopes at the places where the shares were found, less those that were found there. */
bool quadrature_add_curves(struct glm *m, int part, double weight)
{
    struct quadrature_work *w = m->quadrature;
    struct quadrature_curves *c = w->curves;
    const struct grouping *levels = &m->groupings[0];
    bool ordered = m->response.family->categories > 0;
    double *out[D_COUNT];

    set_out(m, out);
    for (int j = 0; !ordered && j < m->part_count; j++)
        for (size_t i = 0; i < m->n; i++)
            c->row_curve[j][part][i] -= weight * c->row_slope[j][i];
    for (int32_t l = 0; l < levels->level_count && glm_goes_on(m); l++) {
        size_t from = levels->row_from[l], to = levels->row_to[l];

        for (int k = 0; k < w->nodes; k++) {
            double share = c->share[(size_t)l * QUADRATURE_MOST + (size_t)k];

            if (!(share > 0))
                continue;
            if (!isfinite(density_at(m, from, to, m->u[levels->first[l]] + c->scale[l] * w->node[k],
                                     ordered ? ORDER_HESSIAN : ORDER_GRADIENT, out)))
                return false;
            if (ordered)
                add_thresholds(m, from, to, share);
            for (int j = 0; !ordered && j < m->part_count; j++)
                for (size_t i = from; i < to; i++)
                    c->row_curve[j][part][i] += share * weight * w->shape[m->part[j].slot][i - from];
        }
    }
    return !watch_stopped(&m->watch);
}

/* How much the shape of a part's slot in row i moves with outer parameter j behind theta. */
static double rate_at(const struct glm *m, const struct glm_part *part, size_t i, int j)
{
    if (part->design != NULL)
        return j < part->first || j >= part->first + part->count ? 0 : part->X[i + (size_t)(j - part->first) * m->n];
    return part->index == NULL ? part->first == j : part->index[i] >= 0 && part->first + part->index[i] == j;
}

void quadrature_put_curves(const struct glm *m, double hessian[])
{
    const struct quadrature_curves *c = m->quadrature->curves;
    int first = m->p + 1, n = c->P;

    for (int b = 0; first + b < n; b++) {
        memset(m->work_rest, 0, sizeof(double) * (size_t)m->rest);
        for (int j = 0; j < m->part_count; j++)
            for (size_t i = 0; i < m->n; i++) {
                double rate = rate_at(m, &m->part[j], i, b);

                for (int k = 0; rate != 0 && k < m->part_count; k++)
                    glm_add_rest(m, &m->part[k], i, rate * c->row_curve[k][j][i], m->work_rest);
            }
        for (int a = b; first + a < n; a++)
            hessian[first + a + (first + b) * n] -= 2 * m->work_rest[a];
    }
}
