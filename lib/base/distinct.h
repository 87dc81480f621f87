/* distinct.h -- which rows of numbers are the same, bit for bit: one pass, one look into memory a row. */
#ifndef BASE_DISTINCT_H
#define BASE_DISTINCT_H

#include <stddef.h>
#include <stdint.h>
#include "base/watch.h"

/* n rows of `width` numbers, of which copy() writes rows from .. from + count - 1 to out (count x width). */
struct distinct_rows {
    size_t n;
    int width;
    void (*copy)(const void *context, size_t from, size_t count, int width, double *out);
    const void *context;
};

/* Numbers the distinct rows in the order in which they come, until there are more than `most`: *count then.  of (n), first
 * (most): NULL, or the number of each row and the first row of each number.  n is below UINT32_MAX.  False when memory is out, or
 * the watch (NULL: nobody) was told to stop.  Takes 8 (width + 2) bytes a distinct row, or twice that while they grow. */
bool distinct_find(const struct distinct_rows *rows, size_t most, struct watch *watch, uint32_t *of, size_t *first,
                   size_t *count);

/* For who copies: rows from .. from + count - 1 of a column whose values are `step` apart, to a place in rows of `width`.
 * Returns the place of the next column. */
double *distinct_column(const double *values, size_t step, size_t from, size_t count, int width, double *out);

#endif
