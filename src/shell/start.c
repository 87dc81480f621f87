/* start.c -- see start.h. */
#include "config.h"
#include "shell/start.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/quiet.h"
#include "base/threads.h"
#include "session/heap.h"

/* Every thread of this process is made by this function, whoever asks for it: OpenBLAS as it is loaded, OpenMP where a team
 * grows, a driver of a database.  The system gives a signal to any thread that does not block it, and one that waits for work
 * hands it on (term/signals.c) when it is its turn: on a busy machine that is behind what was typed after a Ctrl-C.  So all but
 * the main thread block what is sent to the program.  clang's AddressSanitizer stands in the program under the same name, and
 * has to know of each thread: with it they are left as they are. */
#ifdef __clang__
#if __has_feature(address_sanitizer)
#define THREADS_ARE_WATCHED
#endif
#endif
#ifndef THREADS_ARE_WATCHED
__attribute__((visibility("default"))) int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                                                          void *(*start)(void *), void *restrict argument)
{
    typedef int create_function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    create_function *create;
    sigset_t before;
    int failure;

    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    if (create == NULL)
        return EAGAIN;
    quiet_begin(&before);
    failure = create(thread, attributes, start, argument);
    quiet_end(&before);
    return failure;
}
#endif

/* OpenBLAS starts its threads as it is loaded, and each asks for a buffer of 128 MB for ever where it cannot be had, also when
 * the program wants to end.  We use no threads of its; where address space is limited it must not have started them, so that we
 * start anew with what it heeds.  When that fails, all goes on as it did. */
static void keep_blas_alone(char **argv)
{
    struct rlimit limit;

    if (getenv("OPENBLAS_NUM_THREADS") != NULL || getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    if (setenv("OPENBLAS_NUM_THREADS", "1", 0) == 0)
        execv("/proc/self/exe", argv);
}

#ifdef _OPENMP
static void *end(void *argument)
{
    return argument;
}

/* OpenMP ends the program where it gets no thread, so one is asked for first. */
static void *rest(void *argument)
{
    pthread_t other;

    if (pthread_create(&other, NULL, end, NULL) != 0)
        return argument;
    pthread_join(other, NULL);
#pragma omp parallel num_threads(2)
    __asm__ volatile("");
    for (;;)
        pause();
}

/* GNU's OpenMP has a thread that waits for work, or for the others, run in a circle for some 15 ms before it sleeps: on a busy
 * machine that is half of the processor time that a fit takes, and it is taken from those who would work.  What it heeds
 * (OMP_WAIT_POLICY) it reads as it is loaded.  But with more threads than processors it has them sleep nearly at once, and the
 * threads of a second team count: here is one of two, which sleeps for ever.  Where it cannot be had, all goes on as it did. */
static void keep_threads_resting(void)
{
    struct rlimit limit;
    pthread_attr_t attributes;
    pthread_t thread;

    if (getenv("OMP_WAIT_POLICY") != NULL || getenv("GOMP_SPINCOUNT") != NULL || omp_get_max_threads() == 1
        || getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY || pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_create(&thread, &attributes, rest, NULL);
    pthread_attr_destroy(&attributes);
}
#else
static void keep_threads_resting(void)
{
}
#endif

void start_process(char **argv)
{
    keep_blas_alone(argv);
    keep_threads_resting();
    heap_settle(false);
}
