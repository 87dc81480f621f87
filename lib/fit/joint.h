/* joint.h -- the joint uncertainty of fixed effects and conditional modes, the variances held at their estimates.
 *
 * With the spherical modes u, M = Z~'WZ~ + I and a flat prior on beta, the modes follow beta by du/dbeta = -M^-1 Z~'WX, so that
 *
 *   Var(x'beta + z'b) = c'Vc + z~'M^-1 z~,   c = x - (M^-1 Z~'WX)'z~,   z~ = Lambda'z
 *
 * For a linear mixed model that is Henderson's (1975), exactly.  Where residuals or levels covary it is the same of the
 * covariance matrix of the rows (rowcov-joint.h). */
#ifndef FIT_JOINT_H
#define FIT_JOINT_H

#include "base/progress.h"
#include "fit/fit.h"

struct joint;

/* Factors M at the estimates.  Borrows the fit, and `related`, its design with relatives (model/relatives.h) where levels of rows
 * may be those; NULL: they are the fit's.  Returns new.  GLMM_E_LIMIT for more effects a row than the engine of generalized
 * models takes. */
struct joint *joint_new(const struct fit *fit, const struct design *related, const struct glmm_progress *progress,
                        struct glmm_error *err);
void joint_free(struct joint *joint);

/* The variance z~'M^-1 z~ of a row's random part given beta, and c[p] -= (M^-1 Z~'WX)'z~; where means have shapes (fit.h) also in
 * these, and beside other predictors with random terms (design_beside) in their coefficients: their places are those of the joint
 * covariance matrix, behind theta.  The row has level[t] of term t, in the order of design_term (-1: without that term), and the
 * effects z[t] (k of them; NULL: an intercept).  z~ is rate[0] times that of the mean and rate[1 + part] times that of a part.
 * Where effects have taken all variation (fit_has_no_variation) nothing is open of a row whose own they are: it is 0, and so is c
 * there. */
double joint_row(struct joint *joint, const int32_t level[], const double *const z[], const double rate[1 + DESIGN_PARTS],
                 double c[]);

/* The mode of z'b of the mean's term t for a level of `related`. */
double joint_mode(struct joint *joint, int t, int32_t level, const double *z);

#endif
