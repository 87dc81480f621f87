/* sort.c -- sort: the rows in another order; sample: some of them. */
#include "cmd/verb.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/imputation.h"

/* sort -> { ['-'] VARIABLE } */
static bool sort_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err);
    struct sort_key *keys = arena_alloc(call->arena, (size_t)call->word_count + 1, sizeof *keys);
    struct text line = { 0 };
    struct result *result;
    struct frame *next;
    size_t missing = 0;

    if (data == NULL)
        return false;
    if (keys == NULL)
        return fail_memory(err);
    if (call->word_count == 0)
        return fail(err, GLMM_E_USAGE, NOWHERE, "sort by which variables?");
    for (int k = 0; k < call->word_count; k++) {
        const struct word *word = &call->words[k];
        bool minus = !word->quoted && word->text[0] == '-';
        const struct column *column = frame_need(data, word->text + minus, word->at, err);

        if (column == NULL) {
            text_clear(&line);
            return false;
        }
        keys[k] = (struct sort_key){ column->name, minus };
        missing += column->missing;
        text_addf(&line, "%s%s%s", k == 0 ? "" : ", ", column->name, minus ? " (largest first)" : "");
    }
    next = frame_sort(data, keys, (size_t)call->word_count, &session->progress, err);
    result = next == NULL ? NULL : verb_result(call, data, next);
    if (result != NULL) {
        result_line(result, LINE_TEXT, "%s: %s, by %s%s", next->name, verb_count(result->arena, next->rows, "row"),
                    text_string(&line), missing > 0 ? "; missing values last" : "");
        result->failed = result->failed || line.failed;
    }
    text_clear(&line);
    return next != NULL && verb_done(session, next, result, err);
}

static const enum complete variables[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

static const struct example sort_examples[] = { { "load sleepstudy; sort Days -Reaction; head", "the slowest on each day first" },
                                                { NULL, NULL } };

const struct command command_sort = {
    .name = "sort",
    .usage = "sort [-]VARIABLE...",
    .brief = "put the rows into another order",
    .help =
        "The rows by the first variable, those that agree in it by the second, and so on; a minus sign puts the largest first. "
        "Factors go by their levels, missing values come last, and rows that agree in all keep their order. lag, lead and row "
        "of let follow the order of the rows; models do not.",
    .arguments = ARGUMENT_WORDS,
    .complete = variables,
    .examples = sort_examples,
    .flags = COMMAND_CHANGES,
    .run = sort_run,
};

/* --- sample ------------------------------------------------------------------------------------- */

struct sample_options {
    const char *by;
};

static const struct option sample_option_table[] = { { .name = "by",
                                                       .type = OPTION_VARIABLE,
                                                       .offset = offsetof(struct sample_options, by),
                                                       .word = "GROUP",
                                                       .help = "so many rows of each of these groups" },
                                                     { .name = NULL } };

/* sample -> N | N '%' */
static bool read_amount(const struct call *call, size_t *count, double *share, struct glmm_error *err)
{
    const char *text = call->word_count == 0 ? "" : call->words[0].text;
    size_t length = strlen(text);
    bool percent = length > 0 && text[length - 1] == '%';
    double number;

    if (call->word_count == 0)
        return fail(err, GLMM_E_USAGE, NOWHERE, "how many rows?");
    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one number is enough");
    if (parse_number(text, length - percent, &number) && number > 0 && number <= (percent ? 100 : 1e9)
        && (percent || number == (double)(size_t)number)) {
        *count = percent ? 0 : (size_t)number;
        *share = number / 100.0;
        return true;
    }
    fail(err, GLMM_E_VALUE, call->words[0].at, "`%.60s` is no number of rows and no share of them", text);
    error_hint(err, "sample 100, or sample 10%%");
    return false;
}

static bool sample_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct sample_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    struct grouping grouping = { 0 };
    const struct expr *by;
    struct frame *next;
    struct result *result;
    double share = 0.0;
    size_t count = 0;

    if (data == NULL || !read_amount(call, &count, &share, err) || !verb_option(call, "by", options->by, &by, err))
        return false;
    if (frame_is_imputed(data)) {
        fail(err, GLMM_E_DATA, NOWHERE, "imputations have the same rows, and rows drawn from each would be others");
        error_hint(err, "one imputation alone: where %.60s == 1", frame_imputation(data)->name);
        return false;
    }
    if (!row_groups_make(data, by, &grouping, err)) {
        verb_place(call, "by", err);
        return false;
    }
    next = frame_sample(data, &grouping, count, share, session->settings.seed, err);
    result = next == NULL ? NULL : verb_result(call, data, next);
    if (result != NULL) {
        result_line(result, LINE_TEXT, "%s: %zu of %s drawn%s", next->name, next->rows,
                    verb_count(result->arena, data->rows, "row"),
                    by == NULL ? "" : arena_printf(result->arena, ", in %s", verb_count(result->arena, grouping.count, "group")));
        verb_outside(result, &grouping, data->rows);
    }
    row_groups_clear(&grouping);
    return next != NULL && verb_done(session, next, result, err);
}

static const enum complete no_complete[] = { COMPLETE_NOTHING };

static const struct example sample_examples[] = {
    { "load insteval; sample 1000", "a thousand rows, the same ones for the same seed" },
    { "load sleepstudy; sample 3, by=Subject; describe Subject", "three rows of each subject" },
    { NULL, NULL }
};

const struct command command_sample = {
    .name = "sample",
    .usage = "sample N|SHARE%",
    .brief = "draw some of the rows at random",
    .help = "Keeps N rows, or a share of them, drawn without replacement, in the order in which they stand; with by= so many of "
            "each group, and all of a group that has fewer. `set seed` chooses the numbers: the same seed draws the same rows.",
    .arguments = ARGUMENT_WORDS,
    .complete = no_complete,
    .options = sample_option_table,
    .options_size = sizeof(struct sample_options),
    .examples = sample_examples,
    .flags = COMMAND_CHANGES,
    .run = sample_run,
};
