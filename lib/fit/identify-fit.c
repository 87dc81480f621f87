/* identify-fit.c -- fits what the data determine: first it is asked whether there is anything to fit, and which parameters are
 * redundant; then the model without these is fitted, and the stated one is made at the same covariance of the rows. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "fit/explained.h"
#include "fit/glmm-task.h"
#include "fit/identify-private.h"
#include "fit/lmm-private.h"
#include "fit/rowcov.h"
#include "fit/tolerances.h"
#include "linalg/ready.h"
#include "model/prior.h"

/* Starting values belong to the stated parameters. */
static struct fit_options without_start(const struct fit_options *options)
{
    struct fit_options own = { 0 };

    if (options != NULL)
        own = *options;
    own.start = NULL;
    return own;
}

/* What the approximation would move is a sum, where the variance alone is not determined. */
static void name_approximation(struct fit *fit)
{
    struct approximation *a = &fit->approximation;

    for (int j = 0; a->kind == APPROXIMATION_SD && j < fit->identity->sum_count; j++) {
        const struct identity_sum *sum = &fit->identity->sums[j];

        for (int i = 0; i < sum->part_count; i++)
            if (sum->parts[i].term >= 0 && strcmp(fit->design->random[sum->parts[i].term].group, a->group) == 0) {
                const char *groups = identity_sum_groups(fit->arena, fit->design, sum);

                a->group = groups == NULL ? a->group : groups;
                return;
            }
    }
}

/* Takes reduction and reduced fit into the fit, which then is complete; NULL (and all is freed) when memory is out. */
static struct fit *complete(struct fit *fit, struct reduction *r, struct fit *reduced, struct glmm_error *err)
{
    if (fit != NULL && identity_set(fit, r, reduced == NULL ? fit : reduced)) {
        struct identity *identity = (struct identity *)(uintptr_t)fit->identity;

        identity->reduction = r;
        identity->reduced = reduced;
        name_approximation(fit);
        return fit;
    }
    if (fit != NULL)
        fail_memory(err);
    fit_free(fit);
    fit_free(reduced);
    reduction_free(r);
    return NULL;
}

/* --- linear models ---------------------------------------------------------------------------------- */

/* The stated model at the variances of the reduced one. */
static struct fit *lmm_expand(const struct reduction *r, const struct fit *reduced, const struct glmm_progress *progress,
                              struct glmm_error *err)
{
    struct lmm *m = lmm_new_watched(r->full, reduced->method == METHOD_REML, progress, err);
    double *theta = m == NULL ? NULL : NEW_ARRAY(double, lmm_theta_count(m) + 1);
    struct fit *fit = NULL;
    size_t p = (size_t)r->full->p;

    if (m != NULL && (theta == NULL || !reduction_expand(r, reduced->theta, theta)))
        fail_memory(err);
    else if (m != NULL)
        fit = lmm_at(m, theta, err);
    lmm_free(m);
    mem_free(theta);
    if (fit == NULL)
        return NULL;
    if (reduced->df != NULL && (fit->df = arena_copy(fit->arena, reduced->df, p, sizeof *fit->df)) == NULL) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    fit->variance_count = reduced->variance_count;
    fit->variance_covariance = reduced->variance_covariance;
    fit->vcov_slopes = reduced->vcov_slopes;
    fit->loglik = reduced->loglik;
    fit->criterion = reduced->criterion;
    fit->penalty = reduced->penalty;
    fit->draws = reduced->draws;
    fit->draws_error = reduced->draws_error;
    fit->draws_effective = reduced->draws_effective;
    fit->optimum = reduced->optimum;
    return fit;
}

static struct fit *lmm_fit_reduced(struct reduction *r, const struct fit_options *options, bool reml,
                                   const struct glmm_progress *progress, struct glmm_error *err)
{
    struct fit_options own = without_start(options);
    struct lmm *m = lmm_new_watched(&r->design, reml, progress, err);
    struct fit *reduced = m == NULL ? NULL : lmm_fit_whole(m, &own, progress, err);
    struct fit *fit = reduced == NULL ? NULL : lmm_expand(r, reduced, progress, err);

    return complete(fit, r, reduced, err);
}

/* What is asked of a linear model before it is fitted.  Stopped, all that was found is worth nothing. */
static bool examine(struct lmm *m, const struct identify_view *view, struct watch *watch, struct reduction **r,
                    struct glmm_error *err)
{
    bool ok;

    blocks_watch(m->blocks, watch);
    ok = explained_check(m, m->design->response, err) && reduction_find(m->design, view, r, err);
    if (!watch_stopped(watch))
        return ok;
    reduction_free(*r);
    *r = NULL;
    error_clear(err);
    return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while it was sought what the data determine");
}

static struct fit *fit_whole_or_reduced(const struct design *design, const struct fit_options *options,
                                        const struct glmm_progress *progress, struct glmm_error *err)
{
    enum fit_method method = options == NULL ? METHOD_DEFAULT : options->method;
    bool reml = method == METHOD_DEFAULT || method == METHOD_REML;
    double start = seconds_now();
    struct identify_view view = { .reml = reml, .residual = true };
    struct reduction *r = NULL;
    struct watch watch;
    struct fit *fit;
    struct lmm *m;

    if (!reml && method != METHOD_ML) {
        fail(err, GLMM_E_MODEL, NOWHERE, "a linear mixed model is fitted by reml or ml: its likelihood needs no approximation");
        return NULL;
    }
    if (design_is_structured(design))
        return rowcov_fit(design, NULL, NULL, options, progress, err);
    if (!blas_ready(err) || (m = lmm_new_watched(design, reml, progress, err)) == NULL)
        return NULL;
    view.Q = m->E;
    watch_init(&watch, progress, "finding the structure");
    if (!examine(m, &view, &watch, &r, err)) {
        lmm_free(m);
        return NULL;
    }
    if (r == NULL) {
        fit = lmm_fit_whole(m, options, progress, err);
    } else if (!r->changed) {
        fit = complete(lmm_fit_whole(m, options, progress, err), r, NULL, err);
    } else {
        lmm_free(m);
        fit = lmm_fit_reduced(r, options, reml, progress, err);
    }
    if (fit != NULL)
        fit->seconds = seconds_now() - start;
    return fit;
}

struct fit *lmm_fit(const struct design *design, const struct fit_options *options, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    long refused = mem_refused();

    return fit_unless_refused(fit_whole_or_reduced(design, options, progress, err), refused, err);
}

/* --- generalized models ----------------------------------------------------------------------------- */

static bool expand_fixed(struct fit *fit, const struct fit *reduced)
{
    size_t p = (size_t)fit->design->p;

    fit->se = arena_copy(fit->arena, reduced->se, p, sizeof *fit->se);
    fit->vcov = arena_copy(fit->arena, reduced->vcov, p * p, sizeof *fit->vcov);
    return fit->se != NULL && fit->vcov != NULL;
}

/* What the reduced fit, which outlives this one, says of thresholds and other predictors. */
static void borrow_parts(struct fit *fit, const struct fit *reduced)
{
    fit->part_count = reduced->part_count;
    for (int k = 0; k < reduced->part_count; k++) {
        fit->part[k] = reduced->part[k];
        if (fit->part[k].design != NULL)
            fit->part[k].random = fit->random + design_first_term(fit->design, fit_part_place(fit->part[k].kind));
    }
}

/* Says why there is no fit with a prior that determines too little.  NULL. */
static struct fit *refuse_prior(struct glmm_error *err, const char *sentence, const char *hint)
{
    fail(err, GLMM_E_MODEL, NOWHERE, "%s", sentence);
    error_hint(err, "%s", hint);
    error_argument(err, "prior");
    return NULL;
}

/* The reduced design's prior is that of its own effects: it must be the stated one where both have the same covariance. */
static bool check_penalty(const struct fit *fit, const struct fit *reduced, struct glmm_error *err)
{
    if (!prior_has_random(fit->design->prior)
        || fabs(fit->penalty - reduced->penalty) <= TOLERANCE_LOWER * fmax(1.0, fabs(fit->penalty)))
        return true;
    refuse_prior(err, "the data determine sums of variances alone, and this prior is none of the sums",
                 "a prior for all: prior=\"sd ~ gamma(2.5, 0.5)\"");
    return false;
}

static struct fit *glm_expand(const struct reduction *r, const struct fit *reduced, enum fit_method method,
                              struct glmm_error *err)
{
    struct glm *m = glm_new(r->full, reduced->family, reduced->link, 1, err);
    int p = r->full->p, small = parameter_count(&r->design, false), large = parameter_count(r->full, false);
    double *phi = m == NULL ? NULL : NEW_ARRAY(double, glm_parameter_count(m) + 1);
    struct fit *fit = NULL;

    if (m != NULL && (phi == NULL || !reduction_expand(r, reduced->theta, phi + p)))
        fail_memory(err);
    else if (m != NULL) {
        glm_from_beta(m, reduced->beta, phi);
        memcpy(phi + p + large, reduced->theta + small, sizeof *phi * (size_t)(glm_theta_count(m) - large));
        for (int i = 0; i < glm_theta_count(m); i++)
            phi[p + i] *= reduced->sigma;
        glm_rest_from_fit(m, reduced, phi);
        fit = glm_at(m, phi, method, err);
    }
    glm_free(m);
    mem_free(phi);
    if (fit == NULL)
        return NULL;
    if (!check_penalty(fit, reduced, err)) {
        fit_free(fit);
        return NULL;
    }
    fit->nodes = reduced->nodes;
    fit->loglik = reduced->loglik;
    fit->criterion = reduced->criterion;
    fit->penalty = reduced->penalty;
    fit->optimum = reduced->optimum;
    fit->log_dispersion_se = reduced->log_dispersion_se;
    fit->vanished = reduced->vanished;
    fit->approximation = reduced->approximation;
    fit->draws = reduced->draws;
    fit->draws_error = reduced->draws_error;
    fit->draws_effective = reduced->draws_effective;
    borrow_parts(fit, reduced);
    if (!expand_fixed(fit, reduced) || !identity_expand_joint(fit, r, reduced)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    return fit;
}

/* Random effects of a linear model whose residual variance has a predictor are integrated exactly. */
static bool has_no_integral(const struct fit *fit)
{
    return fit->design->part[DESIGN_DISPERSION] != NULL && family_is_linear(fit->family, fit->link);
}

/* Random effects of a part are fitted beside those of the mean: there is no fit of what is left where nothing tells them
 * apart. */
static bool check_part(const struct glm *m, int part, struct glmm_error *err)
{
    const struct design *beside = m->design->part[part];
    struct identify_view view = { 0 };
    struct reduction *r = NULL;
    int inside = -1;

    if (beside == NULL || beside->random_count == 0 || prior_has_random(m->design->prior))
        return true;
    if (!reduction_find(beside, &view, &r, err))
        return false;
    if (r == NULL)
        return true;
    for (int t = 0; t < beside->random_count && inside < 0; t++)
        inside = r->in_fixed[t] ? t : -1;
    if (inside >= 0) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the variance between levels of %.60s cannot be told from the fixed effects",
             beside->random[inside].group);
        error_hint(err, "leave one of the two out");
    } else {
        fail(err, GLMM_E_MODEL, NOWHERE, "these data do not tell the variances of its random effects apart");
        error_hint(err, "two terms have the same groups, or no level shows all effects of a term: leave one out, or write `||`");
    }
    reduction_free(r);
    return error_argument(err, design_part_name(part));
}

static bool check_parts(const struct glm *m, struct glmm_error *err)
{
    bool ok = true;

    for (int part = 0; part < DESIGN_PARTS; part++)
        ok = ok && check_part(m, part, err);
    return ok;
}

/* The fit of the reduced design, with `nodes` where it has random effects. */
static struct fit *fit_smaller(const struct glm *m, const struct reduction *r, enum fit_method method, int nodes,
                               const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct fit_options own = without_start(options);
    bool random = r->design.random_count > 0, ok;
    struct glm *smaller = glm_new(&r->design, m->response.family, m->response.link, random ? nodes : 1, err);
    struct fit *fit;

    ok = smaller != NULL && (method != METHOD_REML || glm_restrict(smaller, err));
    method = random || method == METHOD_REML ? method : METHOD_LAPLACE;
    fit = ok ? glm_fit_finite(smaller, method, &own, progress, err) : NULL;
    glm_free(smaller);
    return fit;
}

/* Says why there is no fit of the stated model where that of the reduced one has an infinite variance, and so no estimates at
 * which the stated one could stand: those of the reduced one are had by stating it. */
static void refuse_without_end(const struct reduction *r, const struct fit *reduced, struct glmm_error *err)
{
    const char *redundant = NULL, *several = NULL;

    for (int t = 0; t < r->full->random_count; t++) {
        bool stays = false;

        for (int s = 0; s < r->design.random_count; s++)
            stays = stays || r->pieces[s].origin == t;
        redundant = stays ? redundant : r->full->random[t].group;
        several = r->full->random[t].k > 1 ? r->full->random[t].group : several;
    }
    fail(err, GLMM_E_MODEL, NOWHERE, "%s", reduced->optimum.message);
    if (redundant != NULL)
        error_hint(
            err,
            "the variance between levels of %.60s cannot be told from others: leave its term out, and see what is determined",
            redundant);
    else
        error_hint(err, "no level shows all effects of a term: take fewer, (1 | %.60s), and see what is determined", several);
}

/* The fit without what nothing determines.  Takes the reduction. */
static struct fit *fit_reduced(struct glm *m, struct reduction *r, enum fit_method method, const struct fit_options *options,
                               const struct glmm_progress *progress, struct glmm_error *err)
{
    struct fit *fit = NULL, *reduced;

    if (!r->changed)
        return complete(glm_fit_finite(m, method, options, progress, err), r, NULL, err);
    reduced = fit_smaller(m, r, method, m->nodes, options, progress, err);
    if (reduced != NULL && reduced->theta_count > 0 && isnan(reduced->theta[0]) && fit_has_estimates(reduced)) {
        refuse_without_end(r, reduced, err);
    } else if (reduced != NULL) {
        bool keeps = r->design.random_count > 0 || has_no_integral(reduced) || method == METHOD_REML;

        fit = glm_expand(r, reduced, keeps ? reduced->method : METHOD_LAPLACE, err);
    }
    return complete(fit, r, reduced, err);
}

/* Where `tied` is one of several modes of the same height: they have the sums in common if all of them are modes of the reduced
 * design's posterior density.  Takes reduction and fit. */
static struct fit *untie(struct glm *m, struct reduction *r, struct fit *tied, enum fit_method method,
                         const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    double height = tied->criterion;
    struct fit *fit;

    fit_free(tied);
    fit = fit_reduced(m, r, method, options, progress, err);
    if (fit == NULL || fabs(fit->criterion - height) <= TOLERANCE_LOWER * fmax(1.0, fabs(height)))
        return fit;
    fit_free(fit);
    return refuse_prior(err,
                        "the data leave variances open, and with this prior the posterior has several modes of the same height",
                        "a prior that keeps each from 0: prior=\"sd ~ gamma(2.5, 0.5)\"");
}

/* With a prior of the variances: it determines what the data leave open, or leaves that open too; as it does where it has several
 * modes of the same height, which differ in what is open alone.  Takes the reduction. */
static struct fit *fit_with_prior(struct glm *m, struct reduction *r, enum fit_method method, const struct fit_options *options,
                                  const struct glmm_progress *progress, struct glmm_error *err)
{
    int open = 0, left = r == NULL ? 0 : reduction_left_by_prior(r, &open);
    bool tied = false;
    struct fit *fit;

    if (left > 0 && left == open)
        return fit_reduced(m, r, method, options, progress, err);
    fit = left != 0 ? NULL : glm_fit_finite(m, method, options, progress, err);
    if (fit != NULL && r != NULL)
        fit->by_prior = true;
    if (fit != NULL && r != NULL && !reduction_tied_by_prior(r, fit, &tied)) {
        fit_free(fit);
        fit = NULL;
        fail_memory(err);
    }
    if (tied)
        return untie(m, r, fit, method, options, progress, err);
    reduction_free(r);
    if (left < 0)
        fail_memory(err);
    if (left > 0)
        return refuse_prior(err, "the data leave several variances open, and this prior determines only some of them",
                            "a prior for all: prior=\"sd ~ gamma(2.5, 0.5)\"");
    if (fit == NULL || !fit->by_prior || fit->optimum.verdict != VERDICT_NOT_CONVERGED)
        return fit;
    fit_free(fit);
    return refuse_prior(err, "the data leave a variance open, and this prior does not keep it finite: the posterior has no mode",
                        "a prior that falls, as prior=\"sd ~ gamma(2.5, 0.5)\"");
}

struct fit *glm_fit_identified(struct glm *m, enum fit_method method, const struct fit_options *options,
                               const struct glmm_progress *progress, struct glmm_error *err)
{
    bool linear = method == METHOD_REML || method == METHOD_ML; /* with a prior: else it is lmm_fit's */
    struct identify_view view = { .constant = m->response.family->categories > 0,
                                  .residual = linear,
                                  .reml = method == METHOD_REML && !prior_has_coefficients(m->design->prior) };
    struct reduction *r = NULL;

    if (!check_parts(m, err) || !reduction_find(m->design, &view, &r, err))
        return NULL;
    if (prior_has_random(m->design->prior))
        return fit_with_prior(m, r, method, options, progress, err);
    return r == NULL ? glm_fit_finite(m, method, options, progress, err) : fit_reduced(m, r, method, options, progress, err);
}
