/* quadrature.h -- Gauss-Hermite rules for the standard normal weight. */
#ifndef FIT_QUADRATURE_H
#define FIT_QUADRATURE_H

enum { QUADRATURE_MOST = 101 };

/* Nodes (ascending) and weights (sum 1) of the `count`-point rule for the integral of F(v) exp(-v^2/2)/sqrt(2 pi), to
 * the last digits; 1 <= count <= QUADRATURE_MOST. */
void gauss_hermite(int count, double node[], double weight[]);

#endif
