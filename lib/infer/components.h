/* components.h -- intervals of the standard deviations and the structures of a fit, for its summary: by profile where that costs
 * little, else by the curvature of the criterion on the scale of the logarithm.  Which of them hangs on the size of the model
 * alone. */
#ifndef INFER_COMPONENTS_H
#define INFER_COMPONENTS_H

#include "base/arena.h"
#include "infer/profile.h"

/* An upper end that is more than so many times the estimate bounds nothing: there is no interval (INTERVAL_OPEN). */
enum { COMPONENTS_OPEN = 1000 };

enum components_method { COMPONENTS_NONE, COMPONENTS_PROFILE, COMPONENTS_LOG };

struct components {
    enum components_method method; /* of all of them; NONE: no criterion to go by, or too large a model */
    int count;
    const struct parameter *parameter; /* standard deviations of the random effects and parameters of structures, then sigma; of a
                                          summary by profile last a dispersion at its limit */
    struct interval *interval;         /* count; the reason says why there is none */
    int sum_count;                     /* sums that are determined in the place of variances, */
    struct interval *sum;              /* and the intervals of their standard deviations */
};

/* Where the data leave variances open there are intervals of those that they tell, and of the sums, from the fit of these;
 * without `correlations` only.  `correlations`: of these, too, and of the random effects of zi= and disp=.  The arena's.  False
 * when memory is out or the work was stopped; a fit without such intervals is no error. */
bool components_find(const struct fit *fit, double level, bool correlations, struct arena *arena,
                     const struct glmm_progress *progress, struct components *out, struct glmm_error *err);

/* The same with correlations, by profile however large the model is. */
bool components_profile(const struct fit *fit, double level, struct arena *arena, const struct glmm_progress *progress,
                        struct components *out, struct glmm_error *err);

/* Whether profiles of the fit cost so little that nobody notices them. */
bool components_profile_pays(const struct fit *fit);

/* Whether the profiles of so many parameters take less than about so many operations. */
bool components_profile_within(const struct fit *fit, int count, double work);

/* The same by the curvature, whatever the size of the model. */
bool components_curvature(const struct fit *fit, double level, struct arena *arena, const struct glmm_progress *progress,
                          struct components *out, struct glmm_error *err);

/* That of effect a of random term t, or of the residuals (t < 0); NULL where there is none. */
const struct interval *components_of(const struct components *components, int t, int a);

/* That of sum number j of fit->identity; NULL where there is none. */
const struct interval *components_of_sum(const struct components *components, int j);

/* That of a dispersion at its limit; NULL where there is none. */
const struct interval *components_of_dispersion(const struct components *components);

/* Whether one of random term t (negative: of any, or of the residuals) is INTERVAL_NODES. */
bool components_hang_on_nodes(const struct components *components, int t);

/* That of parameter i of the structure of random term t, or of the residuals (t < 0). */
const struct interval *components_of_structure(const struct components *components, int t, int i);

#endif
