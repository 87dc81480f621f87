/* family-special.h -- the gamma function's relatives, without cancellation, and the Mills ratio. */
#ifndef MODEL_FAMILY_SPECIAL_H
#define MODEL_FAMILY_SPECIAL_H

/* out: digamma, trigamma, tetragamma at x > 0. */
void polygamma(double x, double out[3]);

/* log Gamma(x) for x > 0 (thread-safe, no sign). */
double log_gamma(double x);

/* delta(x) = log Gamma(x) - [(x - 1/2) log x - x + log(2 pi)/2] for x > 0, about 1/(12 x); and its derivative. */
double stirling_error(double x);
double stirling_slope(double x);

/* log x! of a large whole number (MANY and more) without x log x - x. */
double log_factorial_rest(double x);

/* log Gamma(x) - (x log x - x), small for large x. */
double log_gamma_excess(double x);

/* r = log Gamma(a + k) - log Gamma(a), for a > 0, k >= 0.  out: r - k log a (0 for a -> infinity), then dr/da, d2r/da2,
 * d3r/da3 as far as `order` asks (0: the value only). */
void gamma_ratio(double a, double k, int order, double out[4]);

/* out: log Phi(x) and its first three derivatives. */
void log_normal_cdf(double x, double out[4]);

/* x - 1 - log x for x > 0, without cancellation near 1. */
double log_excess(double x);

/* O log(O/E) + E - O of an observed and an expected amount, `over` = E - O: the deviance of a Poisson count, halved.  Several of
 * these add up to what a count's log density lies below its largest value, in which nothing cancels however large the count. */
double misfit(double observed, double expected, double over);

/* Log densities of counts from here on are counted from their largest value (family.h); below, what cancels is not worth it. */
#define MANY 32

/* Probabilities and means below this have digits in their logarithms only. */
#define TRACE 1e-200

#endif
