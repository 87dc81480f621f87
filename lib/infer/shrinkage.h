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
    const char *scale; /* "Reaction", or the link's name: "log-odds" */
    double fixed;      /* the fixed part of the coefficient; 0 where the fixed effects say nothing of it */
    double complete;   /* the same; 0 where it is infinite or NaN, not determined: then all here are differences from it */
    bool scalar;       /* the random term has one effect: weights mean something */
    int32_t count;     /* levels; of a model that is not identified those whose effect is determined */
    int32_t left_out;  /* the others */
    const char *const *level;
    const double *rows;          /* rows of the level */
    const double *trials;        /* binomial with trials: their sum over the level's rows; NULL: a row is one trial */
    const double *raw;           /* from the level's rows alone (this term's vector jointly, the other terms at their estimates);
                                       NaN where the rows do not determine it, +-Inf where it does not exist */
    const double *pooled;        /* fixed + conditional mode */
    const double *se;            /* conditional standard deviation */
    const double *weight;        /* kept = n tau^2 / (n tau^2 + sigma^2), with sum(w z^2) for n; NULL for vector effects */
    const double *lower, *upper; /* on the response scale: the ends of the interval; NULL: pooled -+ q se */
    const int *rank_raw, *rank_pooled; /* from 1, increasing; raw NaN last; ties share the lowest */
};

/* `group` and `term` NULL: the first.  Returns new; unknown names are errors with suggestions, without a span.
 * A group may have several random terms (`(x || g)`): the first that has the effect is taken. */
struct shrinkage *shrinkage_new(const struct fit *fit, const char *group, const char *term, struct glmm_error *err);
/* The same, asking `progress` now and then; NULL with GLMM_E_INTERRUPT when it says stop. */
struct shrinkage *shrinkage_new_watched(const struct fit *fit, const char *group, const char *term,
                                        const struct glmm_progress *progress, struct glmm_error *err);
void shrinkage_free(struct shrinkage *shrinkage);

/* The mean distance of the BLUPs from the overall point over that of the own estimates, over several effects, each in standard
 * deviations of the own estimates; infinite ones are left out.  NaN where none is left. */
double shrinkage_kept(const struct shrinkage *const effects[], int count);

enum { RANK_LEVELS_MAX = 20000, RANK_DRAWS = 1000 };

/* What is known of the ranks: the central `level` of each coefficient's rank among RANK_DRAWS draws of all of them from their
 * conditional distributions, N(pooled, se^2), level by level; and the shares of the draws in which it is the lowest and the
 * highest of all (NULL: not wanted).  The arrays have `count` entries.  The same seed gives the same intervals.
 * Errors: GLMM_E_LIMIT beyond RANK_LEVELS_MAX levels, GLMM_E_INTERRUPT. */
bool shrinkage_rank_intervals(const struct shrinkage *s, double level, uint64_t seed, const struct glmm_progress *progress,
                              int *lower, int *upper, double *lowest, double *highest, struct glmm_error *err);

/* The multiple q of the standard errors such that the intervals pooled -+ q se of two levels overlap, in the average over all
 * pairs, in `level` of the cases where the two do not differ (Goldstein & Healy 1995, J. R. Stat. Soc. A 158, 175-177);
 * q(level)/sqrt(2) where all errors are equal.  Of more than 200 levels 200 stand for all.  False when memory is out. */
bool shrinkage_pairs(const struct shrinkage *s, double level, double *q, struct glmm_error *err);

/* Turns an intercept's coefficients into means: raw, pooled, complete and the interval pooled -+ q se go through the inverse
 * link, se by the delta method; `scale` becomes "probability" or the response.  Ranks and weights stay.  Errors: another term
 * than an intercept. */
bool shrinkage_to_response(struct shrinkage *s, const struct fit *fit, double q, struct glmm_error *err);

/* The interval of level l: lower and upper where they are kept, else pooled -+ reach se. */
void shrinkage_interval(const struct shrinkage *s, size_t l, double reach, double ends[2]);

/* What the overall point is where all are differences from it: "infinite", "not determined"; NULL: it is `complete`. */
const char *shrinkage_differs_from(const struct shrinkage *s);

/* Whether that interval leaves out the overall point. */
bool shrinkage_is_clear(const struct shrinkage *s, size_t l, double reach);

/* Whether a conditional standard deviation is that of one effect of this variance that keeps such a share and shares its rows
 * with no other: tau sqrt(1 - kept). */
bool shrinkage_se_is(double se, double variance, double kept);

#endif
