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

/* x is n x p, column-major, finite.  `intercept`: column 0 is constant.  Sets dropped[0 .. p-1].  The work grows with n p^2;
 * nothing of size n is allocated.  False when memory is out or `progress` says stop. */
bool collinear_find(size_t n, int p, const double *x, bool intercept, bool *dropped, const struct glmm_progress *progress,
                    struct glmm_error *err);

#endif
