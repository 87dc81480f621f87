/* bessel.c -- see bessel.h. */
#include "model/bessel.h"

#include <math.h>
#include <Rmath.h>

static const double LARGE_ORDER = 100;

/* sum (-1)^k U_k(p) / order^k up to k = 4, with p in (0, 1). */
static double uniform_series(double p, double order)
{
    double q = p * p, t = p / order;
    double u1 = (3 - 5 * q) / 24, u2 = (81 + q * (-462 + 385 * q)) / 1152;
    double u3 = (30375 + q * (-369603 + q * (765765 - 425425 * q))) / 414720;
    double u4 = (4465125 + q * (-94121676 + q * (349922430 + q * (-446185740 + 185910725 * q)))) / 39813120;

    return 1 - t * (u1 - t * (u2 - t * (u3 - t * u4)));
}

/* Where K itself is too large for a double, z is so small that these terms are all (DLMF 10.27.4, 10.25.2); of orders up to 4
 * below 1e-76, so that the first is all, and orders of 1, 2 and 3, at which the others have poles, have none. */
static double log_of_large(double z, double order)
{
    double x = z * z / 4, sum = 1;

    if (order > 4)
        sum += x / (1 - order) * (1 + x / (2 * (2 - order)) * (1 + x / (3 * (3 - order))));
    return lgammafn(order) - M_LN2 - order * log(z / 2) + log(sum);
}

double log_bessel_k(double z, double order)
{
    double s, root, eta, scaled;

    if (order < LARGE_ORDER) {
        scaled = bessel_k(z, order, 2.0);
        if (isinf(scaled))
            return log_of_large(z, order);
        return scaled > 0.0 ? log(scaled) - z : -(double)INFINITY;
    }
    s = z / order;
    root = sqrt(1 + s * s);
    eta = root + log(s / (1 + root));
    return 0.5 * log(M_PI / (2 * order * root)) - order * eta + log(uniform_series(1 / root, order));
}
