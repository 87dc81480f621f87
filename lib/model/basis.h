/* basis.h -- variables of several columns: poly(x, 2), ns(x, 3), bs(x, 5) (internal to the design files). */
#ifndef MODEL_BASIS_H
#define MODEL_BASIS_H

#include "model/variable.h"

/* True for a call of such a function. */
bool basis_is_call(const struct expr *x);

/* Fills basis and columns of a variable that is one, over the rows in which its x is not missing: by its recipe where it has one,
 * else by these points, and keeps how (`described`). */
bool basis_evaluate(struct variables *vs, struct variable *v);

#endif
