/* prior.h -- what is added to a likelihood: densities of parameters, whose mode with the likelihood the estimates then are.
 *
 * A prior is a list of rules, each for coefficients, standard deviations or covariance matrices of random effects.  It is kept
 * by names, so that it holds for any design made of the model's (fewer rows, fewer columns). */
#ifndef MODEL_PRIOR_H
#define MODEL_PRIOR_H

#include "model/design.h"
#include "model/family.h"

enum prior_target {
    PRIOR_FIXED,      /* all coefficients but the intercept */
    PRIOR_NAMED,      /* one coefficient */
    PRIOR_SD,         /* standard deviations of random effects */
    PRIOR_COVARIANCE, /* covariance matrices of random effects */
    PRIOR_JEFFREYS    /* all coefficients together */
};

enum prior_law { PRIOR_NORMAL, PRIOR_T, PRIOR_GAMMA, PRIOR_WISHART };

enum { PRIOR_OF_MEAN = -1 };

struct prior_rule {
    enum prior_target target;
    int part;           /* of coefficients: of which predictor, as DESIGN_ZERO; PRIOR_OF_MEAN: of the mean's */
    const char *name;   /* of a coefficient or a group; NULL: all */
    const char *effect; /* of a group; NULL: all */
    enum prior_law law;
    double center, scale; /* normal, t; gamma: shape and rate; Wishart: degrees of freedom and scale (Infinity: none) */
    double df;            /* t; a Cauchy distribution has 1 */
    struct glmm_span at;  /* the target in the text */
};

struct prior {
    const struct prior_rule *rules;
    int count;
};

/* prior -> rule {';' rule};  rule -> "jeffreys" | target '~' law;
 * target -> "fixed" | COEFFICIENT | ("zi" | "disp") ['(' COEFFICIENT ')'] | "sd" ['(' GROUP [',' EFFECT] ')'] |
 *           "cov" ['(' GROUP ')'];
 * law -> normal(mean, sd) | cauchy(location, scale) | t(df, location, scale) | gamma(shape, rate) | wishart(df [, scale])
 *
 * The arena's; NULL with an error whose span is in the text. */
const struct prior *prior_parse(struct arena *arena, const char *text, struct glmm_error *err);

/* Whether each rule has something to rule in the design, and a density there that leaves a mode. */
bool prior_check(const struct prior *prior, const struct design *design, const struct family *family, struct glmm_error *err);

/* What rules a coefficient, a standard deviation, a covariance matrix: of several rules the one that names most; NULL: none. */
const struct prior_rule *prior_of_coefficient(const struct prior *prior, int part, const char *name);
const struct prior_rule *prior_of_sd(const struct prior *prior, const char *group, const char *effect);
const struct prior_rule *prior_of_covariance(const struct prior *prior, const char *group);

/* Whether the density of a standard deviation falls to 0 as it grows: then its mode is finite, whatever the data say. */
bool prior_bounds_sd(const struct prior *prior, const char *group, const char *effect);

/* Whether there are rules for coefficients of the mean, for random effects; Jeffreys' is one for coefficients.  `prior` may be
 * NULL. */
bool prior_has_coefficients(const struct prior *prior);
bool prior_has_random(const struct prior *prior);
bool prior_is_jeffreys(const struct prior *prior);

/* Whether Jeffreys' prior is there for coefficients of this family. */
bool prior_knows_jeffreys(const struct family *family);

/* -2 log density at x, 0 at the center (gamma: without constants); *slope and *curvature get its derivatives.  Of a standard
 * deviation x >= 0. */
double prior_penalty(const struct prior_rule *rule, double x, double *slope, double *curvature);

#endif
