/* share-interval.c -- see share-interval.h. */
#include "infer/share-interval.h"

#include <math.h>

#include "base/arena.h"
#include "base/memory.h"
#include "infer/components.h"
#include "infer/icc.h"
#include "infer/share-profile.h"

/* As long as who asks for shares waits: nanoseconds, of linear models; operations (components.h) of others. */
static const double BORNE_TIME = 8e9, BORNE_WORK = 4e9;

bool share_is_of_one_sd(const struct fit *fit, double *residual)
{
    const struct random_design *random = fit->design->random;
    bool hangs;

    *residual = icc_residual(fit_proper(fit), &hangs);
    return fit->design->random_count == 1 && random->k == 1 && random->z == NULL && !fit->has_scale && !fit->exact && !hangs
           && !icc_left_varies(fit) && !icc_is_level_of_row(fit, 0);
}

/* Whether there is a share at place c, and of which terms; behind the terms, all of them, beside which is what is left. */
static bool set_members(const struct fit *fit, enum share_sets sets, int c, bool member[])
{
    const struct design *design = fit->design;
    bool left = c == design->random_count;

    for (int t = 0; t < design->random_count; t++)
        member[t] =
            left
            || (sets == SHARES_OF_TERMS ? t == c
                                        : group_index(design, design->random[t].group) == c && !icc_is_level_of_row(fit, t));
    return sets == SHARES_OF_TERMS || (!left && icc_is_group(fit, c));
}

/* What is left beside one term. */
static struct interval mirror(const struct interval *share)
{
    struct interval left = *share;

    left.lower = 1 - share->upper;
    left.upper = 1 - share->lower;
    left.alone = 1 - share->alone;
    left.lower_end = share->upper_end;
    left.upper_end = share->lower_end;
    return left;
}

/* Of a linear model. */
static bool is_borne(struct share_profile *profile, const struct fit *fit, enum share_sets sets, bool member[])
{
    int count = fit->design->random_count + 1;
    double time = 0;

    for (int c = 0; c < count - (count == 2); c++)
        if (set_members(fit, sets, c, member))
            time += share_profile_time(profile, member);
    return time < BORNE_TIME;
}

static bool by_profile(const struct fit *fit, enum share_sets sets, double level, bool asked,
                       const struct glmm_progress *progress, struct share_intervals *out, struct glmm_error *err)
{
    int terms = fit->design->random_count;
    struct share_profile *profile = share_profile_new(fit, progress, err);
    bool *member = NEW_ARRAY(bool, terms + 1), ok = profile != NULL && (member != NULL || fail_memory(err));

    out->large = ok && !asked && fit->exact && !is_borne(profile, fit, sets, member);
    out->by = out->large ? SHARES_BY_NONE : SHARES_BY_PROFILE;
    for (int c = 0; ok && !out->large && c <= terms; c++)
        if (set_members(fit, sets, c, member)) {
            if (c == terms && terms == 1)
                out->interval[1] = mirror(&out->interval[0]);
            else
                ok = share_profile_interval(profile, member, c == terms, level, &out->interval[c], err);
        }
    mem_free(member);
    share_profile_free(profile);
    return ok;
}

static bool by_deviation(const struct fit *fit, double residual, double level, const struct glmm_progress *progress,
                         struct share_intervals *out, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct components components;
    const struct interval *sd;
    bool ok = arena != NULL ? components_find(fit, level, false, arena, progress, &components, err) : fail_memory(err);

    sd = ok ? components_of(&components, 0, 0) : NULL;
    if (sd != NULL) {
        double related = icc_related(fit, 0), low = related * sd->lower * sd->lower, high = related * sd->upper * sd->upper;

        out->by = SHARES_BY_LOG; /* of so large a model */
        out->interval[0] = *sd;
        out->interval[0].alone = (double)NAN;
        out->interval[0].lower = low / (low + residual);
        out->interval[0].upper = isinf(high) ? 1 : high / (high + residual);
        out->interval[1] = mirror(&out->interval[0]);
    }
    arena_free(arena);
    return ok;
}

bool share_intervals_find(const struct fit *fit, enum share_sets sets, double level, bool asked,
                          const struct glmm_progress *progress, struct share_intervals *out, struct glmm_error *err)
{
    int count = fit->design->random_count + 1;
    double residual;

    *out = (struct share_intervals){ .why = { .at = NOWHERE }, .interval = NEW_ARRAY(struct interval, count) };
    if (out->interval == NULL)
        return fail_memory(err);
    for (int c = 0; c < count; c++)
        out->interval[c] = (struct interval){
            .lower = (double)NAN, .upper = (double)NAN, .reason = INTERVAL_UNDETERMINED, .alone = (double)NAN
        };
    if (!share_profile_takes(fit, &out->why)) {
        for (int c = 0; c < count && fit->identity == NULL; c++)
            out->interval[c].reason = fit->optimum.verdict == VERDICT_NOT_CONVERGED ? INTERVAL_NO_OPTIMUM : INTERVAL_UNDEFINED;
        return out->why.code != GLMM_E_MEMORY || fail_memory(err);
    }
    out->large = !asked && !fit->exact && (fit->method == METHOD_IS || !components_profile_within(fit, count, BORNE_WORK));
    if (!out->large && !by_profile(fit, sets, level, asked, progress, out, err))
        return false;
    for (int c = 0; c < count && out->large; c++)
        out->interval[c].reason = INTERVAL_LARGE;
    return !out->large || !share_is_of_one_sd(fit, &residual) || by_deviation(fit, residual, level, progress, out, err);
}

void share_intervals_clear(struct share_intervals *intervals)
{
    mem_free(intervals->interval);
    intervals->interval = NULL;
}
