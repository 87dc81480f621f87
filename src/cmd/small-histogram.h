/* small-histogram.h -- a histogram that fits into a cell of a table: at most ten bins of the same width from the least to the
 * greatest finite value; those of integers hold the same number of integers each. */
#ifndef CMD_SMALL_HISTOGRAM_H
#define CMD_SMALL_HISTOGRAM_H

#include "base/bins.h"
#include "data/frame.h"
#include "render/render.h"
#include "result/result.h"

enum { MOST_BINS = 10 };

struct small_histogram {
    struct bins bins; /* none: there is no finite value */
    size_t rows[MOST_BINS];
};

/* The bins of a number's values, and the rows of a part of the data in them (a column of the same variable). */
void small_histogram_lay(struct small_histogram *histogram, const struct column *column, size_t rows);
void small_histogram_fill(struct small_histogram *histogram, const struct column *column, size_t rows);

/* Adds the two columns to a table: the picture for text, the counts for JSON. */
void small_histogram_columns(struct table *table);

/* Fills them, of which the picture is column `at`. */
void small_histogram_show(struct result *result, struct table *table, size_t row, size_t at,
                          const struct small_histogram *histogram, enum charset charset);

#endif
