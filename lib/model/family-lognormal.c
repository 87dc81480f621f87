/* family-lognormal.c -- positive numbers whose logarithm is normal: eta is the mean of log y, tau = log sigma^2 its variance.
 * The density is that of y. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"

static const double LEAST_DRAW = 1e-300; /* a draw is positive, as the family asks of its data */

static double start(const struct observation *at)
{
    return log(at->y);
}

static void constant(const struct observation *at, const double shape[], double out[])
{
    out[0] = -at->weight * (0.5 * (log(2 * M_PI) + shape[0]) + log(at->y));
    out[1] = -0.5 * at->weight;
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    struct observation log_at = { .y = log(at->y), .trials = 1, .weight = at->weight };

    return family_gaussian.density(link, &log_at, eta, shape, order, out);
}

static void curve(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT])
{
    (void)link;
    (void)eta;
    (void)shape;
    curve_quotient(-0.5 * at->weight, out);
}

static void mean(const struct link *of, double eta, double out[4])
{
    out[0] = out[1] = out[2] = out[3] = exp(eta + 0.5 * of->shape[0]);
}

static double variance(double mu, const double shape[], double trials)
{
    (void)trials;
    return expm1(shape[0]) * exp(2 * mu + shape[0]);
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    return (log(at->y) - mu) * (log(at->y) - mu) / shape[0];
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    (void)rest;
    (void)at;
    return fmax(exp(mu + sqrt(shape[0]) * rng_normal(rng)), LEAST_DRAW);
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    (void)rest;
    (void)below;
    return pnorm(log(at->y), mu, sqrt(shape[0]), 1, 0);
}

const struct family family_lognormal = {
    .name = "lognormal",
    .mean_runs_away = true,
    .links = { &link_log_response },
    .response = RESPONSE_REAL,
    .residual = true,
    .has_dispersion = true,
    .dispersion_name = "sigma²",
    .dispersion_law = "sigma² on the scale of log y",
    .range = "a positive number",
    .accepts = accepts_positive,
    .start = start,
    .constant = constant,
    .density = density,
    .curve = curve,
    .mean = mean,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
