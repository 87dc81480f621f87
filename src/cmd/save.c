/* save.c -- save and restore: a whole session in one file. */
#include <string.h>

#include "cmd/filed.h"
#include "fit/fit.h"
#include "lang/command.h"
#include "model/model.h"
#include "report/stating.h"
#include "report/tables.h"
#include "session/guard.h"
#include "session/history.h"
#include "session/store.h"
#include "session/undo.h"

struct save_options {
    bool replace;
};

static size_t count_data(const struct session *session)
{
    size_t count = 0;

    for (const struct dataset *d = session->datasets; d != NULL; d = d->next)
        count++;
    return count;
}

/* What the file has, or what the session has from it. */
static bool show(struct session *session, const char *command, const char *path, const char *version, size_t refitted,
                 struct glmm_error *err)
{
    struct result *result = result_new(command);
    size_t data = count_data(session), models = 0, fits = 0;

    for (const struct model *m = session->models; m != NULL; m = m->next) {
        models++;
        fits += m->fit != NULL;
    }
    result_string(result, "file", path);
    result_integer(result, "data", (long long)data);
    result_integer(result, "models", (long long)models);
    result_integer(result, "fits", (long long)fits);
    result_integer(result, "commands", (long long)history_count(session));
    result_string(result, "version", version);
    result_line(result, LINE_TEXT, "%s: %zu data set%s, %zu model%s (%zu fitted), %zu command%s", path, data,
                data == 1 ? "" : "s", models, models == 1 ? "" : "s", fits, history_count(session),
                history_count(session) == 1 ? "" : "s");
    if (version != NULL && strcmp(version, glmm_version()) != 0)
        result_line(result, LINE_NOTE, "saved by mixsh %s", version);
    if (refitted > 0)
        result_line(result, LINE_NOTE, "%zu fit%s made again: the estimates in the file are of another version of mixsh",
                    refitted, refitted == 1 ? " was" : "s were");
    return emit(session, result, err);
}

static const char *one_file(const struct call *call, struct glmm_error *err)
{
    const char *path;

    if (call->word_count != 1) {
        fail(err, GLMM_E_USAGE, call->argument_at, "`%s` needs one file", call->command->name);
        return NULL;
    }
    path = path_at_home(call->arena, call->words[0].text);
    if (path == NULL)
        fail_memory(err);
    return path;
}

static bool save_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct save_options *options = call->options;
    const char *path = one_file(call, err);

    return path != NULL
           && word_blame(guard_replace(session, path, options->replace, "save", err) && store_write(session, path, err),
                         &call->words[0], err)
           && show(session, "save", path, NULL, 0, err);
}

/* Fits again those models whose estimates the file has not; *count gets how many. */
static bool refit(struct session *session, struct stored *stored, size_t *count, struct glmm_error *err)
{
    struct model *model = stored->models;

    for (size_t i = 0; i < stored->model_count; i++, model = model->next) {
        const struct refit_wish *wish = &stored->wishes[i];
        struct fit_options options = { .method = (enum fit_method)wish->method, .nodes = wish->nodes };

        if (!wish->wanted)
            continue;
        model->fit = model_run_fit(session, model, &options, err);
        if (model->fit == NULL)
            return false;
        ++*count;
    }
    return true;
}

/* Puts it in the place of the session, which is as it was where memory is refused. */
static bool become(struct session *session, const char *path, struct stored *stored, size_t refitted, struct glmm_error *err)
{
    bool ok;

    store_exchange(session, stored);
    ok = history_reserve(session, err) && show(session, "restore", path, stored->version, refitted, err)
         && record_again(session, err);
    if (session_whole(session)) {
        undo_keep(session);
        return ok;
    }
    store_exchange(session, stored);
    return fail_memory(err);
}

static bool restore_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const char *path = one_file(call, err);
    struct stored stored = { 0 };
    size_t refitted = 0;
    bool ok;

    if (path == NULL)
        return false;
    ok = word_blame(store_read(path, &session->progress, &stored, err), &call->words[0], err)
         && refit(session, &stored, &refitted, err);
    if (ok)
        ok = become(session, path, &stored, refitted, err);
    stored_clear(&stored);
    return ok;
}

static const struct option save_options[] = {
    { "replace", OPTION_FLAG, offsetof(struct save_options, replace),
      .help = "overwrite a file that something else has written" },
    { .name = NULL },
};

static const enum complete save_complete[] = { COMPLETE_FILE, COMPLETE_NOTHING };

static const struct example save_examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); save sleep.mixsh", "the session as it is" },
    { NULL, NULL },
};

static const struct example restore_examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); save sleep.mixsh; restore sleep.mixsh; summary",
      "where one left off: nothing is fitted again" },
    { NULL, NULL },
};

const struct command command_save = {
    .name = "save",
    .usage = "save FILE",
    .brief = "keep the whole session in a file",
    .help = "Writes data, matrices, models with their fits, settings and history into one file, an SQLite database "
            "(doc/session.md has "
            "its tables). The file is whole or as it was before, whatever happens. `restore FILE` brings the session back.",
    .arguments = ARGUMENT_WORDS,
    .complete = save_complete,
    .options = save_options,
    .options_size = sizeof(struct save_options),
    .examples = save_examples,
    .flags = COMMAND_UNRECORDED | COMMAND_LONG,
    .run = save_run,
};

const struct command command_restore = {
    .name = "restore",
    .usage = "restore FILE",
    .brief = "go on with a saved session",
    .help =
        "Puts a saved session in the place of this one: its data, models, fits, settings and history. Nothing is fitted again, "
        "and what the fits print is the "
        "same. Width, charset, colours, format and the like stay as they are here; steps of `undo` are not kept. A file that is "
        "damaged, cut short or of a newer version is refused, and the session is as before. A script that is being recorded "
        "becomes that of the restored session, of what follows alone if `new` began it.",
    .arguments = ARGUMENT_WORDS,
    .complete = save_complete,
    .examples = restore_examples,
    .flags = COMMAND_UNRECORDED | COMMAND_LONG,
    .run = restore_run,
};
