/* sums.c -- see sums.h. */
#include "infer/sums.h"

#include "fit/identify.h"
#include "infer/profiles.h"

/* The standard deviation of effect a of a term among the parameters of a fit; term -1: the residual's.  NULL: there is none. */
static const struct parameter *deviation_of(const struct parameter *list, int count, int term, int a)
{
    for (int i = 0; i < count; i++)
        if (term < 0 ? list[i].kind == PARAMETER_SIGMA : list[i].kind == PARAMETER_SD && list[i].term == term && list[i].a == a)
            return &list[i];
    return NULL;
}

/* Which of the fit's sums stand by themselves in the reduced fit, as parameters of the two.  False when memory is out. */
static bool find_places(const struct fit *fit, const struct fit *reduced, struct arena *arena, struct parameter *shown,
                        struct parameter *place, int *count)
{
    int all;
    const struct parameter *list = parameters_of(reduced, arena, &all);

    for (int j = 0; list != NULL && j < fit->identity->sum_count; j++) {
        const struct identity_sum *sum = &fit->identity->sums[j];
        const struct parameter *at;
        int term, effect;
        bool found;

        if (!identity_place(fit, 0, 0, sum, &found, &term, &effect))
            return false;
        if (!found || (at = deviation_of(list, all, term, effect)) == NULL)
            continue;
        place[*count] = *at;
        shown[*count] = (struct parameter){ .kind = PARAMETER_SD,
                                            .term = -1,
                                            .group = identity_sum_groups(arena, fit->design, sum),
                                            .name = identity_sum_effects(arena, fit->design, sum),
                                            .estimate = identity_sum_sd(sum) };
        ++*count;
    }
    return list != NULL;
}

bool sum_intervals(const struct fit *fit, bool wald, double level, struct arena *arena, const struct glmm_progress *progress,
                   struct sum_intervals *out, struct glmm_error *err)
{
    const struct fit *reduced = identity_reduced(fit);
    size_t room = reduced == NULL ? 0 : (size_t)fit->identity->sum_count;
    struct parameter *shown, *place;
    struct interval *interval;
    struct profile *profile;
    bool ok;

    *out = (struct sum_intervals){ 0 };
    if (room == 0)
        return true;
    shown = arena_alloc(arena, room, sizeof *shown);
    place = arena_alloc(arena, room, sizeof *place);
    interval = arena_alloc(arena, room, sizeof *interval);
    if (shown == NULL || place == NULL || interval == NULL || !find_places(fit, reduced, arena, shown, place, &out->count))
        return fail_memory(err);
    out->parameter = shown;
    out->interval = interval;
    if (out->count == 0 || !wald)
        return out->count == 0 || profiles_find(reduced, place, out->count, level, progress, interval, err);
    ok = (profile = profile_new(reduced, progress, err)) != NULL;
    for (int i = 0; ok && i < out->count; i++)
        ok = profile_wald(profile, &place[i], level, &interval[i], err);
    profile_free(profile);
    return ok;
}
