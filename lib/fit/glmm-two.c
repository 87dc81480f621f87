/* glmm-two.c -- rows with two linear predictors that have random terms: eta of the mean, zeta of zero inflation or of
 * the dispersion (NUMERICS 7).
 *
 * Each slot belongs to one of them, and z~_i falls into z~ of eta and z~' of zeta.  W_i is a symmetric matrix of second
 * derivatives,
 *
 *   M = I + sum_i  W z~z~' + W' (z~z~'' + z~'z~') + W'' z~'z~'',    W = -l_ee, W' = -l_ez, W'' = -l_zz
 *
 * and what glmm-gradient.c says of h, s and t holds for each predictor, with h = z~'Qz~, h' = z~'Qz~', h'' = z~''Qz~':
 *
 *   s_e = -(h l_eee + 2h' l_eez + h'' l_ezz),   s_z = -(h l_eez + 2h' l_ezz + h'' l_zzz)
 *   df/d(fixed part of eta) = -2 l_e + s_e - W t_e - W' t_z,    of zeta alike
 *   df/dtau = -2 l_t - (h l_tee + 2h' l_tez + h'' l_tzz) + t_e l_te + t_z l_tz */
#include <math.h>
#include <string.h>

#include "fit/glmm-parts.h"

void two_set_rows(struct glm *m, const double u[])
{
    int K = m->K;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;

        m->eta[i] = m->fixed[i];
        m->two->rows[i] = m->beside_fixed[i];
        for (int a = 0; a < K; a++)
            *(m->slot_beside[a] ? &m->two->rows[i] : &m->eta[i]) += zt[a] * u[column[a]];
    }
}

void two_add_slope(struct glm *m)
{
    int K = m->K;
    const double *of_eta = m->d[D_ETA], *of_zeta = m->d[D_SHAPE(m->two->slot)];

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;

        for (int a = 0; a < K; a++)
            m->slope[column[a]] -= (m->slot_beside[a] ? of_zeta[i] : of_eta[i]) * zt[a];
    }
}

/* The nearest matrix without negative eigenvalues. */
static void make_positive(double w[3])
{
    double middle = 0.5 * (w[0] + w[2]), half = 0.5 * (w[0] - w[2]), radius = hypot(half, w[1]);
    double high = fmax(middle + radius, 0), low = fmax(middle - radius, 0), c = radius > 0 ? half / radius : 1,
           s = radius > 0 ? w[1] / radius : 0;

    if (middle - radius >= 0)
        return;
    w[0] = 0.5 * (high + low) + 0.5 * (high - low) * c;
    w[1] = 0.5 * (high - low) * s;
    w[2] = 0.5 * (high + low) - 0.5 * (high - low) * c;
}

void two_assemble(struct glm *m, bool positive)
{
    int K = m->K;
    double *value = m->precision->value, w[3];
    const int32_t *place = m->place;
    const double *zt = m->zt;
    const bool *beside = m->slot_beside;

    for (size_t i = 0; i < m->n; i++, zt += K) {
        two_weights(m, i, w);
        if (positive)
            make_positive(w);
        for (int a = 0; a < K; a++)
            for (int b = 0; b <= a; b++)
                value[*place++] += w[beside[a] + beside[b]] * zt[a] * zt[b];
    }
}

/* What a row is in the inverse: Q z~ of either predictor over its slots, and the three products. */
struct two_leverage {
    double v[2][GLM_SLOTS], h[3];
};

static void set_leverage(const struct glm *m, size_t i, struct two_leverage *l)
{
    int K = m->K;
    const double *zt = m->zt + i * (size_t)K, *inverse = m->precision->inverse;
    const int32_t *place = m->place + i * (size_t)(K * (K + 1) / 2);
    const bool *beside = m->slot_beside;

    memset(l, 0, sizeof *l);
    for (int a = 0; a < K; a++)
        for (int b = 0; b <= a; b++, place++) {
            l->v[beside[b]][a] += inverse[*place] * zt[b];
            if (b < a)
                l->v[beside[a]][b] += inverse[*place] * zt[a];
        }
    for (int a = 0; a < K; a++) {
        l->h[beside[a]] += zt[a] * l->v[0][a] * (beside[a] ? 0.5 : 1);
        l->h[1 + beside[a]] += zt[a] * l->v[1][a] * (beside[a] ? 1 : 0.5);
    }
}

/* s of both predictors. */
static void set_pull(const struct glm *m, size_t i, const struct two_leverage *l, double s[2])
{
    double third[4] = { m->d[D_ETA3][i], m->d[D_SHAPE(m->two->slot) + 2][i], m->d[D_BESIDE + 1][i], m->d[D_BESIDE + 2][i] };

    for (int k = 0; k < 2; k++)
        s[k] = -(l->h[0] * third[k] + 2 * l->h[1] * third[k + 1] + l->h[2] * third[k + 2]);
}

/* a = M^-1 (Z~'s + 2 dh/du) */
static void set_adjoint(struct glm *m)
{
    int K = m->K;
    struct two_leverage leverage;
    double s[2];

    for (int j = 0; j < m->q; j++)
        m->adjoint[j] = 2 * m->slope[j];
    for (size_t i = 0; i < m->n; i++) {
        set_leverage(m, i, &leverage);
        set_pull(m, i, &leverage, s);
        for (int a = 0; a < K; a++)
            m->adjoint[m->column[i * (size_t)K + (size_t)a]] += s[m->slot_beside[a]] * m->zt[i * (size_t)K + (size_t)a];
    }
    precision_solve(m->precision, m->adjoint);
}

/* What row i gives to theta; c: the coefficient of u, l: the slopes of log f, w: W, by predictor. */
static void add_theta(const struct glm *m, size_t i, const double c[2], const double l[2], const double w[3],
                      const struct two_leverage *leverage, double dtheta[])
{
    int K = m->K;
    const int32_t *column = m->column + i * (size_t)K;

    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const double *z = m->z + i * (size_t)K + term->slot;
        double *out = dtheta + term->theta;
        int of = term->beside;

        for (int b = 0; b < term->k; b++) {
            int slot = term->slot + b;
            double r = c[of] * m->u[column[slot]] + l[of] * m->adjoint[column[slot]]
                       + 2 * (w[of] * leverage->v[0][slot] + w[of + 1] * leverage->v[1][slot]);

            for (int a = b, end = term->design->covariance->end(term->k, b); a < end; a++)
                *out++ += z[a] * r;
        }
    }
}

/* What row i gives to the outer parameters behind theta but those of zeta. */
static void add_rest(struct glm *m, size_t i, const double h[3], const double t[2])
{
    for (int k = 0; k < m->part_count; k++) {
        const struct glm_part *part = &m->part[k];
        double *const *d = m->d + D_SHAPE(part->slot), *const *cross = m->d + D_BESIDE_SHAPE(part->slot);

        if (part != m->two)
            glm_add_rest(m, part, i,
                         -2 * d[0][i] - (h[0] * d[2][i] + 2 * h[1] * cross[1][i] + h[2] * cross[2][i]) + t[0] * d[1][i]
                             + t[1] * cross[0][i],
                         m->work_rest);
    }
}

void two_gradient(struct glm *m, double gradient[])
{
    int K = m->K;
    double *dtheta = gradient + m->p;
    struct two_leverage leverage;

    memset(m->work_rest, 0, sizeof(double) * (size_t)m->rest);
    memset(gradient, 0, sizeof(double) * (size_t)(m->p + m->theta_count));
    set_adjoint(m);
    for (size_t i = 0; i < m->n; i++) {
        double w[3], s[2], t[2] = { 0, 0 }, c[2], l[2] = { m->d[D_ETA][i], m->d[D_SHAPE(m->two->slot)][i] };

        set_leverage(m, i, &leverage);
        set_pull(m, i, &leverage, s);
        two_weights(m, i, w);
        for (int a = 0; a < K; a++)
            t[m->slot_beside[a]] += m->zt[i * (size_t)K + (size_t)a] * m->adjoint[m->column[i * (size_t)K + (size_t)a]];
        for (int k = 0; k < 2; k++)
            c[k] = -2 * l[k] + s[k] - w[k] * t[0] - w[k + 1] * t[1];
        add_theta(m, i, c, l, w, &leverage, dtheta);
        add_rest(m, i, leverage.h, t);
        glm_add_rest(m, m->two, i, c[1], m->work_rest);
        for (int j = 0; j < m->p; j++)
            gradient[j] += m->X[i + (size_t)j * m->n] * c[0];
    }
    memcpy(dtheta + m->theta_count, m->work_rest, sizeof(double) * (size_t)glm_rest_count(m));
}
