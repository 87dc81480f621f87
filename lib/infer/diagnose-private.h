/* diagnose-private.h -- shared by the files of diagnose.h. */
#ifndef INFER_DIAGNOSE_PRIVATE_H
#define INFER_DIAGNOSE_PRIVATE_H

#include "infer/diagnose.h"

/* Adds a check to those there are; room is there. */
void diagnosis_add(struct diagnosis *d, struct check check);

/* Those that draw responses; those that read the fit.  False when memory is out or the work was stopped. */
bool diagnose_draws(struct diagnosis *d, const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
bool diagnose_fit(struct diagnosis *d, const struct model *model, struct glmm_error *err);

#endif
