/* glmm-hessian.h -- exact second derivatives of the deviance, by Laplace's approximation or by quadrature with one random effect
 * a level; with one predictor that has random terms or several.  No part of the models with other quadrature, draws, a prior, or
 * a factor whose dense tail is large: there, differences serve. */
#ifndef FIT_GLMM_HESSIAN_H
#define FIT_GLMM_HESSIAN_H

#include "fit/glmm-parts.h"

struct glm_tangent;

/* Whether the model has them. */
bool glm_has_hessian(const struct glm *m);

/* The workspace, for this model alone.  Returns new; NULL with an error when memory is out, or would be. */
struct glm_tangent *glm_tangent_new(const struct glm *m, const struct glmm_progress *progress, struct glmm_error *err);
void glm_tangent_free(struct glm_tangent *w);

/* The second derivatives of the deviance in phi (n x n, symmetric, n without what is held), at the phi whose slopes were asked
 * for last: its modes, factor and adjoint are used, and left.  False where a density does not exist around eta, where the rows
 * say so much of a level that second derivatives lose their digits, or when stopped.  rough: good to about 1e-8, for the step
 * of a search, at half the price.  Allocates nothing. */
bool glm_hessian(struct glm_tangent *w, struct glm *m, const double phi[], bool rough, double hessian[]);

#endif
