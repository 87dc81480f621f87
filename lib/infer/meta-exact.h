/* meta-exact.h -- the conditional likelihood of 2 x 2 tables: noncentral hypergeometric, its log odds ratio normal over studies.
 *
 *   f(a | theta) = w_a exp(a theta) / sum_u w_u exp(u theta),   w_u = C(n1, u) C(n2, m - u),   theta_i = x_i'beta + tau u_i
 *
 * The integral over u ~ N(0, 1) is by adaptive Gauss-Hermite quadrature about its mode (f is log-concave), the derivatives by the
 * moments of u given the table; Newton's method in (beta, tau), of which the likelihood is a function of tau^2. */
#ifndef INFER_META_EXACT_H
#define INFER_META_EXACT_H

#include "base/error.h"

struct exact_tables {
    int count, p;
    const double *events1, *n1, *events2, *n2; /* count */
    const double *X;                           /* count x p, column-major */
};

struct exact_fit {
    double *beta, *vcov;     /* p, p x p: given, filled; vcov is that with tau unknown */
    double tau, se_log_tau;  /* NaN for an error at the boundary */
    double loglik, common;   /* at the optimum, and with tau = 0 */
    double *modes, *mode_sd; /* count: mean and SD of theta_i given its table */
    int iterations;
};

/* beta holds starting values.  False when memory is out, or no finite optimum is found. */
bool exact_fit(const struct exact_tables *tables, struct exact_fit *fit, struct glmm_error *err);

#endif
