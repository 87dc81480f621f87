/* fit-tables.h -- the summary of a fitted model: the result of `summary` and of `fit`. */
#ifndef REPORT_FIT_TABLES_H
#define REPORT_FIT_TABLES_H

#include "result/result.h"
#include "session/session.h"

/* `command` is "fit" or "summary".  Returns new; NULL with err when memory is out. */
struct result *summary_result(const struct session *session, const struct model *model, const char *command,
                              struct glmm_error *err);

/* Adds the table of exp(estimate): odds ratios, rate ratios, ...  An error at `at` where that means nothing with the model's
 * link. */
bool summary_ratios(struct result *result, const struct session *session, const struct model *model, struct glmm_span at,
                    struct glmm_error *err);

/* Adds the correlations of the fixed effects; false when memory is out. */
bool summary_correlations(struct result *result, const struct fit *fit);

#endif
