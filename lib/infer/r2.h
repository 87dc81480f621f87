/* r2.h -- explained variance of a mixed model, marginal (by the fixed effects) and conditional (by the groups as well).
 *
 *   R2_marginal = f / (f + g + r),  R2_conditional = (f + g) / (f + g + r),  ICC_adjusted = g / (g + r),  ICC = g / (f + g + r)
 *
 * f: variance of X beta over the rows (n - 1); g: mean over the rows of z' Sigma z (Johnson 2014); r: what is left on the scale
 * of the linear predictor (Nakagawa & Schielzeth 2013; Nakagawa, Johnson & Schielzeth 2017), of which programs take different
 * kinds, so that each stands here by its name:
 *
 *   residual                gaussian, identity link: sigma^2
 *   pi2_over_3 ...          successes: the variance of the latent variable, pi^2/3 (logit), 1 (probit), pi^2/6 (cloglog)
 *   delta_p                 successes, logit: 1 / (p (1 - p)), the observation's own
 *   lognormal_lambda_full   log link: log(1 + V(m)/m^2), m the mean of the null model (no predictors but the groups) over its
 * groups lognormal_lambda_b0     the same with m = exp(b0) of the null model (the R package performance up to 0.10)
 *   delta_lambda_full       V(m)/m^2
 *   trigamma_lambda_full    trigamma(m^2/V(m))
 *   ..._trials              of rows that count several trials: f, g and the mean over the trials, so that the same observations
 *                           as rows of 0 and 1 give the same (the others are over rows, as in performance)
 *   delta                   other links: V(m) (d eta / d m)^2 at the null model's mean
 *
 * Of a response with another mean m than the family's mu (counts whose zeros are cut off, ordered beta), mu is the null model's,
 * V and m are those of the response there, and what they leave is brought to the scale of the linear predictor by (d eta/d log
 * m)^2 (at the log link) or (d eta/d m)^2, as in icc.h.
 *
 * Beside zi= all is of the predictor of the mean and of the family without these zeros (a hurdle's beyond 0), and the null model
 * keeps zi= and disp=.  Where disp= gives each row its dispersion, r is the mean over the rows of what it would be with each.
 *
 * The variance of effects that have a level for each observation, in a model without a residual, belongs to r. */
#ifndef INFER_R2_H
#define INFER_R2_H

#include "fit/fit.h"

enum { R2_METHODS = 4 };

/* What variances and means are averages over. */
enum r2_over { R2_OVER_ROWS, R2_OVER_TRIALS, R2_OVERS };

struct r2_method {
    const char *method; /* as above */
    const char *words;  /* "log(1 + V/m^2), m = 7.9": what is left, in words; the arena's */
    enum r2_over over;
    double residual, marginal, conditional, icc_adjusted, icc;
};

struct r2_parts {
    double fixed, random, level_of_row;
};

struct r2 {
    struct arena *arena;
    struct r2_parts parts[R2_OVERS];
    double mean, mean_b0, mean_trials; /* m of the null model; NaN where none is needed */
    bool own_mean;                     /* these are mu, at which the response has another mean m */
    int count;
    struct r2_method method[R2_METHODS];
};

/* Returns new.  Where the variance that is left depends on the mean, the null model is fitted by the same method.  Errors: those
 * of that fit, memory, an interruption. */
struct r2 *r2_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
void r2_free(struct r2 *r2);

/* The variance of X beta, with n - 1; 0 where it is but rounding. */
double r2_fixed_variance(const struct fit *fit, enum r2_over over);

/* The mean over rows, or trials, of the variance that the design's random term t gives them; `fit` as it stands. */
double r2_term_variance(const struct fit *fit, enum r2_over over, int t);

/* The variance of the group of the design's random term t, over the rows. */
double r2_group(const struct fit *fit, int t);

/* The median odds ratio exp(sqrt(2 v) qnorm(3/4)) of two levels of a group with variance v (Larsen & Merlo 2005). */
double median_odds_ratio(double variance);

/* The variance that has this median odds ratio. */
double median_odds_variance(double ratio);

#endif
