/* attenuation.h -- conditional coefficients beside population-averaged ones.
 *
 * The population's mean m_i at each row is an integral over the random effects (marginal.h).  It is no GLM in general,
 * so its coefficients are a projection, that of Heagerty and Zeger (2000) in the form of GLMMadaptive's marginal_coefs:
 * the least-squares regression, each row with weight 1 (or the number of its trials), of g(m_i) - offset_i on x_i.  With the
 * identity link it gives beta itself, with the log link and a plain random intercept beta with half the variance added to the
 * intercept, with the probit beta / sqrt(1 + variance).
 *
 * Standard errors are by the delta method, from the joint covariance matrix of beta and theta; the rows' x are held
 * fixed. */
#ifndef INFER_ATTENUATION_H
#define INFER_ATTENUATION_H

#include "base/progress.h"
#include "fit/fit.h"

/* The closed formulas, for a random part of the same variance v at every row. */
enum attenuation_rule {
    RULE_NONE,
    RULE_IDENTITY, /* marginal = conditional */
    RULE_LOGIT,    /* beta / sqrt(1 + c^2 v), c = 16 sqrt(3)/(15 pi): an approximation (Zeger, Liang and Albert 1988) */
    RULE_PROBIT,   /* beta / sqrt(1 + v): exact */
    RULE_LOG       /* intercept + v/2, the others as they are: exact */
};

/* Marginal over conditional coefficients by a rule, for random parts of that variance; NaN where the rule has no such factor. */
double attenuation_rule_factor(enum attenuation_rule rule, double variance);

/* Arrays have p entries and are the arena's; names are borrowed from the fit's design. */
struct attenuation {
    struct arena *arena;
    int p;
    const char *const *names;
    const double *conditional, *se;
    const double *marginal, *marginal_se; /* NaN where the population's mean does not exist (a reciprocal link) */
    const double *ratio;                  /* marginal / conditional; NaN for a coefficient of 0 */
    enum attenuation_rule rule;
    const double *by_rule;          /* NULL with RULE_NONE */
    bool rule_is_exact;             /* marginal is by_rule, for every coefficient */
    double factor;                  /* of the rule; NaN for RULE_NONE and RULE_LOG */
    const double *naive, *naive_se; /* the same model without its random terms; NULL where it has no estimate */
    const double *gee, *gee_se; /* estimating equations, exchangeable in the outermost group, with robust errors; NULL: none */
    const char *gee_group;      /* that group; NULL where groups are crossed */
    bool gee_trials;            /* single trials are alike, not rows that count several */
    int gee_clusters;           /* its levels that have rows; fewer than GEE_CLUSTERS_ENOUGH make errors too small */
    double least_variance, most_variance; /* of the random part, over the rows; NaN and Inf: one of its variances is infinite */
    const bool *estimable;                /* of the coefficient, as the formula states it; NULL: each is */
    bool exists;                          /* the population's mean does, at every row */
    bool collapsible;                     /* identity link: averaging changes nothing */
    bool includes_theta;                  /* marginal_se includes what is not known of the covariance parameters */
};

/* GLMM_E_MODEL where the curves of groups, and with them what they average to, hang on variances or covariances that the data
 * leave open. */
bool attenuation_check(const struct fit *fit, struct glmm_error *err);

/* Returns new.  Errors: no random term, those of attenuation_check, memory, interruption. */
struct attenuation *attenuation_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
void attenuation_free(struct attenuation *attenuation);

/* The same model without its random terms, fitted by least squares or, where it is not linear or has a prior of coefficients, by
 * maximum likelihood (new, fit_free; `method`: of the former); NULL with an error.  *flat gets its design, which borrows from the
 * fit's and must outlive the new fit. */
struct fit *naive_fit(const struct fit *fit, enum fit_method method, struct design *flat, const struct glmm_progress *progress,
                      struct glmm_error *err);

/* Its coefficients and standard errors (p entries each).  *found is false where it has no estimates, which is no error; errors:
 * memory, interruption. */
bool naive_estimates(const struct fit *fit, double beta[], double se[], bool *found, const struct glmm_progress *progress,
                     struct glmm_error *err);

#endif
