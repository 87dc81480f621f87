/* rowcov-along.h -- the criterion of rowcov.h over coordinates in which each of its parameters can be held.
 *
 * psi stands where the parameters of rowcov.h do, one for one: coefficients themselves, standard deviations themselves,
 * correlations as the sine of an angle between -pi/2 and pi/2 (or their share of the range that they have), ranges, rates and
 * standard deviations of residuals as logarithms; behind them, of a linear model, the logarithm of sigma.  A correlation of an
 * unstructured matrix is a coordinate where it is asked for. */
#ifndef FIT_ROWCOV_ALONG_H
#define FIT_ROWCOV_ALONG_H

#include "fit/rowcov.h"

struct rowcov_along;

/* What is held: effect a of a term, or its correlation with effect b; parameter number a of its law; of the residuals, as
 * fit->residual has them (term < 0); sigma; a coefficient; a shape, by its number behind theta. */
enum along_what { ALONG_SD, ALONG_CORRELATION, ALONG_LAW, ALONG_SIGMA, ALONG_FIXED, ALONG_SHAPE };

struct along_parameter {
    enum along_what what;
    int term, a, b;
};

/* For the design, which is the fit's but for coefficients that are taken out, borrowed.  `parameter` (or NULL) will be held: a
 * correlation has no coordinate otherwise.  Returns new. */
struct rowcov_along *rowcov_along_new(const struct design *design, const struct fit *fit, const struct along_parameter *parameter,
                                      const struct glmm_progress *progress, struct glmm_error *err);
void rowcov_along_free(struct rowcov_along *along);

/* The same for the design and the fit of another one, whose rows are borrowed.  Returns new. */
struct rowcov_along *rowcov_along_beside(const struct rowcov_along *other, const struct fit *fit,
                                         const struct along_parameter *parameter, struct glmm_error *err);

int rowcov_along_count(const struct rowcov_along *along);

/* psi at the fit's estimates. */
const double *rowcov_along_estimate(const struct rowcov_along *along);

/* -1 for one that has none. */
int rowcov_along_find(const struct rowcov_along *along, const struct along_parameter *parameter);

/* The criterion, and its slopes (NULL: not wanted); MINIMIZE_BAD or more where there is none. */
double rowcov_along_value(struct rowcov_along *along, const double psi[], double gradient[]);

/* The same of a linear model without a prior at the sigma that is best, whatever psi has: only ratios to that count. */
double rowcov_along_profiled(struct rowcov_along *along, const double psi[], double gradient[]);

/* About how many nanoseconds such a value with its slopes takes, of a linear model. */
double rowcov_along_work(const struct rowcov_along *along);

/* The parameter at psi_i = x, with what is beyond the edges of its range at them; the edges, infinite where there are none. */
double rowcov_along_outward(const struct rowcov_along *along, int i, double x);
void rowcov_along_edges(const struct rowcov_along *along, int i, double edge[2]);

/* Whether psi_i is a standard deviation, whose 0 is a stationary point; an angle, whose ends are. */
bool rowcov_along_is_sd(const struct rowcov_along *along, int i);

/* Whether there is more to choose than standard deviations of a linear model: the coordinates of laws, and of several scales of
 * residuals, bend far from the estimates. */
bool rowcov_along_bends(const struct rowcov_along *along);

/* Whether it is the root of one. */
bool rowcov_along_is_root(const struct rowcov_along *along, int i);
bool rowcov_along_is_angle(const struct rowcov_along *along, int i);

/* Where a search for other optima sets psi_i, of which correlations hang: all of them 0 (end 0), or near an end of what the law
 * allows (end -1, 1: of neighbours; of an unstructured matrix there is none but 0).  False where none hang on it. */
bool rowcov_along_turn(const struct rowcov_along *along, int i, int end, double *psi);

/* Of random term t at psi: the standard deviations of its k effects; their covariance matrix, k x k.  False where it is none. */
void rowcov_along_sds(const struct rowcov_along *along, const double psi[], int t, double sd[]);
bool rowcov_along_covariance(struct rowcov_along *along, const double psi[], int t, double sigma[]);

/* Wald's interval: `reach` to both sides of the estimate in psi_i, on the scale of a logarithm, of Fisher's z, of a logit. */
void rowcov_along_wald(const struct rowcov_along *along, int i, double reach, double *lower, double *upper);

#endif
