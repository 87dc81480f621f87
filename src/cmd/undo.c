/* undo.c -- undo and redo: back and forth through the changes of state. */
#include "session/undo.h"

#include <string.h>

#include "cmd/verb.h"

enum { MOST = 1000000 };

/* undo -> [ N ] */
static bool read_steps(const struct call *call, size_t *steps, struct glmm_error *err)
{
    const char *text = call->word_count == 0 ? "1" : call->words[0].text;
    long number = 0;

    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one number is enough");
    for (; *text >= '0' && *text <= '9' && number < MOST; text++)
        number = number * 10 + (*text - '0');
    if (*text != '\0' || number == 0) {
        fail(err, GLMM_E_VALUE, call->words[0].at, "`%.60s` is not a number of steps", call->words[0].text);
        error_hint(err, "%s 2", call->command->name);
        return false;
    }
    *steps = (size_t)number;
    return true;
}

static bool fail_count(const struct session *session, const struct call *call, bool again, size_t there, struct glmm_error *err)
{
    struct glmm_span at = call->word_count > 0 ? call->words[0].at : NOWHERE;

    if (there == 0)
        fail(err, GLMM_E_STATE, at, again ? "nothing to do again" : "nothing to undo");
    else
        fail(err, GLMM_E_STATE, at, "only %zu change%s can be %s", there, there == 1 ? "" : "s", again ? "done again" : "undone");
    if (there > 0)
        error_hint(err, "%s %zu", call->command->name, there);
    else if (!again && undo_forgot(session))
        error_hint(err, "older changes are not kept: 1000 steps, or 1 GB of values");
    else if (again)
        error_hint(err, "redo takes an undo back, as long as nothing else has changed");
    return false;
}

static void add_model(struct result *result, const struct model *model)
{
    result_string(result, "model", model == NULL ? NULL : model->name);
    if (model != NULL)
        result_line(result, LINE_TEXT, "%s: %s%s", model->name, model->text, model->fit == NULL ? ", not fitted" : "");
}

/* Where things stand now. */
static void add_standing(struct result *result, const struct session *session)
{
    const struct frame *data = session->data;

    result_string(result, "data", data == NULL ? NULL : data->name);
    add_model(result, session->model);
    if (data == NULL) {
        result_line(result, LINE_TEXT, "no data are loaded now");
        return;
    }
    result_integer(result, "rows", (long long)data->rows);
    result_integer(result, "variables", (long long)data->column_count);
    result_line(result, LINE_TEXT, "%s: %s, %s", data->name, verb_count(result->arena, data->rows, "row"),
                verb_count(result->arena, data->column_count, "variable"));
}

static bool run_steps(struct session *session, const struct call *call, struct glmm_error *err)
{
    bool again = strcmp(call->command->name, "redo") == 0;
    size_t steps = 0, there = again ? redo_count(session) : undo_count(session);
    struct result *result;
    const char *text;

    if (!read_steps(call, &steps, err))
        return false;
    if (steps > there)
        return fail_count(session, call, again, there, err);
    result = result_new(call->command->name);
    if (result == NULL)
        return fail_memory(err);
    result_integer(result, "steps", (long long)steps);
    for (size_t k = 0; k < steps; k++) {
        undo_step(session, again, &text);
        result_line(result, LINE_TEXT, "%s: %s", again ? "redone" : "undone", text);
    }
    add_standing(result, session);
    return session_emit(session, result, err);
}

static const enum complete no_complete[] = { COMPLETE_NOTHING };

static const struct example undo_examples[] = {
    { "load sleepstudy; where Days > 1; let x = Days^2; undo 2; redo", "two steps back, one forth" }, { NULL, NULL }
};

const struct command command_undo = {
    .name = "undo",
    .usage = "undo [N]",
    .brief = "take back the last changes of data, models and settings",
    .help = "Takes back the last change of state (or the last N): load, use, every command that makes variables or chooses rows, "
            "model and fit (what they replaced comes back, its fit too), matrix, and set. Files that were written stay. Steps "
            "share what did "
            "not change; kept are the last 1000, as long as together they hold no more than 1 GB besides what is in use, and the "
            "oldest go first.",
    .arguments = ARGUMENT_WORDS,
    .complete = no_complete,
    .examples = undo_examples,
    .flags = COMMAND_CHANGES,
    .run = run_steps,
};

static const struct example redo_examples[] = { { "load sleepstudy; where Days > 1; undo; redo", "the rows are gone again" },
                                                { NULL, NULL } };

const struct command command_redo = {
    .name = "redo",
    .usage = "redo [N]",
    .brief = "do again what was undone",
    .help = "Does again the last change that undo took back (or the last N). As soon as something else changes there is "
            "nothing to do again.",
    .arguments = ARGUMENT_WORDS,
    .complete = no_complete,
    .examples = redo_examples,
    .flags = COMMAND_CHANGES,
    .run = run_steps,
};
