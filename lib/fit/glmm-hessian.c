/* glmm-hessian.c -- the exact second derivatives of Laplace's deviance: the gradient of glmm-gradient.c, line by line, along one
 * parameter at a time.  A dot is the slope along parameter j.
 *
 *   R_j = Z~.'l' + Z~'(l'_j - W (fixed. + Z~.u)),  u. = M^-1 R_j       (the modes, by the implicit function theorem)
 *   eta. = fixed. + Z~.u + Z~u.,  W. = -(l''' eta. + l''_j)
 *   M. = sum W. z~z~' + W (z~.z~' + z~z~.'),  Q. = -Q M. Q on the pattern         (precision_invert_slope)
 *   h. = z~'Q.z~ + 2 z~.'Qz~,   s. = -h. l''' - h (l'''' eta. + l'''_j)
 *   a. = M^-1 A_j,  A_j = Z~.'s + Z~'s. - M.a,   t. = z~.'a + z~'a.
 *
 * Where the factor's tail is large, what Q. gives to the Hessian is not found row by row but as - tr(Q M._j Q M._k)
 * (precision_slope_products): everything else in these lines is the same without it.
 *
 * with l_j the slope of a row's derivative in a shape at a fixed eta, and z~. that of z~ in an entry of a template.  a. goes into
 * slope k of the gradient as R_k'a. = u_k'A_j, with u_k the modes' slope along k: no second solve is needed.  No mode is searched
 * for and no factor made: one solve, and one pass over the factor, a parameter.
 *
 * Those of quadrature are in agq-hessian.c.
 *
 * Families give three derivatives in eta and two mixed ones.  The fourth, and those along a shape, come row by row from
 * differences of fourth order of those given: functions of one number, known to the last digit, whose differences are good to
 * about 1e-12 where those of the deviance, through modes found anew, are to 1e-8. */
#include <math.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "fit/glmm-hessian-private.h"

enum { CHUNK = 128, LARGEST_TAIL = 3000, LARGE_TAIL = 300 };
static const double MOST_KEPT = 2e7; /* numbers: slopes of M that are kept for their products */

/* Differences, their steps in lengths of a row: of the fourth order, with an error of about 1e-12; and for a search, whose steps
 * need no more, of the second, of about 1e-8, at half the price. */
static const struct differences EXACT = { 4, { -2, -1, 1, 2 }, { 1. / 12, -8. / 12, 8. / 12, -1. / 12 }, 0.002 },
                                ROUGH = { 2, { -1, 1 }, { -0.5, 0.5 }, 0.0002 };
/* Up to which the rows may say more of a level than its variance does.  eta. is the small rest of two things that cancel but for
 * one part in so many, and loses as many digits; slopes of the deviance, and so their differences, do not. */
static const double MOST_SAID = 1e7;

bool glm_has_hessian(const struct glm *m)
{
    return (m->several == NULL || several_has_hessian(m)) && (m->nodes == 1 || quadrature_has_hessian(m)) && m->importance == NULL
           && m->penalty == NULL && !m->restricted && (m->precision == NULL || m->precision->tail <= LARGEST_TAIL);
}

size_t tangent_pattern_size(const struct glm *m)
{
    return m->precision == NULL ? 0 : m->precision->entries + (size_t)m->precision->tail * (size_t)m->precision->tail;
}

static int count_predictors(const struct glm *m)
{
    int count = 0;

    for (int k = 0; k < m->part_count; k++)
        count += m->part[k].design != NULL;
    return count;
}

/* The slopes of M that are kept: where the tail is large, and they are few. */
static size_t kept_size(const struct glm *m)
{
    size_t count = (size_t)glm_parameter_count(m), size = count * tangent_pattern_size(m) + count * count;

    return m->precision != NULL && m->quadrature == NULL && m->precision->tail > LARGE_TAIL && (double)size <= MOST_KEPT ? size
                                                                                                                         : 0;
}

static bool keep_slopes(struct glm_tangent *w, const struct glm *m, double *next)
{
    int count = glm_parameter_count(m);

    if (kept_size(m) == 0)
        return true;
    if ((w->apart = NEW_ARRAY(double *, count + 1)) == NULL)
        return false;
    for (int j = 0; j < count; j++, next += tangent_pattern_size(m))
        w->apart[j] = next;
    w->products = next;
    return true;
}

struct glm_tangent *glm_tangent_new(const struct glm *m, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glm_tangent *w;
    int slots = family_slots(m->response.family), rows = D_SHAPE(slots) + slots + 3;
    size_t modes = (size_t)m->q * (size_t)glm_parameter_count(m);
    size_t along = (size_t)(D_SHAPE(slots) - D_ETA) * m->n, outer = quadrature_has_hessian(m) ? along * (size_t)m->rest : 0;
    size_t size = ((size_t)rows * m->n + along * (size_t)count_predictors(m)) + modes + (size_t)m->q + tangent_pattern_size(m)
                  + 2 * (size_t)m->rest + outer + kept_size(m) + 1;
    double *next;

    if (!forecast((double)size * sizeof(double) + several_tangent_bytes(m), NULL, progress, err))
        return NULL;
    w = NEW(struct glm_tangent);
    if (w == NULL || (w->block = NEW_ARRAY(double, size)) == NULL) {
        fail_memory(err);
        mem_free(w);
        return NULL;
    }
    w->slots = slots;
    next = w->block;
    for (int k = D_ETA; k < D_SHAPE(slots); k++, next += m->n)
        w->d[k] = next;
    for (int k = 0; k <= slots; k++, next += m->n)
        w->beyond[k] = next;
    w->eta = next;
    w->step = w->eta + m->n;
    w->u = w->step + m->n;
    w->adjoint = w->u + modes;
    w->inverse = w->adjoint + m->q;
    w->rest = w->inverse + tangent_pattern_size(m);
    w->rest_try = w->rest + m->rest;
    next = w->rest_try + m->rest;
    w->outer = next;
    next += outer;
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].design != NULL) {
            w->along[k] = next;
            next += along;
        }
    if (keep_slopes(w, m, next) && (m->several == NULL || (w->several = several_tangent_new(m)) != NULL))
        return w;
    fail_memory(err);
    glm_tangent_free(w);
    return NULL;
}

void glm_tangent_free(struct glm_tangent *w)
{
    if (w == NULL)
        return;
    several_tangent_free(w->several);
    mem_free(w->apart);
    mem_free(w->block);
    mem_free(w);
}

/* --- rows ------------------------------------------------------------------------------------- */

bool tangent_add_rows(const struct glm *m, const double *step, double at, double weight, int places, double *const out[])
{
    double chunk[D_COUNT][CHUNK], eta[CHUNK], *to[D_COUNT] = { NULL };

    for (int k = 0; k < places; k++)
        if (out[k] != NULL)
            to[k] = chunk[k];
    for (size_t from = 0; from < m->n; from += CHUNK) {
        size_t count = m->n - from < CHUNK ? m->n - from : CHUNK;

        for (size_t i = 0; i < count; i++)
            eta[i] = m->eta[from + i] + (step != NULL ? at * step[from + i] : 0);
        if (!isfinite(response_density(&m->response, from, count, eta, ORDER_ALL, to)))
            return false;
        for (int k = 0; k < places; k++)
            for (size_t i = 0; to[k] != NULL && i < count; i++)
                out[k][from + i] += weight / (step != NULL ? step[from + i] : 1) * to[k][i];
    }
    return true;
}

static bool add_rows(const struct glm *m, const double *step, double at, double weight, double *const out[])
{
    return tangent_add_rows(m, step, at, weight, D_SHAPE(FAMILY_SLOTS), out);
}

/* What lies beyond the derivatives that families give. */
static bool set_beyond(struct glm_tangent *w, const struct glm *m)
{
    double *out[D_SHAPE(FAMILY_SLOTS)] = { NULL };
    bool ok = true;

    out[D_ETA3] = w->beyond[0];
    for (int j = 0; j < w->slots; j++)
        out[D_SHAPE(j) + 2] = w->beyond[1 + j];
    memset(w->beyond[0], 0, sizeof(double) * m->n * (size_t)(1 + w->slots));
    tangent_set_steps(w, m);
    for (int k = 0; ok && k < w->by->points; k++)
        ok = add_rows(m, w->step, w->by->point[k], w->by->weight[k], out);
    return ok;
}

/* Over which length of outer parameter j behind theta, a number for all rows, their derivatives change, at most: the distance
 * between two thresholds that are next to each other, where that is less than 1. */
static double rest_length(const struct glm *m)
{
    double least = 1;

    for (int k = 1; m->response.family->categories > 0 && k < family_shapes(m->response.family); k++) {
        double gap = m->response.shape[k] - m->response.shape[k - 1];

        if (gap > 0)
            least = fmin(least, gap);
    }
    return least;
}

/* Those in the linear predictor of a part, whose length is 1 in every row. */
static bool set_along_predictor(struct glm_tangent *w, struct glm *m, int part)
{
    double *rows = m->part[part].rows, before = 0, *out[D_SHAPE(FAMILY_SLOTS)] = { NULL };
    bool ok = true;

    memset(w->along[part], 0, sizeof(double) * m->n * (size_t)(D_SHAPE(w->slots) - D_ETA));
    for (int k = D_ETA; k < D_SHAPE(w->slots); k++)
        out[k] = w->along[part] + (size_t)(k - D_ETA) * m->n;
    for (int k = 0; ok && k < w->by->points; k++) {
        for (size_t i = 0; i < m->n; i++)
            rows[i] += (w->by->point[k] - before) * w->by->step;
        before = w->by->point[k];
        ok = add_rows(m, NULL, 0, w->by->weight[k] / w->by->step, out);
    }
    glm_set_rest(m, w->rest);
    w->has_along[part] = ok;
    return ok;
}

/* The same along a coefficient: times the row's entry of its column. */
static bool set_along_coefficient(struct glm_tangent *w, struct glm *m, int j)
{
    const struct glm_part *part = glm_part_at(m, j);
    int at = (int)(part - m->part);
    const double *x = part->X + (size_t)(j - part->first) * m->n;

    if (!w->has_along[at] && !set_along_predictor(w, m, at))
        return false;
    for (int k = D_ETA; k < D_SHAPE(w->slots); k++)
        for (size_t i = 0; i < m->n; i++)
            w->d[k][i] = x[i] * w->along[at][(size_t)(k - D_ETA) * m->n + i];
    return true;
}

/* The slopes of the rows' derivatives and of the constant's along the outer parameter j behind theta. */
static bool set_along_rest(struct glm_tangent *w, struct glm *m, int j)
{
    double step = w->by->step * rest_length(m);
    bool ok = true;

    if (glm_part_at(m, j)->design != NULL)
        return set_along_coefficient(w, m, j);
    for (int k = 0; ok && k < w->by->points; k++) {
        memcpy(w->rest_try, w->rest, sizeof(double) * (size_t)m->rest);
        w->rest_try[j] += w->by->point[k] * step;
        glm_set_rest(m, w->rest_try);
        ok = add_rows(m, NULL, 0, w->by->weight[k] / step, w->d);
        for (int slot = 0; slot < FAMILY_SLOTS; slot++)
            w->constant[slot] += w->by->weight[k] / step * m->constant_slope[slot];
    }
    glm_set_rest(m, w->rest);
    return ok;
}

/* --- the direction ------------------------------------------------------------------------------ */

/* The slopes of the modes. */
static void set_modes(struct glm_tangent *w, struct glm *m, double *u)
{
    int K = m->K;

    memset(u, 0, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n && K > 0; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;
        double fixed = w->eta[i], g;

        if (w->to >= 0) {
            double z = tangent_moves(w, m, i);

            fixed = z * m->u[column[w->to]];
            u[column[w->to]] += z * m->d[D_ETA][i];
        }
        g = w->d[D_ETA][i] + m->d[D_ETA2][i] * fixed;
        for (int a = 0; a < K; a++)
            u[column[a]] += zt[a] * g;
    }
    if (m->q > 0)
        precision_solve(m->precision, u);
}

/* The slopes of eta, and of the rows' derivatives with it. */
static void set_rows(struct glm_tangent *w, const struct glm *m, const double *u)
{
    int K = m->K;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;
        double eta = w->to >= 0 ? tangent_moves(w, m, i) * m->u[column[w->to]] : w->eta[i];

        for (int a = 0; a < K; a++)
            eta += zt[a] * u[column[a]];
        w->eta[i] = eta;
    }
    for (int k = D_ETA; k < D_SHAPE(w->slots); k += 3)
        for (size_t i = 0; i < m->n; i++) {
            double eta = w->eta[i];

            w->d[k][i] += m->d[k + 1][i] * eta;
            w->d[k + 1][i] += m->d[k + 2][i] * eta;
            w->d[k + 2][i] += w->beyond[(k - D_ETA) / 3][i] * eta;
        }
}

/* M. on the pattern into `out`, which is 0. */
static void set_M_slope(const struct glm_tangent *w, const struct glm *m, double *out)
{
    int K = m->K;
    const int32_t *place = m->place;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        double weight = m->d[D_ETA2][i] * -tangent_moves(w, m, i), slope = -w->d[D_ETA2][i];

        for (int a = 0; a < K; a++)
            for (int b = 0; b <= a; b++)
                out[*place++] += slope * zt[a] * zt[b] + weight * ((a == w->to ? zt[b] : 0) + (b == w->to ? zt[a] : 0));
    }
}

/* A row in the inverse: v = Q z~ over its slots and h = z~'v, with their slopes. */
struct leverage {
    double v[GLM_SLOTS], v_slope[GLM_SLOTS], h, h_slope;
};

static void set_leverage(const struct glm_tangent *w, const struct glm *m, size_t i, struct leverage *l)
{
    int K = m->K;
    const double *zt = m->zt + i * (size_t)K, *inverse = K > 0 ? m->precision->inverse : NULL;
    const int32_t *place = m->place + i * (size_t)(K * (K + 1) / 2);
    double z = tangent_moves(w, m, i);

    l->h = l->h_slope = 0;
    for (int a = 0; a < K; a++) {
        l->v[a] = l->v_slope[a] = 0;
        for (int b = 0; b <= a; b++, place++) {
            double q = inverse[*place], slope = w->apart != NULL ? 0 : w->inverse[*place];

            l->v[a] += q * zt[b];
            l->v_slope[a] += slope * zt[b] + (b == w->to ? q * z : 0);
            if (b == a)
                continue;
            l->v[b] += q * zt[a];
            l->v_slope[b] += slope * zt[a] + (a == w->to ? q * z : 0);
        }
    }
    for (int a = 0; a < K; a++) {
        l->h += zt[a] * l->v[a];
        l->h_slope += zt[a] * l->v_slope[a] + (a == w->to ? z * l->v[a] : 0);
    }
}

static double row_product(const struct glm *m, size_t i, const double x[])
{
    double sum = 0;

    for (int a = 0; a < m->K; a++)
        sum += m->zt[i * (size_t)m->K + (size_t)a] * x[m->column[i * (size_t)m->K + (size_t)a]];
    return sum;
}

/* --- the gradient's slopes ---------------------------------------------------------------------- */

/* What row i gives to theta, with c the coefficient of u. */
static void add_theta(const struct glm_tangent *w, const struct glm *m, size_t i, const double u[], double c, double c_slope,
                      const struct leverage *l, double out[])
{
    const int32_t *column = m->column + i * (size_t)m->K;
    double second = w->d[D_ETA][i], weight = -m->d[D_ETA2][i], weight_slope = -w->d[D_ETA2][i];

    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const double *z = m->z + i * (size_t)m->K + term->slot;
        double *entry = out + term->theta;

        for (int b = 0; b < term->k; b++) {
            int slot = term->slot + b;
            int32_t at = column[slot];
            double r = c_slope * m->u[at] + c * u[at] + second * m->adjoint[at]
                       + 2 * (weight_slope * l->v[slot] + weight * l->v_slope[slot]);

            for (int a = b, end = term->design->covariance->end(term->k, b); a < end; a++)
                *entry++ += z[a] * r;
        }
    }
}

/* The rows' part of column j of the Hessian, from its diagonal on (what stands above is not all of it): see several_add_rows. */
static void add_rows_of(struct glm_tangent *w, struct glm *m, const double *u, double theta[])
{
    struct leverage l;

    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;
        double weight = -m->d[D_ETA2][i], t = row_product(m, i, m->adjoint), t_slope = 0, s_slope, c, g;

        set_leverage(w, m, i, &l);
        s_slope = -l.h_slope * m->d[D_ETA3][i] - l.h * w->d[D_ETA3][i];
        c = -l.h * m->d[D_ETA3][i] - weight * t;
        if (w->to >= 0) {
            double z = tangent_moves(w, m, i);

            t_slope = z * m->adjoint[column[w->to]];
            w->adjoint[column[w->to]] += z * c;
        }
        g = s_slope + w->d[D_ETA2][i] * t - weight * t_slope;
        for (int a = 0; a < m->K; a++)
            w->adjoint[column[a]] += zt[a] * g;
        w->step[i] = g - 2 * w->d[D_ETA][i];
        if (theta != NULL)
            add_theta(w, m, i, u, c - 2 * m->d[D_ETA][i], w->step[i], &l, theta);
        for (int k = 0; k < m->part_count; k++) {
            int at = D_SHAPE(m->part[k].slot);

            glm_add_rest(m, &m->part[k], i,
                         -2 * w->d[at][i] - l.h_slope * m->d[at + 2][i] - l.h * w->d[at + 2][i] + t_slope * m->d[at + 1][i]
                             + t * w->d[at + 1][i],
                         m->work_rest);
        }
    }
}

/* Behind the rows: what they gave to the coefficients of X and behind theta, and what goes by way of the modes. */
static void end_column(const struct glm_tangent *w, const struct glm *m, int j, double out[])
{
    int n = glm_parameter_count(m);

    for (int k = j; k < m->p; k++) {
        const double *x = m->X + (size_t)k * m->n;

        for (size_t i = 0; i < m->n; i++)
            out[k] += x[i] * w->step[i];
    }
    memcpy(out + m->p + m->theta_count, m->work_rest, sizeof *out * (size_t)glm_rest_count(m));
    for (int k = j; k < n; k++)
        for (int a = 0; a < m->q; a++)
            out[k] += w->u[(size_t)a + (size_t)k * (size_t)m->q] * w->adjoint[a];
}

/* Whether the direction is along an entry of a template, which then is from and to. */
static bool set_entry(struct glm_tangent *w, const struct glm *m, int parameter)
{
    int j = parameter - m->p;

    w->from = w->to = -1;
    for (int t = 0; t < m->term_count && j >= 0; t++)
        for (int b = 0, at = m->terms[t].theta; b < m->terms[t].k; b++)
            for (int a = b; a < m->terms[t].design->covariance->end(m->terms[t].k, b); a++, at++)
                if (at == j) {
                    w->from = m->terms[t].slot + a;
                    w->to = m->terms[t].slot + b;
                }
    return w->to >= 0;
}

bool tangent_direct(struct glm_tangent *w, struct glm *m, int j)
{
    memset(w->d[D_ETA], 0, sizeof(double) * m->n * (size_t)(D_SHAPE(w->slots) - D_ETA));
    memset(w->constant, 0, sizeof w->constant);
    memset(w->eta, 0, sizeof(double) * m->n);
    if (set_entry(w, m, j))
        return true;
    if (j >= m->p)
        return set_along_rest(w, m, j - m->p - m->theta_count);
    memcpy(w->eta, m->X + (size_t)j * m->n, sizeof(double) * m->n);
    return true;
}

/* How many times as much the rows say of a level as its variance does: the largest diagonal of M. */
static double most_said(struct glm_tangent *w, const struct glm *m)
{
    double most = 0;

    memset(w->adjoint, 0, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < m->K; a++) {
            size_t at = i * (size_t)m->K + (size_t)a;
            int of = m->several != NULL ? m->several->of[a] : 0;
            double second = of > 0 ? m->several->second[of][of][i] : m->d[D_ETA2][i];

            w->adjoint[m->column[at]] -= second * m->zt[at] * m->zt[at];
        }
    for (int a = 0; a < m->q; a++)
        most = fmax(most, 1 + w->adjoint[a]);
    return most;
}

/* What the slopes of the inverse give to the Hessian, from its diagonal on. */
static bool add_products(struct glm_tangent *w, struct glm *m, int n, double hessian[])
{
    if (!precision_slope_products(m->precision, n, w->apart, w->inverse, w->products))
        return false;
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++)
            hessian[i + j * n] -= w->products[i + j * n];
    return true;
}

/* The slopes of the modes along parameter j into u, those of all that hangs on them, and M. into `M`, which is 0. */
static bool move(struct glm_tangent *w, struct glm *m, int j, double *u, double *M)
{
    if (w->several != NULL) {
        set_entry(w, m, j);
        several_move(w, m, j, u, M);
        return true;
    }
    if (!tangent_direct(w, m, j))
        return false;
    set_modes(w, m, u);
    set_rows(w, m, u);
    set_M_slope(w, m, M);
    return true;
}

/* Column j of the Hessian, from its diagonal on; all behind it are found: it needs their modes' slopes. */
static bool set_column(struct glm_tangent *w, struct glm *m, int j, double out[])
{
    double *u = w->u + (size_t)j * (size_t)m->q, *M = w->apart != NULL ? w->apart[j] : w->inverse;
    double *theta = j < m->p + m->theta_count ? out + m->p : NULL;

    memset(M, 0, sizeof(double) * tangent_pattern_size(m));
    if (!move(w, m, j, u, M))
        return false;
    if (m->q > 0 && w->apart == NULL) {
        precision_invert_slope(m->precision, M);
        m->has_inverse = false; /* its scratch is overwritten */
    }
    memset(out, 0, sizeof *out * (size_t)glm_parameter_count(m));
    memset(w->adjoint, 0, sizeof(double) * (size_t)m->q);
    memset(m->work_rest, 0, sizeof(double) * (size_t)m->rest);
    if (w->several != NULL)
        several_add_rows(w, m, u, theta);
    else
        add_rows_of(w, m, u, theta);
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].index == NULL && m->part[k].design == NULL)
            m->work_rest[m->part[k].first] -= 2 * w->constant[m->part[k].slot];
    end_column(w, m, j, out);
    return true;
}

bool glm_hessian(struct glm_tangent *w, struct glm *m, const double phi[], bool rough, double hessian[])
{
    int n = glm_parameter_count(m);
    bool ok;

    w->by = rough ? &ROUGH : &EXACT;
    memset(w->has_along, 0, sizeof w->has_along);

    if (most_said(w, m) > MOST_SAID)
        return false;

    memcpy(w->rest, phi + m->p + m->theta_count, sizeof(double) * (size_t)glm_rest_count(m));
    ok = w->several != NULL ? several_set_beyond(w, m)
                            : set_beyond(w, m) && (m->quadrature == NULL || tangent_quadrature(w, m, rough, hessian));
    for (int j = n - 1; ok && m->quadrature == NULL && j >= 0; j--)
        ok = glm_goes_on(m) && set_column(w, m, j, hessian + (size_t)j * (size_t)n);
    ok = ok && (w->apart == NULL || m->quadrature != NULL || add_products(w, m, n, hessian));
    for (int j = 0; ok && j < n; j++)
        for (int i = j; i < n; i++) {
            hessian[j + i * n] = hessian[i + j * n];
            ok = ok && isfinite(hessian[i + j * n]);
        }
    return ok && !watch_stopped(&m->watch);
}
