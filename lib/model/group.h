/* group.h -- grouping factors: one variable, or the interaction of several (internal to the design files). */
#ifndef MODEL_GROUP_H
#define MODEL_GROUP_H

#include "model/variable.h"

struct grouping {
    int32_t *level;      /* n; new (mem_free) */
    const char **levels; /* "a:A"; the arena's */
    int32_t level_count;
};

/* The combinations that occur in the rows that are used, in the order of the first variable's levels, then the second's, as in
 * lme4. */
bool grouping_make(struct variables *vs, const int *variables, int count, struct grouping *out);

#endif
