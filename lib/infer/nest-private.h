/* nest-private.h -- what the files of nest.h share. */
#ifndef INFER_NEST_PRIVATE_H
#define INFER_NEST_PRIVATE_H

#include "infer/nest.h"

static inline double nest_z(const struct random_design *random, size_t i, int a)
{
    return random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a];
}

/* Whether column j of the smaller model (-1: the difference of the offsets) is in the span of those of the larger one.  False
 * when memory is out. */
bool nest_in_span(const struct design *small, int j, const struct design *large, bool *inside);

/* The covariance structures of designs of which one at least has such; `fixed` is left.  False when memory is out. */
bool nest_structures(const struct design *small, const struct design *large, struct nesting *out);

#endif
