/* profiles.c -- see profiles.h. */
#include "infer/profiles.h"

#include "infer/components.h"
#include "infer/replicate.h"

/* What travels of an interval, as numbers. */
enum { LOWER, UPPER, LOWER_END, UPPER_END, REASON, ALONE, MOVES, IS_BETTER, WIDTH };

struct task {
    const struct fit *fit;
    const struct parameter *list;
    double level;
};

static bool follow_one(void *context, long i, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                       struct glmm_error *err)
{
    const struct task *task = context;
    struct profile *profile = profile_new(task->fit, progress, err);
    struct interval interval = { .lower = 0 };
    bool ok = profile != NULL && profile_interval(profile, &task->list[i], task->level, &interval, err);

    out[LOWER] = interval.lower;
    out[UPPER] = interval.upper;
    out[LOWER_END] = interval.lower_end;
    out[UPPER_END] = interval.upper_end;
    out[REASON] = interval.reason;
    out[ALONE] = interval.alone;
    out[MOVES] = interval.moves;
    out[IS_BETTER] = interval.better;
    *end = REPLICATE_OK;
    profile_free(profile);
    return ok;
}

/* Where nobody would notice it: threads cost more than they bring. */
static bool follow_all(const struct task *task, int count, const struct glmm_progress *progress, struct interval out[],
                       struct glmm_error *err)
{
    struct profile *profile = profile_new(task->fit, progress, err);
    bool ok = profile != NULL;

    for (int i = 0; ok && i < count; i++)
        ok = profile_interval(profile, &task->list[i], task->level, &out[i], err);
    profile_free(profile);
    return ok;
}

bool profiles_find(const struct fit *fit, const struct parameter list[], int count, double level,
                   const struct glmm_progress *progress, struct interval out[], struct glmm_error *err)
{
    struct task task = { fit, list, level };
    struct replicates r;

    if (components_profile_pays(fit))
        return follow_all(&task, count, progress, out, err);
    if (!replicates_run_as("interval", &r, count, WIDTH, follow_one, &task, count, progress, err)) {
        bool stopped = err != NULL && err->code == GLMM_E_INTERRUPT;

        if (stopped)
            error_clear(err);
        return stopped ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while a profile was followed") : false;
    }
    for (int i = 0; i < count; i++) {
        const double *v = r.values + (size_t)i * WIDTH;

        out[i] = (struct interval){ .lower = v[LOWER],
                                    .upper = v[UPPER],
                                    .lower_end = (enum interval_end)v[LOWER_END],
                                    .upper_end = (enum interval_end)v[UPPER_END],
                                    .reason = (enum interval_reason)v[REASON],
                                    .alone = v[ALONE],
                                    .moves = v[MOVES] > 0,
                                    .better = v[IS_BETTER] > 0 };
    }
    replicates_clear(&r);
    return true;
}
