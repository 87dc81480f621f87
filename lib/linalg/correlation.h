/* correlation.h -- standard deviations and correlations of a covariance matrix. */
#ifndef LINALG_CORRELATION_H
#define LINALG_CORRELATION_H

/* Of k x k: sd (k) and correlation (k x k), 1 on the diagonal, within -1 and 1 beside it however the quotient is rounded, NaN
 * where a standard deviation is 0. */
void correlations_of(int k, const double covariance[], double sd[], double correlation[]);

#endif
