/* profile.c -- see profile.h.
 *
 * Which parameter of which fit is held in which place (place.h), and what its ends (profile-private.h) are in its own units. */
#include "infer/profile.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/identify.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/rowcov.h"
#include "infer/ci.h"
#include "infer/profile-private.h"
#include "model/family.h"
#include "model/residuals.h"

static const double BETTER = 1e-6; /* of the deviance: what two certified searches differ by */
static const double ABOVE = 1e-3;  /* of z: what lies between the ends is not above them */
static const double STRAIGHT = 3;  /* errors: how far the tangent of a covariance structure is followed */

/* A residual this much smaller than it is estimated costs 2 log 1e7 = 32 of deviance for each row that it alone explains, and 0
 * where the groups can take all of it over: then what rises still further down is rounding. */
static const double NO_RESIDUAL = 1e-7;

/* The fit whose parameters count: no infinite estimates, nothing undetermined. */
static const struct fit *plain_fit(const struct fit *fit)
{
    fit = fit_proper(fit);
    return fit->identity != NULL && fit->identity->reduced != NULL ? fit->identity->reduced : fit;
}

bool profile_check(const struct fit *fit, struct glmm_error *err)
{
    if (fit->method != METHOD_PQL || fit->design->random_count == 0)
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "penalized quasi-likelihood minimizes no criterion whose profile could be followed");
    error_hint(err, "fit it by method=laplace");
    return false;
}

struct profile *profile_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct profile *profile;

    if (!fit_has_rows(fit, err))
        return NULL;
    if ((profile = NEW(struct profile)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    profile->all = fit;
    profile->plain = plain_fit(fit);
    profile->progress = progress;
    profile->optimum = (double)NAN;
    return profile;
}

void profile_free(struct profile *profile)
{
    if (profile == NULL)
        return;
    fit_free(profile->ml);
    place_free(profile->place);
    mem_free(profile);
}

bool profile_by_ml(const struct profile *profile)
{
    return profile->all->method == METHOD_REML;
}

static void no_interval(struct interval *out, enum interval_reason reason)
{
    *out = (struct interval){ .lower = (double)NAN, .upper = (double)NAN, .reason = reason, .alone = (double)NAN };
}

/* Says of an interval whose search did not begin that it has none, if that is why. */
static bool is_unbounded(const struct profile *profile, const struct parameter *parameter, struct interval *out)
{
    bool is = profile->unbounded && parameter->kind == PARAMETER_FIXED;

    if (is)
        no_interval(out, INTERVAL_UNBOUNDED);
    return is;
}

/* --- a search --------------------------------------------------------------------------------------- */

/* The criterion's minimum: the fit's, or lower where the place leads there. */
static bool find_optimum(struct profile *profile, struct search *search, struct glmm_error *err)
{
    memcpy(search->psi, place_estimate(search->place), sizeof(double) * (size_t)place_count(search->place));
    if (search->own || isnan(profile->optimum)) {
        bool settled;

        search->optimum = place_minimize(search->place, -1, search->psi, &settled, &search->stopped);
        if (search->stopped)
            return place_goes_on(search->place, err);
        if (!search->own)
            profile->optimum = search->optimum;
    } else {
        search->optimum = profile->optimum;
    }
    return true;
}

/* The fit by ML of a model that was fitted by REML; where ML refuses it the profile is `unbounded`. */
static bool fit_by_ml(struct profile *profile, struct glmm_error *err)
{
    const struct fit_options ml = { .method = METHOD_ML };
    const struct design *design = profile->plain->design;
    struct glmm_error own = { 0 };

    if (profile->ml != NULL || profile->unbounded)
        return !profile->unbounded;
    profile->ml = profile->plain->structured != NULL ? rowcov_fit(design, NULL, NULL, &ml, profile->progress, &own)
                                                     : lmm_fit(design, &ml, profile->progress, &own);
    profile->unbounded = profile->ml == NULL && own.code == GLMM_E_MODEL;
    if (profile->ml == NULL && !profile->unbounded && err != NULL)
        *err = own;
    else
        error_clear(&own);
    return profile->ml != NULL;
}

/* A coefficient of a linear model: all else is profiled out, or followed for each value of it. */
static bool begin_linear_fixed(struct profile *profile, const struct parameter *parameter, struct search *search,
                               struct glmm_error *err)
{
    const struct fit *fit = profile->plain;

    if (profile_by_ml(profile) && !fit_by_ml(profile, err))
        return false;
    fit = profile->ml != NULL ? plain_fit(profile->ml) : fit;
    search->own = true;
    search->center = fit->beta[parameter->a];
    search->optimum = fit->criterion;
    search->place = place_new(fit, NULL, parameter->a, profile->progress, err);
    return search->place != NULL && place_set(search->place, search->center, err);
}

/* A coefficient of a linear model with a prior, which REML knows nothing of. */
static bool begin_restricted_fixed(struct profile *profile, struct search *search, struct glmm_error *err)
{
    const struct fit_options ml = { .method = METHOD_ML };
    const struct fit *fit = profile->plain;

    if (profile->ml == NULL && (profile->ml = glm_fit(fit->design, fit->family, fit->link, &ml, profile->progress, err)) == NULL)
        return false;
    search->own = true;
    search->place = place_new(plain_fit(profile->ml), NULL, -1, profile->progress, err);
    return search->place != NULL;
}

/* A correlation that is no coordinate of the place of the others. */
static bool needs_own_place(const struct fit *fit, const struct parameter *p)
{
    const struct structure *structure;

    if (fit->structured == NULL)
        return p->kind == PARAMETER_CORR && p->a > 0;
    if (p->kind != PARAMETER_STRUCTURE)
        return p->kind == PARAMETER_CORR;
    structure = p->term < 0 ? fit->design->residual->structure : fit->design->random[p->term].structure;
    return structure->law == LAW_TOEP || (p->term < 0 && structure->law == LAW_US);
}

/* Whether the rows of a structured model's place serve others too: nothing of one evaluation is left to the next, as modes are.
 */
static bool shares_rows(const struct fit *fit)
{
    return fit->structured != NULL && fit->exact;
}

/* Steps of the size of an error: of an approximated criterion what rises farther away is where it does not hold. */
static const double FARTHEST_HELD = 500, FARTHEST_FIXED = 25;

/* `curve`: whether the criterion is to be followed, and not only its curvature told. */
static bool search_begin(struct profile *profile, const struct parameter *parameter, bool curve, struct search *search,
                         struct glmm_error *err)
{
    const struct fit *fit = profile->plain;
    bool linear = fit->exact && parameter->kind == PARAMETER_FIXED;
    bool pair = needs_own_place(fit, parameter), ok;

    *search = (struct search){ .lowest = HUGE_VAL, .straight = HUGE_VAL };
    search->approximate = !fit->exact;
    search->farthest = fit->exact || fit->nodes > 1 ? 0 : parameter->kind == PARAMETER_FIXED ? FARTHEST_FIXED : FARTHEST_HELD;
    search->bounded = fit->link != NULL && fit->link->valid != NULL;
    if (linear) {
        ok = begin_linear_fixed(profile, parameter, search, err);
    } else if (profile_by_ml(profile) && parameter->kind == PARAMETER_FIXED) {
        ok = begin_restricted_fixed(profile, search, err);
    } else {
        if (profile->place == NULL && (!pair || shares_rows(fit)))
            profile->place = place_new(fit, NULL, -1, profile->progress, err);
        search->own = pair;
        search->place = !pair                    ? profile->place
                        : !shares_rows(fit)      ? place_new(fit, parameter, -1, profile->progress, err)
                        : profile->place != NULL ? place_beside(profile->place, parameter, err)
                                                 : NULL;
        ok = search->place != NULL;
    }
    ok = ok && (search_arrays(search) || fail_memory(err));
    search->held = ok && !linear ? place_coordinate(search->place, parameter) : -1;
    if (ok && search->held >= 0) {
        ok = curve ? place_begin(search->place, err) && find_optimum(profile, search, err)
                   : progress_tell(profile->progress, "evaluation", 0, 0, (double)NAN)
                         || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while a profile was followed");
        search->center = place_estimate(search->place)[search->held];
        place_tangent(search->place, search->held, search->tangent);
        if (place_bends(search->place) && place_error(search->place, search->held) > 0)
            search->straight = STRAIGHT * place_error(search->place, search->held);
        ok = ok && place_goes_on(search->place, err);
    }
    if (!ok)
        search_clear(search);
    return ok;
}

/* --- intervals -------------------------------------------------------------------------------------- */

/* One of a covariance matrix whose coordinate the place alone knows. */
static bool is_structural(const struct profile *profile, const struct parameter *p)
{
    return profile->plain->structured != NULL
           && (p->kind == PARAMETER_SD || p->kind == PARAMETER_CORR || p->kind == PARAMETER_STRUCTURE
               || (p->kind == PARAMETER_SIGMA && profile->plain->exact));
}

/* Whether the parameter falls where its coordinate rises: told as a reciprocal, or by an angle. */
static bool is_turned(const struct profile *profile, const struct parameter *p)
{
    return (p->kind == PARAMETER_CORR && profile->plain->structured == NULL)
           || (profile_is_at_limit(profile->plain, p) && place_has_limit(profile->plain)
               && profile->plain->rest[profile->plain->rest_count] > 0)
           || (p->kind == PARAMETER_SPREAD && profile->plain->family->reciprocal);
}

/* The edges of a parameter in its coordinate, and a first step there. */
static void range_of(const struct search *search, const struct profile *profile, const struct parameter *parameter, double z,
                     double edge[2], double *step)
{
    double error = search->held >= 0 ? place_error(search->place, search->held) : (double)NAN;

    edge[0] = -HUGE_VAL;
    edge[1] = HUGE_VAL;
    if (parameter->kind == PARAMETER_SD || profile_is_at_limit(profile->plain, parameter))
        edge[0] = 0;
    if (parameter->kind == PARAMETER_CORR) {
        edge[0] = 0;
        edge[1] = M_PI;
    }
    if (is_structural(profile, parameter))
        place_edges(search->place, search->held, edge);
    if (search->held < 0) {
        const struct fit *fit = profile->ml != NULL ? plain_fit(profile->ml) : profile->plain;

        error = fit->se[parameter->a];
    }
    if (!(error > 0))
        error = search->held >= 0 ? place_sizes(search->place)[search->held] : fmax(fabs(search->center), 1);
    *step = z * error;
}

/* A rate, a range or a shape of Matern's: a logarithm, which has no edges of its own. */
static bool is_endless(const struct search *search, const struct parameter *parameter)
{
    return parameter->kind == PARAMETER_STRUCTURE && !place_is_angle(search->place, search->held);
}

/* From the coordinate to the parameter; a correlation runs against its angle. */
static double outward(const struct search *search, const struct profile *profile, const struct parameter *parameter, double x)
{
    const struct fit *fit = profile->plain;

    if (is_structural(profile, parameter) && (isfinite(x) || is_endless(search, parameter)))
        return place_outward(search->place, search->held, x);
    switch (parameter->kind) {
    case PARAMETER_CORR:
        return cos(x);
    case PARAMETER_SIGMA:
        return fit->exact ? exp(x) : exp(0.5 * x);
    case PARAMETER_DISPERSION:
    case PARAMETER_SHAPE:
    case PARAMETER_EXTRA:
        if (profile_is_at_limit(fit, parameter))
            x = place_shape(search->place, fmax(x, 0)); /* none behind the limit */
        return family_shape_value(fit->family, parameter->a, x, NULL);
    case PARAMETER_SPREAD:
        return fit->family->reciprocal ? -x : x;
    default:
        return x;
    }
}

/* Whether the likelihood, by which the coefficients of a restricted fit are followed, has its greatest value elsewhere than the
 * fit, or none: an interval about that is none of this estimate. */
static bool is_of_another(const struct profile *profile, const struct parameter *parameter, const struct interval *interval)
{
    double error;

    if (profile->ml == NULL || parameter->kind != PARAMETER_FIXED)
        return false;
    error = profile->plain->se[parameter->a];
    return profile->ml->optimum.verdict == VERDICT_NOT_CONVERGED
           || (error > 0 && (parameter->estimate < interval->lower - error || parameter->estimate > interval->upper + error));
}

static void set_interval(const struct search *search, const struct profile *profile, const struct parameter *parameter,
                         const double x[2], const enum interval_end end[2], struct interval *out)
{
    bool turned = is_turned(profile, parameter);

    if (end[0] == END_LOST || end[1] == END_LOST) {
        no_interval(out, INTERVAL_FAILED);
        return;
    }
    out->lower_end = end[turned];
    out->upper_end = end[!turned];
    if (end[0] == END_NODES || end[1] == END_NODES) {
        out->reason = INTERVAL_NODES;
        if (search->moving == 1)
            out->alone = outward(search, profile, parameter, x[end[0] == END_NODES]);
        return;
    }
    out->lower = outward(search, profile, parameter, x[turned]);
    out->upper = outward(search, profile, parameter, x[!turned]);
    out->reason = INTERVAL_GIVEN;
    out->moves = search->moving > 0;
    if (is_of_another(profile, parameter, out))
        no_interval(out, INTERVAL_FAILED);
}

/* Whether the edges of a parameter are values of its own, and not where a logarithm has become one of nothing. */
static bool has_edges(const struct search *search, const struct profile *profile, const struct parameter *parameter)
{
    return parameter->kind == PARAMETER_SD || parameter->kind == PARAMETER_CORR
           || (is_structural(profile, parameter) && place_is_angle(search->place, search->held));
}

/* Whether the way begins on the plateau around an estimate at the end of a logarithm: of a structure, or inward from a shape
 * (that of compois of counts of 0 and 1 is level as far as phi = 0.03). */
static bool begins_level(const struct search *search, const struct profile *profile, const struct parameter *parameter, int side)
{
    bool shape =
        parameter->kind == PARAMETER_DISPERSION || parameter->kind == PARAMETER_SHAPE || parameter->kind == PARAMETER_EXTRA;

    if (parameter->estimate != 0 && !isinf(parameter->estimate))
        return false;
    if (is_structural(profile, parameter))
        return is_endless(search, parameter);
    return shape && !profile_is_at_limit(profile->plain, parameter) && side == (search->center < 0);
}

/* Both ends of the search in its coordinate. */
static bool find_ends(struct profile *profile, struct search *search, const struct parameter *parameter, double z, double x[2],
                      enum interval_end end[2], struct glmm_error *err)
{
    double edge[2], step;

    range_of(search, profile, parameter, z, edge, &step);
    for (int side = 0; side < 2; side++) {
        search->level = begins_level(search, profile, parameter, side);
        x[side] = search_end(search, side == 0 ? -step : step, edge[side], z, &end[side], err);
        if (search->failed)
            return false;
    }
    if (parameter->kind == PARAMETER_SIGMA && (end[0] == END_FOUND || end[0] == END_LOST) && !is_structural(profile, parameter)
        && outward(search, profile, parameter, x[0]) < NO_RESIDUAL * outward(search, profile, parameter, search->center)) {
        x[0] = -HUGE_VAL;
        end[0] = END_EDGE;
    }
    for (int side = 0; side < 2; side++) {
        double limit = outward(search, profile, parameter, x[side]);

        if (end[side] == END_EDGE && isinf(limit)) { /* a range, a rate: what has no end is nothing to reach */
            x[side] = side == 0 ? -HUGE_VAL : HUGE_VAL;
            end[side] = END_NONE;
        } else if (end[side] == END_NONE && isfinite(limit)) { /* a dispersion of 0 is at the end of its logarithm */
            end[side] = END_EDGE;
        } else if (end[side] == END_NONE && isfinite(edge[side]) && has_edges(search, profile, parameter)) {
            end[side] = END_LOST; /* it would have been reached */
        }
    }
    return true;
}

bool profile_interval(struct profile *profile, const struct parameter *parameter, double level, struct interval *out,
                      struct glmm_error *err)
{
    struct parameter plain = *parameter;
    struct search search;
    enum interval_reason reason = profile_why_not(profile, parameter, true, &plain);
    enum interval_end end[2];
    double x[2], z = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0);
    bool ok;

    no_interval(out, reason);
    if (reason != INTERVAL_GIVEN)
        return true;
    if (!search_begin(profile, &plain, true, &search, err))
        return is_unbounded(profile, &plain, out);
    if (search.optimum < MINIMIZE_BAD) {
        ok = find_ends(profile, &search, &plain, z, x, end, err);
        if (ok)
            set_interval(&search, profile, &plain, x, end, out);
        out->better = search.lowest < search.optimum - BETTER;
    } else {
        ok = true;
        out->reason = INTERVAL_FAILED;
    }
    search_clear(&search);
    return ok;
}

static void wald_of_structure(const struct profile *profile, const struct search *search, const struct parameter *parameter,
                              double reach, struct interval *out)
{
    double edge[2], step;

    range_of(search, profile, parameter, 1, edge, &step);
    no_interval(out, INTERVAL_EDGE);
    if (!(reach > 0) || search->center - edge[0] < EDGE_SLACK * step || edge[1] - search->center < EDGE_SLACK * step)
        return;
    place_wald(search->place, search->held, reach, &out->lower, &out->upper);
    out->reason = INTERVAL_GIVEN;
}

/* Where the criterion is not to be had: by the joint covariance of the fit. */
static void wald_by_joint(const struct fit *fit, const struct parameter *parameter, double level, struct interval *out)
{
    double error = parameter->kind == PARAMETER_SD && parameter->estimate > 0 && fit->structured == NULL
                       ? parameter_log_error(parameter, fit)
                       : (double)NAN;
    double reach = wald_quantile((double)INFINITY, level) * error, ends[2];

    if (parameter->kind == PARAMETER_SHAPE) {
        parameter_wald(parameter, fit, level, &out->lower, &out->upper);
    } else if (parameter->kind == PARAMETER_DISPERSION && isfinite(fit->log_dispersion_se)) {
        fit_dispersion_interval(fit, level, ends);
        out->lower = ends[0];
        out->upper = ends[1];
        out->lower_end = fit_dispersion_reaches(fit, level) < 0 ? END_EDGE : END_FOUND;
        out->upper_end = fit_dispersion_reaches(fit, level) > 0 ? END_NONE : END_FOUND;
    } else if (isfinite(reach)) {
        out->lower = parameter->estimate * exp(-reach);
        out->upper = parameter->estimate * exp(reach);
    }
    if (!isnan(out->lower))
        out->reason = INTERVAL_GIVEN;
}

bool profile_wald(struct profile *profile, const struct parameter *parameter, double level, struct interval *out,
                  struct glmm_error *err)
{
    struct parameter plain = *parameter;
    struct search search;
    enum interval_reason reason = profile_why_not(profile, parameter, false, &plain);
    bool is_shape = reason == INTERVAL_GIVEN && (plain.kind == PARAMETER_SHAPE || plain.kind == PARAMETER_DISPERSION);
    double error, x, z = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0);

    no_interval(out, reason);
    if (parameter->kind == PARAMETER_FIXED || profile_is_beside(parameter)) {
        parameter_wald(parameter, profile->all, level, &out->lower, &out->upper);
        out->reason = isinf(parameter->estimate)      ? INTERVAL_INFINITE
                      : !isnan(out->lower)            ? INTERVAL_GIVEN
                      : reason == INTERVAL_NO_OPTIMUM ? INTERVAL_NO_OPTIMUM
                                                      : INTERVAL_UNDETERMINED;
        return true;
    }
    if (reason == INTERVAL_GIVEN && design_beside(profile->plain->design) != NULL) {
        wald_by_joint(profile->plain, &plain, level, out);
        if (isnan(out->lower))
            no_interval(out, INTERVAL_EDGE);
        return true;
    }
    if (is_shape && profile->plain->structured == NULL)
        wald_by_joint(profile->plain, &plain, level, out);
    if (is_shape && !isnan(out->lower))
        return true;
    if (reason != INTERVAL_GIVEN)
        return true;
    if (!search_begin(profile, &plain, false, &search, err))
        return false;
    error = place_error(search.place, search.held);
    x = search.center;
    if (is_structural(profile, &plain)) {
        wald_of_structure(profile, &search, &plain, z * error, out);
        search_clear(&search);
        return true;
    }
    if (!(error > 0) || (plain.kind == PARAMETER_SD && !(x > 0)) || (plain.kind == PARAMETER_CORR && !(sin(x) > EDGE_SLACK)))
        no_interval(out, INTERVAL_EDGE);
    else if (plain.kind == PARAMETER_SD) {
        out->lower = x * exp(-z * error / x);
        out->upper = x * exp(z * error / x);
    } else if (plain.kind == PARAMETER_CORR) {
        out->lower = tanh(atanh(cos(x)) - z * error / sin(x));
        out->upper = tanh(atanh(cos(x)) + z * error / sin(x));
    } else {
        out->lower = outward(&search, profile, &plain, x - z * error);
        out->upper = outward(&search, profile, &plain, x + z * error);
    }
    search_clear(&search);
    return true;
}

struct curve {
    const double *x; /* its ends, in the coordinate */
    double z;
    int count;
    double *values, *zeta;
};

/* The points of the curve below (side 0) or above the estimate, from there outward: on the way back a minimization would begin
 * far out, and might stay there.  NaN where there is no criterion. */
static bool follow_side(const struct profile *profile, struct search *search, const struct parameter *parameter, int side,
                        const struct curve *curve, struct glmm_error *err)
{
    bool turned = is_turned(profile, parameter);

    search_restart(search);
    for (int k = 0; k < curve->count && !search->failed; k++) {
        int i = side == 0 ? curve->count - 1 - k : k, to = turned ? curve->count - 1 - i : i;
        double at = curve->x[0] + (curve->x[1] - curve->x[0]) * i / (curve->count - 1), size;

        if ((at < search->center) != (side == 0))
            continue;
        size = search_height(search, at, curve->z, err);
        if (size > curve->z * (1 + ABOVE) && !search->failed && search_elsewhere(search, at, curve->z, err))
            size = sqrt(fmax(search->inside_value - search->optimum, 0));
        curve->values[to] = outward(search, profile, parameter, at);
        curve->zeta[to] = isfinite(size) ? ((side == 0) != turned ? -size : size) : (double)NAN;
    }
    return !search->failed;
}

bool profile_curve(struct profile *profile, const struct parameter *parameter, double level, int count, double values[],
                   double zeta[], struct interval *out, struct glmm_error *err)
{
    struct parameter plain = *parameter;
    struct search search;
    enum interval_reason reason = profile_why_not(profile, parameter, isfinite(parameter->estimate), &plain);
    enum interval_end end[2];
    double x[2], z = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0), edge[2], step;
    bool ok;

    no_interval(out, reason);
    if (reason != INTERVAL_GIVEN)
        return true;
    if (!search_begin(profile, &plain, true, &search, err))
        return is_unbounded(profile, &plain, out);
    range_of(&search, profile, &plain, z, edge, &step);
    ok = find_ends(profile, &search, &plain, z, x, end, err);
    if (ok)
        set_interval(&search, profile, &plain, x, end, out);
    for (int side = 0; ok && side < 2; side++)
        x[side] = isfinite(x[side]) ? x[side] : search.center + (side == 0 ? -8 : 8) * step;
    for (int side = 0; ok && side < 2; side++)
        ok = follow_side(profile, &search, &plain, side, &(struct curve){ x, z, count, values, zeta }, err);
    search_clear(&search);
    return ok;
}
