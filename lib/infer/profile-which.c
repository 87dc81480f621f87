/* profile-which.c -- which parameter of the plain fit one that is asked for is, and why it has no interval. */
#include <math.h>
#include <string.h>

#include "fit/identify.h"
#include "infer/profile-private.h"
#include "model/family.h"
#include "model/residuals.h"

static const double SAME_VALUE = 1e-6; /* relative: a term's parameter in the plain fit is that of the whole one */

bool profile_is_beside(const struct parameter *p)
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
    int place, own;
    const struct random_design *random = from->term >= 0 ? design_term(profile->all->design, from->term, &place) : NULL;

    *to = *from;
    if (profile->plain == profile->all)
        return true;
    if (from->kind == PARAMETER_FIXED)
        for (to->a = 0; to->a < design->p && strcmp(design->names[to->a], from->name) != 0; to->a++)
            continue;
    if (from->kind == PARAMETER_FIXED)
        return to->a < design->p;
    if (profile_is_beside(from))
        return find_coefficient(parameter_part(to, profile->plain), to);
    if (random == NULL || design_is_structured(design)) /* whose terms stay as they are */
        return true;
    for (int t = 0; t < design_term_count(design); t++) {
        const struct random_design *other = design_term(design, t, &own);

        if (own != place || strcmp(other->group, random->group) != 0)
            continue;
        to->term = t;
        for (to->a = 0; to->a < other->k && strcmp(other->names[to->a], from->name) != 0; to->a++)
            continue;
        for (to->b = 0; from->other != NULL && to->b < other->k && strcmp(other->names[to->b], from->other) != 0; to->b++)
            continue;
        if (to->a < other->k && to->b < other->k
            && fabs(parameter_value(to, profile->plain) - from->estimate) <= SAME_VALUE * fabs(from->estimate))
            return true;
    }
    return false;
}

bool profile_is_at_limit(const struct fit *fit, const struct parameter *p)
{
    bool shape = p->kind == PARAMETER_DISPERSION || p->kind == PARAMETER_SHAPE || p->kind == PARAMETER_EXTRA;

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
    if (profile_is_beside(p))
        return identity != NULL && isnan(parameter_part(p, fit)->se[p->a]);
    return p->kind == PARAMETER_FIXED && identity != NULL && isnan(fit->se[p->a]);
}

/* Matern's range at its end leaves its shape without meaning, and is as good as any other with a shape to go with it. */
static bool is_of_endless_range(const struct fit *fit, const struct parameter *p)
{
    int place;
    const struct random_design *random =
        p->kind == PARAMETER_STRUCTURE && p->term >= 0 ? design_term(fit->design, p->term, &place) : NULL;
    double range;

    if (random == NULL || random->structure == NULL || random->structure->law != LAW_MAT)
        return false;
    range = fit->random[p->term].parameters[0].estimate;
    return range == 0 || isinf(range);
}

/* A standard deviation or correlation beside an infinite variance of the same template: the way to infinity has no end at which
 * the criterion could be held against that of another point, and what is found hangs on where each search gave up. */
static bool is_beside_infinite(const struct fit *fit, const struct parameter *p)
{
    const struct random_fit *random;
    int place;

    if ((p->kind != PARAMETER_SD && p->kind != PARAMETER_CORR) || p->term < 0
        || !design_term(fit->design, p->term, &place)->covariance->correlated)
        return false;
    random = &fit->random[p->term];
    for (int a = 0; a < random->k; a++)
        if (random->sd != NULL && isinf(random->sd[a]))
            return true;
    return false;
}

enum interval_reason profile_why_not(const struct profile *profile, const struct parameter *from, bool curve,
                                     struct parameter *plain)
{
    const struct fit *fit = profile->plain;

    if (isinf(from->estimate) && from->kind != PARAMETER_STRUCTURE
        && !(curve && place_has_limit(fit) && find_plain(profile, from, plain) && profile_is_at_limit(fit, plain)))
        return from->kind == PARAMETER_FIXED || from->kind == PARAMETER_SD || profile_is_beside(from) || fit->design->open != NULL
                   ? INTERVAL_INFINITE
                   : INTERVAL_LIMIT;
    if (isnan(from->estimate) || is_open(profile->all, from) || is_of_endless_range(profile->all, from)
        || !find_plain(profile, from, plain))
        return INTERVAL_UNDETERMINED;
    if (is_beside_infinite(profile->all, from))
        return INTERVAL_FAILED;
    if (from->kind == PARAMETER_STRUCTURE && from->term < 0 && from->a == 0 && fit->design->residual->loads != NULL
        && residual_loads_are_far(fit->design->residual->loads))
        return INTERVAL_UNDEFINED;
    if (profile_is_at_limit(fit, plain) && !(curve && place_has_limit(fit)))
        return INTERVAL_LIMIT;
    return fit->optimum.verdict == VERDICT_NOT_CONVERGED ? INTERVAL_NO_OPTIMUM : INTERVAL_GIVEN;
}
