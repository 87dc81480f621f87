/* profile-private.h -- a parameter on its way from its estimate to the ends of its profile interval: what the files of
 * profiles share. */
#ifndef INFER_PROFILE_PRIVATE_H
#define INFER_PROFILE_PRIVATE_H

#include "infer/place.h"
#include "infer/profile.h"

struct profile {
    const struct fit *all;   /* as the caller sees it */
    const struct fit *plain; /* of the rows that infinite estimates leave, without what nothing determines */
    struct fit *ml;          /* of a REML fit, for its fixed effects; made where it is first needed */
    bool unbounded;          /* there is none: the likelihood, which is not restricted, has no maximum */
    const struct glmm_progress *progress;
    struct place *place; /* that of most parameters */
    double optimum;      /* the criterion there; NaN: not yet looked at */
};

/* A coefficient of zi= or disp=. */
bool profile_is_beside(const struct parameter *p);

/* A shape that is held where the family becomes another one: always the last. */
bool profile_is_at_limit(const struct fit *fit, const struct parameter *p);

/* Why there is none, or INTERVAL_GIVEN; `curve`: the criterion is followed, so that there is more than its curvature to go by.
 * *plain: the parameter among those of the plain fit, where it was looked for. */
enum interval_reason profile_why_not(const struct profile *profile, const struct parameter *from, bool curve,
                                     struct parameter *plain);

/* The place in which the parameter is held, and the last points on this side. */
struct search {
    struct place *place;
    bool own;         /* the place is of this search alone */
    bool bounded;     /* the link leaves some linear predictors without a mean: a criterion may end where they begin */
    bool approximate; /* the criterion is an approximation, which may fall without end where it does not hold */
    double farthest;  /* steps of the size of an error: beyond, nothing is looked for; 0: as far as any */
    int held;         /* its coordinate, or -1: a coefficient that is set */
    double center;    /* the estimate, in the coordinate */
    double optimum;
    double *block;                                          /* of the arrays: place_count each */
    double *psi, *last, *before, *inside, *tangent, *other; /* inside: of the last point below the cut */
    double last_at, before_at, inside_at, inside_value;     /* the value: of the last minimum inside */
    int points;              /* of the line through `before` and `last`: 0, the tangent is followed */
    double lowest, straight; /* how far the tangent is followed */
    int moving;              /* ends that move with the number of nodes: END_NODES, or so little that they are ends */
    bool known;              /* the last height is that of a minimum */
    bool inside_known;       /* the last point below the cut is one: else the value there tells nothing of what is flat */
    bool elsewhere;          /* the line is in another valley than the estimates */
    bool level;              /* the estimate is at the end of a logarithm, where nothing rises: what is flat there says nothing */
    bool lost;               /* the approximation does not hold on this side */
    bool stopped, failed;
};

/* What a distance from an edge, in steps of the size of an error, is none. */
#define EDGE_SLACK 1e-8

/* The arrays, for the place; false when memory is out. */
bool search_arrays(struct search *search);
void search_clear(struct search *search);

/* From the estimates again. */
void search_restart(struct search *search);

/* How far the criterion is above its minimum at a value of the coordinate, as the size of zeta, which is looked for at z;
 * HUGE_VAL where there is none, NaN with an error where the search has failed or was stopped. */
double search_height(struct search *search, double at, double z, struct glmm_error *err);

/* Whether other starts than the line and the estimates lead below the cut at a value of the coordinate that seems beyond it:
 * then the line goes on from there.  False too, with an error, where the search has failed or was stopped. */
bool search_elsewhere(struct search *search, double at, double z, struct glmm_error *err);

/* The coordinate where zeta is z, from the estimate toward `edge` (infinite: none) by a first step.  *end says what was met:
 * END_NODES where it is elsewhere with other nodes, END_NONE with an infinite coordinate, END_LOST with the last one that is
 * known to be inside. */
double search_end(struct search *search, double step, double edge, double z, enum interval_end *end, struct glmm_error *err);

#endif
