/* share-profile.c -- see share-profile.h.
 *
 * The coordinate that is followed is the angle x of the share sin^2 x: near 0 it is the standard deviation's, and both edges are
 * points like others.  The share of what is left is 1 less that of all terms.
 *
 * A shape that takes the variance of what is left to infinity (t's df at 2) is an edge too, off which no minimization with the
 * share held finds: all terms have the share 0 there, so that their intervals go down to 0 where the criterion does not rise to
 * the cut on the way to that shape. */
#include "infer/share-profile.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/minimize.h"
#include "infer/icc.h"
#include "infer/profile-private.h"

static const double STRAIGHT = 3;  /* errors: how far a covariance structure is followed from the estimates in one step */
static const double BETTER = 1e-6; /* of the deviance: what two certified searches differ by */
/* Calls of the criterion on the way to both ends: where nothing else is chosen, and more for each coordinate that is. */
static const double CALLS_ALONE = 15, CALLS_EACH = 400;
static const double FIRST_STEP = 0.1; /* of the angle, where no curvature tells */

struct share_profile {
    const struct fit *fit;
    struct place *place;
    double optimum;
    double infinite; /* the criterion's minimum where what is left has an infinite variance; NaN: not looked for yet */
};

bool share_profile_takes(const struct fit *fit, struct glmm_error *err)
{
    const char *why = NULL;

    if (fit->design->random_count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "shares of variance are of random effects%s, and the model has none",
                    design_term_count(fit->design) > 0 ? " of the mean" : "");
    if (!icc_is_defined(fit, "a share of the variance", err) || !profile_check(fit, err) || !fit_has_rows(fit, err))
        return false;
    if (icc_left_varies(fit))
        why = "shares with intervals are of models without disp=: boot=200 of `icc` has those of groups, by refits";
    else if (fit->identity != NULL)
        why = "the data do not tell the variances apart: there are no shares with intervals";
    else if (fit->optimum.verdict == VERDICT_NOT_CONVERGED || fit->optimum.verdict == VERDICT_INTERRUPTED)
        why = "the fit has not converged: there are no shares with intervals";
    else if (fit->exact && !(fit->sigma > 0))
        why = "the residual variance is 0: there are no shares with intervals";
    else if (isinf(icc_residual(fit_proper(fit), NULL)))
        why = "the variance of the response is infinite, and so is what is left: there are no shares with intervals";
    for (int t = 0; why == NULL && t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++)
            if (isinf(fit->random[t].sd[a]))
                why = "a variance is infinite: there are no shares with intervals";
    return why == NULL || fail(err, GLMM_E_MODEL, NOWHERE, "%s", why);
}

struct share_profile *share_profile_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct share_profile *profile;

    if (!share_profile_takes(fit, err))
        return NULL;
    if ((profile = NEW(struct share_profile)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    profile->fit = fit_proper(fit);
    profile->optimum = profile->infinite = (double)NAN;
    profile->place = place_new(profile->fit, NULL, -1, progress, err);
    if (profile->place == NULL || !place_begin(profile->place, err)) {
        share_profile_free(profile);
        return NULL;
    }
    return profile;
}

void share_profile_free(struct share_profile *profile)
{
    if (profile == NULL)
        return;
    place_free(profile->place);
    mem_free(profile);
}

/* The criterion's minimum, the share free. */
static bool find_optimum(struct share_profile *profile, struct search *search, struct glmm_error *err)
{
    bool settled;

    if (isnan(profile->optimum)) {
        place_tie(profile->place, NULL);
        memcpy(search->psi, place_estimate(profile->place), sizeof(double) * (size_t)place_count(profile->place));
        profile->optimum = place_minimize(profile->place, -1, search->psi, &settled, &search->stopped);
    }
    search->optimum = profile->optimum;
    return !search->stopped || place_goes_on(profile->place, err);
}

/* The criterion's minimum where a shape takes the variance of what is left to infinity, beside which every term has the share 0;
 * HUGE_VAL where no shape does, and where it falls below that of the fit: there Laplace's approximation breaks down (t of 2 df,
 * of few rows in a level), and says nothing of that shape. */
static bool find_infinite(struct share_profile *profile, struct search *search, struct glmm_error *err)
{
    bool settled;
    double at;
    int shape;

    if (!isnan(profile->infinite))
        return true;
    profile->infinite = HUGE_VAL;
    if ((shape = place_infinite(profile->place, &at)) < 0)
        return true;
    place_tie(profile->place, NULL);
    place_forget(profile->place);
    memcpy(search->psi, place_estimate(profile->place), sizeof(double) * (size_t)place_count(profile->place));
    search->psi[shape] = at;
    profile->infinite = place_minimize(profile->place, shape, search->psi, &settled, &search->stopped);
    if (profile->infinite < profile->optimum - BETTER)
        profile->infinite = HUGE_VAL;
    return !search->stopped || place_goes_on(profile->place, err);
}

static bool begin(struct share_profile *profile, const bool member[], double z, struct search *search, double *step,
                  struct glmm_error *err)
{
    const struct fit *fit = profile->fit;
    double error;

    *search = (struct search){ .held = -1, .lowest = HUGE_VAL, .straight = HUGE_VAL, .place = profile->place };
    search->approximate = !fit->exact;
    search->bounded = fit->link != NULL && fit->link->valid != NULL;
    if (!search_arrays(search))
        return fail_memory(err);
    if (!find_optimum(profile, search, err) || !find_infinite(profile, search, err))
        return false;
    if (!place_tie(profile->place, member))
        return fail_memory(err);
    place_forget(profile->place);
    search->center = place_tie_angle(profile->place, place_estimate(profile->place));
    error = place_tie_error(profile->place);
    if (!place_goes_on(profile->place, err))
        return false;
    *step = error > 0 && error < M_PI_4 ? z * error : FIRST_STEP * z;
    if (place_bends(profile->place))
        search->straight = STRAIGHT * *step / z;
    return true;
}

double share_profile_time(struct share_profile *profile, const bool member[])
{
    double time = (double)INFINITY;

    if (place_tie(profile->place, member))
        time = place_call_time(profile->place) * (CALLS_ALONE + CALLS_EACH * place_chosen(profile->place, -1));
    place_tie(profile->place, NULL);
    return time;
}

/* What is at an edge is exactly there. */
static double share_at(double x, enum interval_end end, bool left, double edge)
{
    return end != END_FOUND ? edge : pow(left ? cos(x) : sin(x), 2);
}

bool share_profile_interval(struct share_profile *profile, const bool member[], bool left, double level, struct interval *out,
                            struct glmm_error *err)
{
    double z = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0), step = 0, x[2];
    bool ok;
    enum interval_end end[2];
    struct search search;

    *out = (struct interval){ .lower = (double)NAN, .upper = (double)NAN, .reason = INTERVAL_FAILED, .alone = (double)NAN };
    ok = begin(profile, member, z, &search, &step, err);
    if (ok && search.optimum < MINIMIZE_BAD) {
        x[0] = 0;
        end[0] = END_EDGE;
        if (!(profile->infinite <= search.optimum + z * z))
            x[0] = search_end(&search, -step, 0, z, &end[0], err);
        if (!search.failed)
            x[1] = search_end(&search, step, M_PI_2, z, &end[1], err);
        ok = !search.failed;
        if (ok && (end[0] == END_NODES || end[1] == END_NODES)) {
            out->reason = INTERVAL_NODES;
            out->lower_end = end[left];
            out->upper_end = end[!left];
            if (out->lower_end != END_NODES && out->lower_end != END_LOST)
                out->alone = share_at(x[left], end[left], left, 0);
            else if (out->upper_end != END_NODES && out->upper_end != END_LOST)
                out->alone = share_at(x[!left], end[!left], left, 1);
        } else if (ok && end[0] != END_LOST && end[1] != END_LOST) {
            out->lower = share_at(x[left], end[left], left, 0);
            out->upper = share_at(x[!left], end[!left], left, 1);
            out->lower_end = end[left];
            out->upper_end = end[!left];
            out->reason = INTERVAL_GIVEN;
            out->moves = search.moving > 0;
        }
        out->better = search.lowest < search.optimum - BETTER;
    }
    place_tie(profile->place, NULL);
    search_clear(&search);
    return ok;
}
