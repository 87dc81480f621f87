/* bundled.h -- the example data sets that come with mixsh, found wherever it was installed or built.
 *
 * Looked for in $MIXSH_DATADIR, in the directory given to configure, and beside the running program (../share/mixsh, or the
 * source tree); each with its `data` folder. */
#ifndef SESSION_BUNDLED_H
#define SESSION_BUNDLED_H

#include "data/frame.h"

/* The path of the example of that name (returns new), or NULL when there is none; an error where no memory is left to look. */
char *bundled_path(const char *name, struct glmm_error *err);

/* The path of the guided tour of that name, likewise. */
char *bundled_tour(const char *name, struct glmm_error *err);

/* The index of the examples (returns new): columns name, study, source, from, rows, columns, formula (a first model), family.
 * An error when the data directory is not there. */
struct frame *bundled_index(struct glmm_error *err);

#endif
