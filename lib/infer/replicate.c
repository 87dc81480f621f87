/* replicate.c -- see replicate.h.  The thread that called tells the progress and learns that it is to stop; the others see it by
 * a flag at their next evaluation. */
#include "infer/replicate.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/sample.h"
#include "base/text.h"
#include "base/threads.h"
#include "fit/glmm.h"
#include "fit/lmm.h"

struct team {
    const struct glmm_progress *progress; /* the caller's */
    struct replicates *r;
    atomic_bool stop;
    atomic_long done;
    atomic_bool failed; /* err is taken */
    struct glmm_error *err;
};

/* The progress of a worker: told at each evaluation of its fit. */
static bool worker_tells(void *context, const char *what, double done, double total, double value)
{
    struct team *team = context;

    (void)what;
    (void)done;
    (void)total;
    (void)value;
    if (omp_get_thread_num() == 0 && !atomic_load(&team->stop)
        && !progress_tell(team->progress, "replicate", (double)atomic_load(&team->done), (double)team->r->count, (double)NAN))
        atomic_store(&team->stop, true);
    return !atomic_load(&team->stop);
}

static void do_replicate(struct team *team, long i, replicate_body *body, void *context)
{
    const struct glmm_progress quiet = { .tell = worker_tells, .context = team };
    struct glmm_error own = { .at = NOWHERE };
    enum replicate_end end = REPLICATE_FAILED;
    double *out = team->r->values + (size_t)i * team->r->width;

    if (!worker_tells(team, "replicate", 0, 0, (double)NAN))
        return;
    for (size_t j = 0; j < team->r->width; j++)
        out[j] = (double)NAN;
    if (body(context, i, &quiet, out, &end, &own)) {
        team->r->end[i] = (signed char)end;
        atomic_fetch_add(&team->done, 1);
    } else if (own.code == GLMM_E_INTERRUPT && atomic_load(&team->stop)) {
        return;
    } else if (!atomic_exchange(&team->failed, true)) {
        if (team->err != NULL)
            *team->err = own;
        atomic_store(&team->stop, true);
    }
}

bool replicates_run(struct replicates *r, long count, size_t width, replicate_body *body, void *context, long least,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    struct team team = { .progress = progress, .r = r, .err = err };

    *r = (struct replicates){ .count = count, .width = width };
    r->values = mem_alloc((size_t)count * width + 1, sizeof(double));
    r->end = NEW_ARRAY(signed char, count + 1);
    if (r->values == NULL || r->end == NULL) {
        replicates_clear(r);
        return fail_memory(err);
    }
    atomic_init(&team.stop, false);
    atomic_init(&team.failed, false);
    atomic_init(&team.done, 0);
#pragma omp parallel for schedule(dynamic)
    for (long i = 0; i < count; i++)
        do_replicate(&team, i, body, context);
    for (long i = 0; i < count; i++)
        r->ends[(int)r->end[i]]++;
    r->done = count - r->ends[REPLICATE_MISSING];
    r->stopped = r->done < count;
    if (!atomic_load(&team.failed) && r->done >= least)
        return true;
    if (!atomic_load(&team.failed))
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %ld of %ld replicates", r->done, count);
    replicates_clear(r);
    return false;
}

void replicates_clear(struct replicates *r)
{
    mem_free(r->values);
    mem_free(r->end);
    r->values = NULL;
    r->end = NULL;
}

size_t replicates_sorted(const struct replicates *r, size_t column, double out[])
{
    size_t count = 0;

    for (long i = 0; i < r->count; i++)
        if (replicate_counts((enum replicate_end)r->end[i]))
            out[count++] = r->values[(size_t)i * r->width + column];
    return sample_sort(out, count);
}

const char *replicates_words(const struct replicates *r, struct arena *arena)
{
    static const char *const words[REPLICATE_ENDS] = { [REPLICATE_BOUNDARY] = "on the boundary",
                                                       [REPLICATE_NOT_CONVERGED] = "not converged",
                                                       [REPLICATE_NOT_IDENTIFIED] = "not identified",
                                                       [REPLICATE_INFINITE] = "with an infinite estimate",
                                                       [REPLICATE_FAILED] = "could not be fitted" };
    struct text text = { 0 };
    const char *copy;

    for (int e = REPLICATE_BOUNDARY; e < REPLICATE_ENDS; e++)
        if (r->ends[e] > 0)
            text_addf(&text, "%s%ld %s", text.length > 0 ? ", " : "", r->ends[e], words[e]);
    copy = arena_strdup(arena, text_string(&text));
    text_clear(&text);
    return copy;
}

struct fit *refit_design(const struct fit *fit, const struct design *room, const struct glmm_progress *progress,
                         struct glmm_error *err)
{
    struct fit_options how = { .method = fit->method, .nodes = fit->nodes, .draws = fit->draws, .unpriced = true };

    if (fit->theta_count > 0 && fit->optimum.verdict == VERDICT_OK)
        how.start = fit->theta;
    return fit->exact ? lmm_fit(room, &how, progress, err) : glm_fit(room, fit->family, fit->link, &how, progress, err);
}

struct fit *refit_response(const struct fit *fit, struct design *room, double y[], const struct glmm_progress *progress,
                           struct glmm_error *err)
{
    *room = *fit->design;
    room->y = y;
    return refit_design(fit, room, progress, err);
}

enum replicate_end replicate_end_of(const struct fit *fit)
{
    if (fit->recession != NULL)
        return REPLICATE_INFINITE;
    switch (fit->optimum.verdict) {
    case VERDICT_OK:
        return REPLICATE_OK;
    case VERDICT_BOUNDARY:
        return REPLICATE_BOUNDARY;
    case VERDICT_NOT_IDENTIFIED:
        return REPLICATE_NOT_IDENTIFIED;
    default:
        return REPLICATE_NOT_CONVERGED;
    }
}
