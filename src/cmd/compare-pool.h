/* compare-pool.h -- `compare` of models of multiply imputed data. */
#ifndef CMD_COMPARE_POOL_H
#define CMD_COMPARE_POOL_H

#include "infer/comparison.h"
#include "session/session.h"

/* Tests the models of c, in the order of their parameters, and shows it. */
bool compare_pooled(struct session *session, struct comparison *c, struct glmm_error *err);

#endif
