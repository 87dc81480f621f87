/* limits-private.h -- what the files of limits share: rows whose predictor is at a limit, and the coefficients that take them
 * there; limits.c has those of zi= and disp=, limits-series.c those of the mean and the dispersion together. */
#ifndef FIT_LIMITS_PRIVATE_H
#define FIT_LIMITS_PRIVATE_H

#include "fit/limits.h"

#define LIMITS_MOVED   1e-6 /* a share of a unit direction that is none */
#define LIMITS_SETTLED 1e-5 /* the slope of a row's log-likelihood that its predictor moves no more: what is to gain is less */

struct limits {
    const struct fit *fit;
    const struct fit_part *part;
    const struct design *design;
    const double *predictor; /* n; NULL: none of the rows' own */
    double *own;             /* n: the variance of random effects that are the row's alone; NULL where they are not asked for */
    signed char *at;         /* n: the limit that the row is at, -1 or 1; else 0 */
    size_t above, below, rows;
    int p;
    double *size;             /* p: lengths of the columns */
    double *vectors, *values; /* of X'X over the other rows, columns of length 1 over all */
    double *work;             /* of the decomposition */
    int free;                 /* the first so many of them are the null space N */
    double *cone;             /* so many a generator: a_i, of length 1, of rows at a limit */
    int cone_count;
};

/* Room in the fit's arena; false when there is none. */
bool limits_take(struct limits *z);

/* X'X of the rows that are not at a limit, and a row for each coefficient that has a prior; its eigenvectors. */
bool limits_decompose(struct limits *z);

/* Makes coefficients infinite, or unknown, that the null space moves; *any: there are such.  False when memory is out. */
bool limits_settle(struct limits *z, bool *any);

/* The sign of the limit of a dispersion that is on its way there, moves row i no more, and would on the way back; 0 elsewhere. */
int limits_dispersion(const struct limits *z, const struct response *rows, size_t i);

/* How many observations a row of the design stands for. */
size_t limits_times(const struct fit *fit, size_t i);

/* Finds `own`, of a family whose responses are numbers; false when memory is out.  Then whether row i has no variation of its own
 * beside it: its dispersion is at 0. */
bool limits_find_own(struct limits *z);
bool limits_is_taken(const struct limits *z, const struct response *rows, size_t i);

/* Counts above 0 whose size runs to 0: coefficients of the mean, and the dispersion or its coefficients, that take rows there;
 * held: as fit_settle_limits has it.  False when memory is out. */
bool limits_settle_series(struct fit *fit, bool held);

/* Whether row i is there: no way farther along, or back, moves it. */
bool limits_row_is_there(const struct response *rows, size_t i, double eta, double tau);

/* Whether a row of this linear predictor and shape is there, whatever its response. */
bool limits_is_series(const struct family *family, double eta, double tau);

/* The same of a family whose dispersion goes to 0 there, too: that of others stays. */
bool limits_is_ratio(const struct family *family, double tau);

#endif
