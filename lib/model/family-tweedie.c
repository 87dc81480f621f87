/* family-tweedie.c -- numbers from 0 up that may be exactly 0: a Poisson number of gamma summands, with the variance phi mu^p,
 * 1 < p < 2, log link.  tau = log phi; the second shape is log((p - 1)/(2 - p)).
 *
 * The constant is the log density where mu = y, the rest what eta takes from it, so that neither grows as 1/(2 - p).  With
 * a = 1 - p, b = 2 - p, t = eta - log y, g = (2 - p)/(p - 1) and y > 0:
 *
 *   rest      y^b/phi [(e^(a t) - 1)/a - (e^(b t) - 1)/b]
 *   constant  log sum_j exp(w_j) - log y,    w_j = -(1 + g)[j log(j/m) - j + m] + log(g)/2 - log 2 pi - delta(j) - delta(g j)
 *
 * (Dunn & Smyth 2005, less its largest term; m = y^b/(b phi), delta is stirling_error).  Of y = 0 all is in the rest,
 * -e^(b eta)/(b phi).  Where p has come to 2 to within digits it is the gamma density. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double NO_TERM = 1e-18; /* of a sum: a term that changes no bit of it, with the tail behind it */

/* Of the terms' standard deviation: how far apart those are that are summed.  A sum of a bell so sampled differs from that of all
 * by a share of 2 exp(-2 pi^2 / STRIDE^2), 1e-34. */
static const double STRIDE = 0.5;

static const double NEARLY_GAMMA = 1e-8; /* of 2 - p: what is as near differs from its limit by as much in the logarithm */
static const double LARGEST = 1e12;      /* number of summands: there is no such response */
static const double SMALL = 1e-2;        /* exponents whose series of five terms has all digits */

static bool accepts(const struct observation *at)
{
    return at->y >= 0 && isfinite(at->y);
}

static double power_of(double shape)
{
    return 1 + 1 / (1 + exp(-shape));
}

/* The terms of the sum about m: sums of the terms, of j - m, and of dw_j/dp, relative to the one at `origin`. */
struct series {
    double g, p, m, log_y;
    double origin, top, sum, over, slope;
};

static double term_at(const struct series *s, double j)
{
    return -(1 + s->g) * misfit(j, s->m, s->m - j) + 0.5 * log(s->g) - log(2 * M_PI) - stirling_error(j)
           - stirling_error(s->g * j);
}

static bool add_term(struct series *s, double j)
{
    double term = exp(term_at(s, j) - s->top), q = 1 / (s->p - 1), over = j - s->m;

    s->sum += term;
    s->over += term * over;
    s->slope +=
        term
        * (q * q * (misfit(j, s->m, -over) - 0.5 / s->g + j * stirling_slope(s->g * j)) + q * (1 / (2 - s->p) - s->log_y) * over);
    return term > NO_TERM * s->sum;
}

/* The logarithm of the sum, and its derivatives in tau and p.  About their largest the terms are a bell of variance j (p - 1). */
static void log_sum(double y, double log_phi, double p, double out[3])
{
    struct series s = { .g = (2 - p) / (p - 1), .p = p, .log_y = log(y) };
    double j, step;

    s.m = exp((2 - p) * s.log_y - log_phi) / (2 - p);
    s.origin = fmax(1, nearbyint(s.m)); /* the nearest: toward p = 1 the others are nothing beside it */
    if (!(s.origin < LARGEST)) {
        out[0] = out[1] = out[2] = (double)NAN;
        return;
    }
    s.top = term_at(&s, s.origin);
    step = fmax(1, floor(STRIDE * sqrt(s.origin * (p - 1))));
    for (j = s.origin; add_term(&s, j);)
        j += step;
    for (j = s.origin - step; j >= 1 && add_term(&s, j);)
        j -= step;
    out[0] = s.top + log(step * s.sum);
    out[1] = -(1 + s.g) * s.over / s.sum;
    out[2] = s.slope / s.sum;
}

static void constant(const struct observation *at, const double shape[], double out[])
{
    double p = power_of(shape[1]), size = exp(-shape[0]), w[3];

    out[0] = out[1] = out[2] = 0;
    if (at->y == 0)
        return;
    if (2 - p < NEARLY_GAMMA) {
        out[0] = at->weight * (-log_gamma_excess(size) - log(at->y));
        out[1] = at->weight * (size * stirling_slope(size) - 0.5);
        return;
    }
    log_sum(at->y, shape[0], p, w);
    out[0] = at->weight * (w[0] - log(at->y));
    out[1] = at->weight * w[1];
    out[2] = at->weight * w[2] * (p - 1) * (2 - p);
}

/* A(x) = (e^(x t) - 1)/x and dA/dx, from 0 on. */
static void growth(double x, double t, double out[2])
{
    double z = x * t;

    out[0] = x == 0 ? t : expm1(z) / x;
    if (fabs(z) > SMALL)
        out[1] = (t * exp(z) - out[0]) / x;
    else
        out[1] = t * t * (0.5 + z * (1.0 / 3 + z * (1.0 / 8 + z * (1.0 / 30 + z / 144))));
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double p = power_of(shape[1]), a = 1 - p, b = 2 - p, scale = at->weight * exp(-shape[0]), rate = (p - 1) * (2 - p);
    double e1, e2, log_y = log(at->y), A[2], B[2], size;

    (void)link;
    if (!(p > 1 && (p < 2 || at->y > 0)))
        return false;
    e1 = at->y > 0 ? scale * at->y * exp(a * eta) : 0;
    e2 = scale * exp(b * eta);
    size = scale * exp(b * log_y); /* 0 of y = 0 */
    if (at->y > 0) {
        growth(a, eta - log_y, A);
        growth(b, eta - log_y, B);
        out[D_VALUE] = size * (A[0] - B[0]);
    } else {
        out[D_VALUE] = -e2 / b;
    }
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    out[D_ETA] = e1 - e2;
    out[D_ETA2] = a * e1 - b * e2;
    out[D_ETA3] = a * a * e1 - b * b * e2;
    out[D_TAU] = -out[D_VALUE];
    out[D_TAU_ETA] = -out[D_ETA];
    out[D_TAU_ETA2] = -out[D_ETA2];
    out[D_SHAPE(1)] = rate * (at->y > 0 ? -log_y * out[D_VALUE] - size * (A[1] - B[1]) : -e2 / b * (1 / b - eta));
    out[D_SHAPE(1) + 1] = rate * eta * (e2 - e1);
    out[D_SHAPE(1) + 2] = rate * (e2 * (1 + b * eta) - e1 * (1 + a * eta));
    return true;
}

static double variance(double mu, const double shape[], double trials)
{
    (void)trials;
    return shape[0] * pow(mu, shape[1]);
}

/* As the density has it: 2 y^b (B - A)/phi, which does not cancel as p goes to 2. */
static double deviance(const struct observation *at, double mu, const double shape[])
{
    double p = shape[1], y = at->y, A[2], B[2];

    if (y == 0)
        return 2 * pow(mu, 2 - p) / (2 - p) / shape[0]; /* weights multiply the log density, so that phi divides here */
    growth(1 - p, log(mu) - log(y), A);
    growth(2 - p, log(mu) - log(y), B);
    return 2 * pow(y, 2 - p) * fmax(B[0] - A[0], 0) / shape[0];
}

/* Of the Poisson number and of a summand. */
static void parts_of(double mu, const double shape[], double *rate, double *gamma_shape, double *scale)
{
    double phi = shape[0], p = shape[1];

    *rate = pow(mu, 2 - p) / (phi * (2 - p));
    *gamma_shape = (2 - p) / (p - 1);
    *scale = phi * (p - 1) * pow(mu, p - 1);
}

/* Of a Poisson number of the gamma summands, as the density's terms are summed. */
static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    double rate, size, scale, sum = 0, step, from, last = 1;

    (void)rest;
    if (2 - shape[1] < NEARLY_GAMMA)
        return pgamma(at->y, 1 / shape[0], shape[0] * mu, 1, 0);
    parts_of(mu, shape, &rate, &size, &scale);
    if (at->y == 0)
        return below ? 0 : exp(-rate);
    step = fmax(1, floor(STRIDE * sqrt(rate)));
    from = fmax(1, floor(rate));
    for (double j = from; j > 0 && last > NO_TERM; j -= step) {
        last = dpois(j, rate, 0);
        sum += step * last * pgamma(at->y, size * j, scale, 1, 0);
    }
    last = 1;
    for (double j = from + step; last > NO_TERM; j += step) {
        last = dpois(j, rate, 0);
        sum += step * last * pgamma(at->y, size * j, scale, 1, 0);
    }
    return fmin(exp(-rate) + sum, 1);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double rate, size, scale, count, y;

    (void)rest;
    (void)at;
    parts_of(mu, shape, &rate, &size, &scale);
    count = draw_poisson(rng, rate);
    y = draw_gamma(rng, count > 0 ? size * count : 1, scale);
    return count > 0 ? y : 0;
}

const struct family family_tweedie = {
    .name = "tweedie",
    .links = { &link_log },
    .response = RESPONSE_REAL,
    .masses = MASSES_ZERO,
    .has_dispersion = true,
    .dispersion_name = "phi",
    .dispersion_law = "phi mu^p",
    .more_count = 1,
    .more = (const struct family_shape[]){ { "p", "power of the variance, between 1 and 2", SHAPE_POWER, 0, 0 } },
    .limit = "Gamma",
    .limit_sign = 1,
    .range = "a number from 0 up",
    .accepts = accepts,
    .start = start_above_0,
    .constant = constant,
    .density = density,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
