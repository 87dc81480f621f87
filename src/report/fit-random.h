/* fit-random.h -- what `summary` shows of random effects: standard deviations, structures, correlations. */
#ifndef REPORT_FIT_RANDOM_H
#define REPORT_FIT_RANDOM_H

#include "infer/components.h"
#include "result/result.h"
#include "session/session.h"

/* Standard deviations with their intervals, variances and shares, the correlations of few effects beside them. */
void summary_random(struct result *result, const struct session *session, const struct fit *fit,
                    const struct components *components);

/* What a share is of a term whose levels are related by a matrix that has other than 1 with itself for some of them; where each
 * has 1, nothing. */
void related_share_note(struct result *result, const struct fit *fit);

/* The parameters of structured terms and residuals. */
void summary_structures(struct result *result, const struct session *session, const struct fit *fit,
                        const struct components *components);

/* The correlations of terms of many effects, in tables of their own. */
void summary_random_correlations(struct result *result, const struct fit *fit);

/* A lower triangle of correlations; `correlation` is count x count. */
void summary_correlation_table(struct result *result, const char *title, const char *const *names, int count,
                               const double *correlation);

#endif
