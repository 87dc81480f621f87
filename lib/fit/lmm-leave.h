/* lmm-leave.h -- a linear mixed model without the rows of each level of a group in turn, by downdates of what is known of all
 * rows.
 *
 * Where the effects of the group's own terms, and of terms nested in it, are eliminated level by level, the system of the others
 * and of X is a sum over its levels, T = I + sum K_l, and its right side that of c_l: without level l it is T - K_l, which
 * differs in few rows, so that
 *
 *     T(-l)^-1 = S + S F (I - F'S F)^-1 F'S,   S = T^-1,  K_l = F F'                      (Woodbury)
 *
 * gives the coefficients at the same variances, the deviance's slopes there, and with its curvature one step of Newton's of the
 * variances: what a fit without the level finds, to second order. (For leaving out rows of linear mixed models at fixed variances
 * see Demidenko & Stukel 2005, Statistics in Medicine 24:893.) */
#ifndef FIT_LMM_LEAVE_H
#define FIT_LMM_LEAVE_H

#include "base/progress.h"
#include "fit/fit.h"

/* Whether this is for the fit, a linear mixed model of templates, and the group of random term `term`: what it needs is not more
 * than some hundreds of MB and some seconds. */
bool lmm_leaves(const struct fit *fit, int term);

/* moves (level_count x p, row-major): the coefficients without each level less those of all rows; NaN where the rest does not
 * determine them.  *found false: there are none, since the variances are so large that taking out a level would lose the digits,
 * or the deviance has no curvature to step by.  Errors: memory, an interruption. */
bool lmm_leave_each(const struct fit *fit, int term, double moves[], bool *found, const struct glmm_progress *progress,
                    struct glmm_error *err);

#endif
