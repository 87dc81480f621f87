/* date.c -- a variable read as dates. */
#include "cmd/verb.h"

#include <string.h>

#include "data/date.h"
#include "report/naming.h"

struct date_options {
    const char *format;
    bool force;
};

static const char *const format_choices[] = {
    "y-m-d", "d.m.y", "d/m/y", "m/d/y", "m-y", "y-m", "excel", "stata", "sas", "r", NULL
};

static const struct option date_option_table[] = {
    { .name = "format",
      .type = OPTION_WORD,
      .choices = format_choices,
      .offset = offsetof(struct date_options, format),
      .word = "FORMAT",
      .help =
          "y-m-d, d.m.y, m/d/y or any such order, or \"y-m-d, d.m.y, excel\"; m-y or y-m of months; of numbers: excel, stata, "
          "sas, r" },
    { .name = "force",
      .type = OPTION_FLAG,
      .offset = offsetof(struct date_options, force),
      .help = "what is no date becomes missing" },
    { .name = NULL }
};

/* Where programs begin to count days. */
static const struct {
    const char *name;
    long year, month, day;
} epochs[] = { { "excel", 1899, 12, 30 }, { "stata", 1960, 1, 1 }, { "sas", 1960, 1, 1 }, { "r", 1970, 1, 1 } };

static bool read_format(const struct call *call, const struct column *column, const char *format, struct date_spec *spec,
                        struct glmm_error *err)
{
    if (format == NULL)
        return true;
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++)
        if (strcmp(format, epochs[i].name) == 0) {
            spec->has_epoch = date_of(epochs[i].year, epochs[i].month, epochs[i].day, &spec->epoch);
            if (column->type != COLUMN_FACTOR)
                return true;
            fail(err, GLMM_E_TYPE, call_option_at(call, "format"), "format=%s counts days, and %s is text", format, column->name);
            error_hint(err, "number %s reads its texts as numbers", verb_name(call->arena, column->name));
            return false;
        }
    if ((spec->orders = date_format_order(format)) != 0 || (spec->months = date_format_month(format)) != 0)
        return true;
    if (date_kinds_read(format, &spec->kinds) && spec->kinds.count > 1) {
        spec->orders = DATE_ANY;
        return true;
    }
    fail(err, GLMM_E_VALUE, call_option_at(call, "format"), "`%s` is no format of dates", format);
    error_hint(
        err,
        "the order of day, month and year: y-m-d, d.m.y, m/d/y; of months m-y or y-m; for numbers of days: excel, stata, sas, r");
    return false;
}

static const struct column *read_variable(const struct call *call, const struct frame *data, struct glmm_error *err)
{
    const struct column *column;

    if (call->word_count != 1) {
        fail(err, GLMM_E_USAGE, call->word_count == 0 ? NOWHERE : call->words[1].at,
             call->word_count == 0 ? "date which variable?" : "one variable at a time");
        return NULL;
    }
    column = frame_need(data, call->words[0].text, call->words[0].at, err);
    if (column != NULL && (column->type == COLUMN_LOGICAL || column->type == COLUMN_REAL)
        && ((const struct date_options *)call->options)->format == NULL) {
        fail(err, GLMM_E_TYPE, call->words[0].at, "%s is %s; dates are made of texts, or of numbers of days", column->name,
             column_type_name(column->type));
        error_hint(err, "of numbers of days: date %s, format=excel (or stata, sas, r)", verb_name(call->arena, column->name));
        return NULL;
    }
    return column;
}

static void add_notes(const struct call *call, struct result *result, const struct column *was, const struct date_spec *spec)
{
    if (result == NULL)
        return;
    if (was->type == COLUMN_DATE)
        result_line(result, LINE_NOTE, "It was one of dates before.");
    if (spec->ambiguous)
        result_line(result, LINE_NOTE, "The dates are read as %s, and may as well be %s; if they are: undo; date %s, format=%s",
                    date_order_words(spec->orders), date_order_words(date_order_other(spec->orders)),
                    verb_name(call->arena, was->name), date_order_name(date_order_other(spec->orders)));
    if (spec->short_years)
        result_line(result, LINE_NOTE, "Years of two digits are those of 1969 to 2068.");
    if (spec->short_first)
        result_line(result, LINE_NOTE,
                    "The years are read as the last part, and may as well be the first; if they are: undo; date %s, format=y-m-d",
                    verb_name(call->arena, was->name));
    if (spec->timed)
        result_line(result, LINE_NOTE, "Times of day are left out.");
    if (spec->months != 0 && was->type != COLUMN_DATE)
        result_line(result, LINE_NOTE, "A month is its first day.");
    if (spec->marked)
        result_line(result, LINE_NOTE, "Marks of footnotes are left out.");
    if (spec->unread > 0)
        result_line(result, LINE_NOTE, "%s had no date (\"%s\") and %s missing now",
                    verb_count(result->arena, spec->unread, "row"), spec->first, spec->unread == 1 ? "is" : "are");
    result_integer(result, "unread", (long long)spec->unread);
}

static void hint_kinds(const char *name, const struct date_kinds *kinds, struct glmm_error *err)
{
    unsigned open = date_kinds_ambiguous(kinds);
    char formats[DATE_KINDS_TEXT];

    date_kinds_text(kinds, formats);
    if (open != 0)
        error_hint(err, "date %s, format=\"%s\" tells them apart, where %s may as well be %s", name, formats,
                   date_order_name(open), date_order_name(date_order_other(open)));
    else
        error_hint(err, "date %s, format=\"%s\" tells them apart", name, formats);
}

/* The way out of an error of the data. */
static void hint_unread(const struct call *call, const struct column *column, const struct date_spec *spec,
                        struct glmm_error *err)
{
    const char *name = verb_name(call->arena, column->name);

    if (err->code != GLMM_E_DATA || err->at.begin >= 0)
        return;
    err->at = call->words[0].at;
    if (column->type != COLUMN_FACTOR)
        error_hint(err, "of numbers of days: date %s, format=excel (or stata, sas, r)", name);
    else if (spec->differ && spec->kinds.count > 1)
        hint_kinds(name, &spec->kinds, err);
    else if (spec->differ)
        error_hint(err, "date %s, format=d/m/y, force (or another order) makes those of other orders missing", name);
    else
        error_hint(
            err, "%s%s makes such values missing",
            ((const struct date_options *)call->options)->format == NULL ? "format= says the order, y-m-d, d.m.y or m/d/y; " : "",
            verb_with_flag(call, "force"));
}

static bool date_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct date_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    struct date_spec spec = { .force = options->force };
    const struct column *column;
    struct frame *next;
    struct result *result;

    if (data == NULL || (column = read_variable(call, data, err)) == NULL
        || !read_format(call, column, options->format, &spec, err))
        return false;
    next = frame_date(data, column->name, &spec, err);
    if (next == NULL) {
        hint_unread(call, column, &spec, err);
        return false;
    }
    result = verb_result(call, data, next);
    verb_variable(result, session, next, column->name);
    add_notes(call, result, column, &spec);
    return verb_done(session, next, result, err);
}

static const enum complete date_complete[] = { COMPLETE_VARIABLE, COMPLETE_END, COMPLETE_NOTHING };

static const struct example date_examples[] = { { "load sleepstudy; let day = 19800 + Days; date day, format=r; describe day",
                                                  "numbers of days, counted from 1970" },
                                                { "load cbpp; let seen = ifelse(period == 1, \"31.1.2024\", \"15.2.2024\"); date "
                                                  "seen; let week = days(seen, \"2024-01-01\") / 7",
                                                  "texts, and the weeks since a day" },
                                                { NULL, NULL } };

const struct command command_date = {
    .name = "date",
    .usage = "date VARIABLE",
    .brief = "read a variable as dates",
    .help = "Reads the texts of a factor as dates: 2024-01-31, 31.1.2024, 1/31/2024, 31jan2024, 1st May 2024, or 20240131 "
            "(months by name in English, German, French, Spanish, Italian, Portuguese, Dutch). format= gives the "
            "order of "
            "day, month and year where the texts leave it open; month/day/year is taken then, and said. format=m-y reads months "
            "without a day (Jan-23, 3/2023) as their first. Of "
            "numbers it says from "
            "where "
            "days are counted. A time of day behind the date is left out, as are a day of the week and marks of footnotes. A "
            "text that is no date is an error, or with force a "
            "missing "
            "value. A date is shown as 2024-01-31; in a formula it is a number of days. In expressions days(a, b) are the days "
            "from b "
            "to a, year(a), month(a) and day(a) its parts, weekday(a) a factor from Mon to Sun; a + 7 is a date, and "
            "where a >= \"2024-01-31\" compares.",
    .arguments = ARGUMENT_WORDS,
    .complete = date_complete,
    .options = date_option_table,
    .options_size = sizeof(struct date_options),
    .examples = date_examples,
    .flags = COMMAND_CHANGES,
    .run = date_run,
};
