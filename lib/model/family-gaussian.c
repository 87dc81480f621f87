/* family-gaussian.c -- normal errors; tau = log sigma^2; a weight w divides the variance. */
#include <math.h>

#include "model/family-parts.h"

static void constant(const struct observation *at, const double shape[], double out[])
{
    out[0] = -0.5 * (log(2 * M_PI / at->weight) + *shape);
    out[1] = -0.5;
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double m[4], d[4], precision = at->weight * exp(-*shape), r;

    if (link->valid != NULL && !link->valid(eta))
        return false;
    link->inverse(eta, m);
    r = at->y - m[0];
    out[D_VALUE] = -0.5 * precision * r * r;
    if (order == ORDER_VALUE)
        return true;
    d[1] = precision * r;
    d[2] = -precision;
    d[3] = 0;
    chain(d, m, out);
    tau_divides(out);
    return true;
}

static double variance(double mu, const double shape[], double trials)
{
    (void)mu;
    (void)trials;
    return shape[0];
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    (void)shape;
    return (at->y - mu) * (at->y - mu);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    (void)rest;
    return mu + sqrt(shape[0] / at->weight) * rng_normal(rng);
}

const struct family family_gaussian = {
    .name = "gaussian",
    .links = { &link_identity, &link_log, &link_reciprocal },
    .response = RESPONSE_REAL,
    .residual = true,
    .has_dispersion = true,
    .weight_divides = true,
    .dispersion_name = "sigma²",
    .dispersion_law = "sigma²",
    .range = "a finite number",
    .accepts = accepts_finite,
    .start = start_at_response,
    .constant = constant,
    .density = density,
    .curve = curve_variance,
    .variance = variance,
    .deviance = deviance,
    .simulate = simulate,
};
