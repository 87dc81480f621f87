/* influence.h -- how the fixed effects move without the rows of one level of a group: by fitting the others again, and by one
 * step.
 *
 *   move_j = (b_j - b_j(-l)) / se_j,   D = (b - b(-l))' V^-1 (b - b(-l)) / p     (Cook's distance)
 *
 * with b, se and V of the fit of all rows.  The step is that of fit/lmm-leave.h for linear mixed models: exact at the same
 * variances, and one of Newton's for these; else the first order, -V s_l, with s_l the sum of the level's x dlog f/deta. */
#ifndef INFER_INFLUENCE_H
#define INFER_INFLUENCE_H

#include "infer/replicate.h"

struct influence_level {
    int32_t level;
    bool refitted;          /* the others were fitted again */
    double cook, step_cook; /* by the fit without it, and by one step; NaN: it could not be fitted, or was not */
    double move, step_move; /* the largest move of a coefficient, in errors */
    int coefficient;        /* of the former, or of the step where there is none; -1: none */
};

struct influence {
    int term; /* a random term of the group */
    int count;
    long refits;                    /* levels that were to be fitted without: the farthest by one step */
    bool singular;                  /* V has no inverse to its last digits: there are moves, and no distances */
    bool stepped, exact;            /* there is a step; it is that of fit/lmm-leave.h */
    bool stopped;                   /* some of these were not reached; where all were to be, they are not among the levels */
    struct influence_level *levels; /* by Cook's distance, of the refit where there is one, the largest first */
};

/* Of the levels of random term `term`'s group; `refits` of them, the farthest by one step, are fitted without (negative: as many
 * as take little; all where there is no step).  Errors: infinite or undetermined estimates, memory, an interruption before any
 * level is fitted.  influence_clear in any case. */
bool influence_find(struct influence *influence, const struct fit *fit, int term, long refits,
                    const struct glmm_progress *progress, struct glmm_error *err);
void influence_clear(struct influence *influence);

/* Whether moves have errors to be measured by: else err says what is infinite or open. */
bool influence_has_errors(const struct fit *fit, struct glmm_error *err);

/* The first order, of all levels of a term: moves (level_count x p, row-major) in units of the coefficients, with room for n + p
 * numbers more behind them.  False where there is none. */
bool influence_first_order(const struct fit *fit, int term, double moves[]);

#endif
