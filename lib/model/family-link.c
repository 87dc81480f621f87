/* family-link.c -- links: the inverse with three derivatives and, for probabilities, log mu and log(1 - mu).
 *
 * Every expression is written so that it keeps its relative accuracy where the probability is near 0 or 1. */
#include <math.h>
#include <string.h>

#include <Rmath.h>

#include "model/family-parts.h"
#include "model/family-special.h"

static const double NO_RATE = 1e-300; /* near the least number: a ratio of such has no digits */
static const double BISECTED = 1e-14; /* a bracket of eta that is at its rounding */
static const double FOUND =
    1e-6; /* of the mean: a bracket that closed elsewhere (the mean is not reached) misses it by far more */

static bool is_positive(double eta)
{
    return eta > 0;
}

static bool is_negative(double eta)
{
    return eta < 0;
}

static bool is_nonzero(double eta)
{
    return eta != 0;
}

/* --- means -------------------------------------------------------------------------------- */

static double identity_transform(double mu)
{
    return mu;
}

static void identity_inverse(double eta, double out[4])
{
    out[0] = eta;
    out[1] = 1;
    out[2] = out[3] = 0;
}

const struct link link_identity = {
    .name = "identity",
    .kind = LINK_IDENTITY,
    .scale = "response",
    .latent_variance = NAN,
    .transform = identity_transform,
    .inverse = identity_inverse,
};

/* The identity of lognormal: the mean of the logarithm. */
const struct link link_log_response = {
    .name = "identity",
    .kind = LINK_IDENTITY,
    .scale = "log response",
    .ratio = "ratio of geometric means",
    .latent_variance = NAN,
    .transform = identity_transform,
    .inverse = identity_inverse,
};

static void log_inverse(double eta, double out[4])
{
    out[0] = out[1] = out[2] = out[3] = exp(eta);
}

const struct link link_log = {
    .name = "log",
    .kind = LINK_LOG,
    .scale = "log mean",
    .ratio = "rate ratio",
    .latent_variance = NAN,
    .transform = log,
    .inverse = log_inverse,
};

static double excess_transform(double mu)
{
    return log(mu - 1);
}

static void excess_inverse(double eta, double out[4])
{
    out[0] = 1 + exp(eta);
    out[1] = out[2] = out[3] = exp(eta);
}

const struct link link_log_excess = {
    .name = "log(mean - 1)",
    .kind = LINK_OTHER,
    .scale = "log(mean - 1)",
    .latent_variance = NAN,
    .transform = excess_transform,
    .inverse = excess_inverse,
};

static double inverse_transform(double mu)
{
    return 1 / mu;
}

static void inverse_inverse(double eta, double out[4])
{
    double r = 1 / eta;

    out[0] = r;
    out[1] = -r * r;
    out[2] = 2 * r * r * r;
    out[3] = -6 * r * r * r * r;
}

const struct link link_reciprocal = {
    .name = "inverse",
    .scale = "1/mean",
    .latent_variance = NAN,
    .transform = inverse_transform,
    .valid = is_nonzero,
    .inverse = inverse_inverse,
};

static double inverse_square_transform(double mu)
{
    return 1 / (mu * mu);
}

static void inverse_square_inverse(double eta, double out[4])
{
    double r = 1 / eta;

    out[0] = 1 / sqrt(eta);
    out[1] = -0.5 * out[0] * r;
    out[2] = -1.5 * out[1] * r;
    out[3] = -2.5 * out[2] * r;
}

const struct link link_inverse_square = {
    .name = "1/mu^2",
    .scale = "1/mean^2",
    .latent_variance = NAN,
    .transform = inverse_square_transform,
    .valid = is_positive,
    .inverse = inverse_square_inverse,
};

static void sqrt_inverse(double eta, double out[4])
{
    out[0] = eta * eta;
    out[1] = 2 * eta;
    out[2] = 2;
    out[3] = 0;
}

const struct link link_sqrt = {
    .name = "sqrt",
    .scale = "root mean",
    .latent_variance = NAN,
    .transform = sqrt,
    .valid = is_positive,
    .inverse = sqrt_inverse,
};

/* --- probabilities ------------------------------------------------------------------------ */

static double logit_transform(double mu)
{
    return log(mu) - log1p(-mu);
}

static void logit_inverse(double eta, double out[4])
{
    double e = exp(-fabs(eta)), large = 1 / (1 + e), small = e * large, difference = eta > 0 ? small - large : large - small;

    out[0] = eta > 0 ? large : small;
    out[1] = large * small;
    out[2] = out[1] * difference; /* mu'' = mu' (1 - 2 mu) */
    out[3] = out[1] * (difference * difference - 2 * out[1]);
}

static void logit_logs(double eta, double log_mu[4], double log_rest[4])
{
    double e = exp(-fabs(eta)), l = log1p(e), large = 1 / (1 + e), small = e * large;
    double p = eta > 0 ? large : small, q = eta > 0 ? small : large;

    log_mu[0] = (eta < 0 ? eta : 0) - l;
    log_rest[0] = (eta > 0 ? -eta : 0) - l;
    log_mu[1] = q;
    log_rest[1] = -p;
    log_mu[2] = log_rest[2] = -p * q;
    log_mu[3] = log_rest[3] = -p * q * (q - p);
}

const struct link link_logit = {
    .name = "logit",
    .kind = LINK_LOGIT,
    .scale = "log-odds",
    .ratio = "odds ratio",
    .latent_variance = M_PI * M_PI / 3,
    .transform = logit_transform,
    .inverse = logit_inverse,
    .logs = logit_logs,
};

static double probit_transform(double mu)
{
    return qnorm(mu, 0, 1, 1, 0);
}

static void probit_inverse(double eta, double out[4])
{
    double density = exp(-0.5 * eta * eta) / sqrt(2 * M_PI);

    out[0] = 0.5 * erfc(-eta * M_SQRT1_2);
    out[1] = density;
    out[2] = density > 0 ? -eta * density : 0;
    out[3] = density > 0 ? (eta * eta - 1) * density : 0;
}

static void probit_logs(double eta, double log_mu[4], double log_rest[4])
{
    log_normal_cdf(eta, log_mu);
    log_normal_cdf(-eta, log_rest);
    log_rest[1] = -log_rest[1];
    log_rest[3] = -log_rest[3];
}

const struct link link_probit = {
    .name = "probit",
    .kind = LINK_PROBIT,
    .scale = "probit",
    .latent_variance = 1,
    .transform = probit_transform,
    .inverse = probit_inverse,
    .logs = probit_logs,
};

static double cloglog_transform(double mu)
{
    return log(-log1p(-mu));
}

static void cloglog_inverse(double eta, double out[4])
{
    double t = exp(eta), density = t < 800 ? t * exp(-t) : 0;

    out[0] = -expm1(-t);
    out[1] = density;
    out[2] = density > 0 ? density * (1 - t) : 0;
    out[3] = density > 0 ? density * (1 - t * (3 - t)) : 0;
}

/* r = t/(exp(t) - 1) and 1 - r - t, the latter without cancellation for small t. */
static void bernoulli_ratio(double t, double *r, double *rest)
{
    double s = t * t;

    if (t > 700) {
        *r = 0; /* rest is only ever multiplied by r */
        *rest = -1;
        return;
    }
    *r = t > 0 ? t / expm1(t) : 1;
    if (t < 0.2) /* 1 - r = t/2 - sum of B_2n t^2n/(2n)! */
        *rest = -t / 2 - s * (1.0 / 12 - s * (1.0 / 720 - s * (1.0 / 30240 - s * (1.0 / 1209600 - s / 47900160))));
    else
        *rest = 1 - *r - t;
}

static void cloglog_logs(double eta, double log_mu[4], double log_rest[4])
{
    double t = exp(eta), r, rest;

    log_rest[0] = log_rest[1] = log_rest[2] = log_rest[3] = -t;
    bernoulli_ratio(t, &r, &rest);
    /* r' = r (1 - t - r); (1 - t - r)' = -t - r'. */
    log_mu[0] = t < NO_RATE ? eta : t < 0.7 ? log(-expm1(-t)) : log1p(-exp(-t));
    log_mu[1] = r;
    log_mu[2] = r * rest;
    log_mu[3] = r > 0 ? r * (rest * rest - t - r * rest) : 0;
}

const struct link link_cloglog = {
    .name = "cloglog",
    .scale = "log cumulative hazard",
    .ratio = "hazard ratio",
    .latent_variance = M_PI * M_PI / 6,
    .transform = cloglog_transform,
    .inverse = cloglog_inverse,
    .logs = cloglog_logs,
};

static double cauchit_transform(double mu)
{
    return mu < 0.25 ? -1 / tan(M_PI * mu) : tan(M_PI * (mu - 0.5));
}

/* Derivatives of the Cauchy density at x: f, f', f''. */
static void cauchy(double x, double f[3])
{
    double s, r;

    if (fabs(x) > 1e8) { /* x^2 may overflow in what follows */
        r = 1 / x;
        f[0] = r * r / M_PI;
        f[1] = -2 * f[0] * r;
        f[2] = 6 * f[0] * r * r;
        return;
    }
    s = 1 / (1 + x * x);
    f[0] = s / M_PI;
    f[1] = -2 * x * s * f[0];
    f[2] = (6 * x * x - 2) * s * s * f[0];
}

static void cauchit_inverse(double eta, double out[4])
{
    out[0] = atan2(1, -eta) / M_PI;
    cauchy(eta, out + 1);
}

/* log of the Cauchy distribution function at x and three derivatives. */
static void log_cauchy(double x, double out[4])
{
    double F = atan2(1, -x) / M_PI, f[3], a, b, c;

    cauchy(x, f);
    a = f[0] / F;
    b = f[1] / F;
    c = f[2] / F;
    out[0] = x > 0 ? log1p(-atan2(1, x) / M_PI) : log(F);
    out[1] = a;
    out[2] = b - a * a;
    out[3] = c - 3 * a * b + 2 * a * a * a;
}

static void cauchit_logs(double eta, double log_mu[4], double log_rest[4])
{
    log_cauchy(eta, log_mu);
    log_cauchy(-eta, log_rest);
    log_rest[1] = -log_rest[1];
    log_rest[3] = -log_rest[3];
}

const struct link link_cauchit = {
    .name = "cauchit",
    .scale = "cauchit",
    .latent_variance = NAN,
    .transform = cauchit_transform,
    .inverse = cauchit_inverse,
    .logs = cauchit_logs,
};

static void log_probability_logs(double eta, double log_mu[4], double log_rest[4])
{
    double odds = 1 / expm1(-eta);

    log_mu[0] = eta;
    log_mu[1] = 1;
    log_mu[2] = log_mu[3] = 0;
    log_rest[0] = eta < -0.7 ? log1p(-exp(eta)) : log(-expm1(eta));
    log_rest[1] = -odds;
    log_rest[2] = -odds * (1 + odds);
    log_rest[3] = log_rest[2] * (1 + 2 * odds);
}

const struct link link_log_probability = {
    .name = "log",
    .kind = LINK_LOG,
    .scale = "log probability",
    .ratio = "risk ratio",
    .latent_variance = NAN,
    .transform = log,
    .valid = is_negative,
    .inverse = log_inverse,
    .logs = log_probability_logs,
};

/* --- lookup ------------------------------------------------------------------------------- */

static const struct link *const links[] = {
    &link_identity, &link_log,    &link_reciprocal, &link_inverse_square, &link_sqrt,
    &link_logit,    &link_probit, &link_cloglog,    &link_cauchit,
};

const struct link *link_find(const char *name)
{
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (strcmp(links[i]->name, name) == 0)
            return links[i];
    return NULL;
}

void link_inverse(const struct link *link, double eta, double out[4])
{
    double share;

    if (link->base == NULL || link->family->mean == NULL)
        link->inverse(eta, out);
    else
        link->family->mean(link, eta, out);
    if (link->base == NULL || link->family->inflated == NULL)
        return;
    share = 1 - family_zero_share(link->family, link->shape);
    for (int j = 0; j < 4; j++)
        out[j] *= share;
}

/* The eta with that mean, which rises: by bisection, then Newton's method. */
static double mean_transform(const struct link *link, double mean)
{
    double low = -700, high = 700, eta = 0, out[4];

    for (int i = 0; i < 200 && high - low > BISECTED * (1 + fabs(eta)); i++) {
        double next;

        link_inverse(link, eta, out);
        if (out[0] == mean)
            break;
        if (out[0] > mean)
            high = eta;
        else
            low = eta;
        next = i > 20 ? eta - (out[0] - mean) / out[1] : 0.5 * (low + high);
        eta = next > low && next < high ? next : 0.5 * (low + high);
    }
    link_inverse(link, eta, out);
    return fabs(out[0] - mean) <= FOUND * (NO_RATE + fabs(mean)) ? eta : (double)NAN;
}

double link_transform(const struct link *link, double mu)
{
    return link == NULL ? mu : link->base == NULL ? link->transform(mu) : mean_transform(link, mu);
}

double link_rest(const struct link *link, double eta)
{
    double log_mu[4], log_rest[4], mu[4];

    if (link->logs == NULL) {
        link->inverse(eta, mu);
        return 1 - mu[0];
    }
    link->logs(eta, log_mu, log_rest);
    return exp(log_rest[0]);
}
