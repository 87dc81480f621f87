/* mode-errors.h -- how far conditional modes (BLUPs) may be from the random effects: three standard deviations of b_hat - b.
 *
 * With H the second derivatives of -log p(y, b | beta, theta) in b, F = db_hat/dbeta and D = db_hat/dtheta along the profile:
 *
 *   MODE_CONDITIONAL   H^-1                            beta and theta held at their estimates: Var(b | y), as lme4 has it
 *   MODE_PEV           H^-1 + F Var(beta) F'           theta held: of a linear model the prediction error variance of Henderson
 *                                                      (1975), the block of the effects in the inverse of his equations
 *   MODE_FULL          ... + D Var(theta) D'           as TMB's sdreport, and so glmmTMB, has it: Kass & Steffey (1989)
 *
 * Of a generalized model Var(beta) is that of the joint observed information, and MODE_FULL has (F D) Var(beta, theta, shapes)
 * (F D)' as a whole.  theta: the free entries of the templates, by differences of the modes. */
#ifndef INFER_MODE_ERRORS_H
#define INFER_MODE_ERRORS_H

#include "base/progress.h"
#include "fit/fit.h"

enum mode_error { MODE_CONDITIONAL, MODE_PEV, MODE_FULL };

/* se (level_count x k of `shown`, row by row): of term t, in the order of design_term, whose design is `shown`: the fit's, or
 * with relatives behind its levels.  NaN where it is not known.  Errors: GLMM_E_MODEL where MODE_FULL has no covariance of theta
 * (a variance at its limit, structures that are not templates) or is asked of relatives, of pooled fits; those of joint_new. */
bool mode_errors(const struct fit *fit, int t, const struct random_design *shown, enum mode_error kind, double se[],
                 const struct glmm_progress *progress, struct glmm_error *err);

#endif
