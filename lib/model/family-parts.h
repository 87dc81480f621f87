/* family-parts.h -- the families and links, one file each, that the tables in family.c and family-link.c list. */
#ifndef MODEL_FAMILY_PARTS_H
#define MODEL_FAMILY_PARTS_H

#include <math.h>

#include "model/family.h"
#include "model/jet.h"

extern const struct link link_log_response, link_log, link_reciprocal, link_inverse_square, link_sqrt;
extern const struct link link_logit, link_probit, link_cloglog, link_cauchit, link_log_probability;
/* The scale of a mean above 1, as that of counts without 0: no family has it as its link. */
extern const struct link link_log_excess;

extern const struct family family_binomial, family_poisson, family_gamma, family_inverse_gaussian;
extern const struct family family_nbinom1, family_nbinom2, family_beta, family_betabinomial;
extern const struct family family_lognormal, family_t, family_tweedie, family_compois, family_genpois, family_ordbeta,
    family_ordinal;
extern const struct family family_truncated_poisson, family_truncated_nbinom1, family_truncated_nbinom2;

/* Responses: any number, those above 0, whole ones from 0 up, shares of trials that are whole successes.  Where a mean begins: at
 * the response; a little above it, for it may be 0; between it and a half, for it may be 0 or 1. */
bool accepts_finite(const struct observation *at);
bool accepts_positive(const struct observation *at);
bool accepts_count(const struct observation *at);
bool accepts_successes(const struct observation *at);
double start_at_response(const struct observation *at);
double start_above_0(const struct observation *at);
double start_between(const struct observation *at);

/* Chain rule: derivatives d[1..3] in m of a function, derivatives m[1..3] of m(eta); out[1..3] in eta. */
static inline void chain(const double d[4], const double m[4], double out[4])
{
    out[1] = d[1] * m[1];
    out[2] = d[2] * m[1] * m[1] + d[1] * m[2];
    out[3] = d[3] * m[1] * m[1] * m[1] + 3 * d[2] * m[1] * m[2] + d[1] * m[3];
}

/* The same for the tau derivatives: t[0] = l_tau, t[1] and t[2] its derivatives in m. */
static inline void chain_shape(const double t[3], const double m[4], double out[3])
{
    out[0] = t[0];
    out[1] = t[1] * m[1];
    out[2] = t[2] * m[1] * m[1] + t[1] * m[2];
}

static inline void chain_tau(const double t[3], const double m[4], double out[D_COUNT])
{
    chain_shape(t, m, out + D_TAU);
}

/* `curve` of a log density of which tau moves q exp(-tau) and, by `slope`, nothing else. */
static inline void curve_quotient(double slope, double out[D_COUNT])
{
    double q = slope - out[D_TAU];

    out[D_CURVE] = q;
    out[D_CURVE + 1] = out[D_ETA];
    out[D_CURVE + 2] = -q;
}

/* The `curve` of a density of which exp(tau) divides all but the constant, where half of tau stands. */
static inline void curve_variance(const struct link *link, const struct observation *at, double eta, const double shape[],
                                  double out[D_COUNT])
{
    (void)link;
    (void)at;
    (void)eta;
    (void)shape;
    curve_quotient(-0.5, out);
}

/* The tau derivatives of a density of which exp(tau) divides all but the constant. */
static inline void tau_divides(double out[D_COUNT])
{
    out[D_TAU] = -out[D_VALUE];
    out[D_TAU_ETA] = -out[D_ETA];
    out[D_TAU_ETA2] = -out[D_ETA2];
}

/* For families without a dispersion parameter. */
static inline void no_tau(double out[D_COUNT])
{
    out[D_TAU] = out[D_TAU_ETA] = out[D_TAU_ETA2] = 0;
}

/* log of the binomial coefficient n over k, n many, without n log n - k log k - (n - k) log(n - k). */
double log_choose_rest(double n, double k);

/* Of x: 1/(1 + e^-x), 1/(1 + e^x), and the logarithms of both. */
struct share {
    double part, rest, log_part, log_rest;
};

enum { FEW_COUNTS = 32, FIRST_COUNTS = 256, FEW_MEANS = 8, FEW_ROWS = 4 };

/* A row with inflated zeros, and what was found of it. */
struct inflated_row {
    double y, eta, shape[FAMILY_SLOTS], out[D_COUNT];
};

/* compois: log j and j^-nu of the first counts, which all sums at one nu = exp(-tau) ask for: as many of them as were. */
struct compois_powers {
    double tau;
    int count;
    double log[FIRST_COUNTS + 1], power[FIRST_COUNTS + 1];
};

/* compois at a mean: what does not hang on the count. */
struct compois_mean {
    double eta, tau, theta, origin, factorial, log_sum;
    bool whole; /* the polynomials are there */
    struct jet d, e, A;
};

/* What one row has in common with those before it: the share of zeros, of small counts the constants at the same shapes, means of
 * compois and powers of counts; and the last few rows with inflated zeros, for those of a level are alike more often than not. */
struct row_memory {
    bool known; /* the share */
    double zeta;
    struct share share;
    unsigned counts; /* bits: of which counts the constants are known */
    double shape[FAMILY_SLOTS], constant[FEW_COUNTS][1 + FAMILY_SLOTS];
    int means; /* how many were found; the last of them are kept */
    struct compois_mean mean[FEW_MEANS];
    struct compois_powers powers;
    unsigned rows; /* how many were found; the last of them are kept */
    enum density_order order;
    struct inflated_row row[FEW_ROWS], apart;
    double tau, size; /* exp(tau) of the last shape that is a logarithm */
};

/* It knows nothing: made by each that goes through rows. */
static inline void row_memory_begin(struct row_memory *memory)
{
    memory->known = false;
    memory->counts = 0;
    memory->means = 0;
    memory->powers.tau = (double)NAN;
    memory->powers.count = 0;
    memory->rows = 0;
    memory->order = ORDER_VALUE;
    memory->tau = (double)NAN;
}

/* exp(tau) of a row. */
static inline double row_size(const struct observation *at, double tau)
{
    if (at->memory == NULL)
        return exp(tau);
    if (at->memory->tau != tau) {
        at->memory->tau = tau;
        at->memory->size = exp(tau);
    }
    return at->memory->size;
}

/* family_density of a family with inflated zeros. */
bool inflated_density(const struct family *family, const struct link *link, const struct observation *at, double eta,
                      const double shape[], enum density_order order, struct row_memory *memory, double out[D_COUNT]);

/* response_density of such a family, where it is not curved. */
double inflated_densities(const struct response *response, size_t from, size_t count, const double eta[],
                          enum density_order order, double *const out[D_COUNT]);

/* P(Y <= y), or P(Y < y), of counts. */
double cumulative_poisson(double y, double mu, bool below);
double cumulative_binomial(double successes, double trials, double p, bool below);
double cumulative_nbinom(double y, double size, double mu, bool below);
/* By adding up. */
double cumulative_betabinomial(double successes, double trials, double a, double b, bool below);

/* Draws by inversion, so that a draw takes the same count of uniform numbers whatever its value. */
double draw_poisson(struct rng *rng, double mu);
/* A count, not below 0, of a law that is normal but for a skewness of the order of 1 / sqrt(mean) (Cornish and Fisher): from
 * means of DRAW_LARGE_MEAN on, up to where one adds up probabilities, the error in standard deviations is of the order of 1 /
 * mean. */
#define DRAW_LARGE_MEAN 1e5
double draw_nearly_normal(struct rng *rng, double mean, double variance, double skewness);
double draw_binomial(struct rng *rng, double trials, double p);
double draw_gamma(struct rng *rng, double shape, double scale);
double draw_beta(struct rng *rng, double a, double b);
double draw_nbinom(struct rng *rng, double size, double mu);

#endif
