/* glmm/fit.h -- fits, and the model at other parameters and of other responses.  Part of <glmm.h>. */
#ifndef GLMM_FIT_H
#define GLMM_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "glmm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- fits --------------------------------------------------------------------------------- */

enum glmm_method {
    GLMM_DEFAULT, /* REML for a linear mixed model, Laplace otherwise */
    GLMM_REML,    /* of a linear mixed model only */
    GLMM_ML,      /* exact for a linear mixed model, Laplace otherwise */
    GLMM_LAPLACE,
    GLMM_AGQ, /* adaptive Gauss-Hermite quadrature */
    GLMM_PQL,
    GLMM_IS /* Laplace's approximation corrected by importance sampling */
};

enum glmm_verdict {
    GLMM_CONVERGED, /* a certified optimum */
    GLMM_BOUNDARY,  /* a certified optimum at which a variance is 0 or a correlation -1 or 1 */
    GLMM_NOT_CONVERGED,
    GLMM_NOT_IDENTIFIED /* an optimum that is one of many: the data do not tell some variances apart, or explain everything by
                           infinite estimates.  What is not determined is NaN below, and so are standard errors that depend on it;
                           the message says what is determined */
};

/* Zero or NULL is the default of each. */
struct glmm_fit_options {
    size_t size; /* see glmm_read_options */
    enum glmm_method method;
    int nodes;                            /* of the quadrature, per random effect */
    double tolerance;                     /* deviance still to gain at convergence: 1e-8 */
    const struct glmm_progress *progress; /* told at every evaluation; stops the work with GLMM_E_INTERRUPT */
    const double *start;                  /* glmm_fit_theta_count() starting values of theta; NULL: the engine's own */
    int draws;                            /* of GLMM_IS: 1000 */
};

struct glmm_fit;

/* Fits the model, which must outlive the fit.  options may be NULL.  Returns new, also for a fit that did not converge: see
 * glmm_fit_verdict().  Errors: GLMM_E_MODEL with the argument "method" or "nodes" where the model has no such
 * method, and for a model that cannot be fitted; GLMM_E_USAGE, GLMM_E_VALUE; GLMM_E_INTERRUPT, GLMM_E_MEMORY. */
struct glmm_fit *glmm_fit_new(const struct glmm_model *model, const struct glmm_fit_options *options, struct glmm_error *err);
void glmm_fit_free(struct glmm_fit *fit);

enum glmm_verdict glmm_fit_verdict(const struct glmm_fit *fit);
const char *glmm_fit_message(const struct glmm_fit *fit); /* what the verdict means here, in words; may be empty */

/* The log-likelihood with all constants (REML: restricted), and what follows from it.  npar counts fixed effects, covariance
 * parameters and the dispersion. */
double glmm_fit_loglik(const struct glmm_fit *fit);
/* What a prior added to -2 loglik: 0 without.  The Monte Carlo error of loglik by GLMM_IS; 0 by other methods. */
double glmm_fit_penalty(const struct glmm_fit *fit);
double glmm_fit_loglik_error(const struct glmm_fit *fit);
int glmm_fit_npar(const struct glmm_fit *fit);
double glmm_fit_aic(const struct glmm_fit *fit);
double glmm_fit_aicc(const struct glmm_fit *fit);
double glmm_fit_bic(const struct glmm_fit *fit);

/* The residual standard deviation, in units of the response; 1 for a family without a scale. */
double glmm_fit_sigma(const struct glmm_fit *fit);
/* sigma squared, or the family's dispersion parameter. */
double glmm_fit_dispersion(const struct glmm_fit *fit);

/* Fixed effects on the scale of the linear predictor.  All arrays are the fit's. */
int glmm_fit_fixed_count(const struct glmm_fit *fit);                   /* p */
const char *glmm_fit_fixed_name(const struct glmm_fit *fit, int index); /* R's: "(Intercept)", "period2"; NULL outside 0 .. p-1 */
const double *glmm_fit_estimates(const struct glmm_fit *fit);           /* p */
const double *glmm_fit_standard_errors(const struct glmm_fit *fit);     /* p */
const double *glmm_fit_vcov(const struct glmm_fit *fit);                /* p x p, symmetric */
const double *glmm_fit_df(const struct glmm_fit *fit);                  /* p Satterthwaite degrees of freedom; NULL: normal */

/* Coefficient number `index`, from 0, beside those of the mean: `part` is "thresholds" (of ordered categories), "zi" or "disp".
 */
struct glmm_part_coefficient {
    const char *name; /* the fit's */
    double estimate, se;
};
bool glmm_fit_part(const struct glmm_fit *fit, const char *part, int index, struct glmm_part_coefficient *out);

/* The covariance parameters as the optimizer sees them: the lower triangles of the relative covariance factors, column by
 * column, terms in the order of the formula. */
int glmm_fit_theta_count(const struct glmm_fit *fit);
const double *glmm_fit_theta(const struct glmm_fit *fit);

/* One random term.  All pointers are the fit's or its model's. */
struct glmm_random {
    const char *group;        /* "Subject", "cask:batch" */
    int effects;              /* k */
    const char *const *names; /* k: "(Intercept)", "Days" */
    int levels;
    const char *const *level_names; /* levels */
    const double *sd;               /* k, on the scale of the linear predictor */
    const double *covariance;       /* k x k */
    const double *correlation;      /* k x k; NaN where a standard deviation is 0, or not determined */
    const double *modes;            /* levels x k, row by row: the conditional modes (BLUPs) */
    const double *mode_covariance;  /* levels x k x k: of the random effects given the data, parameters held fixed */
};

int glmm_fit_random_count(const struct glmm_fit *fit);
/* Fills *random with term `index`; false outside 0 .. count-1. */
bool glmm_fit_random(const struct glmm_fit *fit, int index, struct glmm_random *random);

/* For the glmm_model_rows() rows in use: conditional means (random effects included, on the scale of the response), the linear
 * predictor, and the row of the data, from 0, that each belongs to. */
const double *glmm_fit_fitted(const struct glmm_fit *fit);
const double *glmm_fit_linear_predictor(const struct glmm_fit *fit);
const size_t *glmm_fit_rows(const struct glmm_fit *fit);

/* --- the model at other parameters, and of other responses --------------------------------- */

/* -2 log-likelihood of a linear mixed model (REML: the criterion) at theta (glmm_model_theta_count() entries), coefficients and
 * sigma profiled out: the function that the fit minimizes.  NaN with GLMM_E_MODEL for another family, or where there is none. */
int glmm_model_theta_count(const struct glmm_model *model);
double glmm_model_deviance(const struct glmm_model *model, const double theta[], bool reml, struct glmm_error *err);

/* The same model fitted to other responses, glmm_model_rows() of them (a proportion for a binomial model), by the same method:
 * for bootstraps and permutations.  Starts at the estimates of `fit`.  Returns new; the model must outlive it. */
struct glmm_fit *glmm_fit_refit(const struct glmm_fit *fit, const double response[], const struct glmm_progress *progress,
                                struct glmm_error *err);

/* The fit with the standard deviations of random term `term` made `factor` times their estimates, and all else solved again: from
 * complete pooling (0) over the estimate (1) towards none.  Its standard errors of coefficients are not to be used.  Returns new;
 * the model must outlive it. */
struct glmm_fit *glmm_fit_turn(const struct glmm_fit *fit, int term, double factor, struct glmm_error *err);

#ifdef __cplusplus
}
#endif

#endif
