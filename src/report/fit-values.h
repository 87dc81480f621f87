/* fit-values.h -- what a fit has for programs: members of the JSON object of its summary. */
#ifndef REPORT_FIT_VALUES_H
#define REPORT_FIT_VALUES_H

#include "infer/components.h"
#include "result/result.h"
#include "session/session.h"

void fit_determined_value(struct result *result, const struct fit *fit, const struct components *components);
void fit_theta_value(struct result *result, const struct fit *fit);
void fit_residual_value(struct result *result, const struct fit *fit);
/* With the intervals of standard deviations: `sd_lower[] sd_upper[]`, and `sd_interval` (profile, log or null) outside. */
void fit_random_value(struct result *result, const struct fit *fit, const struct components *components);
void fit_optimum_value(struct result *result, const struct optimum *optimum);
/* JSON of a fit with a prior `prior penalty determined_by`, of one by importance sampling `draws draws_error draws_effective`;
 * nothing of others. */
void fit_prior_values(struct result *result, const struct model *model);
void fit_approximation_value(struct result *result, const struct fit *fit);
void fit_scalar_values(struct result *result, const struct model *model);

#endif
