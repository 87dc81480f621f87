/* pool-lrt.h -- likelihood-ratio tests of models of multiply imputed data.
 *
 * Of m imputations with the statistics d_i = 2 (loglik of the larger - loglik of the smaller model), each at its own estimates,
 * and with d_S = (1/m) times that of all imputations together, at estimates that they share (a group of each imputation being a
 * group of its own),
 *
 *   D = d_S / (k (1 + r)),   r = (m + 1) / (k (m - 1)) (mean d_i - d_S), 0 at least,   k the difference in parameters,
 *
 * is an F with k and pool_joint_df(m, k, r, Infinity) degrees of freedom: D4 of Chan & Meng (2022, Statistica Sinica 32,
 * 1489-1514). It is Meng & Rubin's (1992) D3 with d_S for its likelihoods at mean estimates, so that it hangs on no scale of the
 * parameters and is never below 0. */
#ifndef INFER_POOL_LRT_H
#define INFER_POOL_LRT_H

#include "infer/compare.h"
#include "infer/pool.h"

/* A model's maxima of the likelihood: in each imputation, and in all of them together. */
struct pooled_likelihood {
    const struct model *model;
    const struct fit *fit; /* the pooled one that was given, or `own` */
    struct fit *own;       /* by ML, where the model's is by REML */
    double stacked;        /* the log likelihood of all */
};

struct pooled_lrt {
    struct lrt lrt; /* of the first imputation: what the larger model adds, and its law; LRT_NONE: why there is no test */
    int m;
    double chisq, stacked; /* mean d_i; d_S */
    double riv, statistic, den_df, p;
};

/* `fit`: the pooled one of the model, borrowed.  pooled_likelihood_clear in any case.  Errors: an imputation that could not be
 * fitted or does not determine all coefficients; residual=, covariance structures, matrices between levels and priors; those of
 * fits. */
bool pooled_likelihood_find(const struct model *model, const struct fit *fit, const struct glmm_progress *progress,
                            struct pooled_likelihood *out, struct glmm_error *err);
void pooled_likelihood_clear(struct pooled_likelihood *likelihood);

/* Two models of the same data, the one with more parameters last. */
bool pooled_likelihood_test(const struct pooled_likelihood *small, const struct pooled_likelihood *large, struct pooled_lrt *out,
                            struct glmm_error *err);

#endif
