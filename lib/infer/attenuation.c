/* attenuation.c -- see attenuation.h.
 *
 * One pass over the rows feeds the triangle of [X | g(m) - offset | d g(m)/d phi_1 ...]: a least-squares problem with
 * one right-hand side for the coefficients and one for each parameter, since d gamma/d phi = (X'X)^-1 X' d g(m)/d phi.
 *
 *   d g(m)/d beta_j = E h' x_j / h'(g(m)),   d g(m)/d theta = (E h''/2) dv/dtheta / h'(g(m))
 *
 * Of an ordered response there is such a row for each threshold t, of m = P(y <= category) with t - eta in the place of eta and
 * the signs turned; the projection is on the thresholds too, whose columns come first. */
#include "infer/attenuation.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/identify.h"
#include "fit/lmm.h"
#include "fit/recession.h"
#include "infer/averaged.h"
#include "infer/icc.h"
#include "infer/marginal.h"
#include "infer/rowqr.h"
#include "model/estimable.h"
#include "model/family.h"
#include "model/prior.h"

static const double SAME_VARIANCE = 1e-9; /* relative: variances of rows that are one but for rounding */

enum { ROWS_A_POLL = 256 };

struct projection {
    const struct fit *fit;
    struct marginal_rows rows;
    const double **z;
    struct averager *averager;
    int first;               /* thresholds: the columns before those of X */
    int p, count, width;     /* coefficients, parameters, columns of the triangle: first + p + 1 + count */
    double *R, *row, *slope; /* width^2, width, theta_count */
};

/* That of the probabilities of an ordered response, whose mean is not what is projected. */
static const struct link *link_of(const struct fit *fit)
{
    return fit->family->categories > 0 ? fit->link : fit->mean_link;
}

static void projection_clear(struct projection *a)
{
    mem_free(a->z);
    mem_free(a->averager);
    mem_free(a->R);
    mem_free(a->row);
    mem_free(a->slope);
}

static bool projection_init(struct projection *a, const struct fit *fit)
{
    const struct design *design = fit->design;

    *a = (struct projection){ .fit = fit, .p = design->p, .count = delta_count(fit) };
    a->first = fit->family->categories > 0 ? fit->family->categories - 1 : 0;
    a->width = a->first + a->p + 1 + a->count;
    a->z = NEW_ARRAY(const double *, design->random_count);
    a->averager = NEW(struct averager);
    a->R = NEW_ARRAY(double, (size_t)a->width *(size_t)a->width);
    a->row = NEW_ARRAY(double, a->width);
    a->slope = NEW_ARRAY(double, fit->theta_count + 1);
    if (a->z == NULL || a->averager == NULL || a->R == NULL || a->row == NULL || a->slope == NULL)
        return false;
    a->rows = rows_of_design(design, a->z);
    averager_init(a->averager, link_of(fit));
    return true;
}

/* --- the rows -------------------------------------------------------------------------------- */

/* Feeds one row, `threshold` of it (-1: there are none); false where its mean does not exist. */
static bool add_row(struct projection *a, size_t i, double variance, int threshold)
{
    const struct fit *fit = a->fit;
    struct average mean, at;
    double sign = threshold < 0 ? 1 : -1, level = threshold < 0 ? 0 : fit->shape[threshold];
    double eta, weight = sqrt(rows_trials(&a->rows, i)), *x = a->row + a->first, *slope = x + a->p + 1;

    if (variance != a->averager->variance)
        averager_set(a->averager, variance);
    if (!average_at(a->averager, level + sign * rows_eta(fit, &a->rows, i), &mean))
        return false;
    eta = link_transform(link_of(fit), mean.mean);
    if (!isfinite(eta) || !typical_at(link_of(fit), eta, &at))
        return false;
    memset(a->row, 0, sizeof *a->row * (size_t)a->width);
    if (threshold >= 0)
        a->row[threshold] = 1;
    for (int j = 0; j < a->p; j++) {
        x[j] = a->rows.X[(size_t)j * a->rows.n + i];
        slope[j] = mean.slope / at.slope * x[j];
    }
    x[a->p] = sign * eta - (a->rows.offset == NULL ? 0 : a->rows.offset[i]);
    if (a->count > a->p) {
        rows_variance_slope(fit, &a->rows, i, a->slope);
        for (int t = 0; t < fit->theta_count; t++)
            slope[a->p + t] = sign * mean.curvature / 2 / at.slope * a->slope[t];
    }
    if (threshold >= 0 && fit_mean_has_shapes(fit) && fit_rest_of_shape(fit, threshold) >= 0)
        slope[a->p + fit->theta_count + fit_rest_of_shape(fit, threshold)] = -mean.slope / at.slope;
    for (int j = 0; weight != 1 && j < a->width; j++)
        a->row[j] *= weight;
    rowqr_add(a->R, a->width, a->row);
    return true;
}

/* A row, once or for each of its thresholds. */
static bool add_row_of(struct projection *a, size_t i, double variance)
{
    bool exists = a->first > 0 || add_row(a, i, variance, -1);

    for (int j = 0; j < a->first && exists; j++)
        exists = !isfinite(a->fit->shape[j]) || add_row(a, i, variance, j);
    return exists;
}

static bool add_rows(struct projection *a, struct attenuation *out, const struct glmm_progress *progress, struct glmm_error *err)
{
    double variance;

    out->least_variance = (double)INFINITY;
    out->most_variance = 0;
    out->exists = true;
    for (size_t i = 0; i < a->rows.n; i++) {
        variance = rows_variance(a->fit, &a->rows, i);
        out->least_variance = fmin(out->least_variance, variance);
        out->most_variance = fmax(out->most_variance, variance);
        out->exists = out->exists && add_row_of(a, i, variance);
        if (i % ROWS_A_POLL == 0 && !progress_tell(progress, "row", (double)i, (double)a->rows.n, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "the averages were stopped");
    }
    if (icc_is_infinite(a->fit)) { /* what was added is where the search ended */
        out->least_variance = (double)NAN;
        out->most_variance = (double)INFINITY;
    }
    return true;
}

/* --- the coefficients -------------------------------------------------------------------------- */

/* x := R11^-1 times column `of` of the triangle, counted from the first of X. */
static void back_solve(const struct projection *a, int of, double x[])
{
    for (int j = a->p - 1; j >= 0; j--) {
        const double *row = a->R + (a->first + j) * a->width + a->first;

        x[j] = row[of];
        for (int k = j + 1; k < a->p; k++)
            x[j] -= row[k] * x[k];
        x[j] /= row[j];
    }
}

static bool set_marginal(struct attenuation *out, const struct projection *a)
{
    double *marginal = arena_alloc(out->arena, (size_t)a->p, sizeof *marginal),
           *se = arena_alloc(out->arena, (size_t)a->p, sizeof *se);
    double *slopes = NEW_ARRAY(double, (size_t)a->p *(size_t)a->count), *gradient = NEW_ARRAY(double, a->count);
    bool ok = marginal != NULL && se != NULL && slopes != NULL && gradient != NULL;

    for (int j = 0; ok && j < a->p; j++)
        marginal[j] = se[j] = (double)NAN;
    if (ok && out->exists) {
        back_solve(a, a->p, marginal);
        for (int c = 0; c < a->count; c++)
            back_solve(a, a->p + 1 + c, slopes + (size_t)c * (size_t)a->p);
        for (int j = 0; j < a->p; j++) {
            for (int c = 0; c < a->count; c++)
                gradient[c] = slopes[(size_t)c * (size_t)a->p + (size_t)j];
            se[j] = sqrt(delta_variance(a->fit, gradient));
            marginal[j] = fit_average_is_open(a->fit, gradient) ? (double)NAN : marginal[j];
        }
    }
    mem_free(slopes);
    mem_free(gradient);
    out->marginal = marginal;
    out->marginal_se = se;
    return ok;
}

/* Averaging an identity changes nothing: the numbers are the same to the last digit. */
static bool set_same(struct attenuation *out)
{
    out->marginal = out->conditional;
    out->marginal_se = out->se;
    return true;
}

/* Of an estimate's error: less is what a search leaves of an estimate that is 0, and no ratio is made of it. */
static const double NONE = 1e-6;

static bool set_ratio(struct attenuation *out)
{
    double *ratio = arena_alloc(out->arena, (size_t)out->p, sizeof *ratio);

    for (int j = 0; ratio != NULL && j < out->p; j++) {
        bool none = out->conditional[j] == 0 || (!out->collapsible && fabs(out->conditional[j]) <= NONE * out->se[j]);

        ratio[j] = none ? (double)NAN : out->marginal[j] / out->conditional[j];
    }
    out->ratio = ratio;
    return ratio != NULL;
}

/* --- the rules of thumb ------------------------------------------------------------------------ */

static enum attenuation_rule rule_of(const struct fit *fit, const struct attenuation *a)
{
    if (a->collapsible)
        return RULE_IDENTITY;
    if (isinf(a->most_variance) || a->most_variance - a->least_variance > SAME_VARIANCE * a->most_variance)
        return RULE_NONE;
    switch (link_of(fit)->kind) {
    case LINK_LOGIT:
        return RULE_LOGIT;
    case LINK_PROBIT:
        return RULE_PROBIT;
    case LINK_LOG:
        return RULE_LOG;
    case LINK_IDENTITY:
    case LINK_OTHER:
        break;
    }
    return RULE_NONE;
}

double attenuation_rule_factor(enum attenuation_rule rule, double variance)
{
    static const double c = 16 * 1.7320508075688772 / (15 * 3.141592653589793);

    return rule == RULE_IDENTITY ? 1
           : rule == RULE_LOGIT  ? 1 / sqrt(1 + c * c * variance)
           : rule == RULE_PROBIT ? 1 / sqrt(1 + variance)
                                 : (double)NAN;
}

/* The logarithm's shift needs an intercept that takes it, and the probit's factor no offset that it would leave out. */
static bool rule_is_exact(const struct attenuation *a, const struct fit *fit)
{
    bool intercept = false;

    for (int j = 0; fit->design->assign != NULL && j < a->p; j++)
        intercept = intercept || fit->design->assign[j] < 0;
    return a->rule == RULE_IDENTITY || (a->rule == RULE_PROBIT && fit->design->offset == NULL)
           || (a->rule == RULE_LOG && intercept);
}

static bool set_rule(struct attenuation *out, const struct fit *fit)
{
    double *by_rule, v = out->most_variance;

    out->rule = rule_of(fit, out);
    out->rule_is_exact = rule_is_exact(out, fit);
    out->factor = attenuation_rule_factor(out->rule, v);
    if (out->rule == RULE_NONE)
        return true;
    if ((by_rule = arena_alloc(out->arena, (size_t)out->p, sizeof *by_rule)) == NULL)
        return false;
    for (int j = 0; j < out->p; j++)
        by_rule[j] = out->rule != RULE_LOG
                         ? out->conditional[j] * out->factor
                         : out->conditional[j] + (fit->design->assign != NULL && fit->design->assign[j] < 0 ? v / 2 : 0);
    out->by_rule = by_rule;
    return true;
}

/* --- the naive model --------------------------------------------------------------------------- */

/* A linear model, however it is fitted, but for one with a prior of coefficients, which is one without random terms too. */
static bool naive_is_least_squares(const struct fit *fit)
{
    const struct prior *prior = fit->design->prior;

    return (fit->exact || fit_is_linear(fit)) && (prior == NULL || !prior_has_coefficients(prior));
}

struct fit *naive_fit(const struct fit *fit, enum fit_method method, struct design *flat, const struct glmm_progress *progress,
                      struct glmm_error *err)
{
    struct fit_options options = { .method = method };

    *flat = *fit->design;
    flat->random = NULL;
    flat->random_count = 0;
    if (naive_is_least_squares(fit)) {
        flat->prior = NULL; /* of random effects alone */
        return lmm_fit(flat, &options, progress, err);
    }
    options.method = METHOD_ML;
    return glm_fit(flat, fit->family, fit->link, &options, progress, err);
}

bool naive_estimates(const struct fit *fit, double beta[], double se[], bool *found, const struct glmm_progress *progress,
                     struct glmm_error *err)
{
    struct glmm_error own = { .at = NOWHERE };
    struct design flat;
    struct fit *naive = naive_fit(fit, METHOD_REML, &flat, progress, &own); /* sigma by n - p, where it is least squares */
    size_t p = (size_t)fit->design->p;
    bool ok = true;

    *found = false;
    if (naive == NULL && (own.code == GLMM_E_MEMORY || own.code == GLMM_E_INTERRUPT))
        return fail(err, own.code, NOWHERE, "%s", own.message);
    if (naive == NULL)
        return true;
    if (naive->optimum.verdict == VERDICT_INTERRUPTED) {
        ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "the fit without random terms was stopped");
    } else if (naive->optimum.verdict != VERDICT_NOT_CONVERGED && naive->optimum.verdict != VERDICT_NOT_IDENTIFIED) {
        memcpy(beta, naive->beta, sizeof *beta * p);
        memcpy(se, naive->se, sizeof *se * p);
        *found = true;
    }
    fit_free(naive);
    return ok;
}

/* A naive model that cannot be fitted is no error: its column stays empty. */
static bool set_naive(struct attenuation *out, const struct fit *fit, const struct glmm_progress *progress,
                      struct glmm_error *err)
{
    double *beta = arena_alloc(out->arena, (size_t)out->p, sizeof *beta);
    double *se = arena_alloc(out->arena, (size_t)out->p, sizeof *se);
    bool found;

    if (beta == NULL || se == NULL)
        return fail_memory(err);
    if (!naive_estimates(fit, beta, se, &found, progress, err))
        return false;
    out->naive = found ? beta : NULL;
    out->naive_se = found ? se : NULL;
    return true;
}

/* --- estimating equations ---------------------------------------------------------------------- */

/* Those of the same rows, in the clusters of the outermost group.  Equations without a solution are no error. */
static bool solve_gee(struct attenuation *out, const struct fit *naive, const struct random_design *group, double beta[],
                      double se[], const struct glmm_progress *progress, struct glmm_error *err)
{
    struct gee_rows rows = { .cluster = group->level, .count = group->level_count, .trials = averaged_has_trials(naive) };
    struct glmm_error own = { .at = NOWHERE };
    struct gee *gee = gee_new(naive, &rows, GEE_EXCHANGEABLE, progress, &own);

    if (gee == NULL && (own.code == GLMM_E_MEMORY || own.code == GLMM_E_INTERRUPT))
        return fail(err, own.code, NOWHERE, "%s", own.message);
    if (gee != NULL) {
        memcpy(beta, gee->beta, sizeof *beta * (size_t)out->p);
        memcpy(se, gee->se[GEE_SANDWICH], sizeof *se * (size_t)out->p);
        out->gee = beta;
        out->gee_se = se;
        out->gee_clusters = gee->clusters;
        out->gee_trials = rows.trials;
    }
    gee_free(gee);
    return true;
}

static bool set_gee(struct attenuation *out, const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    double *beta = arena_alloc(out->arena, (size_t)out->p, sizeof *beta),
           *se = arena_alloc(out->arena, (size_t)out->p, sizeof *se);
    int group;
    struct design flat;
    struct fit *naive;
    bool ok;

    if (beta == NULL || se == NULL || !averaged_group(fit->design, &group))
        return fail_memory(err);
    if (group < 0 || out->naive == NULL || fit->family->inflated != NULL) /* with zi= the counts are averaged, not the response */
        return true;
    out->gee_group = fit->design->random[group].group;
    if (fit->part_count > 0) /* thresholds, predictors of zeros or of the dispersion: no mean and variance alone */
        return true;
    naive = naive_fit(fit, METHOD_REML, &flat, progress, err);
    ok = naive != NULL && solve_gee(out, naive, &fit->design->random[group], beta, se, progress, err);
    fit_free(naive);
    return ok;
}

/* --- what the data determine ------------------------------------------------------------------- */

/* A coefficient whose value depends on which collinear column was dropped. */
static bool set_estimable(struct attenuation *out, const struct design *design)
{
    bool *estimable = design->null == NULL ? NULL : arena_alloc(out->arena, (size_t)out->p + 1, sizeof *estimable);

    out->estimable = estimable;
    return design->null == NULL || (estimable != NULL && estimable_coefficients(design->null, out->p, estimable));
}

/* --- the whole --------------------------------------------------------------------------------- */

static bool fill(struct attenuation *out, const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct projection projection;
    bool ok = projection_init(&projection, fit) || fail_memory(err);

    out->collapsible = fit->mean_link->kind == LINK_IDENTITY;
    out->includes_theta = !out->collapsible && delta_count(fit) > fit->design->p;
    ok = ok && add_rows(&projection, out, progress, err);
    ok = ok
         && (((out->collapsible ? set_same(out) : set_marginal(out, &projection)) && set_ratio(out) && set_rule(out, fit)
              && set_estimable(out, fit->design))
             || fail_memory(err))
         && set_naive(out, fit, progress, err) && set_gee(out, fit, progress, err);
    projection_clear(&projection);
    return ok;
}

/* Over all coefficients what was found for those of the rows that infinite estimates leave. */
static bool spread(struct attenuation *out, const struct fit *fit)
{
    const double *limit = fit->recession->limit; /* of a coefficient that is infinite; errors and ratios have none */
    const struct {
        const double **column, *limit;
    } columns[] = { { &out->marginal, limit }, { &out->marginal_se, NULL }, { &out->ratio, NULL },  { &out->naive, limit },
                    { &out->naive_se, NULL },  { &out->gee, limit },        { &out->gee_se, NULL }, { &out->by_rule, NULL } };

    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        double *all;

        if (*columns[c].column == NULL)
            continue;
        if ((all = arena_alloc(out->arena, (size_t)fit->design->p + 1, sizeof *all)) == NULL)
            return false;
        fit_spread(fit, *columns[c].column, columns[c].limit, all);
        *columns[c].column = all;
    }
    out->p = fit->design->p;
    out->names = fit->design->names;
    out->conditional = fit->beta;
    out->se = fit->se;
    return set_estimable(out, fit->design);
}

/* The fixed effects, without those that nothing determines; NULL when memory is out. */
static const double *coefficients(const struct fit *fit, struct arena *arena)
{
    double *out = arena_alloc(arena, (size_t)fit->design->p + 1, sizeof *out);

    for (int j = 0; out != NULL && j < fit->design->p; j++)
        out[j] = fit_coefficient(fit, j);
    return out;
}

bool attenuation_check(const struct fit *fit, struct glmm_error *err)
{
    const struct identity *identity = fit->identity;

    if (!identity_spread_is_open(fit))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         identity->moved != NULL
             ? "the effects and the means of the population depend on variances or covariances that these data leave open"
             : "the means of the population depend on a variance that these data leave open");
    error_hint(err, "`summary` says which (help identified)");
    return false;
}

struct attenuation *attenuation_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct fit *proper = fit_proper(fit);
    struct attenuation *out;
    struct arena *arena;

    if (!fit_has_rows(fit, err))
        return NULL;
    if (fit->design->random_count == 0) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the model has no random term, so there is nothing to average over");
        return NULL;
    }
    if (!attenuation_check(fit, err))
        return NULL;
    if (fit->mean_link->base != NULL && fit_part_of(fit, PART_DISPERSION) != NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "attenuation is not defined beside disp= here: the mean hangs on the dispersion, and each would have a link of its "
             "own");
        return NULL;
    }
    if ((arena = arena_new()) == NULL || (out = arena_alloc(arena, 1, sizeof *out)) == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    out->arena = arena;
    out->p = proper->design->p;
    out->names = proper->design->names;
    out->conditional = coefficients(proper, arena);
    out->se = proper->se;
    if ((out->conditional == NULL && !fail_memory(err)) || !fill(out, proper, progress, err)
        || (proper != fit && !spread(out, fit) && !fail_memory(err))) {
        attenuation_free(out);
        return NULL;
    }
    return out;
}

void attenuation_free(struct attenuation *attenuation)
{
    if (attenuation != NULL)
        arena_free(attenuation->arena);
}
