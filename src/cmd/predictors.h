/* predictors.h -- which predictor of which model a command means. */
#ifndef CMD_PREDICTORS_H
#define CMD_PREDICTORS_H

#include "lang/command.h"
#include "session/session.h"
#include "infer/predictor.h"

/* predictor_find of a word. */
bool call_predictor(const struct model *model, const struct word *word, struct predictor *predictor, struct glmm_error *err);

/* The names of all models, NULL-terminated; NULL when memory is out.  The arena's. */
const char *const *call_model_names(const struct session *session, struct arena *arena);

/* Reads [MODEL] [VARIABLE] behind a kind of plot or view; the predictor is chosen where none is named.  *level is the place of
 * the level that a coefficient's name named, else -1. */
bool curves_arguments(struct session *session, const struct call *call, struct predictor *predictor, int *level,
                      struct glmm_error *err);

#endif
