/* intercept.h -- where an intercept holds: at which values of the predictors. */
#ifndef CMD_INTERCEPT_H
#define CMD_INTERCEPT_H

#include "cmd/modelling.h"

/* "period = 1, age = 0"; "" where the model has no predictors; NULL when memory is out.  The arena's. */
const char *intercept_at(struct session *session, const struct model *model, struct arena *arena);

#endif
