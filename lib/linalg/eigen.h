/* eigen.h -- eigenvalues and eigenvectors of large symmetric matrices, in steps of some milliseconds between which a watch (or
 * NULL) is looked at. */
#ifndef LINALG_EIGEN_H
#define LINALG_EIGEN_H

#include <stdbool.h>
#include "base/watch.h"

/* Eigenvalues (ascending) and eigenvectors (columns, in place of the matrix) of a symmetric n x n matrix of which the lower
 * triangle is read, in memory of its own (2 n^2).  False where there is none, where it was stopped, and where an eigenvalue
 * cannot be found. */
bool eigen_vectors(int n, double *a, double *values, struct watch *watch);

/* The eigenvalues alone, in a fraction of the time; the matrix is worth nothing afterwards. */
bool eigen_values(int n, double *a, double *values, struct watch *watch);

#endif
