/* aside.c -- see aside.h. */
#include "base/aside.h"

#include <pthread.h>
#include <time.h>

#include "base/memory.h"
#include "base/quiet.h"

enum { LOOK = 20000000 }; /* nanoseconds between two looks at the watch */

/* Freed by whoever leaves it last. */
struct aside {
    void (*work)(void *context);
    void (*discard)(void *context);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done, left; /* the work is; the caller has */
};

static void aside_free(struct aside *a)
{
    pthread_cond_destroy(&a->ended);
    pthread_mutex_destroy(&a->lock);
    mem_free(a);
}

static void *run(void *argument)
{
    struct aside *a = argument;
    bool left;

    a->work(a->context);
    pthread_mutex_lock(&a->lock);
    a->done = true;
    left = a->left;
    pthread_cond_signal(&a->ended);
    pthread_mutex_unlock(&a->lock);
    if (left) {
        a->discard(a->context);
        aside_free(a);
    }
    return NULL;
}

/* Signals are the business of the threads that are there. */
static bool start(struct aside *a)
{
    sigset_t before;
    pthread_t thread;
    bool ok;

    quiet_begin(&before);
    ok = pthread_create(&thread, NULL, run, a) == 0;
    quiet_end(&before);
    if (ok)
        pthread_detach(thread);
    return ok;
}

/* True when the work is done, false when it is left. */
static bool wait_for(struct aside *a, struct watch *watch)
{
    struct timespec until;
    bool done;

    pthread_mutex_lock(&a->lock);
    while (!a->done && !a->left) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&a->ended, &a->lock, &until);
        a->left = !a->done && watch_stops(watch);
    }
    done = a->done;
    pthread_mutex_unlock(&a->lock);
    return done;
}

bool aside_run(void (*work)(void *context), void (*discard)(void *context), void *context, struct watch *watch)
{
    struct aside *a = watch == NULL || watch->progress == NULL ? NULL : NEW(struct aside);
    pthread_condattr_t clock;
    bool done;

    if (a != NULL) {
        a->work = work;
        a->discard = discard;
        a->context = context;
        pthread_mutex_init(&a->lock, NULL);
        pthread_condattr_init(&clock);
        pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
        pthread_cond_init(&a->ended, &clock);
        pthread_condattr_destroy(&clock);
    }
    if (a == NULL || !start(a)) {
        if (a != NULL)
            aside_free(a);
        work(context);
        return true;
    }
    done = wait_for(a, watch);
    if (done)
        aside_free(a);
    return done;
}
