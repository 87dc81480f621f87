/* glmm-hessian-several.c -- the exact second derivatives of Laplace's deviance where several predictors have random terms: the
 * gradient of glmm-several.c, line by line, along one parameter at a time, as glmm-hessian.c does for one predictor.
 *
 * Everything that a row's log density hangs on is a coordinate of it: the predictors with random terms (a, b, k: x_a), and other
 * parts (a shape, or a predictor without random terms).  With h_ab = z~^a'Q z~^b and t_a = z~^a'a at the modes, the row's part of
 * the gradient in coordinate d, where the modes and Q stay, is -2 l_d - sum_ab h_ab l_abd + sum_a t_a l_ad, whose slopes are
 *
 *   G_de = -2 l_de - sum_ab h_ab l_abde + sum_a t_a l_ade
 *
 * once for all parameters.  Families give all derivatives but the last in h, and in parts without random terms; these come row
 * by row from differences of those given.  Along one parameter the coordinates move by x., and then
 *
 *   R_j = Z~.'l + Z~'(l. at fixed modes),  u. = M^-1 R_j,   l_a. = sum_d l_ad x_d.,  W_ab. = -sum_d l_abd x_d.
 *   M. = sum_i sum_ab W_ab. z~^a z~^b' + W_ab (z~.^a z~^b' + z~^a z~.^b'),   h_ab. = z~^a'Q. z~^b + z~.^a'Q z~^b + z~^a'Q z~.^b
 *   slope_d = sum_e G_de x_e. - sum_ab h_ab. l_abd + sum_a l_ad z~.^a'a
 *   A_j = Z~.'(s - W t) + Z~'(slope + 2 l.)
 *
 * and a. = M^-1 A_j goes into slope k of the gradient as u_k'A_j. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-hessian-private.h"

enum { COORDINATES = GLM_PREDICTORS + FAMILY_SLOTS };

/* A part without random terms; beside it are two predictors with them. */
struct other {
    const struct glm_part *part;
    int first, second[2], third[2][2]; /* places of l_o, l_oa, l_oab */
};

struct several_tangent {
    double *block;
    int count, others;
    struct other other[FAMILY_SLOTS];
    int third[GLM_PREDICTORS][GLM_PREDICTORS][GLM_PREDICTORS]; /* places of l_abc */
    double *along[COORDINATES][D_COUNT];                       /* n: by differences, the slopes of places in a coordinate */
    double *moved[COORDINATES];                                /* n: x. */
    double *kept;                                              /* n */
    /* n: the rows' derivatives, of which the last two are among the predictors with random terms; and G. */
    const double *second[COORDINATES][GLM_PREDICTORS], *third_of[COORDINATES][GLM_PREDICTORS][GLM_PREDICTORS];
    double *G[COORDINATES][COORDINATES];
    double *pull[GLM_PREDICTORS]; /* n: s - W t of each predictor */
};

bool several_has_hessian(const struct glm *m)
{
    bool has = true;

    for (int k = 0; k < m->part_count; k++)
        has = has && m->part[k].index == NULL && m->part[k].least == NULL;
    return has;
}

/* --- the workspace -------------------------------------------------------------------------------- */

static void set_places(struct several_tangent *w, const struct glm *m)
{
    w->count = m->several->count;
    for (int a = 0; a < w->count; a++)
        for (int b = 0; b < w->count; b++)
            for (int c = 0; c < w->count; c++)
                w->third[a][b][c] = several_third_place(m, a, b, c);
    for (int k = 0; k < m->part_count; k++) {
        struct other *o = &w->other[w->others];
        int at = D_SHAPE(m->part[k].slot), cross;

        if (several_of(m, &m->part[k]) > 0)
            continue;
        cross = several_other_place(m, &m->part[k]);
        *o = (struct other){ .part = &m->part[k],
                             .first = at,
                             .second = { at + 1, cross },
                             .third = { { at + 2, cross + 1 }, { cross + 1, cross + 2 } } };
        w->others++;
    }
}

/* Whether the slopes of place k in coordinate d come by differences: those of l_abc in all, of l_o, l_oa and l_oab in each part
 * that is no predictor with random terms. */
static bool is_wanted(const struct several_tangent *w, int d, int k)
{
    bool wanted = false;

    for (int a = 0; a < w->count; a++)
        for (int b = 0; b <= a; b++)
            for (int c = 0; c <= b; c++)
                wanted = wanted || k == w->third[a][b][c];
    for (int o = 0; d >= w->count && o < w->others; o++) {
        const struct other *other = &w->other[o];

        wanted = wanted || k == other->first || k == other->second[0] || k == other->second[1] || k == other->third[0][0]
                 || k == other->third[0][1] || k == other->third[1][1];
    }
    return wanted;
}

static size_t count_wanted(const struct several_tangent *w)
{
    size_t count = 0;

    for (int d = 0; d < w->count + w->others; d++)
        for (int k = 0; k < D_COUNT; k++)
            count += is_wanted(w, d, k);
    return count;
}

static size_t array_count(const struct several_tangent *w)
{
    size_t all = (size_t)(w->count + w->others);

    return count_wanted(w) + all + all * (all + 1) / 2 + (size_t)w->count + 1;
}

/* Where the rows' derivatives are. */
static void set_derivatives(struct several_tangent *w, const struct glm *m)
{
    for (int a = 0; a < w->count; a++)
        for (int b = 0; b < w->count; b++) {
            for (int d = 0; d < w->count; d++)
                w->third_of[d][a][b] = m->several->third[d][a][b];
            for (int o = 0; o < w->others; o++)
                w->third_of[w->count + o][a][b] = m->d[w->other[o].third[a][b]];
            w->second[b][a] = m->several->second[b][a];
        }
    for (int o = 0; o < w->others; o++)
        for (int a = 0; a < w->count; a++)
            w->second[w->count + o][a] = m->d[w->other[o].second[a]];
}

double several_tangent_bytes(const struct glm *m)
{
    struct several_tangent w = { .block = NULL };

    if (m->several == NULL)
        return 0;
    set_places(&w, m);
    return (double)array_count(&w) * (double)m->n * sizeof(double);
}

struct several_tangent *several_tangent_new(const struct glm *m)
{
    struct several_tangent *w = NEW(struct several_tangent);
    double *next;

    if (w == NULL)
        return NULL;
    set_places(w, m);
    if ((w->block = NEW_ARRAY(double, array_count(w) * m->n + 1)) == NULL) {
        mem_free(w);
        return NULL;
    }
    w->kept = w->block;
    next = w->kept + m->n;
    for (int d = 0; d < w->count + w->others; d++, next += m->n)
        w->moved[d] = next;
    for (int a = 0; a < w->count; a++, next += m->n)
        w->pull[a] = next;
    for (int d = 0; d < w->count + w->others; d++)
        for (int e = 0; e <= d; e++, next += m->n)
            w->G[d][e] = w->G[e][d] = next;
    set_derivatives(w, m);
    for (int d = 0; d < w->count + w->others; d++)
        for (int k = 0; k < D_COUNT; k++)
            if (is_wanted(w, d, k)) {
                w->along[d][k] = next;
                next += m->n;
            }
    return w;
}

void several_tangent_free(struct several_tangent *w)
{
    if (w == NULL)
        return;
    mem_free(w->block);
    mem_free(w);
}

/* --- the last derivatives --------------------------------------------------------------------------- */

/* Along a part: its row's shape, or that of all rows, whose length is 1. */
static bool set_along_part(struct glm_tangent *t, struct glm *m, int d, const struct glm_part *part)
{
    struct several_tangent *w = t->several;
    double step = t->by->step, *rows = part->rows, shape = m->response.shape[part->slot];
    bool ok = true;

    if (rows != NULL)
        memcpy(w->kept, rows, sizeof(double) * m->n);
    for (int k = 0; ok && k < t->by->points; k++) {
        double move = t->by->point[k] * step;

        for (size_t i = 0; rows != NULL && i < m->n; i++)
            rows[i] = w->kept[i] + move;
        if (rows == NULL)
            m->response.shape[part->slot] = shape + move;
        ok = tangent_add_rows(m, NULL, 0, t->by->weight[k] / step, D_COUNT, w->along[d]);
    }
    if (rows != NULL)
        memcpy(rows, w->kept, sizeof(double) * m->n);
    else
        m->response.shape[part->slot] = shape;
    return ok;
}

static bool is_held(const struct glm *m, const struct glm_part *part)
{
    return part->design == NULL && part->first >= glm_rest_count(m);
}

/* The mixed derivative of a row in coordinates d >= e, and that with one or two predictors that have random terms. */
static double second_of(const struct several_tangent *w, int d, int e, size_t i)
{
    return e < w->count ? w->second[d][e][i] : w->along[d][w->other[e - w->count].first][i];
}

static double third_of(const struct several_tangent *w, int d, int e, int a, size_t i)
{
    return e < w->count ? w->third_of[d][e][a][i] : w->along[d][w->other[e - w->count].second[a]][i];
}

static double fourth_of(const struct several_tangent *w, int d, int e, int a, int b, size_t i)
{
    return w->along[d][e < w->count ? w->third[e][a][b] : w->other[e - w->count].third[a][b]][i];
}

/* h_ab and t_a of a row. */
static void set_leverage(const struct glm *m, size_t i, double h[GLM_PREDICTORS][GLM_PREDICTORS], double t[GLM_PREDICTORS])
{
    const unsigned char *of = m->several->of;
    int K = m->K;
    const double *zt = m->zt + i * (size_t)K;
    const int32_t *place = m->place + i * (size_t)(K * (K + 1) / 2), *column = m->column + i * (size_t)K;

    for (int a = 0; a < m->several->count; a++) {
        memset(h[a], 0, sizeof h[a]);
        t[a] = 0;
    }
    for (int a = 0; a < K; a++) {
        t[of[a]] += zt[a] * m->adjoint[column[a]];
        for (int b = 0; b <= a; b++, place++) {
            double product = m->precision->inverse[*place] * zt[a] * zt[b];

            h[of[a]][of[b]] += product;
            if (b < a)
                h[of[b]][of[a]] += product;
        }
    }
}

/* G and s - W t, with the inverse and the adjoint at the modes. */
static void set_G(struct several_tangent *w, const struct glm *m)
{
    double h[GLM_PREDICTORS][GLM_PREDICTORS], t[GLM_PREDICTORS];

    for (size_t i = 0; i < m->n; i++) {
        set_leverage(m, i, h, t);
        for (int d = 0; d < w->count + w->others; d++)
            for (int e = 0; e <= d; e++) {
                double sum = -2 * second_of(w, d, e, i);

                for (int a = 0; a < w->count; a++) {
                    sum += t[a] * third_of(w, d, e, a, i);
                    for (int b = 0; b < w->count; b++)
                        sum -= h[a][b] * fourth_of(w, d, e, a, b, i);
                }
                w->G[d][e][i] = sum;
            }
        for (int k = 0; k < w->count; k++) {
            w->pull[k][i] = 0;
            for (int a = 0; a < w->count; a++) {
                w->pull[k][i] += w->second[k][a][i] * t[a];
                for (int b = 0; b < w->count; b++)
                    w->pull[k][i] -= h[a][b] * w->third_of[k][a][b][i];
            }
        }
    }
}

bool several_set_beyond(struct glm_tangent *t, struct glm *m)
{
    struct several_tangent *w = t->several;
    bool ok = true;

    for (int d = 0; d < w->count + w->others; d++)
        for (int k = 0; k < D_COUNT; k++)
            if (w->along[d][k] != NULL)
                memset(w->along[d][k], 0, sizeof(double) * m->n);
    tangent_set_steps(t, m);
    for (int k = 0; ok && k < t->by->points; k++)
        ok = tangent_add_rows(m, t->step, t->by->point[k], t->by->weight[k], D_COUNT, w->along[0]);
    for (int a = 1; ok && a < w->count; a++)
        ok = set_along_part(t, m, a, m->several->part[a]);
    for (int o = 0; ok && o < w->others; o++)
        ok = is_held(m, w->other[o].part) || set_along_part(t, m, w->count + o, w->other[o].part);
    if (ok)
        set_G(w, m);
    return ok;
}

/* --- the direction ------------------------------------------------------------------------------------ */

/* x. at fixed modes, but for what an entry of a template moves. */
static void set_direction(struct several_tangent *w, const struct glm *m, int j)
{
    const struct glm_part *part;
    size_t bytes = sizeof(double) * m->n;
    int d = 0;

    memset(w->moved[0], 0, bytes * (size_t)(w->count + w->others));
    if (j < m->p) {
        memcpy(w->moved[0], m->X + (size_t)j * m->n, bytes);
        return;
    }
    if ((j -= m->p + m->theta_count) < 0)
        return;
    part = glm_part_at(m, j);
    if ((d = several_of(m, part)) == 0)
        for (d = w->count; w->other[d - w->count].part != part;)
            d++;
    if (part->design != NULL)
        memcpy(w->moved[d], part->X + (size_t)(j - part->first) * m->n, bytes);
    for (size_t i = 0; part->design == NULL && i < m->n; i++)
        w->moved[d][i] = 1;
}

/* The slopes of the modes into u, and x. with them. */
static void set_modes(struct glm_tangent *t, struct glm *m, double *u)
{
    const struct several_tangent *w = t->several;
    const struct several *s = m->several;
    int K = m->K;

    memset(u, 0, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;
        double g[GLM_PREDICTORS] = { 0 };

        if (t->to >= 0) {
            double z = tangent_moves(t, m, i);
            int of = s->of[t->to];

            w->moved[of][i] += z * m->u[column[t->to]];
            u[column[t->to]] += z * s->first[of][i];
        }
        for (int a = 0; a < w->count; a++)
            for (int d = 0; d < w->count + w->others; d++)
                g[a] += w->second[d][a][i] * w->moved[d][i];
        for (int a = 0; a < K; a++)
            u[column[a]] += zt[a] * g[s->of[a]];
    }
    precision_solve(m->precision, u);
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < K; a++)
            w->moved[s->of[a]][i] += m->zt[i * (size_t)K + (size_t)a] * u[m->column[i * (size_t)K + (size_t)a]];
}

/* The slope of -W of row i. */
static void set_second(const struct several_tangent *w, size_t i, double out[GLM_PREDICTORS][GLM_PREDICTORS])
{
    for (int a = 0; a < w->count; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;

            for (int d = 0; d < w->count + w->others; d++)
                sum += w->third_of[d][a][b][i] * w->moved[d][i];
            out[a][b] = out[b][a] = sum;
        }
}

/* M. on the pattern into `out`, which is 0. */
static void set_M_slope(const struct glm_tangent *t, const struct glm *m, double *out)
{
    const struct several *s = m->several;
    int K = m->K;
    double slope[GLM_PREDICTORS][GLM_PREDICTORS];
    const int32_t *place = m->place;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        double z = tangent_moves(t, m, i);

        set_second(t->several, i, slope);
        for (int a = 0; a < K; a++)
            for (int b = 0; b <= a; b++) {
                double weight = -s->second[s->of[a]][s->of[b]][i] * z;

                out[*place++] +=
                    -slope[s->of[a]][s->of[b]] * zt[a] * zt[b] + weight * ((a == t->to ? zt[b] : 0) + (b == t->to ? zt[a] : 0));
            }
    }
}

void several_move(struct glm_tangent *t, struct glm *m, int j, double *u, double *M)
{
    set_direction(t->several, m, j);
    set_modes(t, m, u);
    set_M_slope(t, m, M);
}

/* --- the gradient's slopes ---------------------------------------------------------------------------- */

/* A row along a parameter: Q. z~^k over the slots, h., l., and the slopes of its part of the gradient in each coordinate. */
struct row_slopes {
    double v[GLM_PREDICTORS][GLM_SLOTS], h[GLM_PREDICTORS][GLM_PREDICTORS], first[GLM_PREDICTORS], slope[COORDINATES];
};

/* (Q z~^k) in slot `at`. */
static double leverage_at(const struct glm *m, size_t i, int k, int at)
{
    const unsigned char *of = m->several->of;
    int K = m->K;
    const double *zt = m->zt + i * (size_t)K;
    const int32_t *place = m->place + i * (size_t)(K * (K + 1) / 2);
    double sum = 0;

    for (int b = 0; b < K; b++)
        if (of[b] == k)
            sum += zt[b] * m->precision->inverse[place[at >= b ? at * (at + 1) / 2 + b : b * (b + 1) / 2 + at]];
    return sum;
}

/* v and h. */
static void set_inverse_slopes(const struct glm_tangent *t, const struct glm *m, size_t i, struct row_slopes *r)
{
    const unsigned char *of = m->several->of;
    int K = m->K, count = m->several->count;
    const double *zt = m->zt + i * (size_t)K;
    const int32_t *place = m->place + i * (size_t)(K * (K + 1) / 2);

    for (int k = 0; k < count; k++) {
        memset(r->v[k], 0, sizeof(double) * (size_t)K);
        memset(r->h[k], 0, sizeof r->h[k]);
    }
    for (int a = 0; a < K && t->apart == NULL; a++)
        for (int b = 0; b <= a; b++, place++) {
            double slope = t->inverse[*place];

            r->v[of[b]][a] += slope * zt[b];
            if (b < a)
                r->v[of[a]][b] += slope * zt[a];
        }
    for (int a = 0; a < K; a++)
        for (int k = 0; k < count; k++)
            r->h[of[a]][k] += zt[a] * r->v[k][a];
    for (int k = 0; k < count && t->to >= 0; k++) {
        double product = tangent_moves(t, m, i) * leverage_at(m, i, k, t->to);

        r->h[of[t->to]][k] += product;
        r->h[k][of[t->to]] += product;
    }
}

static void set_row(const struct glm_tangent *t, const struct glm *m, size_t i, struct row_slopes *r)
{
    const struct several_tangent *w = t->several;
    int of = t->to >= 0 ? m->several->of[t->to] : 0, all = w->count + w->others;
    double moved = t->to >= 0 ? tangent_moves(t, m, i) * m->adjoint[m->column[i * (size_t)m->K + (size_t)t->to]] : 0;

    set_inverse_slopes(t, m, i, r);
    for (int k = 0; k < w->count; k++)
        r->first[k] = 0;
    for (int d = 0; d < all; d++) {
        double x = w->moved[d][i], sum = w->second[d][of][i] * moved;

        for (int k = 0; k < w->count; k++)
            r->first[k] += w->second[d][k][i] * x;
        for (int e = 0; e < all; e++)
            sum += w->G[d][e][i] * w->moved[e][i];
        for (int a = 0; a < w->count; a++)
            for (int b = 0; b < w->count; b++)
                sum -= r->h[a][b] * w->third_of[d][a][b][i];
        r->slope[d] = sum;
    }
}

/* What row i gives to theta. */
static void add_theta(const struct glm_tangent *t, const struct glm *m, size_t i, const double u[], const struct row_slopes *r,
                      double out[])
{
    const struct several *s = m->several;
    int K = m->K;
    const double *inverse = m->precision->inverse;
    const int32_t *column = m->column + i * (size_t)K, *place = m->place + i * (size_t)(K * (K + 1) / 2);
    double second[GLM_PREDICTORS][GLM_PREDICTORS], moved = tangent_moves(t, m, i);

    set_second(t->several, i, second);
    for (int j = 0; j < m->term_count; j++) {
        const struct glm_term *term = &m->terms[j];
        const double *z = m->z + i * (size_t)K + term->slot;
        double *entry = out + term->theta, c = t->several->pull[term->of][i] - 2 * s->first[term->of][i];

        for (int b = 0; b < term->k; b++) {
            int slot = term->slot + b, to = t->to;
            int32_t at = column[slot];
            double sum = r->slope[term->of] * m->u[at] + c * u[at] + r->first[term->of] * m->adjoint[at];

            for (int k = 0; k < s->count; k++)
                sum -= 2 * (second[term->of][k] * leverage_at(m, i, k, slot) + s->second[term->of][k][i] * r->v[k][slot]);
            if (to >= 0)
                sum -= 2 * s->second[term->of][s->of[to]][i] * moved
                       * inverse[place[slot >= to ? slot * (slot + 1) / 2 + to : to * (to + 1) / 2 + slot]];
            for (int a = b, end = term->design->covariance->end(term->k, b); a < end; a++)
                *entry++ += z[a] * sum;
        }
    }
}

void several_add_rows(struct glm_tangent *t, struct glm *m, const double *u, double theta[])
{
    const struct several_tangent *w = t->several;
    const unsigned char *of = m->several->of;
    struct row_slopes r;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;

        set_row(t, m, i, &r);
        if (t->to >= 0)
            t->adjoint[column[t->to]] += tangent_moves(t, m, i) * w->pull[of[t->to]][i];
        for (int a = 0; a < m->K; a++)
            t->adjoint[column[a]] += zt[a] * (r.slope[of[a]] + 2 * r.first[of[a]]);
        t->step[i] = r.slope[0];
        if (theta != NULL)
            add_theta(t, m, i, u, &r, theta);
        for (int k = 1; k < w->count; k++)
            glm_add_rest(m, m->several->part[k], i, r.slope[k], m->work_rest);
        for (int o = 0; o < w->others; o++)
            glm_add_rest(m, w->other[o].part, i, r.slope[w->count + o], m->work_rest);
    }
}
