/* family-draw.c -- random variates by inversion (nmath's quantile functions): a draw takes a fixed count of uniform numbers; and
 * the other way, probabilities. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"

static const double LEAST_DRAW =
    1e-300; /* a draw is positive, as the families ask of their data, with room above the least number */

double draw_poisson(struct rng *rng, double mu)
{
    double u = rng_uniform(rng);

    return mu > 0 ? qpois(u, mu, 1, 0) : 0;
}

double draw_nearly_normal(struct rng *rng, double mean, double variance, double skewness)
{
    double z = rng_normal(rng);

    return fmax(0, nearbyint(mean + sqrt(variance) * (z + skewness * (z * z - 1) / 6)));
}

double draw_binomial(struct rng *rng, double trials, double p)
{
    double u = rng_uniform(rng);

    if (trials == 1)
        return u > 1 - p;
    return trials > 0 ? qbinom(u, nearbyint(trials), fmin(fmax(p, 0), 1), 1, 0) : 0;
}

/* log of a gamma draw of scale 1: that of shape + 1 times a power of a uniform, so that small shapes keep their accuracy. */
static double draw_log_gamma(struct rng *rng, double shape)
{
    double x = qgamma(rng_uniform(rng), shape + 1, 1, 1, 0);

    return log(x) + log(rng_uniform(rng)) / shape;
}

double draw_gamma(struct rng *rng, double shape, double scale)
{
    return fmax(scale * exp(draw_log_gamma(rng, shape)), LEAST_DRAW);
}

/* From two gamma draws: nmath's beta quantile complains in print where its shapes are small. */
double draw_beta(struct rng *rng, double a, double b)
{
    double x = draw_log_gamma(rng, a), y = draw_log_gamma(rng, b);

    return 1 / (1 + exp(y - x));
}

/* A Poisson draw with a gamma mean: nmath's negative binomial quantile searches too long where the size is tiny. */
double draw_nbinom(struct rng *rng, double size, double mu)
{
    double mean = mu * draw_gamma(rng, size, 1 / size);

    return draw_poisson(rng, mean);
}

/* --- probabilities ---------------------------------------------------------------------------- */

double cumulative_poisson(double y, double mu, bool below)
{
    return ppois(below ? y - 1 : y, mu, 1, 0);
}

double cumulative_binomial(double successes, double trials, double p, bool below)
{
    successes = nearbyint(successes);
    if (trials == 1) /* the usual one, without a beta function */
        return below ? (successes > 0 ? 1 - p : 0) : successes > 0 ? 1 : 1 - p;
    return pbinom(below ? successes - 1 : successes, nearbyint(trials), fmin(fmax(p, 0), 1), 1, 0);
}

double cumulative_nbinom(double y, double size, double mu, bool below)
{
    if (!(size < 1e12)) /* Poisson, to every digit */
        return cumulative_poisson(y, mu, below);
    return pnbinom_mu(below ? y - 1 : y, size, mu, 1, 0);
}

double cumulative_betabinomial(double successes, double trials, double a, double b, bool below)
{
    double sum = 0, last = nearbyint(successes) - below, beta = lbeta(a, b);

    for (double k = 0; k <= last; k++)
        sum += exp(lchoose(trials, k) + lbeta(k + a, trials - k + b) - beta);
    return fmin(sum, 1);
}
