/* means.h -- estimated marginal means (least-squares means): the linear predictor on a reference grid, averaged (Searle, Speed &
 * Milliken 1980; Lenth's emmeans).
 *
 * The grid has all combinations of the levels of the model's factors; a number stands at its mean over the model's rows, or at
 * the values that `at` gives.  A mean is the average over the grid's rows of one combination of the variables asked for, so that
 * it is a linear function of the coefficients, and estimable only if its whole is.  The other factors' levels count
 *
 *   equal         alike,
 *   proportional  as often as their combination occurs in the model's rows,
 *   cells         as often as it occurs together with the levels asked for.
 *
 * Levels of a factor that is nested in another (means-nest.h) count within their level of that one alone. */
#ifndef INFER_MEANS_H
#define INFER_MEANS_H

#include "infer/at-grid.h"
#include "infer/linear.h"

enum means_weights { WEIGHTS_EQUAL, WEIGHTS_PROPORTIONAL, WEIGHTS_CELLS };

struct means_request {
    const struct fit *fit;         /* of the model; borrowed */
    const struct asked *variables; /* those of by= first */
    int count, by_count;
    struct at at;
    struct glmm_span at_place; /* of at=, for errors */
    enum means_weights weights;
};

struct means_variable {
    struct predictor predictor;
    const struct setting_value *values;
    int count;
    const int *sorted; /* count: the places of the values by code or number, equal ones in their order; means_sort() */
};

/* A number that stands at one value in the whole grid. */
struct means_held {
    const struct column *column;
    const char *label; /* "2.44", "2021-03-01" */
    double number;
    bool of_effects; /* it enters by the random effects alone: only averages over them depend on it */
};

/* The combinations, the last variable fastest.  All memory is the arena's, but what means_free frees. */
struct means {
    struct arena *arena;
    const struct model *model;
    const struct fit *fit;
    const struct column *slope_of; /* of slopes: along which number; NULL of means */
    int variable_count, by_count;
    const struct means_variable *variables;
    int count;                               /* of combinations */
    const int *level;                        /* count x variable_count, row-major: which value */
    struct stated_rows rows;                 /* count, in the design's columns and the dropped ones */
    const double *offset;                    /* count */
    const bool *empty;                       /* count: weights=cells, and no row has these levels */
    const double *variance, *variance_slope; /* count, count x theta_count (row-major): of the random part (marginal.h) */
    const char *nested;                      /* "village in district": averaged over the levels that occur there; "" of none */
    const char *averaged;                    /* "sex, block"; "" where no factor is averaged over */
    const char *held;                        /* "x = 2.44"; "" where no number is held */
    const struct means_held *hold;           /* the variables in held_wide */
    int hold_count;
    const char *averaged_wide, *held_wide; /* with the variables that enter by the random effects alone */
    const char *why_not;                   /* in words, of grid rows that are not estimable; NULL: all are */
};

/* Returns new.  Errors: no such variable, a value that it does not have, more than a million rows, memory. */
struct means *means_new(const struct model *model, const struct means_request *request, const struct glmm_progress *progress,
                        struct glmm_error *err);
void means_free(struct means *means);

/* "a2 b1", the levels of the variables [from, to) of a combination; the arena's, NULL when memory is out. */
const char *means_label(const struct means *means, struct arena *arena, int cell, int from, int to);

enum means_scale {
    SCALE_LINK,      /* of the linear predictor */
    SCALE_RESPONSE,  /* of the response, in the typical group: random effects 0 */
    SCALE_POPULATION /* the same averaged over the random effects */
};

struct mean_estimate {
    bool estimable;
    double estimate, se, df, lower, upper;
};

/* One of them; intervals are made on the scale of the link.  Where the response is a logarithm (ratio_mean_base) the mean of the
 * response, and that averaged over the random effects, are the geometric mean of the variable.  False when memory is out. */
bool means_estimate(const struct means *means, const struct linear *linear, int cell, enum means_scale scale, double level,
                    struct mean_estimate *out, struct glmm_error *err);

#endif
