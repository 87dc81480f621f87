/* bootstrap.h -- the parametric bootstrap: responses are drawn from the fit, the model is fitted to each, and the estimates are
 * kept.
 *
 *   percentile interval   the quantiles of the estimates
 *   basic interval        2 estimate - those quantiles, turned (Davison & Hinkley 1997, 5.2) */
#ifndef INFER_BOOTSTRAP_H
#define INFER_BOOTSTRAP_H

#include "infer/parameter.h"
#include "infer/replicate.h"

struct bootstrap {
    struct arena *arena;
    const struct parameter *parameters;
    int count;
    bool ordered;                 /* the shapes are thresholds */
    struct replicates replicates; /* width: count; those with an infinite coefficient count */
};

/* Whether the parameter is one that separation makes infinite: a coefficient or a threshold. */
bool bootstrap_separates(const struct bootstrap *bootstrap, const struct parameter *parameter);

/* How many replicates count. */
long bootstrap_counted(const struct bootstrap *bootstrap);

/* Keeps what is done when it is stopped, from 20 replicates on.  Returns new.  Errors: those of simulator_new; a model of which
 * nothing could be refitted. */
struct bootstrap *bootstrap_new(const struct fit *fit, long replicates, uint64_t seed, bool conditional,
                                const struct glmm_progress *progress, struct glmm_error *err);
void bootstrap_free(struct bootstrap *bootstrap);

/* Of one parameter.  Mean, bias and error are NaN where a replicate is at an infinite limit (of a dispersion, or of a coefficient
 * by separation), which quantiles count as the largest or the smallest, and so is the basic interval where the estimate or a
 * quantile is there.  A coefficient whose estimate is infinite has no interval. */
struct bootstrapped {
    size_t used;     /* replicates with a number for it; the others that count do not determine it */
    size_t at_limit; /* of these at an infinite limit */
    size_t below;    /* of these at -Inf */
    double mean, bias, se;
    double lower, upper;             /* percentile */
    double basic_lower, basic_upper; /* within the parameter's range: no standard deviation below 0 */
};

bool bootstrap_parameter(const struct bootstrap *bootstrap, int parameter, double level, struct bootstrapped *out);

#endif
