/* where.c -- keeps the rows in which a condition is true. */
#include "cmd/verb.h"

struct where_options {
    const char *by;
};

static const struct option where_option_table[] = { { .name = "by",
                                                      .type = OPTION_VARIABLE,
                                                      .offset = offsetof(struct where_options, by),
                                                      .word = "GROUP",
                                                      .help = "summaries, ranks and lags are within each of these groups" },
                                                    { .name = NULL } };

static struct result *where_result(const struct call *call, const struct frame *before, const struct frame *after, size_t unknown)
{
    struct result *result = verb_result(call, before, after);

    if (result == NULL)
        return NULL;
    result_integer(result, "unknown", (long long)unknown);
    result_line(result, LINE_TEXT, "%s: %zu of %s kept", after->name, after->rows,
                verb_count(result->arena, before->rows, "row"));
    if (unknown > 0)
        result_line(result, LINE_NOTE, "in %zu of the others a value is missing, and so the condition is not known", unknown);
    return result;
}

static bool where_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct where_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    const struct expr *condition, *by;
    struct frame *next;
    size_t unknown = 0;

    if (data == NULL)
        return false;
    if (call->argument[0] == '\0') {
        fail(err, GLMM_E_USAGE, NOWHERE, "where what?");
        error_hint(err, "a condition that is true in the rows to be kept: where x > 0 & !is.na(y)");
        return false;
    }
    if ((condition = verb_expression(call, call->argument, call->argument_at.begin, err)) == NULL
        || !verb_option(call, "by", options->by, &by, err) || !verb_groups(call, data, by, err))
        return false;
    next = frame_where(data, condition, by, &unknown, &session->progress, err);
    if (next == NULL) {
        verb_place(call, NULL, err);
        return false;
    }
    return verb_done(session, next, where_result(call, data, next, unknown), err);
}

static const enum complete where_complete[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

static const struct example where_examples[] = { { "load sleepstudy; where Days >= 2; describe Days",
                                                   "the days of sleep deprivation alone" },
                                                 { "load cbpp; where n() >= 4, by=herd", "herds with at least four rows" },
                                                 { NULL, NULL } };

const struct command command_where = {
    .name = "where",
    .usage = "where CONDITION",
    .brief = "keep the rows in which a condition is true",
    .help =
        "Keeps those rows of the current data in which the condition is true; rows in which a missing value leaves it open go, "
        "and are counted. The other rows are gone for the commands that follow, not in the file, nor for a model that was stated "
        "before; undo brings them back. Conditions are written as in let: x > 0 & f == \"a\" | is.na(y). A factor keeps its "
        "levels; those without a row left have no coefficient.",
    .arguments = ARGUMENT_TEXT,
    .complete = where_complete,
    .options = where_option_table,
    .options_size = sizeof(struct where_options),
    .examples = where_examples,
    .flags = COMMAND_CHANGES,
    .run = where_run,
};
