/* collinear.h -- finds the columns of a matrix that depend on those before them.
 *
 * As R's lm (LINPACK's dqrdc2 with limited pivoting): columns are taken in order, and one whose part orthogonal to the kept ones
 * is shorter than 1e-7 of its own length is dropped.  With an intercept, lengths are those of the centred columns, so that a
 * predictor with a large mean (a year, a time stamp) is not taken for a constant; where R keeps a column, it is kept here too. */
#ifndef LINALG_COLLINEAR_H
#define LINALG_COLLINEAR_H

#include <stddef.h>
#include "base/error.h"
#include "base/progress.h"

/* What the dropped columns are of the kept ones: a basis of the null space of x, one vector for each dropped column d,
 *
 *   (x_d scale_d - centre_d) - sum over its entries e of value_e (x_k scale_k - centre_k),  k = index_e,
 *
 * which is 0 in every row.  The scales are powers of two that bring a column's largest entry into [1/2, 1); centres are 0 without
 * an intercept, and stand for that many times the intercept.  A column of zeros and, beside an intercept, a constant one have no
 * entries. */
struct collinear_basis {
    int p;
    bool intercept;
    double *scale, *centre; /* p */
    double *unit;           /* p: the standard deviation of the scaled column */
    int *start, *count;     /* p: the entries of a dropped column */
    int *index;             /* column of x */
    double *value;
    size_t used, index_room, value_room;
};

/* x is n x p, column-major, finite.  `intercept`: column 0 is constant.  Sets dropped[0 .. p-1].  The work grows with n p^2;
 * nothing of size n is allocated.  `basis` (or NULL) is filled; collinear_basis_clear in any case.  False when memory is out or
 * `progress` says stop. */
bool collinear_find(size_t n, int p, const double *x, bool intercept, bool *dropped, struct collinear_basis *basis,
                    const struct glmm_progress *progress, struct glmm_error *err);
void collinear_basis_clear(struct collinear_basis *basis);

#endif
