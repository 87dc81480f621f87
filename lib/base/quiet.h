/* quiet.h -- threads that leave signals to the thread that answers them.
 *
 * A thread begins with the mask of the one that makes it.  What a thread does wrong itself (SIGSEGV and its like) stays its own:
 * the system would end the program without a handler if it were blocked. */
#ifndef BASE_QUIET_H
#define BASE_QUIET_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

/* From here to quiet_end() the calling thread, and for good each thread that it makes, blocks all signals but those. */
static inline void quiet_begin(sigset_t *before)
{
    static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };
    sigset_t others;

    sigfillset(&others);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&others, own[i]);
    pthread_sigmask(SIG_BLOCK, &others, before);
}

static inline void quiet_end(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

#endif
