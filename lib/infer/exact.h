/* exact.h -- the null distribution of the likelihood ratio for one variance in a linear mixed model with no other, at the size of
 * the data (Crainiceanu & Ruppert 2004, J. R. Statist. Soc. B 66, 165-185), by simulation of its spectral form.
 *
 *   LRT  = sup_l { nu log(1 + N(l) / D(l)) - sum log(1 + l x_s) }
 *   N(l) = sum l m_s / (1 + l m_s) w_s^2,   D(l) = sum w_s^2 / (1 + l m_s) + chi-squared(n - p - q)
 *
 * with w_s standard normal, m_s the eigenvalues of Z'PZ (P projects X out), nu = n and x_s those of Z'Z; REML: nu = n - p, x = m.
 * The mixture of chi-squared laws is its limit for many groups. */
#ifndef INFER_EXACT_H
#define INFER_EXACT_H

#include <stdint.h>
#include "base/progress.h"
#include "fit/fit.h"

struct exact_null {
    bool is; /* whether the two models are of this kind, and not too large */
    long draws;
    double p, error; /* the share of draws that reach the statistic, and its Monte Carlo error */
};

/* `small` has the fixed effects of `large` and no random ones, `large` one random term of one effect, both linear and by one
 * criterion; anything else leaves out->is false.  False when memory is out. */
bool exact_null_find(const struct fit *small, const struct fit *large, double statistic, uint64_t seed, struct exact_null *out,
                     struct glmm_error *err);

#endif
