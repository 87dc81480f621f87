/* bessel.h -- the logarithm of Bessel's function K, for Matern's correlations. */
#ifndef MODEL_BESSEL_H
#define MODEL_BESSEL_H

/* log K_order(z), z > 0, order >= 0 (both without units); -Inf where K is 0 to a double.  For orders from 100 on by the expansion
 * that is uniform in z (DLMF 10.41.4, Olver's polynomials 10.41.10), whose first term left out is 2e-12 at 100 and falls with
 * the fifth power of the order (6e-14 at 200); the recurrence of Rmath takes a step for each unit of the order.  No errors. */
double log_bessel_k(double z, double order);

#endif
