/* places.h -- fails allocations by where they stand: each chain of callers once.
 *
 * To fail each allocation in turn (sweep.h) takes as many runs as there are allocations; a session makes thousands, nearly all of
 * them at places that were tried before.  Here a run fails the first allocation whose chain of callers is new, so there are as
 * many runs as there are chains, however often one is walked: whole commands on real data can be tried.
 *
 * The long test of whole sessions (test-refused.c) fails each chain in a build with sanitizers, which see what is lost or touched
 * again on the way out; in one without a share of them, other ones whenever the code has moved, and each where REFUSED_ALL is
 * set. */
#ifndef TESTS_PLACES_H
#define TESTS_PLACES_H

#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sanitized.h"

enum { PLACES_MOST = 1 << 18, PLACES_DEEP = 9, PLACES_OURS = 2 };

enum { PLACES_SHARE = SANITIZED ? 0 : 6 }; /* of the long test */

/* The program, as the linker has it; it is loaded somewhere else each time, as are the libraries, whose callers do not count. */
extern char __executable_start, etext;

/* Threads of a team allocate too. */
struct places {
    pthread_mutex_t lock;
    uint64_t seen[PLACES_MOST]; /* a hash table of chains; 0: free */
    long count;
    bool failed; /* one in this run */
    bool alone;  /* each piece of an arena is a place */
    int deep;    /* so many callers are told apart; 0: PLACES_DEEP */
    int share;   /* one of so many chains is tried; 0: each */
    struct mem_hook before;
};

/* True where the chain of callers is new, and one of those that are tried. */
static inline bool places_new(struct places *places)
{
    void *callers[PLACES_DEEP + PLACES_OURS];
    int deep = backtrace(callers, (places->deep > 0 ? places->deep : PLACES_DEEP) + PLACES_OURS);
    uint64_t hash = 14695981039346656037u;
    size_t at;

    for (int i = PLACES_OURS; i < deep; i++)
        if ((char *)callers[i] >= &__executable_start && (char *)callers[i] < &etext)
            hash = (hash ^ (uint64_t)((char *)callers[i] - &__executable_start)) * 1099511628211u;
    hash |= 1;
    for (at = (hash >> 20) % PLACES_MOST; places->seen[at] != 0; at = (at + 1) % PLACES_MOST)
        if (places->seen[at] == hash)
            return false;
    if (places->count >= PLACES_MOST / 2)
        return false;
    places->seen[at] = hash;
    places->count++;
    return places->share == 0 || (hash >> 40) % (uint64_t)places->share == 0 || getenv("REFUSED_ALL") != NULL;
}

static void *places_resize(void *context, void *old, size_t size)
{
    struct places *places = context;
    bool refuse;

    if (size == 0) {
        free(old);
        return NULL;
    }
    pthread_mutex_lock(&places->lock);
    refuse = !places->failed && places_new(places);
    places->failed = places->failed || refuse;
    pthread_mutex_unlock(&places->lock);
    return refuse ? NULL : realloc(old, size);
}

/* Between these an allocation at a new place fails, where there is one: `failed` says so. */
static inline void places_begin(struct places *places)
{
    places->failed = false;
    places->before = mem_hook_get();
    mem_hook_set((struct mem_hook){ .resize = places_resize, .context = places, .alone = places->alone });
}

static inline void places_end(struct places *places)
{
    mem_hook_set(places->before);
}

#endif
