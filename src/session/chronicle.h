/* chronicle.h -- what a session showed: its commands, each with its results and errors, in order; for `report`.
 *
 * Results are held, not copied, as long as they take less than CHRONICLE_LIMIT together; then the oldest are let go, and the
 * report says where. */
#ifndef SESSION_CHRONICLE_H
#define SESSION_CHRONICLE_H

#include "session/session.h"

/* Something that a command showed: a result, an error, or (both NULL) a result that is no longer kept. */
struct shown {
    struct result *result;
    char *error;
    struct shown *next;
};

struct chapter {
    char *command;
    bool ok;
    bool told; /* a report has it: it came to its end, and belongs into a script */
    struct shown *first, *last;
};

struct chronicle {
    struct chapter *chapters;
    size_t count, capacity;
    size_t current; /* the chapter of the command that runs, plus 1; 0: none */
    size_t bytes;   /* of the results that are held */
    size_t oldest;  /* chapters before this one hold none */
    bool failed;    /* memory was out: something is missing */
};

enum { CHRONICLE_LIMIT = 64 << 20 };

/* A command begins (NULL: one that nobody typed, whose results are not kept): returns what its end is to be told.  What is shown
 * meanwhile is its own. */
size_t chronicle_begin(struct session *session, const char *command);
void chronicle_end(struct session *session, size_t before, bool ok, bool recorded);

void chronicle_result(struct session *session, struct result *result);
void chronicle_error(struct session *session, const char *message);

/* Borrowed; NULL where nothing was run. */
const struct chronicle *session_chronicle(const struct session *session);

/* Forgets it all. */
void chronicle_clear(struct session *session);

#endif
