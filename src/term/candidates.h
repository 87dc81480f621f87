/* candidates.h -- what the Tab key offers.  Who knows the commands (src/shell/complete.c) fills it; Readline shows it. */
#ifndef TERM_CANDIDATES_H
#define TERM_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include "session/session.h"

struct candidates {
    size_t start; /* the candidates replace the bytes [start, cursor) of the line */
    char **items; /* sorted, each once; owned */
    size_t count, capacity;
    bool failed; /* memory ran out */
};

/* A candidate is the whole word; it ends in ' ' where the word is then finished, in '=', '(' or '/' where it goes on,
 * in nothing where '\0' is given. */
void candidates_add(struct candidates *candidates, const char *text, char end);
void candidates_sort(struct candidates *candidates);

/* The bytes that all of them share, of at least one, ignoring case; the case is the first one's. */
size_t candidates_common(const struct candidates *candidates);
void candidates_clear(struct candidates *candidates);

/* Fills the candidates for the cursor's place in the logical line (continuation lines joined by newlines). */
typedef void completer(struct session *session, const char *line, size_t cursor, struct candidates *candidates);

#endif
