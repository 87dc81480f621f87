/* glmm/groups.h -- the levels of a group, from their own rows and pooled.  Part of <glmm.h>. */
#ifndef GLMM_GROUPS_H
#define GLMM_GROUPS_H

#include <stdbool.h>

#include "glmm/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

struct glmm_shrinkage;

/* The coefficients of a group's levels: from their own rows, pooled, and without groups.  group and term NULL: the first.
 * Returns new. */
struct glmm_shrinkage *glmm_shrinkage_new(const struct glmm_fit *fit, const char *group, const char *term,
                                          const struct glmm_progress *progress, struct glmm_error *err);
void glmm_shrinkage_free(struct glmm_shrinkage *shrinkage);

struct glmm_shrunk {
    const char *level;
    double rows, raw, pooled, se;
    double kept;               /* pooled - complete = kept (raw - complete); NaN for a term of several effects */
    int rank_raw, rank_pooled; /* from 1, increasing */
};
/* The fixed part; 0 where it is infinite or not determined: then raw and pooled are differences from it. */
double glmm_shrinkage_complete(const struct glmm_shrinkage *shrinkage);
int glmm_shrinkage_count(const struct glmm_shrinkage *shrinkage);
bool glmm_shrinkage_get(const struct glmm_shrinkage *shrinkage, int index, struct glmm_shrunk *out);

/* lower[], upper[] (a level each): the central `confidence` of each level's rank, by draws that the seed determines. */
bool glmm_shrinkage_ranks(const struct glmm_shrinkage *shrinkage, double confidence, unsigned long long seed, int lower[],
                          int upper[], struct glmm_error *err);

enum glmm_mode_error { GLMM_SE_CONDITIONAL, GLMM_SE_PEV, GLMM_SE_FULL };

/* se[levels x k], row by row, of the modes of random term `term`: the fixed effects and variances held at their estimates; with
 * the error of the fixed effects (of a linear model Henderson's prediction error variance); with that of the variances too, as
 * glmmTMB has it.  NaN where an effect is not determined.  GLMM_E_MODEL: GLMM_SE_FULL where the variances have no covariance. */
bool glmm_fit_mode_errors(const struct glmm_fit *fit, int term, enum glmm_mode_error kind, double se[],
                          const struct glmm_progress *progress, struct glmm_error *err);

/* modes[k] and covariance[k x k] of a level's effects if it had `rows` rows like its own. */
bool glmm_fit_with_rows(const struct glmm_fit *fit, int term, int level, double rows, double modes[], double covariance[],
                        struct glmm_error *err);

#ifdef __cplusplus
}
#endif

#endif
