/* verdict.h -- what an optimum is called: codes and facts first, words last, for every kind of model.
 *
 * A verdict only gets worse: ok, boundary, not identified, not converged.  What the search left is `verdict_begin`'s; what lies
 * on an edge or cannot be told is a code with a sentence each; sentences stand one behind the other, and none is read again. */
#ifndef FIT_VERDICT_H
#define FIT_VERDICT_H

#include "fit/fit.h"

/* What a search left. */
struct search_end {
    double gain;
    int iterations, evaluations;
    double smallest_eigenvalue; /* 0: unknown, or there is none */
};

/* ok, with these facts; no slope, boundary or word yet. */
void verdict_begin(struct optimum *optimum, const struct search_end *end);

/* A slope of a free parameter: the largest is kept. */
void verdict_slope(struct optimum *optimum, double slope);

/* At least so bad; never better than it is. */
void verdict_worsen(struct optimum *optimum, enum fit_verdict verdict);

/* On a boundary: the first that is named is the fit's. */
void verdict_boundary(struct optimum *optimum, enum boundary boundary);

/* Adds a sentence. */
void verdict_say(struct optimum *optimum, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes back what was said: what comes now says all. */
void verdict_unsay(struct optimum *optimum);

/* --- sentences of several kinds of models ----------------------------------------------------------------------- */

/* Not converged: how much is left where the point has the curvature of an optimum (`near`), else that there is no telling. */
void verdict_stopped(struct optimum *optimum, bool near);

/* The variance of an effect (NULL: of the only one) between levels of the group is estimated as 0; `part`: in "zi" or "disp",
 * NULL: in the mean. */
void verdict_no_variance(struct optimum *optimum, const char *part, const char *effect, const char *group);

/* The family's last shape is at its limit, where the family is another one. */
void verdict_limit(struct optimum *optimum, const struct family *family);

/* The variation of the family has gone into the random effects of the design: those that each row has for itself, where there are
 * such. */
void verdict_taken(struct optimum *optimum, const struct family *family, const struct design *design);

#endif
