/* clock.c -- see clock.h. */
#include "base/clock.h"

#include <time.h>

static const double NANOSECOND = 1e-9; /* in seconds */

double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + NANOSECOND * (double)now.tv_nsec;
}
