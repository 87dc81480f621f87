/* components.c -- see components.h. */
#include "infer/components.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/alike.h"
#include "fit/identify.h"
#include "fit/rowcov.h"
#include "infer/parameter.h"
#include "model/residuals.h"

/* Operations: of a profile that nobody notices, and of curvatures that nobody waits for. */
static const double PROFILE_WORK = 4e7, CURVATURE_WORK = 2e10;

/* What the work is counted from: observations that are given one by one or together are the same model, and its summary shows
 * the same. */
static bool counts_patterns(const struct fit *fit)
{
    return !fit->exact && fit->family->support == SUPPORT_SUCCESSES;
}

static double rows_of(const struct fit *fit)
{
    return (double)(counts_patterns(fit) ? alike_patterns(fit->design, fit->design->n) : design_used_rows(fit->design));
}

/* By the covariance of the rows: about the cubes of what is not divided into groups. */
static double structured_work(const struct fit *fit, double n)
{
    const struct design *d = fit->design;
    double groups = d->residual != NULL ? d->residual->block_count : n;

    for (int t = 0; t < d->random_count; t++)
        groups = fmin(groups, d->random[t].relation != NULL ? 1 : d->random[t].level_count);
    return n * pow(n / groups, 2) * (fit->exact ? 1 : 10) + 1000;
}

/* About what one evaluation of the criterion with its slopes costs, with so many rows. */
static double evaluation_work(const struct fit *fit, double rows)
{
    const struct design *d = fit->design;
    double all = 0, most = 0, chain = 0, effects = 0, nodes = 1, work;

    if (fit->structured != NULL)
        return structured_work(fit, rows);
    for (int t = 0; t < design_term_count(d); t++) {
        const struct random_design *random = design_term(d, t, NULL);
        double k = random->k, levels = random->level_count;

        all += k * levels;
        effects += k;
        if (k * levels > most) {
            most = k * levels;
            chain = levels * k * k;
        }
        nodes = pow(fit->nodes, k);
    }
    work = pow(all - most + (fit->exact ? d->p : 0), 3) / 3 + chain + most * (all - most);
    if (!fit->exact)
        work = 10 * work + 400.0 * rows * effects * effects * (fit->nodes > 1 ? nodes : 1);
    return work + 1000;
}

static double coordinates(const struct fit *fit)
{
    if (fit->structured != NULL)
        return fit->structured_count + (fit->exact ? 1 : 0);
    return fit->theta_count + (fit->exact ? 1 : fit->design->p + fit->rest_count);
}

/* The criterion is minimized at about 10 values on the way to both ends of each interval. */
static bool is_within(const struct fit *fit, int count, double rows, double work)
{
    enum { POINTS = 10 };

    return evaluation_work(fit, rows) * coordinates(fit) * count * POINTS < work;
}

/* Patterns are counted where their number decides, and no further than until it has. */
bool components_profile_within(const struct fit *fit, int count, double work)
{
    enum { FEW = 1000 };
    size_t n = design_used_rows(fit->design), most = FEW;

    if (!counts_patterns(fit) || is_within(fit, count, (double)n, work))
        return is_within(fit, count, (double)n, work);
    while (most < n && is_within(fit, count, (double)most, work))
        most *= 2;
    return is_within(fit, count, (double)alike_patterns(fit->design, most), work);
}

/* What a linear model needs of new: its cross-products, and a column of the curvature for each coordinate. */
static bool curvature_is_cheap(const struct fit *fit)
{
    double p = fit->design->p, n = (double)design_used_rows(fit->design);

    return n * p * p + evaluation_work(fit, rows_of(fit)) * (coordinates(fit) + 1) < CURVATURE_WORK;
}

/* By the joint covariance of a generalized model. */
static void by_joint(const struct fit *fit, const struct parameter *p, double level, struct interval *out)
{
    double reach = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0);

    *out = (struct interval){ .lower = (double)NAN, .upper = (double)NAN, .reason = INTERVAL_UNDETERMINED };
    if (isnan(p->estimate) || (p->kind != PARAMETER_SD && p->kind != PARAMETER_SIGMA))
        return;
    reach *= p->kind == PARAMETER_SIGMA ? 0.5 * fit->log_dispersion_se
             : p->estimate > 0          ? parameter_log_error(p, fit)
                                        : (double)NAN;
    out->reason = isfinite(reach) ? INTERVAL_GIVEN : INTERVAL_EDGE;
    if (isfinite(reach)) {
        out->lower = p->estimate * exp(-reach);
        out->upper = p->estimate * exp(reach);
    }
}

/* `beside`: random effects of zi= and disp= too; asked: by profile, whatever it costs. */
static enum components_method method_for(const struct fit *fit, int count, bool beside, bool asked)
{
    struct glmm_error ignored = { 0 };

    if (fit->method == METHOD_PQL || fit->identity != NULL || !fit_has_rows(fit, &ignored)
        || (!beside && design_beside(fit->design) != NULL) || !profile_check(fit, &ignored))
        return COMPONENTS_NONE;
    if (asked || (fit->method != METHOD_IS && components_profile_within(fit, count, PROFILE_WORK)))
        return COMPONENTS_PROFILE;
    return fit->exact || fit->structured      ? (curvature_is_cheap(fit) ? COMPONENTS_LOG : COMPONENTS_NONE)
           : fit_proper(fit)->joint_count > 0 ? COMPONENTS_LOG
                                              : COMPONENTS_NONE;
}

bool components_profile_pays(const struct fit *fit)
{
    return method_for(fit, fit->design->random_count + 1, false, false) == COMPONENTS_PROFILE;
}

static bool fill(const struct fit *fit, double level, const struct glmm_progress *progress, struct components *out,
                 struct glmm_error *err)
{
    struct profile *profile = profile_new(fit, progress, err);
    bool ok = profile != NULL;

    for (int i = 0; ok && i < out->count; i++)
        if (out->method == COMPONENTS_PROFILE)
            ok = profile_interval(profile, &out->parameter[i], level, &out->interval[i], err);
        else if (fit->exact || fit->structured != NULL || out->parameter[i].kind == PARAMETER_CORR)
            ok = profile_wald(profile, &out->parameter[i], level, &out->interval[i], err);
        else
            by_joint(fit_proper(fit), &out->parameter[i], level, &out->interval[i]);
    for (int i = 0; i < out->count; i++)
        if ((out->parameter[i].kind == PARAMETER_SD || out->parameter[i].kind == PARAMETER_SIGMA)
            && out->parameter[i].estimate > 0 && out->interval[i].upper > COMPONENTS_OPEN * out->parameter[i].estimate)
            out->interval[i].reason = INTERVAL_OPEN;
    profile_free(profile);
    return ok;
}

/* A dispersion at its limit has no curvature to go by: its interval is the profile's, or there is none. */
static bool is_at_limit(const struct fit *fit, const struct parameter *p)
{
    return p->kind == PARAMETER_DISPERSION && (p->estimate == 0 || isinf(p->estimate)) && !isfinite(fit->log_dispersion_se);
}

/* The parameters of which there may be intervals; false when memory is out. */
static bool choose_parameters(const struct fit *fit, bool correlations, bool asked, struct arena *arena, struct components *out,
                              struct glmm_error *err)
{
    int all;
    const struct parameter *list;
    struct parameter *chosen;

    *out = (struct components){ .method = COMPONENTS_NONE };
    if (((correlations ? design_term_count(fit->design) : fit->design->random_count) == 0 && fit->residual == NULL)
        || fit->optimum.verdict == VERDICT_NOT_CONVERGED || fit->optimum.verdict == VERDICT_INTERRUPTED)
        return true;
    list = parameters_of(fit, arena, &all);
    if (list == NULL || (chosen = arena_alloc(arena, (size_t)all + 1, sizeof *chosen)) == NULL
        || (out->interval = arena_alloc(arena, (size_t)all + 1, sizeof *out->interval)) == NULL)
        return fail_memory(err);
    for (int i = 0; i < all; i++)
        if ((correlations || list[i].term < fit->design->random_count)
            && (list[i].kind == PARAMETER_SD || list[i].kind == PARAMETER_SIGMA || list[i].kind == PARAMETER_STRUCTURE
                || (correlations && list[i].kind == PARAMETER_CORR)))
            chosen[out->count++] = list[i];
    out->parameter = chosen;
    out->method = method_for(fit, out->count, correlations, asked);
    if (out->method == COMPONENTS_NONE)
        out->count = 0;
    for (int i = 0; i < all && out->method == COMPONENTS_PROFILE && !correlations; i++)
        if (is_at_limit(fit, &list[i]))
            chosen[out->count++] = list[i];
    return true;
}

/* The interval of a standard deviation of the stated model, or of a sum, among those of the reduced one; *out NULL where there is
 * none.  False when memory is out. */
static bool interval_in(const struct fit *fit, const struct components *reduced, int term, int a, const struct identity_sum *sum,
                        const struct interval **out)
{
    int t, effect;
    bool found;

    if (!identity_place(fit, term, a, sum, &found, &t, &effect))
        return false;
    *out = found ? components_of(reduced, t, effect) : NULL;
    return true;
}

/* Those of what is determined, where not all is. */
static bool of_determined(const struct fit *fit, const struct components *reduced, struct arena *arena, struct components *out,
                          struct glmm_error *err)
{
    int all;
    bool any = false;
    const struct parameter *list = parameters_of(fit, arena, &all);
    struct parameter *chosen = arena_alloc(arena, (size_t)all + 1, sizeof *chosen);

    *out = (struct components){ .method = reduced->method, .sum_count = fit->identity->sum_count };
    out->interval = arena_alloc(arena, (size_t)all + 1, sizeof *out->interval);
    out->sum = arena_alloc(arena, (size_t)out->sum_count + 1, sizeof *out->sum);
    if (list == NULL || chosen == NULL || out->interval == NULL || out->sum == NULL)
        return fail_memory(err);
    out->parameter = chosen;
    for (int i = 0; i < all; i++) {
        bool sigma = list[i].kind == PARAMETER_SIGMA;
        const struct interval *found;

        if (!sigma && (list[i].kind != PARAMETER_SD || list[i].term >= fit->design->random_count))
            continue;
        if (!interval_in(fit, reduced, sigma ? -1 : list[i].term, list[i].a, NULL, &found))
            return fail_memory(err);
        if (found == NULL || !fit_knows(fit, sigma ? -1 : list[i].term, list[i].a, list[i].a))
            continue;
        chosen[out->count] = list[i];
        out->interval[out->count++] = *found;
        any = true;
    }
    for (int j = 0; j < out->sum_count; j++) {
        const struct interval *found;

        if (!interval_in(fit, reduced, 0, 0, &fit->identity->sums[j], &found))
            return fail_memory(err);
        out->sum[j] = found != NULL ? *found : (struct interval){ .reason = INTERVAL_UNDETERMINED };
        any = any || found != NULL;
    }
    if (!any)
        *out = (struct components){ .method = COMPONENTS_NONE };
    return true;
}

const struct interval *components_of_sum(const struct components *components, int j)
{
    return j < components->sum_count && components->sum[j].reason == INTERVAL_GIVEN ? &components->sum[j] : NULL;
}

bool components_find(const struct fit *fit, double level, bool correlations, struct arena *arena,
                     const struct glmm_progress *progress, struct components *out, struct glmm_error *err)
{
    const struct fit *reduced = correlations ? NULL : identity_reduced(fit);
    struct components of_reduced;

    if (reduced != NULL)
        return components_find(reduced, level, false, arena, progress, &of_reduced, err)
               && of_determined(fit, &of_reduced, arena, out, err);
    return choose_parameters(fit, correlations, false, arena, out, err)
           && (out->method == COMPONENTS_NONE || fill(fit, level, progress, out, err));
}

bool components_profile(const struct fit *fit, double level, struct arena *arena, const struct glmm_progress *progress,
                        struct components *out, struct glmm_error *err)
{
    return choose_parameters(fit, true, true, arena, out, err)
           && (out->method == COMPONENTS_NONE || fill(fit, level, progress, out, err));
}

bool components_curvature(const struct fit *fit, double level, struct arena *arena, const struct glmm_progress *progress,
                          struct components *out, struct glmm_error *err)
{
    if (!choose_parameters(fit, false, false, arena, out, err))
        return false;
    if (out->method == COMPONENTS_PROFILE && !fit->exact && fit_proper(fit)->joint_count == 0) {
        out->method = COMPONENTS_NONE;
        out->count = 0;
    }
    if (out->method == COMPONENTS_NONE)
        return true;
    out->method = COMPONENTS_LOG;
    return fill(fit, level, progress, out, err);
}

/* Where residuals have several standard deviations sigma is the first of these. */
static bool is_first_residual(const struct parameter *p, const struct components *components)
{
    return p->kind == PARAMETER_STRUCTURE && p->term < 0 && p->a == 0
           && components->parameter[components->count - 1].kind != PARAMETER_SIGMA;
}

const struct interval *components_of(const struct components *components, int t, int a)
{
    for (int i = 0; i < components->count; i++) {
        const struct parameter *p = &components->parameter[i];

        if (t < 0 ? p->kind == PARAMETER_SIGMA || is_first_residual(p, components)
                  : p->kind == PARAMETER_SD && p->term == t && p->a == a)
            return components->interval[i].reason == INTERVAL_GIVEN ? &components->interval[i] : NULL;
    }
    return NULL;
}

const struct interval *components_of_dispersion(const struct components *components)
{
    const struct parameter *last = components->count > 0 ? &components->parameter[components->count - 1] : NULL;
    const struct interval *interval = last == NULL ? NULL : &components->interval[components->count - 1];

    return last != NULL && last->kind == PARAMETER_DISPERSION && interval->reason == INTERVAL_GIVEN ? interval : NULL;
}

bool components_hang_on_nodes(const struct components *components, int t)
{
    bool any = false;

    for (int i = 0; i < components->count; i++)
        any = any || (components->interval[i].reason == INTERVAL_NODES && (t < 0 || components->parameter[i].term == t));
    return any;
}

const struct interval *components_of_structure(const struct components *components, int t, int i)
{
    for (int at = 0; at < components->count; at++) {
        const struct parameter *p = &components->parameter[at];

        if (p->kind == PARAMETER_STRUCTURE && p->term == t && p->a == i)
            return components->interval[at].reason == INTERVAL_GIVEN ? &components->interval[at] : NULL;
    }
    return NULL;
}
