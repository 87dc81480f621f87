/* at-grid.h -- all combinations of values given for some variables of a model, its other variables held. */
#ifndef INFER_AT_GRID_H
#define INFER_AT_GRID_H

#include "infer/predictor.h"

/* What is asked for: src/lang/at.h reads it from a text. */
struct at_variable {
    const char *name;
    const char **values; /* texts, one at least */
    size_t count, capacity;
};

struct at {
    struct at_variable *variables;
    int count;
};

/* The variable of that name; NULL where it has no values. */
const struct at_variable *at_find(const struct at *at, const char *name);

/* How many combinations of one value of each variable there are, 0: more than `most`; and the value of the k-th variable in
 * combination c, from 0, of which the last variable varies fastest. */
int at_combinations(const struct at *at, int most);
const char *at_combined(const struct at *at, int c, int k);

/* The values that it gives a predictor of that name, which was asked for at `place`; the arena's, *count of them.  NULL with an
 * error, which names "at". */
struct setting_value *at_values(const struct at_variable *at, struct glmm_span place, const struct predictor *predictor,
                                struct arena *arena, int *count, struct glmm_error *err);

struct at_grid {
    struct at at;
    bool *numeric;       /* of the variables of at: shown as a number */
    struct frame *frame; /* owned: rows as the data have them, in each variable of the model a value given or held */
    const char *held;    /* "Gender = F, lbase = 0.03"; "" where no other variable is left */
    bool *left_out; /* of the random terms of the mean, then of zi= or disp=: at= names not all that its groups are made of */
    const char *unnamed; /* the groups of these, "item"; "" where there are none */
    int named;           /* how many random terms have their groups named */
};

/* Makes the rows of `at`, borrowed, which was asked for at `place`; the arena's but for the frame.  `any_level`: a group may be
 * one that the model has not seen.  Errors at the place: a name that is no variable of the model, a level that its rows do not
 * have, a text that is no number, too many rows.  at_grid_clear in any case. */
bool at_grid_make(const struct model *model, const struct at *at, struct glmm_span place, bool any_level, struct arena *arena,
                  struct at_grid *out, struct glmm_error *err);
void at_grid_clear(struct at_grid *grid);

#endif
