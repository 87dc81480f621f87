/* alike.h -- rows of a design that are alike made one, with their number for its weight: the same likelihood at the cost of the
 * distinct rows (NUMERICS 8).  For counts and successes, whose weights multiply a row's log density, without prior weights. */
#ifndef FIT_ALIKE_H
#define FIT_ALIKE_H

#include "fit/fit.h"

struct alike;

/* Finds the distinct rows, in the order in which they come.  *out gets NULL where rows cannot be made one, or where that saves
 * less than half of them (a quarter where zeros are inflated); of a design whose rows are distinct in the variables of the model
 * already (model/merged.h), where nothing is saved.  False when memory is out, or when stopped. */
bool alike_find(const struct design *design, const struct family *family, const struct glmm_progress *progress,
                struct alike **out, struct glmm_error *err);
void alike_free(struct alike *alike);

/* How many rows differ in more than their response and its trials: the same number whether observations are rows of 0 and 1 or
 * counted together.  Where they are more than `most`, a number beyond that.  That of all rows where memory for finding it is out.
 */
size_t alike_patterns(const struct design *design, size_t most);

/* The distinct rows; borrows all but its rows from the design. */
const struct design *alike_design(const struct alike *alike);

/* Makes of a fit of the distinct rows one of all.  False when memory is out. */
bool alike_spread(const struct alike *alike, const struct design *design, struct fit *fit, struct glmm_error *err);

/* The same of a fit of a merged design that has all its rows back (merged_take_all); nothing where it has them. */
bool alike_take_all(struct fit *fit, struct glmm_error *err);

#endif
