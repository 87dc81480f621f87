/* family-genpois.c -- counts of the generalized Poisson distribution with mean mu and variance phi mu, log link; tau = log phi.
 *
 *   log f = log theta + (y - 1) log w - w - log y!,  theta = mu/sqrt(phi), lambda = 1 - 1/sqrt(phi), w = theta + lambda y
 *
 * (Consul & Jain 1973).  phi < 1 is less spread than Poisson; then counts with w <= 0 are impossible. */
#include <math.h>

#include "model/family-parts.h"
#include "model/family-special.h"
#include "model/jet.h"

static const double LEAST_THETA = 1e-290; /* log theta and 1/theta have room above the least number */
static const double NO_MASS = 1e-17;      /* a probability that no longer moves a sum beside 1 */

static void constant(const struct observation *at, const double shape[], double out[])
{
    (void)shape;
    out[0] = at->y < 2 ? 0 : -at->weight * log_gamma(at->y + 1);
    out[1] = 0;
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double tau = shape[0], y = at->y, weight = at->weight, theta = exp(eta - 0.5 * tau), root = exp(-0.5 * tau), r;
    double value = theta - expm1(-0.5 * tau) * y;
    struct jet w, l;

    (void)link;
    if (!(value > 0) || !isfinite(value) || !(theta > LEAST_THETA))
        return false;
    out[D_VALUE] = weight * (eta - 0.5 * tau + (y - 1) * log(value) - value);
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    w = jet_add(jet_apply(jet_linear(0, 1, -0.5), theta, theta, theta, theta), -y,
                jet_apply(jet_linear(0, 0, -0.5), expm1(-0.5 * tau), root, root, root));
    r = 1 / value;
    l = jet_add(jet_linear(0, 1, -0.5), -1, w);
    l = jet_add(l, y - 1, jet_apply(w, log(value), r, -r * r, 2 * r * r * r));
    out[D_ETA] = weight * l.c[JET_X];
    out[D_ETA2] = 2 * weight * l.c[JET_XX];
    out[D_ETA3] = 6 * weight * l.c[JET_XXX];
    out[D_TAU] = weight * l.c[JET_Y];
    out[D_TAU_ETA] = weight * l.c[JET_XY];
    out[D_TAU_ETA2] = 2 * weight * l.c[JET_XXY];
    return true;
}

static double variance(double mu, const double shape[], double trials)
{
    (void)trials;
    return shape[0] * mu;
}

/* The probability of a count. */
static double probability(double mu, double phi, double y)
{
    double theta = mu / sqrt(phi), w = theta + (1 - 1 / sqrt(phi)) * y;

    return w > 0 ? exp(log(theta) + (y - 1) * log(w) - w - log_gamma(y + 1)) : 0;
}

/* By adding up. */
static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    double sum = 0, last = at->y - below;

    (void)rest;
    for (double y = 0; y <= last && sum < 1; y++)
        sum += probability(mu, shape[0], y);
    return fmin(sum, 1);
}

/* phi >= 1: all descendants of theta ancestors, each with lambda children (Consul 1989, 1.4), generation by generation. */
static double descendants(struct rng *rng, double theta, double lambda)
{
    double born = draw_poisson(rng, theta), all = born;

    while (born > 0) {
        born = draw_poisson(rng, lambda * born);
        all += born;
    }
    return all;
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double u, sum = 0, y = 0, p;

    (void)rest;
    (void)at;
    if (mu > DRAW_LARGE_MEAN) /* adding up takes as many steps */
        return shape[0] < 1 ? draw_nearly_normal(rng, mu, shape[0] * mu, (3 * sqrt(shape[0]) - 2) / sqrt(mu))
                            : descendants(rng, mu / sqrt(shape[0]), 1 - 1 / sqrt(shape[0]));
    u = rng_uniform(rng);
    for (;; y++) {
        p = probability(mu, shape[0], y);
        sum += p;
        if (sum >= u || (y > mu && p < NO_MASS))
            return y;
    }
}

const struct family family_genpois = {
    .name = "genpois",
    .links = { &link_log },
    .response = RESPONSE_REAL,
    .support = SUPPORT_COUNT,
    .has_dispersion = true,
    .certain = true,
    .dispersion_name = "phi",
    .dispersion_law = "phi mu",
    .at_one = "Poisson",
    .range = "a whole number from 0 up",
    .accepts = accepts_count,
    .start = start_above_0,
    .constant = constant,
    .density = density,
    .variance = variance,
    .cumulative = cumulative,
    .simulate = simulate,
};
