/* objective.h -- what is minimized: a smooth function of n coordinates, with its slopes. */
#ifndef FIT_OBJECTIVE_H
#define FIT_OBJECTIVE_H

#include <stdbool.h>
#include <stddef.h>

/* A value from which on the function does not exist: finite, so that it can be compared with. */
#define MINIMIZE_BAD 1e100

struct objective {
    int n;
    void *context;

    /* The value at x; MINIMIZE_BAD or more where there is none.  Sets *stop to leave at once. */
    double (*value)(void *context, const double x[], bool *stop);

    /* The slopes at the x whose value was asked for last; false where they are not finite (or on *stop). */
    bool (*gradient)(void *context, const double x[], double out[], bool *stop);

    /* The second derivatives (n x n, symmetric) at the x whose slopes were asked for last; false where there are none.  NULL:
     * they are not to be had. */
    bool (*hessian)(void *context, const double x[], double out[], bool *stop);

    /* The natural size of a step in each coordinate, for a search with second derivatives; NULL: 1. */
    void (*sizes)(void *context, const double x[], double out[]);

    /* What rounding makes of a value; NULL: DBL_EPSILON of it. */
    double (*rounding)(void *context, double value);

    /* n: coordinates that stay where they are, whose slopes count as 0; NULL: none. */
    const bool *held;
};

/* The value at x and, unless `gradient` is NULL, the slopes; MINIMIZE_BAD where either does not exist. */
double objective_at(const struct objective *objective, const double x[], double gradient[], bool *stop);

double objective_rounding(const struct objective *objective, double value);

#endif
