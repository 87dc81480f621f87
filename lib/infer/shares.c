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
    double related[SHARES_TERMS]; /* times which a row has a term's variance, on average: by a matrix K */
    double estimate[SHARES_TERMS + 1], least, evaluations;
    bool stopped;
};

/* One or two intercepts beside independent residuals, no covariance structure. */
static bool is_plain(const struct fit *fit)
{
    const struct design *d = fit->design;
    bool plain = fit->exact && d->residual == NULL && d->random_count <= SHARES_TERMS;

    for (int t = 0; t < d->random_count; t++)
        plain = plain && d->random[t].structure == NULL && d->random[t].k == 1 && d->random[t].z == NULL;
    return plain;
}

bool shares_takes(const struct fit *fit, struct glmm_error *err)
{
    const char *why = NULL;

    if (fit->design->random_count == 0)
        why = design_term_count(fit->design) > 0 ? "shares are of random effects of the mean, and the model has none"
                                                 : "shares are of random effects, and the model has none";
    else if (is_plain(fit) && fit->identity != NULL)
        why = "the data do not tell the variances apart: there are no shares";
    else if (is_plain(fit) && !(fit->sigma > 0))
        why = "the residual variance is 0: there is no likelihood of shares to be drawn";
    if (why != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%s", why);
    if (is_plain(fit))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         "the likelihood of shares is drawn for linear mixed models of one or two random intercepts with independent residuals");
    error_hint(err, "varcorr has the shares of this one");
    return false;
}

double shares_rise(struct shares *s, const double share[])
{
    double rest = 1.0, theta[SHARES_TERMS], x[SHARES_TERMS], value;

    for (int t = 0; t < s->terms; t++)
        rest -= share[t];
    rest = fmax(rest, LEAST_RESIDUAL);
    for (int t = 0; t < s->terms; t++)
        theta[t] = sqrt(fmax(0.0, share[t]) / rest / s->related[t]);
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
    for (int t = 0; t < s->terms; t++) {
        s->related[t] = icc_related(fit, t);
        s->estimate[t] = fit->random[t].sd[0] * fit->random[t].sd[0] * s->related[t];
        total += s->estimate[t];
    }
    for (int t = 0; t < s->terms; t++)
        s->estimate[t] /= total;
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
