/* recession.h -- directions of the coefficients along which the likelihood rises without end: separation, and cells, levels or
 * studies of zeros (Albert & Anderson 1984; Geyer 2009).
 *
 * A row whose response is at an end of its range (e_i = 1 above, -1 below; 0 inside) is fitted the better the farther its linear
 * predictor goes there, with random effects as well.  The directions d with e_i x_i'd >= 0 at the ends and x_i'd = 0 inside are a
 * cone C.  The rows that some d of it moves are fitted perfectly, at infinity: their likelihood is 1.  The others do not feel C,
 * and are fitted as if they were all.  What is told of a combination l'beta hangs on C alone: it is finite where C does not move
 * it, infinite where all of C moves it to the same side, and nothing determines it where directions disagree.
 *
 * Of an ordered response the thresholds have a part in it: a row of category k says that t_k - eta is large and t_(k-1) - eta
 * small, and each of these may be so without error.  Where both are, the row is fitted perfectly; where one is, the other one is
 * left of the row.  Combinations are those of thresholds and coefficients. */
#ifndef FIT_RECESSION_H
#define FIT_RECESSION_H

#include "fit/fit.h"

struct glm;

struct recession {
    int p, dimension; /* columns of the design; dimension of the cone */
    int thresholds;   /* of an ordered response, which have the columns ahead of the design's in R and N; else 0 */
    const double *R;  /* (thresholds + p) square, upper: the design's X = Q R */
    const double *N;  /* as many rows, x dimension: orthonormal basis of the span of C, for the columns of Q */
    int generator_count;
    const double *generator; /* count x dimension: the moved rows, turned to their ends, of length 1 */
    const signed char *end;  /* n of the design: where a row is fitted perfectly, 0 for the others; 2: a category in the middle */
    size_t separated, half;  /* rows that are fitted perfectly; of an ordered response, those of which one threshold is left */
    const unsigned char
        *open;            /* n: the thresholds that do not bound a row any more (model/design.h); NULL: no ordered response */
    const int *threshold; /* of each shape: its number among the thresholds; -1 for none */
    const double *shape_limit; /* of each shape, as `limit`; Inf or -Inf too where no row is beyond it */
    const double *limit;       /* p: Inf or -Inf; 0: the coefficient is finite; NaN: nothing determines it */
    int rest_p;
    const int *column;           /* rest_p: columns that are independent in the other rows */
    const struct design *rest;   /* the other rows, with these columns; levels keep their numbers */
    const char *message;         /* in words */
    struct recession_room *room; /* where questions are worked out: none of them asks for memory */
};

/* What the cone of the model's data is; *out gets NULL where it is a point.  All is owned by the arena; the rest borrows from the
 * design what does not depend on rows.  False when memory is out. */
bool recession_find(const struct glm *m, struct arena *arena, const struct recession **out, struct glmm_error *err);

/* 0, Inf, -Inf or NaN, as `limit`, for the combination with these weights of the design's columns. */
double recession_limit(const struct recession *recession, const double l[], size_t stride);

/* The same of a threshold, by its number, minus the linear predictor of a row. */
double recession_threshold_limit(const struct recession *recession, int threshold, const double x[], size_t stride);

/* The fit of all rows from that of the rest (fit->proper), of which it becomes the owner.  `arena` will own the fit, and so may
 * have made the recession.  In case of an error both stay the caller's, and NULL is returned. */
struct fit *recession_expand(struct fit *rest, const struct recession *recession, const struct design *design,
                             struct arena *arena, struct glmm_error *err);

/* The fit where every row is fitted perfectly: the likelihood is 1, and nothing is said about the random effects. */
struct fit *recession_nothing(const struct glm *m, const struct recession *recession, enum fit_method method, struct arena *arena,
                              struct glmm_error *err);

#endif
