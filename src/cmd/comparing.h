/* comparing.h -- the fits that a comparison is made of; shared by `compare` and `explain`. */
#ifndef CMD_COMPARING_H
#define CMD_COMPARING_H

#include "infer/compare.h"
#include "session/session.h"

/* The models compared, by their number of parameters; `fit` is the model's own or one made here by ML. */
struct entrant {
    const struct model *model;
    const struct fit *fit;
    struct fit *refit;
    int order;                  /* as named */
};

struct comparison {
    struct entrant *entrant;
    int count;
    struct lrt *test;           /* count - 1 */
    bool refitted;
};

/* Makes the fits comparable (REML fits are made again by ML where fixed effects differ), sorts them by their number of parameters, and
 * tests each against the next. */
bool comparison_run(struct session *session, struct comparison *c, struct glmm_error *err);
void comparison_clear(struct comparison *c);

#endif
