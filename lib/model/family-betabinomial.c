/* family-betabinomial.c -- overdispersed successes among n trials: shapes a = mu phi, b = (1 - mu) phi; tau = log phi.
 *
 * log f = log C(n, k) + R_k(a) + R_{n-k}(b) - R_n(phi), R_k(a) = log Gamma(a + k)/Gamma(a).  phi -> infinity is binomial.
 *
 * With many trials Stirling's x log x are taken together: they are half the likelihood ratio of the table (k, n - k; a, b), a sum
 * of misfits, in which nothing of the size of n or phi cancels. */
#include <math.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double NO_SHAPE = 1e-290; /* digamma of a shape below, about 1/shape, nears its overflow */
static void constant(const struct observation *at, const double shape[], double out[])
{
    double n = at->trials, k = nearbyint(at->y * n), phi = exp(*shape), g[4];

    if (n >= MANY) {
        out[0] = at->weight * log_choose_rest(n, k);
        out[1] = 0;
        return;
    }
    gamma_ratio(phi, n, 1, g);
    out[0] = at->weight * (log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1) - g[0]);
    out[1] = -at->weight * phi * (g[1] - n / phi);
}

/* log f without log_choose_rest, of shapes a, b = mu[0] phi, mu[1] phi; *slope gets its derivative in log phi. */
static double large_value(double n, double k, double phi, const double mu[2], double *slope)
{
    double count[2] = { k, n - k }, share = n / (n + phi), rest = phi / (n + phi);
    double value = 0.5 * log1p(n / phi) - stirling_error(n + phi) + stirling_error(phi);

    *slope = phi * (stirling_slope(phi) - stirling_slope(n + phi)) - 0.5 * share;
    for (int side = 0; side < 2; side++) {
        double x = count[side], a = mu[side] * phi, over = share * phi * (mu[side] - x / n);
        double below = misfit(a, rest * (x + a), -over);

        value += stirling_error(x + a) - stirling_error(a) - 0.5 * log1p(x / a) - misfit(x, share * (x + a), over) - below;
        *slope += a * (stirling_slope(x + a) - stirling_slope(a)) + 0.5 * x / (x + a) - below;
    }
    return value;
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double phi = exp(*shape), w = at->weight, n = at->trials, k = nearbyint(at->y * n), m[4], d[4], t[3], A[4], B[4], rest, a, b;
    double log_mu[4], log_rest[4], slope = 0;

    link->inverse(eta, m);
    link->logs(eta, log_mu, log_rest);
    rest = exp(log_rest[0]);
    a = m[0] * phi;
    b = rest * phi;
    if (!(a > NO_SHAPE && b > NO_SHAPE) || !isfinite(phi))
        return false;
    gamma_ratio(a, k, order == ORDER_VALUE ? 0 : 1, A);
    gamma_ratio(b, n - k, order == ORDER_VALUE ? 0 : 1, B);
    if (n < MANY) /* the n log phi of the three ratios cancels */
        out[D_VALUE] = w * (A[0] + k * log_mu[0] + B[0] + (n - k) * log_rest[0]);
    else
        out[D_VALUE] = w * large_value(n, k, phi, (double[]){ m[0], rest }, &slope);
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    d[1] = w * phi * (A[1] - B[1]);
    d[2] = w * phi * phi * (A[2] + B[2]);
    d[3] = w * phi * phi * phi * (A[3] - B[3]);
    t[0] = w * (n < MANY ? a * A[1] + b * B[1] - n : slope);
    t[1] = d[1] + w * phi * (a * A[2] - b * B[2]);
    t[2] = 2 * d[2] + w * phi * phi * (a * A[3] + b * B[3]);
    chain(d, m, out);
    chain_tau(t, m, out);
    return true;
}

/* tau scales phi, a and b: beside l_tau the second and third derivatives of log Gamma(x + k)/Gamma(x) there remain. */
static void curve(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT])
{
    double phi = exp(*shape), w = at->weight, n = at->trials, k = nearbyint(at->y * n), m[4], a, b, A[4], B[4], P[4], second;

    link->inverse(eta, m);
    a = m[0] * phi;
    b = link_rest(link, eta) * phi;
    gamma_ratio(a, k, 1, A);
    gamma_ratio(b, n - k, 1, B);
    gamma_ratio(phi, n, 1, P);
    second = w * (a * a * A[2] + b * b * B[2] - phi * phi * P[2]);
    out[D_CURVE] = out[D_TAU] + second;
    out[D_CURVE + 1] = out[D_TAU_ETA] + w * m[1] * phi * (a * (2 * A[2] + a * A[3]) - b * (2 * B[2] + b * B[3]));
    out[D_CURVE + 2] = out[D_TAU] + 3 * second + w * (pow(a, 3) * A[3] + pow(b, 3) * B[3] - pow(phi, 3) * P[3]);
}

static double variance(double mu, const double shape[], double trials)
{
    return mu * (1 - mu) / trials * (shape[0] + trials) / (shape[0] + 1);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double p = draw_beta(rng, mu * shape[0], rest * shape[0]);

    return draw_binomial(rng, at->trials, p) / at->trials;
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    return cumulative_betabinomial(at->y * at->trials, at->trials, mu * shape[0], rest * shape[0], below);
}

const struct family family_betabinomial = {
    .name = "betabinomial",
    .links = { &link_logit, &link_probit, &link_cloglog },
    .response = RESPONSE_BINOMIAL,
    .support = SUPPORT_SUCCESSES,
    .has_dispersion = true,
    .dispersion_name = "phi",
    .dispersion_law = "n mu (1 - mu) (phi + n)/(phi + 1)",
    .limit = "binomial",
    .limit_sign = 1,
    .range = "a proportion of whole successes, from 0 to 1",
    .accepts = accepts_successes,
    .start = start_between,
    .constant = constant,
    .density = density,
    .curve = curve,
    .variance = variance,
    .cumulative = cumulative,
    .simulate = simulate,
};
