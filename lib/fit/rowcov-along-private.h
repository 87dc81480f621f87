/* rowcov-along-private.h -- the parameters of a model of rowcov.h on the scales on which they are followed. */
#ifndef FIT_ROWCOV_ALONG_PRIVATE_H
#define FIT_ROWCOV_ALONG_PRIVATE_H

#include "fit/rowcov-along.h"
#include "fit/rowcov-pair.h"
#include "fit/rowcov-private.h"

enum along_kind { KIND_PLAIN, KIND_SD, KIND_LOG, KIND_SINE, KIND_ANGLE, KIND_SHARE }; /* KIND_ANGLE: x is psi */

struct along_coordinate {
    enum along_kind kind;
    double factor, least; /* of KIND_LOG: what it is times; of KIND_SHARE: its lowest value */
    double edge[2];
    double flat[2]; /* beyond, the criterion is taken to be level */
    int lag;        /* 1 of a correlation; 0 of an entry of a triangle, of a partial one behind the first; -1 of all else */
    bool root;      /* of KIND_SD: psi^2 is it, where it has no sign that correlations could take (rowcov-rows.c): no kink at 0 */
};

struct rowcov_along {
    struct rowcov *m;
    bool borrows; /* m */
    int n, p;
    struct along_coordinate *list; /* n */
    double *estimate;              /* n */
    double *x, *slopes;            /* count */
    bool linear, centred;          /* centred: the last is log sigma, whatever disp= has */
    int at;                        /* where the triangle of the correlation that is held begins, or -1 */
    struct rowcov_pair pair;
    int held_lag, lags; /* a lag of toep that is held, but for the first, which is its coordinate (-1: none); lags: the first */
    double *room;       /* LAW_ROOM count: of that lag */
};

/* Of disp= (model/residuals.h) psi_0 is half the first coefficient, psi_j another one times the size of its column:
 * x_j = psi_j - 2 cells size_j psi_0, and log sigma = psi_0 + 1/2 sum_j mean_j / size_j x_j.  Where means are far from 0 psi_0
 * and psi_j could only move together: there the last is log sigma itself, and the first coefficient no coordinate. */
const struct residual_loads *rowcov_along_loads(const struct rowcov_along *a);
bool rowcov_along_is_load(const struct rowcov_along *a, int i);

/* Of the standard deviations of residuals, which follow sigma. */
bool rowcov_along_is_ratio(const struct rowcov_along *a, int i);

#endif
