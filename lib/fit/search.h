/* search.h -- the criterion of a fit minimized once more, by an optimizer of NLopt's and from a start that knows nothing of the
 * fit: for `sensitivity`.  Nothing is polished and nothing certified: what is read off is where the optimizer stopped. */
#ifndef FIT_SEARCH_H
#define FIT_SEARCH_H

#include "base/progress.h"
#include "fit/fit.h"

enum search_by {
    SEARCH_BOBYQA,  /* quadratic models within a trust region, no derivatives (Powell 2009) */
    SEARCH_SUBPLEX, /* Nelder and Mead's simplex on subspaces, no derivatives (Rowan 1990) */
    SEARCH_LBFGS,   /* quasi-Newton of limited memory, by the exact slopes (Nocedal 1980) */
    SEARCH_COUNT
};

/* "BOBYQA", "Subplex", "L-BFGS". */
const char *search_name(enum search_by by);

/* True where the criterion has parameters that are searched for: not in a linear model without random effects, whose estimates
 * are in closed form, and not by PQL, which minimizes nothing. */
bool search_is_possible(const struct fit *fit);

/* The fit's model at the point where the optimizer stops; no errors and no verdict.  Returns new, borrowing the design of `fit`,
 * whose estimates are finite and determined.  GLMM_E_INTERRUPT when `progress` says stop, GLMM_E_MODEL where there is no
 * criterion. */
struct fit *search_fit(const struct fit *fit, enum search_by by, const struct glmm_progress *progress, struct glmm_error *err);

#endif
