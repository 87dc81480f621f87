/* dial.h -- a fitted model with the standard deviations of one random term turned up or down and everything else solved again:
 * from complete pooling (0) over the estimate (1) to, in the limit, no pooling.
 *
 * For a linear model coefficients and residual variance are profiled out exactly; for others the coefficients, by minimizing the
 * approximated deviance to 1e-9, the dispersion held at its estimate.  The covariances of other random terms keep their estimates
 * (in a linear model: relative to the residual variance). */
#ifndef INFER_DIAL_H
#define INFER_DIAL_H

#include "fit/fit.h"

struct dial;

/* For random term `term` of the design.  The fit is borrowed.  A term whose variances are estimated as 0 is given one of a
 * size that the data could show, so that there is something to turn: dial_at_zero() is then true, the factor 0 is the
 * estimate, and 1 that size. Returns new. */
struct dial *dial_new(const struct fit *fit, int term, struct glmm_error *err);
void dial_free(struct dial *dial);

bool dial_at_zero(const struct dial *dial);

/* The model with the term's template `factor` (finite, not negative) times that of the estimate.  Returns new (fit_free); its
 * standard errors of coefficients and degrees of freedom are not to be used. */
struct fit *dial_turn(struct dial *dial, double factor, struct glmm_error *err);

/* Only the profiled deviance; NaN where it does not exist. */
double dial_deviance(struct dial *dial, double factor);

/* The factor so many doublings from the estimate: 2^doublings. */
double dial_factor(double doublings);

/* How well the data support a turn whose deviance is so much above another's: the ratio of their likelihoods. */
double dial_support(double above);

#endif
