/* chronicle.c -- see chronicle.h.  Memory that is out loses what it was for, and is said in the report, not where it happened:
 * the command itself has done its work. */
#include "session/chronicle.h"

#include "base/memory.h"
#include "session/private.h"

static struct chronicle *need(struct session *session)
{
    if (session->own->chronicle == NULL)
        session->own->chronicle = NEW(struct chronicle);
    return session->own->chronicle;
}

size_t chronicle_begin(struct session *session, const char *command)
{
    struct chronicle *c = need(session);
    size_t before = c == NULL ? 0 : c->current;
    void *chapters;

    if (c == NULL)
        return 0;
    c->current = 0;
    if (command == NULL)
        return before;
    chapters = c->chapters;
    if (!mem_grow(&chapters, &c->capacity, c->count + 1, sizeof *c->chapters)) {
        c->failed = true;
        return before;
    }
    c->chapters = chapters;
    c->chapters[c->count] = (struct chapter){ .command = mem_strdup(command) };
    if (c->chapters[c->count].command == NULL) {
        c->failed = true;
        return before;
    }
    c->current = ++c->count;
    return before;
}

void chronicle_end(struct session *session, size_t before, bool ok, bool recorded)
{
    struct chronicle *c = session->own->chronicle;

    if (c == NULL)
        return;
    if (c->current > 0) {
        c->chapters[c->current - 1].ok = ok;
        c->chapters[c->current - 1].told = recorded;
    }
    c->current = before;
}

/* A new thing shown in the chapter of the moment; NULL where there is none, or memory is out. */
static struct shown *add_shown(struct chronicle *c)
{
    struct chapter *chapter;
    struct shown *shown;

    if (c == NULL || c->current == 0)
        return NULL;
    shown = NEW(struct shown);
    if (shown == NULL) {
        c->failed = true;
        return NULL;
    }
    chapter = &c->chapters[c->current - 1];
    if (chapter->last == NULL)
        chapter->first = shown;
    else
        chapter->last->next = shown;
    chapter->last = shown;
    return shown;
}

static void let_go(struct chronicle *c, struct shown *shown)
{
    if (shown->result == NULL)
        return;
    c->bytes -= result_bytes(shown->result);
    result_free(shown->result);
    shown->result = NULL;
}

void chronicle_result(struct session *session, struct result *result)
{
    struct chronicle *c = session->own->chronicle;
    struct shown *shown = add_shown(c);

    if (shown == NULL)
        return;
    shown->result = result_hold(result);
    c->bytes += result_bytes(result);
    for (; c->bytes > CHRONICLE_LIMIT && c->oldest < c->count; c->oldest++)
        for (struct shown *old = c->chapters[c->oldest].first; old != NULL; old = old->next)
            let_go(c, old);
}

void chronicle_error(struct session *session, const char *message)
{
    struct shown *shown = add_shown(session->own->chronicle);

    if (shown != NULL && (shown->error = mem_strdup(message)) == NULL)
        session->own->chronicle->failed = true;
}

const struct chronicle *session_chronicle(const struct session *session)
{
    return session->own->chronicle;
}

void chronicle_clear(struct session *session)
{
    struct chronicle *c = session->own->chronicle;

    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++) {
        struct shown *shown = c->chapters[i].first, *next;

        for (; shown != NULL; shown = next) {
            next = shown->next;
            result_free(shown->result);
            mem_free(shown->error);
            mem_free(shown);
        }
        mem_free(c->chapters[i].command);
    }
    mem_free(c->chapters);
    mem_free(c);
    session->own->chronicle = NULL;
}
