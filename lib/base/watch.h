/* watch.h -- Ctrl-C inside a long step: a factorization asks now and then whether it is still wanted.
 *
 * A step that was stopped returns at once with whatever it has; its caller looks at the watch before it believes a number. */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <math.h>
#include <stdatomic.h>
#include "base/progress.h"

struct watch {
    const struct glmm_progress *progress; /* NULL: nobody watches */
    const char *what;                     /* what is told at each look, as in progress_tell() */
    double done, total, value;
    atomic_bool stopped; /* from then on */
    atomic_flag telling;
};

/* Begins to watch. */
static inline void watch_init(struct watch *watch, const struct glmm_progress *progress, const char *what)
{
    watch->progress = progress;
    watch->what = what;
    watch->done = watch->total = 0;
    watch->value = (double)NAN;
    atomic_init(&watch->stopped, false);
    atomic_flag_clear(&watch->telling);
}

/* True where the work was told to stop before; costs nothing. */
static inline bool watch_stopped(struct watch *watch)
{
    return watch != NULL && atomic_load_explicit(&watch->stopped, memory_order_relaxed);
}

/* Looks: tells how far the work is and returns true when it is to stop.  Any thread of a team may be the one that tells, but
 * never two at once; one that finds another telling goes on.  Takes NULL: false. */
static inline bool watch_stops(struct watch *watch)
{
    if (watch == NULL || watch->progress == NULL)
        return false;
    if (!watch_stopped(watch) && !atomic_flag_test_and_set_explicit(&watch->telling, memory_order_acquire)) {
        if (!watch_stopped(watch) && !progress_tell(watch->progress, watch->what, watch->done, watch->total, watch->value))
            atomic_store_explicit(&watch->stopped, true, memory_order_relaxed);
        atomic_flag_clear_explicit(&watch->telling, memory_order_release);
    }
    return watch_stopped(watch);
}

#endif
