/* try.c -- runs a command and goes on after its error. */
#include "lang/command.h"
#include "session/session.h"

static bool try_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct run_request request = { .text = call->argument, .offset = call->argument_at.begin };

    if (call->argument[0] == '\0')
        return fail(err, GLMM_E_USAGE, NOWHERE, "`try` needs a command");
    session->status = session->run(session, &request);
    return session->status != 130; /* what was stopped is stopped altogether */
}

static const enum complete try_complete[] = { COMPLETE_COMMAND, COMPLETE_NOTHING };

static const struct example try_examples[] = {
    { "try load nowhere.csv; set seed", "the error is shown, and the script goes on" },
    { NULL, NULL },
};

const struct command command_try = {
    .name = "try",
    .usage = "try COMMAND",
    .brief = "go on after an error",
    .help = "Runs the command. If it fails, its error is shown, and a script goes on with the next command all the same.",
    .arguments = ARGUMENT_REST,
    .complete = try_complete,
    .examples = try_examples,
    .flags = COMMAND_CHANGES,
    .run = try_run,
};
