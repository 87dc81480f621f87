/* glmm-cells.h -- a design with an effect for each cell, where a correlated term is stated by contrasts of them or in another
 * order.
 *
 * (a | g), of whatever contrasts, is (0 + a | g): its rows show as many z as it has effects.  The model is the same, but not the
 * way of a search, and of several optima it may find another: searched for with the effects of the cells, all codings have one.
 */
#ifndef FIT_GLMM_CELLS_H
#define FIT_GLMM_CELLS_H

#include <stdbool.h>

#include "model/design.h"

/* Of a term: z of each of its k cells (k x k, row-major), and P^-1 (k x k, column-major). */
struct glm_cell_term {
    double *P, *inverse;
    double *z; /* n x k: of each row its cell; NULL: the term is as it is stated */
};

/* The design borrows all else from the stated one. */
struct glm_cells {
    struct design design;
    struct glm_cell_term *terms; /* of each random term of the mean */
    bool any;                    /* some term differs */
};

/* False when memory is out; glm_cells_clear in any case.  With a prior, which is on the effects as they are stated, there is
 * none. */
bool glm_cells_find(const struct design *design, struct glm_cells *out);
void glm_cells_clear(struct glm_cells *cells);

/* theta of the stated design at which its covariance matrices are those of the cells' at `from`.  False when memory is out. */
bool glm_cells_theta(const struct glm_cells *cells, const double from[], double to[]);

#endif
