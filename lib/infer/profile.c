/* profile.c -- see profile.h.
 *
 * On each side of the estimate zeta rises from 0; its root is bracketed, by steps that grow or by an edge, and found by inverse
 * interpolation within the bracket.  Each point is a minimization over the other coordinates (place.h) that begins where the line
 * through the last two points leads. */
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
#include "infer/place.h"
#include "model/family.h"
#include "model/residuals.h"

static const double SAME_START = 1e-6;      /* relative: a fit whose parameter is where the profile is to begin */
static const double BRACKET_CLOSED = 1e-13; /* relative: ends of a bracket at their rounding */

enum { EXPANSIONS = 40, ITERATIONS = 60 };
/* EDGE_SLACK: of a step of the size of an error. */
static const double CLOSE = 1e-9, FARTHEST = 1e5, BETTER = 1e-6, EDGE_SLACK = 1e-8, STRAIGHT = 3;

struct profile {
    const struct fit *all;   /* as the caller sees it */
    const struct fit *plain; /* of the rows that infinite estimates leave, without what nothing determines */
    struct fit *ml;          /* of a REML fit, for its fixed effects; made where it is first needed */
    const struct glmm_progress *progress;
    struct place *place; /* that of most parameters */
    double optimum;      /* the criterion there; NaN: not yet looked at */
};

/* A parameter on its way: the place in which it is held, and the last points on this side. */
struct search {
    struct place *place;
    bool own;      /* the place is of this search alone */
    int held;      /* its coordinate, or -1: a coefficient that is set */
    double center; /* the estimate, in the coordinate */
    double optimum;
    double *psi, *last, *before, *tangent, *other; /* place_count each */
    double last_at, before_at;
    int points;              /* of these, 0 .. 2 */
    double lowest, straight; /* how far the tangent is followed */
    bool stopped, failed;
};

/* The fit whose parameters count: no infinite estimates, nothing undetermined. */
static const struct fit *plain_fit(const struct fit *fit)
{
    fit = fit_proper(fit);
    return fit->identity != NULL && fit->identity->reduced != NULL ? fit->identity->reduced : fit;
}

bool profile_check(const struct fit *fit, struct glmm_error *err)
{
    if (design_beside(fit->design) != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "profiles are not followed beside random effects in %s=", design_beside_name(fit->design));
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

/* --- which parameter -------------------------------------------------------------------------------- */

/* A coefficient of zi= or disp=. */
static bool is_beside(const struct parameter *p)
{
    return p->kind == PARAMETER_ZERO || p->kind == PARAMETER_SPREAD;
}

static bool find_coefficient(const struct fit_part *part, struct parameter *to)
{
    for (to->a = 0; part != NULL && to->a < part->count; to->a++)
        if (strcmp(part->names[to->a], to->name) == 0)
            return true;
    return false;
}

/* The parameter among those of the plain fit, by name and value; false where it is none there. */
static bool find_plain(const struct profile *profile, const struct parameter *from, struct parameter *to)
{
    const struct design *design = profile->plain->design;
    const struct random_design *random = from->term >= 0 ? &profile->all->design->random[from->term] : NULL;

    *to = *from;
    if (profile->plain == profile->all)
        return true;
    if (from->kind == PARAMETER_FIXED)
        for (to->a = 0; to->a < design->p && strcmp(design->names[to->a], from->name) != 0; to->a++)
            continue;
    if (from->kind == PARAMETER_FIXED)
        return to->a < design->p;
    if (is_beside(from))
        return find_coefficient(parameter_part(to, profile->plain), to);
    if (random == NULL || design_is_structured(design)) /* whose terms stay as they are */
        return true;
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *other = &design->random[t];

        if (strcmp(other->group, random->group) != 0)
            continue;
        to->term = t;
        for (to->a = 0; to->a < other->k && strcmp(other->names[to->a], from->name) != 0; to->a++)
            continue;
        for (to->b = 0; from->other != NULL && to->b < other->k && strcmp(other->names[to->b], from->other) != 0; to->b++)
            continue;
        if (to->a < other->k && to->b < other->k
            && fabs(parameter_value(to, profile->plain) - from->estimate) <= SAME_START * fabs(from->estimate))
            return true;
    }
    return false;
}

/* A shape that is held where the family becomes another one: always the last. */
static bool is_at_limit(const struct fit *fit, const struct parameter *p)
{
    bool shape = p->kind == PARAMETER_DISPERSION || p->kind == PARAMETER_SHAPE;

    if (fit->family->categories > 0)
        return shape && fit_rest_of_shape(fit, p->a) < 0;
    return shape
           && ((fit->rest_count < fit->rest_all && fit->rest_shape[fit->rest_count] == p->a)
               || (fit->rest_count < family_shapes(fit->family) && p->a == family_shapes(fit->family) - 1));
}

/* The error of a coefficient, or of a threshold, depends on a variance that the data leave open, and so does the height of its
 * profile. */
static bool is_open(const struct fit *fit, const struct parameter *p)
{
    const struct identity *identity = fit_proper(fit)->identity;

    if (p->kind == PARAMETER_SHAPE)
        return identity != NULL && identity->constant != NULL && fit_is_threshold(fit, p->a);
    if (is_beside(p))
        return identity != NULL && isnan(parameter_part(p, fit)->se[p->a]);
    return p->kind == PARAMETER_FIXED && identity != NULL && isnan(fit->se[p->a]);
}

/* Why there is none, or INTERVAL_GIVEN. */
static enum interval_reason why_not(const struct profile *profile, const struct parameter *from, struct parameter *plain)
{
    const struct fit *fit = profile->plain;

    if (isinf(from->estimate))
        return from->kind == PARAMETER_FIXED || is_beside(from) || fit->design->open != NULL ? INTERVAL_INFINITE : INTERVAL_LIMIT;
    if (isnan(from->estimate) || is_open(profile->all, from) || !find_plain(profile, from, plain))
        return INTERVAL_UNDETERMINED;
    if (design_beside(fit->design) != NULL)
        return INTERVAL_STRUCTURE;
    return is_at_limit(fit, plain) ? INTERVAL_LIMIT : INTERVAL_GIVEN;
}

static void no_interval(struct interval *out, enum interval_reason reason)
{
    *out = (struct interval){ .lower = (double)NAN, .upper = (double)NAN, .reason = reason };
}

/* --- a search --------------------------------------------------------------------------------------- */

static void search_clear(struct search *search)
{
    if (search->own)
        place_free(search->place);
    mem_free(search->psi);
}

static bool search_arrays(struct search *search)
{
    size_t n = (size_t)place_count(search->place);

    search->psi = NEW_ARRAY(double, 5 * n + 1);
    if (search->psi == NULL)
        return false;
    search->last = search->psi + n;
    search->before = search->last + n;
    search->tangent = search->before + n;
    search->other = search->tangent + n;
    return true;
}

/* The criterion's minimum: the fit's, or lower where the place leads there. */
static bool find_optimum(struct profile *profile, struct search *search, struct glmm_error *err)
{
    memcpy(search->psi, place_estimate(search->place), sizeof(double) * (size_t)place_count(search->place));
    if (search->own || isnan(profile->optimum)) {
        search->optimum = place_minimize(search->place, -1, search->psi, &search->stopped);
        if (search->stopped)
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while a profile was followed");
        if (!search->own)
            profile->optimum = search->optimum;
    } else {
        search->optimum = profile->optimum;
    }
    return true;
}

/* A coefficient of a linear model: all else is profiled out, or followed for each value of it. */
static bool begin_linear_fixed(struct profile *profile, const struct parameter *parameter, struct search *search,
                               struct glmm_error *err)
{
    const struct fit_options ml = { .method = METHOD_ML };
    const struct fit *fit = profile->plain;

    if (profile_by_ml(profile) && profile->ml == NULL) {
        profile->ml = fit->structured != NULL ? rowcov_fit(fit->design, NULL, NULL, &ml, profile->progress, err)
                                              : lmm_fit(fit->design, &ml, profile->progress, err);
        if (profile->ml == NULL)
            return false;
    }
    fit = profile->ml != NULL ? plain_fit(profile->ml) : fit;
    search->own = true;
    search->held = -1;
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
    if (fit->structured == NULL)
        return p->kind == PARAMETER_CORR && p->a > 0;
    return p->kind == PARAMETER_CORR
           || (p->kind == PARAMETER_STRUCTURE && p->term < 0 && fit->design->residual->structure->law == LAW_US);
}

static bool search_begin(struct profile *profile, const struct parameter *parameter, struct search *search,
                         struct glmm_error *err)
{
    const struct fit *fit = profile->plain;
    bool linear = fit->exact && parameter->kind == PARAMETER_FIXED;
    bool pair = needs_own_place(fit, parameter), ok;

    *search = (struct search){ .held = -1, .lowest = HUGE_VAL, .straight = HUGE_VAL };
    if (linear) {
        ok = begin_linear_fixed(profile, parameter, search, err);
    } else if (profile_by_ml(profile) && parameter->kind == PARAMETER_FIXED) {
        ok = begin_restricted_fixed(profile, search, err);
    } else if (pair) {
        search->own = true;
        search->place = place_new(fit, parameter, -1, profile->progress, err);
        ok = search->place != NULL;
    } else {
        if (profile->place == NULL)
            profile->place = place_new(fit, NULL, -1, profile->progress, err);
        search->place = profile->place;
        ok = search->place != NULL;
    }
    ok = ok && (search_arrays(search) || fail_memory(err));
    search->held = ok && !linear ? place_coordinate(search->place, parameter) : -1;
    if (ok && search->held >= 0) {
        ok = find_optimum(profile, search, err);
        search->center = place_estimate(search->place)[search->held];
        place_tangent(search->place, search->held, search->tangent);
        if (fit->structured != NULL && place_error(search->place, search->held) > 0)
            search->straight = STRAIGHT * place_error(search->place, search->held);
    }
    if (!ok)
        search_clear(search);
    return ok;
}

/* Where the minimization at `at` begins. */
static void predict(struct search *search, double at)
{
    int n = place_count(search->place);
    const double *estimate = place_estimate(search->place);
    double share = search->points == 2 ? (at - search->last_at) / (search->last_at - search->before_at) : 0;
    double by = fmin(fmax(at - search->center, -search->straight), search->straight);

    for (int i = 0; i < n; i++)
        if (search->points == 0)
            search->psi[i] = estimate[i] + (search->held >= 0 ? search->tangent[i] * by : 0);
        else
            search->psi[i] = search->last[i] + (fabs(share) < 2 ? share * (search->last[i] - search->before[i]) : 0);
    if (search->held >= 0)
        search->psi[search->held] = at;
}

/* From the estimates, but for what is held. */
static void stay(struct search *search, double at, double psi[])
{
    memcpy(psi, place_estimate(search->place), sizeof(double) * (size_t)place_count(search->place));
    if (search->held >= 0)
        psi[search->held] = at;
}

/* The lowest point for a value: from where the line leads, or, of a covariance structure, whose coordinates bend far from the
 * estimates, from these where that is lower or leads lower. */
static double lowest_at(struct search *search, double at, double z)
{
    int n = place_count(search->place);
    bool bends = isfinite(search->straight), here;
    double value, other;

    predict(search, at);
    stay(search, at, search->other);
    here = bends && !(place_value(search->place, search->psi) <= place_value(search->place, search->other));
    if (here)
        memcpy(search->psi, search->other, sizeof(double) * (size_t)n);
    value = place_minimize(search->place, search->held, search->psi, &search->stopped);
    if (here || search->stopped || value < (bends ? search->optimum + 1.2 * z * z : MINIMIZE_BAD))
        return value;
    other = place_minimize(search->place, search->held, search->other, &search->stopped);
    if (!(other < value))
        return value;
    memcpy(search->psi, search->other, sizeof(double) * (size_t)n);
    return other;
}

/* How far the criterion is above its minimum at a value of the parameter, as the size of zeta, which is looked for at z. */
static double height(struct search *search, double at, double z, struct glmm_error *err)
{
    size_t bytes = sizeof(double) * (size_t)place_count(search->place);
    double value;

    if (search->held < 0 && !place_set(search->place, at, err)) {
        search->failed = true;
        return (double)NAN;
    }
    value = lowest_at(search, at, z);
    if (search->stopped)
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while a profile was followed");
    search->failed = search->failed || search->stopped;
    if (!(value < MINIMIZE_BAD))
        return HUGE_VAL;
    memcpy(search->before, search->last, bytes);
    memcpy(search->last, search->psi, bytes);
    search->before_at = search->last_at;
    search->last_at = at;
    search->points = search->points < 2 && !(search->points == 1 && search->before_at == at) ? search->points + 1 : 2;
    search->lowest = fmin(search->lowest, value);
    return sqrt(fmax(value - search->optimum, 0));
}

/* --- one end ---------------------------------------------------------------------------------------- */

/* The value between the ends (x0 below the root, x1 above) where zeta is z; f0 and f1 are its values there.  Secants through the
 * last two points, and halving where they lead out of the bracket or hardly narrow it. */
static double root(struct search *search, double x0, double f0, double x1, double f1, double z, struct glmm_error *err)
{
    double xa = x0, fa = f0, xb = x1, fb = f1, x = x1;

    for (int i = 0; i < ITERATIONS && !search->failed; i++) {
        double f, width = fabs(x1 - x0);

        x = xa + (z - fa) / (fb - fa) * (xb - xa);
        if (!isfinite(fa) || !isfinite(fb) || !((x - x0) * (x - x1) < 0) || i % 8 == 7)
            x = 0.5 * (x0 + x1);
        f = height(search, x, z, err);
        if (fabs(f - z) <= CLOSE * z || width <= BRACKET_CLOSED * (fabs(x0) + fabs(x1)))
            break;
        *(f < z ? &x0 : &x1) = x;
        xa = xb;
        fa = fb;
        xb = x;
        fb = f;
    }
    return x;
}

/* From the estimate toward `edge` (infinite: none) by a first step; *end says what was met. */
static double find_end(struct search *search, double step, double edge, double z, enum interval_end *end, struct glmm_error *err)
{
    double x0 = search->center, f0 = 0, x1, f1, reach = fabs(step);

    search->points = 0;
    *end = END_FOUND;
    if (isfinite(edge)) {
        if (fabs(edge - x0) < EDGE_SLACK * reach || (f1 = height(search, edge, z, err)) <= z) {
            *end = END_EDGE;
            return edge;
        }
        search->points = 0;
        if (fabs(step) > 0.9 * fabs(edge - x0))
            return root(search, x0, f0, edge, f1, z, err);
    }
    for (int i = 0; i < EXPANSIONS && !search->failed; i++) {
        x1 = x0 + step;
        if (isfinite(edge) && fabs(x1 - search->center) >= fabs(edge - search->center))
            x1 = 0.5 * (x0 + edge);
        f1 = height(search, x1, z, err);
        if (f1 > z)
            return root(search, x0, f0, x1, f1, z, err);
        step *= fmin(fmax(f1 > f0 ? 1.2 * (z - f1) / (f1 - f0) : 4, 0.2), 4);
        x0 = x1;
        f0 = f1;
        if (fabs(x1 - search->center) > FARTHEST * reach)
            break;
    }
    *end = END_NONE;
    return step > 0 ? HUGE_VAL : -HUGE_VAL;
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
           || (p->kind == PARAMETER_SPREAD && profile->plain->family->reciprocal);
}

/* The edges of a parameter in its coordinate, and a first step there. */
static void range_of(const struct search *search, const struct profile *profile, const struct parameter *parameter, double z,
                     double edge[2], double *step)
{
    double error = search->held >= 0 ? place_error(search->place, search->held) : (double)NAN;

    edge[0] = -HUGE_VAL;
    edge[1] = HUGE_VAL;
    if (parameter->kind == PARAMETER_SD)
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

/* From the coordinate to the parameter; a correlation runs against its angle. */
static double outward(const struct search *search, const struct profile *profile, const struct parameter *parameter, double x)
{
    const struct fit *fit = profile->plain;

    if (is_structural(profile, parameter) && isfinite(x))
        return place_outward(search->place, search->held, x);
    switch (parameter->kind) {
    case PARAMETER_CORR:
        return cos(x);
    case PARAMETER_SIGMA:
        return fit->exact ? exp(x) : exp(0.5 * x);
    case PARAMETER_DISPERSION:
    case PARAMETER_SHAPE:
        return family_shape_value(fit->family, parameter->a, x, NULL);
    case PARAMETER_SPREAD:
        return fit->family->reciprocal ? -x : x;
    default:
        return x;
    }
}

static void set_interval(const struct search *search, const struct profile *profile, const struct parameter *parameter,
                         const double x[2], const enum interval_end end[2], struct interval *out)
{
    bool turned = is_turned(profile, parameter);

    out->lower = outward(search, profile, parameter, x[turned]);
    out->upper = outward(search, profile, parameter, x[!turned]);
    out->lower_end = end[turned];
    out->upper_end = end[!turned];
    out->reason = INTERVAL_GIVEN;
}

/* Both ends of the search in its coordinate. */
static bool find_ends(struct profile *profile, struct search *search, const struct parameter *parameter, double z, double x[2],
                      enum interval_end end[2], struct glmm_error *err)
{
    double edge[2], step;

    range_of(search, profile, parameter, z, edge, &step);
    x[0] = find_end(search, -step, edge[0], z, &end[0], err);
    x[1] = search->failed ? 0 : find_end(search, step, edge[1], z, &end[1], err);
    for (int side = 0; side < 2; side++) /* a range, a rate: what has no end is nothing to reach */
        if (end[side] == END_EDGE && isinf(outward(search, profile, parameter, x[side]))) {
            x[side] = side == 0 ? -HUGE_VAL : HUGE_VAL;
            end[side] = END_NONE;
        }
    return !search->failed;
}

bool profile_interval(struct profile *profile, const struct parameter *parameter, double level, struct interval *out,
                      struct glmm_error *err)
{
    struct parameter plain = *parameter;
    struct search search;
    enum interval_reason reason = why_not(profile, parameter, &plain);
    enum interval_end end[2];
    double x[2], z = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0);
    bool ok;

    no_interval(out, reason);
    if (reason != INTERVAL_GIVEN)
        return true;
    if (!search_begin(profile, &plain, &search, err))
        return false;
    if (search.optimum < MINIMIZE_BAD) {
        ok = find_ends(profile, &search, &plain, z, x, end, err);
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
                   : parameter->kind == PARAMETER_DISPERSION ? fit->log_dispersion_se
                                                             : (double)NAN;
    double reach = wald_quantile((double)INFINITY, level) * error;

    if (parameter->kind == PARAMETER_SHAPE) {
        parameter_wald(parameter, fit, level, &out->lower, &out->upper);
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
    enum interval_reason reason = why_not(profile, parameter, &plain);
    bool is_shape = reason == INTERVAL_GIVEN && (plain.kind == PARAMETER_SHAPE || plain.kind == PARAMETER_DISPERSION);
    double error, x, z = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0);

    no_interval(out, reason);
    if (parameter->kind == PARAMETER_FIXED || is_beside(parameter)) {
        parameter_wald(parameter, profile->all, level, &out->lower, &out->upper);
        out->reason = isinf(parameter->estimate) ? INTERVAL_INFINITE : isnan(out->lower) ? INTERVAL_UNDETERMINED : INTERVAL_GIVEN;
        return true;
    }
    if (reason == INTERVAL_STRUCTURE || (is_shape && profile->plain->structured == NULL))
        wald_by_joint(profile->plain, &plain, level, out);
    if (is_shape && !isnan(out->lower))
        return true;
    if (reason != INTERVAL_GIVEN)
        return true;
    if (!search_begin(profile, &plain, &search, err))
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

bool profile_curve(struct profile *profile, const struct parameter *parameter, double level, int count, double values[],
                   double zeta[], struct interval *out, struct glmm_error *err)
{
    struct parameter plain = *parameter;
    struct search search;
    enum interval_reason reason = why_not(profile, parameter, &plain);
    enum interval_end end[2];
    double x[2], z = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0), edge[2], step;
    bool ok;

    no_interval(out, reason);
    if (reason != INTERVAL_GIVEN)
        return true;
    if (!search_begin(profile, &plain, &search, err))
        return false;
    range_of(&search, profile, &plain, z, edge, &step);
    ok = find_ends(profile, &search, &plain, z, x, end, err);
    set_interval(&search, profile, &plain, x, end, out);
    for (int side = 0; side < 2; side++)
        x[side] = isfinite(x[side]) ? x[side] : search.center + (side == 0 ? -8 : 8) * step;
    search.points = 0;
    for (int i = 0; ok && i < count; i++) {
        double at = x[0] + (x[1] - x[0]) * i / (count - 1), size = height(&search, at, z, err);
        int to = is_turned(profile, &plain) ? count - 1 - i : i;

        values[to] = outward(&search, profile, &plain, at);
        zeta[to] = ((at < search.center) != is_turned(profile, &plain) ? -1 : 1) * size;
        ok = !search.failed;
    }
    search_clear(&search);
    return ok;
}
