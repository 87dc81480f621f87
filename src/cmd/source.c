/* source.c -- runs a script with values for its `$NAME`s. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "data/source.h"
#include "lang/command.h"
#include "lang/values.h"
#include "session/history.h"
#include "session/session.h"

/* value -> NAME `=` WORD */
static bool read_value(const struct call *call, struct glmm_span at, struct script_value *value, struct glmm_error *err)
{
    const char *equals = memchr(call->line + at.begin, '=', (size_t)(at.end - at.begin));
    int middle = equals == NULL ? at.end : (int)(equals - call->line);
    bool quoted, good = middle > at.begin && equals != NULL;

    for (int i = at.begin; good && i < middle; i++) {
        char c = call->line[i];

        good = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i > at.begin && c >= '0' && c <= '9');
    }
    if (!good) {
        fail(err, GLMM_E_USAGE, at, "behind the comma stand values for the script: NAME=VALUE");
        return false;
    }
    value->name = arena_strndup(call->arena, call->line + at.begin, (size_t)(middle - at.begin));
    value->value = word_unquote(call->arena, call->line, span_of(middle + 1, at.end), &quoted, err);
    if (value->value == NULL)
        return false;
    return value->name != NULL || fail_memory(err);
}

/* Those behind the comma, separated by blanks or commas, ended by a NULL name; the call's. */
static bool read_values(const struct call *call, int at, struct script_value **values, struct glmm_error *err)
{
    int end = call->argument_at.end, count = 0;

    *values = arena_alloc(call->arena, (size_t)(end - at) + 2, sizeof **values);
    if (*values == NULL)
        return fail_memory(err);
    for (;;) {
        int stop;

        while (at < end && (call->line[at] == ' ' || call->line[at] == ','))
            at++;
        if (at >= end)
            return true;
        stop = word_end(call->line, at, end, ",");
        if (!read_value(call, span_of(at, stop), &(*values)[count], err))
            return false;
        for (int i = 0; i < count; i++)
            if (strcmp((*values)[i].name, (*values)[count].name) == 0)
                return fail(err, GLMM_E_USAGE, span_of(at, stop), "`%.60s` is given twice", (*values)[count].name);
        count++;
        at = stop;
    }
}

static bool source_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    int comma = option_comma(call->line, call->argument_at), count;
    struct run_request request = { .kept = true };
    struct script_value *values;
    struct word *words;

    if (!words_split(call->arena, call->line, span_of(call->argument_at.begin, comma), &words, &count, err))
        return false;
    if (count != 1)
        return fail(err, GLMM_E_USAGE, call->argument_at, "`source` needs one script");
    if (!read_values(call, comma, &values, err))
        return false;
    request.values = values;
    request.name = path_at_home(call->arena, words[0].text);
    if (request.name == NULL)
        return fail_memory(err);
    if (access(request.name, R_OK) != 0)
        return word_blame(source_fail(request.name, errno, err), &words[0], err);
    if (record_is(session, request.name)) {
        fail(err, GLMM_E_FILE, words[0].at, "%s is being recorded", request.name);
        error_hint(err, "record off first");
        return false;
    }
    session->status = session->run(session, &request);
    return session->status == 0;
}

static const enum complete source_complete[] = { COMPLETE_FILE, COMPLETE_NOTHING };

static const struct example source_examples[] = {
    { "record day.mix, new; load sleepstudy; record off; source day.mix", "a script" },
    { "record any.mix, new; set digits 6; record off; source any.mix, data=sleepstudy y=Reaction",
      "with values for $data and $y" },
    { NULL, NULL },
};

const struct command command_source = {
    .name = "source",
    .usage = "source FILE [, NAME=VALUE ...]",
    .brief = "run a script with values of its own",
    .help =
        "Runs the commands of a script, in which `$NAME` stands for the value given here: `fit $y ~ Days + (1 | Subject)` with "
        "`source FILE, y=Reaction`. A value is put in as it stands, also between quotes; `${NAME}` where letters follow, and "
        "`$$` "
        "for the sign itself; values with blanks or commas stand between quotes. A recorded script has the commands with their "
        "values.",
    .arguments = ARGUMENT_REST,
    .complete = source_complete,
    .examples = source_examples,
    .flags = COMMAND_UNRECORDED | COMMAND_LONG,
    .run = source_run,
};
