/* undo.h -- the changes of state (data, matrices, models and fits, settings), each of which can be taken back.
 *
 * A step is the data set as it was before (a frame that is held, or none), or the model, or its fit, or the settings, and which
 * data and which model were current.  Frames share their columns, so that a step costs what the change made anew.  Together the
 * steps hold at most UNDO_BYTES of values that are not in use, and there are at most UNDO_STEPS: the oldest are forgotten first.
 */
#ifndef SESSION_UNDO_H
#define SESSION_UNDO_H

#include "session/session.h"

enum { UNDO_STEPS = 1000 };
#define UNDO_BYTES ((size_t)1 << 30)

struct relation;
struct undo_step;

/* Before the data set `name` becomes `next` : notes how things are.  What could be redone
 * is forgotten.  False when memory is out. */
bool undo_note(struct session *session, const char *name, const struct frame *next, struct glmm_error *err);

/* Before the model `name` is replaced, or (old is NULL) defined: `old`, no longer in the session's list, is taken once the step
 * is there. */
bool undo_note_model(struct session *session, const char *name, struct model *old, struct glmm_error *err);

/* Before the model gets another fit (the old one, or NULL, is taken once the step is there; the model's is NULL then), and before
 * other data or another model become the current ones. */
bool undo_note_fit(struct session *session, struct model *model, struct glmm_error *err);
bool undo_note_current(struct session *session, struct glmm_error *err);

/* The matrix (taken) becomes the one of its name. */
bool undo_note_relation(struct session *session, struct relation *relation, struct glmm_error *err);

/* After the settings became others than these. */
bool undo_note_settings(struct session *session, const struct settings *before, struct glmm_error *err);

/* A command begins; what it changes is one act.  The mark is the caller's, and stands until undo_end(); marks nest. */
struct undo_mark {
    struct undo_mark *outer;
    const struct undo_step *done; /* the last step as it was then */
    struct undo_step *undone;     /* `shelved`: what could be redone then */
    bool shelved;
    long moved; /* steps taken back since, less those done again */
    const struct frame *data;
    struct model *model;
    struct settings settings;
};
void undo_begin(struct session *session, struct undo_mark *mark);

/* The command has failed: data, models, matrices, settings and the steps are what they were at the mark.  Needs no memory. */
void undo_all(struct session *session);

/* What was changed so far stays whatever follows. */
void undo_keep(struct session *session);

/* The command has ended; what it changed stays. */
void undo_end(struct session *session);

/* Steps that can be taken back, and again. */
size_t undo_count(const struct session *session);
size_t redo_count(const struct session *session);

/* Takes one step back (or, with `again`, does it again); there must be one.  *text gets the command that it was of, borrowed
 * until the next change.  Needs no memory. */
void undo_step(struct session *session, bool again, const char **text);

/* Whether steps were forgotten because they held too much. */
bool undo_forgot(const struct session *session);

/* Frees the steps; or those of a list, which is empty then. */
void undo_free(struct undo_step **steps);
void undo_clear(struct session *session);

#endif
