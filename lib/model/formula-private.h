/* formula-private.h -- what the files of formulas share: a formula that is being made, and its groupings. */
#ifndef MODEL_FORMULA_PRIVATE_H
#define MODEL_FORMULA_PRIVATE_H

#include "model/expand.h"

/* One grouping: the columns whose interaction it is, and its label. */
struct group {
    const struct expr **factors;
    int order;
    const char *label;
};

struct groups {
    struct group *items;
    int count;
};

struct build {
    struct formula *formula;
    struct expansion expansion; /* of the fixed terms; lends its arena and error */
    int random_capacity;
};

bool formula_is_operator(const struct expr *x, const char *operator);

/* The groupings of a `|`'s right side; that of one variable.  The arena's; false with an error. */
bool formula_groups(struct build *b, const struct expr *x, struct groups *out);
bool formula_group_of(struct build *b, const struct expr *x, struct groups *out);

#endif
