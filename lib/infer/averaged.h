/* averaged.h -- population-averaged models (fit/gee.h) of a stated model whose clusters a variable names, and beside a mixed
 * model, whose clusters are its groups. */
#ifndef INFER_AVERAGED_H
#define INFER_AVERAGED_H

#include "fit/gee.h"
#include "model/model.h"

/* An expression over the data: `id` is a variable or several, site:patient; `wave` a number, a date or a factor, whose levels
 * follow each other, or NULL. */
struct averaged_call {
    const char *id, *wave;
    enum gee_corr corr;
    bool trials; /* single trials are what is alike in a cluster, not rows, each the share of its trials */
};

struct averaged {
    struct fit *flat; /* the model with independent rows */
    struct gee *gee;
};

/* The condition that leaves out the rows of the data in which id or wave is missing, and those that `where` (or NULL) leaves out;
 * NULL in *condition where nothing is missing.  The arena's.  False when memory is out, or no such variable is there. */
bool averaged_condition(struct arena *arena, const struct frame *frame, const struct averaged_call *call, const char *where,
                        const char **condition, struct glmm_error *err);

/* The model has no random terms, and outlives *out; averaged_clear in any case.  An error about the call names its argument,
 * "id", "wave", "corr" or "unit", with a span of that text; others are those of model_fit and gee_new. */
bool averaged_init(struct averaged *out, const struct model *model, const struct averaged_call *call,
                   const struct glmm_progress *progress, struct glmm_error *err);
void averaged_clear(struct averaged *averaged);

/* Whether the rows are counts of successes whose trials stand for rows of 0 and 1, which can be what is alike. */
bool averaged_has_trials(const struct fit *flat);

/* The first random term of the group that holds all others' levels whole: rows of different ones are independent.  -1 where
 * groups are crossed, and without random terms.  False when memory is out. */
bool averaged_group(const struct design *design, int *group);

#endif
