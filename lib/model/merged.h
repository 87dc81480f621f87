/* merged.h -- rows of the data that are alike in all variables of a model made one before its design is built, with their number
 * for its weight: the same likelihood in the memory of the distinct rows (NUMERICS 8).
 *
 * Such a design has `times`, its weights, and `of`, which tells the distinct row of each row of the frame: all that a fit by
 * glm_fit and its summary take.  What shows rows takes all of them back first; they are the same to the bit as if they had been
 * built one by one. */
#ifndef MODEL_MERGED_H
#define MODEL_MERGED_H

#include "model/design.h"
#include "model/variable.h"

/* Nothing is saved below so many rows. */
enum { MERGED_FEWEST = 1000 };

/* In design->of: a row of the frame that the design does not use. */
#define MERGED_UNUSED UINT32_MAX

/* Once rows are selected: leaves the first of each that are alike, in their order, where that leaves half or fewer, and fills
 * vs->times, design->times, weights and of; else nothing changes.  False with an error of memory, or when stopped. */
bool merged_find(struct variables *vs, struct design *design);

/* Makes a design of distinct rows one of all rows, in its place.  On failure (memory, stopped) it stays as it was. */
bool merged_take_all(struct design *design, const struct glmm_progress *progress, struct glmm_error *err);

#endif
