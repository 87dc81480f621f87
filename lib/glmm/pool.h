/* glmm/pool.h -- multiply imputed data.  Part of <glmm.h>. */
#ifndef GLMM_POOL_H
#define GLMM_POOL_H

#include <stdbool.h>

#include "glmm/means.h"
#include "glmm/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The data are completed data sets below each other; `variable` numbers them from 1, and rows of 0, the data before that, are
 * left out.  False with err: no such variable, values that are no whole numbers, data that models hold. */
bool glmm_data_impute(struct glmm_data *data, const char *variable, struct glmm_error *err);

/* A fit for each imputation, pooled by Rubin's rules. */
struct glmm_pool;

/* Degrees of freedom of complete data are `ddf`'s.  Returns new; the model must outlive it. */
struct glmm_pool *glmm_pool_new(const struct glmm_model *model, const struct glmm_fit_options *options, enum glmm_ddf ddf,
                                struct glmm_error *err);
void glmm_pool_free(struct glmm_pool *pool);
/* How many imputations there are; *fitted (or NULL) gets how many converged, of which the rest is pooled. */
int glmm_pool_imputations(const struct glmm_pool *pool, int *fitted);

struct glmm_pooled {
    double estimate, se, df, statistic, p, lower, upper; /* df: Barnard and Rubin's; infinite: normal */
    double within, between;                              /* variance within imputations and between them */
    double riv, lambda, fmi; /* relative increase in variance, share of the total, fraction of missing information */
};

/* Coefficient `index` of glmm_pool_count(); all NaN where some imputation does not determine it.  False outside, or with err. */
int glmm_pool_count(const struct glmm_pool *pool);
bool glmm_pool_get(const struct glmm_pool *pool, int index, double level, const char **term, struct glmm_pooled *out,
                   struct glmm_error *err);

/* glmm_fit_test by D1 (Li, Raghunathan and Rubin 1991). */
bool glmm_pool_test(const struct glmm_pool *pool, const char *hypotheses, struct glmm_hypothesis *out, struct glmm_error *err);

/* glmm_means_new of imputed data, slopes too, and what glmm_contrasts_new makes of them: estimates and errors on the scale of the
 * link pooled by Rubin's rules, intervals by Barnard and Rubin's degrees of freedom.  Means over the population, and those of an
 * ordered response, are no linear functions of the coefficients: GLMM_E_MODEL, which names "scale".  The pool must outlive it. */
struct glmm_means *glmm_pool_means(const struct glmm_pool *pool, const char *const *variables,
                                   const struct glmm_means_options *options, struct glmm_error *err);

/* Likelihood-ratio test of nested models of the same imputed data by D4 (Chan and Meng 2022); of REML fits those by ML.  `tested`
 * is false where one does not hold the other. */
bool glmm_pool_compare(const struct glmm_pool *small, const struct glmm_pool *large, struct glmm_hypothesis *out,
                       struct glmm_error *err);

/* glmm_predict and glmm_margins_new of imputed data: each imputation by its own fit, pooled by Rubin's rules, intervals by
 * Barnard and Rubin's degrees of freedom.  Predictions are for the rows of `data`, with groups GLMM_TYPICAL or GLMM_POPULATION
 * (else GLMM_E_MODEL where there are random effects: their modes belong to one imputation); without values= the values of margins
 * are those of the first imputation. */
struct glmm_prediction *glmm_pool_predict(const struct glmm_pool *pool, const struct glmm_data *data,
                                          const struct glmm_predict_options *options, struct glmm_error *err);
struct glmm_margins *glmm_pool_margins(const struct glmm_pool *pool, const char *variable,
                                       const struct glmm_margins_options *options, struct glmm_error *err);

#ifdef __cplusplus
}
#endif

#endif
