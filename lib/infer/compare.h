/* compare.h -- likelihood-ratio tests of nested models, with the right distribution under the null. */
#ifndef INFER_COMPARE_H
#define INFER_COMPARE_H

#include "fit/fit.h"

enum lrt_reference {
    LRT_CHISQ,        /* chi-squared(df) */
    LRT_MIXTURE,      /* chi-bar-squared: a mixture of chi-squared laws (Self & Liang 1987; Stram & Lee 1994) */
    LRT_CONSERVATIVE, /* chi-squared(df), an upper bound: several variances on the boundary */
    LRT_NONE          /* not nested, or no difference in parameters */
};

struct lrt {
    double chisq; /* 2 (loglik of the larger - loglik of the smaller); NaN where there is no test */
    bool worse;   /* chisq is below 0: the larger model was fitted worse than a case of it, and p is NaN */
    int df;       /* difference in parameters */
    double p;
    enum lrt_reference reference;
    int mixture_count; /* components of the mixture, 2 or 0 */
    double mixture_df[2], mixture_weight[2];
    bool dispersion; /* the larger model adds a dispersion, which is at its limit in the smaller one */
    bool zeros;      /* it adds zeros beyond those of the family, whose log-odds are -Inf in the smaller one */
    char adds[256];  /* what the larger model adds, in words: "variance of Days by Subject and its covariance with (Intercept)";
                                LRT_NONE: why there is no test */
};

/* Tests `small` against `large`, fits of the same rows and response by the same criterion (the caller refits by ML where the
 * fixed effects differ).  Nesting is judged from the columns themselves, not from their names: see nest.h.
 * False with *err when memory is out. */
bool lrt_test(const struct fit *small, const struct fit *large, struct lrt *out, struct glmm_error *err);

/* No test between the two, and why. */
void lrt_none(const struct fit *small, const struct fit *large, const char *why, struct lrt *out);

/* start[0 .. theta_count of the larger model): the smaller model's estimates as a starting value of the larger one, whose other
 * variances and covariances are 0.  False when memory is out. */
bool lrt_start(const struct fit *small, const struct design *large, double start[]);

/* Whether two designs have the same fixed columns, in any order, and the same offset: then REML criteria compare. */
bool same_fixed(const struct design *a, const struct design *b);

/* False, with *err saying what differs (rows, response, weights), when two designs do not describe the same data. */
bool same_data(const struct design *a, const struct design *b, struct glmm_error *err);

/* P(chi-squared(df) >= x). */
double chi_squared_tail(double x, double df);

#endif
