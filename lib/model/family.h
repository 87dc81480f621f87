/* family.h -- response distributions and link functions, as data.
 *
 * A family gives the log density of a row as a function of its linear predictor eta = g(mu) and of a short vector of shapes,
 * with the derivatives that the exact gradient of the Laplace deviance needs (NUMERICS 2).  Adding a family is one file and one
 * row of the table in family.c.
 *
 * The first shape of a family with a dispersion is tau, the logarithm of the dispersion parameter; others may follow (`more`).
 * Densities take shapes on the scale on which they are estimated, all else takes their natural values.
 *
 * Dispersion parameters: gaussian sigma^2; Gamma and inverse.gaussian phi with variance phi mu^2 and phi mu^3; nbinom2 k with
 * mu + mu^2/k; nbinom1 alpha with mu (1 + alpha); beta phi with mu (1 - mu)/(1 + phi); betabinomial phi with
 * n mu (1 - mu) (phi + n)/(phi + 1); t sigma, the scale; lognormal sigma^2, the variance of log y; genpois phi with phi mu;
 * compois phi, nu = 1/phi; tweedie phi with phi mu^p; ordbeta phi as beta.
 *
 * Prior weights divide the dispersion of gaussian, Gamma and inverse.gaussian (as R's glm); elsewhere they multiply the row's
 * log density. */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H

#include "base/rng.h"
#include "model/design.h"

/* --- links -------------------------------------------------------------------------------- */

enum link_kind { LINK_OTHER, LINK_IDENTITY, LINK_LOG, LINK_LOGIT, LINK_PROBIT };

struct link {
    const char *name;               /* "logit", "1/mu^2" */
    enum link_kind kind;            /* those about which more is known than their functions say */
    const char *scale;              /* the linear predictor's scale in words: "log-odds" */
    const char *ratio;              /* what exp(coefficient) is: "odds ratio"; NULL where it means nothing */
    double latent_variance;         /* of the latent residual of a binary model; NaN where there is none */
    double (*transform)(double mu); /* g(mu), for mu inside the range */
    bool (*valid)(double eta);      /* whether the inverse exists (NULL: everywhere) */
    /* out: mu, mu', mu'', mu''' at eta. */
    void (*inverse)(double eta, double out[4]);
    /* Links of a probability only (else NULL): log mu and log(1 - mu), each with three derivatives in eta, exact in the tails. */
    void (*logs)(double eta, double log_mu[4], double log_rest[4]);
    /* Of the link that leads to the mean of y where that is not the family's mu (family_mean_link); else NULL. */
    const struct link *base;
    const struct family *family;
    const double *shape;
    int category; /* of a family of categories: not to the mean, but to the probability of the category-th; 0: to the mean */
};

extern const struct link link_identity;

/* Borrowed; NULL when there is none of that name. */
const struct link *link_find(const char *name);

/* mu and its derivatives, and g(mu), of a link of any kind. */
void link_inverse(const struct link *link, double eta, double out[4]);
double link_transform(const struct link *link, double mu);

/* 1 - mu without cancellation for links of a probability. */
double link_rest(const struct link *link, double eta);

/* --- families ----------------------------------------------------------------------------- */

/* The log density of a row and its derivatives. */
enum {
    D_VALUE, /* log f, without the row's constant */
    D_ETA,
    D_ETA2,
    D_ETA3, /* in eta */
    D_TAU,
    D_TAU_ETA,
    D_TAU_ETA2,                          /* in the first shape, and of that in eta; 0 without a shape */
    FAMILY_SLOTS = 3,                    /* most shapes that the density of one row depends on */
    FAMILY_SHAPES = MOST_CATEGORIES - 1, /* most shapes of a family */
};

/* Slot j has three places: the derivative in its shape, and the first two of that in eta.  Slot j is shape j, but for families of
 * categories: their slots are the thresholds below and above the row's category.  A shape that may have random effects beside
 * those of eta has more behind them, zeta (the log-odds of zero inflation) from D_ZERO on and tau, where a response is `curved`,
 * from D_CURVE on: its second derivative, that of this in eta, the third; then of each other shape its mixed derivative with it,
 * that of this in eta and in the shape itself. */
#define D_SHAPE(j)       (D_TAU + 3 * (j))
#define D_ZERO           D_SHAPE(FAMILY_SLOTS)
#define D_ZERO_SHAPE(j)  (D_ZERO + 3 + 3 * (j))
#define D_CURVE          D_ZERO_SHAPE(FAMILY_SLOTS)
#define D_CURVE_SHAPE(j) (D_CURVE + 3 + 3 * (j))
#define D_COUNT          D_CURVE_SHAPE(FAMILY_SLOTS)

/* How much of it is wanted; each includes those before. */
enum density_order { ORDER_VALUE, ORDER_GRADIENT, ORDER_HESSIAN, ORDER_ALL };

/* What the rows before one left for it, where a pass over rows keeps that (family-parts.h). */
struct row_memory;

struct observation {
    double y;                  /* binomial, betabinomial: the proportion; cumulative: the number of the category */
    double trials, weight;     /* 1 where there are none */
    int categories;            /* of the family; 0 for most */
    unsigned open;             /* cumulative: OPEN_BELOW, OPEN_ABOVE: the threshold there does not bound it */
    struct row_memory *memory; /* NULL: nothing is kept */
};

#define FAMILY_LINKS 5

/* What likelihoods of a response compare with: densities, or probabilities of the same events. */
enum support { SUPPORT_REAL, SUPPORT_COUNT, SUPPORT_SUCCESSES, SUPPORT_CATEGORIES };

/* Which responses of SUPPORT_REAL have a probability, not a density. */
enum family_masses { MASSES_NONE, MASSES_ZERO, MASSES_ZERO_ONE };

/* A parameter of the density beside the mean and the dispersion. */
enum shape_scale { SHAPE_LOG, SHAPE_POWER /* 1 + 1/(1 + exp(-shape)) */, SHAPE_FREE };

struct family_shape {
    const char *name; /* "df" */
    const char *note; /* in words, for the summary: "degrees of freedom" */
    enum shape_scale scale;
    double start;
    double infinite; /* from there down the variance of the response is infinite; 0: nowhere */
};

struct response;

/* Of a negative binomial distribution whose zeros are cut off: where its size goes to 0 with the mean, the logarithmic series is
 * left, of mean/size (nbinom2) or of the shape alone (nbinom1). */
enum family_series { SERIES_NONE, SERIES_RATIO, SERIES_SHAPE };

struct family {
    const char *name;
    const struct link *links[FAMILY_LINKS + 1]; /* the default first; ends with NULL */
    enum response_kind response;
    enum support support;
    enum family_masses masses;
    bool has_dispersion;
    bool heavy_tails;            /* so heavy, where its shape is estimated, that some rows without error outweigh all others */
    bool certain;                /* of counts: at a dispersion of 0 they are next to their mean */
    bool mean_runs_away;         /* with the exponential of the dispersion: over normal effects of its logarithm it is infinite */
    bool residual;               /* the dispersion is the variance of a residual, whose standard deviation is sigma: gaussian */
    int mean_power;              /* the variance is the dispersion times this power of the mean, where it is more than 0 */
    bool weight_divides;         /* prior weights divide the dispersion */
    const char *dispersion_name; /* "k"; NULL without */
    const char *dispersion_law;  /* the variance: "mu + mu²/k" */
    const struct family *whole;  /* of counts that are cut off at 0: the family before that; else NULL */
    bool ones_in_the_limit;      /* of those: as the mean goes to 0, a count of 1 is certain */
    enum family_series series;   /* of those: what is left of the shape and the mean as the size goes to 0 */
    /* With zero inflation: the family without it.  Then its own functions are those of that family, the last shape is the
     * log-odds of a zero beyond it, and who wants a density asks family_density. */
    const struct family *inflated;
    bool reciprocal; /* a model of the dispersion is one of 1/dispersion: Gamma, whose shape that is */
    int more_count;  /* further shapes */
    const struct family_shape *more;
    bool given[FAMILY_SLOTS]; /* shapes that are not estimated: those further ones stay at their start */
    /* Of a family of categories as a response has them (family_of_categories): y is 1 to `categories`, and the shapes are the
     * thresholds between them; else 0. */
    int categories;
    const char *const *category_names;
    const char *limit; /* the family where the last shape is limit_sign * infinity, if it is another one: "Poisson" */
    int limit_sign;
    const char *at_one;     /* the family where the dispersion, the only shape, is 1, inside its range: "Poisson"; NULL: none */
    bool limit_varies_most; /* that family has the largest variance of all, not the smallest */
    const char *range;      /* "a whole number from 0 up", for the error about a row outside */
    bool (*accepts)(const struct observation *at);
    double (*start)(const struct observation *at); /* a value inside the range of mu near y */
    /* out: the part of log f that does not depend on eta, and its derivatives in the shapes.  For large counts it is about the
     * largest log f: what is left for `density` is small, and keeps its digits in sums. */
    void (*constant)(const struct observation *at, const double shape[], double out[1 + FAMILY_SLOTS]);
    /* out: as far as `order` asks.  False where the density is 0 or eta is outside the link's domain. */
    bool (*density)(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT]);
    /* What response_density makes of `density`, for many rows at once; false where it is not for them.  NULL: never. */
    bool (*sum)(const struct response *response, size_t from, size_t count, const double eta[], enum density_order order,
                double *const out[D_COUNT], double *total);
    /* out, filled by `density` and the slopes of the constant: the places from D_CURVE on.  NULL: the dispersion has no
     * random effects. */
    void (*curve)(const struct link *link, const struct observation *at, double eta, const double shape[], double out[D_COUNT]);
    /* Whether these rows leave a shape at an end of its range, which *value gets; NULL: never. */
    bool (*absent)(const struct response *rows, int shape, double *value);
    /* out: the mean of y and its derivatives in eta, where that is not mu; else NULL.  `of` is a link made by family_mean_link.
     */
    void (*mean)(const struct link *of, double eta, double out[4]);
    /* The derivatives of that mean and of its slope in the shapes, where what is said of means knows the errors of these; else
     * NULL.  Each has family_shapes entries. */
    void (*mean_slopes)(const struct link *of, double eta, double slope[]);
    double (*variance)(double mu, const double shape[], double trials); /* of y */
    double (*deviance)(const struct observation *at, double mu,
                       const double shape[]); /* unit deviance, NULL: found numerically */
    /* P(Y <= y), and of `below` P(Y < y): for residuals by quantiles; NULL: the response's own scale serves (gaussian). */
    double (*cumulative)(double mu, double rest, const double shape[], const struct observation *at, bool below);
    double (*simulate)(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at);
};

/* A gaussian model with the identity link: its likelihood is exact. */
static inline bool family_is_linear(const struct family *family, const struct link *link)
{
    return family->residual && family->mean == NULL && link->kind == LINK_IDENTITY;
}

/* A linear model of y, or of log y (lognormal): where one variance is that of all rows, its coefficients have the standard errors
 * of a linear model, with the variances held. */
static inline bool family_is_normal(const struct family *family, const struct link *link)
{
    return family->residual && (family->mean != NULL || link->kind == LINK_IDENTITY);
}

/* The same family for a response of these categories, lowest first (borrowed, as the arena's family is): two to FAMILY_SHAPES + 1
 * of them.  NULL when memory is out. */
const struct family *family_of_categories(struct arena *arena, const struct family *family, int count, const char *const *names);

/* The same distribution of y given its parameters, with the same of these given. */
bool family_is_same(const struct family *a, const struct family *b);

/* How many places of derivatives in shapes the density fills. */
int family_slots(const struct family *family);

/* The number of shapes, and of one its natural value from that on which it is estimated, with the rate of it (may be NULL), and
 * back. */
int family_shapes(const struct family *family);
bool family_holds_shape(const struct family *family, int j); /* by its statement, as `t(3)`; never a threshold */
double family_shape_value(const struct family *family, int j, double estimated, double *rate);
double family_shape_estimated(const struct family *family, int j, double value);

/* The family with zeros beyond its own: P(Y = 0) = pi + (1 - pi) f(0), a hurdle where f(0) is 0.  The arena's.  An error where
 * that has no meaning. */
const struct family *family_with_zeros(struct arena *arena, const struct family *family, struct glmm_error *err);

/* The family without zeros beyond its own, whose functions its are; itself where there are none. */
static inline const struct family *family_own(const struct family *family)
{
    return family->inflated != NULL ? family->inflated : family;
}

/* Whether a zero is a zero of the inflation alone: truncated counts, positive numbers. */
bool family_is_hurdle(const struct family *family);

/* The place of zero inflation among the shapes, -1 without. */
int family_zero_shape(const struct family *family);

/* P(a zero beyond the family's own) of natural shapes; 0 without inflation. */
double family_zero_share(const struct family *family, const double shape[]);

/* A value that the family allows. */
bool family_accepts(const struct family *family, const struct observation *at);

/* log f with its derivatives, without the row's constant (which inflation does not take apart); as the family's `density`. */
bool family_density(const struct family *family, const struct link *link, const struct observation *at, double eta,
                    const double shape[], enum density_order order, double out[D_COUNT]);

/* What the family's `curve` adds to out, zeros beyond its own included. */
void family_curve(const struct family *family, const struct link *link, const struct observation *at, double eta,
                  const double shape[], double out[D_COUNT]);

/* That of linear models, with the identity link. */
extern const struct family family_gaussian;

/* The families, in the order in which help lists them; family_at(family_count()) is NULL. */
int family_count(void);
const struct family *family_at(int index);

/* Borrowed.  An unknown name is an error that suggests the nearest. */
const struct family *family_find(const char *name, struct glmm_error *err);

/* The same; of `t(4)` or `tweedie(1.5)` the further shape is held at that value: a family of the arena's. */
const struct family *family_make(struct arena *arena, const char *text, struct glmm_error *err);

/* The link of that name (NULL: the default).  An error names the links that the family has. */
const struct link *family_link(const struct family *family, const char *name, struct glmm_error *err);

/* --- rows --------------------------------------------------------------------------------- */

/* A design's response under a family; all arrays are borrowed. */
struct response {
    const struct family *family;
    const struct link *link;
    size_t n;
    const double *y, *trials, *weights; /* trials, weights: NULL for 1 each */
    double shape[FAMILY_SHAPES];        /* on the scale on which they are estimated */
    const double *rows[FAMILY_SLOTS];   /* n: a shape that is not the same for all rows; else NULL */
    const unsigned char *open;          /* n: of each row, as of an observation; NULL: 0 */
    bool curved;                        /* the dispersion has random effects: its places are wanted too (family_curve) */
};

/* The shapes of a row. */
void response_shape(const struct response *response, size_t row, double shape[FAMILY_SHAPES]);

struct observation response_at(const struct response *response, size_t row);

/* Checks every row; the error names the row of the data (from 1) and its value.  `row` maps rows to the data's, NULL: the
 * same. */
bool response_check(const struct response *response, const size_t *row, const char *name, struct glmm_error *err);

/* The sum of the constants; slope (FAMILY_SLOTS; may be NULL) gets its derivatives in the shapes.  0 where shapes differ between
 * rows or zeros are inflated: there the densities have their constants. */
double response_constant(const struct response *response, double slope[]);

/* Rows [from, from + count): writes those derivatives that `order` asks for into the arrays of `out` that are not NULL
 * (`count` entries each; those in shapes come with ORDER_GRADIENT) and returns the sum of the log densities without
 * constants; -Infinity where a density is 0.  out may be NULL; eta has `count` entries.  Allocates nothing. */
double response_density(const struct response *response, size_t from, size_t count, const double eta[], enum density_order order,
                        double *const out[D_COUNT]);

/* --- for residuals and predictions -------------------------------------------------------- */

/* All of these take the natural values of the shapes (a NULL is as good for a family without). */

/* The link from the mean of y to the linear predictor: `link`, or what is made of it in *own, which borrows the shapes. */
const struct link *family_mean_link(const struct family *family, const struct link *link, const double shape[], struct link *own);

/* The same to the probability of one category, from 1. */
const struct link *family_category_link(const struct family *family, const struct link *link, const double shape[], int category,
                                        struct link *own);

/* The link on whose scale an interval of what `link` leads to is made: the logit for the probability of a category, and for the
 * mean m of counts without 0 that hangs on a shape log(m - 1); else itself.  The error of such a mean holds that of the shape,
 * which moves the least mean that `link` has (alpha/log(1 + alpha) of nbinom1): its scale is one for this shape alone. */
const struct link *link_of_intervals(const struct link *link);

double family_variance(const struct family *family, double mu, const double shape[], const struct observation *at);

/* Of y where its linear predictor is eta, and `mean` the mean of y. */
double family_variance_at(const struct family *family, const struct link *link, double eta, double mean, const double shape[],
                          const struct observation *at);

/* p[0 .. categories - 1]: the probabilities of the categories; returns the one that is most likely, from 1. */
int family_probabilities(const struct family *family, const struct link *link, double eta, const double shape[], double p[]);

/* The signed square root of the row's contribution to the deviance (2 (saturated - fitted log density) times the dispersion
 * where weights divide). */
double family_deviance_residual(const struct family *family, const struct link *link, const struct observation *at, double eta,
                                const double shape[]);

/* P(Y <= y) at the row's y, or P(Y < y); NaN where the family does not need it. */
double family_cumulative(const struct family *family, const struct link *link, const struct observation *at, double eta,
                         const double shape[], bool below);

/* A draw of y (a proportion for binomial families). */
double family_simulate(const struct family *family, const struct link *link, struct rng *rng, const struct observation *at,
                       double eta, const double shape[]);

#endif
