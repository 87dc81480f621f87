/* readline.h -- reads logical lines at the prompt.  Its source is the only file that includes Readline. */
#ifndef TERM_READLINE_H
#define TERM_READLINE_H

#include "base/text.h"
#include "session/session.h"
#include "term/candidates.h"

enum line_status {
    LINE_READ,          /* a logical line, continuation lines joined by newlines */
    LINE_INTERRUPTED,   /* Ctrl-C: whatever was typed is gone; ask again */
    LINE_END            /* Ctrl-D at the empty prompt, or the terminal went away */
};

/* Starts line editing and reads the history file.  `complete` answers the Tab key. */
void prompt_open(struct session *session, completer *complete);

/* Reads the next logical line into `line` (replaced) with the state prompt.  Several lines pasted at once are handed out one by one. */
enum line_status prompt_read(struct text *line);

/* Forgets pasted lines that were not handed out yet: after Ctrl-C stopped a command. */
void prompt_forget(void);

/* Writes the history file and gives the terminal back. */
void prompt_close(void);

/* The state prompt: "mixsh> ", "mixsh sleepstudy> ", "mixsh sleepstudy:m2> "; and the one of a continuation line, of the same width,
 * showing what is open: "     (...> ". Appended to `out`. */
void prompt_state(const struct session *session, struct text *out);
void prompt_continuation(const struct session *session, char open, struct text *out);

#endif
