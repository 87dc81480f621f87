/* pool.h -- estimates of multiply imputed data, pooled by Rubin's rules (Rubin 1987).
 *
 * Of m imputations with estimates Q_i and squared errors U_i,
 *
 *   Q = mean Q_i,   U = mean U_i,   B = sum (Q_i - Q)^2 / (m - 1),   T = U + (1 + 1/m) B
 *
 * are the pooled estimate, its variance within and between imputations, and its total variance; riv = (1 + 1/m) B / U is the
 * relative increase in variance, lambda = (1 + 1/m) B / T.  With v degrees of freedom of complete data, t has (Barnard & Rubin
 * 1999)
 *
 *   df = 1 / (1/old + 1/observed),   old = (m - 1) / lambda^2,   observed = (v + 1) / (v + 3) v (1 - lambda),
 *
 * old alone where v is infinite; fmi = (riv + 2 / (df + 3)) / (riv + 1) is the fraction of missing information.  v is the mean
 * over the imputations of the degrees of freedom that each fit has (Satterthwaite's, Kenward and Roger's, residual ones).
 *
 * Several functions are tested together by D1 (Li, Raghunathan & Rubin 1991), D = d'U^-1 d / (q (1 + r)) with
 * r = (1 + 1/m) tr(B U^-1) / q, an F whose denominator is theirs, or Reiter's (2007) where v is finite and q (m - 1) > 4.
 *
 * Standard deviations are pooled as logarithms, correlations by Fisher's z; where one is 0, or 1, in some imputation, as they
 * are, without an error.  Shares of variance are pooled as angles, a = arcsin sqrt(share) (the variance-stabilizing
 * transformation of a proportion, finite at 0), each side of their interval with its own error: U of the lower end is the mean of
 * the squares (a - a(lower)) / z over the imputations, of the upper end that of (a(upper) - a) / z, at the level asked for, z the
 * normal quantile, and B is the same for both.  So identical imputations have the interval of one.  An end that is at 0 (at 1) in
 * some imputation is so pooled: the data set no bound on that side. */
#ifndef INFER_POOL_H
#define INFER_POOL_H

#include "base/arena.h"
#include "fit/imputed.h"
#include "infer/linear.h"

struct pooled {
    double estimate, se, df; /* df: Infinity: z */
    double within, between;  /* U, B */
    double riv, lambda, fmi;
    double complete_df;
};

/* m >= 2 estimates and their squared errors. */
void pool_numbers(int m, const double estimate[], const double square[], double complete_df, struct pooled *out);

/* Denominator degrees of freedom of D1. */
double pool_joint_df(int m, int q, double riv, double complete_df);

/* Fits each imputation of a model of imputed data, by all threads, and pools.  Imputations that cannot be fitted or do not
 * converge are left out, and counted in fit->imputed; what some imputation leaves open or has at infinity is NaN.  The model must
 * outlive the fit.  Returns new.  Errors: those of imputed_new; fewer than two fits. */
struct fit *pool_fit(const struct model *model, const struct fit_options *options, const struct glmm_progress *progress,
                     struct glmm_error *err);

/* Pools the fits that are there, of which at least two count.  Takes imputed.  Returns new; the model must outlive it. */
struct fit *pool_fitted(const struct model *model, struct imputed *imputed, const struct glmm_progress *progress,
                        struct glmm_error *err);

/* --- linear functions (what linear.c does with a pooled fit) ------------------------------------------ */

/* Readies linear->each, and the covariance matrices, of a pooled fit, as linear_init does. */
bool pool_linear_init(struct linear *linear, enum linear_ddf ddf, const struct glmm_progress *progress, struct glmm_error *err);

/* Row i of `rows`: NaN where it is not the same finite function in each imputation. */
bool pool_linear(const struct linear *linear, const struct stated_rows *rows, size_t i, struct pooled *out,
                 struct glmm_error *err);

/* D1 of the q independent rows `place`, which miss miss[place[k]]. */
bool pool_test(const struct linear *linear, const struct stated_rows *rows, const size_t place[], int q, const double miss[],
               struct linear_test *out, struct glmm_error *err);

/* --- variance parameters ------------------------------------------------------------------------------ */

struct pooled_sd {
    int term, a;         /* of the design; term -1: the residuals */
    double estimate;     /* NaN where some imputation leaves it open */
    double lower, upper; /* NaN without errors */
    double fmi;          /* the same */
    int zero;            /* imputations in which it is 0 */
};

/* The standard deviations of the random effects and of the residuals.  The arena's.  False when memory is out or the work was
 * stopped. */
bool pool_deviations(const struct fit *fit, double level, struct arena *arena, const struct glmm_progress *progress,
                     const struct pooled_sd **out, int *count, struct glmm_error *err);

struct pooled_share {
    int term;            /* the first of its group */
    double share;        /* the adjusted correlation (icc.h), pooled as an angle */
    double of_all;       /* the same with the fixed effects in the denominator */
    double lower, upper; /* by the intervals of each fit; NaN where one has none */
    double fmi;          /* the larger of those of the two ends; NaN where both are at an edge */
    int zero;            /* imputations in which it is 0 */
    double effect;       /* the design effect: that of icc.h for the pooled share, averaged over the imputations' rows */
};

/* The intraclass correlation of each group.  `asked`: intervals by profile, however long that takes.  The arena's.  Errors: those
 * of icc_is_defined in an imputation; variances that one leaves open; memory, an interruption. */
bool pool_shares(const struct fit *fit, double level, bool asked, struct arena *arena, const struct glmm_progress *progress,
                 const struct pooled_share **out, int *count, struct glmm_error *err);

#endif
