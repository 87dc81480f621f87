/* family-tweedie.c -- numbers from 0 up that may be exactly 0: a Poisson number of gamma summands, with the variance phi mu^p,
 * 1 < p < 2, log link.  tau = log phi; the second shape is log((p - 1)/(2 - p)).
 *
 *   log f = (y mu^(1-p)/(1-p) - mu^(2-p)/(2-p))/phi + [log W - log y],   W = sum_j exp(w_j) (y > 0)
 *   w_j = j (g log(y/(p-1)) - (1+g) log phi - log(2-p)) - log j! - log Gamma(g j),  g = (2-p)/(p-1)
 *
 * (Dunn & Smyth 2005).  The bracket is the constant: it does not depend on eta. */
#include <math.h>

#include <Rmath.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double NO_TERM = 1e-18; /* of a sum: a term that changes no bit of it, with the tail behind it */

/* Of the terms' standard deviation: how far apart those are that are summed.  A sum of a bell so sampled differs from that of all by
 * a share of 2 exp(-2 pi^2 / STRIDE^2), 1e-34. */
static const double STRIDE = 0.5;

static bool accepts(const struct observation *at)
{
    return at->y >= 0 && isfinite(at->y);
}

static double start(const struct observation *at)
{
    return at->y + 0.1;
}

static double power_of(double shape)
{
    return 1 + 1 / (1 + exp(-shape));
}

/* The terms of W: sums of the terms, of j, and of dw_j/dp, relative to the one at `origin`. */
struct series {
    double a, g, p, log_y, log_phi;
    double origin, top, sum, j, slope;
};

static double term_at(const struct series *s, double j)
{
    return j * s->a - log_gamma(j + 1) - log_gamma(s->g * j);
}

static bool add_term(struct series *s, double j)
{
    double term = exp(term_at(s, j) - s->top), psi[3], q = 1 / (s->p - 1);

    polygamma(s->g * j, psi);
    s->sum += term;
    s->j += term * j;
    s->slope += term * j * (-q * q * (s->log_y + log(q) - s->log_phi) - s->g * q + 1 / (2 - s->p) + q * q * psi[0]);
    return term > NO_TERM * s->sum;
}

/* log W, and its derivatives in tau and p.  About their largest the terms are a bell of variance j (p - 1). */
static void log_w(double y, double log_phi, double p, double out[3])
{
    struct series s = { .g = (2 - p) / (p - 1), .p = p, .log_y = log(y), .log_phi = log_phi };
    double j, step;

    s.a = s.g * (s.log_y - log(p - 1)) - (1 + s.g) * log_phi - log(2 - p);
    s.origin = fmax(1, floor(exp((2 - p) * s.log_y - log_phi) / (2 - p)));
    if (!(s.origin < 1e9)) { /* far from any data */
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
    out[1] = -(1 + s.g) * s.j / s.sum;
    out[2] = s.slope / s.sum;
}

static void constant(const struct observation *at, const double shape[], double out[])
{
    double p = power_of(shape[1]), w[3];

    out[0] = out[1] = out[2] = 0;
    if (at->y == 0)
        return;
    log_w(at->y, shape[0], p, w);
    out[0] = at->weight * (w[0] - log(at->y));
    out[1] = at->weight * w[1];
    out[2] = at->weight * w[2] * (p - 1) * (2 - p);
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double p = power_of(shape[1]), a = 1 - p, b = 2 - p, scale = at->weight * exp(-shape[0]), rate = (p - 1) * (2 - p);
    double e1, e2;

    (void)link;
    if (!(p > 1 && p < 2))
        return false;
    e1 = at->y > 0 ? scale * at->y * exp(a * eta) : 0;
    e2 = scale * exp(b * eta);
    out[D_VALUE] = e1 / a - e2 / b;
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
    out[D_SHAPE(1)] = rate * (e1 / a * (1 / a - eta) - e2 / b * (1 / b - eta));
    out[D_SHAPE(1) + 1] = rate * eta * (e2 - e1);
    out[D_SHAPE(1) + 2] = rate * (e2 * (1 + b * eta) - e1 * (1 + a * eta));
    return true;
}

static double variance(double mu, const double shape[], double trials)
{
    (void)trials;
    return shape[0] * pow(mu, shape[1]);
}

static double deviance(const struct observation *at, double mu, const double shape[])
{
    double p = shape[1], y = at->y, d = pow(mu, 2 - p) / (2 - p);

    if (y > 0)
        d += pow(y, 2 - p) / ((1 - p) * (2 - p)) - y * pow(mu, 1 - p) / (1 - p);
    return 2 * fmax(d, 0) / shape[0]; /* weights multiply the log density, so that phi divides here */
}

/* Of the Poisson number and of a summand. */
static void parts_of(double mu, const double shape[], double *rate, double *gamma_shape, double *scale)
{
    double phi = shape[0], p = shape[1];

    *rate = pow(mu, 2 - p) / (phi * (2 - p));
    *gamma_shape = (2 - p) / (p - 1);
    *scale = phi * (p - 1) * pow(mu, p - 1);
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    double rate, size, scale, sum, mode;

    (void)rest;
    parts_of(mu, shape, &rate, &size, &scale);
    if (at->y == 0)
        return below ? 0 : exp(-rate);
    sum = exp(-rate);
    mode = floor(rate);
    for (double j = fmax(1, mode); j > 0; j--) {
        double p = dpois(j, rate, 0);

        sum += p * pgamma(at->y, size * j, scale, 1, 0);
        if (p < NO_TERM)
            break;
    }
    for (double j = fmax(1, mode) + 1;; j++) {
        double p = dpois(j, rate, 0);

        sum += p * pgamma(at->y, size * j, scale, 1, 0);
        if (p < NO_TERM)
            break;
    }
    return fmin(sum, 1);
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
    .has_dispersion = true,
    .dispersion_name = "phi",
    .dispersion_law = "phi mu^p",
    .more_count = 1,
    .more = (const struct family_shape[]){ { "p", "power of the variance, between 1 and 2", SHAPE_POWER, 0 } },
    .range = "a number from 0 up",
    .accepts = accepts,
    .start = start,
    .constant = constant,
    .density = density,
    .variance = variance,
    .deviance = deviance,
    .cumulative = cumulative,
    .simulate = simulate,
};
