/* icc-interval.c -- see icc-interval.h. */
#include "infer/icc-interval.h"

#include <math.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/sample.h"
#include "infer/components.h"
#include "infer/icc.h"
#include "infer/r2.h"
#include "infer/share-interval.h"
#include "infer/simulate.h"
#include "model/family.h"

enum { LEAST = 20 };

/* --- by profiles and curvatures ---------------------------------------------------------------------------- */

/* A random intercept that is all of its group. */
static bool is_single(const struct fit *fit, int t)
{
    const struct random_design *random = &fit->design->random[t];
    int terms = 0;

    for (int s = 0; s < fit->design->random_count; s++)
        terms += group_index(fit->design, random->group) == group_index(fit->design, fit->design->random[s].group);
    return random->k == 1 && random->z == NULL && terms == 1;
}

/* Median odds ratios by standard deviations. */
static bool odds_by_deviations(const struct fit *fit, double level, const struct glmm_progress *progress,
                               struct icc_intervals *out, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct components components;
    bool ok = arena != NULL ? components_find(fit, level, false, arena, progress, &components, err) : fail_memory(err);
    double related;

    for (int t = 0; ok && t < fit->design->random_count; t++) {
        const bool single = is_single(fit, t);
        const struct interval *sd = single ? components_of(&components, t, 0) : NULL;

        out->group[t].several = !single;
        out->group[t].nodes = single && components_hang_on_nodes(&components, t);
        if (sd == NULL)
            continue;
        related = icc_related(fit, t);
        out->group[t].odds[0] = median_odds_ratio(related * sd->lower * sd->lower);
        out->group[t].odds[1] = median_odds_ratio(related * sd->upper * sd->upper);
        out->odds_by_log = components.method == COMPONENTS_LOG;
    }
    arena_free(arena);
    return ok;
}

/* By the share, where that hangs on the same standard deviation. */
static void odds_by_share(struct icc_interval *group, double residual)
{
    double end[2] = { group->share.lower, group->share.upper };

    for (int i = 0; i < 2 && !isnan(end[i]); i++)
        group->odds[i] = median_odds_ratio(end[i] < 1 ? residual * end[i] / (1 - end[i]) : (double)INFINITY);
}

static bool by_shares(const struct fit *fit, double level, bool asked, const struct glmm_progress *progress,
                      struct icc_intervals *out, struct glmm_error *err)
{
    struct share_intervals shares;
    double residual;
    bool ok = share_intervals_find(fit, SHARES_OF_GROUPS, level, asked, progress, &shares, err);

    for (int t = 0; ok && t < fit->design->random_count; t++)
        out->group[t].share = shares.interval[t];
    out->large = shares.large;
    out->why = shares.why;
    out->by = shares.by == SHARES_BY_LOG ? ICC_BY_LOG : ICC_BY_PROFILE;
    out->shares = shares.by != SHARES_BY_NONE;
    share_intervals_clear(&shares);
    if (!ok || fit->link->kind != LINK_LOGIT || fit->exact)
        return ok;
    if (out->shares && share_is_of_one_sd(fit, &residual)) {
        odds_by_share(&out->group[0], residual);
        return true;
    }
    ok = odds_by_deviations(fit, level, progress, out, err);
    if (out->odds_by_log)
        out->by = out->shares ? ICC_BY_PROFILE_AND_LOG : ICC_BY_LOG;
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
    struct simulator *simulator = simulator_can_refit(fit, err) ? simulator_new(fit, false, err) : NULL;
    struct source source = { fit, simulator, seed };
    struct replicates r = { 0 };
    double *sorted = NEW_ARRAY(double, boot + 1);
    bool ok = simulator != NULL && (sorted != NULL || fail_memory(err))
              && replicates_run(&r, boot, 2 * (size_t)terms, draw_one, &source, boot < LEAST ? boot : LEAST, progress, err);

    simulator_free(simulator);
    out->by = ICC_BY_BOOT;
    for (int t = 0; ok && t < terms; t++)
        for (int what = 0; what < 2; what++) {
            double to[2];

            out->used = (long)replicates_sorted_rest(&r, (size_t)(what * terms + t), sorted);
            if (out->used == 0 || (what == 1 && fit->link->kind != LINK_LOGIT))
                continue;
            for (int end = 0; end < 2; end++) {
                to[end] = sample_quantile(sorted, (size_t)out->used, 0.5 + (end == 0 ? -0.5 : 0.5) * level);
                if (what == 1)
                    out->group[t].odds[end] = median_odds_ratio(to[end]);
            }
            if (what == 0)
                out->group[t].share =
                    (struct interval){ .lower = to[0], .upper = to[1], .reason = INTERVAL_GIVEN, .alone = (double)NAN };
        }
    if (ok)
        replicates_clear(&r);
    mem_free(sorted);
    return ok;
}

bool icc_intervals_find(const struct fit *fit, double level, bool asked, long boot, uint64_t seed,
                        const struct glmm_progress *progress, struct icc_intervals *out, struct glmm_error *err)
{
    *out = (struct icc_intervals){ .by = ICC_BY_PROFILE,
                                   .why = { .at = NOWHERE },
                                   .group = NEW_ARRAY(struct icc_interval, fit->design->random_count + 1) };
    if (out->group == NULL)
        return fail_memory(err);
    for (int t = 0; t < fit->design->random_count; t++) {
        out->group[t].share.lower = out->group[t].share.upper = out->group[t].share.alone = (double)NAN;
        out->group[t].share.reason = INTERVAL_UNDETERMINED;
        out->group[t].odds[0] = out->group[t].odds[1] = (double)NAN;
    }
    if (fit->identity != NULL || fit->optimum.verdict == VERDICT_NOT_CONVERGED)
        return true;
    return boot > 0 ? by_boot(fit, level, boot, seed, progress, out, err) : by_shares(fit, level, asked, progress, out, err);
}

void icc_intervals_clear(struct icc_intervals *intervals)
{
    mem_free(intervals->group);
    intervals->group = NULL;
}
