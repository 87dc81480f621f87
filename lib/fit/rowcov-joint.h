/* rowcov-joint.h -- joint.h for models whose rows covary as no template says: structured residuals, related levels.
 *
 * With k the covariances of a row's random part z'b with the random part of the rows of the data, and R = V^-1 of a linear model,
 * (ZGZ' + W^-1)^-1 at the modes under Laplace's approximation (rowcov-laplace.c),
 *
 *   Var(z'b | y, beta) = sigma^2 (Var(z'b) - k'R k),   the modes follow beta by  d(z'b)/dbeta = -k'R X
 *
 * which is the block of the random effects in the inverse of the mixed model equations, and minus its product with Z'R X. */
#ifndef FIT_ROWCOV_JOINT_H
#define FIT_ROWCOV_JOINT_H

#include "base/progress.h"
#include "fit/fit.h"

struct rowcov_joint;

/* Whether the design has such rows, or more effects in one than the generalized engine takes. */
bool rowcov_joint_takes(const struct design *design);

/* The rows' factors at the estimates of a plain fit, borrowed; `design` is its design, or that with relatives
 * (model/relatives.h), whose effects follow from those that have rows.  Returns new. */
struct rowcov_joint *rowcov_joint_new(const struct fit *fit, const struct design *design, const struct glmm_progress *progress,
                                      struct glmm_error *err);
void rowcov_joint_free(struct rowcov_joint *joint);

/* The thresholds that modes follow, behind the coefficients; 0 where there are none. */
int rowcov_joint_thresholds(const struct rowcov_joint *joint);

/* A row with level[t] of term t (-1: without it) and the effects z[t] (NULL: an intercept): Var(z'b | y, beta); *own =
 * Var(z'b), 0 of a model by sparse equations;
 * follow (p and the thresholds): minus the slopes of the modes' z'b. */
double rowcov_joint_row(struct rowcov_joint *joint, const int32_t level[], const double *const z[], double *own, double follow[]);

/* The conditional mode of z'b of one term: of a level with rows that of the fit, of a relative K(l, .) K^-1 times those. */
double rowcov_joint_mode(struct rowcov_joint *joint, int t, int32_t level, const double *z);

/* The modes (count x k) and the variances (as many) of the levels of a term behind those of the fit.  GLMM_E_INTERRUPT where the
 * progress says stop. */
bool rowcov_joint_relatives(const struct fit *fit, const struct design *design, int t, const struct glmm_progress *progress,
                            double modes[], double variances[], struct glmm_error *err);

#endif
