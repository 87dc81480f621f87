/* contrasts.h -- how a factor becomes columns: indicators, or the contrasts that R knows. */
#ifndef MODEL_CONTRASTS_H
#define MODEL_CONTRASTS_H

#include "base/arena.h"
#include "data/frame.h"

/* The columns of a coded factor: its suffixes make the coefficient names.  Either an indicator of level_of[j] in column j, or the
 * value table[code + levels * j]. */
struct contrasts {
    int columns;
    const char **suffixes;
    const int32_t *level_of; /* NULL when there is a table */
    const double *table;
};

/* All indicator columns (`full`), or the contrasts of that kind: treatment (all levels but `reference`; suffixes are the levels),
 * sum and Helmert ("1", "2", ...), polynomial (".L", ".Q", ".C", "^4", ...).  Memory is the arena's; false when it is out. */
bool contrasts_make(struct arena *arena, enum contrast kind, bool full, int32_t levels, const char *const *names,
                    int32_t reference, struct contrasts *out);

/* "treatment", "sum", "helmert", "poly" or R's names for them ("contr.sum"). */
bool contrast_of_name(const char *name, size_t length, enum contrast *kind);

/* A factor whose contrasts hang on the order of its levels. */
struct ordered_factor {
    const char *name;
    const char *const *levels; /* in that order */
    int count;
    bool alphabetical; /* which is that of the alphabet alone: the levels are no numbers */
};

struct design;

/* The i-th variable of the design's formula; false behind the last.  out->levels is NULL where it is no factor of columns that
 * are coded by poly or helmert contrasts. */
bool design_ordered_factor(const struct design *design, int i, struct ordered_factor *out);

#endif
