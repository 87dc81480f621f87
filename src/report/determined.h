/* determined.h -- what commands show of the effects of a model that is not identified. */
#ifndef REPORT_DETERMINED_H
#define REPORT_DETERMINED_H

#include "model/model.h"
#include "result/result.h"

/* The model whose random effects are determined: the model itself, or, where only sums of its effects are, one with the same name
 * and text whose fit has these sums in the place of their parts.  The arena's; NULL when memory is out. */
struct model *determined_model(struct model *model, struct arena *arena);

/* What an effect of the group is called where that model is shown: "school + teacher" where it is such a sum, else the group.
 * NULL when memory is out. */
const char *determined_group(struct arena *arena, const struct model *stated, const struct model *shown, const char *group,
                             const char *term);

/* Notices beside such effects of a group: which sums stand for them; how many levels (`left_out`) are not shown. */
void determined_note(struct result *result, const struct model *stated, const struct model *shown, int left_out,
                     const char *group);

/* Whether the data leave open the error of a fixed effect; that of an infinite one is none by separation. */
bool errors_are_open(const struct fit *fit);

/* "Days depends on variances or covariances that the data leave open" where they move it (`moved`), else "the error of Days ..."
 * of a variance; of these numbers, or these errors, where `what` is NULL.  The arena's; NULL when memory is out.  The same of
 * dashes, as a notice. */
const char *open_words(struct arena *arena, const char *what, bool moved);
void open_note(struct result *result, const char *what, bool moved);

#endif
