/* simulate.h -- new responses of a fitted model, drawn at its estimates.
 *
 * Draw `stream` of a seed is the same whatever else is drawn, so that replicates may be made in any order by any number of
 * threads. */
#ifndef INFER_SIMULATE_H
#define INFER_SIMULATE_H

#include "fit/fit.h"

struct simulator;

/* Whether weights of the fit are those of a law to draw from, as where they divide a dispersion.  Where they multiply a row's log
 * density a response has the law of weight 1, and new responses that are fitted with the weights vary too much: GLMM_E_MODEL. */
bool simulator_can_refit(const struct fit *fit, struct glmm_error *err);

/* GLMM_E_MODEL where the law of a response (`conditional`: given the modes) hangs on a variance that the data leave open.  What
 * hangs on it no more than the restricted likelihood does, as the test of a coefficient whose error is determined, may be drawn
 * all the same. */
bool simulator_has_law(const struct fit *fit, bool conditional, struct glmm_error *err);

/* Borrows the fit.  `conditional`: the random effects stay at their modes; otherwise new ones are drawn.  Returns new.
 * GLMM_E_MODEL where the estimates are no law to draw from. */
struct simulator *simulator_new(const struct fit *fit, bool conditional, struct glmm_error *err);
void simulator_free(struct simulator *simulator);

/* y (n of the design; binomial: proportions).  A row that infinite estimates fit perfectly keeps its response.  May be called by
 * several threads.  False when memory is out. */
bool simulator_draw(const struct simulator *simulator, uint64_t seed, uint64_t stream, double y[]);

#endif
