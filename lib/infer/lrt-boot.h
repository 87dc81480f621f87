/* lrt-boot.h -- the likelihood-ratio test against responses drawn from the smaller model (parametric bootstrap). */
#ifndef INFER_LRT_BOOT_H
#define INFER_LRT_BOOT_H

#include "infer/replicate.h"

struct lrt_boot {
    long replicates, used; /* asked for; those in which both models were fitted */
    double p;              /* (1 + those that reach the statistic) / (1 + used) */
    bool stopped;
};

/* Both are fitted to each response by their own methods.  What is done when it is stopped is kept, from 20 on. */
bool lrt_bootstrap(const struct fit *small, const struct fit *large, double statistic, long replicates, uint64_t seed,
                   const struct glmm_progress *progress, struct lrt_boot *out, struct glmm_error *err);

/* The Monte Carlo error of p: sqrt(p (1 - p) / used). */
double lrt_boot_error(const struct lrt_boot *boot);

#endif
