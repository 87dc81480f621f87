/* progress.h -- the one callback by which the engine tells how far it is and learns that it is to stop. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include "glmm.h"

/* Calls the callback (NULL: nothing) and returns false when the work is to stop.  Called once an objective evaluation
 * and once a block of rows; costs nothing worth counting.  `what` is the unit counted, in the singular: "evaluation", "row",
 * "replicate", "byte"; of several words it names a phase: "checking columns". */
static inline bool progress_tell(const struct glmm_progress *progress, const char *what, double done, double total, double value)
{
    return progress == NULL || progress->tell == NULL || progress->tell(progress->context, what, done, total, value);
}

/* A sentence for the person who waits, before something that he may want to stop. */
static inline void progress_note(const struct glmm_progress *progress, const char *text)
{
    if (progress != NULL && progress->note != NULL)
        progress->note(progress->context, text);
}

#endif
