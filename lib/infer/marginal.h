/* marginal.h -- means over the random effects: what a link makes of a normal linear predictor.
 *
 * At a row with fixed part eta = offset + x'beta the random part z'b is normal with variance v = sum_t z_t' Sigma_t z_t,
 * whatever the number of effects, so that the population's mean is one integral in one dimension,
 *
 *   m = E h(eta + sqrt(v) Z),   dm/deta = E h',   dm/dv = E h''/2     (the last by parts; h is the inverse link)
 *
 * By a matrix K a term's part of v is times what the row's level has with itself there; of rows that are none of the design's,
 * times the mean of that over the design's rows.
 *
 * It is computed by the trapezoidal rule, which for a smooth integrand with a normal weight converges faster than any
 * power of the step (Goodwin 1949) and, unlike a Gauss-Hermite rule of fixed size, keeps its precision where v is large:
 * the step shrinks as v grows. */
#ifndef INFER_MARGINAL_H
#define INFER_MARGINAL_H

#include "base/progress.h"
#include "fit/fit.h"

/* --- one mean ------------------------------------------------------------------------------ */

enum { AVERAGE_NODES = 4096, AVERAGE_MEMORY = 512 };

struct average {
    double mean;             /* E h(eta + sqrt(v) Z) */
    double slope, curvature; /* E h', E h'' */
};

/* The rule for one link and one variance; averager_set changes the variance.  It remembers some means: rows of a design
 * with factors alone repeat each other. */
struct averager {
    const struct link *link; /* NULL: identity */
    double variance;
    bool varies; /* from row to row, as the thresholds beside it do: no mean is remembered */
    int count;
    double node[AVERAGE_NODES], weight[AVERAGE_NODES]; /* of sqrt(v) Z; weights sum to 1 */
    double known_eta[AVERAGE_MEMORY];                  /* NaN: nothing known in this place */
    struct average known[AVERAGE_MEMORY];
};

void averager_init(struct averager *averager, const struct link *link);
void averager_set(struct averager *averager, double variance);

/* The same, with nodes for an identity link too, of which a mean needs none: for what is no mean. */
void averager_spread(struct averager *averager, double variance);

/* False, and NaN, where the mean does not exist: it is not finite, or the link is a reciprocal and 0 is within five
 * standard deviations of the linear predictor. */
bool average_at(struct averager *averager, double eta, struct average *out);

/* The mean, slope and curvature at b = 0: h, h', h''. */
bool typical_at(const struct link *link, double eta, struct average *out);

/* slope[0 .. shapes - 1] := the slopes of the mean in the shapes of the family, `share` times and added; for the averager of a
 * fit of which fit_mean_has_shapes. */
void average_shapes(const struct averager *averager, double eta, double share, double slope[]);

/* --- rows ---------------------------------------------------------------------------------- */

/* Rows to average over: those of a design, or such as they would be (grid.h).  All borrowed. */
struct marginal_rows {
    size_t n;
    const double *X;        /* n x p, column-major, the columns of the fit's design */
    const double *const *z; /* for each random term: n x k, row-major; NULL for a plain random intercept */
    const double *offset;   /* n, or NULL */
    const double *trials;   /* n: an average counts a row so many times; NULL: once */
    const double
        *dropped; /* n x dropped_count of the design, column-major; NULL: nothing was dropped, or the design's own rows */
    const bool *estimable;          /* n: whether the fixed part of a row is; NULL: of each */
    const char *why_not;            /* NULL, or in words what the data lack for the others */
    const struct design_rows *made; /* of which these are views, for other predictors; NULL: the design's own rows */
};

/* The design's own rows; z gets random_count pointers. */
struct marginal_rows rows_of_design(const struct design *design, const double **z);

double rows_eta(const struct fit *fit, const struct marginal_rows *rows, size_t i);
/* How many times an average counts row i. */
double rows_trials(const struct marginal_rows *rows, size_t i);
/* v of row i. */
double rows_variance(const struct fit *fit, const struct marginal_rows *rows, size_t i);
/* slope[0 .. theta_count) := dv/dtheta of row i, theta as in the fit's joint covariance (templates not divided by sigma). */
void rows_variance_slope(const struct fit *fit, const struct marginal_rows *rows, size_t i, double slope[]);

/* --- the delta method ---------------------------------------------------------------------- */

/* Parameters whose uncertainty is known: p coefficients, theta_count covariance parameters where the fit has a joint
 * covariance matrix (a linear mixed model has none, and its means do not depend on them), and where means have shapes those
 * behind theta. */
int delta_count(const struct fit *fit);

/* Adds slopes in the shapes to a gradient of delta_count entries. */
void delta_add_shapes(const struct fit *fit, const double slope[], double gradient[]);

/* The variance of a quantity with this gradient (delta_count entries); NaN where an uncertain parameter's variance is
 * unknown. */
double delta_variance(const struct fit *fit, const double gradient[]);

/* The same of a gradient over all parameters of the joint covariance. */
double joint_variance(const struct fit *fit, const double gradient[]);

#endif
