/* undo.c -- see undo.h.  A step and the session exchange what they have of a data set, so that going back and forth is one act.
 */
#include "session/undo.h"

#include <string.h>

#include "base/memory.h"
#include "model/relation.h"
#include "session/private.h"

struct undo_step {
    char *text; /* of the command */
    char *name; /* of the data set, or of the model */
    enum { UNDO_CURRENT, UNDO_DATA, UNDO_MODEL, UNDO_FIT, UNDO_SETTINGS, UNDO_MATRIX } kind; /* what has changed */
    const struct frame *frame;   /* what it was on the other side; held; NULL: there was none */
    struct model *model;         /* UNDO_MODEL: the same; owned */
    struct fit *fit;             /* UNDO_FIT: of the model `name` there, or NULL; owned */
    struct settings settings;    /* UNDO_SETTINGS */
    struct relation *relation;   /* UNDO_MATRIX: what that of the name was there, held; or NULL */
    struct dataset *spare;       /* UNDO_DATA: the place in the session's list that the data set has there */
    const struct frame *current; /* the current data there, held; or NULL */
    /* The current model there, or NULL.  What was current before a step is in the list of models whenever the steps behind that
     * one are taken back, for only they can have put another model in its place. */
    const struct model *current_model;
    size_t bytes;           /* of values that only this step holds */
    struct undo_step *next; /* the one before it */
};

static void step_free(struct undo_step *step)
{
    if (step == NULL)
        return;
    frame_free(step->frame);
    mem_free(step->text);
    mem_free(step->name);
    forget_model(step->model);
    fit_free(step->fit);
    relation_free(step->relation);
    mem_free(step->spare);
    frame_free(step->current);
    mem_free(step);
}

void undo_free(struct undo_step **steps)
{
    while (*steps != NULL) {
        struct undo_step *step = *steps;

        *steps = step->next;
        step_free(step);
    }
}

void undo_clear(struct session *session)
{
    undo_free(&session->own->done);
    undo_free(&session->own->undone);
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
    undo_free(place);
}

/* --- steps ------------------------------------------------------------------------------------------ */

/* A step with what is current now; not yet among the others. */
static struct undo_step *step_new(struct session *session, const char *name, struct glmm_error *err)
{
    struct undo_step *step = NEW(struct undo_step);
    const char *line = session->standing.line;

    if (step != NULL) {
        step->text = mem_strdup(line == NULL ? "" : line);
        step->name = mem_strdup(name);
        step->current = frame_hold(session->data);
        step->current_model = session->model;
    }
    if (step != NULL && step->text != NULL && step->name != NULL)
        return step;
    step_free(step);
    fail_memory(err);
    return NULL;
}

/* While a command runs, what could be redone is put aside, and nothing is forgotten: it may fail yet. */
static void push_step(struct session *session, struct undo_step *step)
{
    struct session_private *own = session->own;

    if (own->mark != NULL && !own->mark->shelved) {
        own->mark->undone = own->undone;
        own->mark->shelved = true;
        own->undone = NULL;
    }
    undo_free(&own->undone);
    step->next = own->done;
    own->done = step;
    if (own->mark == NULL)
        limit_steps(session);
}

bool undo_note(struct session *session, const char *name, const struct frame *next, struct glmm_error *err)
{
    const struct frame *was = session_find_data(session, name);
    struct undo_step *step = step_new(session, name, err);

    if (step == NULL)
        return false;
    step->kind = UNDO_DATA;
    step->frame = frame_hold(was);
    step->bytes = bytes_alone(was, next);
    push_step(session, step);
    return true;
}

/* About what a model holds besides its data. */
static size_t bytes_of_model(const struct model *model)
{
    const struct design *design = model == NULL ? NULL : model->design;
    size_t columns = design == NULL ? 0 : (size_t)design->p + 4;

    for (int t = 0; design != NULL && t < design->random_count; t++)
        columns += (size_t)design->random[t].k + 1;
    return design == NULL ? 0 : design->n * columns * sizeof(double);
}

bool undo_note_model(struct session *session, const char *name, struct model *old, struct glmm_error *err)
{
    struct undo_step *step = step_new(session, name, err);

    if (step == NULL)
        return false;
    step->kind = UNDO_MODEL;
    step->model = old;
    step->bytes = bytes_of_model(old);
    push_step(session, step);
    return true;
}

bool undo_note_fit(struct session *session, struct model *model, struct glmm_error *err)
{
    struct undo_step *step = step_new(session, model->name, err);

    if (step == NULL)
        return false;
    step->kind = UNDO_FIT;
    step->fit = model->fit;
    step->bytes = model->fit == NULL ? 0 : bytes_of_model(model);
    model->fit = NULL;
    push_step(session, step);
    return true;
}

bool undo_note_current(struct session *session, struct glmm_error *err)
{
    struct undo_step *step = step_new(session, "", err);

    if (step != NULL)
        push_step(session, step);
    return step != NULL;
}

bool undo_note_settings(struct session *session, const struct settings *before, struct glmm_error *err)
{
    struct undo_step *step = step_new(session, "", err);

    if (step == NULL)
        return false;
    step->kind = UNDO_SETTINGS;
    step->settings = *before;
    push_step(session, step);
    return true;
}

/* The matrix of that name becomes `relation` (taken), or is gone; returns what it was. */
static struct relation *replace_relation(struct session *session, const char *name, struct relation *relation)
{
    struct relation **place = &session->relations, *was;

    while (*place != NULL && strcmp((*place)->name, name) != 0)
        place = &(*place)->next;
    was = *place;
    if (was == NULL)
        place = &session->relations;
    if (relation != NULL)
        relation->next = was == NULL ? *place : was->next;
    *place = relation != NULL ? relation : was == NULL ? *place : was->next;
    return was;
}

bool undo_note_relation(struct session *session, struct relation *relation, struct glmm_error *err)
{
    struct undo_step *step = step_new(session, relation->name, err);

    if (step == NULL)
        return false;
    step->kind = UNDO_MATRIX;
    step->relation = replace_relation(session, relation->name, relation);
    if (step->relation != NULL && step->relation->values != NULL)
        step->bytes = (size_t)step->relation->count * (size_t)step->relation->count * sizeof(double);
    push_step(session, step);
    return true;
}

/* The data set of that name becomes the frame (taken), or is gone; returns what it was (its holder goes over), or NULL.  `spare`
 * takes the place in the list that is no longer needed, or gives the one that is. */
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
        *spare = dataset;
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

/* The model of that name becomes `model` (taken), or is gone; returns what it was. */
static struct model *replace_model(struct session *session, const char *name, struct model *model)
{
    struct model **place = &session->models, *was;

    while (*place != NULL && strcmp((*place)->name, name) != 0)
        place = &(*place)->next;
    was = *place;
    if (model != NULL)
        model->next = was == NULL ? NULL : was->next;
    *place = model != NULL ? model : was == NULL ? NULL : was->next;
    if (was != NULL)
        was->next = NULL;
    return was;
}

/* The step and the session exchange what has changed. */
static void exchange(struct session *session, struct undo_step *step)
{
    struct settings settings = session->settings;
    struct model *model = step->kind == UNDO_FIT ? session_find_model(session, step->name) : NULL;
    struct fit *fit;

    switch (step->kind) {
    case UNDO_CURRENT:
        break;
    case UNDO_DATA:
        step->frame = replace_data(session, step->name, step->frame, &step->spare);
        break;
    case UNDO_MODEL:
        step->model = replace_model(session, step->name, step->model);
        break;
    case UNDO_FIT:
        if (model != NULL) {
            fit = model->fit;
            model->fit = step->fit;
            step->fit = fit;
        }
        break;
    case UNDO_MATRIX:
        step->relation = replace_relation(session, step->name, step->relation);
        break;
    case UNDO_SETTINGS:
        session->settings = step->settings;
        step->settings = settings;
        settings_apply(&session->settings);
        break;
    }
}

static struct model *listed_model(const struct session *session, const struct model *model)
{
    struct model *listed = session->models;

    while (listed != NULL && listed != model)
        listed = listed->next;
    return listed;
}

void undo_step(struct session *session, bool again, const char **text)
{
    struct undo_step **from = again ? &session->own->undone : &session->own->done, *step = *from;
    struct undo_step **to = again ? &session->own->done : &session->own->undone;
    const struct frame *current = frame_hold(session->data);
    const struct model *model = session->model;

    exchange(session, step);
    session->data = step->current == NULL ? NULL : session_find_data(session, step->current->name);
    session->model = listed_model(session, step->current_model);
    frame_free(step->current);
    step->current = current;
    step->current_model = model;
    *from = step->next;
    step->next = *to;
    *to = step;
    if (session->own->mark != NULL)
        session->own->mark->moved += again ? -1 : 1;
    *text = step->text;
}

/* --- one act ---------------------------------------------------------------------------------------- */

static void set_mark(const struct session *session, struct undo_mark *mark)
{
    *mark = (struct undo_mark){ .outer = mark->outer,
                                .done = session->own->done,
                                .data = session->data,
                                .model = session->model,
                                .settings = session->settings };
}

void undo_begin(struct session *session, struct undo_mark *mark)
{
    mark->outer = session->own->mark;
    set_mark(session, mark);
    session->own->mark = mark;
}

void undo_all(struct session *session)
{
    struct session_private *own = session->own;
    struct undo_mark *mark = own->mark;
    const char *text;

    if (mark == NULL)
        return;
    while (mark->moved != 0)
        undo_step(session, mark->moved > 0, &text);
    while (own->done != mark->done) {
        struct undo_step *step = own->done;

        exchange(session, step);
        own->done = step->next;
        step_free(step);
    }
    if (mark->shelved)
        own->undone = mark->undone;
    mark->undone = NULL;
    mark->shelved = false;
    session->data = mark->data;
    session->model = mark->model;
    if (session->settings.threads != mark->settings.threads)
        settings_apply(&mark->settings);
    session->settings = mark->settings;
}

void undo_keep(struct session *session)
{
    struct undo_mark *mark = session->own->mark;

    if (mark == NULL)
        return;
    undo_free(&mark->undone);
    limit_steps(session);
    set_mark(session, mark);
}

void undo_end(struct session *session)
{
    undo_keep(session);
    session->own->mark = session->own->mark->outer;
    undo_keep(session); /* a command that has others run keeps what these did */
}
