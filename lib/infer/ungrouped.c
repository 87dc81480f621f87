/* ungrouped.c -- see ungrouped.h. */
#include "infer/ungrouped.h"

#include <math.h>

#include "fit/identify.h"
#include "fit/rowcov.h"
#include "infer/attenuation.h"

/* Operations on X that nobody waits for. */
static const double MOST_WORK = 2e9;

static bool has_test(const struct fit *fit)
{
    const struct design *d = fit->design;
    bool found = fit->optimum.verdict == VERDICT_OK || fit->optimum.verdict == VERDICT_BOUNDARY;

    return found && d->prior == NULL && fit->identity == NULL && d->random_count > 0 && fit->method != METHOD_PQL
           && isfinite(fit->loglik) && !design_is_structured(d) && (double)design_used_rows(d) * d->p * d->p < MOST_WORK;
}

bool ungrouped_test(const struct fit *fit, const struct glmm_progress *progress, struct lrt *out, struct glmm_error *err)
{
    struct glmm_error why = { 0 };
    struct fit *plain;
    struct design design;
    bool ok = true;

    *out = (struct lrt){ .reference = LRT_NONE };
    fit = identity_reduced(fit) != NULL ? identity_reduced(fit) : fit; /* by the sums that are determined */
    if (!has_test(fit))
        return true;
    plain = naive_fit(fit, fit->exact ? fit->method : METHOD_ML, &design, progress, &why);
    if (plain == NULL && (why.code == GLMM_E_MEMORY || why.code == GLMM_E_INTERRUPT))
        return fail(err, why.code, NOWHERE, "%s", why.message);
    if (plain != NULL && isfinite(plain->loglik) && plain->optimum.verdict != VERDICT_NOT_CONVERGED)
        ok = lrt_test(plain, fit, out, err);
    if (out->worse)
        out->reference = LRT_NONE;
    fit_free(plain);
    return ok;
}
