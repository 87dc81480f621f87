/* watched.h -- LAPACK's long calls in steps of some milliseconds, between which a watch (or NULL) is looked at.
 *
 * What is small is one call, with the same digits as LAPACK's.  Stopped, each returns at once, and what it leaves is worth
 * nothing. */
#ifndef LINALG_WATCHED_H
#define LINALG_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include "base/watch.h"

/* C := alpha op(A) op(B) + beta C, as dgemm: C is m x n, the inner dimension k; `letters` are "NN", "TN", "NT" or "TT". */
void watched_product(const char letters[2], int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
                     double beta, double *c, int ldc, struct watch *watch);

/* The lower triangle of C += A A' (right NULL) or A right', n x n; A and right are n x k with leading dimension n. */
void watched_gram(int n, int k, const double *a, const double *right, double *c, int ldc, struct watch *watch);

/* A = U'U in the upper triangle (what is below is not touched).  Returns what dpotrf does; n where it was stopped. */
int watched_chol_upper(int n, double *a, int lda, struct watch *watch);

/* A triangle := its inverse; the lower triangle (L L')^-1 from L. */
void watched_invert_lower(int n, double *a, int lda, struct watch *watch);
void watched_invert_upper(int n, double *a, int lda, struct watch *watch);
void watched_chol_inverse(int n, double *a, int lda, struct watch *watch);

/* A (rows x p, rows >= p, leading dimension rows) = Q R by Householder's method: Q in place of A, and the upper triangle of R
 * (p x p; what is below is not touched) unless NULL.  False when memory is out or it was stopped. */
bool watched_qr(int rows, int p, double *a, double *R, struct watch *watch);

#endif
