/* predict-parts.h -- the linear predictors of zi= and disp= in other rows (for predictions, and for who shows their columns). */
#ifndef INFER_PREDICT_PARTS_H
#define INFER_PREDICT_PARTS_H

#include "base/watch.h"
#include "fit/fit.h"
#include "infer/marginal.h"
#include "model/rows.h"

struct part_rows {
    const struct fit *fit;
    const struct fit_part *part;
    size_t n;
    const double *X, *offset;         /* n x count, column-major; n or NULL */
    const struct random_rows *random; /* of its random terms, without levels where left at 0; NULL: all are */
    bool averages;                    /* over the random effects of terms whose level is not known, but for those that are */
    const bool *left_out;             /* left out (entries as in `random`; NULL: none is) */
    int first_theta;                  /* of its random terms, in the joint covariance */
    /* n: where coefficients are infinite, else NULL: of the fit's own rows with their random effects, or of any without, as
     * fit_part_rows has them */
    const double *known;
    bool fixed; /* so they are without, by part_rows_set */
    int first;  /* of its coefficients in the joint covariance */
};

/* The predictor in the rows of the fit (`rows` NULL) or in others; part stays NULL where the fit has none of that kind. */
void part_rows_init(struct part_rows *p, const struct fit *fit, enum part_kind kind, const struct design_rows *rows);

/* Whether `known` (n, the caller's) has to be set, as coefficients are infinite, and sets it.  False when memory is out, or
 * the watch (or NULL) has stopped. */
bool part_rows_want(const struct part_rows *p);
bool part_rows_set(struct part_rows *p, struct watch *watch, double known[]);

/* Whether nothing tells the predictor of a row. */
bool part_rows_is_open(const struct part_rows *p, size_t i);

/* Whether no mean that hangs on it is told: nothing tells it, or it is infinite, and not where the family has a limit. */
bool part_rows_has_no_mean(const struct part_rows *p, size_t i);

/* Why either. */
const char *part_rows_why_not(const struct part_rows *p, size_t i);

/* The predictor of row i, with the modes of its groups where `random` is set and they are known. */
double part_rows_eta(const struct part_rows *p, size_t i);

/* The variance of the random effects of row i that are averaged over, and, added to a gradient over all parameters of the joint
 * covariance, `factor` times its slopes in theta. */
double part_rows_spread(const struct part_rows *p, size_t i);
void part_rows_spread_gradient(const struct part_rows *p, size_t i, double factor, double gradient[]);

/* What the averager's link makes of the predictor of row i, over the random effects that are averaged over, with its slope and
 * curvature in the predictor: the share of zeros with link_logit, the dispersion with link_log. */
void part_rows_average(const struct part_rows *p, struct averager *averager, size_t i, struct average *out);

/* The variance of its fixed part; NaN where infinite coefficients move it. */
double part_rows_variance(const struct part_rows *p, size_t i);

/* Adds `factor` times the gradient of the fixed part to one over all parameters of the joint covariance. */
void part_rows_gradient(const struct part_rows *p, size_t i, double factor, double gradient[]);

/* The link of a mean that hangs on a dispersion which disp= gives each row (nbinom2's of zeros, say). */
struct row_link {
    struct link link;
    double shape[FAMILY_SHAPES];
};

/* The link of the mean of a fit: `own`'s, where row_link_set is to be called for each row; else the fit's. */
const struct link *row_link_begin(struct row_link *own, const struct fit *fit);
void row_link_set(struct row_link *own, const struct part_rows *dispersion, size_t i);
/* The same, the random effects of the dispersion having this sum. */
void row_link_set_at(struct row_link *own, const struct part_rows *dispersion, size_t i, double effects);

#endif
