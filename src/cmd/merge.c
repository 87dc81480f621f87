/* merge.c -- merge and append: two data sets become one; reshape: rows become variables, and back. */
#include "cmd/verb.h"

#include <string.h>

#include "base/suggest.h"
#include "report/naming.h"

struct merge_options {
    const char *by, *kind, *as;
    bool many;
};

static const char *const kinds[] = { "left", "inner", "right", "outer", NULL };

static const struct option merge_option_table[] = {
    { .name = "by",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct merge_options, by),
      .word = "KEY",
      .help = "the variables that both have and that tell which rows belong together; a:b" },
    { .name = "kind",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct merge_options, kind),
      .choices = kinds,
      .word = "KIND",
      .help = "rows kept: left (all of the current data), inner, right, outer" },
    { .name = "many",
      .type = OPTION_FLAG,
      .offset = offsetof(struct merge_options, many),
      .help = "allow keys that occur several times in both" },
    { .name = "as",
      .type = OPTION_WORD,
      .offset = offsetof(struct merge_options, as),
      .word = "NAME",
      .help = "a new data set; without it the current one is replaced" },
    { .name = NULL }
};

/* The other data set, which the one word names. */
static const struct frame *other_data(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *other;
    struct suggest suggest;

    if (call->word_count == 0)
        fail(err, GLMM_E_USAGE, NOWHERE, "%s which data set?", call->command->name);
    else if (call->word_count > 1)
        fail(err, GLMM_E_USAGE, call->words[1].at, "one data set at a time");
    if (call->word_count != 1)
        return NULL;
    other = session_find_data(session, call->words[0].text);
    if (other != NULL)
        return other;
    fail(err, GLMM_E_NAME, call->words[0].at, "no data set `%.60s`", call->words[0].text);
    suggest_init(&suggest, call->words[0].text);
    for (const struct dataset *d = session->datasets; d != NULL; d = d->next)
        suggest_offer(&suggest, d->frame->name);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "load it first, then `use` the one to which it is added");
    return NULL;
}

static void say_merge(struct result *result, const struct frame *left, const struct frame *right, const struct frame *next,
                      const struct merge_facts *facts, const char *name)
{
    result_integer(result, "matched", (long long)facts->matched);
    result_integer(result, "left_only", (long long)facts->left_only);
    result_integer(result, "right_only", (long long)facts->right_only);
    result_line(result, LINE_TEXT, "%s: %s, %s", name, verb_count(result->arena, next->rows, "row"),
                verb_count(result->arena, next->column_count, "variable"));
    result_line(result, LINE_TEXT, "%zu of %zu rows of %s have a partner in %s; %zu of %zu there have none", facts->matched,
                left->rows, left->name, right->name, facts->right_only, right->rows);
    if (facts->matched == 0)
        result_line(result, LINE_NOTE, "no row has a partner: are these the right keys? undo takes it back");
}

static bool merge_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct merge_options *options = call->options;
    const struct frame *data = session_need_data(session, err), *other;
    enum merge_kind kind = MERGE_LEFT;
    struct grouping keys = { 0 };
    struct merge_facts facts;
    struct frame *next = NULL;
    struct result *result = NULL;
    const struct expr *by;
    bool ok;

    if (data == NULL || (other = other_data(session, call, err)) == NULL)
        return false;
    if (options->by == NULL)
        return fail(err, GLMM_E_USAGE, NOWHERE, "by= must say which variables both have");
    for (int k = 0; options->kind != NULL && kinds[k] != NULL; k++)
        if (strcmp(kinds[k], options->kind) == 0)
            kind = (enum merge_kind)k;
    ok = verb_option(call, "by", options->by, &by, err);
    if (ok && !(ok = verb_keys(data, by, &keys, err) && verb_keys(other, by, &keys, err)))
        verb_place(call, "by", err);
    if (ok && (next = frame_merge(data, other, keys.names, keys.name_count / 2, kind, &facts, &session->progress, err)) == NULL)
        ok = false;
    if (ok && facts.left_many && facts.right_many && !options->many) {
        ok = fail(err, GLMM_E_DATA, call_option_at(call, "by"),
                  "keys occur several times in both: %zu and %zu rows would become %zu", data->rows, other->rows, next->rows);
        error_hint(err, "more variables in by= (a:b), or many where that is meant");
        frame_free(next);
    }
    if (ok && (result = verb_result(call, data, next)) != NULL)
        say_merge(result, data, other, next, &facts, options->as == NULL ? next->name : options->as);
    row_groups_clear(&keys);
    return ok && verb_done_as(session, next, options->as, result, err);
}

static const enum complete datasets[] = { COMPLETE_DATASET, COMPLETE_END, COMPLETE_NOTHING };

static const struct example merge_examples[] = {
    { "load sleepstudy; aggregate mean(Reaction), by=Subject as=means; use sleepstudy; merge means, by=Subject; head 3",
      "what is known of each subject, beside each of its rows" },
    { NULL, NULL }
};

const struct command command_merge = {
    .name = "merge",
    .usage = "merge DATA",
    .brief = "variables of another data set, by a key",
    .help =
        "Puts the variables of another loaded data set beside those of the current one, where the variables of by= agree (as "
        "text: 1 and 1.0 do). Rows without a partner are counted, and kept as kind= says: left keeps all of the current data "
        "(the default), inner none, right those of the other, outer both. A key may occur several times in one of the two; in "
        "both it is an error unless many says so. A missing key has no partner. A name that is taken becomes NAME.DATA.",
    .arguments = ARGUMENT_WORDS,
    .complete = datasets,
    .options = merge_option_table,
    .options_size = sizeof(struct merge_options),
    .examples = merge_examples,
    .flags = COMMAND_CHANGES,
    .run = merge_run,
};

/* --- append ------------------------------------------------------------------------------------- */

static size_t count_alone(const struct frame *a, const struct frame *b)
{
    size_t count = 0;

    for (size_t j = 0; j < a->column_count; j++)
        count += frame_find(b, a->columns[j].name) == NULL;
    return count;
}

static bool append_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err), *other;
    struct frame *next;
    struct result *result;
    size_t here, there;

    if (data == NULL || (other = other_data(session, call, err)) == NULL
        || (next = frame_stack(data, other, &session->progress, err)) == NULL)
        return false;
    here = count_alone(data, other);
    there = count_alone(other, data);
    result = verb_result(call, data, next);
    if (result != NULL) {
        result_line(result, LINE_TEXT, "%s: %zu and %zu rows, %s", next->name, data->rows, other->rows,
                    verb_count(result->arena, next->column_count, "variable"));
        if (here + there > 0)
            result_line(result, LINE_NOTE, "%s only in %s, %zu only in %s: missing in the rows of the other",
                        verb_count(result->arena, here, "variable"), data->name, there, other->name);
    }
    return verb_done(session, next, result, err);
}

static const struct example append_examples[] = {
    { "load dyestuff; load dyestuff2; append dyestuff; describe", "the rows of both, variables by their names" }, { NULL, NULL }
};

const struct command command_append = {
    .name = "append",
    .usage = "append DATA",
    .brief = "rows of another data set, below these",
    .help = "Puts the rows of another loaded data set below those of the current one, variables by their names. A variable that "
            "one has not is missing in its rows. Integers and reals become reals; a number and a text become texts.",
    .arguments = ARGUMENT_WORDS,
    .complete = datasets,
    .examples = append_examples,
    .flags = COMMAND_CHANGES,
    .run = append_run,
};

/* --- reshape ------------------------------------------------------------------------------------ */

struct reshape_options {
    const char *name, *value, *prefix, *by, *as;
};

static const struct option reshape_option_table[] = { { .name = "name",
                                                        .type = OPTION_WORD,
                                                        .offset = offsetof(struct reshape_options, name),
                                                        .word = "NAME",
                                                        .help = "the variable that tells which (long: a new one)" },
                                                      { .name = "value",
                                                        .type = OPTION_WORD,
                                                        .offset = offsetof(struct reshape_options, value),
                                                        .word = "NAME",
                                                        .help = "long: the new variable with the values" },
                                                      { .name = "prefix",
                                                        .type = OPTION_WORD,
                                                        .offset = offsetof(struct reshape_options, prefix),
                                                        .word = "TEXT",
                                                        .help = "long: left out of the names, so that y1, y2 give 1, 2" },
                                                      { .name = "by",
                                                        .type = OPTION_VARIABLE,
                                                        .offset = offsetof(struct reshape_options, by),
                                                        .word = "ID",
                                                        .help = "wide: a row for each of these" },
                                                      { .name = "as",
                                                        .type = OPTION_WORD,
                                                        .offset = offsetof(struct reshape_options, as),
                                                        .word = "NAME",
                                                        .help = "a new data set; without it the current one is replaced" },
                                                      { .name = NULL } };

static bool check_names(const struct call *call, const struct frame *data, const char **names, struct glmm_error *err)
{
    for (int k = 1; k < call->word_count; k++) {
        const struct column *column = frame_need(data, call->words[k].text, call->words[k].at, err);

        if (column == NULL)
            return false;
        names[k - 1] = column->name;
        for (int l = 0; l < k - 1; l++)
            if (names[l] == names[k - 1])
                return fail(err, GLMM_E_USAGE, call->words[k].at, "`%s` is named twice", names[l]);
    }
    return true;
}

static struct frame *make_long(struct session *session, const struct call *call, const struct frame *data,
                               const char *const *names, struct glmm_error *err)
{
    const struct reshape_options *options = call->options;
    const char *name = options->name == NULL ? "name" : options->name, *value = options->value == NULL ? "value" : options->value;
    struct frame *next = frame_long(data, names, (size_t)call->word_count - 1, name, value,
                                    options->prefix == NULL ? "" : options->prefix, &session->progress, err);

    if (next == NULL && err->code == GLMM_E_NAME)
        error_hint(err, "name= and value= give the new variables other names");
    return next;
}

static struct frame *make_wide(struct session *session, const struct call *call, const struct frame *data,
                               const char *const *names, size_t *left_out, struct glmm_error *err)
{
    const struct reshape_options *options = call->options;
    struct grouping grouping = { 0 };
    const struct expr *by;
    struct frame *next;

    if (options->name == NULL || options->by == NULL) {
        fail(err, GLMM_E_USAGE, NOWHERE, "name= must say which variable becomes names, and by= what a row is");
        return NULL;
    }
    if (frame_need(data, options->name, call_option_at(call, "name"), err) == NULL
        || !verb_option(call, "by", options->by, &by, err))
        return NULL;
    if (!row_groups_within(data, by, &grouping, err)) {
        verb_place(call, "by", err);
        return NULL;
    }
    for (int k = 1; k < call->word_count; k++)
        if (strcmp(names[k - 1], options->name) == 0) {
            fail(err, GLMM_E_USAGE, call->words[k].at, "`%s` is that of name=, and becomes names", names[k - 1]);
            row_groups_clear(&grouping);
            return NULL;
        }
    next = frame_wide(data, &grouping, options->name, names, (size_t)call->word_count - 1, left_out, &session->progress, err);
    row_groups_clear(&grouping);
    return next;
}

/* Which variables differ within what became one row, and so have no place in it. */
static void add_differing(struct result *result, const struct call *call, const struct frame *data, const struct frame *next)
{
    const struct reshape_options *options = call->options;
    struct text names = { 0 };
    size_t count = 0;

    for (size_t j = 0; j < data->column_count; j++) {
        bool spread = strcmp(data->columns[j].name, options->name) == 0 || frame_find(next, data->columns[j].name) != NULL;

        for (int k = 1; k < call->word_count; k++)
            spread = spread || strcmp(data->columns[j].name, call->words[k].text) == 0;
        if (!spread)
            text_addf(&names, "%s%s", count++ == 0 ? "" : ", ", data->columns[j].name);
    }
    if (count > 0)
        result_line(result, LINE_NOTE, "%s that %s within a row's %s left out: %s", verb_count(result->arena, count, "variable"),
                    count == 1 ? "differs" : "differ", count == 1 ? "rows was" : "rows were", text_string(&names));
    result->failed = result->failed || names.failed;
    text_clear(&names);
}

/* reshape -> ('long' | 'wide') VARIABLE... */
static bool reshape_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct reshape_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    const char **names = arena_alloc(call->arena, (size_t)call->word_count + 1, sizeof *names);
    const char *way = call->word_count == 0 ? "" : call->words[0].text;
    size_t left_out = 0;
    struct frame *next;
    struct result *result;

    if (data == NULL)
        return false;
    if (names == NULL)
        return fail_memory(err);
    if (strcmp(way, "long") != 0 && strcmp(way, "wide") != 0)
        return fail(err, GLMM_E_USAGE, call->word_count > 0 ? call->words[0].at : NOWHERE, "long or wide?");
    if (call->word_count == 1)
        return fail(err, GLMM_E_USAGE, NOWHERE, "reshape %s which variables?", way);
    if (!check_names(call, data, names, err))
        return false;
    next = strcmp(way, "long") == 0 ? make_long(session, call, data, names, err)
                                    : make_wide(session, call, data, names, &left_out, err);
    if (next == NULL)
        return false;
    result = verb_result(call, data, next);
    if (result != NULL) {
        result_line(result, LINE_TEXT, "%s: %zu rows became %zu, %zu variables %zu",
                    options->as == NULL ? next->name : options->as, data->rows, next->rows, data->column_count,
                    next->column_count);
        if (left_out > 0)
            result_line(result, LINE_NOTE, "%s without a value of %s or %s %s left out",
                        verb_count(result->arena, left_out, "row"), options->by, options->name, left_out == 1 ? "was" : "were");
        if (strcmp(way, "wide") == 0)
            add_differing(result, call, data, next);
    }
    return verb_done_as(session, next, options->as, result, err);
}

static const enum complete reshape_complete[] = { COMPLETE_CHOICE, COMPLETE_VARIABLE, COMPLETE_NOTHING };
static const char *const reshape_choices[] = { "long", "wide", NULL };

static const struct example reshape_examples[] = {
    { "load sleepstudy; reshape wide Reaction, name=Days by=Subject; head 3", "a row for each subject, a variable for each day" },
    { "load sleepstudy; reshape wide Reaction, name=Days by=Subject; keep Subject Reaction_0 Reaction_9; "
      "reshape long Reaction_0 Reaction_9, name=Day value=Reaction prefix=Reaction_; head 4",
      "and back, two of the days" },
    { NULL, NULL }
};

const struct command command_reshape = {
    .name = "reshape",
    .usage = "reshape long|wide VARIABLE...",
    .brief = "rows into variables, and back",
    .help = "long: the values of the named variables come one below the other into value=, and name= tells from which; the other "
            "variables are repeated. wide: the opposite; a row for each value of by=, and for each value of name= a variable "
            "VARIABLE_value of each that is named; others stay where they are the same. Two rows for the same place are an error "
            "that names them. Mixed models want the long form.",
    .arguments = ARGUMENT_WORDS,
    .complete = reshape_complete,
    .choices = reshape_choices,
    .options = reshape_option_table,
    .options_size = sizeof(struct reshape_options),
    .examples = reshape_examples,
    .flags = COMMAND_CHANGES,
    .run = reshape_run,
};
