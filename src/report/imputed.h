/* imputed.h -- what commands say of multiply imputed data and of fits that are pooled over them (infer/pool.h). */
#ifndef REPORT_IMPUTED_H
#define REPORT_IMPUTED_H

#include "data/frame.h"
#include "model/model.h"
#include "result/result.h"
#include "session/session.h"

/* A note that the data are imputed, and JSON `imputed{variable imputations rows_least rows_most left_out}`; nothing of others.
 * `left_out`: the rows before imputation. */
void imputation_notes(struct result *result, const struct frame *frame, size_t left_out);

/* The rows that a model of imputed data uses: "100 in each of 5 imputations"; the arena's. */
const char *imputed_rows(struct arena *arena, const struct model *model);

/* A note that numbers are pooled over how many imputations, and what was left out; nothing of another fit. */
void pooled_note(struct result *result, const struct fit *fit);

/* A note on each correlation that has no mean, being at an end of its range in some imputations. */
void pooled_correlation_notes(struct result *result, const struct fit *fit);

/* A note on each coefficient that some imputation leaves open; nothing of another fit. */
void pooled_open_note(struct result *result, const struct fit *fit);

/* The summary of a pooled fit, as summary_result (fit-tables.h). */
struct result *pooled_summary(const struct session *session, const struct model *model, const char *command,
                              struct glmm_error *err);

#endif
