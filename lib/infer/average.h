/* average.h -- the mean of a population in which the linear predictor varies. */
#ifndef INFER_AVERAGE_H
#define INFER_AVERAGE_H

#include <stdbool.h>
#include "model/family.h"

struct average {
    double mean;            /* E[mu(eta + s v)] with v standard normal */
    double by_eta;          /* its derivative in eta, */
    double by_variance;     /* and in s^2: E[mu''] / 2 */
};

/* s >= 0; s = 0 gives mu, mu' and mu''/2 at eta.  The integral is exact to about 12 digits for every link; `link` NULL is the identity.  False where
 * there is no such mean: the linear predictors of the population leave what the link allows (inverse, log of a probability). */
bool link_average(const struct link *link, double eta, double s, struct average *out);

#endif
