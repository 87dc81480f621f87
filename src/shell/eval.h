/* eval.h -- runs commands: a reader's, a file's, a text's. */
#ifndef SHELL_EVAL_H
#define SHELL_EVAL_H

#include "lang/reader.h"
#include "session/session.h"

enum eval_mode {
    EVAL_TYPED,     /* a person types: prefixes of commands will do, an error ends nothing */
    EVAL_SCRIPT,    /* stops at the first command that fails */
    EVAL_KEEP_GOING /* goes on behind it */
};

/* Runs all that the reader gives.  Errors are shown.  Returns the exit status of the first command that failed, or 0. */
int eval_reader(struct session *session, struct reader *reader, enum eval_mode mode);

/* Fits session->run. */
int eval_request(struct session *session, const struct run_request *request);

#endif
