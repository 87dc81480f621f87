/* parameter.h -- the parameters of a fit, one after the other, as intervals and replicates see them: fixed effects, standard
 * deviations and correlations of the random effects, the residual standard deviation or the dispersion, thresholds, the
 * coefficients of zi= and disp=. */
#ifndef INFER_PARAMETER_H
#define INFER_PARAMETER_H

#include "base/arena.h"
#include "fit/fit.h"

enum parameter_kind {
    PARAMETER_FIXED,
    PARAMETER_SD,
    PARAMETER_CORR,
    PARAMETER_SIGMA,
    PARAMETER_DISPERSION,
    PARAMETER_SHAPE,
    PARAMETER_STRUCTURE,
    PARAMETER_ZERO, /* a coefficient of zi=, of disp= */
    PARAMETER_SPREAD,
    PARAMETER_EXTRA /* a shape beside the dispersion, as degrees of freedom or a power */
};

struct parameter {
    enum parameter_kind kind;
    int term;                         /* as design_term counts them; -1 for those that belong to none */
    int a, b;                         /* the coefficient; the effect, and for a correlation the second one, a < b; the shape; the
                                         structure's parameter */
    const char *group, *name, *other; /* in words: group NULL without a term; other for correlations only */
    const char *relation;             /* the K= that tells the term from another one of the same effects; else NULL */
    double estimate;                  /* Inf or -Inf at infinity, NaN where nothing determines it */
};

/* Those of the fit in the order of the enumeration, terms in the formula's order; correlations only where the term's structure
 * has them free.  Behind them those of the random effects of zi= and disp=, whose group is "zi site".  Owned by the arena; NULL
 * when memory is out. */
struct parameter *parameters_of(const struct fit *fit, struct arena *arena, int *count);

/* The value of the parameter in a fit of the same design. */
double parameter_value(const struct parameter *parameter, const struct fit *fit);

/* The residual standard deviation; 0 where effects of which each row has its own have taken its place (rowcov-fit.c holds it at a
 * millionth of theirs). */
double residual_sd_shown(const struct fit *fit);

/* "fixed", "sd", "corr", "sigma", "dispersion", "shape", "structure" (of a covariance structure: rho, range), "zi", "disp". */
const char *parameter_kind_name(enum parameter_kind kind);

/* "Days", "Subject sd Days", "Subject corr (Intercept), Days", "sd Residual": a row of a table; a constant or the arena's. */
const char *parameter_words(const struct parameter *parameter, struct arena *arena);

/* The coefficients of zi= or disp= that the parameter is one of; NULL: it is none, or the fit has none. */
const struct fit_part *parameter_part(const struct parameter *parameter, const struct fit *fit);

/* The error of the logarithm of a standard deviation, of a generalized model without covariance structures, from its joint
 * covariance matrix. */
double parameter_log_error(const struct parameter *parameter, const struct fit *fit);

/* The Wald interval of a fixed effect, by t or z, of a threshold, of a coefficient of zi= or disp=; NaN where there is none. */
void parameter_wald(const struct parameter *parameter, const struct fit *fit, double level, double *lower, double *upper);

#endif
