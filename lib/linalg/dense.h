/* dense.h -- Cholesky factorization and inverse of dense symmetric matrices, by tiles.
 *
 * The tiles have one fixed size and each is computed by one thread in one order, so that the result is the same to the last
 * bit for any number of threads. */
#ifndef LINALG_DENSE_H
#define LINALG_DENSE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/watch.h"

/* A = L L', in place, lower triangle (the upper is not touched).  n x n, column-major, leading dimension ld.
 * Returns 0, or the order (from 1) of the leading minor that is not positive definite. */
int chol_factor(int n, double *a, int ld);
/* The same, looked after by a watch (or NULL): stopped, it returns an order, as if that minor were not positive definite. */
int chol_factor_watched(int n, double *a, int ld, struct watch *watch);

/* The same (watched, or NULL) where the answer decides something: an order, too, where a pivot is at most `least` of its diagonal
 * entry.  The pivots of a singular matrix are what rounding left, now and then positive. */
#define CHOL_DEPENDENT 1e-10 /* of products of columns: one that is the others' within 1e-5 of its length */
int chol_factor_sure(int n, double *a, int ld, double least, struct watch *watch);
/* The same order of a factor L that was made (0: every pivot is more than that). */
int chol_unsure(int n, const double *L, int ld, double least);

/* inverse := (L L')^-1, the lower triangle (beside the diagonal, something may be written above it), from the factor.  `scratch`
 * is ld x n and gets L^-1 (lower triangle). */
void chol_invert(int n, const double *factor, double *scratch, double *inverse, int ld);
void chol_invert_watched(int n, const double *factor, double *scratch, double *inverse, int ld, struct watch *watch);

/* slope := -inverse slope inverse, the lower triangle: that of an inverse along the slope of its matrix.  Of both the lower
 * triangle is read, and something is written above.  `scratch` is ld x n. */
void inverse_slope(int n, double *inverse, double *slope, double *scratch, int ld, struct watch *watch);

/* slope := X slope X', the lower triangle, with X = L^-1 as chol_invert leaves it in its scratch: a third of the work of
 * inverse_slope.  Of both the lower triangle is read, and something is written above that of slope.  `scratch` has n^2
 * numbers, of which three quarters stay untouched where n is more than some hundreds. */
void congruent_slope(int n, const double *X, double *slope, double *scratch, int ld, struct watch *watch);

/* x := L^-1 x and x := L^-T x. */
void chol_solve_lower(int n, const double *factor, int ld, double *x);
void chol_solve_upper(int n, const double *factor, int ld, double *x);

/* Eigenvalues (ascending) and eigenvectors (columns) of a symmetric n x n matrix, in place; `work` has 3n + n*32 entries at
 * least.  False when LAPACK does not converge.  Of hundreds of rows and more: eigen.h. */
bool symmetric_eigen(int n, double *a, double *eigenvalues, double *work, int work_size);

/* Small matrices, k x k, column-major, without BLAS: the blocks of one level. */
int small_chol(int k, double *a); /* as chol_factor with ld = k */
/* L L' = A, lower, 0 above, where A is semidefinite: a column of which rounding is left beside those before it is 0.  L may be A.
 */
void small_semidefinite(int k, const double *A, double *L);
void small_solve_right_transposed(int k, const double *l, int m, double *b,
                                  int ldb); /* B := B L^-T, B is m x k, row-major with stride ldb */
void small_solve_right(int k, const double *l, int m, double *b, int ldb); /* B := B L^-1, the same shape */

#endif
