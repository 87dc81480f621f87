/* expand.h -- the algebra of model formulas: operators over lists of terms (internal to the formula files). */
#ifndef MODEL_EXPAND_H
#define MODEL_EXPAND_H

#include "model/formula.h"

/* The state of one expansion.  Terms refer to `variables` by index while they are combined. */
struct expansion {
    struct arena *arena;
    const struct frame *data;    /* for `.`; may be NULL */
    const struct expr *response; /* its variables are not in `.`; may be NULL */
    bool in_random;              /* the effects of a random term: no offset, no `.`, no random term */
    struct glmm_error *err;

    bool intercept; /* as the formula leaves it; starts true */
    const struct expr **variables;
    int variable_count, variable_capacity;
    const struct expr **offsets;
    int offset_count, offset_capacity;
    const struct expr **random; /* the random terms: `|` nodes, or calls whose first argument is one */
    int random_count, random_capacity;
    bool subtracting; /* inside the right side of a `-` */
    int operand;      /* > 0 inside an operand of `:` and its kin, where only variables may stand */
};

/* Expands into terms ordered by their number of factors, then by appearance (as R's terms()).  The arrays are the arena's. */
bool expand_terms(struct expansion *e, const struct expr *x, struct term **terms, int *term_count);

/* Makes room in an array of the arena; false with an error when memory is out. */
bool expand_room(struct expansion *e, const void **items, int count, int *capacity, size_t size);

#endif
