/* script.c -- see script.h. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lang/reader.h"
#include "session/output.h"
#include "session/report.h"
#include "shell/eval.h"
#include "term/progress.h"

static int left;
static struct text *kept;

void check(bool good)
{
    if (!good)
        abort();
}

static bool telling;
static struct text told;

bool __real_file_write(int fd, const char *bytes, size_t count, const volatile sig_atomic_t *stop);
bool __wrap_file_write(int fd, const char *bytes, size_t count, const volatile sig_atomic_t *stop);

/* The linker puts this before the program's own (--wrap=file_write). */
bool __wrap_file_write(int fd, const char *bytes, size_t count, const volatile sig_atomic_t *stop)
{
    if (!telling || fd != STDERR_FILENO)
        return __real_file_write(fd, bytes, count, stop);
    text_add_bytes(&told, bytes, count);
    return !told.failed;
}

/* That messages come by that way. */
static void prove_telling(void)
{
    static bool proved;
    struct session *session = proved ? NULL : session_new();

    if (proved)
        return;
    proved = true;
    session_notice(session, "told");
    check(told.length > 0);
    session_free(session);
}

void told_begin(void)
{
    text_clear(&told);
    telling = true;
    prove_telling();
    text_clear(&told);
}

const char *told_end(size_t *length)
{
    telling = false;
    *length = told.length;
    return text_string(&told);
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
