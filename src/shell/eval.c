/* eval.c -- see eval.h.
 *
 * Lines are gathered until they hold whole commands; each command runs as soon as it is whole.  What stays open waits for more
 * lines: `from` is where it begins in the gathered input. */
#include "shell/eval.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cmd/commands.h"
#include "lang/split.h"
#include "lang/values.h"
#include "session/chronicle.h"
#include "session/history.h"
#include "session/output.h"
#include "session/report.h"
#include "session/undo.h"
#include "shell/call.h"
#include "shell/echo.h"
#include "shell/run.h"
#include "shell/team.h"
#include "term/pager.h"
#include "term/prompt.h"
#include "term/terminal.h"
#include "term/view.h"

enum {
    OPEN_LIMIT = 1 << 16, /* bytes of a command that is not yet whole: more is a bracket that was left open */
    DEPTH_LIMIT = 16      /* commands and scripts that run one another */
};

/* One run over a reader. */
struct eval {
    struct session *session;
    struct reader *reader;
    enum eval_mode mode;
    bool kept; /* its commands belong to the history */
    bool step;
    struct echo echo;
    const struct script_value *values; /* for `$NAME` in its lines, or NULL */
    struct text input;                 /* lines gathered */
    size_t from;
    long line;        /* number of the input's first line */
    int prompt_width; /* columns of the prompt behind which the last line was typed; 0 where none was */
    bool left;        /* the person left the steps */
    int status;       /* of the first command that failed */
    char open;        /* what waits for more lines, or 0 */
    size_t open_at;   /* where it stands in the input */
};

static struct origin origin_of(const struct eval *eval, size_t begin)
{
    struct origin origin = {
        .name = eval->reader->name,
        .text = text_string(&eval->input),
        .length = eval->input.length,
        .line = eval->line,
        .begin = begin,
        .prompt_width = eval->prompt_width,
        .outer = eval->session->standing.origin,
    };

    return origin;
}

/* --- one command ------------------------------------------------------------------------------ */

/* The seconds that a command took, where `timing` is on and a person reads. */
static void show_seconds(struct session *session, double seconds)
{
    struct text text = { 0 };

    if (!session->settings.timing || session->settings.format != FORMAT_TEXT)
        return;
    text_addf(&text, "(%.3f s)\n", seconds);
    if (!text.failed)
        session_write(session, text.data, text.length, false, NULL);
    text_clear(&text);
}

/* What the history, the journal and the record will need of the command: it does not run without. */
static bool prepare(struct session *session, const char *line, struct history_entry *entry, struct glmm_error *err)
{
    struct text tidy = { 0 };
    bool ok;

    split_tidy(line, &tidy);
    ok = tidy.failed ? fail_memory(err) : history_begin(session, line, tidy.data, entry, err);
    text_clear(&tidy);
    return ok;
}

/* The command came to its end before it saw Ctrl-C: the script ends here. */
static int report_interrupt(struct session *session, const struct origin *origin)
{
    struct glmm_error err = { .at = NOWHERE };

    fail(&err, GLMM_E_INTERRUPT, NOWHERE, "stopped behind this command");
    session_report(session, &err, origin, NULL);
    return error_status(&err);
}

/* Waits until the person at the terminal has seen the command; false when they have seen enough. */
static bool wait_key(struct eval *eval)
{
    int key = terminal_key(eval->session);

    eval->left = key < 0 || key == 'q' || key == 'Q';
    eval->session->standing.unseen = 0;
    return !eval->left;
}

/* Prose that would push away what nobody has seen yet waits for a key: a result and what is said of it need not fit together. */
static void wait_for_room(struct eval *eval)
{
    enum { APART_AND_COMMAND = 2 };
    int rows = eval->step && eval->session->screen.terminal ? echo_prose_rows(&eval->echo) : 0, key;

    if (rows == 0 || eval->session->standing.unseen + rows + APART_AND_COMMAND < eval->session->screen.height)
        return;
    key = pager_wait(eval->session);
    eval->left = key < 0 || key == 'q' || key == 'Q';
}

/* The command that the line begins with; NULL where it is none. */
static const struct command *command_of(const char *line, bool prefix)
{
    int end = call_name_end(line);

    return end == 0 ? NULL : command_find(line, (size_t)end, prefix);
}

/* A view: a tour goes on without it where there is no screen. */
static bool needs_screen(const char *line)
{
    const struct command *command = command_of(line, false);

    return command != NULL && (command->flags & COMMAND_SCREEN) != 0;
}

/* Shows the command, of which the input has the text, in one line: the end of a line in it is one blank, whatever indents the
 * next. */
static void echo_command(struct eval *eval, const char *line, const char *input)
{
    struct text shown = { 0 };

    if (!echo_shows(&eval->echo))
        return;
    for (size_t i = 0; line[i] != '\0'; i++) {
        text_add_char(&shown, line[i]);
        if (line[i] != ' ' || input[i] != '\n')
            continue;
        while (shown.length > 0 && shown.data[shown.length - 1] == ' ')
            text_truncate(&shown, shown.length - 1);
        text_add_char(&shown, ' ');
        i += strspn(line + i + 1, " ");
    }
    if (shown.failed)
        echo_lost(&eval->echo);
    else
        echo_line(&eval->echo, "> ", text_string(&shown));
    text_clear(&shown);
}

/* A command of the reader's, with what surrounds it: history, echo, timing, Ctrl-C. */
static int eval_command(struct eval *eval, const char *line, size_t begin)
{
    struct session *session = eval->session;
    struct origin origin = origin_of(eval, begin);
    struct glmm_error err = { .at = NOWHERE };
    double start = seconds_now();
    struct history_entry entry = { .text = NULL };
    struct undo_mark mark;
    size_t chapter;
    bool recorded;
    int status;

    echo_command(eval, line, origin.text + begin);
    if (!echo_shows(&eval->echo) && !session_copy_command(session, line, &err)) {
        session_report(session, &err, &origin, NULL);
        return error_status(&err);
    }
    if (eval->echo.prose && needs_screen(line) && !view_possible("", &err)) {
        err = (struct glmm_error){ .at = NOWHERE };
        echo_line(&eval->echo, "", "(a full screen, at a terminal; q leaves it)");
        return 0;
    }
    if (eval->step && !wait_key(eval))
        return 0;
    if (eval->kept && !prepare(session, line, &entry, &err)) {
        session_report(session, &err, &origin, NULL);
        return error_status(&err);
    }
    undo_begin(session, &mark);
    chapter = chronicle_begin(session, eval->kept ? line : NULL);
    status = run_command(session, line, &origin, eval->mode == EVAL_TYPED, &recorded);
    chronicle_end(session, chapter, status == 0, recorded);
    if (status == 0)
        show_seconds(session, seconds_now() - start);
    if (status != 130 && session->interrupted && eval->mode != EVAL_TYPED)
        status = report_interrupt(session, &origin);
    status = team_agree(session, line, status);
    if (eval->kept && !history_end(session, &entry, status, seconds_now() - start, recorded, &err)) {
        if (err.code == GLMM_E_MEMORY)
            undo_all(session);
        session_report(session, &err, &origin, NULL);
        status = error_status(&err);
    }
    undo_end(session);
    return status;
}

/* --- gathering lines -------------------------------------------------------------------------- */

static void note_status(struct eval *eval, int status)
{
    if (eval->status == 0 || status == 130) /* which ends also what goes on after errors */
        eval->status = status;
}

static void report(struct eval *eval, const struct glmm_error *err)
{
    struct origin origin = origin_of(eval, 0);

    session_report(eval->session, err, &origin, NULL);
    note_status(eval, error_status(err));
}

/* The error of the command that begins there, which could not be cut out of the input: `try` goes on behind it as behind any
 * other. */
static void report_uncut(struct eval *eval, size_t begin, const struct glmm_error *err)
{
    struct origin origin = origin_of(eval, 0);
    const struct command *command = command_of(text_string(&eval->input) + begin, eval->mode == EVAL_TYPED);

    session_report(eval->session, err, &origin, NULL);
    if (command != &command_try)
        note_status(eval, error_status(err));
}

/* True where the run is to go on. */
static bool goes_on(const struct eval *eval)
{
    return !eval->session->quit && !eval->left && (eval->status == 0 || eval->mode != EVAL_SCRIPT)
           && (eval->status != 130 || eval->mode == EVAL_TYPED);
}

/* Forgets the lines gathered; the next one has the next number. */
static void drop_input(struct eval *eval)
{
    for (size_t i = 0; i < eval->input.length; i++)
        eval->line += eval->input.data[i] == '\n';
    text_truncate(&eval->input, 0);
    eval->from = 0;
    eval->open = '\0';
}

/* Runs the whole commands among the lines gathered, and keeps what is open. */
static void eval_input(struct eval *eval)
{
    struct arena *arena = arena_new();
    struct split split;
    const char *clean;
    enum split_state state = SPLIT_COMMAND;

    split_init(&split, text_string(&eval->input), eval->input.length);
    split.at = eval->from;
    while (goes_on(eval) && (state == SPLIT_COMMAND || state == SPLIT_ERROR)) {
        struct glmm_error err = { .at = NOWHERE };

        state = arena == NULL ? SPLIT_ERROR : split_next(&split, arena, &clean, &err);
        if (arena == NULL)
            fail_memory(&err);
        if (state == SPLIT_COMMAND)
            note_status(eval, eval_command(eval, clean, split.begin));
        else if (state == SPLIT_ERROR)
            arena == NULL ? report(eval, &err) : report_uncut(eval, split.begin, &err);
        if (arena == NULL || split.at >= split.length || eval->session->interrupted)
            break; /* Ctrl-C is for all that was typed on the line */
    }
    if (state == SPLIT_OPEN && goes_on(eval)) {
        eval->from = split.begin;
        eval->open = split.open;
        eval->open_at = split.open_at;
    } else {
        drop_input(eval);
    }
    arena_free(arena);
}

/* A line of a script that is a comment: part of a lecture, and perhaps it tells which data there were. */
static void see_comment(struct eval *eval, const char *line)
{
    echo_prose(&eval->echo, eval->echo.prose ? line + 1 + (line[1] == ' ') : line);
    record_check(eval->session, line, eval->reader->name);
}

/* The line with the values of a script put in; false, with the error shown, where one has none. */
static bool put_line(struct eval *eval, const char *line, size_t length)
{
    struct glmm_error err = { .at = NOWHERE };

    if (eval->values == NULL) {
        text_add_bytes(&eval->input, line, length);
        return true;
    }
    if (values_put(eval->values, line, length, &eval->input, &err))
        return true;
    drop_input(eval);
    text_add_bytes(&eval->input, line, length);
    text_add_char(&eval->input, '\n');
    report(eval, &err);
    drop_input(eval);
    return false;
}

/* Adds a line to the input; false, with the error shown, where it is no text. */
static bool add_line(struct eval *eval, const char *line, size_t length)
{
    ptrdiff_t bad = utf8_invalid(line, length);
    const char *nul = memchr(line, '\0', length);
    struct glmm_error err = { .at = NOWHERE };
    size_t before = eval->input.length;

    if (bad < 0 && nul == NULL) {
        if (length == 0 || line[0] != '#' || length == 1)
            wait_for_room(eval);
        if (eval->left)
            return false;
        if (length == 0 || line[0] != '#')
            echo_prose_end(&eval->echo);
        if (!put_line(eval, line, length))
            return false;
        if (eval->open == '\0' && length > 0 && line[0] == '#' && eval->reader->name != NULL && !eval->input.failed)
            see_comment(eval, eval->input.data + before);
        text_add_char(&eval->input, '\n');
        return true;
    }
    echo_prose_end(&eval->echo);
    drop_input(eval);
    text_add_bytes(&eval->input, line, bad >= 0 ? (size_t)bad : (size_t)(nul - line));
    text_add_char(&eval->input, '\n');
    fail(&err, GLMM_E_SYNTAX, span_of((int)eval->input.length - 1, (int)eval->input.length),
         bad >= 0 ? "this line is not UTF-8: a bad byte follows here" : "a zero byte follows here");
    report(eval, &err);
    drop_input(eval);
    return false;
}

/* What is open when the input ends, or has grown too long. */
static void report_open(struct eval *eval)
{
    struct glmm_error err = { .at = NOWHERE };
    bool ended = eval->input.length - eval->from <= OPEN_LIMIT;

    if (strchr("+-*:/~,", eval->open) != NULL)
        fail(&err, GLMM_E_SYNTAX, span_of((int)eval->open_at, (int)eval->open_at + 1), "something is missing behind this `%c`",
             eval->open);
    else
        fail(&err, ended ? GLMM_E_SYNTAX : GLMM_E_LIMIT, span_of((int)eval->open_at, (int)eval->open_at + 1),
             ended ? "this `%c` is never closed" : "this `%c` is not closed within 64 kB", eval->open);
    report_uncut(eval, eval->from, &err);
    drop_input(eval);
}

/* At the end of the input: a last `\` continues nothing, and any other thing that is open is an error.  Where a person typed,
 * nobody ended what is open: the terminal went away. */
static void finish_input(struct eval *eval)
{
    wait_for_room(eval);
    echo_prose_end(&eval->echo);
    if (eval->mode == EVAL_TYPED)
        return;
    if (eval->open == '\\') {
        eval->input.data[eval->open_at] = ' ';
        eval->open = '\0';
        eval_input(eval);
    }
    if (eval->open != '\0' && goes_on(eval))
        report_open(eval);
}

/* Before a person types: the state of the screen, and how wide the prompt will be. */
static void look_at_prompt(struct eval *eval)
{
    struct text prompt = { 0 };

    if (eval->reader->name != NULL)
        return;
    terminal_look(eval->session);
    prompt_state(eval->session, &prompt);
    eval->prompt_width = utf8_width(text_string(&prompt));
    eval->session->standing.wrote = eval->session->standing.apart = false;
    eval->session->standing.unseen = 0;
    text_clear(&prompt);
}

static void eval_lines(struct eval *eval)
{
    struct glmm_error err = { .at = NOWHERE };
    const char *line;
    size_t length;

    while (goes_on(eval)) {
        look_at_prompt(eval);
        switch (eval->reader->next(eval->reader, eval->open, &line, &length, &err)) {
        case READ_LINE:
            if (!add_line(eval, line, length))
                break;
            eval_input(eval);
            if (eval->open != '\0' && eval->input.length - eval->from > OPEN_LIMIT)
                report_open(eval);
            break;
        case READ_INTERRUPT:
            drop_input(eval);
            if (eval->mode == EVAL_TYPED)
                break;
            note_status(eval, 130);
            return;
        case READ_END:
            finish_input(eval);
            return;
        case READ_ERROR:
            report(eval, &err);
            return;
        }
        if (eval->input.failed) {
            fail_memory(&err);
            report(eval, &err);
            return;
        }
    }
}

static int run_eval(struct eval *eval)
{
    eval->session->standing.depth++;
    eval->line = 1;
    eval_lines(eval);
    text_clear(&eval->input);
    echo_clear(&eval->echo);
    eval->session->standing.depth--;
    return eval->status;
}

int eval_reader(struct session *session, struct reader *reader, enum eval_mode mode)
{
    struct eval eval = { .session = session,
                         .reader = reader,
                         .mode = mode,
                         .kept = true,
                         .echo = { .session = session, .typed = mode == EVAL_TYPED } };

    return run_eval(&eval);
}

/* --- commands that run commands ---------------------------------------------------------------- */

/* A part of the command that is running. */
static int run_part(struct session *session, const struct run_request *request)
{
    struct origin origin = *session->standing.origin;
    struct undo_mark mark;
    bool recorded;
    int status;

    origin.begin += (size_t)request->offset;
    session->standing.parts++;
    undo_begin(session, &mark);
    status = run_command(session, request->text, &origin, origin.name == NULL, &recorded);
    undo_end(session);
    session->standing.parts--;
    return status;
}

int eval_request(struct session *session, const struct run_request *request)
{
    struct glmm_error err = { .at = NOWHERE };
    struct eval eval = { .session = session,
                         .kept = request->kept,
                         .step = request->step,
                         .echo = { .session = session, .always = request->echo, .prose = request->prose },
                         .values = request->values,
                         .mode = EVAL_SCRIPT };
    int status;

    if (session->standing.depth + session->standing.parts >= DEPTH_LIMIT) {
        fail(&err, GLMM_E_LIMIT, NOWHERE, "more than %d commands run one another", DEPTH_LIMIT);
        session_report(session, &err, session->standing.origin, NULL);
        return error_status(&err);
    }
    if (request->name == NULL)
        return run_part(session, request);
    eval.reader =
        request->text == NULL ? reader_open_file(request->name, &err) : reader_open_text(request->text, request->name, &err);
    if (eval.reader == NULL) {
        session_report(session, &err, session->standing.origin, NULL);
        return error_status(&err);
    }
    if (request->step)
        echo_line(&eval.echo, "",
                  request->prose ? "(space goes on, q leaves)" : "(a key runs the command that is shown, q leaves)");
    status = run_eval(&eval);
    reader_close(eval.reader);
    return status;
}
