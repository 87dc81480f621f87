/* glmm/infer.h -- what a fit says: combinations, residuals, comparisons, shares of variance, hypotheses.  Part of <glmm.h>. */
#ifndef GLMM_INFER_H
#define GLMM_INFER_H

#include <stdbool.h>
#include <stddef.h>

#include "glmm/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- what a fit says ------------------------------------------------------------------------ */

struct glmm_estimate {
    double estimate, se;
    double df;           /* of t; infinite: normal */
    double statistic, p; /* of the estimate against 0, two-sided */
    double lower, upper; /* its interval */
};

/* The combination sum_j weights[j] beta_j (p weights), with Satterthwaite's degrees of freedom for a linear mixed model;
 * without an error where it is infinite or not determined. */
bool glmm_fit_contrast(const struct glmm_fit *fit, const double weights[], double level, struct glmm_estimate *out,
                       struct glmm_error *err);

enum glmm_residual { GLMM_RESPONSE, GLMM_PEARSON, GLMM_DEVIANCE };

/* residuals[0 .. glmm_model_rows()), random effects included. */
bool glmm_fit_residuals(const struct glmm_fit *fit, enum glmm_residual kind, double residuals[], struct glmm_error *err);

/* residuals[] by quantiles, standard normal where the model is right (Dunn and Smyth 1996). */
bool glmm_fit_quantile_residuals(const struct glmm_fit *fit, unsigned long long seed, double residuals[], struct glmm_error *err);

/* What exp() of a coefficient is ("odds ratio"); NULL where it means nothing. */
const char *glmm_model_ratio(const struct glmm_model *model);

struct glmm_test {
    double chisq, p;
    int df;
    bool mixture;      /* the law is a mixture of chi-squared laws: a variance of 0 lies on the edge */
    bool conservative; /* several do, and p is an upper bound */
    char adds[256];    /* what the larger model adds, in words, or why there is no test (p is NaN) */
};

/* Likelihood-ratio test of nested fits of the same data; those that differ in fixed effects are to be fitted by ML.  No test (p
 * is NaN) where the log-likelihood of one is no maximum: it has not converged.  GLMM_E_MODEL where the data differ. */
bool glmm_compare(const struct glmm_fit *small, const struct glmm_fit *large, struct glmm_test *out, struct glmm_error *err);

/* The same test by a law that is simulated; NaN where there is none. */
struct glmm_simulated {
    double p, error; /* its Monte Carlo error */
    long used;       /* draws, or fits of both models, that count */
};

/* Against `replicates` responses (0: 1000) drawn from the smaller fit, to each of which both models are fitted: the parametric
 * bootstrap.  Work that is stopped keeps what is done, from 20 replicates on. */
bool glmm_compare_boot(const struct glmm_fit *small, const struct glmm_fit *large, long replicates, unsigned long long seed,
                       const struct glmm_progress *progress, struct glmm_simulated *out, struct glmm_error *err);

/* Of one variance in a linear model without others, at the size of the data (Crainiceanu and Ruppert 2004). */
bool glmm_compare_exact(const struct glmm_fit *small, const struct glmm_fit *large, unsigned long long seed,
                        struct glmm_simulated *out, struct glmm_error *err);

/* The variance of an observation, on the scale of the linear predictor, in parts (Nakagawa, Johnson & Schielzeth 2017). */
struct glmm_icc {
    double group, groups;   /* variance of the group of random term `term`, of all groups */
    double fixed, residual; /* of the fixed part, of what is left */
    double icc;             /* correlation of two rows of one level */
    double design_effect;
};
bool glmm_fit_icc(const struct glmm_fit *fit, int term, struct glmm_icc *out, struct glmm_error *err);

/* A share of the variance of a row, averaged over the rows, on the scale of the linear predictor, with its profile interval. */
struct glmm_share {
    double share, lower, upper; /* NaN: no interval; all NaN where the data do not determine all variances */
};
/* That of random term `term` (-1: of what no term gives).  A level of 0 is 0.95. */
bool glmm_fit_share(const struct glmm_fit *fit, int term, double level, struct glmm_share *out, struct glmm_error *err);

enum glmm_ddf { GLMM_SATTERTHWAITE, GLMM_NORMAL, GLMM_KENWARD_ROGER };

/* What a test of linear hypotheses says; df and p are NaN, and `tested` false, where the data leave the hypothesis open. */
struct glmm_hypothesis {
    bool tested;
    int num_df;
    double den_df;    /* NaN: the statistic is a chi-squared */
    double statistic; /* F or chi-squared */
    double p;
};

/* Tests hypotheses about coefficients in words: "Days = 0", "period2 = period3 = 0", "period" (a term).  Degrees of freedom count
 * for linear mixed models only. */
bool glmm_fit_test(const struct glmm_fit *fit, const char *hypotheses, enum glmm_ddf ddf, struct glmm_hypothesis *out,
                   struct glmm_error *err);

/* A name with what is stated of it, as texts: "treat" with "0.5", "school" with "0.3", "0.1", "arm" with "a", "b". */
struct glmm_stated {
    const char *name;
    const char *const *values;
    size_t count;
};

struct glmm_anova;

/* Tests of the terms of the fixed part, of type 1, 2 or 3.  Returns new. */
struct glmm_anova *glmm_anova_new(const struct glmm_fit *fit, int type, enum glmm_ddf ddf, const struct glmm_progress *progress,
                                  struct glmm_error *err);
void glmm_anova_free(struct glmm_anova *anova);
int glmm_anova_count(const struct glmm_anova *anova);
/* The test of a term; *term is borrowed. */
bool glmm_anova_get(const struct glmm_anova *anova, int index, const char **term, struct glmm_hypothesis *out);

/* Explained variance (Nakagawa, Johnson & Schielzeth 2017) by the fixed effects, and by the groups as well; `index` counts the
 * conventions that the family has for what is left, from 0, *name says which (borrowed, static). */
bool glmm_fit_r2(const struct glmm_fit *fit, int index, const char **name, double *marginal, double *conditional,
                 struct glmm_error *err);

#ifdef __cplusplus
}
#endif

#endif
