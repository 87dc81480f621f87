/* glmm-verdict.c -- what is said of the optimum: boundaries, infinite variances, what rounding leaves, and whether it is one. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "fit/glmm-task.h"
#include "fit/revise.h"
#include "fit/tolerances.h"
#include "fit/verdict.h"

static const double NO_POWER = -12;  /* of log (p - 1)/(2 - p): a series of multiples of phi, each as narrow as 1e-5 */
static const double NO_ANGLE = 1e-8; /* a correlation that near to 1 is a template singular to within TOLERANCE_SINGULAR */

/* The variation of the family has gone into random effects: those that each row has for itself, where there are such. */
static void say_taken(struct fit *fit, const struct glm *m)
{
    fit->vanished = true;
    fit->log_dispersion_se = (double)NAN;
    if (m->response.family->support == SUPPORT_COUNT) {
        verdict_boundary(&fit->optimum, BOUNDARY_DISPERSION);
        verdict_say(&fit->optimum,
                    "the dispersion ran to its limit, 0: each count is one of the two next to its mean, and counts of such means "
                    "vary no less");
        return;
    }
    verdict_taken(&fit->optimum, m->response.family, m->design);
    if (fit->family->more_count > 0 && fit->family->more[0].scale == SHAPE_POWER && !fit->family->given[1])
        verdict_say(&fit->optimum, "nothing determines the power of that");
    revise_taken(fit);
}

static void tell_boundaries(struct fit *fit, const struct glm_task *task)
{
    const struct glm *m = task->m;

    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *term = m->terms[t].design;
        const struct random_fit *r = &fit->random[t];
        int part;

        (void)design_term(m->design, t, &part);
        for (int a = 0; a < r->k; a++)
            if (!(r->sd[a] > 0))
                verdict_no_variance(&fit->optimum, part < 0 ? NULL : design_part_name(part), term->names[a], term->group);
        for (int a = 0; a < r->k; a++)
            for (int b = 0; b < a; b++)
                if (fabs(r->correlation[a + b * r->k]) > 1 - NO_ANGLE) {
                    verdict_boundary(&fit->optimum, BOUNDARY_CORRELATION);
                    verdict_say(&fit->optimum, "the correlation of %s and %s between levels of %s is estimated as %+d",
                                term->names[b], term->names[a], term->group, r->correlation[a + b * r->k] > 0 ? 1 : -1);
                }
        for (int a = 0; a < r->k && fit->optimum.verdict == VERDICT_OK; a++)
            if (r->lambda[a + a * r->k] == 0) {
                verdict_boundary(&fit->optimum, BOUNDARY_CORRELATION);
                verdict_say(&fit->optimum, "the covariance matrix of %s is singular: one effect is a combination of the others",
                            term->group);
            }
    }
    if (task->vanished)
        say_taken(fit, m);
    if (task->tau_at_limit)
        verdict_limit(&fit->optimum, m->response.family);
}

/* Where the approximation breaks down beside random effects of zi= or disp=: the level whose rows say least of an effect, or the
 * opposite. */
static void say_broken_predictor(struct optimum *optimum, const struct glm *m)
{
    static const char *const names[] = { "the mean", "zi=", "disp=" }, *const priors[] = { "fixed", "zi", "disp" };
    const struct random_design *found = NULL;
    int32_t level = 0;
    int part = -1, at;
    double least = HUGE_VAL;

    for (int t = 0; t < m->term_count; t++)
        for (int32_t l = 0; l < m->terms[t].design->level_count; l++)
            for (int a = 0; a < m->terms[t].k; a++) {
                int j = m->groupings[m->terms[t].grouping].first[l] + m->terms[t].offset + a;
                double pivot = m->precision->value[precision_place(m->precision, j, j)];

                if (pivot < least) {
                    least = pivot;
                    found = design_term(m->design, t, &part);
                    level = l;
                }
            }
    if (found == NULL)
        return;
    at = 1 + part;
    verdict_say(
        optimum,
        "Laplace's approximation of the likelihood breaks down: at the conditional mode of %s of %s the log density of %s, as "
        "a function of %s, bends upwards as much as the variance of the random effects holds it, and there the approximation "
        "rises without end, where the likelihood itself need not: there are no estimates; prior=\"%s ~ normal(0, 2)\" keeps it "
        "away from there",
        found->levels[level], found->group, m->response.family->name, names[at], priors[at]);
}

/* Why there is no optimum; what is still to gain, NaN where g'H^-1 g is none without the curvature of an optimum. */
static double tell_failure(struct optimum *optimum, const struct glm_task *task)
{
    const struct glm *m = task->m;
    const struct link *link = m->response.link;

    if (m->several != NULL && (glm_is_broken(m) || m->met_fence))
        say_broken_predictor(optimum, m);
    else if (glm_is_broken(m) || (glm_is_bent(m) && task->opt.stalled))
        verdict_say(
            optimum,
            "the approximation of the likelihood breaks down: with the %s link the log density of %s is not concave at some "
            "conditional mode",
            link->name, m->response.family->name);
    else if (link->valid != NULL) {
        verdict_say(optimum, "the estimates have run to the edge of what the %s link allows; link=%s has no edge", link->name,
                    m->response.family->links[0]->name);
        return HUGE_VAL; /* an edge is a place, where slopes say nothing of what is beyond */
    } else if (task->opt.have_hessian && task->opt.values[0] > -TOLERANCE_FLAT * optimizer_largest(&task->opt)
               && !task->opt.stalled && task->opt.gain < TOLERANCE_FORESEEN) {
        verdict_say(optimum, "the deviance could still fall by about %.2g", task->opt.gain);
        return task->opt.gain;
    } else if (task->opt.have_hessian)
        verdict_say(
            optimum,
            "the search ended at a point that is no optimum, so that there is no telling how far the deviance could fall");
    else
        verdict_say(optimum, "the deviance has no curvature at the last point");
    return (double)NAN;
}

/* Estimates may be right where their errors are not any more. */
static bool tell_rounding(struct fit *fit, const struct glm_task *task)
{
    struct optimum *optimum = &fit->optimum;

    if (task->count == 0 || !glm_is_rounded(task->m))
        return false;
    glm_forget_errors(fit);
    verdict_worsen(optimum, VERDICT_NOT_CONVERGED);
    verdict_unsay(optimum);
    verdict_say(
        optimum,
        "the residuals are so small beside the differences between groups, less than 1 in 1e15 of their variance, that double "
        "precision does not tell how well the means are known");
    return true;
}

/* Counts, or multiples of a number: as the power goes to 1 the distribution has these alone, and where they are the density has
 * no end.  Whether the search has gone there. */
static bool tell_lattice(struct fit *fit, const struct glm *m)
{
    const struct family *family = m->response.family;

    if (family->more_count == 0 || family->more[0].scale != SHAPE_POWER || family->given[1] || m->response.rows[0] != NULL
        || !(m->response.shape[1] < NO_POWER))
        return false;
    glm_forget_errors(fit);
    fit->log_dispersion_se = (double)NAN;
    fit->loglik = fit->criterion = (double)NAN;
    fit_set_criteria(fit, m->n);
    verdict_worsen(&fit->optimum, VERDICT_NOT_CONVERGED);
    verdict_unsay(&fit->optimum);
    verdict_say(
        &fit->optimum,
        "as its power goes to 1 tweedie has only whole multiples of phi, as these responses are, and the likelihood rises "
        "without end: they are counts (family=poisson, nbinom2, nbinom1), of a unit of phi");
    return true;
}

void glm_set_verdict(struct fit *fit, const struct glm_task *task, double tolerance)
{
    struct optimum *optimum = &fit->optimum;
    /* The deviance is a sum of terms of this size: no digits beyond can be asked of it. */
    double noise = task->vanished ? TOLERANCE_LIMIT : 8 * DBL_EPSILON * (fabs(task->m->constant) + fabs(task->opt.value));

    verdict_begin(optimum, &(struct search_end){ task->opt.gain, task->opt.iterations, task->evaluations,
                                                 task->count > 0 && task->opt.have_hessian ? task->opt.values[0] : 0 });
    for (int j = 0; j < task->opt.n; j++) {
        double along = 0;

        for (int i = 0; i < task->opt.n; i++)
            along += task->opt.T[i + j * task->opt.n] * task->opt.gradient[i];
        verdict_slope(optimum, along);
    }
    tell_boundaries(fit, task);
    glm_tell_constant(fit, task->m);
    glm_tell_apart(fit, task->m);
    if (tell_rounding(fit, task) || tell_lattice(fit, task->m))
        return;
    if (task->unsettled) {
        verdict_worsen(optimum, VERDICT_NOT_CONVERGED);
        optimum->gain = (double)NAN;
        verdict_say(optimum, "the working responses of penalized quasi-likelihood did not settle");
    } else if (task->count > 0 && !isnan(fit->loglik)
               && (!task->opt.have_hessian || !(task->opt.gain < fmax(tolerance, fmax(TOLERANCE_GAIN, noise)))
                   || !(fit->loglik > -5e99))) {
        verdict_worsen(optimum, VERDICT_NOT_CONVERGED);
        optimum->gain = tell_failure(optimum, task);
        if (!(optimum->gain < TOLERANCE_NEARLY)) { /* no optimum is near, and nothing has an error */
            glm_forget_errors(fit);
            fit->log_dispersion_se = (double)NAN;
            for (int k = 0; k < fit->part_count; k++)
                revise_forget(fit->part[k].se, (size_t)fit->part[k].count);
        }
    }
}
