/* rows-private.h -- shared by rows.c and rows-draw.c. */
#ifndef CMD_VIEWS_ROWS_PRIVATE_H
#define CMD_VIEWS_ROWS_PRIVATE_H

#include "cmd/views/rows.h"

/* What is taken off all values, so that deviations are around 0. */
static inline double rows_shift(const struct rows *rows)
{
    return rows->deviations ? rows->now->complete : 0;
}

/* The key of the order: "raw", "BLUP", "n", "name". */
const char *rows_sort_name(const struct rows *rows);

#endif
