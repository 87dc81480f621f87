/* sums.h -- intervals of the sums of variances that are determined in the place of their parts (struct identity_sum): of their
 * standard deviations, in the fit of what is determined, where each is a variance of its own. */
#ifndef INFER_SUMS_H
#define INFER_SUMS_H

#include "infer/profile.h"

struct sum_intervals {
    int count;
    const struct parameter *parameter; /* a standard deviation each, in the words of the summary: "school + teacher" */
    const struct interval *interval;
};

/* Those of a fit, by its profile or (wald) by curvature; none where it leaves nothing open, or where the data tell no sum by
 * itself.  All memory is the arena's.  False when memory is out or the work was stopped. */
bool sum_intervals(const struct fit *fit, bool wald, double level, struct arena *arena, const struct glmm_progress *progress,
                   struct sum_intervals *out, struct glmm_error *err);

#endif
