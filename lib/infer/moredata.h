/* moredata.h -- the same level with more rows, or with fewer: where its conditional mode and its uncertainty would go.
 *
 * The rows are thought of as repeated: n rows of a level that has n0 count n / n0 times each.  The parameters and the other
 * random effects stay at their estimates.  For a scalar effect of a linear model the mode is n tau^2 / (n tau^2 + sigma^2) of the
 * way to the level's own estimate; elsewhere it is found by Newton steps on n / n0 times the log likelihood of the level's
 * rows. */
#ifndef INFER_MOREDATA_H
#define INFER_MOREDATA_H

#include "fit/fit.h"

struct moredata;

/* Level `level` of random term t.  The fit is borrowed and must outlive this.  Returns new; NULL when memory is out. */
struct moredata *moredata_new(const struct fit *fit, int t, int32_t level, struct glmm_error *err);
void moredata_free(struct moredata *m);

/* With `rows` >= 0 rows: modes (k) and covariance (k x k) are those of the level's effects given the data; at the present number
 * of rows they are the fit's.  *weight (NULL: not wanted) is what a scalar effect keeps, I tau^2 / (I tau^2 + 1); NaN for
 * vectors.  Where the level's rows share other random effects, the information that these leave grows in proportion.  Allocates
 * nothing. */
void moredata_at(struct moredata *m, double rows, double modes[], double covariance[], double *weight);

/* The standard error of effect a of k, from that covariance. */
double moredata_se(const double covariance[], int k, int a);

/* Numbers of rows on the way from the present one to the one asked for, by doublings (halvings), and by wider steps where these
 * would be more than `most`; the first is the present one, the last the one asked for.  Returns how many. */
int moredata_steps(double present, double asked, int most, double rows[]);

#endif
