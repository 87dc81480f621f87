/* family-gamma.c -- Gamma with mean mu and variance phi mu^2; tau = log phi; shape s = w/phi.
 *
 * log f = [s log s - s - log Gamma(s) - log y] - s (v - 1 - log v), v = y/mu; the bracket is the constant. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double LEAST_ETA = 1e-90; /* of a link with 1/eta: its cube must not overflow */

static void constant(const struct observation *at, const double shape[], double out[])
{
    double s = at->weight * exp(-*shape);

    out[0] = -log_gamma_excess(s) - log(at->y);
    out[1] = s * stirling_slope(s) - 0.5; /* s (psi(s) - log s) */
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double s = at->weight * exp(-*shape), m[4], d[4], v, r;

    /* m is log mu. */
    if (link == &link_log) {
        m[0] = eta;
        m[1] = 1;
        m[2] = m[3] = 0;
    } else if (eta > LEAST_ETA) { /* identity: log eta; inverse: -log eta */
        double sign = link == &link_reciprocal ? -1 : 1;

        r = 1 / eta;
        m[0] = sign * log(eta);
        m[1] = sign * r;
        m[2] = -m[1] * r;
        m[3] = -2 * m[2] * r;
    } else {
        return false;
    }
    v = at->y * exp(-m[0]);
    if (!(v > 0) || !isfinite(v))
        return false;
    out[D_VALUE] = -s * log_excess(v);
    if (order == ORDER_VALUE)
        return true;
    d[1] = s * (v - 1);
    d[2] = -s * v;
    d[3] = s * v;
    chain(d, m, out);
    out[D_TAU] = -out[D_VALUE];
    out[D_TAU_ETA] = -out[D_ETA];
    out[D_TAU_ETA2] = -out[D_ETA2];
    return true;
}

/* The constant's slope is c = s (psi(s) - log s), of which d/dtau = -s d/ds. */
static void curve(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT])
{
    double s = at->weight * exp(-*shape), c = s * stirling_slope(s) - 0.5, psi[3], second;

    (void)link;
    (void)eta;
    polygamma(s, psi);
    curve_quotient(c, out);
    second = s - s * s * psi[1];
    out[D_CURVE] += second - c;
    out[D_CURVE + 2] += c - 3 * second + s + s * s * s * psi[2];
}

static double variance(double mu, const double shape[], double trials)
{
    (void)trials;
    return shape[0] * mu * mu;
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    (void)shape;
    return 2 * log_excess(at->y / mu);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double s = at->weight / shape[0];

    (void)rest;
    return draw_gamma(rng, s, mu / s);
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    double s = at->weight / shape[0];

    (void)rest;
    (void)below;
    return pgamma(at->y, s, mu / s, 1, 0);
}

const struct family family_gamma = {
    .name = "Gamma",
    .reciprocal = true,
    .links = { &link_log, &link_reciprocal, &link_identity },
    .response = RESPONSE_REAL,
    .mean_power = 2,
    .has_dispersion = true,
    .weight_divides = true,
    .dispersion_name = "phi",
    .dispersion_law = "phi mu²",
    .range = "a positive number",
    .accepts = accepts_positive,
    .start = start_at_response,
    .constant = constant,
    .density = density,
    .curve = curve,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
