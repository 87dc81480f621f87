/* scales.h -- disp= of a linear model by REML: log sigma^2 = sum_j x_j c_j, as a predictor.
 *
 * The coefficients c stand in fit->residual; their covariances are those of the variance parameters. */
#ifndef FIT_SCALES_H
#define FIT_SCALES_H

#include "fit/fit.h"

/* The columns of disp= (their names, X, p) where the fit has estimates of them; NULL: there is none, or the data do not determine
 * them. */
const struct design *fit_scales(const struct fit *fit);

/* sum_j x_j c_j of p values, `step` apart. */
double fit_scales_at(const struct fit *fit, const double x[], size_t step);

/* Its standard error, from the observed information; NaN where there is none (no certified optimum).  Those of coefficients that
 * are held at a limit of theirs count as 0. */
double fit_scales_se(const struct fit *fit, const double x[], size_t step);

/* c_j; its standard error is put into *se. */
double fit_scales_coefficient(const struct fit *fit, int j, double *se);

#endif
