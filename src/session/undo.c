/* undo.c -- see undo.h.  A step and the session exchange what they have of a data set, so that going back and forth is one act.
 */
#include "session/undo.h"

#include <string.h>

#include "base/memory.h"
#include "session/private.h"

struct undo_step {
    char *text;                /* of the command */
    char *name;                /* of the data set */
    bool whole;                /* the data set has changed; else only which one is current */
    const struct frame *frame; /* what it was on the other side; held; NULL: there was none */
    char *current;             /* the current data there, or NULL */
    size_t bytes;              /* of values that only this step holds */
    struct undo_step *next;    /* the one before it */
};

static void step_free(struct undo_step *step)
{
    if (step == NULL)
        return;
    frame_free(step->frame);
    mem_free(step->text);
    mem_free(step->name);
    mem_free(step->current);
    mem_free(step);
}

static void steps_free(struct undo_step **steps)
{
    while (*steps != NULL) {
        struct undo_step *step = *steps;

        *steps = step->next;
        step_free(step);
    }
}

void undo_clear(struct session *session)
{
    steps_free(&session->own->done);
    steps_free(&session->own->undone);
}

static size_t count_steps(const struct undo_step *step)
{
    size_t count = 0;

    for (; step != NULL; step = step->next)
        count++;
    return count;
}

size_t undo_count(const struct session *session)
{
    return count_steps(session->own->done);
}

size_t redo_count(const struct session *session)
{
    return count_steps(session->own->undone);
}

bool undo_forgot(const struct session *session)
{
    return session->own->forgot;
}

/* --- how much is kept ----------------------------------------------------------------------------- */

/* Bytes of the columns of a frame that the other one does not share. */
static size_t bytes_alone(const struct frame *frame, const struct frame *other)
{
    size_t bytes = 0;

    for (size_t j = 0; frame != NULL && j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        bool shared = false;

        for (size_t k = 0; other != NULL && k < other->column_count && !shared; k++)
            shared = other->columns[k].as.any == column->as.any;
        if (!shared)
            bytes += frame->rows * (column->type == COLUMN_REAL ? 8 : column->type == COLUMN_LOGICAL ? 1 : 4);
    }
    return bytes;
}

/* Forgets the oldest steps beyond what may be kept. */
static void limit_steps(struct session *session)
{
    struct undo_step **place = &session->own->done;
    size_t bytes = 0, steps = 0;

    while (*place != NULL && steps < UNDO_STEPS && bytes + (*place)->bytes <= UNDO_BYTES) {
        bytes += (*place)->bytes;
        steps++;
        place = &(*place)->next;
    }
    session->own->forgot = session->own->forgot || *place != NULL;
    steps_free(place);
}

/* --- steps ------------------------------------------------------------------------------------------ */

bool undo_note(struct session *session, const char *name, const struct frame *next, struct glmm_error *err)
{
    struct undo_step *step = NEW(struct undo_step);
    const char *line = session->standing.line, *current = session->data == NULL ? NULL : session->data->name;
    const struct frame *was = session_find_data(session, name);

    if (step == NULL)
        return fail_memory(err);
    step->text = mem_strdup(line == NULL ? "" : line);
    step->name = mem_strdup(name);
    step->current = current == NULL ? NULL : mem_strdup(current);
    if (step->text == NULL || step->name == NULL || (current != NULL && step->current == NULL)) {
        step_free(step);
        return fail_memory(err);
    }
    step->whole = next != NULL;
    step->frame = next == NULL ? NULL : frame_hold(was);
    step->bytes = next == NULL ? 0 : bytes_alone(was, next);
    steps_free(&session->own->undone);
    step->next = session->own->done;
    session->own->done = step;
    limit_steps(session);
    return true;
}

/* The data set of that name becomes the frame (taken), or is gone; returns what it was (its holder goes over), or NULL.  `spare`
 * is used, and made NULL, where there was none. */
static const struct frame *replace_data(struct session *session, const char *name, const struct frame *frame,
                                        struct dataset **spare)
{
    struct dataset **place = &session->datasets, *dataset;
    const struct frame *was;

    while (*place != NULL && strcmp((*place)->frame->name, name) != 0)
        place = &(*place)->next;
    dataset = *place;
    was = dataset == NULL ? NULL : dataset->frame;
    if (frame == NULL && dataset != NULL) {
        *place = dataset->next;
        mem_free(dataset);
    } else if (frame != NULL && dataset != NULL) {
        dataset->frame = frame;
    } else if (frame != NULL) {
        dataset = *spare;
        *spare = NULL;
        dataset->frame = frame;
        dataset->next = session->datasets;
        session->datasets = dataset;
    }
    return was;
}

bool undo_step(struct session *session, bool again, const char **text, struct glmm_error *err)
{
    struct undo_step **from = again ? &session->own->undone : &session->own->done, *step = *from;
    struct undo_step **to = again ? &session->own->done : &session->own->undone;
    char *current = session->data == NULL ? NULL : mem_strdup(session->data->name);
    struct dataset *spare = NEW(struct dataset);

    if (spare == NULL || (session->data != NULL && current == NULL)) {
        mem_free(spare);
        mem_free(current);
        return fail_memory(err);
    }
    if (step->whole)
        step->frame = replace_data(session, step->name, step->frame, &spare);
    session->data = step->current == NULL ? NULL : session_find_data(session, step->current);
    mem_free(step->current);
    step->current = current;
    mem_free(spare);
    *from = step->next;
    step->next = *to;
    *to = step;
    *text = step->text;
    return true;
}
