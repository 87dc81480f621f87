/* relatives.c -- see relatives.h. */
#include "infer/relatives.h"

#include <string.h>

#include "fit/rowcov-joint.h"
#include "model/relatives.h"

/* The modes and their variances, behind those of the fit. */
static bool extend(const struct fit *fit, const struct design *related, int t, struct arena *arena,
                   const struct glmm_progress *progress, struct random_fit *random, struct glmm_error *err)
{
    const struct random_fit *own = &fit->random[t];
    size_t k = (size_t)own->k, had = (size_t)fit->design->random[t].level_count, count = (size_t)related->random[t].level_count,
           more = count - had;
    double *modes = arena_alloc(arena, count * k, sizeof *modes), *spread = arena_alloc(arena, count * k * k, sizeof *spread),
           *variances = arena_alloc(arena, more * k, sizeof *variances);

    if (modes == NULL || spread == NULL || variances == NULL)
        return fail_memory(err);
    memcpy(modes, own->modes, sizeof *modes * had * k);
    memset(spread, 0, sizeof *spread * count * k * k);
    memcpy(spread, own->mode_covariance, sizeof *spread * had * k * k);
    if (!rowcov_joint_relatives(fit, related, t, progress, modes + had * k, variances, err))
        return false;
    for (size_t l = 0; l < more; l++)
        for (size_t a = 0; a < k; a++)
            spread[(had + l) * k * k + a * k + a] = variances[l * k + a];
    random->modes = modes;
    random->mode_covariance = spread;
    return true;
}

bool relatives_find(const struct fit *fit, int t, struct arena *arena, const struct glmm_progress *progress,
                    struct random_design *random_design, struct random_fit *random, struct glmm_error *err)
{
    struct design *related;

    *random_design = fit->design->random[t];
    *random = fit->random[t];
    if (random_design->relation == NULL || fit->identity != NULL || fit->recession != NULL || fit->structured == NULL)
        return true;
    if ((related = arena_alloc(arena, 1, sizeof *related)) == NULL || !design_with_relatives(fit->design, arena, related))
        return fail_memory(err);
    if (related->random[t].level_count == random_design->level_count)
        return true;
    if (!extend(fit, related, t, arena, progress, random, err))
        return false;
    *random_design = related->random[t];
    return true;
}
