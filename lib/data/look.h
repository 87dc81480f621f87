/* look.h -- Ctrl-C within a loop over rows. */
#ifndef DATA_LOOK_H
#define DATA_LOOK_H

#include <math.h>
#include <stddef.h>
#include "base/error.h"
#include "base/progress.h"

enum { LOOK_ROWS = 1 << 15 }; /* rows between two looks: the slowest that is done to one takes some microseconds */

/* At each row of a loop; every LOOK_ROWS of them asks whether to go on.  False with GLMM_E_INTERRUPT. */
static inline bool look_at_row(const struct glmm_progress *progress, size_t row, struct glmm_error *err)
{
    return row % LOOK_ROWS != 0 || progress_tell(progress, "row", 0.0, 0.0, (double)NAN)
           || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped at row %zu", row + 1);
}

#endif
