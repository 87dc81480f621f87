/* shell.c -- see shell.h. */
#include "config.h"
#include "shell/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "session/history.h"
#include "session/private.h"
#include "session/report.h"
#include "shell/arguments.h"
#include "shell/complete.h"
#include "shell/eval.h"
#include "term/pager.h"
#include "term/readline.h"
#include "term/signals.h"
#include "term/terminal.h"

/* OpenBLAS sums in another order for another number of threads, and results are to be the same everywhere: the loops over
 * groups are ours to spread.  Weak, for another BLAS does not have it. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

/* The settings that the command line asks for. */
static bool apply_settings(struct session *session, const struct arguments *arguments)
{
    struct glmm_error err = { .at = NOWHERE };

    for (int i = 0; i < arguments->setting_count; i++) {
        const struct argument_setting *given = &arguments->settings[i];
        const struct option *setting = settings_need(given->key, NOWHERE, &err);

        if (setting == NULL || !settings_set(&session->settings, setting, given->value, false, NOWHERE, &err)) {
            fprintf(stderr, "mixsh: %s: %s%s%s\n", given->option, err.message, err.hint[0] == '\0' ? "" : "; ", err.hint);
            return false;
        }
    }
    return true;
}

/* Runs the reader (takes it; NULL: err says why) and returns its exit status. */
static int run_reader(struct session *session, struct reader *reader, enum eval_mode mode, const struct glmm_error *err)
{
    int status;

    if (reader == NULL) {
        session_report(session, err, NULL, NULL);
        return error_status(err);
    }
    status = eval_reader(session, reader, mode);
    reader_close(reader);
    return status;
}

/* The -e texts, then the scripts. */
static int run_given(struct session *session, const struct arguments *arguments)
{
    enum eval_mode mode = arguments->keep_going ? EVAL_KEEP_GOING : EVAL_SCRIPT;
    int first = 0, status;

    for (int i = 0; i < arguments->text_count + arguments->script_count && !session->quit; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct reader *reader = i < arguments->text_count
            ? reader_open_text(arguments->texts[i], "-e", &err)
            : reader_open_file(arguments->scripts[i - arguments->text_count], &err);

        status = run_reader(session, reader, mode, &err);
        first = first == 0 ? status : first;
        if (first == 130 || (first != 0 && !arguments->keep_going))
            break;
    }
    return first;
}

static int run_stream(struct session *session, const struct arguments *arguments)
{
    struct glmm_error err = { .at = NOWHERE };

    return run_reader(session, reader_open_stream(stdin, "stdin", &err), arguments->keep_going ? EVAL_KEEP_GOING : EVAL_SCRIPT,
                      &err);
}

/* The init file, if there is one. */
static void run_init(struct session *session)
{
    char *path = xdg_file("XDG_CONFIG_HOME", ".config", "init.mix", false);
    struct glmm_error err = { .at = NOWHERE };

    if (path != NULL && access(path, F_OK) == 0)
        run_reader(session, reader_open_file(path, &err), EVAL_KEEP_GOING, &err);
    mem_free(path);
}

/* The prompt.  Its exit status is that of the terminal, not of a command that failed there. */
static int run_prompt(struct session *session, const struct arguments *arguments)
{
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader;
    int status;

    if (!arguments->quiet)
        printf("mixsh %s, the mixed-model shell. Type help, or demo for a tour; quit leaves.\n", glmm_version());
    journal_open(session);
    reader = reader_open_prompt(session, complete_line, &err);
    status = run_reader(session, reader, EVAL_TYPED, &err);
    return reader == NULL ? status : 0;
}

static int run_session(struct session *session, const struct arguments *arguments)
{
    bool given = arguments->text_count + arguments->script_count > 0;
    bool typed = (!given || arguments->prompt) && terminal_is_interactive();
    int status = 0;

    session->interactive = typed;
    session->show = pager_show;
    terminal_look(session);
    signals_install(session);
    if (typed && !arguments->no_init)
        run_init(session);
    if (given && !session->quit)
        status = run_given(session, arguments);
    if (typed && !session->quit)
        status = run_prompt(session, arguments);
    else if (!given)
        status = run_stream(session, arguments);
    return status;
}

int shell_main(int argc, char **argv)
{
    struct arguments arguments;
    struct session *session;
    int status = 2;

    switch (arguments_read(&arguments, argc, argv)) {
    case ACTION_FAIL:
        break;
    case ACTION_HELP:
        arguments_help(stdout);
        status = fflush(stdout) == 0 ? 0 : 3;
        break;
    case ACTION_VERSION:
        printf("mixsh %s\n", glmm_version());
        status = fflush(stdout) == 0 ? 0 : 3;
        break;
    case ACTION_RUN:
        terminal_open();
        if (openblas_set_num_threads != NULL)
            openblas_set_num_threads(1);
        session = session_new();
        if (session == NULL) {
            fputs("mixsh: out of memory\n", stderr);
            status = 1;
            break;
        }
        session->run = eval_request;
        if (apply_settings(session, &arguments))
            status = run_session(session, &arguments);
        session_free(session);
        break;
    }
    arguments_clear(&arguments);
    return status;
}
