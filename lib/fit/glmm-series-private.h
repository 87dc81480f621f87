/* glmm-series-private.h -- what the files of the logarithmic series share: a look at the rows that have gone there. */
#ifndef FIT_GLMM_SERIES_PRIVATE_H
#define FIT_GLMM_SERIES_PRIVATE_H

#include "fit/glmm-task.h"

#define SERIES_END       (-22.0) /* of log size: thousands of rows have 1e-5 of deviance to gain from there on */
#define SERIES_OTHER_END 6.0     /* of the log dispersion: it varies by 1/400 more than Poisson */

enum { SEEK_GROUPS = 8, SEEK_EXTREMES = 4 };

struct glm_series {
    int n, count;
    double *row;  /* count x n: the rows of P */
    double *at;   /* count: P phi is held there */
    double *work; /* of the search */
    int *group;
    double *generator; /* of extreme rows, and what solves with them; NULL where no row can be there */
    struct cone_work *cone;
    bool sought; /* optima elsewhere than there were */
};

struct seek {
    struct glm_task *task;
    const struct glm_part *part;                   /* of the dispersion */
    bool ratio, random;                            /* random: effects of which nothing is told where all rows are there */
    size_t count, all;                             /* rows that are there; that say something */
    int *group;                                    /* n: of rows that are there, those of the same predictors; -1 elsewhere */
    int groups, free;                              /* free: the columns of N */
    double mean[SEEK_GROUPS], spread[SEEK_GROUPS]; /* of the groups: of y, and the log dispersion that its variance asks for */
    size_t extreme[SEEK_EXTREMES];                 /* a row of each kind that may come back by itself, */
    double back[SEEK_EXTREMES][2];                 /* to that linear predictor and log dispersion */
    int extremes;
    double *N, *values, *size, *work, *entry, *B, *c, *best, *start;
};

/* Row k of P (phi - at). */
double glm_series_along(const struct glm_series *s, int k, const double phi[]);

/* The log dispersion of a row. */
double glm_row_tau(const struct glm *m, size_t i);

/* s->entry := mean x_i and spread w_i, side by side as in phi. */
void seek_entry(const struct seek *s, size_t i, double mean, double spread);

/* Whether two rows have the same predictors, of the mean and of the dispersion. */
bool seek_is_alike(const struct seek *s, size_t a, size_t b);

/* Whether to stop; looked at every so many rows. */
bool seek_is_stopped(const struct seek *s, size_t row);

/* N: directions of phi that move no row but those there, and these (unless `any` way, or alike to row *like) along the end only.
 * False where LAPACK fails, or stopped. */
bool seek_directions(struct seek *s, bool any, const size_t *like);

/* out := N'D^-1 of the entry, D the lengths of the columns; phi += D^-1 N c. */
void seek_project(const struct seek *s, double out[]);
void seek_move(const struct seek *s, const double c[], double phi[]);

/* The rows that are there, at the phi of the last evaluation, of which one by itself may gain most elsewhere: s->extreme. */
void seek_extremes(struct seek *s);

/* Moves phi so that the rows of the k-th kind come back by themselves, and the others go on to the end.  False where they cannot:
 * they are no extreme. */
bool seek_bring_back(struct seek *s, int k, double phi[]);

#endif
