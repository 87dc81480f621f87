/* set.c -- lists and changes settings. */
#include "base/memory.h"
#include "cmd/filed.h"
#include "lang/command.h"
#include "session/init-file.h"

#include <string.h>

#include "session/session.h"
#include "session/undo.h"

struct set_options {
    bool save;
};

static struct table *new_table(struct result *result)
{
    struct table *table = result_table(result, "settings", NULL);

    table_column(table, "key", "setting", CELL_TEXT);
    table_column(table, "value", "value", CELL_TEXT);
    table_column(table, "default", "default", CELL_TEXT);
    table_column(table, "meaning", "meaning", CELL_TEXT);
    return table;
}

static void add_setting(struct table *table, const struct session *session, const struct option *setting)
{
    char now[40], first[40];
    size_t row = table_row(table);

    table_text(table, row, 0, setting->name);
    table_text(table, row, 1, settings_show(&session->settings, setting, now, sizeof now));
    table_text(table, row, 2, settings_show(&settings_default, setting, first, sizeof first));
    table_text(table, row, 3, setting->help);
}

static bool show(struct session *session, const struct option *setting, struct glmm_error *err)
{
    struct result *result = result_new("set");
    struct table *table = new_table(result);
    char allowed[120];

    for (const struct option *s = settings_table; s->name != NULL; s++)
        if (setting == NULL || s == setting)
            add_setting(table, session, s);
    if (setting != NULL)
        result_line(result, LINE_NOTE, "allowed: %s%s", option_allowed(setting, allowed, sizeof allowed),
                    settings_has_auto(setting) ? ", or auto" : "");
    return session_emit(session, result, err);
}

static bool change(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct option *setting;
    struct settings before;
    char was[64], now[64];

    if (call->word_count == 0)
        return show(session, NULL, err);
    setting = settings_need(call->words[0].text, call->words[0].at, err);
    if (setting == NULL)
        return false;
    if (call->word_count == 1)
        return show(session, setting, err);
    if (call->word_count > 2)
        return fail(err, GLMM_E_USAGE, call->words[2].at, "a setting has one value");
    before = session->settings;
    if (!settings_set(&session->settings, setting, call->words[1].text, session->interactive, call->words[1].at, err))
        return false;
    if (strcmp(settings_show(&before, setting, was, sizeof was), settings_show(&session->settings, setting, now, sizeof now)) != 0
        && !undo_note_settings(session, &before, err))
        return false;
    settings_apply(&session->settings);
    return true;
}

/* Keeps the settings for the sessions to come. */
static bool keep(struct session *session, struct glmm_error *err)
{
    char *path = NULL;
    bool ok = init_file_save(session, &path, err) && filed_tell(session, "set", path, "The settings are kept in ", path, "", err);

    mem_free(path);
    return ok;
}

static bool set_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct set_options *options = call->options;

    if (options->save && call->word_count < 2)
        return call->word_count == 0
                   ? keep(session, err)
                   : fail(err, GLMM_E_USAGE, call->words[0].at, "`set %.40s, save` has no value to keep", call->words[0].text);
    return change(session, call, err) && (!options->save || keep(session, err));
}

static const struct option set_options[] = {
    { "save", OPTION_FLAG, offsetof(struct set_options, save), .help = "keep all settings for the sessions to come" },
    { .name = NULL },
};

static const enum complete set_complete[] = { COMPLETE_SETTING, COMPLETE_SETTING_VALUE, COMPLETE_NOTHING };

static const struct example set_examples[] = {
    { "set", "all settings, with their values and defaults" },
    { "set digits 6; set digits", "six significant digits; what is set now" },
    { "set format json; set seed", "results as JSON" },
    { "set digits 5, save", "so in each session at the prompt" },
    { NULL, NULL },
};

const struct command command_set = {
    .name = "set",
    .usage = "set [KEY [VALUE]]",
    .brief = "list or change settings",
    .help =
        "Without a value, shows the setting, or all of them. Settings hold for the session; commands in the init file, "
        "~/.config/mixsh/init.mix, set them for each session at the prompt (not with --no-init); `save` writes those that are "
        "not as at the start into it, and leaves its other lines alone.",
    .arguments = ARGUMENT_WORDS,
    .complete = set_complete,
    .options = set_options,
    .options_size = sizeof(struct set_options),
    .examples = set_examples,
    .flags = COMMAND_CHANGES,
    .run = set_run,
};
