/* glmm-shown.c -- the numbers of a fit as glmm.h gives them: NaN in the place of each that the data do not determine.  The
 * engine's own stand at one of the many optima, and have numbers everywhere. */
#include <math.h>

#include "base/arena.h"
#include "fit/identify.h"
#include "glmm-objects.h"

static bool copy_random(struct shown *shown, const struct fit *fit, int t)
{
    const struct random_fit *random = &fit->random[t];
    size_t k = (size_t)random->k, levels = (size_t)fit->design->random[t].level_count;
    double *covariance = arena_copy(shown->arena, random->covariance, k * k, sizeof(double)),
           *correlation = arena_copy(shown->arena, random->correlation, k * k, sizeof(double)),
           *modes = arena_copy(shown->arena, random->modes, levels * k, sizeof(double)),
           *spread = arena_copy(shown->arena, random->mode_covariance, levels * k * k, sizeof(double));

    if (covariance == NULL || correlation == NULL || modes == NULL || spread == NULL)
        return false;
    for (size_t b = 0; b < k; b++)
        for (size_t a = 0; a < k; a++) {
            bool known = fit_knows(fit, t, (int)a, (int)b),
                 both = fit_knows(fit, t, (int)a, (int)a) && fit_knows(fit, t, (int)b, (int)b);

            if (known && (isinf(random->sd[a]) || isinf(random->sd[b])))
                covariance[a + b * k] = a == b ? (double)INFINITY : (double)NAN;
            covariance[a + b * k] = known ? covariance[a + b * k] : (double)NAN;
            correlation[a + b * k] = known && both ? correlation[a + b * k] : (double)NAN;
        }
    for (size_t l = 0; l < levels; l++)
        for (size_t a = 0; a < k; a++) {
            if (fit_knows_mode(fit, t, (int32_t)l, (int)a))
                continue;
            modes[l * k + a] = (double)NAN;
            for (size_t b = 0; b < k; b++)
                spread[(l * k + a) * k + b] = spread[(l * k + b) * k + a] = (double)NAN;
        }
    shown->random[t] = (struct shown_random){ covariance, correlation, modes, spread };
    return true;
}

static bool fill(struct shown *shown, const struct fit *fit)
{
    size_t p = (size_t)fit->design->p, n = fit->design->n;
    double *beta = arena_alloc(shown->arena, p + 1, sizeof *beta), *nothing = NULL;
    bool ok = beta != NULL;

    for (size_t j = 0; ok && j < p; j++)
        beta[j] = fit_coefficient(fit, (int)j);
    shown->beta = beta;
    shown->dispersion = fit_knows(fit, -1, 0, 0);
    if (ok && !shown->dispersion) {
        ok = (nothing = arena_alloc(shown->arena, n + 1, sizeof *nothing)) != NULL;
        for (size_t i = 0; ok && i < n; i++)
            nothing[i] = (double)NAN;
    }
    shown->nothing = nothing;
    shown->random = arena_alloc(shown->arena, (size_t)fit->design->random_count + 1, sizeof *shown->random);
    ok = ok && shown->random != NULL;
    for (int t = 0; ok && t < fit->design->random_count; t++)
        ok = copy_random(shown, fit, t);
    return ok;
}

bool shown_set(struct glmm_fit *fit, struct glmm_error *err)
{
    struct arena *arena;

    if (fit->fit->identity == NULL && fit->fit->escape == NULL)
        return true;
    arena = arena_new();
    fit->shown = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *fit->shown);
    if (fit->shown == NULL) {
        arena_free(arena);
        return fail_memory(err);
    }
    fit->shown->arena = arena; /* glmm_fit_free frees it */
    return fill(fit->shown, fit->fit) || fail_memory(err);
}
