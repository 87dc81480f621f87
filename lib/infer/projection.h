/* projection.h -- the marginal coefficients at any between-group SD, fast enough for a dial: the projection of
 * infer/attenuation.h without its standard errors. */
#ifndef INFER_PROJECTION_H
#define INFER_PROJECTION_H

#include "fit/fit.h"
#include "infer/marginal.h"

enum { PROJECTION_TABLE = 256 };

struct projection {
    const struct fit *fit;
    struct arena *arena;          /* owns the arrays */
    double *factor;               /* p x p: Cholesky factor of X'X over the rows */
    double *right;                /* p */
    bool regular;                 /* there is such a factor */
    bool same_variance;           /* in all rows: then g(average) is looked up in a table over eta, */
    double table_low, table_step; /* with values and their slopes */
    double value[PROJECTION_TABLE + 1], slope[PROJECTION_TABLE + 1];
    size_t rows;              /* of the data that are averaged over: all, or a sample where each has a variance of its own */
    size_t *row;              /* which */
    double *fixed, *variance; /* of the linear predictor in those rows, at the estimate */
    double *marginal;         /* p: the coefficients that fit the averages; NaN where a mean does not exist */
    struct averager averager;
};

/* False when memory is out; projection_clear() in any case. */
bool projection_init(struct projection *projection, const struct fit *fit);
void projection_clear(struct projection *projection);

/* Computes `marginal` at `dial` times the estimated between-group SDs. */
void projection_turn(struct projection *projection, double dial);

#endif
