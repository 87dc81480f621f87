/* glmm-elimination.h -- in which order the blocks of glmm-precision.h are eliminated, the pattern that this makes, and from which
 * block on it is kept dense. */
#ifndef FIT_GLMM_ELIMINATION_H
#define FIT_GLMM_ELIMINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For each block the later blocks that its column of the factor reaches, ascending. */
struct pattern {
    int count;
    int32_t **later;
    int32_t *later_count;
    size_t most; /* pairs of blocks beyond which it is not made; 0: any number */
    bool full;   /* that is why it was not made */
};

/* What is eliminated: blocks of these sizes in this pattern, and where the unknowns of the given blocks went (NULL: nowhere). */
struct elimination {
    struct pattern pattern;
    int32_t *size, *order;
    double cost;
    int tail;
};

/* The cheaper of the given order and AMD's; arguments as of precision_new.  False when memory is out; to be cleared anyway. */
bool elimination_choose(struct elimination *e, int count, const int32_t size[], size_t rows, int width, const int32_t links[]);
void elimination_clear(struct elimination *e);

#endif
