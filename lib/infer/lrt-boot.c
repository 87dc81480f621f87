/* lrt-boot.c -- see lrt-boot.h. */
#include "infer/lrt-boot.h"

#include <math.h>

#include "base/memory.h"
#include "infer/simulate.h"

static const double TIE = 1e-9; /* relative: a statistic that reaches the observed one but for the search's rounding */

enum { LEAST = 20 };

struct pair {
    const struct fit *small, *large;
    const struct simulator *simulator;
    uint64_t seed;
};

/* The statistic of one response; below 0 is what two optima were left apart, or a larger one that was not found. */
static bool draw_statistic(void *context, long r, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                           struct glmm_error *err)
{
    const struct pair *pair = context;
    double *y = NEW_ARRAY(double, pair->small->design->n + 1);
    struct design first, second;
    struct fit *small = NULL, *large = NULL;
    bool ok;

    if (y == NULL || !simulator_draw(pair->simulator, pair->seed, (uint64_t)r + 1, y)) {
        mem_free(y);
        return fail_memory(err);
    }
    small = refit_response(pair->small, &first, y, progress, err);
    if (small != NULL)
        large = refit_response(pair->large, &second, y, progress, err);
    *end = REPLICATE_FAILED;
    if (large != NULL) {
        enum replicate_end ends[] = { replicate_end_of(small), replicate_end_of(large) };

        out[0] = fmax(2 * (large->loglik - small->loglik), 0);
        *end = ends[0] > ends[1] ? ends[0] : ends[1];
        *end = *end == REPLICATE_INFINITE ? REPLICATE_OK : *end; /* its likelihood is one all the same */
    }
    ok = large != NULL || (err->code != GLMM_E_MEMORY && err->code != GLMM_E_INTERRUPT);
    fit_free(small);
    fit_free(large);
    mem_free(y);
    return ok;
}

bool lrt_bootstrap(const struct fit *small, const struct fit *large, double statistic, long replicates, uint64_t seed,
                   const struct glmm_progress *progress, struct lrt_boot *out, struct glmm_error *err)
{
    struct simulator *simulator = simulator_can_refit(small, err) ? simulator_new(small, false, err) : NULL;
    struct pair pair = { .small = small, .large = large, .simulator = simulator, .seed = seed };
    struct replicates r;
    long reached = 0;

    *out = (struct lrt_boot){ .replicates = replicates };
    if (simulator == NULL
        || !replicates_run(&r, replicates, 1, draw_statistic, &pair, replicates < LEAST ? replicates : LEAST, progress, err)) {
        simulator_free(simulator);
        return false;
    }
    for (long i = 0; i < replicates; i++)
        if (replicate_counts((enum replicate_end)r.end[i])) {
            out->used++;
            reached += r.values[i] >= statistic * (1 - TIE);
        }
    out->p = (1.0 + (double)reached) / (1.0 + (double)out->used);
    out->stopped = r.stopped;
    replicates_clear(&r);
    simulator_free(simulator);
    return true;
}

double lrt_boot_error(const struct lrt_boot *boot)
{
    return sqrt(boot->p * (1 - boot->p) / fmax((double)boot->used, 1));
}
