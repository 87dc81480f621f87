/* verbs.h -- what changes data: each function makes another frame of one, and leaves that as it is.
 *
 * The new frame has the name and the source of the old one, shares every column that stays as it was, and belongs to the caller
 * (frame_free).  NULL with err where it cannot be made; spans are those of the expressions that were given. */
#ifndef DATA_VERBS_H
#define DATA_VERBS_H

#include "data/expr.h"
#include "data/frame.h"

/* --- variables -------------------------------------------------------------------------------- */

/* A variable `name`, new or in the place of the old one, computed from the expression; summaries in it that name no groups are by
 * those of `by` (or NULL).  Numbers that are all whole make it an integer, as load does. */
struct frame *frame_let(const struct frame *frame, const char *name, const struct expr *expr, const struct expr *by,
                        struct glmm_error *err);

/* Only these variables, in this order; all must be there, each once. */
struct frame *frame_keep(const struct frame *frame, const char *const names[], size_t count, struct glmm_error *err);

/* Without these variables; one must be left. */
struct frame *frame_without(const struct frame *frame, const char *const names[], size_t count, struct glmm_error *err);

/* from[k], which must be there, is called to[k] from now on, all at once: two may change names.  A name that another variable has
 * is an error of `place`, the index of the pair at fault. */
struct frame *frame_rename(const struct frame *frame, const char *const from[], const char *const to[], size_t count,
                           size_t *place, struct glmm_error *err);

/* --- rows ------------------------------------------------------------------------------------- */

/* The rows in which the condition is true; *unknown gets how many of the others have a missing value there.  That no row is left
 * is an error, and so is a condition that is no true or false. */
struct frame *frame_where(const struct frame *frame, const struct expr *condition, const struct expr *by, size_t *unknown,
                          struct glmm_error *err);

#endif
