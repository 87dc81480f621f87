/* rows-private.h -- shared by rows.c and rows-draw.c. */
#ifndef CMD_VIEWS_ROWS_PRIVATE_H
#define CMD_VIEWS_ROWS_PRIVATE_H

#include "cmd/views/rows.h"

/* What is taken off all values, so that deviations are around 0. */
static inline double rows_shift(const struct rows *rows)
{
    return rows->deviations && !rows->means ? rows->now->complete : 0;
}

/* The multiple of the standard errors in the intervals. */
double rows_reach(const struct rows *rows);

/* The interval of a level as it is shown. */
void rows_interval(const struct rows *rows, size_t level, double ends[2]);

/* The key of the order: "raw", "BLUP", "n", "name". */
const char *rows_sort_name(const struct rows *rows);

#endif
