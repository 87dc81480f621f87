/* zeros.h -- coefficients of zero inflation that are infinite: no zeros in a cell, no more of them than the family has, nothing
 * but zeros. */
#ifndef FIT_ZEROS_H
#define FIT_ZEROS_H

#include "fit/fit.h"

/* Where the log-odds of rows have run so far that nothing is left to gain, the coefficients that take them there become Inf, -Inf
 * or (where it is not told which) NaN in the fit's part, without an error, and the verdict says so.  False when memory is out. */
bool fit_settle_zeros(struct fit *fit);

#endif
