/* pool-means.h -- means of multiply imputed data: what margins and predictions of each imputation say together.
 *
 * Estimates and errors are pooled as they are, by Rubin's rules (pool.h); an interval is one of the pooled estimate, by t with
 * Barnard and Rubin's degrees of freedom, by way of the link as that of one fit.  Ratios and odds ratios are pooled as
 * logarithms.  What one imputation does not determine, or has without an error, is not pooled. */
#ifndef INFER_POOL_MEANS_H
#define INFER_POOL_MEANS_H

#include "infer/margins.h"
#include "infer/pool.h"
#include "infer/predict.h"

/* A mean, m >= 2 imputations of it with its squared errors; `link` as margin_interval has it. */
void pool_mean(int m, const double estimate[], const double square[], double complete_df, const struct link *link, double level,
               struct pooled *out, double *lower, double *upper);

/* The same values and contrasts in each of m margins, made with `options`.  Returns new; NULL when memory is out. */
struct margins *pool_margins(struct margins *const each[], int m, const struct margins_options *options);

/* The same rows in each of m predictions.  Returns new; NULL when memory is out. */
struct prediction *pool_predictions(struct prediction *const each[], int m, double level);

/* Predictions for the rows of `frame` by the fit of each imputation that counts, pooled; `fit` is a pooled one.  Returns new.
 * Errors: those of predict_new. */
struct prediction *pool_predict(const struct fit *fit, const struct frame *frame, const struct predict_options *options,
                                const struct glmm_progress *progress, struct glmm_error *err);

/* Whether imputations have but estimates that are finite and determined, so that their means can be pooled; an error names one
 * that has not. */
bool pool_takes_means(const struct fit *fit, struct glmm_error *err);

#endif
