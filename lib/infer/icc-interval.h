/* icc-interval.h -- intervals of intraclass correlations and of median odds ratios.
 *
 * The correlation's is that of the group's share (share-interval.h), or by the parametric bootstrap.  A median odds ratio hangs
 * on the standard deviation of its group alone: its interval is that of the share where this does too, else by components.h. */
#ifndef INFER_ICC_INTERVAL_H
#define INFER_ICC_INTERVAL_H

#include "infer/profile.h"
#include "infer/replicate.h"

/* The last: shares by profile, odds ratios by the curvature. */
enum icc_intervals_by { ICC_BY_PROFILE, ICC_BY_LOG, ICC_BY_BOOT, ICC_BY_PROFILE_AND_LOG };

struct icc_interval {
    struct interval share; /* the adjusted correlation */
    double odds[2];        /* the median odds ratio; NaN: there is none */
    bool nodes;            /* ... for an end hangs on the number of nodes */
    bool several;          /* ... for the group's variance is not that of a random intercept alone */
};

struct icc_intervals {
    enum icc_intervals_by by;
    long used;                  /* replicates */
    bool large;                 /* profiles of the shares would take long */
    bool shares, odds_by_log;   /* there are some of shares; those of odds are by the curvature */
    struct glmm_error why;      /* why there are none of shares; code 0: nothing to say */
    struct icc_interval *group; /* for each random term, of the group that it is the first of; owned */
};

/* asked: by profile, however long that takes; boot: replicates, 0 for the others.  False when memory is out or the work was
 * stopped; icc_intervals_clear in any case. */
bool icc_intervals_find(const struct fit *fit, double level, bool asked, long boot, uint64_t seed,
                        const struct glmm_progress *progress, struct icc_intervals *out, struct glmm_error *err);
void icc_intervals_clear(struct icc_intervals *intervals);

#endif
