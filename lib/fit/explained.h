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

/* That error, where the effects of all terms do together, and with the fixed ones where `fixed`.  Returns false. */
bool explained_refuse(const struct lmm *m, bool fixed, const char *response, struct glmm_error *err);

/* The same on the scale of the link, for the families whose likelihood has no maximum then: those of continuous responses with a
 * dispersion, and of counts that can be without variance. */
bool explained_check_link(const struct design *design, const struct family *family, const struct link *link,
                          struct glmm_error *err);

/* The same of a model with covariance structures, `family` NULL: linear.  Where all effects of a level, or all residuals of a
 * group, become one, its own variance explains it: structures whose correlations can go to 1 count as an effect for each level.
 */
bool explained_check_structured(const struct design *design, const struct family *family, const struct link *link,
                                struct glmm_error *err);

/* GLMM_E_MODEL where each row has an effect of its own and counts, by weights that multiply the log density of a continuous
 * response, as more than one row; `family` NULL: linear, which has none such. */
bool explained_check_weights(const struct design *design, const struct family *family, struct glmm_error *err);

/* GLMM_E_MODEL where each level of a structure of a binomial or ordered model has responses of one kind, and it is the only term
 * or, in a fit (else NULL), its variance has run off. */
bool explained_check_kinds(const struct design *design, const struct family *family, const struct fit *fit,
                           struct glmm_error *err);

/* GLMM_E_MODEL where a fit has rows whose own variance or dispersion, by disp= or residual=, went to 0 beside that of others: the
 * mean fits these rows exactly, and the likelihood has no maximum. */
bool explained_check_scales(const struct fit *fit, struct glmm_error *err);

/* GLMM_E_MODEL where a family with heavy tails fits more rows without error than there are coefficients, and its scale follows
 * them to 0 at a cost to the others that is smaller than what these gain: the likelihood has no maximum (Fernandez & Steel 1999,
 * Biometrika 86, section 3).  fitted: n means; scale: of the density; of a fit, where its search came to no end; `lost`: no
 * search got beyond them. */
bool explained_check_fitted(const struct design *design, const struct family *family, const double fitted[], double scale,
                            bool lost, struct glmm_error *err);
bool explained_check_rows(const struct fit *fit, struct glmm_error *err);

#endif
