/* family-t.c -- Student's t around mu with scale sigma and df degrees of freedom; tau = log sigma, the second shape log df.
 *
 * With u = (y - mu)^2/sigma^2,  log f = [log Gamma((df+1)/2)/Gamma(df/2) - log(df pi)/2 - tau] - (df + 1)/2 log1p(u/df); the
 * bracket is the constant.  It is written so that the normal limit is reached without cancellation. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static void constant(const struct observation *at, const double shape[], double out[])
{
    double half = 0.5 * exp(shape[1]), g[4];

    gamma_ratio(half, 0.5, 1, g);
    out[0] = at->weight * (g[0] - 0.5 * log(2 * M_PI) - shape[0]);
    out[1] = -at->weight;
    out[2] = at->weight * (half * g[1] - 0.5);
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double df = exp(shape[1]), scale = exp(-shape[0]), h = 0.5 * (df + 1), w = at->weight, m[4], d[4], t[3];
    double z, u, um, umm, r, A, B, C;

    if (link->valid != NULL && !link->valid(eta))
        return false;
    link->inverse(eta, m);
    z = (at->y - m[0]) * scale;
    u = z * z;
    out[D_VALUE] = -w * h * log1p(u / df);
    if (!isfinite(out[D_VALUE]) || !isfinite(df))
        return false;
    if (order == ORDER_VALUE)
        return true;
    r = 1 / (df + u);
    A = -h * r; /* the derivatives of the value in u */
    B = h * r * r;
    C = -2 * h * r * r * r;
    um = -2 * z * scale;
    umm = 2 * scale * scale;
    d[1] = w * A * um;
    d[2] = w * (A * umm + B * um * um);
    d[3] = w * (3 * B * um * umm + C * um * um * um);
    chain(d, m, out);
    t[0] = -2 * w * u * A;
    t[1] = -2 * w * (A + u * B) * um;
    t[2] = -2 * w * ((A + u * B) * umm + (2 * B + u * C) * um * um);
    chain_tau(t, m, out);
    t[0] = w * (-0.5 * df * log1p(u / df) + h * u * r);
    t[1] = 0.5 * w * df * (1 - u) * r * r * um;
    t[2] = 0.5 * w * df * r * r * ((1 - u) * umm - (df + 2 - u) * r * um * um);
    chain_shape(t, m, out + D_SHAPE(1));
    return true;
}

/* With F(u) = -h log1p(u/df), l_tau = -1 - 2u dF/du, H = d2F/du d(log df); of any function of u d/dtau is -2u d/du. */
static void curve(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT])
{
    double df = exp(shape[1]), scale = exp(-shape[0]), h = 0.5 * (df + 1), w = at->weight, m[4], z, u, um, r, A, B, C, H[2];
    double *cross = out + D_CURVE_SHAPE(1);

    link->inverse(eta, m);
    z = (at->y - m[0]) * scale;
    u = z * z;
    um = -2 * z * scale * m[1];
    r = 1 / (df + u);
    A = -h * r;
    B = h * r * r;
    C = -2 * h * r * r * r;
    out[D_CURVE] = 4 * w * u * (A + u * B);
    out[D_CURVE + 1] = 4 * w * (A + 3 * u * B + u * u * C) * um;
    out[D_CURVE + 2] = -8 * w * u * (A + 3 * u * B + u * u * C);
    H[0] = 0.5 * df * (1 - u) * r * r;
    H[1] = -0.5 * df * (df + 2 - u) * r * r * r;
    cross[0] = -2 * w * u * H[0];
    cross[1] = -2 * w * (H[0] + u * H[1]) * um;
    cross[2] = 4 * w * u * (H[0] + u * H[1]);
}

static double variance(double mu, const double shape[], double trials)
{
    (void)mu;
    (void)trials;
    return shape[1] > 2 ? shape[0] * shape[0] * shape[1] / (shape[1] - 2) : (double)INFINITY;
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    double z = (at->y - mu) / shape[0];

    return (shape[1] + 1) * log1p(z * z / shape[1]);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    (void)rest;
    (void)at;
    return mu + shape[0] * qt(rng_uniform(rng), shape[1], 1, 0);
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    (void)rest;
    (void)below;
    return pt((at->y - mu) / shape[0], shape[1], 1, 0);
}

const struct family family_t = {
    .name = "t",
    .links = { &link_identity, &link_log, &link_reciprocal },
    .response = RESPONSE_REAL,
    .has_dispersion = true,
    .heavy_tails = true,
    .dispersion_name = "sigma",
    .dispersion_law = "sigma² df/(df - 2)",
    .more_count = 1,
    .more = (const struct family_shape[]){ { "df", "degrees of freedom", SHAPE_LOG, 1.6, 2 } },
    .limit = "gaussian",
    .limit_sign = 1,
    .range = "a finite number",
    .accepts = accepts_finite,
    .start = start_at_response,
    .constant = constant,
    .density = density,
    .curve = curve,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
