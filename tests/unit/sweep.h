/* sweep.h -- fails each allocation in turn: `run` must then return false, leak nothing and leave no error but "out of memory". */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

/* Threads of a team allocate too. */
struct sweep {
    atomic_long countdown; /* allocations until one fails */
    atomic_long alive;     /* blocks not yet freed */
};

static inline void *sweep_resize(void *context, void *old, size_t size)
{
    struct sweep *sweep = context;
    void *block;

    if (size == 0) {
        sweep->alive -= old != NULL;
        free(old);
        return NULL;
    }
    if (sweep->countdown-- == 0)
        return NULL;
    block = realloc(old, size);
    sweep->alive += old == NULL && block != NULL;
    return block;
}

/* The number of allocations of a run of which none is refused. */
static inline long sweep_all(bool (*run)(void *context, struct glmm_error *err), void *context)
{
    struct sweep sweep = { .countdown = LONG_MAX };
    struct mem_hook before = mem_hook_get();
    struct glmm_error err = { 0 };

    mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &sweep });
    (void)run(context, &err);
    mem_hook_set(before);
    return LONG_MAX - sweep.countdown;
}

/* Fails each in turn until a run is done.  Returns the number of those that were told, or -1 - i where failing allocation i went
 * wrong.  One that is passed over ends it too: then these are fewer than sweep_all().  For what goes another way where memory is
 * refused (CHOLMOD orders by another method, a table of levels stays as long as it was), or is told by mem_refused() alone. */
static inline long sweep_until_done(bool (*run)(void *context, struct glmm_error *err), void *context)
{
    struct sweep sweep = { 0 };
    struct mem_hook before = mem_hook_get();
    struct glmm_error err;
    bool done = false;
    long i;

    for (i = 0; !done && i < 100000; i++) {
        error_clear(&err);
        sweep.countdown = i;
        sweep.alive = 0;
        mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &sweep });
        done = run(context, &err);
        mem_hook_set(before);
        if (sweep.alive != 0 || (!done && err.code != GLMM_E_MEMORY))
            return -1 - i;
    }
    return i - 1;
}

/* Fails each in turn, and each must be told.  Returns the number of allocations of a whole run, or -1 - i where failing
 * allocation i went wrong, or was passed over. */
static inline long sweep_allocations(bool (*run)(void *context, struct glmm_error *err), void *context)
{
    long told = sweep_until_done(run, context);

    return told < 0 || told == sweep_all(run, context) ? told : -1 - told;
}

#endif
