/* relatives.h -- levels that no row has, and the matrix K of a term relates to those that have: what is known of them is known
 * through these. */
#ifndef MODEL_RELATIVES_H
#define MODEL_RELATIVES_H

#include "model/design.h"

/* The names of the term's matrix that are no levels of the rows, in its order: their places in it, and how many; none of a term
 * without a matrix.  *row is new (mem_free), NULL where there are none.  False when memory is out. */
bool relatives_of(const struct random_design *random, int32_t **row, int32_t *count);

/* A copy of the design whose terms with a matrix have all of its names as levels: those of the rows, then relatives_of.  All else
 * is borrowed, what is new is the arena's.  False when memory is out. */
bool design_with_relatives(const struct design *design, struct arena *arena, struct design *out);

#endif
