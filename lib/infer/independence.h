/* independence.h -- Pearson's test of the independence of two factors, from the counts of their pairs. */
#ifndef INFER_INDEPENDENCE_H
#define INFER_INDEPENDENCE_H

#include <stdbool.h>
#include <stdint.h>

struct independence {
    double statistic; /* sum of (count - expected)^2 / expected, expected = row x column / all */
    double df;        /* (rows - 1)(columns - 1), of those that have any count */
    double p;         /* the tail of chi^2(df) */
    double least;     /* the least expected count: below 5 the p-value is rough */
};

/* counts: rows x columns, row by row.  False where there are not two rows and two columns with counts. */
bool independence_test(const double *counts, int32_t rows, int32_t columns, struct independence *out);

#endif
