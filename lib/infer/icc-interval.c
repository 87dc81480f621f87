/* icc-interval.c -- see icc-interval.h. */
#include "infer/icc-interval.h"

#include <math.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/sample.h"
#include "infer/components.h"
#include "infer/icc.h"
#include "infer/r2.h"
#include "infer/share-profile.h"
#include "infer/simulate.h"
#include "model/family.h"

enum { LEAST = 20 };

/* --- by profiles ------------------------------------------------------------------------------------------ */

/* Of each group that has none yet: all its terms together. */
static bool by_shares(const struct fit *fit, double level, const struct glmm_progress *progress, struct icc_intervals *out,
                      struct glmm_error *err)
{
    struct share_profile *profile = share_profile_new(fit, progress, err);
    const struct design *design = fit->design;
    bool *member = NEW_ARRAY(bool, design->random_count + 1), ok = profile != NULL && (member != NULL || fail_memory(err));
    struct interval found;

    for (int t = 0; ok && t < design->random_count; t++) {
        if (!icc_is_group(fit, t) || !isnan(out->group[t].share[0]))
            continue;
        for (int s = 0; s < design->random_count; s++)
            member[s] = group_index(design, design->random[s].group) == t && !icc_is_level_of_row(fit, s);
        ok = share_profile_interval(profile, member, level, &found, err);
        out->group[t].share[0] = found.lower;
        out->group[t].share[1] = found.upper;
        out->group[t].nodes = out->group[t].nodes || found.reason == INTERVAL_NODES;
    }
    mem_free(member);
    share_profile_free(profile);
    return ok;
}

/* A random intercept that is all of its group. */
static bool is_single(const struct fit *fit, int t)
{
    const struct random_design *random = &fit->design->random[t];
    int terms = 0;

    for (int s = 0; s < fit->design->random_count; s++)
        terms += group_index(fit->design, random->group) == group_index(fit->design, fit->design->random[s].group);
    return random->k == 1 && random->z == NULL && terms == 1;
}

static bool by_deviations(const struct fit *fit, double level, const struct glmm_progress *progress, struct icc_intervals *out,
                          struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct components components;
    struct icc_parts parts;
    bool ok = arena != NULL ? components_find(fit, level, false, arena, progress, &components, err) : fail_memory(err), alone;

    icc_parts(fit, &parts);
    alone = fit->design->random_count == 1 && !fit->has_scale && isnan(parts.mean) && !icc_left_varies(fit);
    for (int t = 0; ok && t < fit->design->random_count; t++) {
        const struct interval *sd = is_single(fit, t) ? components_of(&components, t, 0) : NULL;

        out->by = components.method == COMPONENTS_LOG ? ICC_BY_LOG : out->by;
        out->group[t].nodes = is_single(fit, t) && components_hang_on_nodes(&components, t);
        if (sd == NULL || sd->reason != INTERVAL_GIVEN)
            continue;
        for (int end = 0; end < 2; end++) {
            double variance = pow(end == 0 ? sd->lower : sd->upper, 2);

            if (alone)
                out->group[t].share[end] = isinf(variance) ? 1 : variance / (variance + parts.residual);
            if (fit->link->kind == LINK_LOGIT)
                out->group[t].odds[end] = median_odds_ratio(variance);
        }
    }
    arena_free(arena);
    return ok;
}

/* --- by the bootstrap --------------------------------------------------------------------------------------- */

struct source {
    const struct fit *fit;
    const struct simulator *simulator;
    uint64_t seed;
};

/* One replicate: the share of each group, and behind them its variance. */
static bool draw_one(void *context, long r, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                     struct glmm_error *err)
{
    const struct source *source = context;
    int terms = source->fit->design->random_count;
    double *y = NEW_ARRAY(double, source->fit->design->n + 1);
    struct icc_parts parts;
    struct design room;
    struct fit *fit;
    bool ok;

    if (y == NULL || !simulator_draw(source->simulator, source->seed, (uint64_t)r + 1, y)) {
        mem_free(y);
        return fail_memory(err);
    }
    fit = refit_response(source->fit, &room, y, progress, err);
    *end = fit == NULL ? REPLICATE_FAILED : replicate_end_of_rest(fit);
    if (fit != NULL && replicate_counts_in_rest(*end)) {
        icc_parts(fit, &parts);
        for (int t = 0; t < terms; t++) {
            out[terms + t] = icc_group(fit, t);
            out[t] = isinf(out[terms + t]) ? 1 : out[terms + t] / (parts.random + parts.residual);
        }
    }
    ok = fit != NULL || (err->code != GLMM_E_MEMORY && err->code != GLMM_E_INTERRUPT);
    fit_free(fit);
    mem_free(y);
    return ok;
}

static bool by_boot(const struct fit *fit, double level, long boot, uint64_t seed, const struct glmm_progress *progress,
                    struct icc_intervals *out, struct glmm_error *err)
{
    int terms = fit->design->random_count;
    struct simulator *simulator = simulator_new(fit, false, err);
    struct source source = { fit, simulator, seed };
    struct replicates r = { 0 };
    double *sorted = NEW_ARRAY(double, boot + 1);
    bool ok = simulator != NULL && (sorted != NULL || fail_memory(err))
              && replicates_run(&r, boot, 2 * (size_t)terms, draw_one, &source, boot < LEAST ? boot : LEAST, progress, err);

    simulator_free(simulator);
    out->by = ICC_BY_BOOT;
    for (int t = 0; ok && t < terms; t++)
        for (int what = 0; what < 2; what++) {
            double *to = what == 0 ? out->group[t].share : out->group[t].odds;

            out->used = (long)replicates_sorted_rest(&r, (size_t)(what * terms + t), sorted);
            if (out->used == 0 || (what == 1 && fit->link->kind != LINK_LOGIT))
                continue;
            for (int end = 0; end < 2; end++) {
                to[end] = sample_quantile(sorted, (size_t)out->used, 0.5 + (end == 0 ? -0.5 : 0.5) * level);
                to[end] = what == 1 ? median_odds_ratio(to[end]) : to[end];
            }
        }
    if (ok)
        replicates_clear(&r);
    mem_free(sorted);
    return ok;
}

bool icc_intervals_find(const struct fit *fit, double level, long boot, uint64_t seed, const struct glmm_progress *progress,
                        struct icc_intervals *out, struct glmm_error *err)
{
    struct glmm_error why = { 0 };
    bool shares, open = false;

    *out = (struct icc_intervals){ .by = ICC_BY_PROFILE, .group = NEW_ARRAY(struct icc_interval, fit->design->random_count + 1) };
    if (out->group == NULL)
        return fail_memory(err);
    for (int t = 0; t < fit->design->random_count; t++)
        for (int end = 0; end < 2; end++)
            out->group[t].share[end] = out->group[t].odds[end] = (double)NAN;
    if (fit->identity != NULL || fit->optimum.verdict == VERDICT_NOT_CONVERGED)
        return true;
    if (boot > 0)
        return by_boot(fit, level, boot, seed, progress, out, err);
    shares = share_profile_takes(fit, &why);
    out->large = shares && !components_shares_are_borne(fit);
    shares = shares && !out->large;
    if (fit->exact)
        return !shares || by_shares(fit, level, progress, out, err);
    if (!by_deviations(fit, level, progress, out, err))
        return false;
    for (int t = 0; t < fit->design->random_count; t++)
        open = open || (icc_is_group(fit, t) && isnan(out->group[t].share[0]));
    if (!shares || !open)
        return true;
    out->by = out->by == ICC_BY_LOG && fit->link->kind == LINK_LOGIT ? ICC_BY_PROFILE_AND_LOG : ICC_BY_PROFILE;
    return by_shares(fit, level, progress, out, err);
}

void icc_intervals_clear(struct icc_intervals *intervals)
{
    mem_free(intervals->group);
    intervals->group = NULL;
}
