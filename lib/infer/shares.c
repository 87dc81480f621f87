/* shares.c -- see shares.h. */
#include "infer/shares.h"

#include <math.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/lmm.h"
#include "fit/rowcov.h"
#include "infer/icc.h"

static const double RISE_FOUND = 1e-6; /* of the root of the rise, beside its quantile: an end moves by less than is printed */

static const double LEAST_RESIDUAL = 1e-7; /* theirs, below which there is no likelihood to be had */
static const double GOLDEN = 0.3819660112501051;
static const double FINE = 1e-5; /* an end of an interval */
enum { STEPS = 60, INNER = 22 };

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
        return "shares with intervals are of random intercepts, and the model has none";
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

/* --- profiles ------------------------------------------------------------------------------------------------ */

/* The component has this share; of the rest the first of the others (of two) has the part `split`. */
static double rise_at(struct shares *s, int component, double share, double split)
{
    double all[SHARES_TERMS + 1] = { 0.0 };
    bool first = true;

    for (int c = 0; c <= s->terms; c++) {
        if (c == component) {
            all[c] = share;
            continue;
        }
        all[c] = (1.0 - share) * (s->terms == 1 ? 1.0 : first ? split : 1.0 - split);
        first = false;
    }
    return shares_rise(s, all);
}

/* The least rise with this share, over how the rest is split: both ends, and a golden section between. */
static double least_rise(struct shares *s, int component, double share)
{
    double low = 0.0, high = 1.0, a, b, at_a, at_b, best;

    if (s->terms == 1)
        return rise_at(s, component, share, 1.0);
    best = fmin(rise_at(s, component, share, 0.0), rise_at(s, component, share, 1.0));
    a = low + GOLDEN * (high - low);
    b = high - GOLDEN * (high - low);
    at_a = rise_at(s, component, share, a);
    at_b = rise_at(s, component, share, b);
    for (int i = 0; i < INNER && !s->stopped; i++) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = low + GOLDEN * (high - low);
            at_a = rise_at(s, component, share, a);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = high - GOLDEN * (high - low);
            at_b = rise_at(s, component, share, b);
        }
    }
    return fmin(best, fmin(at_a, at_b));
}

/* Between the estimate and the end: where the profile crosses, by false positions in the root of the rise (Illinois). */
static double crossing(struct shares *s, int component, double end, double quantile)
{
    double x = s->estimate[component], y = end, root = sqrt(quantile), fx = -root, fy, next = end;

    fy = sqrt(fmax(0.0, least_rise(s, component, end))) - root;
    if (!(fy > 0.0))
        return end;
    if (!isfinite(fy))
        fy = 10.0 * root;
    for (int i = 0; i < STEPS && fabs(y - x) > FINE && !s->stopped; i++) {
        double f;

        next = x - fx * (y - x) / (fy - fx);
        f = sqrt(fmax(0.0, least_rise(s, component, next))) - root;
        f = isfinite(f) ? f : 10.0 * root;
        if (fabs(f) < RISE_FOUND)
            break;
        if ((f > 0.0) == (fy > 0.0)) {
            y = next;
            fy = f;
            fx *= 0.5;
        } else {
            x = next;
            fx = f;
            fy *= 0.5;
        }
    }
    return next;
}

bool shares_interval(struct shares *s, int component, double level, double *lower, double *upper)
{
    double quantile = qchisq(level, 1.0, 1, 0);

    *lower = s->estimate[component] > FINE ? crossing(s, component, 0.0, quantile) : 0.0;
    *upper = s->estimate[component] < 1.0 - FINE ? crossing(s, component, 1.0, quantile) : 1.0;
    return !s->stopped;
}

double shares_limit(const struct shares *s, double level)
{
    return qchisq(level, s->terms, 1, 0);
}
