/* family-beta.c -- proportions strictly between 0 and 1: beta with shapes a = mu phi and b = (1 - mu) phi; tau = log phi.
 *
 * log f = log(a b/(2 pi phi))/2 + delta(phi) - delta(a) - delta(b) - log(y (1 - y)) - phi (mu log(mu/y) + (1 - mu) log((1 -
 * mu)/(1 - y))), delta Stirling's error: nothing of the size of phi cancels. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double LEAST_DRAW = 1e-300; /* a draw is inside the range, as the family asks of its data */
static const double NO_SHAPE = 1e-290;   /* digamma of a shape below, about 1/shape, nears its overflow */

static bool accepts(const struct observation *at)
{
    return at->y > 0 && at->y < 1;
}

static void constant(const struct observation *at, const double shape[], double out[])
{
    (void)shape;
    out[0] = -at->weight * (log(at->y) + log1p(-at->y));
    out[1] = 0;
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double phi = exp(*shape), w = at->weight, m[4], d[4], t[3], A[3], B[3], rest, a, b, log_y = log(at->y),
           log_1y = log1p(-at->y), divergence;

    link->inverse(eta, m);
    rest = link_rest(link, eta);
    a = m[0] * phi;
    b = rest * phi;
    if (!(a > NO_SHAPE && b > NO_SHAPE) || !isfinite(phi))
        return false;
    divergence = misfit(a, at->y * phi, (at->y - m[0]) * phi) + misfit(b, (1 - at->y) * phi, (1 - at->y - rest) * phi);
    out[D_VALUE] =
        w * (0.5 * (log(m[0] * b) - log(2 * M_PI)) + stirling_error(phi) - stirling_error(a) - stirling_error(b) - divergence);
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    polygamma(a, A);
    polygamma(b, B);
    d[1] = w * phi * (log_y - A[0] - log_1y + B[0]);
    d[2] = -w * phi * phi * (A[1] + B[1]);
    d[3] = -w * phi * phi * phi * (A[2] - B[2]);
    t[0] = w * (0.5 + phi * stirling_slope(phi) - a * stirling_slope(a) - b * stirling_slope(b) - divergence);
    t[1] = d[1] - w * phi * (a * A[1] - b * B[1]);
    t[2] = 2 * d[2] - w * phi * phi * (a * A[2] + b * B[2]);
    chain(d, m, out);
    chain_tau(t, m, out);
    return true;
}

/* tau scales phi, a and b: beside l_tau the second and third derivatives of log Gamma there remain. */
static void curve(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT])
{
    double phi = exp(*shape), w = at->weight, m[4], a, b, A[3], B[3], P[3], second;

    link->inverse(eta, m);
    a = m[0] * phi;
    b = link_rest(link, eta) * phi;
    polygamma(a, A);
    polygamma(b, B);
    polygamma(phi, P);
    second = w * (phi * phi * P[1] - a * a * A[1] - b * b * B[1]);
    out[D_CURVE] = out[D_TAU] + second;
    out[D_CURVE + 1] = out[D_TAU_ETA] - w * m[1] * phi * (a * (2 * A[1] + a * A[2]) - b * (2 * B[1] + b * B[2]));
    out[D_CURVE + 2] = out[D_TAU] + 3 * second + w * (pow(phi, 3) * P[2] - pow(a, 3) * A[2] - pow(b, 3) * B[2]);
}

static double variance(double mu, const double shape[], double trials)
{
    (void)trials;
    return mu * (1 - mu) / (1 + shape[0]);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double y = draw_beta(rng, mu * shape[0], rest * shape[0]);

    (void)at;
    return fmin(fmax(y, LEAST_DRAW), 1 - 0x1p-53); /* inside the range, as the family asks of its data */
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    (void)below;
    return pbeta(at->y, mu * shape[0], rest * shape[0], 1, 0);
}

const struct family family_beta = {
    .name = "beta",
    .links = { &link_logit, &link_probit, &link_cloglog },
    .response = RESPONSE_REAL,
    .has_dispersion = true,
    .dispersion_name = "phi",
    .dispersion_law = "mu (1 - mu)/(1 + phi)",
    .range = "a number between 0 and 1, both excluded",
    .accepts = accepts,
    .start = start_at_response,
    .constant = constant,
    .density = density,
    .curve = curve,
    .variance = variance,
    .cumulative = cumulative,
    .simulate = simulate,
};
