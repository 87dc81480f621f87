/* influence.h -- how the fixed effects move without the rows of one level of a group: by fitting the others again.
 *
 *   move_j = (b_j - b_j(-l)) / se_j,   D = (b - b(-l))' V^-1 (b - b(-l)) / p     (Cook's distance)
 *
 * with b, se and V of the fit of all rows; beside it the first order, -V s_l, with s_l the sum of the level's x dlog f/deta. */
#ifndef INFER_INFLUENCE_H
#define INFER_INFLUENCE_H

#include "infer/replicate.h"

struct influence_level {
    int32_t level;
    double cook, step_cook; /* by the fit without it, and by first order; NaN: it could not be fitted */
    double move, step_move; /* the largest move of a coefficient, in errors */
    int coefficient;        /* of the former; -1: none */
};

struct influence {
    int term; /* a random term of the group */
    int count;
    bool stopped;                   /* some levels were not reached: they are not among these */
    struct influence_level *levels; /* by Cook's distance, the largest first */
};

/* Of the levels of random term `term`'s group.  Errors: infinite or undetermined estimates, covariance structures, memory, an
 * interruption before any level is done.  influence_clear in any case. */
bool influence_find(struct influence *influence, const struct fit *fit, int term, const struct glmm_progress *progress,
                    struct glmm_error *err);
void influence_clear(struct influence *influence);

/* Whether moves have errors to be measured by: else err says what is infinite or open. */
bool influence_has_errors(const struct fit *fit, struct glmm_error *err);

/* The first order, of all levels of a term: moves (level_count x p, row-major) in units of the coefficients.  False where there
 * is none. */
bool influence_first_order(const struct fit *fit, int term, double moves[]);

#endif
