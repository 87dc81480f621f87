/* start.c -- see start.h. */
#include "config.h"
#include "shell/start.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

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

void start_process(char **argv)
{
    keep_blas_alone(argv);
    /* Blocks from a megabyte on come from the system and go back to it.  glibc would raise that bound as blocks are freed, up to
     * 32 MB, and the growing columns of a file would then leave their former places behind as holes. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
}
