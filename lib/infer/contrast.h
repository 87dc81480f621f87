/* contrast.h -- contrasts of estimated marginal means, with errors, tests and intervals for a whole family of them. */
#ifndef INFER_CONTRAST_H
#define INFER_CONTRAST_H

#include "infer/means.h"
#include "infer/simultaneous.h"

enum contrast_method {
    CONTRAST_OF_PAIRS,     /* a - b, for each a before b */
    CONTRAST_WITH_CONTROL, /* a - control */
    CONTRAST_OF_TRENDS,    /* orthogonal polynomials over equally spaced levels, in whole numbers */
    CONTRAST_CONSECUTIVE,  /* b - a, for each b behind a */
    CONTRAST_OF_EFFECTS,   /* a - the mean of all */
    CONTRAST_CUSTOM        /* weights that are given */
};

struct contrast_request {
    enum contrast_method method;
    enum adjustment adjust;
    bool interaction;      /* products of contrasts of each variable, instead of contrasts of combinations */
    const char *reference; /* the control's label; NULL: the first */
    const char *custom;    /* "1 -0.5 -0.5, 0 1 -1" */
    bool ratios;           /* exponentials: names are "a / b" */
    double level;
    struct glmm_span reference_at, custom_at, method_at, adjust_at, ratios_at; /* for errors */
};

struct contrast_row {
    const char *name;
    int group; /* of the levels of by=: which; its first cell is group * cells */
    bool estimable;
    double estimate, se, df, lower, upper, statistic, p;
};

struct contrasts_of {
    struct arena *arena;
    int count, groups, cells; /* cells of each group */
    const struct contrast_row *rows;
    bool exact; /* false: Dunnett's probabilities are to about 5 digits */
    int family; /* contrasts in each */
};

/* Returns new.  Errors: fewer than two means, a control that is no level, custom weights that are not a number for each mean, a
 * control or weights that are not of the method, Tukey's adjustment of other contrasts than pairs, ratios where differences of
 * the linear predictor are logarithms of none. */
struct contrasts_of *contrasts_new(const struct means *means, const struct linear *linear, const struct contrast_request *request,
                                   struct glmm_error *err);
void contrasts_free(struct contrasts_of *contrasts);

#endif
