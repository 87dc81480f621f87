/* curves.h -- what `view attenuation` shows of one predictor: curves of single groups and their average over the population,
 * at any between-group SD. */
#ifndef CMD_VIEWS_CURVES_H
#define CMD_VIEWS_CURVES_H

#include "fit/fit.h"
#include "infer/marginal.h"

enum { CURVE_POINTS = 61, CURVE_GROUPS = 5, CURVE_TABLE = 256, CURVE_EFFECTS_MOST = 64 };

struct curves {
    const struct fit *fit;
    int column;                   /* of X: the predictor */
    struct arena *arena;          /* owns the arrays */
    double *factor;               /* p x p: Cholesky factor of X'X over the rows */
    double *right;                /* p */
    bool regular;                 /* there is such a factor */
    bool same_variance;           /* in all rows: then g(average) is looked up in a table over eta, */
    double table_low, table_step; /* with values and their slopes */
    double value[CURVE_TABLE + 1], slope[CURVE_TABLE + 1];
    size_t rows;              /* of the data that are averaged over */
    size_t *row;              /* which */
    double *fixed, *variance; /* of the linear predictor in those rows, at the estimate */
    double *marginal;         /* p: the coefficients that fit the averages; NaN where a mean does not exist */
    struct averager averager;
    double x[CURVE_POINTS], eta[CURVE_POINTS];
    double spread[CURVE_POINTS]; /* SD of the linear predictor between groups, at the estimate */
    bool same_spread;            /* which does not depend on x */
    double typical[CURVE_POINTS], mean[CURVE_POINTS], group[CURVE_GROUPS][CURVE_POINTS];
    double low, high; /* of the y axis: chosen once for a predictor, so that curves move and the axis does not */
};

/* The fit (borrowed) has random terms with at most CURVE_EFFECTS_MOST effects.  False when memory is out; curves_clear() in any
 * case. */
bool curves_init(struct curves *curves, const struct fit *fit);
void curves_clear(struct curves *curves);

/* Another predictor: its grid and axis; then curves_compute(). */
void curves_choose(struct curves *curves, int column);

/* Everything, at `dial` times the estimated between-group SDs. */
void curves_compute(struct curves *curves, double dial);

#endif
