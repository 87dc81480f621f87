/* ladder.h -- the same model with more and more quadrature nodes: how good is Laplace's approximation here? */
#ifndef INFER_LADDER_H
#define INFER_LADDER_H

#include "base/progress.h"
#include "fit/fit.h"

enum { LADDER_RUNGS = 6 };

#define LADDER_STABLE 0.01                /* no estimate moves by more standard errors than this: stable */
#define LADDER_GOOD   APPROXIMATION_SMALL /* Laplace within this of the last rung: good enough, as a fit's verdict has it */
#define LADDER_SAME   5e-4 /* a difference of fewer standard errors is told no further: optima are not that exact */

/* What the last rung says of Laplace, the first. */
enum ladder_verdict {
    LADDER_LAPLACE_GOOD, /* every estimate within LADDER_GOOD standard errors */
    LADDER_LAPLACE_OFF,  /* some estimate is further away */
    LADDER_UNSETTLED     /* the estimates still move at the last rung that could be had */
};

/* Arrays are the arena's.  The parameters: the fixed effects, the standard deviations and correlations of the random effects, the
 * dispersion. */
struct ladder {
    struct arena *arena;
    int rungs;               /* that were fitted */
    int nodes[LADDER_RUNGS]; /* 1, 3, 5, 9, 15, 25 */
    double loglik[LADDER_RUNGS];
    enum fit_verdict fit_verdict[LADDER_RUNGS];
    double moved[LADDER_RUNGS]; /* the largest move since the rung before, in standard errors; NaN for the first */
    int count;
    const char **group; /* count: the grouping factor of a standard deviation or correlation, else NULL */
    const char **name;
    bool *estimable;  /* count: a coefficient that is not (model/estimable.h) has no value of its own, and no drift */
    double *estimate; /* rungs x count */
    double *se;       /* count, at the last rung; NaN where a parameter is at a limit: then it has no drift */
    enum ladder_verdict verdict;
    int worst;          /* the parameter that Laplace has furthest from the last rung; -1: none has a standard error */
    double worst_drift; /* Laplace minus last, in standard errors */
    int enough;         /* the fewest nodes with every estimate within LADDER_STABLE of the last rung */
    const char *ended;  /* why it ended before it was stable: the engine's words; NULL */
};

/* Fits the design on each rung until no estimate moves (LADDER_STABLE), but on three at least.  Returns new.  Errors:
 * GLMM_E_MODEL for a linear model (its likelihood is exact), without random terms, for crossed factors; those of glm_fit. */
struct ladder *ladder_new(const struct design *design, const struct family *family, const struct link *link,
                          const struct glmm_progress *progress, struct glmm_error *err);
void ladder_free(struct ladder *ladder);

/* (estimate on a rung - estimate on the last) / se; NaN where there is no standard error. */
double ladder_drift(const struct ladder *ladder, int rung, int parameter);

#endif
