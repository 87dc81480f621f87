/* means-nest.h -- which factors of a reference grid are nested in which: a level of the inner one means something within its
 * level of the outer one alone, so that means are averaged over the levels that are there (as emmeans has it). */
#ifndef INFER_MEANS_NEST_H
#define INFER_MEANS_NEST_H

#include "base/watch.h"
#include "infer/means.h"

struct means_nest {
    int inner, outer;   /* places among the variables */
    const bool *occurs; /* inner's values x outer's: whether the model's rows have both */
    bool one;           /* each inner level has one outer level; else they begin anew in each, and are none across them */
};

/* Sorts the values of a factor, so that one is found in logarithmic time.  False when memory is out. */
bool means_sort(struct means_variable *v, struct arena *arena);

/* The place among a factor's values, which are sorted, of what row i of the data has; -1: none of them. */
int means_place_of(const struct means_variable *v, size_t i);

/* The nests among factors of the fixed part: each level of the inner one occurs with one level of the outer one, or the formula
 * has their interaction, and of the two the outer one alone by itself (a/b).  *out is the arena's.  How many; -1 when memory is
 * out, or the watch says stop. */
int means_nests(const struct model *model, const struct means_variable *variables, int count, struct arena *arena,
                struct means_nest **out, struct watch *watch);

/* Whether the nest has a part in means of the first `asked` variables. */
bool means_nest_counts(const struct means_nest *nest, int asked);

/* "b in a, c in a", of nests that count, and leave something out; "" of none.  The arena's; NULL when memory is out. */
const char *means_nests_text(const struct means_nest *nests, int count, const struct means_variable *variables, int asked,
                             struct arena *arena);

#endif
