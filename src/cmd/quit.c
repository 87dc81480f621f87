/* quit.c -- leaves. */
#include "lang/command.h"
#include "session/session.h"

static bool quit_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    (void)call;
    (void)err;
    session->quit = true;
    return true;
}

static const struct example quit_examples[] = {
    { "quit", "leave at once; nothing is asked" },
    { NULL, NULL },
};

const struct command command_quit = {
    .name = "quit",
    .usage = "quit",
    .brief = "leave",
    .help = "Leaves at once and asks nothing: every command is in the journal, and a script that is being recorded is complete. "
            "`exit`, `q` and Ctrl-D do the same.",
    .arguments = ARGUMENT_NONE,
    .examples = quit_examples,
    .flags = COMMAND_UNRECORDED,
    .run = quit_run,
};
