/* family-inverse-gaussian.c -- variance phi mu^3; tau = log phi; a weight w divides phi.
 *
 * log f = -log(2 pi phi y^3)/2 - Q/(2 phi), Q = (y - mu)^2/(mu^2 y) = y (kappa - 1/y)^2 with kappa = 1/mu. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"

static const double LEAST_ETA = 1e-90; /* of a link with 1/eta: its cube must not overflow */

static void constant(const struct observation *at, const double shape[], double out[])
{
    out[0] = -0.5 * (log(2 * M_PI / at->weight) + *shape + 3 * log(at->y));
    out[1] = -0.5;
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double half = 0.5 * at->weight * exp(-*shape), m[4], d[4], r;

    /* m is kappa. */
    if (link == &link_log) {
        m[0] = exp(-eta);
        m[1] = -m[0];
        m[2] = m[0];
        m[3] = -m[0];
    } else if (!(eta > LEAST_ETA)) {
        return false;
    } else if (link == &link_reciprocal) {
        m[0] = eta;
        m[1] = 1;
        m[2] = m[3] = 0;
    } else { /* 1/mu^2 */
        m[0] = sqrt(eta);
        m[1] = 0.5 / m[0];
        m[2] = -0.5 * m[1] / eta;
        m[3] = -1.5 * m[2] / eta;
    }
    r = m[0] - 1 / at->y;
    out[D_VALUE] = -half * at->y * r * r;
    if (!isfinite(out[D_VALUE]) || m[0] == 0)
        return false;
    if (order == ORDER_VALUE)
        return true;
    d[1] = -2 * half * at->y * r;
    d[2] = -2 * half * at->y;
    d[3] = 0;
    chain(d, m, out);
    tau_divides(out);
    return true;
}

static double variance(double mu, const double shape[], double trials)
{
    (void)trials;
    return shape[0] * mu * mu * mu;
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    double r = (at->y - mu) / mu;

    (void)shape;
    return r * r / at->y;
}

/* Michael, Schucany & Haas (1976): the smaller root of the quadratic, or its mate. */
static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double z = rng_normal(rng), c = 0.5 * mu * shape[0] / at->weight, w = c * z * z, x;

    (void)rest;
    x = mu / (1 + w + sqrt(w * (2 + w)));
    return rng_uniform(rng) * (mu + x) <= mu ? x : mu * mu / x;
}

/* Phi(sqrt(l/y) (y/mu - 1)) + exp(2 l/mu) Phi(-sqrt(l/y) (y/mu + 1)), l = 1/phi; the second in logarithms. */
static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    double l = at->weight / shape[0], root = sqrt(l / at->y), ratio = at->y / mu;

    (void)rest;
    (void)below;
    return fmin(pnorm(root * (ratio - 1), 0, 1, 1, 0) + exp(2 * l / mu + pnorm(-root * (ratio + 1), 0, 1, 1, 1)), 1);
}

const struct family family_inverse_gaussian = {
    .name = "inverse.gaussian",
    .links = { &link_log, &link_inverse_square, &link_reciprocal },
    .response = RESPONSE_REAL,
    .mean_power = 3,
    .has_dispersion = true,
    .weight_divides = true,
    .dispersion_name = "phi",
    .dispersion_law = "phi mu³",
    .range = "a positive number",
    .accepts = accepts_positive,
    .start = start_at_response,
    .constant = constant,
    .density = density,
    .curve = curve_variance,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
