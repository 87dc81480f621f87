/* glmm.h -- generalized linear mixed models: Laplace's approximation and adaptive Gauss-Hermite quadrature of the marginal
 * likelihood, with exact gradients (NUMERICS 2).
 *
 * Names of this module begin with glm_ (only public symbols of the library carry glmm_). */
#ifndef FIT_GLMM_H
#define FIT_GLMM_H

#include "base/progress.h"
#include "fit/fit.h"
#include "model/family.h"

struct glm;

/* Checks the response, orders the rows, orthonormalizes X and analyses the structure of the random terms.  The design is
 * borrowed.  nodes: 1 is Laplace.  Returns new.  Errors: a response outside the family's range (row and value), quadrature
 * over crossed factors, a grid that is too large. */
struct glm *glm_new(const struct design *design, const struct family *family, const struct link *link, int nodes,
                    struct glmm_error *err);
void glm_free(struct glm *m);

/* From now on the deviance is that of the restricted likelihood (of a linear model, in which Laplace's approximation is exact).
 * False when memory is out. */
bool glm_restrict(struct glm *m, struct glmm_error *err);

/* The criterion that a fit of the same design minimizes beside its nodes: restricted, or corrected by as many draws. */
bool glm_take_criterion(struct glm *m, const struct fit *fit, struct glmm_error *err);

/* The parameters phi: coefficients of the orthonormalized columns (p), theta (free entries of the templates,
 * column-wise, terms in the design's order), then the shapes of the family: tau = log dispersion where it has one. */
int glm_parameter_count(const struct glm *m);
int glm_theta_count(const struct glm *m);

/* phi of a fit of the same design; a dispersion at its limit is held there, coefficients that run with it are where the search
 * ended. */
void glm_from_fit(struct glm *m, const struct fit *fit, double phi[]);

/* Only the parameters behind theta, into their place in phi. */
void glm_rest_from_fit(struct glm *m, const struct fit *fit, double phi[]);

/* phi's first p entries from coefficients of the design's columns, and back. */
void glm_from_beta(const struct glm *m, const double beta[], double gamma[]);
void glm_to_beta(const struct glm *m, const double gamma[], double beta[]);

/* -2 log likelihood at phi, all constants included, and its gradient (NULL: not wanted).  Starts from the conditional
 * modes that the last call found.  A large finite value (MINIMIZE_BAD) where the likelihood does not exist.  Allocates
 * nothing. */
double glm_deviance(struct glm *m, const double phi[], double gradient[]);

/* The model at given phi: coefficients without standard errors, modes with their covariances, fitted values, deviance; no
 * verdict.  Returns new; NULL where the likelihood does not exist there (GLMM_E_MODEL) or memory is out. */
struct fit *glm_at(struct glm *m, const double phi[], enum fit_method method, struct glmm_error *err);

/* Fits a generalized linear mixed model, or a generalized linear model where the design has no random term.  method:
 * METHOD_LAPLACE (the default), METHOD_AGQ, METHOD_PQL or METHOD_ML (as Laplace).  `link` NULL: the family's default.
 *
 * The fit holds lambda relative to sigma for the gaussian family and absolute (sigma = 1) for all others.  Under
 * METHOD_PQL loglik is Laplace's approximation at the estimates, which do not maximize it.
 *
 * Returns new; NULL with GLMM_E_INTERRUPT when `progress` says stop.  What the data do to a model (separation, a
 * boundary, a dispersion at its limit) is told by fit->optimum, not by an error. */
struct fit *glm_fit(const struct design *design, const struct family *family, const struct link *link,
                    const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err);

/* The log-likelihood at a fit's estimates by importance sampling around the modes: what Laplace's approximation leaves out, for
 * any structure of random effects, with its Monte Carlo error. */
struct importance {
    double loglik;
    double error;     /* standard error of loglik; not to be trusted where few draws are effective */
    double effective; /* effective number of draws, at most all */
};

/* `draws` are taken in antithetic pairs; the same seed gives the same numbers.  False when stopped or memory is out. */
bool glm_importance(const struct fit *fit, int draws, uint64_t seed, const struct glmm_progress *progress, struct importance *out,
                    struct glmm_error *err);

#endif
