/* output.c -- copies what is shown to a file. */
#include <string.h>

#include "lang/command.h"
#include "cmd/filed.h"
#include "session/guard.h"
#include "session/output.h"

struct output_options {
    bool replace, commands;
};

/* Ends the copy, and says which file is whole. */
static bool end(struct session *session, const struct call *call, struct glmm_error *err)
{
    const char *path = session_output_path(session), *kept = path == NULL ? NULL : arena_strdup(call->arena, path);

    if (path == NULL)
        return filed_tell(session, "output", NULL, "Output was not copied", NULL, "", err);
    if (kept == NULL)
        return fail_memory(err);
    return filed_tell(session, "output", NULL, "Output is no longer copied to ", kept, "", err)
           && session_output(session, NULL, err);
}

/* Copies to that file: the last step, so that the copy goes on as it was where memory is refused. */
static bool begin(struct session *session, const char *path, bool commands, struct glmm_error *err)
{
    const char *before = commands ? "Output, commands and errors are copied to " : "Output is copied to ";
    struct output_copy copy;
    bool ok = output_copy_open(session, path, commands, &copy, err);

    ok = ok && filed_tell(session, "output", path, before, path, " until `output off`", err)
         && session_output(session, &copy, err);
    output_copy_clear(&copy);
    return ok;
}

static bool output_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct output_options *options = call->options;
    const struct word *word = call->words;
    const char *path;

    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one file at a time");
    if (call->word_count == 0)
        return filed_show(session, "output", session_output_path(session), "Output is not copied", "Output is copied to ", err);
    if (!word->quoted && strcmp(word->text, "off") == 0)
        return end(session, call, err);
    path = path_at_home(call->arena, word->text);
    if (path == NULL)
        return fail_memory(err);
    return word_blame(
        guard_replace(session, path, options->replace, "output", err) && begin(session, path, options->commands, err), word, err);
}

static const struct option output_options[] = {
    { "commands", OPTION_FLAG, offsetof(struct output_options, commands),
      .help = "a transcript: the commands and the errors too" },
    { "replace", OPTION_FLAG, offsetof(struct output_options, replace),
      .help = "overwrite a file that something else has written" },
    { .name = NULL },
};

static const enum complete output_complete[] = { COMPLETE_FILE, COMPLETE_NOTHING };

static const struct example output_examples[] = {
    { "output results.txt; set seed; output off", "what is shown in between is in the file as well" },
    { "output session.txt, commands; set seed; output off", "a transcript" },
    { "output", "whether output is copied" },
    { NULL, NULL },
};

const struct command command_output = {
    .name = "output",
    .usage = "output [FILE|off]",
    .brief = "copy output to a file",
    .help = "From now on all output goes to the file as well (which is begun anew), in the format that is set, without colour, "
            "80 columns wide unless `set width` says otherwise: as a script would print it; with `commands`, what was typed and "
            "the errors too. A file that was not written this way is only overwritten with `replace`, and the file of loaded "
            "data or of a running script never. `output off` ends that; without an argument, says where it goes.",
    .arguments = ARGUMENT_WORDS,
    .complete = output_complete,
    .options = output_options,
    .options_size = sizeof(struct output_options),
    .examples = output_examples,
    .flags = COMMAND_CHANGES,
    .run = output_run,
};
