/* sweep.h -- fails each allocation in turn: `run` must then return false, leak nothing and leave no error but "out of memory". */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

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

/* Fails each in turn, until none is left to fail.  Returns their number, or -1 - i where failing allocation i went wrong.
 * `passed` is the first that was passed over, the run being done without it, or -1. */
static inline long sweep_each(bool (*run)(void *context, struct glmm_error *err), void *context, long *passed)
{
    struct mem_hook before = mem_hook_get();
    long i;

    *passed = -1;
    for (i = 0; i < 100000; i++) {
        struct sweep sweep = { .countdown = i };
        struct glmm_error err = { 0 };
        bool done;

        mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &sweep });
        done = run(context, &err);
        mem_hook_set(before);
        if (sweep.countdown >= 0)
            break;
        if (sweep.alive != 0 || (!done && err.code != GLMM_E_MEMORY))
            return -1 - i;
        if (done && *passed < 0)
            *passed = i;
    }
    return i;
}

/* Each is told or passed over: of what goes another way where memory is refused (CHOLMOD orders by another method, a table of
 * levels stays as long as it was), or is told by mem_refused() alone. */
static inline long sweep_passing(bool (*run)(void *context, struct glmm_error *err), void *context)
{
    long passed;

    return sweep_each(run, context, &passed);
}

/* Each is told: one that is passed over went wrong. */
static inline long sweep_allocations(bool (*run)(void *context, struct glmm_error *err), void *context)
{
    long passed, count = sweep_each(run, context, &passed);

    return count < 0 || passed < 0 ? count : -1 - passed;
}

#endif
