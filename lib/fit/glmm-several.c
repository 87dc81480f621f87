/* glmm-several.c -- rows with several linear predictors that have random terms: that of the mean, and those of zero inflation, of
 * the dispersion, or of both (NUMERICS 7).
 *
 * Each slot belongs to one of them, and z~_i falls into one z~^k for each predictor k.  W_i is a symmetric matrix of second
 * derivatives, and with them, and the third,
 *
 *   M = I + sum_i sum_kl W_kl z~^k z~^l',    W_kl = -l_kl
 *
 * and what glmm-gradient.c says of h, s and t holds for each predictor, with h_kl = z~^k'Q z~^l:
 *
 *   s_k = -sum_ab h_ab l_abk
 *   df/d(fixed part of k) = -2 l_k + s_k - sum_a W_ka t_a
 *   df/dtau = -2 l_t - sum_ab h_ab l_abt + sum_a t_a l_at      (tau: any shape of the density that is none of them)
 *
 * Where three have random terms no family has a further shape. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "fit/glmm-parts.h"

/* --- where the derivatives are -------------------------------------------------------------------- */

/* The places of shape `slot` as one with random terms, and there of another shape. */
static int own_place(const struct glm *m, int slot)
{
    return slot == family_zero_shape(m->response.family) ? D_ZERO : D_CURVE;
}

static int other_place(const struct glm *m, int slot, int other)
{
    return own_place(m, slot) + 3 + 3 * other;
}

/* Of two predictors, and of three, in ascending order; 0: the mean's. */
static int second_place(const struct glm *m, const int slot[], int a, int b)
{
    return b == 0 ? D_ETA2 : a == 0 ? D_SHAPE(slot[b]) + 1 : a == b ? own_place(m, slot[a]) : other_place(m, slot[a], slot[b]);
}

static int third_place(const struct glm *m, const int slot[], int a, int b, int c)
{
    if (c == 0)
        return D_ETA3;
    if (b == 0)
        return D_SHAPE(slot[c]) + 2;
    if (a == 0)
        return b == c ? own_place(m, slot[b]) + 1 : other_place(m, slot[b], slot[c]) + 1;
    return a == b && b == c ? own_place(m, slot[a]) + 2
           : a == b         ? other_place(m, slot[a], slot[c]) + 2
                            : other_place(m, slot[c], slot[a]) + 2;
}

static void sort3(int k[3])
{
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < 2; j++)
            if (k[j] > k[j + 1]) {
                int swap = k[j];

                k[j] = k[j + 1];
                k[j + 1] = swap;
            }
}

static void set_slots(const struct several *s, int slot[GLM_PREDICTORS])
{
    slot[0] = 0;
    for (int k = 1; k < s->count; k++)
        slot[k] = s->part[k]->slot;
}

int several_third_place(const struct glm *m, int a, int b, int c)
{
    int slot[GLM_PREDICTORS], k[3] = { a, b, c };

    set_slots(m->several, slot);
    sort3(k);
    return third_place(m, slot, k[0], k[1], k[2]);
}

int several_other_place(const struct glm *m, const struct glm_part *part)
{
    return other_place(m, m->several->part[1]->slot, part->slot);
}

void several_place(struct glm *m)
{
    struct several *s = m->several;
    int slot[GLM_PREDICTORS];

    assert(s->count < GLM_PREDICTORS || m->part_count + 1 == s->count);
    set_slots(s, slot);
    for (int a = 0; a < s->count; a++) {
        s->first[a] = m->d[a == 0 ? D_ETA : D_SHAPE(slot[a])];
        for (int b = 0; b < s->count; b++) {
            s->second[a][b] = m->d[second_place(m, slot, a < b ? a : b, a < b ? b : a)];
            for (int c = 0; c < s->count; c++)
                s->third[a][b][c] = m->d[several_third_place(m, a, b, c)];
        }
    }
}

/* --- the modes -------------------------------------------------------------------------------------- */

void several_set_rows(struct glm *m, const double u[])
{
    const struct several *s = m->several;
    int K = m->K;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;

        m->eta[i] = m->fixed[i];
        for (int k = 1; k < s->count; k++)
            s->rows[k][i] = s->fixed[k][i];
        for (int a = 0; a < K; a++)
            s->rows[s->of[a]][i] += zt[a] * u[column[a]];
    }
}

void several_add_slope(struct glm *m)
{
    const struct several *s = m->several;
    int K = m->K;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;

        for (int a = 0; a < K; a++)
            m->slope[column[a]] -= s->first[s->of[a]][i] * zt[a];
    }
}

/* The nearest matrix without negative eigenvalues. */
static void make_positive_two(double w[GLM_PREDICTORS][GLM_PREDICTORS])
{
    double middle = 0.5 * (w[0][0] + w[1][1]), half = 0.5 * (w[0][0] - w[1][1]), radius = hypot(half, w[0][1]);
    double high = fmax(middle + radius, 0), low = fmax(middle - radius, 0), c = radius > 0 ? half / radius : 1,
           s = radius > 0 ? w[0][1] / radius : 0;

    if (middle - radius >= 0)
        return;
    w[0][0] = 0.5 * (high + low) + 0.5 * (high - low) * c;
    w[0][1] = w[1][0] = 0.5 * (high - low) * s;
    w[1][1] = 0.5 * (high + low) - 0.5 * (high - low) * c;
}

/* One rotation of Jacobi's method: w[a][b] becomes 0; V gathers the rotations. */
static void rotate(double w[GLM_PREDICTORS][GLM_PREDICTORS], double V[GLM_PREDICTORS][GLM_PREDICTORS], int a, int b)
{
    double ratio, t, c, s;

    if (w[a][b] == 0)
        return;
    ratio = (w[b][b] - w[a][a]) / (2 * w[a][b]);
    t = copysign(1, ratio) / (fabs(ratio) + hypot(ratio, 1));
    c = 1 / hypot(t, 1);
    s = t * c;
    for (int k = 0; k < GLM_PREDICTORS; k++) {
        double x = w[k][a], y = w[k][b], v = V[k][a], z = V[k][b];

        w[k][a] = c * x - s * y;
        w[k][b] = s * x + c * y;
        V[k][a] = c * v - s * z;
        V[k][b] = s * v + c * z;
    }
    for (int k = 0; k < GLM_PREDICTORS; k++) {
        double x = w[a][k], y = w[b][k];

        w[a][k] = c * x - s * y;
        w[b][k] = s * x + c * y;
    }
}

enum { SWEEPS = 8 }; /* of Jacobi's method, which converges quadratically: 3 x 3 is done by five */

static void make_positive(double w[GLM_PREDICTORS][GLM_PREDICTORS], int count)
{
    double V[GLM_PREDICTORS][GLM_PREDICTORS] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } }, value[GLM_PREDICTORS];

    if (count == 2) {
        make_positive_two(w);
        return;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int a = 0; a < GLM_PREDICTORS; a++)
            for (int b = a + 1; b < GLM_PREDICTORS; b++)
                rotate(w, V, a, b);
    for (int k = 0; k < GLM_PREDICTORS; k++)
        value[k] = fmax(w[k][k], 0);
    for (int a = 0; a < GLM_PREDICTORS; a++)
        for (int b = 0; b < GLM_PREDICTORS; b++) {
            w[a][b] = 0;
            for (int k = 0; k < GLM_PREDICTORS; k++)
                w[a][b] += V[a][k] * value[k] * V[b][k];
        }
}

void several_assemble(struct glm *m, bool positive)
{
    const struct several *s = m->several;
    int K = m->K;
    double *value = m->precision->value, w[GLM_PREDICTORS][GLM_PREDICTORS];
    const int32_t *place = m->place;
    const double *zt = m->zt;

    for (size_t i = 0; i < m->n; i++, zt += K) {
        several_weights(m, i, w);
        if (positive)
            make_positive(w, s->count);
        for (int a = 0; a < K; a++)
            for (int b = 0; b <= a; b++)
                value[*place++] += w[s->of[a]][s->of[b]] * zt[a] * zt[b];
    }
}

/* --- the gradient ------------------------------------------------------------------------------------ */

/* What a row is in the inverse: Q z~ of each predictor over its slots, and their products. */
struct several_leverage {
    double v[GLM_PREDICTORS][GLM_SLOTS], h[GLM_PREDICTORS][GLM_PREDICTORS];
};

static void set_leverage(const struct glm *m, size_t i, struct several_leverage *l)
{
    const struct several *s = m->several;
    int K = m->K;
    const double *zt = m->zt + i * (size_t)K, *inverse = m->precision->inverse;
    const int32_t *place = m->place + i * (size_t)(K * (K + 1) / 2);

    for (int k = 0; k < s->count; k++) {
        memset(l->v[k], 0, sizeof(double) * (size_t)K);
        memset(l->h[k], 0, sizeof l->h[k]);
    }
    for (int a = 0; a < K; a++)
        for (int b = 0; b <= a; b++, place++) {
            l->v[s->of[b]][a] += inverse[*place] * zt[b];
            if (b < a)
                l->v[s->of[a]][b] += inverse[*place] * zt[a];
        }
    for (int a = 0; a < K; a++)
        for (int k = 0; k < s->count; k++)
            l->h[s->of[a]][k] += zt[a] * l->v[k][a];
}

/* s of each predictor. */
static void set_pull(const struct glm *m, size_t i, const struct several_leverage *l, double s[GLM_PREDICTORS])
{
    int count = m->several->count;

    for (int k = 0; k < count; k++) {
        s[k] = 0;
        for (int a = 0; a < count; a++)
            for (int b = 0; b < count; b++)
                s[k] -= l->h[a][b] * m->several->third[a][b][k][i];
    }
}

/* a = M^-1 (Z~'s + 2 dh/du) */
static void set_adjoint(struct glm *m)
{
    int K = m->K;
    struct several_leverage leverage;
    double s[GLM_PREDICTORS];

    for (int j = 0; j < m->q; j++)
        m->adjoint[j] = 2 * m->slope[j];
    for (size_t i = 0; i < m->n; i++) {
        set_leverage(m, i, &leverage);
        set_pull(m, i, &leverage, s);
        for (int a = 0; a < K; a++)
            m->adjoint[m->column[i * (size_t)K + (size_t)a]] += s[m->several->of[a]] * m->zt[i * (size_t)K + (size_t)a];
    }
    precision_solve(m->precision, m->adjoint);
}

/* What row i gives to theta; c: the coefficient of u, w: W, by predictor. */
static void add_theta(const struct glm *m, size_t i, const double c[], double w[GLM_PREDICTORS][GLM_PREDICTORS],
                      const struct several_leverage *leverage, double dtheta[])
{
    const struct several *s = m->several;
    int K = m->K;
    const int32_t *column = m->column + i * (size_t)K;

    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const double *z = m->z + i * (size_t)K + term->slot;
        double *out = dtheta + term->theta, l = s->first[term->of][i];

        for (int b = 0; b < term->k; b++) {
            int slot = term->slot + b;
            double r = c[term->of] * m->u[column[slot]] + l * m->adjoint[column[slot]];

            for (int k = 0; k < s->count; k++)
                r += 2 * w[term->of][k] * leverage->v[k][slot];
            for (int a = b, end = term->design->covariance->end(term->k, b); a < end; a++)
                *out++ += z[a] * r;
        }
    }
}

/* What row i gives to the outer parameters behind theta that are those of no predictor with random terms: beside at most one such
 * predictor. */
static void add_rest(struct glm *m, size_t i, double h[GLM_PREDICTORS][GLM_PREDICTORS], const double t[])
{
    for (int k = 0; k < m->part_count; k++) {
        const struct glm_part *part = &m->part[k];
        double *const *d = m->d + D_SHAPE(part->slot), *const * cross;

        if (several_of(m, part) > 0)
            continue;
        cross = m->d + several_other_place(m, part);
        glm_add_rest(m, part, i,
                     -2 * d[0][i] - (h[0][0] * d[2][i] + 2 * h[0][1] * cross[1][i] + h[1][1] * cross[2][i]) + t[0] * d[1][i]
                         + t[1] * cross[0][i],
                     m->work_rest);
    }
}

void several_gradient(struct glm *m, double gradient[])
{
    const struct several *of = m->several;
    int K = m->K;
    double *dtheta = gradient + m->p;
    struct several_leverage leverage = { 0 };

    memset(m->work_rest, 0, sizeof(double) * (size_t)m->rest);
    memset(gradient, 0, sizeof(double) * (size_t)(m->p + m->theta_count));
    set_adjoint(m);
    for (size_t i = 0; i < m->n; i++) {
        double w[GLM_PREDICTORS][GLM_PREDICTORS] = { 0 }, s[GLM_PREDICTORS], t[GLM_PREDICTORS] = { 0 }, c[GLM_PREDICTORS] = { 0 };

        set_leverage(m, i, &leverage);
        set_pull(m, i, &leverage, s);
        several_weights(m, i, w);
        for (int a = 0; a < K; a++)
            t[of->of[a]] += m->zt[i * (size_t)K + (size_t)a] * m->adjoint[m->column[i * (size_t)K + (size_t)a]];
        for (int k = 0; k < of->count; k++) {
            c[k] = -2 * of->first[k][i] + s[k];
            for (int a = 0; a < of->count; a++)
                c[k] -= w[k][a] * t[a];
            if (k > 0)
                glm_add_rest(m, of->part[k], i, c[k], m->work_rest);
        }
        add_theta(m, i, c, w, &leverage, dtheta);
        add_rest(m, i, leverage.h, t);
        for (int j = 0; j < m->p; j++)
            gradient[j] += m->X[i + (size_t)j * m->n] * c[0];
    }
    memcpy(dtheta + m->theta_count, m->work_rest, sizeof(double) * (size_t)glm_rest_count(m));
}
