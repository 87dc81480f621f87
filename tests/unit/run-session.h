/* run-session.h -- a session for tests, in which a script was run on the data in the source tree. */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "shell/eval.h"

/* Runs the lines as a script does, what they show to the end of output; the test fails where a command does. */
static inline void session_script(struct session *session, const char *text, struct text *output)
{
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader = reader_open_text(text, "test", &err);

    cr_assert_not_null(reader, "%s", err.message);
    session_capture(session, output);
    cr_assert_eq(eval_reader(session, reader, EVAL_SCRIPT), 0, "%s: %s", text, text_string(output));
    session_capture(session, NULL);
    reader_close(reader);
}

/* Returns new; the test fails where a command does. */
static inline struct session *session_of(const char *text)
{
    const char *source = getenv("srcdir");
    struct session *session = session_new();
    struct text output = { 0 };
    char path[4096], *whole;

    snprintf(path, sizeof path, "%s/data", source == NULL ? "." : source);
    whole = realpath(path, NULL);
    if (whole != NULL)
        setenv("MIXSH_DATADIR", whole, 1);
    free(whole);
    setenv("LC_ALL", "C.UTF-8", 1);
    session->run = eval_request;
    session_script(session, text, &output);
    text_clear(&output);
    return session;
}

#endif
