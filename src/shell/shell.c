/* shell.c -- see shell.h. */
#include "config.h"
#include "shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/foreign.h"
#include "base/memory.h"
#include "base/safe.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "session/history.h"
#include "session/output.h"
#include "session/recover.h"
#include "session/report.h"
#include "lang/command.h"
#include "shell/arguments.h"
#include "shell/call.h"
#include "shell/complete.h"
#include "shell/eval.h"
#include "shell/script-complete.h"
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
            session_notice(session, "%s: %s%s%s", given->option, err.message, err.hint[0] == '\0' ? "" : "; ", err.hint);
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
        struct reader *reader = i < arguments->text_count ? reader_open_text(arguments->texts[i], "-e", &err)
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

/* True for a command that made the session what it was: those that wrote files or only showed something do not run again. */
static bool is_to_recover(const char *command)
{
    struct arena *arena = arena_new();
    struct call call = { 0 };
    bool changes = arena != NULL && call_parse(&call, command, true, arena, NULL)
                   && (call_flags(&call, true, arena) & (COMMAND_CHANGES | COMMAND_UNRECORDED)) == COMMAND_CHANGES
                   && strcmp(call.command->name, "output") != 0;

    arena_free(arena);
    return changes;
}

/* Runs a command of the session that was cut off: shown, and its output not.  False on Ctrl-C. */
static bool run_recovered(struct session *session, const char *command)
{
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader = reader_open_text(command, "--recover", &err);
    struct text shown = { 0 }, hidden = { 0 }, *outer;
    int status;

    text_addf(&shown, "> %s\n", command);
    session_write(session, text_string(&shown), shown.length, false, NULL);
    text_clear(&shown);
    outer = session_capture(session, &hidden);
    status = run_reader(session, reader, EVAL_TYPED, &err);
    session_capture(session, outer);
    text_clear(&hidden);
    return status != 130;
}

/* Runs again what the journal has of the last session that did not come to its end. */
static int run_recovery(struct session *session)
{
    struct glmm_error err = { .at = NOWHERE };
    struct recovered recovered;
    struct text folder = { 0 };
    bool goes_on = true;

    if (!recover_find(&recovered, &err)) {
        session_report(session, &err, NULL, NULL);
        recover_clear(&recovered);
        return error_status(&err);
    }
    session_notice(session, "the session of %s in %s was cut off; it is run again:", recovered.begun, recovered.folder);
    safe_undo(&folder, recovered.folder, strlen(recovered.folder));
    if (folder.failed || chdir(text_string(&folder)) != 0)
        session_notice(session, "cannot go to that folder: %s", strerror(errno));
    for (size_t i = 0; i < recovered.count && goes_on; i++)
        goes_on = !is_to_recover(recovered.commands[i]) || run_recovered(session, recovered.commands[i]);
    if (recovered.unfinished != NULL)
        session_notice(session, "not run again, for it was running when the session ended: %s", recovered.unfinished);
    if (goes_on)
        journal_recovered(session, recovered.process);
    session->interrupted = 0;
    text_clear(&folder);
    recover_clear(&recovered);
    return goes_on ? 0 : 130;
}

/* The prompt.  Its exit status is that of the terminal, not of a command that failed there. */
static int run_prompt(struct session *session, const struct arguments *arguments)
{
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader;
    int status;

    if (!arguments->quiet)
        printf("mixsh %s, the mixed-model shell.%cType help, or demo for a tour; quit leaves.\n", glmm_version(),
               session->screen.width < 80 ? '\n' : ' ');
    reader = reader_open_prompt(session, complete_line, &err);
    status = run_reader(session, reader, EVAL_TYPED, &err);
    return reader == NULL ? status : 0;
}

static int run_session(struct session *session, const struct arguments *arguments)
{
    bool given = arguments->text_count + arguments->script_count > 0;
    bool alone = session->progress.team == NULL;
    bool typed = alone && (!given || arguments->prompt) && terminal_is_interactive();
    int status = 0;

    session->interactive = typed;
    if (alone) { /* what started a team makes terminals of its pipes */
        session->show = pager_show;
        terminal_look(session);
    }
    if (session_is_silent(session))
        signal(SIGINT, SIG_IGN); /* rank 0 hears it, and tells */
    signals_install(session);
    if (typed && !arguments->no_init)
        run_init(session);
    if (typed)
        journal_open(session);
    if (arguments->recover)
        status = run_recovery(session);
    if (given && !session->quit && status == 0)
        status = run_given(session, arguments);
    if (typed && !session->quit)
        status = run_prompt(session, arguments);
    else if (!given && !(arguments->recover && status != 0))
        status = run_stream(session, arguments);
    return status;
}

/* No file of ours may get the number of a descriptor that is closed: what is said would be written into it.  A stand-in that can
 * be read in place of output, and written in place of input, fails as the closed one did. */
static void guard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", flags) < 0 && open("/", O_RDONLY) < 0)
            _exit(3);
    }
    signal(SIGXFSZ, SIG_IGN); /* a write that goes beyond the limit fails, and is said to have failed */
}

/* Success is no answer where something that was to be shown is lost. */
static int final_status(const struct session *session, int status)
{
    if (status == 0 && session->standing.lost && !session->standing.broken)
        return 3;
    return status;
}

/* The version, and which files of other programs this build reads. */
static void print_version(void)
{
    struct text line = { 0 };
    const char *name;
    bool present;

    for (int absent = 0; absent < 2; absent++)
        for (int k = 0, count = 0; (name = foreign_formats(k, &present)) != NULL; k++)
            if (present == (absent == 0))
                text_addf(&line, "%s%s", count++ > 0 || absent == 0 ? ", " : "\nnot in this build: ", name);
    printf("mixsh %s\nreads text%s\n", glmm_version(), text_string(&line));
    text_clear(&line);
}

/* The script that completes mixsh's arguments in a shell. */
static int print_completion(const char *shell)
{
    struct text script = { 0 };
    int status = 2;

    if (!script_complete(shell, &script))
        fputs("mixsh: --completion is for bash or zsh\n", stderr);
    else if (!script.failed && fputs(text_string(&script), stdout) >= 0 && fflush(stdout) == 0)
        status = 0;
    else
        status = 3;
    text_clear(&script);
    return status;
}

/* Runs what the arguments ask for, and returns the exit status. */
static int run_program(const struct arguments *arguments, const struct glmm_team *team)
{
    struct session *session;
    int status = 2;

    if (team != NULL && (arguments->text_count + arguments->script_count == 0 || arguments->prompt || arguments->recover)) {
        fputs("mixsh: a team has no prompt and no standard input: name a script, or give commands by -e\n", stderr);
        return status;
    }
    if (team == NULL)
        terminal_open();
    if (openblas_set_num_threads != NULL)
        openblas_set_num_threads(1);
    session = session_new();
    if (session == NULL) {
        fputs("mixsh: out of memory\n", stderr);
        return 1;
    }
    session->run = eval_request;
    session->is_command = command_begins;
    session->progress.team = team;
    if (apply_settings(session, arguments))
        status = run_session(session, arguments);
    signals_uninstall();
    status = final_status(session, status);
    session_free(session);
    return status;
}

int shell_main(int argc, char **argv, const struct glmm_team *team)
{
    struct arguments arguments;
    int status = 2;

    guard_descriptors();
    switch (arguments_read(&arguments, argc, argv)) {
    case ACTION_FAIL:
        break;
    case ACTION_HELP:
        arguments_help(stdout);
        status = fflush(stdout) == 0 ? 0 : 3;
        break;
    case ACTION_VERSION:
        print_version();
        status = fflush(stdout) == 0 ? 0 : 3;
        break;
    case ACTION_COMPLETION:
        status = print_completion(arguments.completion);
        break;
    case ACTION_RUN:
        status = run_program(&arguments, team);
        break;
    }
    arguments_clear(&arguments);
    return status;
}
