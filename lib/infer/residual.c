/* residual.c -- see residual.h. */
#include "infer/residual.h"

#include <Rmath.h>
#include <math.h>

#include "base/rng.h"
#include "model/family.h"
#include "result/number.h"

static const double P_LEAST = 1e-15; /* a residual by quantiles is never infinite */

double residual_of(const struct fit *fit, size_t i, enum residual_kind kind)
{
    struct response rows = fit_response(fit);
    struct observation at = response_at(&rows, i);
    double raw, sd, shape[FAMILY_SHAPES];

    if (!isfinite(fit->linear[i])) /* fitted perfectly, at infinity; or of a fit without estimates */
        return isnan(fit->fitted[i]) ? (double)NAN : 0;
    fit_row_shapes(fit, i, shape);
    sd = sqrt(family_variance_at(rows.family, rows.link, fit->linear[i], fit->fitted[i], shape, &at));
    raw = number_difference(fit->design->y[i], fit->fitted[i], sd);
    if (raw == 0 && fit->family->response == RESPONSE_BINOMIAL) /* at 0 or 1 too, by a variance that is infinite */
        return 0;
    switch (kind) {
    case RESIDUAL_PEARSON:
        raw /= sd;
        return rows.family->weight_divides ? raw : raw * sqrt(at.weight);
    case RESIDUAL_DEVIANCE:
        return family_deviance_residual(rows.family, rows.link, &at, fit->linear[i], shape);
    case RESIDUAL_RESPONSE:
        break;
    }
    return raw;
}

double residual_working(const struct fit *fit, size_t i)
{
    double mean[4];

    if (!isfinite(fit->linear[i]) || (family_is_hurdle(fit->family) && fit->design->y[i] == 0))
        return (double)NAN;
    fit_mean_at(fit, i, fit->linear[i], mean);
    return (fit->design->y[i] - mean[0]) / mean[1];
}

bool residual_has_quantiles(const struct fit *fit)
{
    return fit->family->cumulative != NULL;
}

bool residual_quantiles(const struct fit *fit, uint64_t seed, double residuals[], bool *random,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    struct response rows = fit_response(fit);
    struct rng rng;

    if (fit->design->repeats)
        rows.trials = NULL; /* each of those that the row stands for has that response */
    *random = false;
    rng_init(&rng, seed, 0);
    for (size_t i = 0; i < rows.n; i++) {
        struct observation at = response_at(&rows, i);
        double eta = fit->linear[i], share = rng_uniform(&rng), p, below, shape[FAMILY_SHAPES];

        fit_row_shapes(fit, i, shape);
        p = family_cumulative(rows.family, rows.link, &at, eta, shape, false);
        below = family_cumulative(rows.family, rows.link, &at, eta, shape, true);
        *random = *random || below != p;
        p = isnan(eta) ? eta : below + share * (p - below); /* of a fit without estimates; families' bounds would drop it */
        residuals[i] = isnan(p) ? p : qnorm(fmin(fmax(p, P_LEAST), 1 - P_LEAST), 0, 1, 1, 0);
        if (i % 4096 == 4095 && !progress_tell(progress, "residuals", (double)i, (double)rows.n, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped among the residuals");
    }
    return true;
}
