/* correlation.c -- see correlation.h. */
#include "linalg/correlation.h"

#include <math.h>

void correlations_of(int k, const double covariance[], double sd[], double correlation[])
{
    for (int a = 0; a < k; a++)
        sd[a] = sqrt(covariance[a + a * k]);
    for (int b = 0; b < k; b++)
        for (int a = 0; a < k; a++)
            correlation[a + b * k] = a == b                       ? 1.0
                                     : sd[a] > 0.0 && sd[b] > 0.0 ? fmax(-1.0, fmin(1.0, covariance[a + b * k] / (sd[a] * sd[b])))
                                                                  : (double)NAN;
}
