/* intercept.h -- where an intercept holds: at which values of the predictors. */
#ifndef INFER_INTERCEPT_H
#define INFER_INTERCEPT_H

#include "model/model.h"

/* "period = 1, age = 0"; "" where the model has no predictors; NULL when memory is out.  The arena's. */
const char *intercept_at(const struct model *model, struct arena *arena);

#endif
