/* row-mean.h -- the mean of a row over random effects, where it may hang on a dispersion that has random effects of its own. */
#ifndef INFER_ROW_MEAN_H
#define INFER_ROW_MEAN_H

#include "infer/predict-parts.h"

struct row_mean {
    struct average average;
    double shape[FAMILY_SHAPES]; /* its slopes in the shapes, where it has such (fit_mean_has_shapes); else 0 */
    double spread;               /* its slope in the variance of the random effects of the dispersion */
    bool crossed;                /* these were averaged over */
};

enum { ROW_MEANS = 64 };

/* Large, for the heap.  It remembers some means over two kinds of effects: rows of a design with factors alone repeat each other.
 */
struct row_averager {
    const struct fit *fit;
    const struct link *link;                  /* of the mean: the fit's, or that of the row at hand, row_link's */
    struct averager mean, zeros, dispersions; /* the latter of the log-odds of zeros and of the logarithm of the dispersion */
    struct row_link row_link;
    struct row_mean known[ROW_MEANS];
    double key[ROW_MEANS][4]; /* NaN: nothing known in this place */
};

void row_averager_init(struct row_averager *a, const struct fit *fit);

/* Whether the mean hangs on a dispersion that is not the same for all rows. */
bool row_averager_goes_by_row(const struct row_averager *a);

/* Row i is at hand. */
void row_averager_row(struct row_averager *a, const struct part_rows *dispersion, size_t i);

/* E m over the random effects of the mean, of this variance, and, where the mean hangs on a dispersion by row, over those of the
 * dispersion that part_rows_spread has: the product of two rules of marginal.h.  With v the variance of these and d their sum,
 * dE m/dv = E m''/2 = E (d/v) m'/2 (m' and m'' in the dispersion's predictor).  False, and NaN, where the mean does not exist. */
bool row_mean_over(struct row_averager *a, const struct part_rows *dispersion, size_t i, double eta, double variance,
                   struct row_mean *out);

/* The mean at one linear predictor. */
bool row_mean_typical(const struct row_averager *a, double eta, struct row_mean *out);

#endif
