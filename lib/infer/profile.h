/* profile.h -- profile intervals: the values of a parameter at which the fitted criterion, all other parameters chosen anew, is
 * not worse than at the optimum by more than a quantile of chi-squared(1) (Venzon & Moolgavkar 1988; Bates et al. 2015, 5.1).
 *
 *   zeta(c) = sign(c - estimate) sqrt(D(c) - D),   D(c) = min { deviance : parameter = c }
 *
 * The criterion is that of the fit: restricted, approximated, with its nodes.  Fixed effects are no parameters of the restricted
 * criterion; theirs is the profile of the deviance (ML), as in lme4.  Roots are exact to a relative 1e-8, nothing is
 * interpolated. */
#ifndef INFER_PROFILE_H
#define INFER_PROFILE_H

#include "base/progress.h"
#include "infer/parameter.h"

/* What an end of an interval is. */
enum interval_end {
    END_FOUND,
    END_EDGE,  /* of what is possible: a variance of 0, a correlation of -1 or 1 */
    END_NONE,  /* there is none: the criterion does not rise that far */
    END_NODES, /* with other nodes of the quadrature it is far from here, or none: then the interval is INTERVAL_NODES */
    END_LOST   /* the criterion could not be followed to it: then the interval is INTERVAL_FAILED */
};

/* Why there is no interval. */
enum interval_reason {
    INTERVAL_GIVEN,
    INTERVAL_UNDETERMINED, /* the data do not determine the parameter */
    INTERVAL_INFINITE,     /* the estimate is infinite */
    INTERVAL_EDGE,         /* Wald: the estimate is at the edge, where the criterion has no curvature to go by */
    INTERVAL_LIMIT,        /* a dispersion at its limit, where the family is another one */
    INTERVAL_NO_OPTIMUM,   /* the fit has not converged: from where it stopped nothing need rise */
    INTERVAL_NODES,        /* an end hangs on the number of nodes: so far out the quadrature does not hold */
    INTERVAL_OPEN, /* the upper end of a standard deviation is so many times the estimate (components.h) that it bounds nothing */
    INTERVAL_UNDEFINED, /* models of this kind have none (of shares: share_profile_takes) */
    INTERVAL_LARGE,     /* it would take long */
    INTERVAL_UNBOUNDED, /* of a coefficient of a REML fit: the likelihood, by which it is profiled, has no maximum */
    INTERVAL_FAILED     /* the criterion could not be followed */
};

struct interval {
    double lower, upper; /* -Inf and Inf without end; NaN where there is no interval */
    enum interval_end lower_end, upper_end;
    enum interval_reason reason;
    double alone; /* of INTERVAL_NODES: the end that does not hang on them; NaN: both do */
    bool moves;   /* an end moves by a part of the interval that shows with more nodes */
    bool better;  /* on the way a better optimum than the fit's was met */
};

struct profile;

/* GLMM_E_MODEL where the fit minimizes no criterion (PQL) whose profile could be followed. */
bool profile_check(const struct fit *fit, struct glmm_error *err);

/* Borrows the fit.  Returns new.  GLMM_E_MODEL where no row is left by infinite estimates. */
struct profile *profile_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
void profile_free(struct profile *profile);

/* Whether fixed effects are profiled by ML though the fit is REML. */
bool profile_by_ml(const struct profile *profile);

/* The profile interval of a parameter of the fit.  False when memory is out or the work was stopped. */
bool profile_interval(struct profile *profile, const struct parameter *parameter, double level, struct interval *out,
                      struct glmm_error *err);

/* The Wald interval: of a fixed effect by t or z, of others by the curvature of the criterion on the scale of a logarithm or of
 * Fisher's z. */
bool profile_wald(struct profile *profile, const struct parameter *parameter, double level, struct interval *out,
                  struct glmm_error *err);

/* `count` points of zeta from -reach to reach, or as far as it goes: values[], zeta[], ascending, NaN where there is none.
 * *out is the interval that was followed.  False as above; where there is no interval nothing is written. */
bool profile_curve(struct profile *profile, const struct parameter *parameter, double level, int count, double values[],
                   double zeta[], struct interval *out, struct glmm_error *err);

#endif
