/* undo.h -- the changes of the data, each of which can be taken back.
 *
 * A step is the data set as it was before (a frame that is held, or none) and which data were current.  Frames share their
 * columns, so that a step costs what the change made anew.  Together the steps hold at most UNDO_BYTES of values that the data in
 * use do not have, and there are at most UNDO_STEPS: the oldest are forgotten first. */
#ifndef SESSION_UNDO_H
#define SESSION_UNDO_H

#include "session/session.h"

enum { UNDO_STEPS = 1000 };
#define UNDO_BYTES ((size_t)1 << 30)

struct undo_step;

/* Before the data set `name` becomes `next` (NULL: it only becomes the current one): notes how things are.  What could be redone
 * is forgotten.  False when memory is out. */
bool undo_note(struct session *session, const char *name, const struct frame *next, struct glmm_error *err);

/* Steps that can be taken back, and again. */
size_t undo_count(const struct session *session);
size_t redo_count(const struct session *session);

/* Takes one step back (or, with `again`, does it again); there must be one.  *text gets the command that it was of, borrowed
 * until the next change.  False when memory is out, and nothing has changed. */
bool undo_step(struct session *session, bool again, const char **text, struct glmm_error *err);

/* Whether steps were forgotten because they held too much. */
bool undo_forgot(const struct session *session);

/* Frees the steps. */
void undo_clear(struct session *session);

#endif
