/* split.h -- cuts input into commands.
 *
 *   input   ->  { command ( newline | `;` ) }
 *   command ->  any text in which `#` begins a comment up to the end of the line, `"..."` and `...` between backquotes
 *               are quotes, and `(`, `{` nest; inside them, after a `\` that ends a line, and after an operator of a formula
 *               (`+ - * : / ~ ,`) that does, a newline does not end it
 *
 * A command comes out as *clean* text of the same length as it stands in the input: comments, continuation marks and
 * newlines outside quotes are spaces, so that a byte of the clean text is the same byte of the input. */
#ifndef LANG_SPLIT_H
#define LANG_SPLIT_H

#include <stddef.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum split_state {
    SPLIT_COMMAND, /* a command was found */
    SPLIT_OPEN,    /* the input ends inside a command: more lines are needed */
    SPLIT_END,     /* nothing but blanks is left */
    SPLIT_ERROR    /* *err says what is wrong with the command [begin, end); the next call goes on behind it */
};

struct split {
    const char *text;
    size_t length, at; /* `at`: where the next command begins */
    size_t begin, end; /* the command that was found, without blanks around it */
    char open;         /* SPLIT_OPEN: the innermost thing that is open: `(`, `{`, `"`, backquote, `\` or an operator */
    size_t open_at;    /* and where it stands */
};

void split_init(struct split *split, const char *text, size_t length);

/* Finds the next command; *clean is new, of the arena.  Spans of errors count from the beginning of the text. */
enum split_state split_next(struct split *split, struct arena *arena, const char **clean, struct glmm_error *err);

/* Appends clean text with each run of blanks outside quotes as one blank: for the history and for scripts. */
void split_tidy(const char *clean, struct text *out);

/* True where nothing but blanks and comments stands in the text. */
bool split_is_blank(const char *text, size_t length);

#endif
