/* ungrouped.h -- a fit held against the same model without its random effects. */
#ifndef INFER_UNGROUPED_H
#define INFER_UNGROUPED_H

#include "base/progress.h"
#include "infer/compare.h"

/* Fits that model by the same method (by maximum likelihood where the method approximates a likelihood, which it then need not)
 * and tests it.  Of variances of which the data tell sums only, the sums are tested.
 * out->reference is LRT_NONE where there is no such test: no random effects, a method without a likelihood, a fit
 * that did not converge, too large a model to be fitted beside.  False when memory is out or the work was stopped. */
bool ungrouped_test(const struct fit *fit, const struct glmm_progress *progress, struct lrt *out, struct glmm_error *err);

#endif
