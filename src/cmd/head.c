/* head.c -- the first rows of the data, and the last ones. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/watch.h"
#include "lang/command.h"
#include "result/number.h"
#include "session/session.h"

enum { FEW = 6, DIGITS = 7, ROWS_A_LOOK = 2048 };

static bool read_count(const struct call *call, size_t *count, struct glmm_error *err)
{
    const char *text;
    long long number = 0;

    *count = FEW;
    if (call->word_count == 0)
        return true;
    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one number is enough");
    text = call->words[0].text;
    for (; *text >= '0' && *text <= '9' && number < INT_MAX; text++)
        number = number * 10 + (*text - '0');
    if (*text != '\0' || number == 0) {
        fail(err, GLMM_E_VALUE, call->words[0].at, "`%.60s` is not a number of rows", call->words[0].text);
        error_hint(err, "%s 10", call->command->name);
        return false;
    }
    *count = (size_t)number;
    return true;
}

static void add_cell(struct table *table, size_t row, size_t j, const struct column *column, size_t i)
{
    char buffer[40];

    if (column_missing(column, i))
        return;
    if (column->type == COLUMN_REAL)
        table_real(table, row, j, column->as.real[i]);
    else if (column->type == COLUMN_INTEGER)
        table_integer(table, row, j, column->as.integer[i]);
    else
        table_text(table, row, j, column_text(column, i, buffer));
}

/* Numbers that would have an exponent; where some of them have decimals, all have the exponent. */
static bool long_ones_are_whole(const double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fabs(x[i]) >= 1e7 && !number_is_whole(x[i]))
            return false;
    return true;
}

static bool head_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data;
    struct result *result;
    struct table *table;
    struct watch watch;
    size_t count, begin;
    bool tail = strcmp(call->command->name, "tail") == 0;

    if (!read_count(call, &count, err) || (data = session_need_data(session, err)) == NULL)
        return false;
    count = count < data->rows ? count : data->rows;
    begin = tail ? data->rows - count : 0;
    watch_init(&watch, &session->progress, "row");
    result = result_new(call->command->name);
    result_string(result, "data", data->name);
    result_integer(result, "total", (long long)data->rows);
    result_line(result, LINE_TITLE, "%s: the %s %zu of %zu rows", data->name, tail ? "last" : "first", count, data->rows);
    table = result_table(result, "rows", NULL);
    for (size_t j = 0; table != NULL && j < data->column_count; j++) {
        enum column_type type = data->columns[j].type;
        size_t place = table_column(table, data->columns[j].name, data->columns[j].name,
                                    type == COLUMN_REAL      ? CELL_REAL
                                    : type == COLUMN_INTEGER ? CELL_INTEGER
                                                             : CELL_TEXT);

        if (type == COLUMN_REAL) {
            table_digits(table, place, DIGITS);
            if (long_ones_are_whole(data->columns[j].as.real + begin, count))
                table_flags(table, place, COLUMN_WHOLE);
            if (number_decimals_hide(data->columns[j].as.real + begin, count, DIGITS, &watch))
                table_decimals(table, place, DECIMALS_OWN);
        }
    }
    for (size_t i = 0; i < count && !(i % ROWS_A_LOOK == ROWS_A_LOOK - 1 && watch_stops(&watch)); i++) {
        size_t row = table_row(table);

        for (size_t j = 0; j < data->column_count; j++)
            add_cell(table, row, j, &data->columns[j], begin + i);
    }
    if (watch_stopped(&watch)) {
        result_free(result);
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the rows were shown");
    }
    return session_emit(session, result, err);
}

static const struct example head_examples[] = { { "load sleepstudy; head", "the first six rows" },
                                                { "load cbpp; head 12", "the first twelve" },
                                                { NULL, NULL } };

const struct command command_head = {
    .name = "head",
    .usage = "head [N]",
    .brief = "show the first rows of the data",
    .help = "Shows the first N rows (6) of the current data, missing values as blanks. Reals are shown with up to seven digits, "
            "whole "
            "numbers with all; "
            "`last json` has them whole.",
    .arguments = ARGUMENT_WORDS,
    .examples = head_examples,
    .run = head_run,
};

static const struct example tail_examples[] = { { "load sleepstudy; tail", "the last six rows" },
                                                { "load sleepstudy; sort Reaction; tail 3", "the three slowest" },
                                                { NULL, NULL } };

const struct command command_tail = {
    .name = "tail",
    .usage = "tail [N]",
    .brief = "show the last rows of the data",
    .help =
        "Shows the last N rows (6) of the current data, missing values as blanks. Reals are shown with up to seven digits, whole "
        "numbers with all; "
        "`last json` has them whole.",
    .arguments = ARGUMENT_WORDS,
    .examples = tail_examples,
    .run = head_run,
};
