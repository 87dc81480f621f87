/* profiles.h -- the profile intervals of many parameters: of small models one after the other, else by all threads and all
 * processes of the team, each from the fit alone, so that the bytes are the same for any number of both. */
#ifndef INFER_PROFILES_H
#define INFER_PROFILES_H

#include "infer/profile.h"

/* out: count.  False when memory is out or the work was stopped. */
bool profiles_find(const struct fit *fit, const struct parameter list[], int count, double level,
                   const struct glmm_progress *progress, struct interval out[], struct glmm_error *err);

#endif
