/* random.h -- what a random term has beside effects and levels: where its effects stand, how its levels are related (internal to
 * the design files). */
#ifndef MODEL_RANDOM_H
#define MODEL_RANDOM_H

#include "model/design.h"
#include "model/modelmatrix.h"

/* (`like`: the matrix that K= means; NULL: it is looked up.)  Sets positions, relation and relation_row of a term whose
 * structure, effects and levels are set. */
bool random_place(struct variables *vs, const struct random_term *term, const struct model_matrix *m,
                  const struct relation *relations, const struct relation *like, struct random_design *r);

#endif
