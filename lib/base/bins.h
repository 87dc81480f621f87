/* bins.h -- bins of one width for the values of a sample: those of a histogram, and the few that fit into a cell. */
#ifndef BASE_BINS_H
#define BASE_BINS_H

#include <stdbool.h>
#include <stddef.h>

struct bins {
    double start, width; /* bin b holds [start + b width, start + (b + 1) width), the last its upper end too */
    size_t count;        /* 0: there is no finite value */
    bool whole;          /* one bin a whole number, around it */
    double slack;        /* of a width: a value that rounding put so little below an edge is on it */
};

/* For n > 0 finite values in increasing order.  wanted > 0: about so many of a round width (1, 2, 5 times a power of ten); 0: as
 * wide as Freedman and Diaconis (1981) say, 2 IQR n^(-1/3), rounded, at least 30 over the range, and for whole numbers over a
 * short range one a number.  At most 60. */
struct bins bins_choose(const double *sorted, size_t n, int wanted);

/* `most` of them from `least` to `greatest` (finite; infinite ones in the wrong order, as a search for ends leaves them: none);
 * of integers the fewest that hold the same number of integers each. */
struct bins bins_between(double least, double greatest, size_t most, bool integers);

/* The bin of a finite value; values beyond the ends are in the first and the last. */
size_t bins_find(const struct bins *bins, double x);

#endif
