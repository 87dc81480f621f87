/* replicate.h -- a computation done many times, each with a stream of random numbers of its own, by all threads there are, and
 * by all processes of the team that `progress` names; the results are the same for any number of both. */
#ifndef INFER_REPLICATE_H
#define INFER_REPLICATE_H

#include <stdint.h>
#include "base/progress.h"
#include "fit/fit.h"

/* What became of a replicate. */
enum replicate_end {
    REPLICATE_MISSING, /* not reached */
    REPLICATE_OK,
    REPLICATE_BOUNDARY,       /* a variance estimated as 0, or the like: a result as any other */
    REPLICATE_NOT_CONVERGED,  /* the estimates are kept out */
    REPLICATE_NOT_IDENTIFIED, /* the same */
    REPLICATE_INFINITE,       /* a coefficient is infinite: the same */
    REPLICATE_FAILED,         /* the model could not be fitted: the same */
    REPLICATE_ENDS
};

/* Whether the numbers of the replicate count. */
static inline bool replicate_counts(enum replicate_end end)
{
    return end == REPLICATE_OK || end == REPLICATE_BOUNDARY;
}

/* The same of numbers that no infinite coefficient moves, or that are infinite with it: see replicate_end_of_rest. */
static inline bool replicate_counts_in_rest(enum replicate_end end)
{
    return replicate_counts(end) || end == REPLICATE_INFINITE;
}

struct replicates {
    long count;
    size_t width;
    double *values; /* count x width, replicate by replicate */
    signed char *end;
    long ends[REPLICATE_ENDS];
    long done; /* those that were reached */
    bool stopped;
};

/* Writes the numbers of replicate r into out (width), and nothing elsewhere that is asked for later: of a team only they travel;
 * false when memory is out or the work was stopped (by the progress that it is handed).  Called by several threads. */
typedef bool replicate_body(void *context, long r, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                            struct glmm_error *err);

/* All replicates, or those that are done when `progress` says stop: that is no error where at least `least` are.  Returns false,
 * with nothing to clear, when memory is out, or too few are done. */
bool replicates_run(struct replicates *r, long count, size_t width, replicate_body *body, void *context, long least,
                    const struct glmm_progress *progress, struct glmm_error *err);
/* The same of what is called otherwise, in the singular: "variant", "level", "imputation". */
bool replicates_run_as(const char *unit, struct replicates *r, long count, size_t width, replicate_body *body, void *context,
                       long least, const struct glmm_progress *progress, struct glmm_error *err);
void replicates_clear(struct replicates *r);

/* The values of one column, sorted, into out (count): those that are no NaN, at an infinite limit or not, of the replicates that
 * count in rest; returns how many. */
size_t replicates_sorted_rest(const struct replicates *r, size_t column, double out[]);

/* "37 on the boundary, 2 not converged, 1 could not be fitted": those that are worth a word, "" for none; the arena's. */
struct arena;
const char *replicates_words(const struct replicates *r, struct arena *arena);

/* A model fitted to another response: its design with y in it, by the method of `fit` from its estimates. */
struct fit *refit_response(const struct fit *fit, struct design *room, double y[], const struct glmm_progress *progress,
                           struct glmm_error *err);

/* The same to the rows of another design, that has the effects of the fit's. */
struct fit *refit_design(const struct fit *fit, const struct design *room, const struct glmm_progress *progress,
                         struct glmm_error *err);

/* What became of a fit. */
enum replicate_end replicate_end_of(const struct fit *fit);

/* The same where numbers count beside an infinite coefficient: all else is that of the rows that are left, and what became of it
 * is told by their fit. */
enum replicate_end replicate_end_of_rest(const struct fit *fit);

#endif
