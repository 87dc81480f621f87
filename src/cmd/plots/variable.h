/* variable.h -- an expression of the user's over the current data, as numbers. */
#ifndef CMD_PLOTS_VARIABLE_H
#define CMD_PLOTS_VARIABLE_H

#include "cmd/plots/plots.h"

struct variable {
    const char *name; /* as typed; the arena's */
    const char *data; /* name of the data set */
    struct glmm_span at;
    double *values; /* new: variable_clear frees them; NaN where missing */
    size_t count;
    bool logical; /* TRUE and FALSE, as 1 and 0 */
};

/* Evaluates the bytes [begin, end) of the call's line.  An error for a factor ("a plot needs numbers") and whatever the
 * expression's are. */
bool variable_init(struct variable *variable, struct plot_job *job, int begin, int end);
void variable_clear(struct variable *variable);

/* "; 3 missing or infinite left out", or ""; `used` values were used.  The arena's. */
const char *variable_left_out(const struct variable *variable, struct plot_job *job, size_t used);

/* An expression as a factor: codes (new, mem_free), -1 where missing, and names of the levels in the result's arena. */
bool variable_as_factor(struct plot_job *job, int begin, int end, int32_t **codes, const char ***levels, int32_t *level_count);

#endif
