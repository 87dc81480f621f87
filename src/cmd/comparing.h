/* comparing.h -- the fits that a comparison is made of; shared by `compare` and `explain`. */
#ifndef CMD_COMPARING_H
#define CMD_COMPARING_H

#include "infer/compare.h"
#include "session/session.h"

/* The models compared, by their number of parameters; `fit` is the model's own or one made here. */
struct entrant {
    const struct model *model;
    const struct fit *fit;
    struct fit *refit;
    int order;     /* as named */
    bool improved; /* fitted again from a smaller model's estimates, and better */
};

enum compared_by {
    COMPARED_AS_FITTED,
    COMPARED_BY_ML,     /* REML fits were made again by ML */
    COMPARED_BY_BETTER, /* approximations were made again by the best of them */
    COMPARED_NOT        /* they differ, and the best cannot be had for all: no test between them */
};

struct comparison {
    struct entrant *entrant;
    int count;
    struct lrt *test; /* count - 1 */
    enum compared_by by;
};

/* Makes the fits comparable (see comparing.c), sorts them by their number of parameters, and
 * tests each against the next. */
bool comparison_run(struct session *session, struct comparison *c, struct glmm_error *err);
void comparison_clear(struct comparison *c);

#endif
