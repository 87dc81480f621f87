/* record.c -- writes a script of the session. */
#include <string.h>

#include "lang/command.h"
#include "cmd/filed.h"
#include "session/history.h"
#include "session/output.h"

struct record_options {
    bool fresh, replace;
};

static bool tell(struct session *session, const char *now, const char *before, const char *path, const char *behind,
                 struct glmm_error *err)
{
    return filed_tell(session, "record", now, before, path, behind, err);
}

/* Records to that file: the last step, so that another record goes on as it was where memory is refused. */
static bool begin(struct session *session, const char *path, const struct record_options *options, struct glmm_error *err)
{
    struct record_file file;
    bool ok =
        record_ready(session, path, options->fresh, options->replace, &file, err)
        && tell(session, path, "Recording to ", path,
                options->fresh ? " from here on, until `record off`" : ", from the first command on, until `record off`", err)
        && (session_whole(session) || fail_memory(err));

    if (ok)
        record_change(session, &file);
    record_drop(session, &file);
    return ok;
}

/* Ends the record, and says what became of it. */
static bool end(struct session *session, const struct call *call, struct glmm_error *err)
{
    const char *path = record_path(session), *kept = path == NULL ? NULL : arena_strdup(call->arena, path);

    if (path == NULL)
        return tell(session, NULL, "Nothing was being recorded", NULL, "", err);
    if (kept == NULL)
        return fail_memory(err);
    return tell(session, NULL, "", kept, " is complete", err) && (session_whole(session) || fail_memory(err))
           && record_end(session, err);
}

static bool record_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct record_options *options = call->options;
    const char *path;

    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one file at a time");
    if (call->word_count == 0)
        return filed_show(session, "record", record_path(session), "Nothing is being recorded", "Recording to ", err);
    if (strcmp(call->words[0].text, "off") == 0 && !call->words[0].quoted)
        return end(session, call, err);
    path = path_at_home(call->arena, call->words[0].text);
    if (path == NULL)
        return fail_memory(err);
    return word_blame(begin(session, path, options, err), &call->words[0], err);
}

static const struct option record_options[] = {
    { "new", OPTION_FLAG, offsetof(struct record_options, fresh), .help = "without the commands before this one" },
    { "replace", OPTION_FLAG, offsetof(struct record_options, replace), .help = "overwrite a file that is no recorded script" },
    { .name = NULL },
};

static const enum complete record_complete[] = { COMPLETE_FILE, COMPLETE_NOTHING };

static const struct example record_examples[] = {
    { "record lesson.mix; load sleepstudy; record off", "a script of what follows" },
    { "load sleepstudy; describe; record lesson.mix; record", "a script of all that was done and will be done" },
    { NULL, NULL },
};

const struct command command_record = {
    .name = "record",
    .usage = "record [FILE|off]",
    .brief = "write a script of this session",
    .help = "Writes a script: the version, the seed, the commands of this session that succeeded, and each one to come, until "
            "`record off` or the end. The checksums of the data stand below what loads them, of data that were loaded "
            "before below all the commands until then; a replay says which data have changed since, and which conventions. The "
            "file is a complete script at any time, even when the session is killed. "
            "`replay FILE` runs it again.",
    .arguments = ARGUMENT_WORDS,
    .complete = record_complete,
    .options = record_options,
    .options_size = sizeof(struct record_options),
    .examples = record_examples,
    .flags = COMMAND_UNRECORDED,
    .run = record_run,
};
