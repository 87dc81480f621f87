/* strip.h -- the picture of shrinkage, shared by `shrinkage` and `plot-ascii`: rows with a strip for one effect, arrows in
 * the plane for two. */
#ifndef CMD_PLOTS_STRIP_H
#define CMD_PLOTS_STRIP_H

#include "infer/shrinkage.h"
#include "result/result.h"
#include "session/session.h"

enum { STRIP_GAP = -1 };            /* in an order: levels were left out here */

struct strip {
    const struct model *model;
    const struct shrinkage *effect;
    const int32_t *order;           /* which levels, from above; STRIP_GAP gives a row of dots */
    size_t count;
    double level;                   /* of the intervals */
    double reach;                   /* the multiple of the standard error; 0: that of `level` */
    const char *interval;           /* their name; NULL: "95% interval" */
    int digits;
    const int *rank_lower, *rank_upper;     /* a league table: ranks instead of values; else NULL */
    const double *lowest, *highest;         /* with it: the probabilities of both ends */
};

/* How large a level is: its trials where rows have several ("trials"), else its rows ("n"). */
size_t strip_size_column(struct table *table, const struct shrinkage *s);
void strip_size(struct table *table, size_t row, size_t column, const struct shrinkage *s, int32_t level);

/* All levels by raw, blup, n or name; what has no value comes last, ties stand by name.  The arena's; NULL when memory is out. */
int32_t *strip_order(const struct shrinkage *effect, const char *sort, struct arena *arena);

/* Fill a plot of rows: labels, table, marks, the overall line, the statement.  False when memory is out. */
bool strip_build(struct plot *plot, const struct strip *strip);

/* Fill a plot in the plane: own estimates and BLUPs of two effects of the same levels, joined. */
bool strip_arrows(struct plot *plot, const struct shrinkage *x, const struct shrinkage *y, const int32_t *order, size_t count);

#endif
