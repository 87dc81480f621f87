/* readline.h -- the reader at the prompt.  Its source is the only file that includes Readline. */
#ifndef TERM_READLINE_H
#define TERM_READLINE_H

#include "lang/reader.h"
#include "session/session.h"
#include "term/candidates.h"

/* Returns new: a reader (one at a time) that edits lines, keeps the history file, completes with `complete`, and hands out the
 * lines of a paste one by one.  It follows the logical line by itself: Tab sees the lines before, and a command of several
 * lines is one entry of the history.  READ_INTERRUPT: Ctrl-C (or Ctrl-D on an empty continuation line), what was typed is
 * gone, the rest of a paste too; READ_END: Ctrl-D at the empty prompt, or the terminal went away.  Closing it writes the
 * history file and gives the terminal back. */
struct reader *reader_open_prompt(struct session *session, completer *complete, struct glmm_error *err);

#endif
