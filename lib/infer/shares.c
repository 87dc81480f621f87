/* shares.c -- see shares.h. */
#include "infer/shares.h"

#include <math.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/lmm.h"
#include "fit/rowcov.h"
#include "infer/icc.h"

static const double LEAST_RESIDUAL = 1e-7; /* theirs, below which there is no likelihood to be had */

struct shares {
    const struct fit *fit;
    struct lmm *plain;
    struct rowcov *structured;
    const struct glmm_progress *progress;
    int terms;
    double estimate[SHARES_TERMS + 1], least, evaluations;
    bool stopped;
};

/* Why a model has no shares with intervals, or NULL. */
static const char *why_not(const struct fit *fit)
{
    const struct design *d = fit->design;

    if (d->random_count == 0)
        return design_term_count(d) > 0 ? "shares with intervals are of random intercepts of the mean, and the model has none"
                                        : "shares with intervals are of random intercepts, and the model has none";
    if (!fit->exact && !icc_is_defined(fit, "icc", NULL))
        return "shares of the whole variance are of linear mixed models";
    if (!fit->exact)
        return "shares of the whole variance are of linear mixed models: icc has those on the scale of the link, with intervals "
               "where there are some";
    if (d->residual != NULL)
        return "shares with intervals are of models with independent residuals: those of residual= share their variance with no "
               "group";
    for (int t = 0; t < d->random_count; t++)
        if (d->random[t].structure != NULL)
            return "shares with intervals are of random intercepts, not of covariance structures";
    for (int t = 0; t < d->random_count; t++)
        if (d->random[t].k != 1 || d->random[t].z != NULL)
            return "shares with intervals are of random intercepts: with slopes they change with the predictor";
    if (d->random_count > SHARES_TERMS)
        return "shares with intervals are of one or two random intercepts";
    return fit->sigma > 0.0 ? NULL : "the residual variance is 0: there are no shares with intervals";
}

bool shares_takes(const struct fit *fit, struct glmm_error *err)
{
    const char *why = why_not(fit);

    if (why == NULL && fit->identity != NULL)
        why = "the data do not tell the variances apart: there are no shares";
    return why == NULL || fail(err, GLMM_E_MODEL, NOWHERE, "%s", why);
}

double shares_rise(struct shares *s, const double share[])
{
    double rest = 1.0, theta[SHARES_TERMS], x[SHARES_TERMS], value;

    for (int t = 0; t < s->terms; t++)
        rest -= share[t];
    rest = fmax(rest, LEAST_RESIDUAL);
    for (int t = 0; t < s->terms; t++)
        theta[t] = sqrt(fmax(0.0, share[t]) / rest);
    if (!s->stopped && !progress_tell(s->progress, "evaluation", ++s->evaluations, 0, (double)NAN))
        s->stopped = true;
    if (s->stopped)
        return (double)INFINITY;
    if (s->structured != NULL) {
        rowcov_place(s->structured, theta, x);
        value = rowcov_deviance(s->structured, x, NULL);
    } else {
        value = lmm_deviance(s->plain, theta);
    }
    return value < 1e200 ? value - s->least : (double)INFINITY;
}

struct shares *shares_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct design *d = fit->design;
    struct shares *s;
    double total = fit->sigma * fit->sigma;
    bool reml = fit->method == METHOD_REML;

    if (!shares_takes(fit, err))
        return NULL;
    if ((s = NEW(struct shares)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    s->fit = fit;
    s->progress = progress;
    s->terms = d->random_count;
    if (design_is_structured(d))
        s->structured = rowcov_new(d, NULL, NULL, reml, progress, err);
    else
        s->plain = lmm_new_watched(d, reml, progress, err);
    if (s->structured == NULL && s->plain == NULL) {
        shares_free(s);
        return NULL;
    }
    for (int t = 0; t < s->terms; t++)
        total += fit->random[t].sd[0] * fit->random[t].sd[0];
    for (int t = 0; t < s->terms; t++)
        s->estimate[t] = fit->random[t].sd[0] * fit->random[t].sd[0] / total;
    s->estimate[s->terms] = fit->sigma * fit->sigma / total;
    s->least = shares_rise(s, s->estimate);
    return s;
}

void shares_free(struct shares *s)
{
    if (s == NULL)
        return;
    lmm_free(s->plain);
    rowcov_free(s->structured);
    mem_free(s);
}

int shares_count(const struct shares *s)
{
    return s->terms + 1;
}

double shares_estimate(const struct shares *s, int component)
{
    return s->estimate[component];
}

double shares_limit(const struct shares *s, double level)
{
    return qchisq(level, s->terms, 1, 0);
}
