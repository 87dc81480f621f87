/* naming.h -- the models and groups that the words of a call name. */
#ifndef REPORT_NAMING_H
#define REPORT_NAMING_H

#include "lang/command.h"
#include "session/session.h"

/* The fitted model that the first word names, else the current one; *rest gets the index of the first word after it.
 * A first word that is no model must be one of the model's groups, or the error suggests models and groups. */
struct model *call_fitted_model(struct session *session, const struct call *call, int *rest, struct glmm_error *err);

/* The same for a command that takes the groups of zi= and disp= too, which the error suggests then. */
struct model *call_fitted_parts(struct session *session, const struct call *call, int *rest, struct glmm_error *err);

/* The fitted model that the first word names where `named`, else the current one. */
struct model *call_first_fit(struct session *session, const struct call *call, bool named, struct glmm_error *err);

/* The same for a command that takes one word at the most, the model's name. */
struct model *call_only_fit(struct session *session, const struct call *call, struct glmm_error *err);

/* The word names a grouping factor, or an error there suggests the model's groups.  Its text becomes the name that the model has:
 * that of `Animal ID` has its backquotes. */
bool check_group(const struct model *model, struct word *word, struct glmm_error *err);

/* Where the value of the option of that name stands. */
struct glmm_span call_option_at(const struct call *call, const char *name);

/* Whether the option of that name was typed. */
bool call_has_option(const struct call *call, const char *name);

/* Fails since the model has no random effects, or none of the mean; `so` is what follows from it (", so it has no groups"). */
bool fail_without_effects(const struct model *model, const char *so, struct glmm_error *err);

/* Fails for words beyond `used`. */
bool no_more_words(const struct call *call, int used, struct glmm_error *err);

#endif
