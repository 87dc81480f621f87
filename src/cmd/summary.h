/* summary.h -- the summary of a fitted model: the result of `summary` and of `fit`. */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include "result/result.h"
#include "session/session.h"

/* `command` is "fit" or "summary".  Returns new; NULL with err when memory is out. */
struct result *summary_result(const struct session *session, const struct model *model, const char *command,
                              struct glmm_error *err);

/* Adds the table of exp(estimate): odds ratios, rate ratios, ...  An error at `at` where that means nothing with the model's
 * link. */
bool summary_ratios(struct result *result, const struct session *session, const struct model *model, struct glmm_span at,
                    struct glmm_error *err);

#endif
