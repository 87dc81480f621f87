/* interval-notes.h -- what is said beside intervals that are followed (infer/profile.h): why there are none, what an end is. */
#ifndef REPORT_INTERVAL_NOTES_H
#define REPORT_INTERVAL_NOTES_H

#include "fit/fit.h"
#include "infer/components.h"
#include "infer/profile.h"
#include "result/result.h"

enum { INTERVAL_EDGES_SEEN = 6 };

/* What is seen of some intervals, to be told below their table. */
struct intervals_seen {
    bool wald; /* they are by a standard error: no criterion is followed */
    bool endless, undetermined, infinite, curvature, open, limit, no_optimum, nodes, moves, unbounded, failed, better;
    double edge[INTERVAL_EDGES_SEEN]; /* different ends at an edge of what is possible, ascending; the least of many */
    int edge_count;
};

void intervals_look(const struct interval *interval, struct intervals_seen *seen);

/* A notice for each. */
void intervals_notes(struct result *result, const struct fit *fit, const struct intervals_seen *seen);

/* The same of a summary's intervals: only why a parameter of finite estimate has none, where nothing else there says so. */
void components_notes(struct result *result, const struct fit *fit, const struct components *components);

/* Where a standard deviation of the residuals is 0 at the estimates, as random effects take its place, an interval by the
 * criterion is followed there alone: with that deviation above 0 other values may be in it, apart from the estimate (nlme's
 * Orthodont). */
void pieces_note(struct result *result, const struct fit *fit);

/* In JSON: why there is no interval, or NULL. */
const char *interval_reason_word(enum interval_reason reason);

/* Said where numbers stand of a fit whose search ended at no maximum. */
void unconverged_note(struct result *result, const struct fit *fit);

/* Why there are no intervals (of a group that `icc` shows, or NULL: where dashes are) of which an end hangs on the nodes
 * (INTERVAL_NODES); the other end of such a one, of `name`, where it is known; and why shares of a large model have none. */
void nodes_note(struct result *result, const struct fit *fit, const char *group);
void alone_note(struct result *result, const char *name, const struct interval *interval);
void large_note(struct result *result);

#endif
