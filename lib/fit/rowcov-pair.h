/* rowcov-pair.h -- the triangle of an unstructured correlation matrix (structure.h) in another order of its effects, so that one
 * correlation is a coordinate of its own: an angle, in the place of the triangle's first entry. */
#ifndef FIT_ROWCOV_PAIR_H
#define FIT_ROWCOV_PAIR_H

#include <stdbool.h>

#define ROWCOV_THIN 1e-8 /* the cosine at which an angle is at its end: 1 / the longest row of a triangle */

struct rowcov_pair {
    int k;
    int *order;            /* k: the two effects first */
    double *C, *L, *F, *G; /* k x k: the correlations in this order; the factor of those in the engine's; slopes of both */
    double *par;           /* the entries of the triangle in this order */
};

/* False when memory is out: clear it all the same. */
bool rowcov_pair_init(struct rowcov_pair *pair, int k, const int effects[2]);
void rowcov_pair_clear(struct rowcov_pair *pair);

/* From the engine's triangle to coordinates and back; false where the matrix is singular, as it is at the ends of the angle. */
bool rowcov_pair_read(struct rowcov_pair *pair, const double x[], double psi[]);
bool rowcov_pair_write(struct rowcov_pair *pair, const double psi[], double x[]);

/* Slopes in the coordinates, from those in the engine's triangle: behind rowcov_pair_write at the same psi. */
void rowcov_pair_pull_back(struct rowcov_pair *pair, const double psi[], const double slopes[], double out[]);

#endif
