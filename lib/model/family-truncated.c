/* family-truncated.c -- counts from 1 up: truncated_poisson, truncated_nbinom1 and truncated_nbinom2.  The link is that of the
 * mean before the zeros are cut off, mu.
 *
 *   log f = log g - log(1 - g0),  g and g0 = g(0) of the family that is cut
 *
 * With l = log g0, d(-log(1 - e^l))/dl = a = e^l/(1 - e^l), whose derivatives are a (1 + a) and a (1 + a) (1 + 2 a). */
#include <math.h>

#include "model/family-parts.h"

static const double LEAST_LOG_SIZE = -200; /* nothing is left of a size below, whose cube has no inverse in double precision */

static bool accepts(const struct observation *at)
{
    return at->y >= 1 && at->y == floor(at->y) && isfinite(at->y);
}

static double start(const struct observation *at)
{
    return at->y - 0.5;
}

/* The family that is cut, or that at the limit of its shape where the shape is there. */
static const struct family *own_at(const struct family *whole, const double shape[])
{
    return whole->limit_sign * shape[0] == (double)INFINITY ? &family_poisson : whole;
}

/* The linear predictor, but where the size mu/alpha would have no digits any more: there nothing hangs on it, and the counts are
 * those of the logarithmic series. */
static double within_size(const struct family *whole, double eta, const double shape[])
{
    return whole == &family_nbinom1 ? fmax(eta, shape[0] + LEAST_LOG_SIZE) : eta;
}

/* The same of a mean, with the shapes as they are. */
static double within_mean(const struct family *whole, double mu, const double shape[])
{
    return whole == &family_nbinom1 && isfinite(shape[0]) ? fmax(mu, shape[0] * exp(LEAST_LOG_SIZE)) : mu;
}

/* log g(0) with its derivatives. */
static bool zero_density(const struct family *whole, const struct link *link, double eta, const double shape[],
                         enum density_order order, double out[D_COUNT])
{
    const struct observation zero = { .y = 0, .trials = 1, .weight = 1 };
    const struct family *own = own_at(whole, shape);
    double constant[1 + FAMILY_SLOTS] = { 0 };

    eta = within_size(own, eta, shape);
    own->constant(&zero, shape, constant);
    if (!own->density(link, &zero, eta, shape, order, out))
        return false;
    out[D_VALUE] += constant[0];
    if (order != ORDER_VALUE)
        for (int j = 0; j < family_shapes(whole); j++)
            out[D_SHAPE(j)] += constant[1 + j];
    return true;
}

static bool density(const struct family *whole, const struct link *link, const struct observation *at, double eta,
                    const double shape[], enum density_order order, double out[D_COUNT])
{
    double zero[D_COUNT], w = at->weight, a, a1, a2;

    eta = within_size(whole, eta, shape);
    if (!whole->density(link, at, eta, shape, order, out) || !zero_density(whole, link, eta, shape, order, zero)
        || !(zero[D_VALUE] < 0))
        return false;
    out[D_VALUE] -= w * (zero[D_VALUE] > -0.7 ? log(-expm1(zero[D_VALUE])) : log1p(-exp(zero[D_VALUE])));
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    a = w / expm1(-zero[D_VALUE]);
    a1 = a * (1 + a / w);
    a2 = a1 * (1 + 2 * a / w);
    out[D_ETA] += a * zero[D_ETA];
    out[D_ETA2] += a * zero[D_ETA2] + a1 * zero[D_ETA] * zero[D_ETA];
    out[D_ETA3] += a * zero[D_ETA3] + 3 * a1 * zero[D_ETA] * zero[D_ETA2] + a2 * pow(zero[D_ETA], 3);
    for (int j = 0; j < family_shapes(whole); j++) {
        const double *z = zero + D_SHAPE(j);
        double *o = out + D_SHAPE(j);

        o[0] += a * z[0];
        o[1] += a * z[1] + a1 * z[0] * zero[D_ETA];
        o[2] += a * z[2] + a1 * (2 * z[1] * zero[D_ETA] + z[0] * zero[D_ETA2]) + a2 * z[0] * zero[D_ETA] * zero[D_ETA];
    }
    return true;
}

/* As the derivatives of the density, in tau. */
static void curve(const struct family *whole, const struct link *link, const struct observation *at, double eta,
                  const double shape[], double out[D_COUNT])
{
    double own[D_COUNT], zero[D_COUNT], constant[1 + FAMILY_SLOTS] = { 0 }, w = at->weight, a, a1, a2, c, b;

    eta = within_size(whole, eta, shape);
    out[D_CURVE] = out[D_CURVE + 1] = out[D_CURVE + 2] = 0;
    if (!whole->density(link, at, eta, shape, ORDER_ALL, own) || !zero_density(whole, link, eta, shape, ORDER_ALL, zero)
        || !(zero[D_VALUE] < 0))
        return;
    whole->constant(at, shape, constant);
    own[D_TAU] += constant[1];
    whole->curve(link, at, eta, shape, own);
    whole->curve(link, &(struct observation){ .y = 0, .trials = 1, .weight = 1 }, eta, shape, zero);
    a = w / expm1(-zero[D_VALUE]);
    a1 = a * (1 + a / w);
    a2 = a1 * (1 + 2 * a / w);
    b = zero[D_ETA];
    c = zero[D_TAU];
    out[D_CURVE] = own[D_CURVE] + a * zero[D_CURVE] + a1 * c * c;
    out[D_CURVE + 1] =
        own[D_CURVE + 1] + a * zero[D_CURVE + 1] + a1 * (b * zero[D_CURVE] + 2 * c * zero[D_TAU_ETA]) + a2 * c * c * b;
    out[D_CURVE + 2] = own[D_CURVE + 2] + a * zero[D_CURVE + 2] + 3 * a1 * c * zero[D_CURVE] + a2 * c * c * c;
}

/* P(0) of the family that is cut. */
static double zero_probability(const struct family *whole, double mu, const double shape[])
{
    return whole->cumulative(mu, 0, shape, &(struct observation){ .y = 0, .trials = 1, .weight = 1 }, false);
}

/* 1 - P(0), also where mu is small. */
static double rest_probability(const struct family *whole, double mu, const double shape[])
{
    double zero[D_COUNT], estimated[FAMILY_SHAPES] = { 0 };

    for (int j = 0; j < family_shapes(whole); j++)
        estimated[j] = family_shape_estimated(whole, j, shape[j]);
    if (!zero_density(whole, &link_log, log(mu), estimated, ORDER_VALUE, zero))
        return isnan(estimated[0]) ? (double)NAN : 1;
    return -expm1(zero[D_VALUE]);
}

static double mean_of(const struct family *whole, double mu, const double shape[])
{
    double positive = rest_probability(whole, mu = within_mean(whole, mu, shape), shape);

    return positive > 0 || isnan(positive) ? mu / positive : 1;
}

/* With L = log mean = eta - log(1 - g0). */
static void mean_curve(const struct family *whole, const struct link *link, double eta, const double shape[], double out[4])
{
    double zero[D_COUNT], estimated[FAMILY_SHAPES] = { 0 }, a, a1, a2, first, second, third;

    for (int j = 0; j < family_shapes(whole); j++)
        estimated[j] = family_shape_estimated(whole, j, shape[j]);
    eta = within_size(whole, eta, estimated);
    if (!isfinite(estimated[0]) && own_at(whole, estimated) == whole) {
        out[0] = out[1] = out[2] = out[3] = (double)NAN;
        return;
    }
    if (!zero_density(whole, link, eta, estimated, ORDER_ALL, zero) || !(zero[D_VALUE] < 0)) {
        out[0] = exp(eta) > 1 ? exp(eta) : 1;
        out[1] = out[2] = out[3] = exp(eta) > 1 ? exp(eta) : 0;
        return;
    }
    a = 1 / expm1(-zero[D_VALUE]);
    a1 = a * (1 + a);
    a2 = a1 * (1 + 2 * a);
    first = 1 + a * zero[D_ETA];
    second = a * zero[D_ETA2] + a1 * zero[D_ETA] * zero[D_ETA];
    third = a * zero[D_ETA3] + 3 * a1 * zero[D_ETA] * zero[D_ETA2] + a2 * pow(zero[D_ETA], 3);
    out[0] = exp(eta) / -expm1(zero[D_VALUE]);
    out[1] = out[0] * first;
    out[2] = out[0] * (second + first * first);
    out[3] = out[0] * (third + 3 * first * second + first * first * first);
}

/* What the mean moves with the shapes as they are estimated: mean g0 / (1 - g0) dlog g0. */
static void mean_slopes(const struct link *of, double eta, double slope[])
{
    const struct family *whole = of->family->whole;
    double zero[D_COUNT], estimated[FAMILY_SHAPES] = { 0 };

    for (int j = 0; j < family_shapes(whole); j++) {
        estimated[j] = family_shape_estimated(whole, j, of->shape[j]);
        slope[j] = 0;
    }
    eta = within_size(whole, eta, estimated);
    if (!zero_density(whole, of->base, eta, estimated, ORDER_ALL, zero) || !(zero[D_VALUE] < 0))
        return;
    for (int j = 0; j < family_shapes(whole); j++) {
        slope[j] = exp(eta) / -expm1(zero[D_VALUE]) / expm1(-zero[D_VALUE]) * zero[D_SHAPE(j)];
        if (!isfinite(slope[j]))
            slope[j] = 0;
    }
}

static double variance_of(const struct family *whole, double mu, const double shape[], double trials)
{
    double mean = mean_of(whole, mu = within_mean(whole, mu, shape), shape);

    return fmax(mean / mu * (whole->variance(mu, shape, trials) + mu * mu) - mean * mean, 0);
}

/* Below such a probability of a count above 0 the cumulative probabilities of the family that is cut, beside that of 0, have
 * lost digits that g(1), g(2), ... have. */
static const double FEW = 0.01;

/* g(count + 1)/g(count) of the family that is cut. */
static double next_ratio(const struct family *whole, double mu, const double shape[], double count)
{
    double size = whole == &family_nbinom2 ? shape[0] : whole == &family_nbinom1 ? mu / shape[0] : (double)INFINITY;

    return isinf(size) ? mu / (count + 1) : (size + count) / (count + 1) * (mu / (mu + size));
}

/* P(1) + ... + P(last) of what is left, g(1) = g(0) times the first ratio; or, with a `goal`, the count at which it is reached.
 */
static double add_up(const struct family *whole, double mu, const double shape[], double last, double goal)
{
    double rest = rest_probability(whole, mu, shape), term = (1 - rest) * next_ratio(whole, mu, shape, 0) / rest, sum = term,
           y = 1;

    for (; y < last && sum < goal; y++) {
        double before = sum;

        term *= next_ratio(whole, mu, shape, y);
        sum += term;
        if (sum == before)
            break;
    }
    return isfinite(goal) ? y : last < 1 ? 0 : fmin(sum, 1);
}

static double cumulative_of(const struct family *whole, double mu, const double shape[], const struct observation *at, bool below)
{
    double rest = rest_probability(whole, mu = within_mean(whole, mu, shape), shape), zero, p;

    if (rest > 0 && rest < FEW)
        return add_up(whole, mu, shape, below ? at->y - 1 : at->y, (double)INFINITY);
    zero = zero_probability(whole, mu, shape);
    p = whole->cumulative(mu, 0, shape, at, below);
    return fmin(fmax((p - zero) / rest, 0), 1);
}

/* By inversion: the smallest y whose cumulative probability reaches a uniform number. */
static double draw(const struct family *whole, struct rng *rng, double mu, const double shape[])
{
    struct observation at = { .y = 1, .trials = 1, .weight = 1 };
    double u = rng_uniform(rng), low = 0, high = 1, rest = rest_probability(whole, mu = within_mean(whole, mu, shape), shape);

    if (rest > 0 && rest < FEW)
        return add_up(whole, mu, shape, (double)INFINITY, u);
    for (; at.y = high, cumulative_of(whole, mu, shape, &at, false) < u && high < 1e15; high *= 2)
        low = high;
    while (high - low > 1) {
        at.y = floor(0.5 * (low + high));
        if (cumulative_of(whole, mu, shape, &at, false) < u)
            low = at.y;
        else
            high = at.y;
    }
    return high;
}

#define TRUNCATED(id, cut)                                                                                                       \
    static bool density_of_##id(const struct link *link, const struct observation *at, double eta, const double shape[],         \
                                enum density_order order, double out[D_COUNT])                                                   \
    {                                                                                                                            \
        return density(cut, link, at, eta, shape, order, out);                                                                   \
    }                                                                                                                            \
    static void constant_of_##id(const struct observation *at, const double shape[], double out[])                               \
    {                                                                                                                            \
        (cut)->constant(at, shape, out);                                                                                         \
    }                                                                                                                            \
    static void mean_of_##id(const struct link *of, double eta, double out[4])                                                   \
    {                                                                                                                            \
        mean_curve(cut, of->base, eta, of->shape, out);                                                                          \
    }                                                                                                                            \
    static double variance_of_##id(double mu, const double shape[], double trials)                                               \
    {                                                                                                                            \
        return variance_of(cut, mu, shape, trials);                                                                              \
    }                                                                                                                            \
    static double cumulative_of_##id(double mu, double rest, const double shape[], const struct observation *at, bool below)     \
    {                                                                                                                            \
        (void)rest;                                                                                                              \
        return cumulative_of(cut, mu, shape, at, below);                                                                         \
    }                                                                                                                            \
    static double simulate_of_##id(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)  \
    {                                                                                                                            \
        (void)rest;                                                                                                              \
        (void)at;                                                                                                                \
        return draw(cut, rng, mu, shape);                                                                                        \
    }                                                                                                                            \
    const struct family family_truncated_##id = { .name = "truncated_" #id,                                                      \
                                                  .links = { &link_log },                                                        \
                                                  .response = RESPONSE_REAL,                                                     \
                                                  .support = SUPPORT_COUNT,                                                      \
                                                  .whole = cut,                                                                  \
                                                  .range = "a whole number from 1 up",                                           \
                                                  .accepts = accepts,                                                            \
                                                  .start = start,                                                                \
                                                  .constant = constant_of_##id,                                                  \
                                                  .density = density_of_##id,                                                    \
                                                  .mean = mean_of_##id,                                                          \
                                                  .variance = variance_of_##id,                                                  \
                                                  .cumulative = cumulative_of_##id,                                              \
                                                  .simulate = simulate_of_##id,

/* And how the density of one with a shape bends along both. */
#define TRUNCATED_CURVE(id, cut)                                                                                                 \
    static void curve_of_##id(const struct link *link, const struct observation *at, double eta, const double shape[],           \
                              double out[D_COUNT])                                                                               \
    {                                                                                                                            \
        curve(cut, link, at, eta, shape, out);                                                                                   \
    }

TRUNCATED(poisson, &family_poisson).ones_in_the_limit = true,
}
;

TRUNCATED_CURVE(nbinom1, &family_nbinom1)
TRUNCATED(nbinom1, &family_nbinom1).has_dispersion = true, .curve = curve_of_nbinom1, .mean_slopes = mean_slopes,
                   .dispersion_name = "alpha", .dispersion_law = "mu (1 + alpha) before the zeros are cut off",
                   .limit = "truncated_poisson", .limit_sign = -1, .series = SERIES_SHAPE,
}
;

TRUNCATED_CURVE(nbinom2, &family_nbinom2)
TRUNCATED(nbinom2, &family_nbinom2).has_dispersion = true, .ones_in_the_limit = true, .curve = curve_of_nbinom2,
                   .mean_slopes = mean_slopes, .dispersion_name = "k",
                   .dispersion_law = "mu + mu²/k before the zeros are cut off", .limit = "truncated_poisson", .limit_sign = 1,
                   .series = SERIES_RATIO,
}
;
