/* family-ordbeta.c -- proportions from 0 to 1, both included (Kubinec 2022): with two thresholds a < b on the scale of the
 * log-odds, 0 has the probability 1 - F(eta - a), 1 has F(eta - b), and between them, with the rest, y is beta with mean F(eta)
 * and phi. tau = log phi; the other shapes are a and b.
 *
 * F(eta - a) - F(eta - b) = F(eta - a) (1 - F(eta - b)) (1 - exp(a - b)), so that all of it is a sum of logarithms. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"

static const double LEAST_DRAW = 1e-300; /* a draw of the inside is inside */

static bool accepts(const struct observation *at)
{
    return at->y >= 0 && at->y <= 1;
}

static double start(const struct observation *at)
{
    return fmin(fmax(at->y, 0.1), 0.9);
}

static bool inside(const struct observation *at)
{
    return at->y > 0 && at->y < 1;
}

static void constant(const struct observation *at, const double shape[], double out[])
{
    out[0] = out[1] = out[2] = out[3] = 0;
    if (inside(at))
        family_beta.constant(at, shape, out);
}

/* Adds log F(eta - threshold), or log (1 - F). */
static void add_logit(double w, double eta, double threshold, bool above, double out[D_COUNT], double of_threshold[3])
{
    double log_mu[4], log_rest[4], *l = above ? log_mu : log_rest;

    link_logit.logs(eta - threshold, log_mu, log_rest);
    out[D_VALUE] += w * l[0];
    out[D_ETA] += w * l[1];
    out[D_ETA2] += w * l[2];
    out[D_ETA3] += w * l[3];
    for (int j = 0; j < 3; j++)
        of_threshold[j] -= w * l[1 + j];
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double w = at->weight, gap = shape[2] - shape[1], rate;

    for (int j = 0; j < D_COUNT; j++)
        out[j] = 0;
    if (!(gap > 0) || (inside(at) && !family_beta.density(link, at, eta, shape, order == ORDER_VALUE ? order : ORDER_ALL, out)))
        return false;
    if (at->y > 0 && at->y < 1) {
        rate = 1 / expm1(gap); /* d log(1 - exp(-gap)) / d gap */
        add_logit(w, eta, shape[1], true, out, out + D_SHAPE(1));
        add_logit(w, eta, shape[2], false, out, out + D_SHAPE(2));
        out[D_VALUE] += w * log(-expm1(-gap));
        out[D_SHAPE(1)] -= w * rate;
        out[D_SHAPE(2)] += w * rate;
    } else if (at->y == 0) {
        add_logit(w, eta, shape[1], false, out, out + D_SHAPE(1));
    } else {
        add_logit(w, eta, shape[2], true, out, out + D_SHAPE(2));
    }
    return isfinite(out[D_VALUE]);
}

/* Without a 0 (or a 1) nothing holds its threshold. */
static bool absent(const struct response *rows, int shape, double *value)
{
    double end = shape == 2;

    *value = shape == 2 ? (double)INFINITY : (double)-INFINITY;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->y[i] == end)
            return false;
    return shape > 0;
}

/* The probabilities of 0, of 1, and of what is between. */
static void split(double mu, const double shape[], double out[3])
{
    double eta = log(mu) - log1p(-mu);

    out[0] = 1 / (1 + exp(eta - shape[1]));
    out[1] = 1 / (1 + exp(shape[2] - eta));
    out[2] = fmax(1 - out[0] - out[1], 0);
}

/* F(eta - b) + (F(eta - a) - F(eta - b)) F(eta) */
static void mean(const struct link *of, double eta, double out[4])
{
    double low[4], high[4], mu[4], d[4];
    const struct link *link = of->base;
    const double *shape = of->shape;

    link->inverse(eta - shape[1], low);
    link->inverse(eta - shape[2], high);
    link->inverse(eta, mu);
    for (int j = 0; j < 4; j++)
        d[j] = low[j] - high[j];
    out[0] = high[0] + d[0] * mu[0];
    out[1] = high[1] + d[1] * mu[0] + d[0] * mu[1];
    out[2] = high[2] + d[2] * mu[0] + 2 * d[1] * mu[1] + d[0] * mu[2];
    out[3] = high[3] + d[3] * mu[0] + 3 * (d[2] * mu[1] + d[1] * mu[2]) + d[0] * mu[3];
}

static double variance(double mu, const double shape[], double trials)
{
    double p[3], m;

    (void)trials;
    split(mu, shape, p);
    m = p[1] + p[2] * mu;
    return p[1] + p[2] * (mu * mu + mu * (1 - mu) / (1 + shape[0])) - m * m;
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    double p[3];

    split(mu, shape, p);
    if (at->y == 0)
        return below ? 0 : p[0];
    if (at->y == 1)
        return below ? 1 - p[1] : 1;
    return p[0] + p[2] * pbeta(at->y, mu * shape[0], rest * shape[0], 1, 0);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double p[3], u = rng_uniform(rng), y = draw_beta(rng, mu * shape[0], rest * shape[0]);

    (void)at;
    split(mu, shape, p);
    return u < p[0] ? 0 : u > 1 - p[1] ? 1 : fmin(fmax(y, LEAST_DRAW), 1 - 0x1p-53);
}

const struct family family_ordbeta = {
    .name = "ordbeta",
    .links = { &link_logit },
    .response = RESPONSE_REAL,
    .masses = MASSES_ZERO_ONE,
    .has_dispersion = true,
    .dispersion_name = "phi",
    .dispersion_law = "mu (1 - mu)/(1 + phi) between 0 and 1",
    .more_count = 2,
    .more = (const struct family_shape[]){ { "0|(0,1)", "threshold of the zeros", SHAPE_FREE, -2, 0 },
                                           { "(0,1)|1", "threshold of the ones", SHAPE_FREE, 2, 0 } },
    .range = "a number from 0 to 1",
    .accepts = accepts,
    .start = start,
    .constant = constant,
    .density = density,
    .absent = absent,
    .mean = mean,
    .variance = variance,
    .cumulative = cumulative,
    .simulate = simulate,
};
