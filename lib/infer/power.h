/* power.h -- how often a coefficient would be found, by simulation: at the estimates of a fit, or with another effect, in a study
 * of another size. */
#ifndef INFER_POWER_H
#define INFER_POWER_H

#include "infer/replicate.h"

struct power_question {
    int coefficient;
    double effect; /* its value; NaN: the estimate */
    double alpha;
    int term; /* of whose group there are other levels; -1: the study as it is */
    long replicates;
    uint64_t seed;
};

struct power_point {
    int32_t levels;
    size_t rows, n;             /* in each level (0: as they are); of all */
    long used, found;           /* replicates that count; of these, p below alpha */
    double power, lower, upper; /* exact 95 % interval (Clopper & Pearson) */
    double mean, error;         /* of the estimates; their mean standard error */
    double critical;            /* the mean of the |t|, or z, beyond which p is below alpha */
    bool stopped;
    struct replicates replicates; /* their ends; values are freed */
};

/* One point: tests are those of `summary`, t with Satterthwaite's df or z.  False when memory is out, the work was stopped before
 * 20 replicates, or the model cannot be drawn from. */
bool power_at(const struct fit *fit, const struct power_question *question, int32_t levels, size_t rows,
              const struct glmm_progress *progress, struct power_point *out, struct glmm_error *err);

enum { POWER_POINTS = 60 }; /* most that one question has */

/* Where the power of a two-sided test at level alpha is `target` along the levels of the points (of which levels, used, found,
 * power, lower, upper and critical are read), from 2 points with replicates on; NaN where they do not say.  It lies between the
 * points that have it between them.  *beyond: no two have, and it is where their error, falling as the root of the levels,
 * leads. */
double power_levels(const struct power_point points[], int count, double alpha, double target, bool *beyond);

#endif
