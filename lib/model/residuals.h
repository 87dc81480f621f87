/* residuals.h -- how the residuals of a linear mixed model covary: `residual=ar1(t | id)`. */
#ifndef MODEL_RESIDUALS_H
#define MODEL_RESIDUALS_H

#include <stdint.h>
#include "model/design.h"
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
    bool by_level;               /* positions are the levels of a factor in their order, one step apart */
    int32_t *position, *block, *scale;
    int32_t block_count;
    int scale_count;
    const char **scale_names;           /* scale_count; NULL: one, or those of `loads` */
    const struct residual_loads *loads; /* disp=: what the logarithms of the standard deviations are made of; else NULL */
};

/* log sigma^2 of a scale is the sum over `columns` of coefficient times column.  In the engine's parameters x it is, up to
 * 2 log sigma, sum_j x_j load_j: of all columns but the first, less their means, over their root mean squares about these. */
struct residual_loads {
    const struct design *predictor; /* its X */
    int count;                      /* parameters: one less than coefficients */
    bool cells;                     /* the columns are the indicators of cells; else the first is 1 */
    const double *load;             /* scale_count x count, row-major */
    const double *mean, *size;      /* count */
};

/* Parameters of the standard deviations, beside sigma. */
static inline int residual_scale_parameters(const struct residual_design *d)
{
    return d->loads != NULL ? d->loads->count : d->scale_count - 1;
}

/* Whether it has several standard deviations, of levels that have names. */
static inline bool residual_has_levels(const struct residual_design *d)
{
    return d != NULL && d->loads == NULL && d->scale_count > 1;
}

/* Whether a mean is so far from 0 that the first coefficient, the logarithm of a variance where no row is, and those of the
 * columns could only move together: there it has no profile. */
bool residual_loads_are_far(const struct residual_loads *loads);

/* disp= of a model whose likelihood may be restricted: `predictor` (of the same n rows) becomes the logarithm of residual
 * variances.  `text`: the formula.  The arena's; errors are about "disp". */
const struct residual_design *residuals_of_predictor(struct arena *arena, const struct design *predictor, size_t n,
                                                     const char *text, struct glmm_error *err);

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
