/* rowcov.h -- models whose covariance matrix is a function of parameters: structured random effects, relationships between
 * levels, structured residuals (NUMERICS 6).
 *
 * They are fitted by the covariance matrix of the rows, cluster by cluster: rows are in one cluster where some effect or residual
 * makes them covary.  All such matrices are formed, factored and differentiated in one way, whatever the structure. */
#ifndef FIT_ROWCOV_H
#define FIT_ROWCOV_H

#include "base/progress.h"
#include "base/rng.h"
#include "fit/fit.h"
#include "model/family.h"

struct rowcov;

/* True where templates say all of the model; else fails: `what` ("whatif") works with templates. */
bool design_is_plain(const struct design *design, const char *what, struct glmm_error *err);

/* family and link NULL: a linear mixed model, by reml or ml; else by Laplace's approximation.  The design is borrowed.  Returns
 * new. */
struct rowcov *rowcov_new(const struct design *design, const struct family *family, const struct link *link, bool reml,
                          const struct glmm_progress *progress, struct glmm_error *err);
/* A linear mixed model by the covariance matrices of its rows, also where the sparse inverse of its relations would do. */
struct rowcov *rowcov_of_rows_new(const struct design *design, bool reml, const struct glmm_progress *progress,
                                  struct glmm_error *err);
void rowcov_free(struct rowcov *m);

/* The parameters: those of the terms in the design's order (standard deviations, then correlations), then of the residuals; under
 * Laplace's approximation behind the coefficients of the orthonormalized X, and before the log dispersion. */
int rowcov_count(const struct rowcov *m);
void rowcov_start(const struct rowcov *m, double strength, double x[]);

/* The parameters of a linear model of terms of one effect each, where these have the standard deviations sd[], in residual ones.
 */
void rowcov_place(const struct rowcov *m, const double sd[], double x[]);

/* The deviance (REML: the criterion) with all constants, and its gradient (NULL: not wanted); MINIMIZE_BAD where there is none.
 */
double rowcov_deviance(struct rowcov *m, const double x[], double gradient[]);

/* For draws of responses: the workspace with the factors of the clusters' covariance at the fit's estimates, of its random
 * effects
 * (`effects`), and of the residuals of a linear model.  Returns new. */
struct rowcov *rowcov_drawer_new(const struct fit *fit, bool effects, struct glmm_error *err);

/* Adds to eta (n) what they draw, `scale` times.  False when memory is out. */
bool rowcov_draw(const struct rowcov *m, double scale, struct rng *rng, double eta[]);

/* The covariance matrices of the rows of a linear model near its estimates (rowcov-spread.c): the workspace, and which of
 * the parameters that move them (those of the search, then the residual variance) are variances.  A model by the sparse inverse
 * of its relations (rowcov_is_sparse) is fitted without them: they are made here.  Returns new. */
bool rowcov_is_sparse(const struct design *design);
struct rowcov *rowcov_spread_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
bool rowcov_spread_is_variance(const struct rowcov *m, int i);

/* Moves the parameters from the estimates, in natural sizes; false where there are no matrices. */
bool rowcov_spread_set(struct rowcov *m, const struct fit *fit, const double move[]);

/* Clusters of rows that covary; of one its size and rows, and how many, it included, have the same matrix (0: it has that of the
 * one before); the matrix, whole, in the units of the response. */
size_t rowcov_spread_clusters(const struct rowcov *m);
size_t rowcov_spread_rows(const struct rowcov *m, size_t cluster, const size_t **row, size_t *alike);
void rowcov_spread_fill(struct rowcov *m, size_t cluster, double V[]);

/* The estimates at x, as if a search had ended there: with its errors and its verdict.  Returns new. */
struct fit *rowcov_at(struct rowcov *m, const double x[], struct glmm_error *err);

/* Fits.  Returns new; errors as lmm_fit and glm_fit. */
struct fit *rowcov_fit(const struct design *design, const struct family *family, const struct link *link,
                       const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err);

#endif
