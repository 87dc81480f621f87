/* run.c -- see run.h. */
#include "shell/run.h"

#include <string.h>

#include "base/memory.h"
#include "cmd/verb.h"
#include "data/expr.h"
#include "lang/split.h"
#include "session/output.h"
#include "session/report.h"
#include "session/undo.h"
#include "shell/call.h"
#include "shell/elsewhere.h"
#include "term/progress.h"

enum { CONDITION = 120 }; /* the longest that an error repeats */

/* Shows what went wrong; of a command that was stopped, how far it was. */
static void report_command(struct session *session, struct glmm_error *err, const struct origin *origin,
                           const struct command *command)
{
    if (err->code == GLMM_E_INTERRUPT)
        progress_stopped(session, err->message, sizeof err->message);
    progress_end(session);
    session_report(session, err, origin, command == NULL ? NULL : command->usage);
}

/* The exit status of a command that failed: it may have shown by itself what went wrong. */
static int command_status(const struct session *session, const struct glmm_error *err)
{
    if (session->standing.broken)
        return 141;
    if (session->status != 0)
        return session->status;
    return err->code == GLMM_OK ? 1 : error_status(err);
}

/* Where a pipe of R stands, the end of the line where there is none. */
static const char *find_pipe(const char *line)
{
    const char *pipe = strstr(line, "|>"), *other = strstr(line, "%>%");

    if (pipe == NULL || (other != NULL && other < pipe))
        pipe = other;
    return pipe == NULL ? line + strlen(line) : pipe;
}

/* The line is no command but a name, of a model or of a variable, perhaps before a pipe: what shows it. */
static void blame_name(struct session *session, const char *line, struct arena *arena, struct glmm_error *err)
{
    const char *pipe = find_pipe(line);
    const struct glmm_span part = trim_span(line, span_of(0, (int)(pipe - line)));
    const char *name = arena_strndup(arena, line + part.begin, (size_t)(part.end - part.begin));
    const char *typed = name == NULL ? NULL : verb_name(arena, name);
    const struct model *model = typed == NULL ? NULL : session_find_model(session, name);
    const bool variable = typed != NULL && session->data != NULL && frame_find(session->data, name) != NULL;
    const struct frame *data = typed == NULL || model != NULL || variable ? NULL : session_find_data(session, name);
    const char *quote = typed == NULL || *typed == '`' ? "" : "`"; /* between them it is not broken */

    if (err->code == GLMM_E_MEMORY || (model == NULL && !variable && data == NULL))
        return;
    *err = (struct glmm_error){ .at = NOWHERE };
    fail(err, GLMM_E_USAGE, part, "`%.60s` is %s, and no command", name,
         model != NULL  ? "a model"
         : data != NULL ? "a data set"
                        : "a variable");
    if (data != NULL && data == session->data && *pipe != '\0')
        error_hint(err, "commands take the data in use: no pipe leads to them");
    else if (data != NULL && data == session->data)
        error_hint(err, "what it holds: `describe`");
    else if (data != NULL)
        error_hint(err, "to go back to it: %suse %s%s", quote, typed, quote);
    else if (model == NULL)
        error_hint(err, "what it holds: %sdescribe %s%s", quote, typed, quote);
    else
        error_hint(err, "its estimates: %s%s %s%s", quote, model->fit != NULL ? "summary" : "fit", typed, quote);
}

/* The line is no command but a condition on variables of the data: what keeps the rows of which it is true. */
static void blame_condition(struct session *session, const char *line, struct arena *arena, struct glmm_error *err)
{
    const int end = call_name_end(line), length = (int)strlen(line);
    struct glmm_error unread = { .at = NOWHERE };
    const struct expr *expr = session->data == NULL || strpbrk(line, "<>=!&|(") == NULL ? NULL : expr_parse(arena, line, &unread);
    struct column *column = expr == NULL ? NULL : expr_column(expr, session->data, &unread);
    const bool condition = column != NULL && column->type == COLUMN_LOGICAL;
    const char *quote = strchr(line, '`') == NULL ? "`" : "";

    column_free(column);
    if (unread.code == GLMM_E_MEMORY || arena_failed(arena)) { /* what the line is hangs on memory */
        error_clear(err);
        fail_memory(err);
    }
    if (err->code == GLMM_E_MEMORY || !condition || length > CONDITION)
        return;
    *err = (struct glmm_error){ .at = NOWHERE };
    fail(err, GLMM_E_USAGE, span_of(0, end > 0 ? end : 1), "this is a condition, and no command");
    error_hint(err, "the rows of which it is true are kept by: %swhere %s%s", quote, line, quote);
}

int run_command(struct session *session, const char *line, const struct origin *origin, bool prefix, bool *recorded)
{
    const struct origin *outer = session->standing.origin;
    const char *outer_line = session->standing.line, *outer_command = session->standing.command;
    bool outer_pools = session->standing.pools, outer_merged = session->standing.merged;
    long refused = session->standing.refused;
    struct arena *arena;
    struct glmm_error err = { .at = NOWHERE };
    struct call call = { 0 };
    bool ok = false, parsed = false;
    int status;

    session->standing.origin = origin;
    session->standing.line = line;
    session->status = 0;
    session->standing.refused = mem_refused();
    *recorded = false;
    arena = arena_new();
    if (arena == NULL)
        fail_memory(&err);
    else if ((parsed = call_parse(&call, line, prefix, arena, &err))) {
        *recorded = (call_flags(&call, prefix, arena) & COMMAND_UNRECORDED) == 0;
        session->standing.command = call.command->name;
        session->standing.pools = (call.command->flags & COMMAND_POOLS) != 0;
        session->standing.merged = (call.command->flags & COMMAND_MERGED) != 0;
        progress_begin(session, call.command->name);
        ok = call.command->run(session, &call, &err);
        progress_end(session);
        if (ok && !session_whole(session))
            ok = fail_memory(&err);
        if (!ok && (err.code == GLMM_E_MEMORY || !session_whole(session)))
            undo_all(session);
    }
    if (!ok)
        session_blame_memory(session, &err);
    session->standing.refused = outer == NULL ? mem_refused() : refused;
    if (!ok && arena != NULL && call.command == NULL)
        blame_condition(session, line, arena, &err);
    status = ok ? 0 : command_status(session, &err);
    if (!ok && arena != NULL && call.command == NULL)
        blame_name(session, line, arena, &err);
    if (!ok && arena != NULL)
        elsewhere_hint(session, line, parsed ? call.command : NULL, call.command == NULL, arena, &err);
    if (!ok)
        call_hint_comma(&call, &err);
    if (!ok && err.code != GLMM_OK && !session->standing.broken)
        report_command(session, &err, origin, call.command);
    session->standing.origin = outer;
    session->standing.line = outer_line;
    session->standing.command = outer_command;
    session->standing.pools = outer_pools;
    session->standing.merged = outer_merged;
    arena_free(arena);
    return status;
}
