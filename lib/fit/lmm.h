/* lmm.h -- linear mixed models: profiled (restricted) likelihood and its exact gradient (NUMERICS 1). */
#ifndef FIT_LMM_H
#define FIT_LMM_H

#include "base/progress.h"
#include "fit/fit.h"

struct lmm;

/* Forms the cross-products in one pass over the rows and analyses the structure.  The design is borrowed.  Returns new. */
struct lmm *lmm_new(const struct design *design, bool reml, struct glmm_error *err);

/* The same, asking `progress` now and then; NULL with GLMM_E_INTERRUPT when it says stop. */
struct lmm *lmm_new_watched(const struct design *design, bool reml, const struct glmm_progress *progress, struct glmm_error *err);
void lmm_free(struct lmm *m);

int lmm_theta_count(const struct lmm *m);

/* The profiled deviance (REML: criterion) at theta, all constants included; allocates nothing. */
double lmm_deviance(struct lmm *m, const double theta[]);

/* About how many nanoseconds one of these takes, with its gradient or without, on the whole. */
double lmm_work(const struct lmm *m);

/* The deviance and its gradient with respect to theta; allocates nothing. */
double lmm_gradient(struct lmm *m, const double theta[], double gradient[]);

/* The deviance at theta and a residual standard deviation exp(log_sigma) that is held too, beta alone profiled out, and its
 * slopes in (theta, log_sigma); MINIMIZE_BAD where it does not exist.  Allocates nothing. */
double lmm_deviance_at(struct lmm *m, const double theta[], double log_sigma, double gradient[]);

/* The same with its exact second derivatives, (theta_count + 1) x (theta_count + 1), of which the last row and column are
 * log_sigma's.  *known: whether they exist, and cost no more than differences of the slopes.  False when memory is out. */
bool lmm_hessian_at(struct lmm *m, const double theta[], double log_sigma, double gradient[], double hessian[], bool *known);

/* The model at a given theta: sigma, coefficients with standard errors, modes with their covariances, fitted values, criterion;
 * no degrees of freedom and no verdict.  Returns new; NULL where the deviance does not exist there (GLMM_E_MODEL) or memory is
 * out. */
struct fit *lmm_at(struct lmm *m, const double theta[], struct glmm_error *err);

/* Fits.  Returns new; NULL with GLMM_E_INTERRUPT when `progress` says stop, GLMM_E_MODEL when the model cannot be fitted
 * (no rows beyond the parameters, a response that X explains exactly). */
struct fit *lmm_fit(const struct design *design, const struct fit_options *options, const struct glmm_progress *progress,
                    struct glmm_error *err);

#endif
