/* unpooled.h -- what the rows of one level alone say about its random effects, and how much of that the model keeps. */
#ifndef INFER_UNPOOLED_H
#define INFER_UNPOOLED_H

#include "base/watch.h"
#include "fit/fit.h"

/* The deviation of each level's own coefficient from the fixed one, for one effect of term t: the maximum of the likelihood of
 * the level's rows over the term's effects jointly, the rest of the model held at its estimate.  NaN where the rows do not
 * determine it; +-Infinity where the likelihood rises without end (all successes, all zeros).  `own` has level_count entries.
 * False when memory is out, or the watch (NULL: none) was stopped. */
bool unpooled_deviations(const struct fit *fit, int t, int effect, struct watch *watch, double own[]);

/* For a term of one effect: I tau^2 / (I tau^2 + 1), with I the observed information of the level's rows on its effect at the
 * mode; in a linear model n tau^2 / (n tau^2 + sigma^2), with the sum of w z^2 for n. */
void unpooled_weights(const struct fit *fit, int t, double weight[]);

/* The slope of row i's log density in its linear predictor, at eta, and minus its second derivative there; the parameters are the
 * fit's.
 * False where the row is impossible. */
bool unpooled_row_slopes(const struct fit *fit, size_t i, double eta, double out[2]);

/* What the rows of a level tell of an effect with the columns z of term t's first: sum z^2 I, I the observed information of a row
 * at its linear predictor; in a linear model the sum of w z^2. */
double unpooled_information(const struct fit *fit, int t, int32_t level);

#endif
