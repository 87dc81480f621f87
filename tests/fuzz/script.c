/* script.c -- see script.h. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>

#include "lang/reader.h"
#include "session/output.h"
#include "shell/eval.h"
#include "term/progress.h"

static int left;
static struct text *kept;

void check(bool good)
{
    if (!good)
        abort();
}

static FILE *telling, *errors;
static char *told;
static size_t told_length;

void told_begin(void)
{
    if (telling == NULL)
        telling = open_memstream(&told, &told_length);
    check(telling != NULL && fseeko(telling, 0, SEEK_SET) == 0);
    errors = stderr;
    stderr = telling;
}

const char *told_end(size_t *length)
{
    stderr = errors;
    check(fflush(telling) == 0);
    *length = told_length;
    return told;
}

static bool count_down(const char *what)
{
    bool go_on;

    (void)what;
#pragma omp critical(steps)
    go_on = --left > 0;
    return go_on;
}

static bool keep(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    (void)session;
    text_add_bytes(kept, text, length);
    return !kept->failed || fail_memory(err);
}

struct session *script_session(struct text *shown)
{
    struct session *session = session_new();

    check(session != NULL);
    session->run = eval_request;
    session->show = keep;
    kept = shown;
    return session;
}

void script_run(struct session *session, const char *script, int steps)
{
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader = reader_open_text(script, "script", &err);

    check(reader != NULL);
    left = steps;
    session->interrupted = 0;
    progress_watch(count_down);
    eval_reader(session, reader, EVAL_KEEP_GOING);
    reader_close(reader);
}
