/* family-nbinom.c -- negative binomial counts with a log link: nbinom2 (variance mu + mu^2/k, tau = log k) and
 * nbinom1 (variance mu (1 + alpha), tau = log alpha).
 *
 * nbinom2: log f = [log Gamma(y+k)/Gamma(k) - y log k - log y!] + y eta - (y + k) log1p(mu/k); the bracket is the constant.
 * Where y is large log f is counted from its value at mu = y, which becomes the constant, and lies below it by
 * y log(y/E) + k log(k/F), E = (y + k) mu/(mu + k), F = (y + k) k/(mu + k).
 * nbinom1 with r = mu/alpha: log f = -log y! + log Gamma(y+r)/Gamma(r) - (r + y) log(1 + alpha) + y tau.
 * Both are written so that the Poisson limits (k to infinity, alpha to 0) are reached without cancellation. */
#include <math.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double LEAST_SIZE = 1e-290; /* digamma of a size below, about 1/size, nears its overflow */

/* Of a large y without y log y - y. */
static double log_factorial(double y)
{
    return y < 2 ? 0 : y < MANY ? log_gamma(y + 1) : log_factorial_rest(y);
}

/* --- nbinom2 ------------------------------------------------------------------------------ */

static void constant2(const struct observation *at, const double shape[], double out[])
{
    double k = exp(*shape), g[4], y = at->y;

    if (y >= MANY) {
        out[0] = at->weight * (-0.5 * log1p(y / k) + stirling_error(k + y) - stirling_error(k) - log_factorial(y));
        out[1] = at->weight * (0.5 * y / (k + y) + k * (stirling_slope(k + y) - stirling_slope(k)));
        return;
    }
    gamma_ratio(k, y, 1, g);
    out[0] = at->weight * (g[0] - log_factorial(y));
    out[1] = at->weight * (k * g[1] - y);
}

/* The value and its derivative in tau where y is large; r = y - E = F - k. */
static void count_from_largest(double y, double k, double eta, double p, double q, double l, double out[D_COUNT])
{
    double r = q * y - k * p;

    if (p > TRACE && q > TRACE) {
        out[D_TAU] = -misfit(k, (y + k) * q, r);
        out[D_VALUE] = out[D_TAU] - misfit(y, (y + k) * p, -r);
    } else {
        double rise = log1p(y / k) - l; /* log F/k */

        out[D_TAU] = k * rise - r;
        out[D_VALUE] = y * (eta - log(k) - log(y / k)) + (y + k) * rise;
    }
}

static bool density2(const struct link *link, const struct observation *at, double eta, const double shape[],
                     enum density_order order, double out[D_COUNT])
{
    double s = eta - *shape, k = row_size(at, *shape), w = at->weight, y = at->y, e = exp(-fabs(s)), large, p, q, r, l;

    (void)link;
    l = s > 0 ? s + log1p(e) : log1p(e); /* log(1 + mu/k) */
    large = 1 / (1 + e);
    p = s > 0 ? large : e * large; /* mu/(k + mu) */
    q = s > 0 ? e * large : large;
    if (y < MANY) {
        out[D_VALUE] = y * eta - (y + k) * l;
        out[D_TAU] = (y + k) * p - k * l;
    } else {
        count_from_largest(y, k, eta, p, q, l, out);
    }
    out[D_VALUE] *= w;
    out[D_TAU] *= w;
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    r = q * y - k * p; /* q (y - mu), where mu may overflow */
    out[D_ETA] = w * r;
    out[D_ETA2] = -w * (y + k) * p * q;
    out[D_ETA3] = out[D_ETA2] * (q - p);
    out[D_TAU_ETA] = w * p * r;
    out[D_TAU_ETA2] = w * p * ((q - p) * r - k * p);
    return true;
}

/* With g the derivatives of log Gamma(k + y)/Gamma(k), p = mu/(mu + k); d/dtau of k, p and log1p(mu/k) is k, -pq and -p. */
static void curve2(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT])
{
    double k = exp(*shape), s = eta - *shape, w = at->weight, y = at->y, p, q, l, e = exp(-fabs(s)), g[4];

    (void)link;
    gamma_ratio(k, y, 1, g);
    l = s > 0 ? s + log1p(e) : log1p(e);
    p = s > 0 ? 1 / (1 + e) : e / (1 + e);
    q = s > 0 ? e / (1 + e) : 1 / (1 + e);
    out[D_CURVE] = w * (k * (g[1] + k * g[2] - l + 2 * p) - (y + k) * p * q);
    out[D_CURVE + 1] = out[D_TAU_ETA] * (p - q);
    out[D_CURVE + 2] = w * (k * (g[1] + 3 * k * g[2] + k * k * g[3] - l + 3 * p * p) - (y + k) * p * q * (p - q));
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
    .accepts = accepts_count,
    .start = start_above_0,
    .constant = constant2,
    .density = density2,
    .curve = curve2,
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

/* The value and its slopes where y is large: nbinom2's from the largest, with k = r, and what of its constant depends on mu. */
static void large1(double y, double r, double alpha, double eta, double L, double out[D_COUNT])
{
    double over = (alpha * r - y) / (1 + alpha); /* E - y = r - F */
    double half = 0.5 * y / (r + y) + r * (stirling_slope(r + y) - stirling_slope(r)), rest, below;

    rest = -0.5 * log1p(y / r) + stirling_error(r + y) - stirling_error(r);
    if (alpha > TRACE && L < 400) {
        below = misfit(r, (y + r) / (1 + alpha), -over);
        out[D_VALUE] = rest - misfit(y, (y + r) * alpha / (1 + alpha), over) - below;
    } else {
        double rise = log1p(y / r) - L; /* log F/r */

        below = -r * rise - over;
        out[D_VALUE] = rest + y * (eta - log(r) - log(y / r)) + (y + r) * rise;
    }
    out[D_ETA] = half - below - over;
    out[D_TAU] = below - half;
}

static bool density1(const struct link *link, const struct observation *at, double eta, const double shape[],
                     enum density_order order, double out[D_COUNT])
{
    double alpha = exp(*shape), r = exp(eta - *shape), L = log1p(alpha), w = at->weight, y = at->y, g[4], first, second, third, q;

    (void)link;
    if (!(r > LEAST_SIZE) || !isfinite(r))
        return false;
    gamma_ratio(r, y, order == ORDER_VALUE ? 0 : 1, g);
    q = alpha / (1 + alpha);
    if (y < MANY) {
        out[D_VALUE] = g[0] + y * (eta - L) - r * L;
        out[D_ETA] = r * (g[1] - L);
        out[D_TAU] = y * (1 - q) - out[D_ETA] - r * q;
    } else {
        large1(y, r, alpha, eta, L, out);
    }
    first = out[D_ETA];
    out[D_VALUE] *= w;
    out[D_ETA] *= w;
    out[D_TAU] *= w;
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    second = first + r * r * g[2];
    third = first + 3 * r * r * g[2] + r * r * r * g[3];
    out[D_ETA2] = w * second;
    out[D_ETA3] = w * third;
    out[D_TAU_ETA] = -w * (second + r * q);
    out[D_TAU_ETA2] = -w * (third + r * q);
    return true;
}

/* With q = alpha/(1 + alpha) and r = mu/alpha; d/dtau is -d/deta but where alpha stands by itself. */
static void curve1(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT])
{
    double alpha = exp(*shape), q = alpha / (1 + alpha), r = exp(eta - *shape), w = at->weight, all = (at->y + r) * q * (1 - q);

    (void)link;
    out[D_CURVE] = out[D_ETA2] + w * (2 * r * q - all);
    out[D_CURVE + 1] = out[D_ETA3] + w * r * q * (1 + q);
    out[D_CURVE + 2] = -out[D_ETA3] - w * (3 * r * q * q + all * (1 - 2 * q));
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
    .accepts = accepts_count,
    .start = start_above_0,
    .constant = constant1,
    .density = density1,
    .curve = curve1,
    .variance = variance1,
    .cumulative = cumulative1,
    .simulate = simulate1,
};
