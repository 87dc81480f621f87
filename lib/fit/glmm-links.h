/* glmm-links.h -- the tail of a precision met column by column, where it is large (glmm-precision.c calls these). */
#ifndef FIT_GLMM_LINKS_H
#define FIT_GLMM_LINKS_H

#include "fit/glmm-precision.h"

/* Sets f->link, f->link_from and f->apart, where the tail is large; else link stays NULL.  False when memory is out. */
bool precision_link(struct precision *f);

/* What the head, which is L there, sends to the tail of value; and of the slopes d, those of L in the head, to theirs. */
void precision_send(struct precision *f);
void precision_send_slopes(const struct precision *f, double *d);

/* The inverse on the head's columns from that on the tail; where the head is apart. */
void precision_invert_apart(struct precision *f);

/* second_of_head (glmm-precision.c) of slopes i and j, where the head is apart, for all i >= j: into out[i].  Log|M| has the
 * mixed derivative 2 e'Qv + 2 d'Qg below the diagonal of each column, of which Qv is in the inverse.  `product`: entries. */
void precision_seconds_apart(const struct precision *f, int count, double *const slopes[], int j, double *product, double out[]);

#endif
