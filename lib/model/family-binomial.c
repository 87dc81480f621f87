/* family-binomial.c -- successes among trials: log f = log C(n, k) + k log mu + (n - k) log(1 - mu), for many trials
 * [log C(n, k) + k log(k/n) + ...] - (k log(k/(n mu)) + (n - k) log((n - k)/(n (1 - mu)))). */
#include <math.h>

#include "model/family-parts.h"
#include "model/family-special.h"

/* Whether the row's log density is counted from its largest value. */
static bool is_large(const struct observation *at)
{
    return at->trials >= MANY && at->y > 0 && at->y < 1;
}

double log_choose_rest(double n, double k)
{
    return log_factorial_rest(n) - (k > 0 ? 0.5 * log(2 * M_PI * k) + stirling_error(k) : 0)
           - (k < n ? 0.5 * log(2 * M_PI * (n - k)) + stirling_error(n - k) : 0);
}

static void constant(const struct observation *at, const double shape[], double out[])
{
    double n = at->trials, k = nearbyint(at->y * n);

    (void)shape;
    out[1] = 0;
    if (is_large(at))
        out[0] = at->weight * log_choose_rest(n, k);
    else
        out[0] = n == 1 || k == 0 || k == n ? 0 : at->weight * (log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1));
}

/* What k log mu + (n - k) log(1 - mu) lies below its largest value. */
static double shortfall(double hits, double misses, const double mu[2], const double log_mu[2])
{
    double n = hits + misses;

    if (mu[0] > TRACE && mu[1] > TRACE)
        return misfit(hits, n * mu[0], misses * mu[0] - hits * mu[1]) + misfit(misses, n * mu[1], hits * mu[1] - misses * mu[0]);
    return hits * (log(hits / n) - log_mu[0]) + misses * (log(misses / n) - log_mu[1]);
}

/* The logit by itself: most models are fitted with it. */
static bool logit_density(double hits, double misses, bool many, double eta, enum density_order order, double out[D_COUNT])
{
    double e = exp(-fabs(eta)), l = log1p(e), large, small, p, q, total;

    out[D_VALUE] = eta > 0 ? -hits * l - misses * (eta + l) : -hits * (l - eta) - misses * l;
    if (order != ORDER_VALUE || many) {
        large = 1 / (1 + e);
        small = e * large;
        p = eta > 0 ? large : small;
        q = eta > 0 ? small : large;
        if (many)
            out[D_VALUE] =
                -shortfall(hits, misses, (double[]){ p, q }, eta > 0 ? (double[]){ -l, -eta - l } : (double[]){ eta - l, -l });
        total = hits + misses;
        out[D_ETA] = hits * q - misses * p;
        out[D_ETA2] = -total * (p * q);
        out[D_ETA3] = out[D_ETA2] * (q - p);
        no_tau(out);
    }
    return isfinite(out[D_VALUE]);
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double log_mu[4], log_rest[4], hits = at->weight * at->trials * at->y, misses = at->weight * at->trials * (1 - at->y);

    (void)shape;
    if (link == &link_logit)
        return logit_density(hits, misses, is_large(at), eta, order, out);
    if (link->valid != NULL && !link->valid(eta))
        return false;
    link->logs(eta, log_mu, log_rest);
    for (int j = 0; j <= (int)order && j < 4; j++) /* 0 times minus infinity is 0 here */
        out[j] = (hits > 0 ? hits * log_mu[j] : 0) + (misses > 0 ? misses * log_rest[j] : 0);
    if (is_large(at))
        out[D_VALUE] =
            -shortfall(hits, misses, (double[]){ exp(log_mu[0]), exp(log_rest[0]) }, (double[]){ log_mu[0], log_rest[0] });
    no_tau(out);
    return isfinite(out[D_VALUE]);
}

static void set_places(double *const out[D_COUNT], size_t i, double slope, double curve, double third)
{
    if (out[D_ETA] != NULL)
        out[D_ETA][i] = slope;
    if (out[D_ETA2] != NULL)
        out[D_ETA2][i] = curve;
    if (out[D_ETA3] != NULL)
        out[D_ETA3][i] = third;
}

/* Whether no row is outside of the domain of its link: steps to the modes are halved until that is so, most often where estimates
 * run to its edge (the log link), and to look costs a tenth of the logarithms of the rows before the first that is. */
static bool all_valid(const struct link *link, size_t count, const double eta[])
{
    for (size_t i = 0; link->valid != NULL && i < count; i++)
        if (!link->valid(eta[i]))
            return false;
    return true;
}

/* Of 0s and 1s with the logit: y eta - max(eta, 0) - log(1 + e), e = exp(-|eta|), whose logarithms are those of a product; and of
 * all where there is nothing to add up. */
static bool sum(const struct response *response, size_t from, size_t count, const double eta[], enum density_order order,
                double *const out[D_COUNT], double *total)
{
    enum { MOST = 50 }; /* factors of a product: below 2^50 */
    double product = 1, linear = 0, logs = 0;
    int factors = 0;

    if (!all_valid(response->link, count, eta)) {
        *total = -INFINITY;
        return true;
    }
    if (response->link != &link_logit || response->trials != NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        double w = response->weights == NULL ? 1 : response->weights[from + i], y = response->y[from + i], e = exp(-fabs(eta[i]));

        linear += w * (y * eta[i] - fmax(eta[i], 0));
        if (w == 1) {
            product *= 1 + e;
            factors++;
        } else {
            logs += w * log1p(e);
        }
        if (factors == MOST) {
            logs += log(product);
            product = 1;
            factors = 0;
        }
        if (out != NULL && order != ORDER_VALUE) {
            double large = 1 / (1 + e), small = e * large, p = eta[i] > 0 ? large : small, q = eta[i] > 0 ? small : large;

            set_places(out, i, w * (y * q - (1 - y) * p), -w * (p * q), -w * (p * q) * (q - p));
        }
    }
    for (int j = D_TAU; out != NULL && order != ORDER_VALUE && j <= D_TAU_ETA2; j++)
        for (size_t i = 0; out[j] != NULL && i < count; i++)
            out[j][i] = 0;
    *total = linear - logs - log(product);
    return isfinite(*total);
}

static double variance(double mu, const double shape[], double trials)
{
    (void)shape;
    return mu * (1 - mu) / trials;
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    (void)shape;
    return 2 * at->trials * (misfit(at->y, mu, mu - at->y) + misfit(1 - at->y, 1 - mu, at->y - mu));
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    (void)shape;
    return rest < mu ? 1 - draw_binomial(rng, at->trials, rest) / at->trials : draw_binomial(rng, at->trials, mu) / at->trials;
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    (void)rest;
    (void)shape;
    return cumulative_binomial(at->y * at->trials, at->trials, mu, below);
}

const struct family family_binomial = {
    .name = "binomial",
    .links = { &link_logit, &link_probit, &link_cloglog, &link_cauchit, &link_log_probability },
    .response = RESPONSE_BINOMIAL,
    .support = SUPPORT_SUCCESSES,
    .range = "a proportion of whole successes, from 0 to 1",
    .accepts = accepts_successes,
    .start = start_between,
    .constant = constant,
    .density = density,
    .sum = sum,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
