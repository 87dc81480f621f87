/* strip.h -- the picture of shrinkage, shared by `shrinkage` and `plot-ascii`: rows with a strip for one effect, arrows in
 * the plane for two. */
#ifndef CMD_PLOTS_STRIP_H
#define CMD_PLOTS_STRIP_H

#include "infer/shrinkage.h"
#include "result/result.h"
#include "session/session.h"

enum { STRIP_GAP = -1 }; /* in an order: levels were left out here */

struct strip {
    const struct model *model;
    const struct shrinkage *effect;
    const int32_t *order; /* which levels, from above; STRIP_GAP gives a row of dots */
    size_t count;
    double level;         /* of the intervals */
    double reach;         /* the multiple of the standard error; 0: that of `level` */
    const char *interval; /* their name; NULL: "95% interval" */
    const char *at;       /* means: where they hold, "period = 1"; NULL or "": everywhere */
    int digits;
    const int *rank_lower, *rank_upper; /* a league table: ranks instead of values; else NULL */
    const double *lowest, *highest;     /* with it: the probabilities of both ends */
    bool raw_told;                      /* own estimates that do not exist are spoken of elsewhere */
};

/* How large a level is: its trials where rows have several ("trials"), else its rows ("n"). */
size_t strip_size_column(struct table *table, const struct shrinkage *s);
void strip_size(struct table *table, size_t row, size_t column, const struct shrinkage *s, int32_t level);

/* All levels by raw, blup, n or name; what has no value comes last, equal own estimates (those that are infinite) stand by their
 * BLUPs, other ties by name.  The arena's; NULL when memory is out. */
int32_t *strip_order(const struct shrinkage *effect, const char *sort, struct arena *arena);

/* So many own estimates are not finite that an order by them, or its ends, would show little else. */
bool strip_is_mostly_infinite(const struct shrinkage *effect);
/* The order where none is asked for: "raw", in that case "blup". */
const char *strip_usual_sort(const struct shrinkage *effect);

/* Every level's conditional variance is 0, as where that between the levels is estimated as 0: there are no intervals. */
bool strip_has_no_intervals(const struct shrinkage *effect);
/* Decimals of estimates and BLUPs; where these are all alike, those that the former need. */
int strip_decimals(const struct shrinkage *effect, int digits);

/* "95%, parameters held fixed": what an interval of so many standard errors leaves out (reach 0: that of the level).  The
 * arena's. */
const char *strip_interval_label(double level, double reach, struct arena *arena);

/* Fill a plot of rows: labels, table, marks, the overall line, the statement.  False when memory is out. */
bool strip_build(struct plot *plot, const struct strip *strip);

/* Fill a plot in the plane: own estimates and BLUPs of two effects of the same levels, joined. */
bool strip_arrows(struct plot *plot, const struct shrinkage *x, const struct shrinkage *y, const int32_t *order, size_t count);

#endif
