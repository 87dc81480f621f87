/* glmm-gradient.c -- the deviance -2 log L of Laplace's approximation or of a quadrature, and its exact gradient.
 *
 * With the modes u, l' l'' l''' the derivatives of log f at them, h_i = z~_i' Q z~_i and v_i = Q z~_i restricted to the
 * row's slots:
 *
 *   f = -2 sum log f + u'u + log|M|                                          (Laplace; Q = M^-1)
 *   s = -h l''',  a = M^-1 (Z~' s - 2 mode),  t = Z~ a                       (the adjoint of the modes' dependence on the
 * parameters)
 *   df/d(fixed part of eta_i) = -2 E_i + s_i - W_i t_i
 *   df/dlambda[a, b] = explicit + sum_i z_i[a] ((s_i - W_i t_i) u[b] + l'_i a[b] + 2 W_i v_i[b])
 *   df/dtau = -2 E(l_tau) - sum h_i l''_tau,i + sum t_i l'_tau,i                    (tau: any shape of the density)
 *
 * where for Laplace E = l' at the mode, explicit = -2 sum_i z_i[a] l'_i u[b] and mode = -dh/du; a quadrature gives its own
 * (agq.h). At the modes dh/du is 0 but for what rounding leaves of it.  Where the rows know their eta nearly to its rounding that
 * is large beside the slopes of the parameters (an intercept, say, whose rows' slopes add up to that of the random effects), and
 * a alone takes it out of them.  A prior adds what it adds (glmm-penalty.c); draws are a quadrature
 * of their own (glmm-importance.c). */
#include <math.h>
#include <string.h>

#include "fit/glmm-parts.h"
#include "fit/tolerances.h"
#include "fit/agq.h"

/* Q z~ over the slots of row i, into v; returns z~'Q z~. */
static double row_leverage(const struct glm *m, size_t i, double v[])
{
    int K = m->K;
    const double *zt = m->zt + i * (size_t)K, *inverse;
    const int32_t *place = m->place + i * (size_t)(K * (K + 1) / 2);
    double h = 0;

    if (K == 0)
        return 0;
    inverse = m->precision->inverse;
    for (int a = 0; a < K; a++) {
        v[a] = 0;
        for (int b = 0; b < a; b++, place++) {
            v[a] += inverse[*place] * zt[b];
            v[b] += inverse[*place] * zt[a];
        }
        v[a] += inverse[*place++] * zt[a];
    }
    for (int a = 0; a < K; a++)
        h += zt[a] * v[a];
    return h;
}

/* a = M^-1 (Z~'s - 2 mode), with s = -h l'''; `mode` NULL: that of Laplace. */
static void set_adjoint(struct glm *m, const double *mode, double *s)
{
    int K = m->K;
    double v[GLM_SLOTS];

    for (int j = 0; j < m->q; j++)
        m->adjoint[j] = mode == NULL ? 2 * m->slope[j] : -2 * mode[j];
    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;

        s[i] = -row_leverage(m, i, v) * m->d[D_ETA3][i];
        for (int a = 0; a < K; a++)
            m->adjoint[column[a]] += s[i] * zt[a];
    }
    if (m->q > 0)
        precision_solve(m->precision, m->adjoint);
}

/* dtheta (theta_count, zeroed by the caller) += what row i gives, with c = coefficient of u. */
static void add_theta(const struct glm *m, size_t i, double c, double l, double w, const double v[], double dtheta[])
{
    int K = m->K;
    const int32_t *column = m->column + i * (size_t)K;

    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const double *z = m->z + i * (size_t)K + term->slot;
        double *out = dtheta + term->theta;

        for (int b = 0; b < term->k; b++) {
            int32_t at = column[term->slot + b];
            double r = c * m->u[at] + l * m->adjoint[at] + 2 * w * v[term->slot + b];

            for (int a = b, end = term->design->covariance->end(term->k, b); a < end; a++)
                *out++ += z[a] * r;
        }
    }
}

/* dtheta += what the share that is left to row i of its own effects gives, `slope` that of its dispersion; a quadrature's
 * explicit part of it, below that share, is left out. */
static void add_least(const struct glm *m, const struct glm_part *part, size_t i, double slope, double dtheta[])
{
    double twice = 2 * slope * part->share[i] * exp(-part->rows[i]);
    size_t row = i * (size_t)m->K;

    for (int t = 0; t < m->term_count && part->least[i] > 0; t++)
        if (part->own[row + (size_t)m->terms[t].slot])
            glm_add_template(&m->terms[t], twice, m->z + row + m->terms[t].slot, m->zt + row + m->terms[t].slot,
                             dtheta + m->terms[t].theta);
}

/* What a gradient in the outer parameters begins with: that of the constants, and the explicit part of a quadrature. */
static void begin_rest(const struct glm *m, const struct quadrature_sums *sums, double rest[])
{
    for (int j = 0; j < m->rest; j++)
        rest[j] = sums != NULL ? -2 * sums->rest[j] : 0;
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].index == NULL && m->part[k].design == NULL)
            rest[m->part[k].first] -= 2 * m->constant_slope[m->part[k].slot];
}

/* The gradient; `sums` NULL for Laplace. */
static void set_gradient(struct glm *m, const struct quadrature_sums *sums, double gradient[])
{
    int K = m->K, rest = glm_rest_count(m);
    double *s = m->fixed_slope, *dtheta = gradient + m->p, *drest = dtheta + m->theta_count, v[GLM_SLOTS];

    begin_rest(m, sums, m->work_rest);
    for (int j = 0; j < m->theta_count; j++)
        dtheta[j] = sums != NULL ? -2 * sums->theta[j] : 0;
    set_adjoint(m, sums != NULL ? sums->mode : NULL, s);
    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)K;
        const int32_t *column = m->column + i * (size_t)K;
        double w = -m->d[D_ETA2][i], l = m->d[D_ETA][i], h = row_leverage(m, i, v), t = 0, c;

        for (int a = 0; a < K; a++)
            t += zt[a] * m->adjoint[column[a]];
        c = s[i] - w * t;
        add_theta(m, i, sums != NULL ? c : c - 2 * l, l, w, v, dtheta);
        m->fixed_slope[i] = c - 2 * (sums != NULL ? sums->mean_slope[i] : l);
        for (int k = 0; k < m->part_count; k++) {
            double *const *d = m->d + D_SHAPE(m->part[k].slot);

            double slope = (sums != NULL ? 0 : -2 * d[0][i]) - h * d[2][i] + t * d[1][i];

            glm_add_rest(m, &m->part[k], i, slope, m->work_rest);
            if (m->part[k].least != NULL)
                add_least(m, &m->part[k], i, slope, dtheta);
        }
    }
    for (int j = 0; j < m->p; j++) {
        const double *x = m->X + (size_t)j * m->n;
        double sum = 0;

        for (size_t i = 0; i < m->n; i++)
            sum += x[i] * m->fixed_slope[i];
        gradient[j] = sum;
    }
    memcpy(drest, m->work_rest, sizeof *drest * (size_t)rest);
}

/* Where the last modes led nowhere, those of another phi.  A search that began at 0, as most do that fail at the edge of a link's
 * domain, would go the same way again; passes, from which costs are told, count as if it had. */
static bool mode_from_zero(struct glm *m)
{
    if (m->q == 0 || watch_stopped(&m->watch))
        return false;
    if (m->zero_from >= 0) {
        m->passes += m->passes - m->zero_from;
        return false;
    }
    memset(m->u, 0, sizeof(double) * (size_t)m->q);
    return glm_mode(m);
}

static double finite_value(struct glm *m, double value)
{
    return isfinite(value) && !watch_stopped(&m->watch) ? value : MINIMIZE_BAD;
}

/* The smallest diagonal entry of the factor is below 1 only where log f is not concave. */
static bool has_pivot_below(const struct glm *m, double least)
{
    for (int j = 0; j < m->q; j++)
        if (m->precision->value[precision_place(m->precision, j, j)] < least)
            return true;
    return false;
}

bool glm_is_broken(const struct glm *m)
{
    return has_pivot_below(m, BROKEN_PIVOT);
}

bool glm_is_bent(const struct glm *m)
{
    return has_pivot_below(m, BENT_PIVOT);
}

static bool meets_fence(struct glm *m)
{
    bool meets = m->fenced && glm_is_broken(m);

    m->met_fence = m->met_fence || meets;
    return meets;
}

void glm_add_template(const struct glm_term *term, double times, const double left[], const double right[], double out[])
{
    for (int b = 0; b < term->k; b++)
        for (int a = b, end = term->design->covariance->end(term->k, b); a < end; a++)
            *out++ += times * left[a] * right[b];
}

double glm_value(struct glm *m, const double phi[])
{
    int count = glm_parameter_count(m);
    double f;

    if (m->known && memcmp(m->last, phi, sizeof(double) * (size_t)count) == 0)
        return m->last_value;
    if (watch_stopped(&m->watch))
        return MINIMIZE_BAD;
    m->evaluations++;
    m->known = true;
    memcpy(m->last, phi, sizeof(double) * (size_t)count);
    for (int j = 0; j < count; j++)
        if (!isfinite(phi[j]))
            return m->last_value = MINIMIZE_BAD;
    glm_set(m, phi);
    if (!isfinite(m->constant) || (!glm_mode(m) && !mode_from_zero(m)) || meets_fence(m)) {
        memcpy(m->u, m->u_best, sizeof(double) * (size_t)m->q); /* do not start again from where it failed */
        return m->last_value = MINIMIZE_BAD;
    }
    memcpy(m->u_best, m->u, sizeof(double) * (size_t)m->q);
    if (m->quadrature != NULL)
        f = -2 * (m->constant + quadrature_integrate(m, true));
    else
        f = 2 * (m->penalized - m->constant) + (m->q > 0 ? precision_log_determinant(m->precision) : 0);
    if (m->importance != NULL)
        f -= 2 * importance_value(m);
    return m->last_value = finite_value(m, f + penalty_value(m, phi));
}

void glm_slopes(struct glm *m, double gradient[])
{
    if (m->q > 0 && m->quadrature == NULL && m->importance == NULL && !m->has_inverse) {
        precision_invert(m->precision);
        m->has_inverse = true;
    }
    if (m->several != NULL)
        several_gradient(m, gradient);
    else
        set_gradient(m, m->importance != NULL ? importance_sums(m) : m->quadrature != NULL ? quadrature_sums(m) : NULL, gradient);
    penalty_slopes(m, m->last, gradient);
}

double glm_deviance(struct glm *m, const double phi[], double gradient[])
{
    double f = glm_value(m, phi);

    if (gradient != NULL && f < MINIMIZE_BAD)
        glm_slopes(m, gradient);
    return f;
}
