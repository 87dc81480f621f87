/* glmm-mode.c -- the conditional modes by penalized iteratively reweighted least squares with observed weights (NUMERICS 2).
 *
 *   minimize  h(u) = u'u/2 - sum log f(y_i | eta_i),  eta = X gamma + offset + Z Lambda u
 *   slope  g = u - (Z Lambda)' l',   M = (Z Lambda)' W (Z Lambda) + I,  W = -l'',   step = M^-1 g
 *
 * A step is halved until h falls.  Where W is negative so often that M is not positive definite (links that are not
 * canonical, far from the mode) the step uses the positive part of W, which still descends.  Near the mode the iteration
 * is Newton's: when g'M^-1 g is below 1e-13, one more step leaves an error of about its square.  (h depends on the error
 * of u by its square, but log|M| in proportion: that is why the modes are found to a relative 1e-12.)
 *
 * Where rows know their eta to within its rounding e (counts of 1e12, a Gamma response with a coefficient of variation of 1e-9),
 * slopes are W e off and h is l' e off: there g'M^-1 g cannot fall below e'We, and is not asked to. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "fit/glmm-parts.h"
#include "fit/tolerances.h"

void glm_watch(struct glm *m, const struct glmm_progress *progress)
{
    watch_init(&m->watch, progress, "evaluation");
    if (m->precision != NULL)
        m->precision->watch = &m->watch;
}

bool glm_goes_on(struct glm *m)
{
    m->watch.done = m->evaluations;
    m->watch.value = m->last_value;
    return !watch_stops(&m->watch);
}

enum { MODE_STEPS = 250 }; /* a count far above what is fitted is approached by one unit of its logarithm a step */

/* Steps with an earlier factor: their number, the share of the tolerance that leaves nothing to a step with the own factor, and
 * the share of the decrement before that a step must come below. */
enum { FEW_STEPS = 8 };
static const double ENOUGH = 0.5, WORTH = 0.05;

static void set_lambda(struct glm *m, const double theta[])
{
    for (int t = 0; t < m->term_count; t++)
        m->terms[t].design->covariance->fill(m->terms[t].k, theta + m->terms[t].theta, m->terms[t].lambda);
}

/* zt = Lambda' z, row by row. */
static void set_zt(struct glm *m)
{
    int K = m->K;

    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        int k = term->k;
        const double *lambda = term->lambda;

        if (k == 1) {
            for (size_t i = 0; i < m->n; i++)
                m->zt[i * (size_t)K + (size_t)term->slot] = lambda[0] * m->z[i * (size_t)K + (size_t)term->slot];
            continue;
        }
        for (size_t i = 0; i < m->n; i++) {
            const double *z = m->z + i * (size_t)K + term->slot;
            double *zt = m->zt + i * (size_t)K + term->slot;

            for (int b = 0; b < k; b++) {
                double sum = 0;

                for (int a = b; a < k; a++)
                    sum += z[a] * lambda[a + b * k];
                zt[b] = sum;
            }
        }
    }
}

/* The shape of each row by its linear predictor. */
static void set_rows(const struct glm *m, const struct glm_part *part, const double gamma[])
{
    int of = several_of(m, part);
    double *rows = of > 0 ? m->several->fixed[of] : part->rows;

    for (size_t i = 0; i < m->n; i++)
        rows[i] = part->offset != NULL ? part->offset[i] : 0;
    for (int j = 0; j < part->count; j++)
        for (size_t i = 0; i < m->n; i++)
            rows[i] += gamma[j] * part->X[i + (size_t)j * m->n];
    for (size_t i = 0; part->least != NULL && i < m->n; i++) {
        double alone = rows[i];

        if (part->least[i] > 0)
            rows[i] = log(exp(alone) + part->least[i]);
        part->rate[i] = exp(alone - rows[i]);
    }
    if (of > 0)
        memcpy(part->rows, rows, sizeof *rows * m->n);
}

void glm_set_rest(struct glm *m, const double rest[])
{
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].design != NULL)
            set_rows(m, &m->part[k], rest + m->part[k].first);
    for (int j = 0; j < family_shapes(m->response.family); j++)
        if (m->outer[j] >= 0)
            m->response.shape[j] = m->held && m->outer[j] == m->rest - 1 ? m->held_value : rest[m->outer[j]];
    if (!m->has_constants || memcmp(m->constant_shape, m->response.shape, sizeof m->constant_shape) != 0) {
        m->constant = response_constant(&m->response, m->constant_slope);
        memcpy(m->constant_shape, m->response.shape, sizeof m->constant_shape);
        m->has_constants = true;
    }
}

void glm_set(struct glm *m, const double phi[])
{
    for (size_t i = 0; i < m->n; i++)
        m->fixed[i] = m->offset != NULL ? m->offset[i] : 0;
    for (int j = 0; j < m->p; j++) {
        const double *x = m->X + (size_t)j * m->n, gamma = phi[j];

        for (size_t i = 0; i < m->n; i++)
            m->fixed[i] += gamma * x[i];
    }
    set_lambda(m, phi + m->p);
    set_zt(m);
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].least != NULL)
            glm_set_least(m, &m->part[k]);
    glm_set_rest(m, phi + m->p + m->theta_count);
}

/* Notes the first row outside of the domain of its link. */
static void note_outside(struct glm *m)
{
    const struct link *link = m->response.link;

    m->outside = 0;
    for (size_t i = 0; link->valid != NULL && m->several == NULL && m->outside == 0 && i < m->n; i++)
        if (!link->valid(m->eta[i]))
            m->outside = i + 1;
}

double glm_evaluate(struct glm *m, const double u[])
{
    int K = m->K;
    double density, norm = 0;

    if (m->several != NULL)
        several_set_rows(m, u);
    for (size_t i = 0; i < m->n && m->several == NULL; i++) {
        size_t at = i * (size_t)K;
        double eta = m->fixed[i];

        for (int a = 0; a < K; a++)
            eta += m->zt[at + (size_t)a] * u[m->column[at + (size_t)a]];
        m->eta[i] = eta;
    }
    for (int j = 0; j < m->q; j++)
        norm += u[j] * u[j];
    m->passes++;
    density = response_density(&m->response, 0, m->n, m->eta, ORDER_ALL, m->d);
    if (!isfinite(density))
        note_outside(m);
    return isfinite(density) && isfinite(norm) ? 0.5 * norm - density : (double)INFINITY;
}

void glm_assemble(struct glm *m, bool positive)
{
    int K = m->K;
    double *value = m->precision->value;
    const int32_t *place = m->place;
    const double *zt = m->zt;

    precision_identity(m->precision);
    if (m->several != NULL) {
        several_assemble(m, positive);
        return;
    }
    for (size_t i = 0; i < m->n; i++, zt += K) {
        double w = -m->d[D_ETA2][i];

        if (positive && w < 0)
            w = 0;
        for (int a = 0; a < K; a++) {
            double wz = w * zt[a];

            for (int b = 0; b <= a; b++)
                value[*place++] += wz * zt[b];
        }
    }
}

/* slope := u - (Z Lambda)' l' */
static void set_slope(struct glm *m)
{
    int K = m->K;

    memcpy(m->slope, m->u, sizeof(double) * (size_t)m->q);
    if (m->several != NULL) {
        several_add_slope(m);
        return;
    }
    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;
        double l = m->d[D_ETA][i];

        for (int a = 0; a < K; a++)
            m->slope[column[a]] -= l * zt[a];
    }
}

/* What the rounding of eta makes of h, and of g'M^-1 g at its mode (Z~ M^-1 Z~' W is a share). */
static void rounding_of_rows(const struct glm *m, double *value, double *decrement)
{
    double of_value = 0, of_slope = 0;

    for (size_t i = 0; i < m->n; i++) {
        double square = m->eta[i] * m->eta[i], l = m->d[D_ETA][i];

        of_value += l * l * square;
        of_slope += fabs(m->d[D_ETA2][i]) * square;
    }
    *value = isfinite(of_value) ? 2 * DBL_EPSILON * sqrt(of_value) : 0;
    *decrement = 4 * DBL_EPSILON * DBL_EPSILON * of_slope;
}

/* Factors M at the current u; *observed tells whether with the observed weights. */
static bool factor_at_mode(struct glm *m, bool *observed)
{
    m->has_inverse = false;
    glm_assemble(m, false);
    *observed = precision_cholesky(m->precision);
    if (*observed || watch_stopped(&m->watch))
        return *observed;
    glm_assemble(m, true);
    return precision_cholesky(m->precision);
}

/* A difference of h that is none. */
static double noise_of(const struct glm *m)
{
    return TOLERANCE_MODE_ROUNDING * (1 + fabs(m->penalized)) + m->rounding;
}

/* Whether the row that was outside of its link's domain at another step is so at this one, u - alpha step: then h is infinite,
 * and no other row has to be looked at.  Where modes run to the edge of a domain nearly all steps end so. */
static bool is_outside_again(const struct glm *m, double alpha)
{
    size_t at = (m->outside - 1) * (size_t)m->K;
    double eta;

    if (m->outside == 0)
        return false;
    eta = m->fixed[m->outside - 1];
    for (int a = 0; a < m->K; a++) {
        int32_t column = m->column[at + (size_t)a];

        eta += m->zt[at + (size_t)a] * (m->u[column] - alpha * m->step[column]);
    }
    return !m->response.link->valid(eta);
}

/* Moves from u along -step by the first of 1, 1/2, 1/4 ... that lowers h.  False when none does. */
static bool descend(struct glm *m, double decrement, double *alpha)
{
    double noise = noise_of(m), h;

    for (*alpha = 1; *alpha > TOLERANCE_MODE_SHORTEST; *alpha *= 0.5) {
        if (is_outside_again(m, *alpha)) {
            m->passes++;
            continue;
        }
        for (int j = 0; j < m->q; j++)
            m->u_try[j] = m->u[j] - *alpha * m->step[j];
        h = glm_evaluate(m, m->u_try);
        if (h <= m->penalized - TOLERANCE_DECREASE * *alpha * decrement
            || (isfinite(h) && decrement < fmax(TOLERANCE_MODE_FLAT, noise) && h <= m->penalized + noise)) {
            double *swap = m->u;

            m->u = m->u_try;
            m->u_try = swap;
            m->penalized = h;
            return true;
        }
    }
    return false;
}

/* step := M^-1 slope at u, with the factor at hand; returns slope'step. */
static double set_step(struct glm *m, double *floor)
{
    double decrement = 0;

    set_slope(m);
    rounding_of_rows(m, &m->rounding, floor);
    memcpy(m->step, m->slope, sizeof(double) * (size_t)m->q);
    precision_solve(m->precision, m->step);
    for (int j = 0; j < m->q; j++)
        decrement += m->slope[j] * m->step[j];
    return decrement;
}

/* Where a factor costs more than several passes over the rows: steps with that of the modes before, as long as each leaves
 * little. Returns the last decrement that was found; HUGE_VAL: none. */
static double approach(struct glm *m)
{
    double decrement, floor, h, *swap, before = HUGE_VAL;

    for (int i = 0; i < FEW_STEPS && glm_goes_on(m); i++) {
        decrement = set_step(m, &floor);
        if (!(decrement > ENOUGH * fmax(m->mode_tolerance, floor)) || !(decrement < WORTH * before))
            return decrement;
        before = decrement;
        for (int j = 0; j < m->q; j++)
            m->u_try[j] = m->u[j] - m->step[j];
        h = glm_evaluate(m, m->u_try);
        if (!(h <= m->penalized + noise_of(m))) { /* back */
            m->penalized = glm_evaluate(m, m->u);
            return before;
        }
        swap = m->u;
        m->u = m->u_try;
        m->u_try = swap;
        m->penalized = h;
    }
    return before;
}

/* h where the modes are looked for from: u, or 0 where there is none at u.  *factored: with an earlier factor. */
static bool begin_mode(struct glm *m, bool *factored)
{
    int from = m->passes;
    bool zero = !*factored;

    for (int j = 0; zero && j < m->q; j++)
        zero = m->u[j] == 0;
    m->zero_from = -1;
    m->penalized = glm_evaluate(m, m->u);
    if (!isfinite(m->penalized)) {
        memset(m->u, 0, sizeof(double) * (size_t)m->q);
        from = m->passes;
        zero = true;
        m->penalized = glm_evaluate(m, m->u);
        *factored = false;
    }
    if (isfinite(m->penalized) && zero)
        m->zero_from = from;
    return isfinite(m->penalized);
}

bool glm_mode(struct glm *m)
{
    double decrement, alpha, floor, before = HUGE_VAL;
    bool observed, factored = m->factored && precision_is_dear(m->precision, m->n);

    m->factored = false;
    m->rounding = 0;
    m->mode_left = HUGE_VAL;
    if (!begin_mode(m, &factored))
        return false;
    if (factored)
        before = approach(m);
    for (int i = 0; i < MODE_STEPS && m->q > 0; i++) {
        if (!glm_goes_on(m) || !factor_at_mode(m, &observed))
            return false;
        decrement = set_step(m, &floor);
        if (!(decrement > fmax(m->mode_tolerance, floor)) || (decrement < noise_of(m) && decrement > 0.25 * before)) {
            m->mode_left = decrement;
            return m->factored = observed && decrement >= 0;
        }
        before = decrement;
        if (!descend(m, decrement, &alpha)) { /* h is flat to rounding: this is the mode */
            m->penalized = glm_evaluate(m, m->u);
            return observed && decrement < TOLERANCE_MODE_FAILED * (1 + fabs(m->penalized));
        }
        if (decrement < TOLERANCE_MODE_DONE && alpha == 1 && observed) {
            set_slope(m);
            return m->factored = factor_at_mode(m, &observed) && observed;
        }
    }
    return m->q == 0;
}

void glm_block(const struct glm *m, int first, int k, double out[])
{
    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++)
            out[a + b * k] = out[b + a * k] = m->precision->inverse[precision_place(m->precision, first + a, first + b)];
}
