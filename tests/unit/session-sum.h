/* session-sum.h -- a checksum of what a command may change of a session: data, matrices, models with their fits, what is current,
 * settings, what can be undone, where output and commands are copied.
 *
 * Not in it: the commands that ran and what they showed.  It has the places of things in memory as well, so it compares a session
 * with itself. */
#ifndef TESTS_SESSION_SUM_H
#define TESTS_SESSION_SUM_H

#include <stdint.h>
#include <string.h>

#include "model/relation.h"
#include "session/history.h"
#include "session/private.h"
#include "session/session.h"
#include "session/undo.h"

static inline uint64_t sum_bytes(uint64_t sum, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < count; i++)
        sum = (sum ^ at[i]) * 1099511628211u;
    return (sum ^ count) * 1099511628211u;
}

static inline uint64_t sum_text(uint64_t sum, const char *text)
{
    return text == NULL ? sum_bytes(sum, "", 0) : sum_bytes(sum, text, strlen(text) + 1);
}

static inline uint64_t sum_frame(uint64_t sum, const struct frame *frame)
{
    sum = sum_bytes(sum, &frame, sizeof frame);
    sum = sum_text(sum_text(sum, frame->name), frame->source);
    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *c = &frame->columns[j];

        sum = sum_text(sum, c->name);
        sum = sum_bytes(sum, c->as.any, frame->rows * (c->type == COLUMN_REAL ? 8 : c->type == COLUMN_LOGICAL ? 1 : 4));
        sum = sum_bytes(sum, &c->contrast, sizeof c->contrast);
        sum = sum_bytes(sum, &c->reference, sizeof c->reference);
        for (int32_t l = 0; l < c->level_count; l++)
            sum = sum_text(sum, c->levels[l]);
    }
    return sum;
}

static inline uint64_t sum_models(uint64_t sum, const struct session *session)
{
    for (const struct model *m = session->models; m != NULL; m = m->next) {
        const struct fit *fit = m->fit;

        sum = sum_text(sum_text(sum_bytes(sum, &m, sizeof(const void *)), m->name), m->text);
        sum = sum_bytes(sum_frame(sum, m->frame), &fit, sizeof fit);
        if (fit != NULL)
            sum = sum_bytes(sum_bytes(sum, fit->beta, (size_t)fit->design->p * sizeof(double)), &fit->sigma, sizeof fit->sigma);
    }
    return sum_bytes(sum, &session->model, sizeof session->model);
}

static inline uint64_t session_sum(const struct session *session)
{
    const struct session_private *own = session->own;
    uint64_t sum = 14695981039346656037u;
    char value[64];

    for (const struct dataset *d = session->datasets; d != NULL; d = d->next)
        sum = sum_frame(sum, d->frame);
    sum = sum_bytes(sum, &session->data, sizeof session->data);
    sum = sum_models(sum, session);
    for (const struct relation *r = session->relations; r != NULL; r = r->next)
        sum = sum_text(sum_bytes(sum, &r, sizeof(const void *)), r->name);
    for (const struct option *s = settings_table; s->name != NULL; s++)
        sum = sum_text(sum, settings_show(&session->settings, s, value, sizeof value));
    sum = sum_bytes(sum, (size_t[]){ undo_count(session), redo_count(session) }, 2 * sizeof(size_t));
    sum = sum_text(sum_bytes(sum, &own->output, sizeof own->output), own->output_path);
    return sum_text(sum_bytes(sum, &own->record, sizeof own->record), own->record_path);
}

/* How many commands succeeded, by the history: what was refused behind the last of them is none of the command's. */
static inline size_t count_past(const struct session *session)
{
    size_t count = 0;

    for (size_t i = 0; i < history_count(session); i++)
        count += history_status(session, i) == 0;
    return count;
}

#endif
