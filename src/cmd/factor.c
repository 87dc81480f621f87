/* factor.c -- what a variable is: factor, with its levels and its reference, and number. */
#include "cmd/verb.h"

#include <string.h>

#include "base/text.h"
#include "report/naming.h"

struct factor_options {
    const char *levels, *labels, *ref;
    bool alike;
};

static const struct option factor_option_table[] = {
    { .name = "levels",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct factor_options, levels),
      .word = "LIST",
      .help = "these levels in this order, \"low,mid,high\"; other values become missing" },
    { .name = "labels",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct factor_options, labels),
      .word = "LIST",
      .help = "what they are called from now on; the same label twice makes one of two" },
    { .name = "ref",
      .complete = COMPLETE_ARGUMENT_LEVEL,
      .type = OPTION_WORD,
      .offset = offsetof(struct factor_options, ref),
      .word = "LEVEL",
      .help = "the reference, with which coefficients compare" },
    { .name = "alike",
      .type = OPTION_FLAG,
      .offset = offsetof(struct factor_options, alike),
      .help = "levels that differ only in capitals, blanks or how letters are coded (Male, male) become one" },
    { .name = NULL }
};

/* The one variable that is named. */
static const struct column *one_variable(const struct call *call, const struct frame *data, struct glmm_error *err)
{
    if (call->word_count == 0)
        fail(err, GLMM_E_USAGE, NOWHERE, "%s which variable?", call->command->name);
    else if (call->word_count > 1)
        fail(err, GLMM_E_USAGE, call->words[1].at, "one variable at a time");
    return call->word_count == 1 ? frame_need(data, call->words[0].text, call->words[0].at, err) : NULL;
}

/* How many levels there were, and are. */
static void add_alike_note(struct result *result, const struct column *was, const struct column *now)
{
    int32_t before = was->type == COLUMN_FACTOR ? was->level_count : now->level_count;

    if (before == now->level_count)
        result_line(result, LINE_NOTE, "no two of its levels differ only in capitals, blanks or how letters are coded");
    else
        result_line(result, LINE_NOTE,
                    "%d level%s now, of %d: those that differ only in capitals, blanks or how letters are coded are one",
                    (int)now->level_count, now->level_count == 1 ? "" : "s", (int)before);
}

static bool factor_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct factor_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    const struct column *column;
    struct factor_spec spec = { .reference = options->ref, .alike = options->alike };
    struct frame *next;
    struct result *result;
    size_t lost = 0;

    if (data == NULL || (column = one_variable(call, data, err)) == NULL
        || !verb_list(call, "levels", options->levels, &spec.levels, &spec.level_count, err)
        || !verb_list(call, "labels", options->labels, &spec.labels, &spec.label_count, err))
        return false;
    if (options->alike && (options->levels != NULL || options->labels != NULL))
        return fail(err, GLMM_E_USAGE, call_option_at(call, options->levels != NULL ? "levels" : "labels"),
                    "alike goes without levels= and labels=: make the levels one first, then list them");
    next = frame_factor(data, column->name, &spec, &lost, err);
    if (next == NULL) {
        if (err->at.begin < 0)
            err->at = call_option_at(call, err->code == GLMM_E_NAME ? "ref" : err->code == GLMM_E_DATA ? "levels" : "labels");
        return false;
    }
    result = verb_result(call, data, next);
    verb_variable(result, session, next, column->name);
    if (result != NULL && options->alike)
        add_alike_note(result, column, frame_find(next, column->name));
    if (result != NULL && lost > 0)
        result_line(result, LINE_NOTE, "%s had a level that is not listed, and %s missing now",
                    verb_count(result->arena, lost, "row"), lost == 1 ? "is" : "are");
    if (result != NULL)
        result_integer(result, "lost", (long long)lost);
    return verb_done(session, next, result, err);
}

static const enum complete factor_complete[] = { COMPLETE_VARIABLE, COMPLETE_END, COMPLETE_NOTHING };

static const struct example factor_examples[] = {
    { "load cbpp; factor period, ref=4; fit cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial",
      "a reference that every later model keeps" },
    { "load machines; factor Machine, levels=\"C,A,B\" labels=\"new,old,old\"", "another order, and two levels made one" },
    { "load cbpp; let size = ifelse(size > 20, \"Large\", \"large\"); factor size, alike", "two spellings made one" },
    { NULL, NULL }
};

const struct command command_factor = {
    .name = "factor",
    .usage = "factor VARIABLE",
    .brief = "levels, labels and reference of a variable",
    .help =
        "Makes a factor of a variable (a number too), or gives one other levels. The order of the levels is that of tables and "
        "plots; the reference is the level with which the coefficients of every later model compare, and stands first in what "
        "factor says. Lists are written \"a,b,c\" or c(\"a\", \"b\"). Without options the levels are the values, in their order.",
    .arguments = ARGUMENT_WORDS,
    .complete = factor_complete,
    .options = factor_option_table,
    .options_size = sizeof(struct factor_options),
    .examples = factor_examples,
    .flags = COMMAND_CHANGES,
    .run = factor_run,
};

/* --- number ------------------------------------------------------------------------------------- */

struct number_options {
    const char *decimal, *thousands;
    bool marks, force;
};

static const char *const decimal_signs[] = { "point", "comma", NULL };
static const char *const thousands_marks[] = { "comma", "point", "space", "apostrophe", NULL };

static const struct option number_option_table[] = { { .name = "decimal",
                                                       .type = OPTION_CHOICE,
                                                       .offset = offsetof(struct number_options, decimal),
                                                       .choices = decimal_signs,
                                                       .word = "point|comma",
                                                       .help = "the decimal sign" },
                                                     { .name = "thousands",
                                                       .type = OPTION_CHOICE,
                                                       .offset = offsetof(struct number_options, thousands),
                                                       .choices = thousands_marks,
                                                       .word = "MARK",
                                                       .help = "between thousands: comma (1,020), point, space, apostrophe" },
                                                     { .name = "marks",
                                                       .type = OPTION_FLAG,
                                                       .offset = offsetof(struct number_options, marks),
                                                       .help = "5.1* and 123[1] without their marks, <0.05 as the limit" },
                                                     { .name = "force",
                                                       .type = OPTION_FLAG,
                                                       .offset = offsetof(struct number_options, force),
                                                       .help = "what is no number becomes missing" },
                                                     { .name = NULL } };

static bool number_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    static const char marks[] = { ',', '.', ' ', '\'' };
    const struct number_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    struct number_spec spec = { .decimal = '.', .marks = options->marks, .force = options->force };
    const struct column *column;
    struct frame *next;
    struct result *result;

    if (data == NULL || (column = one_variable(call, data, err)) == NULL)
        return false;
    if (options->decimal != NULL && strcmp(options->decimal, "comma") == 0)
        spec.decimal = ',';
    for (size_t i = 0; options->thousands != NULL && i < sizeof marks; i++)
        if (strcmp(options->thousands, thousands_marks[i]) == 0)
            spec.thousands = marks[i];
    if (spec.thousands == spec.decimal)
        return fail(err, GLMM_E_VALUE, call_option_at(call, "thousands"),
                    "the decimal sign and the mark between thousands cannot be the same");
    next = frame_number(data, column->name, &spec, err);
    if (next == NULL) {
        if (err->code == GLMM_E_DATA && err->at.begin < 0) {
            err->at = call->words[0].at;
            if (spec.unread > 0)
                error_hint(err, "decimal= and thousands= say how numbers are written%s; %s makes such values missing",
                           options->marks ? "" : ", marks leaves out those of 5.1* and <0.05", verb_with_flag(call, "force"));
        }
        return false;
    }
    result = verb_result(call, data, next);
    verb_variable(result, session, next, column->name);
    if (result != NULL && spec.unit[0] != '\0')
        result_line(result, LINE_NOTE, "the unit: %s", spec.unit);
    if (result != NULL && spec.marked > 0)
        result_line(result, LINE_NOTE, "%s had marks (\"%s\"), which are left out", verb_count(result->arena, spec.marked, "row"),
                    spec.first_marked);
    if (result != NULL && spec.limited > 0)
        result_line(result, LINE_NOTE, "%s had a value beyond a limit (\"%s\") and %s the limit now",
                    verb_count(result->arena, spec.limited, "row"), spec.first_limited, spec.limited == 1 ? "has" : "have");
    if (result != NULL && spec.unread > 0)
        result_line(result, LINE_NOTE, "%s had no number (\"%s\") and %s missing now",
                    verb_count(result->arena, spec.unread, "row"), spec.first, spec.unread == 1 ? "is" : "are");
    if (result != NULL) {
        result_string(result, "unit", spec.unit[0] == '\0' ? NULL : spec.unit);
        result_integer(result, "unread", (long long)spec.unread);
    }
    return verb_done(session, next, result, err);
}

static const struct example number_examples[] = { { "load cbpp; let t = as.factor(size); number t", "a text of digits, read" },
                                                  { NULL, NULL } };

const struct command command_number = {
    .name = "number",
    .usage = "number VARIABLE",
    .brief = "read a text variable as numbers",
    .help =
        "Reads the texts of a factor as numbers: 12.5, 1,020 with thousands=comma, 3,5 with decimal=comma, with a currency sign "
        "before or a unit behind (10 mm, $10; 10% is 10). All units must agree, and are said. With marks, stars, footnotes and "
        "flags behind a number are left out (5.1*, 123.4[1], 12 (r), 4.5 b), and a value beyond a limit (<0.05, >300, 10+) is "
        "the limit. A text that is no "
        "number is an error, or with force a missing value.",
    .arguments = ARGUMENT_WORDS,
    .complete = factor_complete,
    .options = number_option_table,
    .options_size = sizeof(struct number_options),
    .examples = number_examples,
    .flags = COMMAND_CHANGES,
    .run = number_run,
};
