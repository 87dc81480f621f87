/* orthonormal.h -- small sets of orthonormal vectors, `count` of m entries each, one behind the other: by Gram and Schmidt,
 * twice. */
#ifndef LINALG_ORTHONORMAL_H
#define LINALG_ORTHONORMAL_H

#include <stdbool.h>
#include <stddef.h>

double dot_product(size_t m, const double a[], const double b[]);

/* x := what the vectors leave of it; its length over that before, 0 of a vector of zeros. */
double orthonormal_leave(size_t m, const double basis[], int count, double x[]);

/* Adds x, made one of them, which takes place behind them; false where less than `spent` of its length is left, or no vector can
 * be (count is m). */
bool orthonormal_extend(size_t m, double basis[], int *count, const double x[], double spent);

#endif
