/* residuals.h -- how the residuals of a linear mixed model covary: `residual=ar1(t | id)`. */
#ifndef MODEL_RESIDUALS_H
#define MODEL_RESIDUALS_H

#include <stdint.h>
#include "model/structure.h"
#include "model/variable.h"

/* Row i stands at position[i] of block[i]; its standard deviation is sigma times that of scale[i], of which the first is 1. */
struct residual_design {
    const struct structure *structure;
    const char *text;  /* "ar1(t | id)" */
    const char *group; /* "id"; NULL: each row by itself */
    const char *order; /* "t"; NULL: none */
    struct positions positions;
    const char **position_names; /* positions.k; NULL where there are none */
    int32_t *position, *block, *scale;
    int32_t block_count;
    int scale_count;
    const char **scale_names; /* scale_count; NULL: one */
};

/* The option while a design is built: variables by their index, -1 where there is none. */
struct residual_build {
    const struct structure *structure;
    const struct expr *tree;
    int order, group, by;
};

/* Parses, and notes the variables before the rows are selected.  Errors are about "residual", with spans of the text. */
bool residuals_begin(struct variables *vs, const char *text, struct residual_build *build);

/* Once the rows are selected.  The arena's; NULL with an error: two rows of a group at one time, steps that are no whole numbers
 * (ar1), a group of single rows. */
const struct residual_design *residuals_make(struct variables *vs, const char *text, const struct residual_build *build);

#endif
