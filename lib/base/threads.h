/* threads.h -- OpenMP's questions, and their answers where the program is built without it. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#ifdef _OPENMP
#include <omp.h>
#else
#pragma GCC diagnostic ignored "-Wunknown-pragmas"

static inline int omp_get_num_procs(void)
{
    return 1;
}

static inline int omp_get_max_threads(void)
{
    return 1;
}

static inline int omp_get_thread_num(void)
{
    return 0;
}

static inline void omp_set_num_threads(int threads)
{
    (void)threads;
}
#endif

#endif
