/* residual.c -- see residual.h. */
#include "infer/residual.h"

#include <Rmath.h>
#include <math.h>

#include "base/rng.h"
#include "model/family.h"

static const double P_LEAST = 1e-15; /* a residual by quantiles is never infinite */

static struct response rows_of(const struct fit *fit)
{
    const struct design *design = fit->design;

    return (struct response){
        .family = fit->family,
        .link = fit->link,
        .n = design->n,
        .y = design->y,
        .trials = design->trials,
        .weights = design->weights,
    };
}

double residual_of(const struct fit *fit, size_t i, enum residual_kind kind)
{
    struct response rows = rows_of(fit);
    struct observation at = response_at(&rows, i);
    double raw = fit->design->y[i] - fit->fitted[i];

    if (!isfinite(fit->linear[i])) /* fitted perfectly, at infinity */
        return 0;
    switch (kind) {
    case RESIDUAL_PEARSON:
        return raw / sqrt(family_variance(rows.family, fit->fitted[i], fit->shape, &at));
    case RESIDUAL_DEVIANCE:
        return family_deviance_residual(rows.family, rows.link, &at, fit->linear[i], fit->shape);
    case RESIDUAL_RESPONSE:
        break;
    }
    return raw;
}

bool residual_has_quantiles(const struct fit *fit)
{
    return fit->family->cumulative != NULL;
}

bool residual_quantiles(const struct fit *fit, uint64_t seed, double residuals[], bool *random,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct response rows = rows_of(fit);
    struct rng rng;

    *random = false;
    rng_init(&rng, seed, 0);
    for (size_t i = 0; i < rows.n; i++) {
        struct observation at = response_at(&rows, i);
        double eta = fit->linear[i], share = rng_uniform(&rng), p, below;

        p = family_cumulative(rows.family, rows.link, &at, eta, fit->shape, false);
        below = family_cumulative(rows.family, rows.link, &at, eta, fit->shape, true);
        *random = *random || below != p;
        residuals[i] = qnorm(fmin(fmax(below + share * (p - below), P_LEAST), 1 - P_LEAST), 0, 1, 1, 0);
        if (i % 4096 == 4095 && !progress_tell(progress, "residuals", (double)i, (double)rows.n, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped among the residuals");
    }
    return true;
}
