/* rowcov-sparse-private.h -- the workspace of linear models whose levels are related by descent, shared by the files that have
 * the deviance (rowcov-sparse.c, rowcov-corner.c) and where its search begins (rowcov-moments.c). */
#ifndef FIT_ROWCOV_SPARSE_PRIVATE_H
#define FIT_ROWCOV_SPARSE_PRIVATE_H

#include "fit/rowcov-private.h"
#include "linalg/supernodal.h"

/* An entry of M below the diagonal. */
struct pair {
    int32_t low, high; /* columns, low < high: first by nodes, then in the order of elimination */
    double value;
    int first, second; /* terms whose theta multiply it; -1: none, an entry of Q */
    size_t at;         /* in the factor's values */
};

struct rowcov_sparse {
    int32_t count;        /* columns */
    int32_t **column;     /* of each term: that of each level; -1: an effect that is 0 */
    int *term;            /* count */
    double *data, *prior; /* count: the diagonals of Z'WZ and Q */
    struct pair *pairs;
    size_t pair_count, pair_room;
    double *border; /* count x (p + 1), row-major: Z'WE */
    double *corner; /* (p + 1)^2: E'WE */
    double logdet;  /* of A and W^-1 */
    double *x;      /* count + p + 1 */
    double *solved; /* p + 1 times as many: scratch, as m->rows is here */
    double *slope;  /* of each term, of log|.| and of r^2 */
    struct supernodal *factor;
};

/* The corner of the factor anew, where what it is the difference of has cancelled (rowcov-corner.c); false where it is none, or
 * it was stopped. */
bool rowcov_sparse_corner(struct rowcov *m);

/* Of a term of one effect, its column in a row of the design. */
static inline double rowcov_sparse_effect(const struct random_design *r, size_t row)
{
    return r->z == NULL ? 1.0 : r->z[row];
}

#endif
