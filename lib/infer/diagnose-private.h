/* diagnose-private.h -- shared by the files of diagnose.h. */
#ifndef INFER_DIAGNOSE_PRIVATE_H
#define INFER_DIAGNOSE_PRIVATE_H

#include "base/watch.h"
#include "fit/fit.h"
#include "infer/diagnose.h"

enum { ROTATED_BLOCK = 40 }; /* observations that are made independent together, at most */

#define DRAWS_TIE 1e-12 /* relative: values that are one but for rounding */

/* Observations are rows, but where a row stands for several alike (design.h, repeats): those. */
struct draws {
    const struct fit *fit;
    const struct model *model;
    size_t n; /* observations */
    int count;
    const double *own; /* n: the response */
    size_t *of;        /* n: the row of each; NULL: they are the rows */
    double *drawn;     /* what is drawn for the rows then */
    double *y;         /* count x n, draw by draw */
    double *mine;      /* count + 1: a statistic, that of the response last */
    /* (count + 1) x n: quantile residuals, those of the response last; then what diagnose_along makes of them. */
    double *residual;
    struct watch *watch; /* stopped, what was found is worth nothing */
};

/* Draw r, from 0; r = count: the response. */
const double *draws_at(const struct draws *d, int r);
static inline size_t draws_row(const struct draws *d, size_t observation)
{
    return d->of == NULL ? observation : d->of[observation];
}

/* Of a statistic, mine[0 .. count], the response's last: the share of all that are as far out, on both sides, or above. */
double draws_two_sided(const double mine[], int count);
double draws_upper(const double mine[], int count);
enum check_verdict draws_verdict(double p, int count);

/* Whether x is farther from 0 than what was the farthest, by more than rounding leaves: of those that are as far the first is
 * told, as of the two parts of a variable, one of which spreads by as much less as the other by more. */
bool diagnosis_farther(double x, double farthest);

/* Adds a check to those there are; room is there. */
void diagnosis_add(struct diagnosis *d, struct check check);

/* Those that draw responses; those that read the fit.  False when memory is out or the work was stopped. */
bool diagnose_draws(struct diagnosis *d, const struct model *model, const char *order, const struct glmm_progress *progress,
                    struct glmm_error *err);
/* Residuals along predictors, in an order (a variable of the data; NULL: the first that gives one), in groups: of quantile
 * residuals that are made independent first, in the place of these. */
bool diagnose_along(struct diagnosis *out, struct draws *d, const char *order, struct glmm_error *err);

/* Observations one after the other, in blocks of those that covary, within them by `order` (n; NULL: none) and by chance. */
struct blocks {
    const char *group; /* whose levels they are; NULL: all observations are one */
    size_t *at;        /* n: the observations */
    size_t *start;     /* count + 1 places in `at` */
    size_t count;
    double *order; /* n, by observation; NaN: has no place */
    bool covary;
};
bool blocks_make(struct blocks *blocks, const struct draws *d, const double order[], uint64_t seed);
void blocks_clear(struct blocks *blocks);

/* Normal scores of the quantile residuals, divided by the factor of their correlation within each block as all draws and the
 * response have it; so are `columns` (count x n, column by column).  The same is done to all, so that the response stays one
 * among the draws.  False when memory is out. */
bool blocks_rotate(const struct blocks *blocks, struct draws *d, double *columns, size_t count);

/* The variance of row i on the scale of the linear predictor about its fixed part: random effects, and the family's over the
 * squared slope of the mean.  NaN where there is none. */
double diagnose_row_variance(const struct fit *fit, size_t i);

bool diagnose_fit(struct diagnosis *d, const struct model *model, const struct glmm_progress *progress, struct glmm_error *err);

#endif
