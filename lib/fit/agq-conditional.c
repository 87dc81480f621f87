/* agq-conditional.c -- modes where the effects of coarser factors are given, and the gradient of an integral around them: see
 * agq-nested.h.
 *
 * With h(u) = u'u/2 - sum of the rows' log densities over the unknowns u of a level and of those in it, its minimum u^ and M its
 * second derivatives there.  Let s_k be the shares of the nodes in the sum, and g_k the slope of the integrand's logarithm in u^.
 * What a parameter changes of log I is
 *
 *   of the densities    sum_k s_k d log f(u_k)
 *   of the mode         (sum_k s_k g_k)' du^, where M du^ is the change of the slope of -h at u^
 *   of the scale        -<dM, Q>/2, Q of agq-inner.c or of agq-nested.c
 *
 * dM holds third derivatives of the rows' densities, also by way of du^.  All that goes through the mode is gathered, in units of
 * -2 log I, in `adjoint` = M^-1 (-2 sum_k s_k g_k + sum_i c_i z_i), c_i = -z_i'Q z_i times the third derivative of row i, and
 * then meets the rows once. */
#include "fit/agq-nested-private.h"
#include "fit/tolerances.h"

#include <math.h>
#include <string.h>

enum { STEPS = 60 };

/* --- the mode ------------------------------------------------------------------------------------ */

/* Moves from s->mode along -step by the first of 1, 1/2, 1/4 ... that lowers h.  False where none does. */
static bool descend(struct glm *m, const struct nested_rows *rows, const struct nested_search *s, double decrement, double *value,
                    double *alpha)
{
    for (*alpha = 1; *alpha > TOLERANCE_MODE_SHORTEST; *alpha *= 0.5) {
        double next;

        for (int a = 0; a < s->q; a++)
            s->try[a] = s->mode[a] - *alpha * s->step[a];
        next = s->value(m, s->g, rows, s->try);
        if (next <= *value - TOLERANCE_DECREASE * *alpha * decrement
            || (decrement < TOLERANCE_MODE_FLAT && next <= *value + TOLERANCE_MODE_ROUNDING * (1 + fabs(*value)))) {
            memcpy(s->mode, s->try, sizeof(double) * (size_t)s->q);
            *value = next;
            return true;
        }
    }
    return false;
}

bool nested_mode(struct glm *m, const struct nested_rows *rows, const struct nested_search *s, double *value)
{
    double alpha;
    bool last = false;

    *value = s->value(m, s->g, rows, s->mode);
    if (!isfinite(*value)) {
        memset(s->mode, 0, sizeof(double) * (size_t)s->q);
        *value = s->value(m, s->g, rows, s->mode);
    }
    for (int i = 0; i < STEPS && isfinite(*value); i++) {
        bool observed = s->system(m, s->g, rows, s->mode, false);
        double decrement = 0;

        if (last && observed)
            return true;
        if (!observed && !s->system(m, s->g, rows, s->mode, true))
            return false;
        memcpy(s->gradient, s->step, sizeof(double) * (size_t)s->q);
        s->solve(m, s->g, s->step);
        for (int a = 0; a < s->q; a++)
            decrement += s->gradient[a] * s->step[a];
        if (!(decrement > MODE_EXACT))
            return observed;
        if (!descend(m, rows, s, decrement, value, &alpha)) {
            *value = s->value(m, s->g, rows, s->mode);
            return observed && decrement < TOLERANCE_MODE_FAILED * (1 + fabs(*value));
        }
        last = decrement < TOLERANCE_MODE_DONE && alpha == 1;
    }
    return false;
}

/* --- the gradient -------------------------------------------------------------------------------- */

/* theta += -1/2 z[a] r[b] over the free entries of the terms in the slots. */
static void add_theta(const struct glm *m, int slots, const double *z, const double *r, double *theta)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];

        if (term->slot < slots)
            glm_add_template(term, -0.5, z + term->slot, r + term->slot, theta + term->theta);
    }
}

void nested_slopes(struct glm *m, const struct nested_rows *rows, const struct nested_end *e)
{
    double v[GLM_SLOTS], *s = rows->slope;

    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;
        double h = 0;

        e->leverage(m, e->g, i, v);
        for (int a = 0; a < e->slots; a++)
            h += zt[a] * v[a];
        s[i - rows->from] = -h * e->d[D_ETA3][i - rows->from];
        for (int a = 0; a < e->slots; a++)
            e->adjoint[column[a] - e->shift[a]] += s[i - rows->from] * zt[a];
    }
    e->solve(m, e->g, e->adjoint);
    for (int j = 0; j < m->rest; j++)
        rows->rest[j] += e->sum_rest[j];
    for (int j = 0; j < m->theta_count; j++)
        rows->theta[j] += e->sum_theta[j];
    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;
        size_t r = i - rows->from;
        double weight = -e->d[D_ETA2][r], l = e->d[D_ETA][r], t = 0, h = 0, c;

        e->leverage(m, e->g, i, v);
        for (int a = 0; a < e->slots; a++) {
            t += zt[a] * e->adjoint[column[a] - e->shift[a]];
            h += zt[a] * v[a];
        }
        c = s[r] - weight * t;
        s[r] = e->sum_slope[r] - 0.5 * c;
        for (int j = 0; j < m->part_count; j++) {
            double *const *d = e->d + D_SHAPE(m->part[j].slot);

            glm_add_rest(m, &m->part[j], i, -0.5 * (t * d[1][r] - h * d[2][r]), rows->rest);
        }
        for (int a = 0; a < e->slots; a++) { /* the coefficient of z */
            int32_t at = column[a] - e->shift[a];

            v[a] = c * e->u[at] + l * e->adjoint[at] + 2 * weight * v[a];
        }
        add_theta(m, e->slots, m->z + i * (size_t)m->K, v, rows->theta);
    }
}

/* --- a level that has others in it and lies in another --------------------------------------------- */

static double factor_value(struct glm *m, int g, const struct nested_rows *rows, const double *u)
{
    struct nested_factor *o = &m->quadrature->nested->factor[g];
    double norm = 0, density;

    for (int j = 0; j < o->count; j++)
        norm += u[j] * u[j];
    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;
        double eta = rows->base[i - rows->from];

        for (int a = 0; a < o->slots; a++)
            eta += zt[a] * u[column[a] - o->slot_shift[a]];
        o->eta[i - rows->from] = eta;
    }
    density = response_density(&m->response, rows->from, rows->to - rows->from, o->eta, ORDER_ALL, o->d);
    return isfinite(density) ? 0.5 * norm - density : (double)INFINITY;
}

static bool factor_system(struct glm *m, int g, const struct nested_rows *rows, const double *u, bool positive)
{
    struct nested_factor *o = &m->quadrature->nested->factor[g];

    memcpy(o->step, u, sizeof(double) * (size_t)o->count);
    precision_identity(o->f);
    for (size_t i = rows->from; i < rows->to; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;
        double l = o->d[D_ETA][i - rows->from], weight = -o->d[D_ETA2][i - rows->from];

        if (positive)
            weight = fmax(weight, 0);
        for (int a = 0; a < o->slots; a++) {
            int32_t at = column[a] - o->slot_shift[a];

            o->step[at] -= l * zt[a];
            for (int b = 0; b <= a; b++)
                o->f->value[precision_place(o->f, at, column[b] - o->slot_shift[b])] += weight * zt[a] * zt[b];
        }
    }
    return precision_cholesky(o->f);
}

static void factor_solve(const struct glm *m, int g, double *x)
{
    precision_solve(m->quadrature->nested->factor[g].f, x);
}

static void factor_leverage(const struct glm *m, int g, size_t i, double *v)
{
    const struct nested_factor *o = &m->quadrature->nested->factor[g];
    const double *zt = m->zt + i * (size_t)m->K;
    const int32_t *column = m->column + i * (size_t)m->K;

    for (int a = 0; a < o->slots; a++) {
        int32_t at = column[a] - o->slot_shift[a];

        v[a] = 0;
        for (int b = 0; b <= a; b++) {
            double q = o->f->inverse[precision_place(o->f, at, column[b] - o->slot_shift[b])];

            v[a] += q * zt[b];
            if (b < a)
                v[b] += q * zt[a];
        }
    }
}

bool nested_conditional_mode(struct glm *m, int g, const struct nested_rows *rows, double *value)
{
    struct nested_factor *o = &m->quadrature->nested->factor[g];
    const struct nested_search search = { .g = g,
                                          .q = o->count,
                                          .mode = o->mode,
                                          .try = o->try,
                                          .step = o->step,
                                          .gradient = o->gradient,
                                          .value = factor_value,
                                          .system = factor_system,
                                          .solve = factor_solve };

    return nested_mode(m, rows, &search, value);
}

void nested_conditional_slopes(struct glm *m, int g, const struct nested_rows *rows)
{
    struct nested_factor *o = &m->quadrature->nested->factor[g];
    const struct nested_end end = { .g = g,
                                    .slots = o->slots,
                                    .shift = o->slot_shift,
                                    .u = o->mode,
                                    .sum_slope = o->sum_slope,
                                    .sum_theta = o->sum_theta,
                                    .sum_rest = o->sum_rest,
                                    .adjoint = o->adjoint,
                                    .d = o->d,
                                    .solve = factor_solve,
                                    .leverage = factor_leverage };

    memset(o->adjoint, 0, sizeof(double) * (size_t)o->count);
    for (int a = 0; a < o->k; a++)
        o->adjoint[o->count - o->k + a] = -2 * o->sum_g[a];
    nested_slopes(m, rows, &end);
}
