/* explained.h -- responses that the random effects explain without error.
 *
 * Where y lies in the span of [X Z], and that has fewer dimensions than there are rows, the residual variance can go to 0 and the
 * likelihood has no maximum: a response that is constant within its groups, say.  Told by the deviance itself: as all templates
 * grow together, r^2 falls with their square and the deviance without end. */
#ifndef FIT_EXPLAINED_H
#define FIT_EXPLAINED_H

#include "fit/lmm.h"
#include "model/family.h"

/* GLMM_E_MODEL, with the groups' names, where the random effects explain the response exactly. */
bool explained_check(struct lmm *m, const char *response, struct glmm_error *err);

/* The same on the scale of the link, for the families whose likelihood has no maximum then: those of continuous responses with a
 * dispersion. */
bool explained_check_link(const struct design *design, const struct family *family, const struct link *link,
                          struct glmm_error *err);

#endif
