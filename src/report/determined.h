/* determined.h -- what commands show of the effects of a model that is not identified. */
#ifndef REPORT_DETERMINED_H
#define REPORT_DETERMINED_H

#include "infer/profile.h"
#include "model/model.h"
#include "result/result.h"

/* The model whose random effects are determined: the model itself, or, where only sums of its effects are, one with the same name
 * and text whose fit has these sums in the place of their parts.  The arena's; NULL when memory is out. */
struct model *determined_model(struct model *model, struct arena *arena);

/* Notices beside such effects: which sums stand for which effects; how many levels of a group (`left_out`) are not shown. */
void determined_note(struct result *result, const struct model *stated, const struct model *shown, int left_out,
                     const char *group);

/* Why there are no intervals of which an end hangs on the nodes (INTERVAL_NODES); and the other end of such a one, of `name`,
 * where it is known. */
void nodes_note(struct result *result, const struct fit *fit);
void alone_note(struct result *result, const char *name, const struct interval *interval);

#endif
