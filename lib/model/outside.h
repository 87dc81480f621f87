/* outside.h -- the rows that take no part in a model: `where` is not true there, or the weight is 0 (internal to the design
 * files). */
#ifndef MODEL_OUTSIDE_H
#define MODEL_OUTSIDE_H

#include "model/design.h"
#include "model/variable.h"

/* Finds and counts them, before the rows are selected. */
bool leave_rows_out(struct variables *vs, const struct design_options *options, struct design *design);

#endif
