/* shrinkage-part.h -- a part of the answer of `shrinkage`: what is chosen and computed (shrinkage.c), and shown
 * (shrinkage-show.c). */
#ifndef CMD_SHRINKAGE_PART_H
#define CMD_SHRINKAGE_PART_H

#include "infer/shrinkage.h"
#include "lang/command.h"
#include "session/session.h"

struct shrinkage_call {
    const char *sort;
    bool all, rank, pairs, response;
};

/* One part of the answer: a random term with all its effects, or one effect of it. */
struct shrinkage_part {
    int term, effect, count;      /* the first effect, and how many */
    bool alone;                   /* the only part */
    const char *group;            /* as it is called: "batch + other" of a sum of effects */
    struct shrinkage **shrinkage; /* count */
    double reach;                 /* of the intervals, in standard errors */
    const char *sort;             /* the order: that asked for, or the usual one */
    bool spread;                  /* a cut takes levels from the whole of the order, not from its ends */
    const char *at;               /* means: at which predictors */
};

/* What it shows.  Returns new; NULL with an error. */
struct result *shrinkage_part_result(struct session *session, const struct model *model, const struct shrinkage_part *part,
                                     const struct call *call, struct glmm_error *err);

#endif
