/* own-rows.h -- effects of single rows, which normal residuals of variances that can take their place leave undetermined. */
#ifndef FIT_OWN_ROWS_H
#define FIT_OWN_ROWS_H

#include "fit/fit.h"

/* Refuses (GLMM_E_MODEL) a fit of the lognormal family, of the gaussian one with disp= or residual=diag(), or of one that has
 * turned out to be gaussian, whose term of an effect for each row cannot be told from the residuals.  A fit with a prior
 * passes. */
bool own_rows_check(const struct fit *fit, struct glmm_error *err);

#endif
