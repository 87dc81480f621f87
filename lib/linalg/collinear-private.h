/* collinear-private.h -- what the two ways to find collinear columns share. */
#ifndef LINALG_COLLINEAR_PRIVATE_H
#define LINALG_COLLINEAR_PRIVATE_H

#include "linalg/collinear.h"

struct column_facts {
    double scale;       /* a power of two that brings the largest entry into [1/2, 1) */
    double centre;      /* mean of the scaled column; 0 without an intercept */
    double raw, length; /* norms of the scaled column, before and after centring */
    size_t nonzeros;
    int index; /* of the column of x */
};

struct collinear {
    size_t n;
    const double *x;
    struct column_facts *facts; /* of the columns that take part: neither 0 nor, beside an intercept, constant */
    int count;
    struct collinear_basis *basis; /* or NULL */
    const struct glmm_progress *progress;
    struct glmm_error *err;
};

/* True where so much is left of a column, orthogonally to those before it, that it stands on its own. */
bool collinear_stands(const struct column_facts *facts, double left);

/* True where so little is left that it may be the rounding of the columns before. */
bool collinear_doubtful(const struct column_facts *facts, double left);

/* True where what is left of a column, beside coefficients[r] times column kept[r], is no more than the rounding of those. */
bool collinear_is_noise(const struct collinear *c, double left, const int kept[], const double coefficients[], int rank);

/* False, with an error, when the work is to stop. */
bool collinear_poll(const struct collinear *c, size_t done);

/* Notes that column j (of the facts) is the sum of coefficients[r] times column kept[r] of the facts, r < rank, all scaled and
 * centred. */
bool collinear_record(const struct collinear *c, int j, const int kept[], const double coefficients[], int rank);

/* The rule, for n p^2 so large that Householder's triangle would take long. */
bool collinear_by_gram(const struct collinear *c, bool *dropped);

#endif
