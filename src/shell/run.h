/* run.h -- runs one command, and says what went wrong. */
#ifndef SHELL_RUN_H
#define SHELL_RUN_H

#include <stdbool.h>

#include "session/report.h"
#include "session/session.h"

/* Runs the clean text of one command and shows its error.  Returns its exit status.  Between undo_begin() and undo_end(): where
 * memory was refused, the session is as it was.  `prefix`: the beginning of a command's name will do; *recorded gets whether it
 * belongs in records. */
int run_command(struct session *session, const char *line, const struct origin *origin, bool prefix, bool *recorded);

#endif
