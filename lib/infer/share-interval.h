/* share-interval.h -- intervals of a fit's shares of variance, and how they are made: the one home of that choice, so that all
 * who show a share (`varcorr`, `icc`, `plot-ascii shares`) show the same interval of it.
 *
 * By the profile of the share (share-profile.h) where that takes seconds at most or is asked for; in larger models the share of
 * one intercept beside a residual variance that is given (a binary model) has the interval of its standard deviation
 * (components.h), transformed, and others have none. */
#ifndef INFER_SHARE_INTERVAL_H
#define INFER_SHARE_INTERVAL_H

#include "infer/profile.h"

/* Of each random term, and of what is left; of each group, all its terms together. */
enum share_sets { SHARES_OF_TERMS, SHARES_OF_GROUPS };

enum share_method { SHARES_BY_NONE, SHARES_BY_PROFILE, SHARES_BY_LOG };

struct share_intervals {
    enum share_method by;
    bool large;            /* there are none by profile, which would take long */
    struct glmm_error why; /* why there are none at all (share_profile_takes); code 0: nothing to say */
    struct interval
        *interval; /* random_count + 1, owned: at each term, or each first term of a group; behind them what is left */
};

/* asked: by profile, however long it takes.  False when memory is out or the work was stopped; share_intervals_clear in any
 * case. */
bool share_intervals_find(const struct fit *fit, enum share_sets sets, double level, bool asked,
                          const struct glmm_progress *progress, struct share_intervals *out, struct glmm_error *err);
void share_intervals_clear(struct share_intervals *intervals);

/* Whether all that is random is one intercept beside a residual variance that is given: then its share is a function of its
 * standard deviation alone, the square of which is *residual s / (1 - s). */
bool share_is_of_one_sd(const struct fit *fit, double *residual);

#endif
