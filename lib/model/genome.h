/* genome.h -- what genotypes share, gathered a block of markers at a time: ZZ' / (2 sum p (1 - p)), missing at the mean (VanRaden
 * 2008, the first of his matrices). */
#ifndef MODEL_GENOME_H
#define MODEL_GENOME_H

#include <stddef.h>
#include "base/error.h"

enum { GENOME_BLOCK = 128 };

struct genome {
    size_t n;
    double *Z;      /* n x GENOME_BLOCK: where the counts of the next markers are put (NaN: missing) */
    double *values; /* n x n, the lower triangle */
    double scale;
};

bool genome_init(struct genome *g, size_t n, struct glmm_error *err);
void genome_clear(struct genome *g);

/* How many of `left` markers to add next, so that it takes some milliseconds. */
size_t genome_step(const struct genome *g, size_t left);

/* The first `count` columns of Z, which are spent: added (sign 1) or taken off again (-1).  Markers that do not vary are none. */
void genome_add(struct genome *g, int count, double sign);

/* The matrix, n x n, the caller's; what else there was is freed. */
double *genome_take(struct genome *g);

#endif
