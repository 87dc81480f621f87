/* relatives.h -- the random effects of levels that no row has, where a matrix K relates them to those that have (sires without
 * records, young animals): their modes follow from the modes of the others, u_n = K_no K_oo^-1 u_o. */
#ifndef INFER_RELATIVES_H
#define INFER_RELATIVES_H

#include "base/arena.h"
#include "base/progress.h"
#include "fit/fit.h"

/* The term and its modes with these levels behind those of the fit; of the covariances of the modes the variances alone stand
 * for these.  Nothing of a term without a matrix or without such levels, nor where what is known of its levels is not determined:
 * then *random_design and *random are the fit's.  The arena's.  False where memory is out, the work was stopped, or the model
 * with them is too large. */
bool relatives_find(const struct fit *fit, int t, struct arena *arena, const struct glmm_progress *progress,
                    struct random_design *random_design, struct random_fit *random, struct glmm_error *err);

#endif
