/* revise.h -- what is taken out of a fit, or put in another's place, before it is handed out: until then its arrays, which all
 * others only read, are its own. */
#ifndef FIT_REVISE_H
#define FIT_REVISE_H

#include <stdint.h>

#include "fit/fit.h"

/* The array, to be written. */
static inline double *revise(const double *values)
{
    return (double *)(uintptr_t)values; /* the arena's of the fit */
}

/* Sets `count` entries; NULL is as good where there are none.  A NaN is what nothing determines. */
void revise_fill(const double *values, size_t count, double value);
void revise_forget(const double *values, size_t count);

/* All of a random term, whose groups have `levels` levels, is not determined. */
void revise_forget_term(const struct random_fit *random, size_t levels);

/* Standard deviations and correlations where `unknown` (k x k) marks the covariance, or a variance that it stands beside. */
void revise_forget_entries(const struct random_fit *random, const bool *unknown);

/* The variance of effect a is infinite: nothing correlates with it. */
void revise_infinite(const struct random_fit *random, int a);

/* Effects of the mean of which nothing is open any more beside a family without variation: what is left of their conditional
 * variance is where the search for the dispersion ended. */
void revise_taken(const struct fit *fit);

/* A fit that has no estimates (fit_has_estimates) loses all numbers of where its search ended. */
void revise_forget_fit(struct fit *fit);

#endif
