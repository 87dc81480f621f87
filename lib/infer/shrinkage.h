/* shrinkage.h -- one term of a random effect, level by level: no pooling, partial pooling, complete pooling. */
#ifndef INFER_SHRINKAGE_H
#define INFER_SHRINKAGE_H

#include <stdint.h>
#include "fit/fit.h"

/* Group *coefficients* (fixed + random).  The arrays are the arena's and have `count` entries; the strings are borrowed from
 * the fit's design, which must outlive this.
 *
 * For a scalar term, pooled - complete = weight (raw - complete), exactly: the conditional mode solves the level's own equation
 * with the other terms at their modes. */
struct shrinkage {
    struct arena *arena;
    const char *group, *term;
    const char *scale;              /* "Reaction", or the link's name: "log-odds" */
    double complete;                /* the fixed part of the coefficient; 0 where the fixed effects say nothing of it */
    bool scalar;                    /* the random term has one effect: weights mean something */
    int32_t count;
    const char *const *level;
    const double *rows;             /* rows of the level */
    const double *raw;              /* from the level's rows alone (this term's vector jointly, the other terms at their estimates);
                                       NaN where the rows do not determine it, +-Inf where it does not exist */
    const double *pooled;           /* fixed + conditional mode */
    const double *se;               /* conditional standard deviation */
    const double *weight;           /* kept = n tau^2 / (n tau^2 + sigma^2), with sum(w z^2) for n; NULL for vector effects */
    const int *rank_raw, *rank_pooled;      /* from 1, increasing; raw NaN last; ties share the lowest */
};

/* `group` and `term` NULL: the first.  Returns new; unknown names are errors with suggestions, without a span.
 * A group may have several random terms (`(x || g)`): the first that has the effect is taken. */
struct shrinkage *shrinkage_new(const struct fit *fit, const char *group, const char *term, struct glmm_error *err);
void shrinkage_free(struct shrinkage *shrinkage);

enum { RANK_LEVELS_MAX = 20000, RANK_DRAWS = 1000 };

/* What is known of the ranks: the central `level` of each coefficient's rank among RANK_DRAWS draws of all of them from their
 * conditional distributions, N(pooled, se^2), level by level.  lower and upper have `count` entries.  The same seed gives the same intervals.
 * Errors: GLMM_E_LIMIT beyond RANK_LEVELS_MAX levels, GLMM_E_INTERRUPT. */
bool shrinkage_rank_intervals(const struct shrinkage *s, double level, uint64_t seed, const struct glmm_progress *progress, int *lower,
                              int *upper, struct glmm_error *err);

#endif
