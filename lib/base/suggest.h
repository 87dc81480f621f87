/* suggest.h -- the nearest names to one that is unknown: of ties at the smallest distance the first three that were offered, none
 * where none is near. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include "base/error.h"

/* Offer each known name, then take the hint. */
struct suggest {
    const char *word; /* the unknown one; borrowed */
    int best;         /* the smallest distance so far */
    int count;        /* ties at that distance, among `names` */
    /* "`a` or `b`", as much as a hint has room for: nothing is to be freed. */
    char names[sizeof((struct glmm_error *)NULL)->hint];
};

void suggest_init(struct suggest *suggest, const char *word);
void suggest_offer(struct suggest *suggest, const char *name);
void suggest_all(struct suggest *suggest, const char *const *names); /* NULL-terminated */
/* Where hundreds were offered chance finds a neighbour: keeps only names that differ in no more than a third of the word. */
void suggest_sift(struct suggest *suggest);

/* Sets the hint "did you mean `a` or `b`?" where there is one.  Returns whether there was one. */
bool suggest_hint(struct suggest *suggest, struct glmm_error *err);

/* The same, with what else might have been meant behind it. */
bool suggest_hint_or(struct suggest *suggest, const char *otherwise, struct glmm_error *err);

#endif
