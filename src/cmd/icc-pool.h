/* icc-pool.h -- `icc` of a model of multiply imputed data. */
#ifndef CMD_ICC_POOL_H
#define CMD_ICC_POOL_H

#include "session/session.h"

bool icc_pooled(struct session *session, const struct model *model, double level, bool asked, struct glmm_error *err);

#endif
