/* replicate.c -- see replicate.h.  The thread that called tells the progress and learns that it is to stop; the others see it by
 * a flag at their next evaluation.  Of a team (glmm.h) each member does every size-th replicate and leaves the places of the
 * others 0, so that the bitwise or of all members is the whole: exactly, in any order, NaN and -0 as they are. */
#include "infer/replicate.h"

#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/memory.h"
#include "base/order.h"
#include "base/threads.h"
#include "fit/glmm.h"
#include "fit/lmm.h"

/* The work of this process. */
struct work {
    const char *unit;                     /* what one is called */
    const struct glmm_progress *progress; /* the caller's */
    const struct glmm_team *team;
    struct replicates *r;
    atomic_bool stop;
    atomic_long done;
    atomic_bool failed; /* err is taken */
    struct glmm_error err;
};

static const struct glmm_team alone = { .size = 1 };

/* Whether the person at rank 0 wants no more; asked by the thread that called. */
static bool is_told_to_stop(struct work *work)
{
    const struct glmm_team *team = work->team;
    double done = fmin((double)atomic_load(&work->done) * team->size, (double)work->r->count); /* about, where others work too */
    bool stop = !progress_tell(work->progress, work->unit, done, (double)work->r->count, (double)NAN);

    if (team->size > 1 && (stop || team->rank > 0))
        stop = team->stops(team->context, stop) || stop;
    return stop;
}

/* The progress of a worker: told at each evaluation of its fit. */
static bool worker_tells(void *context, const char *what, double done, double total, double value)
{
    struct work *work = context;

    (void)what;
    (void)done;
    (void)total;
    (void)value;
    if (omp_get_thread_num() == 0 && !atomic_load(&work->stop) && is_told_to_stop(work))
        atomic_store(&work->stop, true);
    return !atomic_load(&work->stop);
}

static void do_replicate(struct work *work, long i, replicate_body *body, void *context)
{
    const struct glmm_progress quiet = { .tell = worker_tells, .context = work };
    struct glmm_error own = { .at = NOWHERE };
    enum replicate_end end = REPLICATE_FAILED;
    double *out = work->r->values + (size_t)i * work->r->width;

    if (!worker_tells(work, work->unit, 0, 0, (double)NAN))
        return;
    for (size_t j = 0; j < work->r->width; j++)
        out[j] = (double)NAN;
    if (body(context, i, &quiet, out, &end, &own)) {
        work->r->end[i] = (signed char)end;
        atomic_fetch_add(&work->done, 1);
    } else if (own.code == GLMM_E_INTERRUPT && atomic_load(&work->stop)) {
        return;
    } else if (!atomic_exchange(&work->failed, true)) {
        work->err = own;
        atomic_store(&work->stop, true);
    }
}

/* Brings together what the members have done; a failure is that of the first who had one, and then of all. */
static bool gather(struct work *work, struct glmm_error *err)
{
    const struct glmm_team *team = work->team;
    bool failed = atomic_load(&work->failed);
    char *all = NEW_ARRAY(char, team->size);
    int first = 0;
    bool ok;

    if (all == NULL)
        return fail_memory(err);
    all[team->rank] = failed;
    ok = team->gather(team->context, "who failed", all, (size_t)team->size);
    while (ok && first < team->size && !all[first])
        first++;
    mem_free(all);
    if (ok && first < team->size) {
        if (first != team->rank)
            memset(&work->err, 0, sizeof work->err);
        ok = team->gather(team->context, "an error", &work->err, offsetof(struct glmm_error, argument))
             && team->gather(team->context, "its words", work->err.message,
                             sizeof work->err - offsetof(struct glmm_error, message));
        atomic_store(&work->failed, true);
    } else if (ok) {
        ok = team->gather(team->context, "replicates", work->r->values, (size_t)work->r->count * work->r->width * sizeof(double))
             && team->gather(team->context, "their ends", work->r->end, (size_t)work->r->count);
    }
    return ok || fail(err, GLMM_E_STATE, NOWHERE, "the other processes of the team no longer do the same");
}

/* What is done by now counts; false where that is too little, or nothing. */
static bool take(struct work *work, long least, struct glmm_error *err)
{
    struct replicates *r = work->r;

    for (long i = 0; i < r->count; i++)
        r->ends[(int)r->end[i]]++;
    r->done = r->count - r->ends[REPLICATE_MISSING];
    r->stopped = r->done < r->count;
    if (!atomic_load(&work->failed))
        return r->done >= least
               || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %ld of %ld %ss", r->done, r->count, work->unit);
    if (err != NULL)
        *err = work->err;
    return false;
}

bool replicates_run_as(const char *unit, struct replicates *r, long count, size_t width, replicate_body *body, void *context,
                       long least, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct work work = { .unit = unit, .progress = progress, .team = &alone, .r = r };
    long rank, size;

    if (progress != NULL && progress->team != NULL)
        work.team = progress->team;
    rank = work.team->rank;
    size = work.team->size;
    *r = (struct replicates){ .count = count, .width = width };
    r->values = NEW_ARRAY(double, (size_t)count *width + 1);
    r->end = NEW_ARRAY(signed char, count + 1);
    if (r->values == NULL || r->end == NULL) {
        replicates_clear(r);
        return fail_memory(err);
    }
    atomic_init(&work.stop, false);
    atomic_init(&work.failed, false);
    atomic_init(&work.done, 0);
#pragma omp parallel for schedule(dynamic)
    for (long i = rank; i < count; i += size)
        do_replicate(&work, i, body, context);
    if ((size == 1 || gather(&work, err)) && take(&work, least, err))
        return true;
    replicates_clear(r);
    return false;
}

bool replicates_run(struct replicates *r, long count, size_t width, replicate_body *body, void *context, long least,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    return replicates_run_as("replicate", r, count, width, body, context, least, progress, err);
}

void replicates_clear(struct replicates *r)
{
    mem_free(r->values);
    mem_free(r->end);
    r->values = NULL;
    r->end = NULL;
}

size_t replicates_sorted_rest(const struct replicates *r, size_t column, double out[])
{
    size_t count = 0;

    for (long i = 0; i < r->count; i++) {
        double value = r->values[(size_t)i * r->width + column];

        if (replicate_counts_in_rest((enum replicate_end)r->end[i]) && !isnan(value))
            out[count++] = value;
    }
    if (count > 0)
        qsort(out, count, sizeof *out, order_reals);
    return count;
}

const char *replicates_words(const struct replicates *r, struct arena *arena)
{
    static const char *const words[REPLICATE_ENDS] = { [REPLICATE_BOUNDARY] = "on the boundary",
                                                       [REPLICATE_NOT_CONVERGED] = "not converged",
                                                       [REPLICATE_NOT_IDENTIFIED] = "not identified",
                                                       [REPLICATE_INFINITE] = "with an infinite estimate",
                                                       [REPLICATE_FAILED] = "could not be fitted" };
    struct text text = { 0 };

    for (int e = REPLICATE_BOUNDARY; e < REPLICATE_ENDS; e++)
        if (r->ends[e] > 0)
            text_addf(&text, "%s%ld %s", text.length > 0 ? ", " : "", r->ends[e], words[e]);
    return arena_take(arena, &text);
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

enum replicate_end replicate_end_of_rest(const struct fit *fit)
{
    enum replicate_end end = replicate_end_of(fit);

    if (end != REPLICATE_INFINITE || fit->optimum.verdict == VERDICT_OK || fit->optimum.verdict == VERDICT_BOUNDARY)
        return end;
    return fit->optimum.verdict == VERDICT_NOT_IDENTIFIED ? REPLICATE_NOT_IDENTIFIED : REPLICATE_NOT_CONVERGED;
}
