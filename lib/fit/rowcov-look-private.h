/* rowcov-look-private.h -- a look at the covariance matrix of the rows, and at what changes it (rowcov-identify.c). */
#ifndef FIT_ROWCOV_LOOK_PRIVATE_H
#define FIT_ROWCOV_LOOK_PRIVATE_H

#include "fit/rowcov-private.h"

/* Of what a number could be at most: less is no change. */
#define ROWCOV_MOVED 1e-5

/* One look: parameters from `first` on, the last the residual variance where there is one. */
struct rowcov_look {
    struct rowcov *m;
    int first, count, columns; /* of x; count + 1 with sigma */
    double *x, *moved;         /* m->count: the point, and beside it */
    double *u, *w, *along;     /* n; n x columns; p: scratch of the projection */
    double *gram, *size;       /* columns^2; columns: of V_j u before the projection, as a length */
    double *null;              /* columns^2 */
    bool *within;              /* columns: V_j lies within X */
    double *lags;              /* 4 m->count: of toep */
    double *block;
};

/* At a point in the inside of the range, where no value is special.  False when memory is out; rowcov_look_clear in any case. */
bool rowcov_look_new(struct rowcov_look *look, struct rowcov *m);
void rowcov_look_clear(struct rowcov_look *look);

/* out (n) := V_j u.  False where there is no V, or it was stopped. */
bool rowcov_look_product(struct rowcov_look *look, int j, const double *u, double *out);

/* u (n) without its part in X; the squared length of a vector. */
void rowcov_look_project(const struct rowcov_look *look, double *u);
double rowcov_look_square(size_t n, const double *u);

/* The products of the columns V_j u for all probes; those that lie within X are 0. */
bool rowcov_look_gram(struct rowcov_look *look);

/* The directions, in (x, log sigma^2), the largest step of each 1; how many, -1 when memory is out. */
int rowcov_look_null(struct rowcov_look *look);

#endif
