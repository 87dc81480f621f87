/* kenward.h -- Kenward and Roger's (1997) adjusted covariance matrix and degrees of freedom of a linear mixed model by REML.
 *
 * With V = sum_i s_i V_i linear in the variances and covariances, Phi = (X'V^-1 X)^-1 and W the inverse of the expected
 * information about the s,
 *
 *   Phi_A = Phi + 2 Phi {sum_ij W_ij (Q_ij - P_i Phi P_j)} Phi,   P_i = -X'V^-1 V_i V^-1 X,  Q_ij = X'V^-1 V_i V^-1 V_j V^-1 X
 *
 * as pbkrtest has it.  Structured effects and residuals: what V has of second derivatives counts too, as Kenward & Roger (2009)
 * do, so that nothing hangs on which parameters a structure is written in (kenward-rows.c).  Nothing n x n is made: rows that
 * share no level of any group are independent, so that everything is a sum over such clusters of rows, and in each it goes
 * through Z'V^-1 Z and Z'V^-1 X. */
#ifndef INFER_KENWARD_H
#define INFER_KENWARD_H

#include "base/progress.h"
#include "fit/fit.h"
#include "model/estimable.h"

struct kenward;

/* Whether a fit has them: a linear mixed model by REML, whose variances the data determine. */
bool kenward_applies(const struct fit *fit);

/* Returns new.  Errors: a fit that is not linear or not by REML, variances that the data leave open, a cluster with more effects
 * than memory, an interruption. */
struct kenward *kenward_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
void kenward_free(struct kenward *kenward);

/* Phi_A, p x p; and a'Phi_A b, by a factor of it (fit/fit.h: root), with `step` between the elements of a and of b. */
const double *kenward_vcov(const struct kenward *kenward);
double kenward_covariance(const struct kenward *kenward, const double *a, const double *b, size_t step);

/* Denominator degrees of freedom for one row.  False when memory is out. */
bool kenward_degrees(const struct kenward *kenward, const double l[], double *df, struct glmm_error *err);

/* The same for the q independent rows `place` of `rows`, and the factor of F.  GLMM_E_INTERRUPT where the progress says stop. */
bool kenward_joint(const struct kenward *kenward, const struct stated_rows *rows, const size_t place[], int q, double *den_df,
                   double *scaling, const struct glmm_progress *progress, struct glmm_error *err);

#endif
