/* aggregate.c -- aggregate: a row for each group; decompose: what differs between groups, and what within them. */
#include "cmd/verb.h"

#include <string.h>

#include "base/text.h"

struct aggregate_options {
    const char *by, *as;
};

static const struct option aggregate_option_table[] = {
    { .name = "by",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct aggregate_options, by),
      .word = "GROUP",
      .help = "a row for each of these groups; a:b for pairs. Without it one row" },
    { .name = "as",
      .type = OPTION_WORD,
      .offset = offsetof(struct aggregate_options, as),
      .word = "NAME",
      .help = "a new data set; without it the current one is replaced" },
    { .name = NULL }
};

/* mean(x) makes x_mean, n() makes n, anything else is called as it is written. */
static const char *default_name(struct arena *arena, const struct expr *expr)
{
    if (expr->kind == EXPR_CALL && expr->arguments == NULL)
        return expr->text;
    if (expr->kind == EXPR_CALL && expr->arguments->kind == EXPR_NAME && expr->arguments->argument_name == NULL)
        return arena_printf(arena, "%s_%s", expr->arguments->text, expr->text);
    return expr_deparse(arena, expr);
}

struct items {
    struct summary_item *items;
    int *offset; /* of each expression, in the line */
    size_t count;
};

/* items -> { [ NAME '=' ] EXPRESSION }, which has no blanks outside parentheses */
static bool read_items(const struct call *call, struct items *out, struct glmm_error *err)
{
    int at = call->argument_at.begin, end = call->argument_at.end, next;
    size_t most = (size_t)(end - at) + 1;

    out->items = arena_alloc(call->arena, most, sizeof *out->items);
    out->offset = arena_alloc(call->arena, most, sizeof *out->offset);
    if (out->items == NULL || out->offset == NULL)
        return fail_memory(err);
    while (at < end) {
        struct summary_item *item = &out->items[out->count];
        struct glmm_span word = span_of(at, word_end(call->line, at, end, "="));
        const char *text;

        for (next = word.end; next < end && call->line[next] == ' ';)
            next++;
        if (next < end && call->line[next] == '=' && call->line[next + 1] != '=') {
            if ((item->name = verb_new_name(call, &at, end, "=", err)) == NULL || !verb_equals(call, &at, end, err))
                return false;
        }
        word = span_of(at, word_end(call->line, at, end, ""));
        text = arena_strndup(call->arena, call->line + word.begin, (size_t)(word.end - word.begin));
        if (text == NULL)
            return fail_memory(err);
        out->offset[out->count] = word.begin;
        if ((item->expr = verb_expression(call, text, word.begin, err)) == NULL)
            return false;
        if (item->name == NULL && (item->name = default_name(call->arena, item->expr)) == NULL)
            return fail_memory(err);
        out->count++;
        for (at = word.end; at < end && call->line[at] == ' ';)
            at++;
    }
    return out->count > 0 || fail(err, GLMM_E_USAGE, NOWHERE, "aggregate what?");
}

static bool aggregate_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct aggregate_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    struct grouping grouping = { 0 };
    struct items items = { 0 };
    const struct expr *by;
    struct frame *next;
    struct result *result;
    size_t place = 0;

    if (data == NULL || !read_items(call, &items, err) || !verb_option(call, "by", options->by, &by, err))
        return false;
    if (!row_groups_within(data, by, &grouping, err)) {
        verb_place(call, "by", err);
        return false;
    }
    next = frame_aggregate(data, &grouping, by, items.items, items.count, &place, &session->progress, err);
    if (next == NULL && err->at.begin >= 0)
        error_shift(err, items.offset[place]);
    result = next == NULL ? NULL : verb_result(call, data, next);
    if (result != NULL) {
        result_line(result, LINE_TEXT, "%s: %s of %zu, %s", options->as == NULL ? next->name : options->as,
                    verb_count(result->arena, next->rows, by == NULL ? "row" : "group"), data->rows,
                    verb_count(result->arena, next->column_count, "variable"));
        verb_outside(result, &grouping, data->rows);
    }
    row_groups_clear(&grouping);
    return next != NULL && verb_done_as(session, next, options->as, result, err);
}

static const enum complete expressions[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

static const struct example aggregate_examples[] = {
    { "load sleepstudy; aggregate mean(Reaction) sd(Reaction) n(), by=Subject; head", "variables Reaction_mean, Reaction_sd, n" },
    { "load machines; aggregate best = max(score), by=Worker:Machine as=top; head 3",
      "a name of its own, in a data set of its own" },
    { NULL, NULL }
};

const struct command command_aggregate = {
    .name = "aggregate",
    .usage = "aggregate [NAME =] SUMMARY...",
    .brief = "a row for each group, with summaries",
    .help =
        "Makes a table with a row for each group: the variables of by=, and the summaries. mean(x) is called x_mean, n() is "
        "called n, and NAME = gives another name; an expression with blanks stands in parentheses. What is not the same in all "
        "rows of a group is an error. A missing value makes a summary an error that says so; mean(x, na.rm = TRUE) leaves it "
        "out.",
    .arguments = ARGUMENT_TEXT,
    .complete = expressions,
    .options = aggregate_option_table,
    .options_size = sizeof(struct aggregate_options),
    .examples = aggregate_examples,
    .flags = COMMAND_CHANGES,
    .run = aggregate_run,
};

/* --- decompose ---------------------------------------------------------------------------------- */

/* One of the two new variables, of the frame (freed). */
static struct frame *add_part(const struct call *call, struct frame *frame, const char *name, const char *text,
                              const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct expr *expr = name == NULL || text == NULL ? NULL : expr_parse(call->arena, text, err);
    struct frame *next = expr == NULL ? NULL : frame_let(frame, name, expr, NULL, progress, err);

    if (name == NULL || text == NULL)
        fail_memory(err);
    frame_free(frame);
    return next;
}

static void add_missing(struct result *result, const struct column *column)
{
    if (column->missing > 0)
        result_line(result, LINE_NOTE, "%s: %zu missing", column->name, column->missing);
}

/* decompose -> X 'by' G */
static bool decompose_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err);
    const struct column *x, *g;
    const char *between, *within, *x_name, *g_name;
    struct frame *next;
    struct result *result;

    if (data == NULL)
        return false;
    if (call->word_count != 3 || strcmp(call->words[1].text, "by") != 0)
        return fail(err, GLMM_E_USAGE, call->word_count > 1 ? call->words[1].at : NOWHERE, "a variable, `by` and a group");
    if ((x = frame_need(data, call->words[0].text, call->words[0].at, err)) == NULL
        || (g = frame_need(data, call->words[2].text, call->words[2].at, err)) == NULL)
        return false;
    if (x->type == COLUMN_FACTOR)
        return fail(err, GLMM_E_TYPE, call->words[0].at, "%s is text, and has no mean", x->name);
    between = arena_printf(call->arena, "%s_between", x->name);
    within = arena_printf(call->arena, "%s_within", x->name);
    x_name = verb_name(call->arena, x->name);
    g_name = verb_name(call->arena, g->name);
    if (between == NULL || within == NULL || x_name == NULL || g_name == NULL)
        return fail_memory(err);
    next = frame_share(data, err);
    if (next != NULL)
        next = add_part(call, next, between, arena_printf(call->arena, "mean(%s, na.rm = TRUE) by %s", x_name, g_name),
                        &session->progress, err);
    if (next != NULL)
        next = add_part(call, next, within,
                        arena_printf(call->arena, "%s - mean(%s, na.rm = TRUE, by = %s)", x_name, x_name, g_name),
                        &session->progress, err);
    if (next == NULL)
        return false;
    result = verb_result(call, data, next);
    if (result != NULL) {
        result_string(result, "between", between);
        result_string(result, "within", within);
        result_line(result, LINE_TEXT, "%s, %s: the mean of each %s, and the deviation from it", between, within, g->name);
        add_missing(result, frame_find(next, between));
        add_missing(result, frame_find(next, within));
        result_line(result, LINE_NEXT, "RESPONSE ~ %s + %s + (1 | %s)", verb_name(result->arena, within),
                    verb_name(result->arena, between), g_name);
    }
    return verb_done(session, next, result, err);
}

static const enum complete decompose_complete[] = { COMPLETE_VARIABLE, COMPLETE_CHOICE, COMPLETE_VARIABLE, COMPLETE_NOTHING };
static const char *const decompose_choices[] = { "by", NULL };

static const struct example decompose_examples[] = { { "load orthodont; decompose age by Subject; describe",
                                                       "what differs between subjects, and what within them" },
                                                     { NULL, NULL } };

const struct command command_decompose = {
    .name = "decompose",
    .usage = "decompose VARIABLE by GROUP",
    .brief = "a predictor between and within groups",
    .help = "Makes two variables of one: VARIABLE_between, the mean in each group, and VARIABLE_within, the deviation of each "
            "row from it. With both in a model the coefficient of the second is free of all that is the same for a whole group "
            "(`help causality`). Missing values are left out of the means.",
    .arguments = ARGUMENT_WORDS,
    .complete = decompose_complete,
    .choices = decompose_choices,
    .examples = decompose_examples,
    .flags = COMMAND_CHANGES,
    .run = decompose_run,
};
