/* glmm-importance.c -- the likelihood by importance sampling around the modes (for crossed factors, where no quadrature exists).
 *
 *   L = f_Laplace(y) E[w(v)],  v ~ N(0, I),  u = u^ + L^-T v,  log w = h(u^) - h(u) + v'v/2
 *
 * v and -v are drawn in pairs, so that the skewness of h cancels in the first order.  The error is that of the mean of the pairs'
 * weights, carried to the logarithm. */
#include <math.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/glmm-parts.h"

/* log w at u^ + sign L^-T v, with x = L^-T v. */
static double log_weight(struct glm *m, const double x[], double sign, double norm, double top)
{
    for (int j = 0; j < m->q; j++)
        m->u_try[j] = m->u[j] + sign * x[j];
    return top - glm_evaluate(m, m->u_try) + 0.5 * norm;
}

/* The log of the mean weight and its error, from `pairs` pairs of draws. */
static bool draw(struct glm *m, int pairs, uint64_t seed, const struct glmm_progress *progress, struct importance *out)
{
    double top = m->penalized, shift = 0, sum = 0, square = 0, weights = 0, mean;

    for (int r = 0; r < pairs; r++) {
        struct rng rng;
        double norm = 0, a, b, largest, pair;

        if (!progress_tell(progress, "draw", r, pairs, out->loglik))
            return false;
        rng_init(&rng, seed, (uint64_t)r);
        for (int j = 0; j < m->q; j++) {
            m->step[j] = rng_normal(&rng);
            norm += m->step[j] * m->step[j];
        }
        precision_solve_upper(m->precision, m->step);
        a = log_weight(m, m->step, 1, norm, top);
        b = log_weight(m, m->step, -1, norm, top);
        largest = fmax(a, b);
        if (largest > shift) { /* sums are kept relative to the largest weight */
            sum *= exp(shift - largest);
            square *= exp(2 * (shift - largest));
            weights *= exp(2 * (shift - largest));
            shift = largest;
        }
        pair = 0.5 * (exp(a - shift) + exp(b - shift));
        sum += pair;
        square += pair * pair;
        weights += 0.5 * (exp(2 * (a - shift)) + exp(2 * (b - shift)));
    }
    mean = sum / pairs;
    out->loglik += shift + log(mean);
    out->error = pairs > 1 ? sqrt(fmax(square / pairs - mean * mean, 0) / (pairs - 1)) / mean : (double)NAN;
    out->effective = 2 * sum * sum / weights;
    return true;
}

bool glm_importance(const struct fit *fit, int draws, uint64_t seed, const struct glmm_progress *progress, struct importance *out,
                    struct glmm_error *err)
{
    struct glm *m;
    double *phi;
    bool ok;

    *out = (struct importance){ fit->loglik, 0, draws };
    if (fit->exact)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the likelihood of a linear mixed model is exact: there is nothing to correct");
    if (fit->design->random_count == 0)
        return true;
    if (fit->recession != NULL && fit->proper == NULL)
        return true;
    fit = fit_proper(fit);
    m = glm_new(fit->design, fit->family, fit->link, 1, err);
    if (m == NULL)
        return false;
    phi = NEW_ARRAY(double, glm_parameter_count(m) + 1);
    ok = phi != NULL || fail_memory(err);
    if (ok) {
        glm_from_fit(m, fit, phi);
        out->loglik = -0.5 * glm_value(m, phi);
        if (!(out->loglik > -0.5 * MINIMIZE_BAD))
            ok = fail(err, GLMM_E_MODEL, NOWHERE, "the conditional modes at the estimates could not be found");
        else if (!draw(m, draws > 1 ? draws / 2 : 1, seed, progress, out))
            ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
    }
    mem_free(phi);
    glm_free(m);
    return ok;
}
