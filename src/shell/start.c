/* start.c -- see start.h. */
#include "config.h"
#include "shell/start.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/threads.h"
#include "session/heap.h"

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
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;

    if (getenv("OMP_WAIT_POLICY") != NULL || getenv("GOMP_SPINCOUNT") != NULL || omp_get_max_threads() == 1
        || getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY || pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_create(&thread, &attributes, rest, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
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
