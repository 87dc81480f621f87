/* limits.h -- coefficients of zi= and disp= that are infinite: a cell without zeros, or with no more of them than the family has,
 * or with nothing else; a cell that varies no more than the family at the end of the dispersion's range. */
#ifndef FIT_LIMITS_H
#define FIT_LIMITS_H

#include "base/watch.h"
#include "fit/fit.h"

/* Where the predictor of rows has run so far that nothing is left to gain, the coefficients that take them there become Inf, -Inf
 * or (where it is not told which) NaN in the fit's part, without an error, and the verdict says so.  `held`: the covariance
 * matrix is that where coefficients of the mean that run along the logarithmic series were held (glmm-series.c), and true of
 * combinations that do not run.  False when memory is out. */
bool fit_settle_limits(struct fit *fit, bool held);

/* Whether coefficients of zi= or disp= have become infinite. */
bool fit_part_is_infinite(const struct fit *fit, enum part_kind kind);

/* Then the predictor of rows (the log-odds of zeros; the shape as it is estimated), the fit's own or others (X: n x the columns
 * of that part, column-major; offset: n or NULL), random effects aside: Inf or -Inf where the limits of the fit's own rows take
 * them there, NaN where these do not tell.  False when memory is out, or the watch (or NULL) has stopped. */
bool fit_part_rows(const struct fit *fit, enum part_kind kind, const double X[], const double offset[], size_t n,
                   struct watch *watch, double out[]);

#endif
