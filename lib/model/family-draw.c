/* family-draw.c -- random variates by inversion (nmath's quantile functions). */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"

double draw_poisson(struct rng *rng, double mu)
{
    double u = rng_uniform(rng);

    return mu > 0 ? qpois(u, mu, 1, 0) : 0;
}

double draw_binomial(struct rng *rng, double trials, double p)
{
    double u = rng_uniform(rng);

    if (trials == 1)
        return u > 1 - p;
    return trials > 0 ? qbinom(u, nearbyint(trials), fmin(fmax(p, 0), 1), 1, 0) : 0;
}

double draw_gamma(struct rng *rng, double shape, double scale)
{
    return fmax(qgamma(rng_uniform(rng), shape, scale, 1, 0), 1e-300);
}

double draw_beta(struct rng *rng, double a, double b)
{
    return qbeta(rng_uniform(rng), a, b, 1, 0);
}

/* A Poisson draw with a gamma mean: nmath's negative binomial quantile searches too long where the size is tiny. */
double draw_nbinom(struct rng *rng, double size, double mu)
{
    double mean = mu * draw_gamma(rng, size, 1 / size);

    return draw_poisson(rng, mean);
}
