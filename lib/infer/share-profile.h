/* share-profile.h -- profile intervals of shares of variance: of one or several random terms, or of what is left, whatever their
 * effects and structures, on the scale of the linear predictor (icc.h).
 *
 *   D(s) = min { criterion : V_terms / (V_random + V_left) = s },   V the means over the rows of z' Sigma z
 *
 * The interval has the shares at which D(s) is above its minimum by no more than a quantile of chi-squared(1); an end is 0 or 1
 * where it never is.  The criterion is the fit's: restricted, approximated, with its nodes.  Each share is held exactly, by
 * scaling the terms' standard deviations (place_tie). */
#ifndef INFER_SHARE_PROFILE_H
#define INFER_SHARE_PROFILE_H

#include "infer/profile.h"

struct share_profile;

/* Whether the fit's shares have such intervals; an error says why not. */
bool share_profile_takes(const struct fit *fit, struct glmm_error *err);

/* Borrows the fit, which it takes.  Returns new; share_profile_free takes NULL. */
struct share_profile *share_profile_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
void share_profile_free(struct share_profile *profile);

/* Of the terms (member[random_count]) together, or (left) of what is left beside them.  INTERVAL_FAILED where the criterion could
 * not be followed. False when memory is out or the work was stopped. */
bool share_profile_interval(struct share_profile *profile, const bool member[], bool left, double level, struct interval *out,
                            struct glmm_error *err);

/* About how many nanoseconds that takes, of a linear model. */
double share_profile_time(struct share_profile *profile, const bool member[]);

#endif
