/* family-poisson.c -- counts: log f = y log mu - mu - log y!, which is [-log(2 pi y)/2 - ...] - (y log(y/mu) + mu - y). */
#include <math.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double LEAST_ETA = 1e-90; /* of a link with 1/eta: its cube must not overflow */

static void constant(const struct observation *at, const double shape[], double out[])
{
    (void)shape;
    out[0] = at->y < 2 ? 0 : -at->weight * (at->y < MANY ? log_gamma(at->y + 1) : log_factorial_rest(at->y));
    out[1] = 0;
}

/* The part of log f without the constant; log mu is good where mu is not. */
static double value(double y, double mu, double log_mu)
{
    if (y < MANY)
        return (y > 0 ? y * log_mu : 0) - mu;
    return mu > TRACE ? -misfit(y, mu, mu - y) : y * (log_mu - log(y)) - (mu - y);
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double m[4], d[4], r, y = at->y, w = at->weight;

    (void)shape;
    no_tau(out);
    if (link == &link_log) {
        double mu = exp(eta);

        if (!isfinite(mu))
            return false;
        out[D_VALUE] = w * value(y, mu, eta);
        out[D_ETA] = w * (y - mu);
        out[D_ETA2] = out[D_ETA3] = -w * mu;
        return true;
    }
    if (!(eta > LEAST_ETA)) /* 1/mu^3 must not overflow */
        return false;
    link->inverse(eta, m);
    if (!isfinite(m[0]))
        return false;
    out[D_VALUE] = w * value(y, m[0], log(m[0]));
    if (order == ORDER_VALUE)
        return true;
    r = 1 / m[0];
    d[1] = w * (y * r - 1);
    d[2] = -w * y * r * r;
    d[3] = 2 * w * y * r * r * r;
    chain(d, m, out);
    return true;
}

static double variance(double mu, const double shape[], double trials)
{
    (void)shape;
    (void)trials;
    return mu;
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    (void)shape;
    return at->y > 0 ? 2 * at->y * log_excess(mu / at->y) : 2 * mu;
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    (void)rest;
    (void)shape;
    (void)at;
    return draw_poisson(rng, mu);
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    (void)rest;
    (void)shape;
    return cumulative_poisson(at->y, mu, below);
}

const struct family family_poisson = {
    .name = "poisson",
    .links = { &link_log, &link_identity, &link_sqrt },
    .response = RESPONSE_REAL,
    .support = SUPPORT_COUNT,
    .range = "a whole number from 0 up",
    .accepts = accepts_count,
    .start = start_above_0,
    .constant = constant,
    .density = density,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
