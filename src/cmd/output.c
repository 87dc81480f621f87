/* output.c -- copies what is shown to a file. */
#include <string.h>

#include "cmd/command.h"
#include "session/guard.h"
#include "session/output.h"

struct output_options {
    bool replace;
};

static bool output_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const char *path = session_output_path(session);
    const struct output_options *options = call->options;
    const struct word *word = call->words;
    struct result *result;

    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one file at a time");
    if (call->word_count == 1 && !word->quoted && strcmp(word->text, "off") == 0)
        return session_output(session, NULL, err);
    if (call->word_count == 1) {
        path = path_at_home(call->arena, word->text);
        if (path == NULL)
            return fail_memory(err);
        return word_blame(guard_replace(session, path, options->replace, "output", err) && session_output(session, path, err), word,
                          err);
    }
    result = result_new("output");
    result_string(result, "file", path);
    result_line(result, LINE_TEXT, "%s%s.", path == NULL ? "Output is not copied" : "Output is copied to ",
                path == NULL ? "" : path);
    return session_emit(session, result, err);
}

static const struct option output_options[] = {
    { "replace", OPTION_FLAG, offsetof(struct output_options, replace), .help = "overwrite a file that something else has written" },
    { .name = NULL },
};

static const enum complete output_complete[] = { COMPLETE_FILE, COMPLETE_NOTHING };

static const struct example output_examples[] = {
    { "output results.txt; set seed; output off", "what is shown in between is in the file as well" },
    { "output", "whether output is copied" },
    { NULL, NULL },
};

const struct command command_output = {
    .name = "output",
    .usage = "output [FILE|off]",
    .brief = "copy output to a file",
    .help = "From now on all output goes to the file as well (which is begun anew), in the format that is set, without colour, "
            "80 columns wide unless `set width` says otherwise: as a script would print it. A file that was not written this way is only overwritten with `replace`, and the "
            "file of loaded data or of a running script never. `output off` ends that; "
            "without an argument, says where it goes.",
    .arguments = ARGUMENT_WORDS,
    .complete = output_complete,
    .options = output_options,
    .options_size = sizeof(struct output_options),
    .examples = output_examples,
    .flags = COMMAND_CHANGES,
    .run = output_run,
};
