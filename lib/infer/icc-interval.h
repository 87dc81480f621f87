/* icc-interval.h -- intervals of intraclass correlations and of median odds ratios.
 *
 * Where a correlation hangs on one standard deviation alone (a binary model of one random intercept, whose residual is given),
 * its interval is that of this deviation (components.h), transformed; elsewhere it is the profile of the share
 * (share-profile.h), in models that are so large that nobody would wait for it the parametric bootstrap only.  A median odds
 * ratio hangs on the deviation of its group alone. */
#ifndef INFER_ICC_INTERVAL_H
#define INFER_ICC_INTERVAL_H

#include "infer/replicate.h"

/* The last: shares by profile, odds ratios by the curvature. */
enum icc_intervals_by { ICC_BY_PROFILE, ICC_BY_LOG, ICC_BY_BOOT, ICC_BY_PROFILE_AND_LOG };

struct icc_interval {
    double share[2], odds[2]; /* of the adjusted correlation, of the median odds ratio; NaN: there is none */
    bool nodes;               /* there is none, for an end hangs on the number of nodes */
};

struct icc_intervals {
    enum icc_intervals_by by;
    long used;                  /* replicates */
    bool large;                 /* profiles of the shares would take long */
    struct icc_interval *group; /* for each random term, of the group that it is the first of; owned */
};

/* boot: replicates, 0 for the others.  False when memory is out or the work was stopped; icc_intervals_clear in any case. */
bool icc_intervals_find(const struct fit *fit, double level, long boot, uint64_t seed, const struct glmm_progress *progress,
                        struct icc_intervals *out, struct glmm_error *err);
void icc_intervals_clear(struct icc_intervals *intervals);

#endif
