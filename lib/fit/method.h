/* method.h -- which method a model can be fitted by, and the fit by it. */
#ifndef FIT_METHOD_H
#define FIT_METHOD_H

#include "base/progress.h"
#include "fit/fit.h"
#include "model/model.h"

/* Fails for a method, or a number of nodes, that does not belong to the model's family; the argument at fault is "method" or
 * "nodes". */
bool method_check(const struct model *model, const struct fit_options *options, struct glmm_error *err);

/* Fits the model by what belongs to its family (lmm_fit, glm_fit); the model must outlive the fit.  Returns new.  A stop by
 * `progress` is the error GLMM_E_INTERRUPT.  Where the search ended at no optimum (fit_has_estimates) all numbers of the fit are
 * NaN. */
struct fit *model_fit(const struct model *model, const struct fit_options *options, const struct glmm_progress *progress,
                      struct glmm_error *err);

/* All rows of the data in the design and the fit of a model whose rows alike were made one (model_new_merged), for what shows
 * rows; of any other nothing changes.  False with an error of memory, or when stopped. */
bool model_take_all_rows(struct model *model, const struct glmm_progress *progress, struct glmm_error *err);

/* The same of another response of the fit's design: by its method, beginning at its estimates where it has any. */
struct fit *fit_anew(const struct fit *fit, const struct design *design, const struct glmm_progress *progress,
                     struct glmm_error *err);

/* "REML", "ML", "Laplace", ... */
const char *method_name(enum fit_method method);
/* "ok", "boundary", "not converged", "not identified". */
const char *verdict_name(enum fit_verdict verdict);

#endif
