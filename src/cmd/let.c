/* let.c -- makes a variable, or computes one anew. */
#include "cmd/verb.h"

#include <math.h>
#include <string.h>

struct let_options {
    const char *by;
};

static const struct option let_option_table[] = { { .name = "by",
                                                    .type = OPTION_VARIABLE,
                                                    .offset = offsetof(struct let_options, by),
                                                    .word = "GROUP",
                                                    .help = "summaries, ranks and lags are within each of these groups" },
                                                  { .name = NULL } };

/* Missing values that no missing value explains: log(-1), 0/0. */
static size_t count_undefined(const struct expr *expr, const struct frame *before, const struct column *column)
{
    size_t count = 0;

    for (size_t i = 0; column->missing > 0 && i < before->rows; i++)
        count += column_missing(column, i) && !expr_row_missing(expr, before, i);
    return count;
}

static struct result *let_result(struct session *session, const struct call *call, const struct frame *before,
                                 const struct frame *after, const char *name, const struct expr *expr)
{
    struct result *result = verb_result(call, before, after);
    size_t undefined;

    if (result == NULL)
        return NULL;
    verb_variable(result, session, after, name);
    undefined = count_undefined(expr, before, frame_find(after, name));
    result_integer(result, "undefined", (long long)undefined);
    if (undefined > 0)
        result_line(result, LINE_NOTE,
                    "in %zu row%s the value is not defined (0/0, the logarithm of a negative number) and so missing", undefined,
                    undefined == 1 ? "" : "s");
    if (frame_find(before, name) != NULL)
        result_line(result, LINE_NOTE, "it takes the place of a variable of that name (%s); undo brings that back",
                    column_type_name(frame_find(before, name)->type));
    return result;
}

/* let -> NAME '=' EXPRESSION */
static bool let_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct let_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    int at = call->argument_at.begin, end = call->argument_at.end;
    const struct expr *expr, *by;
    struct frame *next;
    const char *name, *text;

    if (data == NULL || (name = verb_new_name(call, &at, end, "=", err)) == NULL || !verb_equals(call, &at, end, err))
        return false;
    text = arena_strndup(call->arena, call->line + at, (size_t)(end - at));
    if (text == NULL)
        return fail_memory(err);
    if ((expr = verb_expression(call, text, at, err)) == NULL || !verb_option(call, "by", options->by, &by, err))
        return false;
    if (!verb_groups(call, data, by, err))
        return false;
    next = frame_let(data, name, expr, by, &session->progress, err);
    if (next == NULL) {
        error_shift(err, err->at.begin >= 0 ? at : 0);
        return false;
    }
    return verb_done(session, next, let_result(session, call, data, next, name, expr), err);
}

static const enum complete let_complete[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

static const struct example let_examples[] = {
    { "load sleepstudy; let seconds = Reaction / 1000; let late = Days >= 7", "a number and a condition" },
    { "load sleepstudy; let first = Reaction - min(Reaction), by=Subject",
      "within groups: what each is above its group's least" },
    { "load cbpp; let size2 = cut(size, c(0, 10, 20, 40), c(\"small\", \"middle\", \"large\"))", "a factor of three sizes" },
    { NULL, NULL }
};

const struct command command_let = {
    .name = "let",
    .usage = "let NAME = EXPRESSION",
    .brief = "make a variable",
    .help =
        "Computes a variable from others, row by row, and adds it to the current data, or puts it in the place of the one of "
        "that name. The file is never changed, nor the data that a stated model holds; undo takes it back.\n"
        "\n"
        "Operators: + - * / ^ %% %/%, == != < <= > >=, & | !, x %in% c(\"a\", \"b\"). Functions: exp log sqrt abs round floor "
        "scale center rank ifelse is.na cut factor relevel as.numeric, of texts startsWith endsWith contains grepl nchar and "
        "number(x, 2), the second number within a text, of dates days year month day weekday as.Date (help date), of rows row "
        "lag lead fill, and mean sum min max sd var median n, "
        "which are one number for all rows, or with by= for each "
        "group's; also mean(x) by g within an expression. A missing value makes the result missing; mean(x, na.rm = TRUE) "
        "leaves it out.",
    .arguments = ARGUMENT_TEXT,
    .complete = let_complete,
    .options = let_option_table,
    .options_size = sizeof(struct let_options),
    .examples = let_examples,
    .flags = COMMAND_CHANGES,
    .run = let_run,
};
