/* family-nbinom.c -- negative binomial counts with a log link: nbinom2 (variance mu + mu^2/k, tau = log k) and
 * nbinom1 (variance mu (1 + alpha), tau = log alpha).
 *
 * nbinom2: log f = [log Gamma(y+k)/Gamma(k) - y log k - log y!] + y eta - (y + k) log1p(mu/k); the bracket is the constant.
 * nbinom1 with r = mu/alpha: log f = -log y! + log Gamma(y+r)/Gamma(r) - (r + y) log(1 + alpha) + y tau.
 * Both are written so that the Poisson limits (k to infinity, alpha to 0) are reached without cancellation. */
#include <math.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static bool accepts(const struct observation *at)
{
    return at->y >= 0 && at->y == floor(at->y) && isfinite(at->y);
}

static double start(const struct observation *at)
{
    return at->y + 0.1;
}

static double log_factorial(double y)
{
    return y < 2 ? 0 : log_gamma(y + 1);
}

/* --- nbinom2 ------------------------------------------------------------------------------ */

static void constant2(const struct observation *at, const double shape[], double out[])
{
    double k = exp(*shape), g[4], y = at->y;

    gamma_ratio(k, y, 1, g);
    out[0] = at->weight * (g[0] - log_factorial(y));
    out[1] = at->weight * (k * g[1] - y);
}

static bool density2(const struct link *link, const struct observation *at, double eta, const double shape[],
                     enum density_order order, double out[D_COUNT])
{
    double s = eta - *shape, k = exp(*shape), w = at->weight, y = at->y, e = exp(-fabs(s)), large, p, q, r, l;

    (void)link;
    l = s > 0 ? s + log1p(e) : log1p(e); /* log(1 + mu/k) */
    out[D_VALUE] = w * (y * eta - (y + k) * l);
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    large = 1 / (1 + e);
    p = s > 0 ? large : e * large; /* mu/(k + mu) */
    q = s > 0 ? e * large : large;
    r = q * y - k * p; /* q (y - mu), where mu may overflow */
    out[D_ETA] = w * r;
    out[D_ETA2] = -w * (y + k) * p * q;
    out[D_ETA3] = out[D_ETA2] * (q - p);
    out[D_TAU] = w * ((y + k) * p - k * l);
    out[D_TAU_ETA] = w * p * r;
    out[D_TAU_ETA2] = w * p * ((q - p) * r - k * p);
    return true;
}

static double variance2(double mu, const double shape[], double trials)
{
    (void)trials;
    return mu + mu * mu / shape[0];
}

static double deviance2(const struct observation *at, double mu, const double shape[])
{
    double y = at->y, k = shape[0], d;

    if (y == 0)
        return 2 * k * log1p(mu / k);
    d = y * log(y / mu) - (y + k) * log1p((y - mu) / (mu + k));
    return 2 * fmax(d, 0);
}

static double simulate2(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    (void)rest;
    (void)at;
    return draw_nbinom(rng, shape[0], mu);
}

static double cumulative2(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    (void)rest;
    return cumulative_nbinom(at->y, shape[0], mu, below);
}

const struct family family_nbinom2 = {
    .name = "nbinom2",
    .links = { &link_log },
    .response = RESPONSE_REAL,
    .support = SUPPORT_COUNT,
    .has_dispersion = true,
    .dispersion_name = "k",
    .dispersion_law = "mu + mu²/k",
    .limit = "Poisson",
    .limit_sign = 1,
    .range = "a whole number from 0 up",
    .accepts = accepts,
    .start = start,
    .constant = constant2,
    .density = density2,
    .variance = variance2,
    .deviance = deviance2,
    .cumulative = cumulative2,
    .simulate = simulate2,
};

/* --- nbinom1 ------------------------------------------------------------------------------ */

static void constant1(const struct observation *at, const double shape[], double out[])
{
    (void)shape;
    out[0] = -at->weight * log_factorial(at->y);
    out[1] = 0;
}

static bool density1(const struct link *link, const struct observation *at, double eta, const double shape[],
                     enum density_order order, double out[D_COUNT])
{
    double alpha = exp(*shape), r = exp(eta - *shape), L = log1p(alpha), w = at->weight, y = at->y, g[4], first, second, third, q;

    (void)link;
    if (!(r > 1e-290) || !isfinite(r))
        return false;
    gamma_ratio(r, y, order == ORDER_VALUE ? 0 : 1, g);
    out[D_VALUE] = w * (g[0] + y * (eta - L) - r * L);
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    first = r * (g[1] - L);
    second = first + r * r * g[2];
    third = first + 3 * r * r * g[2] + r * r * r * g[3];
    q = alpha / (1 + alpha);
    out[D_ETA] = w * first;
    out[D_ETA2] = w * second;
    out[D_ETA3] = w * third;
    out[D_TAU] = w * (y * (1 - q) - first - r * q);
    out[D_TAU_ETA] = -w * (second + r * q);
    out[D_TAU_ETA2] = -w * (third + r * q);
    return true;
}

static double variance1(double mu, const double shape[], double trials)
{
    (void)trials;
    return mu * (1 + shape[0]);
}

static double simulate1(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    (void)rest;
    (void)at;
    return draw_nbinom(rng, mu / shape[0], mu);
}

static double cumulative1(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    (void)rest;
    return cumulative_nbinom(at->y, mu / shape[0], mu, below);
}

const struct family family_nbinom1 = {
    .name = "nbinom1",
    .links = { &link_log },
    .response = RESPONSE_REAL,
    .support = SUPPORT_COUNT,
    .has_dispersion = true,
    .dispersion_name = "alpha",
    .dispersion_law = "mu (1 + alpha)",
    .limit = "Poisson",
    .limit_sign = -1,
    .range = "a whole number from 0 up",
    .accepts = accepts,
    .start = start,
    .constant = constant1,
    .density = density1,
    .variance = variance1,
    .cumulative = cumulative1,
    .simulate = simulate1,
};
