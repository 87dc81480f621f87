/* family-special.h -- the gamma function's relatives, without cancellation, and the Mills ratio. */
#ifndef MODEL_FAMILY_SPECIAL_H
#define MODEL_FAMILY_SPECIAL_H

/* out: digamma, trigamma, tetragamma at x > 0. */
void polygamma(double x, double out[3]);

/* log Gamma(x) for x > 0 (thread-safe, no sign). */
double log_gamma(double x);

/* log Gamma(x) - (x log x - x), small for large x. */
double log_gamma_excess(double x);

/* r = log Gamma(a + k) - log Gamma(a), for a > 0, k >= 0.  out: r - k log a (0 for a -> infinity), then dr/da, d2r/da2,
 * d3r/da3 as far as `order` asks (0: the value only). */
void gamma_ratio(double a, double k, int order, double out[4]);

/* out: log Phi(x) and its first three derivatives. */
void log_normal_cdf(double x, double out[4]);

/* x - 1 - log x for x > 0, without cancellation near 1. */
double log_excess(double x);

#endif
