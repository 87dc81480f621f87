/* history.c -- lists the commands of the session. */
#include "lang/command.h"
#include "session/history.h"

struct history_options {
    int last;
};

static bool show_nothing(struct session *session, struct result *result, struct glmm_error *err)
{
    if (result != NULL)
        result_value(result, "commands", value_array(result->arena));
    result_line(result, LINE_TEXT, "No commands yet.");
    return session_emit(session, result, err);
}

static bool history_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct history_options *options = call->options;
    struct result *result = result_new("history");
    struct table *table;
    size_t count = history_count(session);
    size_t first = options->last > 0 && (size_t)options->last < count ? count - (size_t)options->last : 0;

    if (count == 0)
        return show_nothing(session, result, err);
    table = result_table(result, "commands", NULL);
    table_column(table, "number", "#", CELL_INTEGER);
    table_column(table, "ok", "ok", CELL_TEXT);
    table_column(table, "command", "command", CELL_TEXT);
    for (size_t i = first; i < count; i++) {
        size_t row = table_row(table);

        table_integer(table, row, 0, (long long)i + 1);
        table_text(table, row, 1, history_status(session, i) == 0 ? "yes" : "no");
        table_text(table, row, 2, history_text(session, i));
    }
    return session_emit(session, result, err);
}

static const struct option history_options[] = {
    { "last", OPTION_INTEGER, offsetof(struct history_options, last), .min = 1, .max = 1e9, .word = "N",
      .help = "only the last N" },
    { .name = NULL },
};

static const struct example history_examples[] = {
    { "set digits 5; history", "what was done so far" },
    { "set digits 5; set level 0.9; history, last=1", "the last command" },
    { NULL, NULL },
};

const struct command command_history = {
    .name = "history",
    .usage = "history",
    .brief = "list the commands of this session",
    .help = "Lists the commands of this session, and which of them succeeded. What was typed in all sessions stands in the "
            "journal, ~/.local/state/mixsh/journal.",
    .arguments = ARGUMENT_NONE,
    .options = history_options,
    .options_size = sizeof(struct history_options),
    .examples = history_examples,
    .flags = COMMAND_UNRECORDED,
    .run = history_run,
};
