/* recession-private.h -- the rows and columns that infinite estimates leave, between the files of recession.h. */
#ifndef FIT_RECESSION_PRIVATE_H
#define FIT_RECESSION_PRIVATE_H

#include "fit/recession.h"

/* r->column: those that are independent in the rows that are not fitted perfectly.  r->rest: these rows, with these columns.
 * False when memory is out. */
bool recession_choose_columns(struct recession *r, const struct glm *m, struct arena *arena);
bool recession_set_rest(struct recession *r, const struct design *all, struct arena *arena);

/* recession_find for an ordered response. */
bool recession_find_ordered(const struct glm *m, struct arena *arena, const struct recession **out, struct glmm_error *err);

struct text;

/* Adds a name to a list, of which the first few are told. */
void recession_list_name(struct text *list, int *count, const char *name);

/* What is infinite, in words.  NULL when memory is out. */
const char *recession_sentence(const struct recession *r, const struct design *d, const struct family *family,
                               struct arena *arena);

/* A cone of which all else is known, ready to be asked, with the rest of the design.  False when memory is out. */
bool recession_ready(struct recession *r, const struct design *design, struct arena *arena);

#endif
