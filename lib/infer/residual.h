/* residual.h -- residuals of the rows of a fit, random effects included. */
#ifndef INFER_RESIDUAL_H
#define INFER_RESIDUAL_H

#include <stdint.h>
#include "base/progress.h"
#include "fit/fit.h"

enum residual_kind {
    RESIDUAL_RESPONSE, /* y - mu */
    RESIDUAL_PEARSON,  /* (y - mu) sqrt(w) / sqrt(Var(y | mu)), w the prior weight, as in R */
    RESIDUAL_DEVIANCE  /* the signed root of the row's part of the deviance */
};

/* Of row i; 0 where it is fitted perfectly, at infinity. */
double residual_of(const struct fit *fit, size_t i, enum residual_kind kind);

/* The working residual of row i, on the scale of the linear predictor: (y - mu) / (dmu / deta); that of a linear model is y - mu.
 * NaN where it is fitted perfectly, at infinity, and of a hurdle's zeros, which tell nothing of that predictor. */
double residual_working(const struct fit *fit, size_t i);

/* Another family than gaussian in a linear model, with a distribution function: its residuals are not normal, but those by
 * quantiles are. */
bool residual_has_quantiles(const struct fit *fit);

/* Residuals by quantiles (Dunn and Smyth 1996): z with Phi(z) = P(Y <= y), for counts at random between P(Y < y) and P(Y <= y),
 * by the stream of `seed`; normal where the model is right.  n entries.  *random:
 * there are steps, between which chance chose.  False with GLMM_E_INTERRUPT. */
bool residual_quantiles(const struct fit *fit, uint64_t seed, double residuals[], bool *random,
                        const struct glmm_progress *progress, struct glmm_error *err);

#endif
