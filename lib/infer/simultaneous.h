/* simultaneous.h -- distributions of several t's at once: Tukey's studentized range, Dunnett's and more general maxima; and
 * p-values and intervals that hold for a whole family of contrasts.
 *
 *   P(Q <= q) = int f(s) k int phi(z) {Phi(z) - Phi(z - q s)}^(k-1) dz ds
 *   P(max |T_i| <= t) = int f(s) int phi(z) prod_i P(|l_i z + sqrt(1 - l_i^2) Y| <= t s) dz ds     where r_ij = l_i l_j
 *
 * with f the density of s = chi_df / sqrt(df): by the trapezoidal rule in z and in log s, which for these integrands converges
 * faster than any power of the step.  Correlations that are no products l_i l_j (estimates of a mixed model, unequally
 * correlated) are integrated by a lattice rule after Genz (1992), to about 5 digits. */
#ifndef INFER_SIMULTANEOUS_H
#define INFER_SIMULTANEOUS_H

#include <stdbool.h>
#include "base/watch.h"

enum adjustment { ADJUST_NONE, ADJUST_TUKEY, ADJUST_DUNNETT, ADJUST_HOLM, ADJUST_BONFERRONI, ADJUST_SIDAK };

/* P(Q > q) of the studentized range of k >= 2 means; df: Infinity for known variance. */
double tukey_upper(double q, int k, double df);
/* The q that is exceeded with probability p. */
double tukey_critical(double p, int k, double df);

/* P(max |T_i| > t) of `count` t's with correlations r (count x count).  *exact: by quadrature.  NaN when memory is out. */
double dunnett_upper(double t, int count, const double r[], double df, bool *exact);
double dunnett_critical(double p, int count, const double r[], double df, bool *exact);

/* A family of contrasts; entries that are NaN (not estimable) are left out of it, and where the rest are all pairs of some means,
 * the other means with them. */
struct family_of {
    int count;           /* of contrasts */
    int means;           /* Tukey: of how many means all pairs are, by the first, then by the second */
    const double *t;     /* count */
    const double *df;    /* count */
    const double *r;     /* Dunnett: correlations, count x count; else NULL */
    struct watch *watch; /* looked at within each; where it says stop, what is left is worth nothing.  NULL: nobody watches */
};

/* p (two-sided, adjusted) and the multiple of its standard error in each interval at the level.  Holm's intervals are
 * Bonferroni's. *exact is false where Dunnett's was by lattice.  False when memory is out. */
bool simultaneous_adjust(const struct family_of *family, enum adjustment how, double level, double p[], double reach[],
                         bool *exact);

#endif
