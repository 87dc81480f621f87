/* forecast.h -- what a step will take is told before it is taken. */
#ifndef BASE_FORECAST_H
#define BASE_FORECAST_H

#include <stdbool.h>
#include "base/error.h"
#include "base/progress.h"

/* The bytes that this process can still have: of the machine, its group (cgroup) and its limits whichever is least; what the hook
 * of memory.h says, where it says something; INFINITY where nothing is known. */
double memory_free(void);

/* False, with GLMM_E_MEMORY and `advice` (what would need less; NULL: nothing) as its hint, when `bytes` are more than is free.
 * Where they are more than half of it, progress (or NULL) is told, advice and all. */
bool forecast(double bytes, const char *advice, const struct glmm_progress *progress, struct glmm_error *err);

/* Tells progress (or NULL) about how long `times` evaluations of so many multiplications each will take, with `advice` (NULL:
 * nothing); nothing of what takes no minutes. */
void forecast_time(double multiplications, double times, const char *advice, const struct glmm_progress *progress);

/* 1234567 -> "1.2 MB". */
struct bytes_text {
    char text[16];
};
struct bytes_text bytes_in_words(double bytes);

#endif
