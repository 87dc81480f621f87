/* rowqr.h -- small least-squares problems fed row by row (Givens rotations; Gentleman 1974, Appl. Statist. 23, 448-454).
 *
 * The triangle is p x p, row-major, zeroed by the caller; after all rows of A went in, R'R = A'A.  With the right-hand side
 * as the last column, R holds all that the least-squares problem needs, in memory that does not depend on the number of rows. */
#ifndef INFER_ROWQR_H
#define INFER_ROWQR_H

/* Rotates `row` (p entries, destroyed) into the triangle. */
void rowqr_add(double *R, int p, double *row);

/* Solves for the p - 1 coefficients of the last column on the others; destroys R.  A coefficient that the rows do not
 * determine becomes NaN, although others may be determined.  Returns the rank of the first p - 1 columns. */
int rowqr_solve(double *R, int p, double *coefficients);

/* The norm of the last column's residual relative to the norm of that column: 0 when it lies in the span of the others, and
 * when it is zero itself.  Call it before rowqr_solve. */
double rowqr_residual(const double *R, int p);

#endif
