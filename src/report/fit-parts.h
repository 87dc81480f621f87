/* fit-parts.h -- what a summary says of the parameters beside the mean's coefficients and the covariance matrices: thresholds,
 * further linear predictors, further shapes of the density. */
#ifndef REPORT_FIT_PARTS_H
#define REPORT_FIT_PARTS_H

#include "result/result.h"
#include "session/session.h"

/* A table for each part, and JSON `thresholds[]`, `zi[]` and `disp[]`, empty where there are none. */
void fit_part_tables(struct result *result, const struct session *session, const struct fit *fit);

/* `df 4.9 [2.9, 8.2]; degrees of freedom`, a line for each further shape, and JSON `shapes[{name estimate se lower upper}]`. */
void fit_shape_fields(struct result *result, const struct session *session, const struct fit *fit);

#endif
