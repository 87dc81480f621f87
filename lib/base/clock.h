/* clock.h -- how long something takes. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds from some moment on, by a clock that nobody sets: for differences. */
double seconds_now(void);

#endif
