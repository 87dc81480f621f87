/* describe.c -- numbers by their moments and quartiles, factors by their counts. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/progress.h"
#include "base/sample.h"
#include "base/text.h"
#include "data/date.h"
#include "cmd/small-histogram.h"
#include "cmd/verb.h"
#include "report/imputed.h"
#include "session/session.h"

struct describe_options {
    const char *by;
};

static const struct option describe_option_table[] = { { .name = "by",
                                                         .type = OPTION_VARIABLE,
                                                         .offset = offsetof(struct describe_options, by),
                                                         .word = "GROUP",
                                                         .help = "numbers in each of these groups; a:b for pairs" },
                                                       { .name = NULL } };

enum { FEW_LEVELS = 12, NAMED_LEVELS = 1000 };

static bool take_moments(const struct column *column, size_t rows, struct sample_moments *out)
{
    double *values = mem_alloc(rows, sizeof *values);
    size_t n = 0;

    if (values == NULL)
        return false;
    for (size_t i = 0; i < rows; i++)
        if (!column_missing(column, i))
            values[n++] = column_real(column, i);
    sample_moments(values, n, out);
    mem_free(values);
    return true;
}

/* The column of missing counts, in text only where there is something to count. */
static void add_missing_column(struct table *table, const struct column *const *chosen, size_t count)
{
    size_t column = table_column(table, "missing", "missing", CELL_INTEGER), missing = 0;

    for (size_t k = 0; k < count; k++)
        missing += chosen[k]->missing;
    if (missing == 0)
        table_flags(table, column, COLUMN_NOT_TEXT);
}

/* --- numbers ------------------------------------------------------------------------------------ */

static bool add_numbers(struct session *session, struct result *result, const struct frame *data,
                        const struct column *const *chosen, size_t count, struct glmm_error *err)
{
    static const char *const keys[] = { "mean", "sd", "min", "q25", "median", "q75", "max" };
    enum { FIRST = 3, SD = 4 }; /* where it stands: the others have the digits that it leaves them */
    static const char *const headings[] = { "mean", "sd", "min", "25%", "median", "75%", "max" };
    enum charset charset = session_style(session).charset;
    struct small_histogram histogram;
    struct table *table = NULL;
    struct sample_moments moments;

    for (size_t k = 0; k < count; k++) {
        size_t row;

        if (!column_is_number(chosen[k]))
            continue;
        if (!progress_tell(&session->progress, "variable", (double)k, (double)count, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped at %.100s", chosen[k]->name);
        if (table == NULL) {
            table = result_table(result, "numbers", NULL);
            table_column(table, "name", "variable", CELL_TEXT);
            table_column(table, "n", "n", CELL_INTEGER);
            add_missing_column(table, chosen, count);
            for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
                table_column(table, keys[j], headings[j], CELL_REAL);
            for (size_t j = FIRST; j < FIRST + sizeof keys / sizeof *keys; j++) {
                table_error(table, j, SD);
                if (j != FIRST && j != SD) /* neither the mean nor the SD */
                    table_flags(table, j, COLUMN_DATA);
            }
            small_histogram_columns(table);
        }
        if (!take_moments(chosen[k], data->rows, &moments))
            return fail_memory(err);
        row = table_row(table);
        table_text(table, row, 0, chosen[k]->name);
        table_integer(table, row, 1, (long long)moments.n);
        table_integer(table, row, 2, (long long)chosen[k]->missing);
        if (moments.n > 0)
            table_real(table, row, 3, moments.mean);
        if (moments.n > 1 && isnan(moments.sd)) /* of infinite values */
            table_none(table, row, 4);
        else if (moments.n > 1)
            table_real(table, row, 4, moments.sd);
        for (size_t q = 0; moments.n > 0 && q < 5; q++)
            table_real(table, row, 5 + q, moments.quartiles[q]);
        small_histogram_lay(&histogram, chosen[k], data->rows);
        small_histogram_fill(&histogram, chosen[k], data->rows);
        small_histogram_show(result, table, row, 10, &histogram, charset);
    }
    if (table == NULL)
        result_value(result, "numbers", value_array(result->arena));
    return true;
}

/* --- dates -------------------------------------------------------------------------------------- */

static bool add_dates(struct result *result, const struct frame *data, const struct column *const *chosen, size_t count)
{
    static const int shown[] = { 0, 2, 4 }; /* of the quartiles */
    struct table *table = NULL;
    struct sample_moments moments;
    char buffer[40];

    for (size_t k = 0; k < count; k++) {
        size_t row;

        if (chosen[k]->type != COLUMN_DATE)
            continue;
        if (table == NULL) {
            result_line(result, LINE_BLANK, " ");
            table = result_table(result, "dates", NULL);
            table_column(table, "name", "date", CELL_TEXT);
            table_column(table, "n", "n", CELL_INTEGER);
            add_missing_column(table, chosen, count);
            table_column(table, "min", "first", CELL_TEXT);
            table_column(table, "median", "median", CELL_TEXT);
            table_column(table, "max", "last", CELL_TEXT);
        }
        if (!take_moments(chosen[k], data->rows, &moments))
            return false;
        row = table_row(table);
        table_text(table, row, 0, chosen[k]->name);
        table_integer(table, row, 1, (long long)moments.n);
        table_integer(table, row, 2, (long long)chosen[k]->missing);
        for (size_t q = 0; moments.n > 0 && q < 3; q++)
            table_text(table, row, 3 + q, date_text((int32_t)floor(moments.quartiles[shown[q]]), buffer));
    }
    return true;
}

/* --- factors ------------------------------------------------------------------------------------ */

/* Rows by level (new): of a logical, FALSE and TRUE. */
static size_t *count_levels(const struct column *column, size_t rows, size_t *levels)
{
    size_t *counts;

    *levels = column->type == COLUMN_LOGICAL ? 2 : (size_t)column->level_count;
    counts = mem_zalloc(*levels, sizeof *counts);
    for (size_t i = 0; counts != NULL && i < rows; i++)
        if (!column_missing(column, i))
            counts[column->type == COLUMN_LOGICAL ? column->as.logical[i] : column->as.code[i]]++;
    return counts;
}

static const char *level_name(const struct column *column, size_t level)
{
    if (column->type == COLUMN_LOGICAL)
        return level == 0 ? "FALSE" : "TRUE";
    return column->levels[level];
}

/* The list of the levels is for JSON; the result is kept, and must not outgrow the data unless that was asked for. */
static void add_factor(struct table *table, struct result *result, const struct column *column, size_t rows, const size_t *counts,
                       size_t levels, bool named)
{
    size_t row = table_row(table), least = rows, most = 0;
    struct value *list = value_array(result->arena);
    bool listed = levels <= NAMED_LEVELS || named;

    for (size_t l = 0; l < levels; l++) {
        if (listed) {
            struct value *one = value_append(list, value_object(result->arena));

            value_set(result->arena, one, "level", value_string(result->arena, level_name(column, l)));
            value_set(result->arena, one, "count", value_integer(result->arena, (long long)counts[l]));
        }
        least = counts[l] < least ? counts[l] : least;
        most = counts[l] > most ? counts[l] : most;
    }
    table_text(table, row, 0, column->name);
    table_integer(table, row, 1, (long long)(rows - column->missing));
    table_integer(table, row, 2, (long long)column->missing);
    table_integer(table, row, 3, (long long)levels);
    if (levels > 0) {
        table_integer(table, row, 4, (long long)least);
        table_integer(table, row, 5, (long long)most);
    }
    if (listed)
        table_value(table, row, 6, list);
}

/* The counts of each level, in text; JSON has them with the factor. */
static void add_counts(struct result *result, const struct column *column, size_t rows, const size_t *counts, size_t levels,
                       bool named)
{
    struct table *table;
    size_t row, present = rows - column->missing;

    if (levels == 0 || (levels > FEW_LEVELS && !named))
        return;
    result_line(result, LINE_BLANK, " ");
    table = result_table(result, NULL, NULL);
    table_column(table, "level", column->name, CELL_TEXT);
    table_column(table, "count", "rows", CELL_INTEGER);
    table_column(table, "share", "share", CELL_PERCENT);
    for (size_t l = 0; l < levels; l++) {
        row = table_row(table);
        table_text(table, row, 0, level_name(column, l));
        table_integer(table, row, 1, (long long)counts[l]);
        if (present > 0)
            table_real(table, row, 2, (double)counts[l] / (double)present);
    }
}

static bool add_factors(struct result *result, const struct frame *data, const struct column *const *chosen, size_t count,
                        bool named)
{
    struct table *table = NULL;
    size_t *counts, levels;

    for (int pass = 0; pass < 2; pass++) { /* all factors first, then the levels of each */
        for (size_t k = 0; k < count; k++) {
            if (column_is_number(chosen[k]) || chosen[k]->type == COLUMN_DATE)
                continue;
            if (table == NULL) {
                result_line(result, LINE_BLANK, " ");
                table = result_table(result, "factors", NULL);
                table_column(table, "name", "factor", CELL_TEXT);
                table_column(table, "n", "n", CELL_INTEGER);
                add_missing_column(table, chosen, count);
                table_column(table, "level_count", "levels", CELL_INTEGER);
                table_column(table, "least", "fewest rows", CELL_INTEGER);
                table_column(table, "most", "most rows", CELL_INTEGER);
                table_flags(table, table_column(table, "levels", "levels", CELL_VALUE), COLUMN_NOT_TEXT);
            }
            counts = count_levels(chosen[k], data->rows, &levels);
            if (counts == NULL)
                return false;
            if (pass == 0)
                add_factor(table, result, chosen[k], data->rows, counts, levels, named);
            else
                add_counts(result, chosen[k], data->rows, counts, levels, named);
            mem_free(counts);
        }
    }
    if (table == NULL)
        result_value(result, "factors", value_array(result->arena));
    return true;
}

/* --- by groups ---------------------------------------------------------------------------------- */

/* A row of a group, in the table of one variable. */
static bool add_group(struct result *result, struct table *table, const struct frame *part, const char *name, const char *group,
                      struct small_histogram *histogram, enum charset charset)
{
    const struct column *column = frame_find(part, name);
    struct sample_moments m;
    size_t row;

    if (!take_moments(column, part->rows, &m))
        return false;
    row = table_row(table);
    table_text(table, row, 0, group);
    table_integer(table, row, 1, (long long)m.n);
    table_integer(table, row, 2, (long long)column->missing);
    if (m.n > 0)
        table_real(table, row, 3, m.mean);
    if (m.n > 1 && isnan(m.sd))
        table_none(table, row, 4);
    else if (m.n > 1)
        table_real(table, row, 4, m.sd);
    for (size_t q = 0; m.n > 0 && q < 5; q += 2)
        table_real(table, row, 5 + q / 2, m.quartiles[q]);
    small_histogram_fill(histogram, column, part->rows);
    small_histogram_show(result, table, row, 8, histogram, charset);
    return true;
}

/* The rows of one group, and the values of `by` that make it. */
static struct frame *part_of(const struct frame *data, const struct grouping *grouping, size_t group, size_t *source,
                             struct glmm_error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < data->rows; i++)
        if (grouping->code[i] >= 0 && (size_t)grouping->code[i] == group)
            source[count++] = i;
    return frame_rows(data, source, count, err);
}

static struct table *group_table(struct result *result, const struct column *column, const struct grouping *grouping)
{
    static const char *const keys[] = { "mean", "sd", "min", "median", "max" };
    struct table *table = result_table(result, column->name, column->name);
    struct text title = { 0 };

    for (size_t k = 0; k < grouping->name_count; k++)
        text_addf(&title, "%s%s", k == 0 ? "" : ", ", grouping->names[k]);
    table_column(table, "group", text_string(&title), CELL_TEXT);
    table_column(table, "n", "n", CELL_INTEGER);
    table_column(table, "missing", "missing", CELL_INTEGER);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        table_column(table, keys[k], keys[k], CELL_REAL);
    small_histogram_columns(table);
    if (column->missing == 0)
        table_flags(table, 2, COLUMN_NOT_TEXT);
    result->failed = result->failed || title.failed;
    text_clear(&title);
    return table;
}

static bool add_by_groups(struct result *result, const struct frame *data, const struct column *const *chosen, size_t count,
                          const struct grouping *grouping, enum charset charset, struct glmm_error *err)
{
    struct table **tables = arena_alloc(result->arena, count + 1, sizeof *tables);
    struct small_histogram *histograms = arena_alloc(result->arena, count + 1, sizeof *histograms);
    size_t *source = mem_alloc(data->rows, sizeof *source);
    bool ok = (tables != NULL && histograms != NULL && source != NULL) || fail_memory(err);

    for (size_t k = 0; ok && k < count; k++) {
        tables[k] = column_is_number(chosen[k]) ? group_table(result, chosen[k], grouping) : NULL;
        if (tables[k] != NULL)
            small_histogram_lay(&histograms[k], chosen[k], data->rows); /* the same bins in each group */
    }
    for (size_t g = 0; ok && g < grouping->count; g++) {
        struct frame *part = part_of(data, grouping, g, source, err);
        struct text name = { 0 };

        row_groups_name(grouping, data, g, &name);
        ok = part != NULL && (!name.failed || fail_memory(err));
        for (size_t k = 0; ok && k < count; k++)
            ok = tables[k] == NULL
                 || add_group(result, tables[k], part, chosen[k]->name, text_string(&name), &histograms[k], charset)
                 || fail_memory(err);
        text_clear(&name);
        frame_free(part);
    }
    mem_free(source);
    return ok;
}

/* A note on the variables that are no numbers, of which groups show nothing; `by`: the group. */
static void add_rest(struct result *result, const struct column *const *chosen, size_t count, const struct expr *by)
{
    struct text names = { 0 };
    const char *last = NULL;
    size_t rest = 0, factors = 0;

    for (size_t k = 0; k < count; k++)
        if (!column_is_number(chosen[k])) {
            factors += chosen[k]->type == COLUMN_FACTOR;
            last = chosen[k]->name;
            text_addf(&names, "%s%s", rest++ == 0 ? "" : ", ", last);
        }
    if (rest == 1 && factors == 1 && by->kind == EXPR_NAME) {
        result_line(result, LINE_NOTE, "%s is no number; its levels by group:", last);
        result_line(result, LINE_VERBATIM, "    tabulate %s %s", verb_name(result->arena, last),
                    verb_name(result->arena, by->text));
    } else if (rest > 0)
        result_line(result, LINE_NOTE, "%s %s, and not shown by group%s", text_string(&names),
                    rest == 1 ? "is no number" : "are no numbers", factors == 0 ? "" : "; tabulate counts levels");
    result->failed = result->failed || names.failed;
    text_clear(&names);
}

/* --- the command -------------------------------------------------------------------------------- */

/* The named columns, or all; the arena's. */
static const struct column **choose(const struct call *call, const struct frame *data, size_t *count, struct glmm_error *err)
{
    const struct column **chosen;
    int words = call->word_count - (verb_group_word(call, data) == NULL ? 0 : 2);

    *count = words > 0 ? (size_t)words : data->column_count;
    chosen = arena_alloc(call->arena, *count, sizeof *chosen);
    if (chosen == NULL) {
        fail_memory(err);
        return NULL;
    }
    for (size_t k = 0; k < *count; k++) {
        chosen[k] = words > 0 ? frame_need(data, call->words[k].text, call->words[k].at, err) : &data->columns[k];
        if (chosen[k] == NULL)
            return NULL;
    }
    return chosen;
}

static bool describe_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err);
    const struct column **chosen;
    const struct describe_options *options = call->options;
    struct grouping grouping = { 0 };
    const struct expr *by;
    struct result *result;
    size_t count;
    bool ok;

    if (data == NULL || (chosen = choose(call, data, &count, err)) == NULL || !verb_by(call, data, options->by, &by, err))
        return false;
    if (by != NULL && !row_groups_make(data, by, &grouping, err)) {
        verb_by_place(call, data, err);
        return false;
    }
    result = result_new("describe");
    if (result == NULL) {
        row_groups_clear(&grouping);
        return fail_memory(err);
    }
    result_string(result, "data", data->name);
    result_integer(result, "rows", (long long)data->rows);
    result_line(result, LINE_TITLE, "%s: %zu row%s", data->name, data->rows, data->rows == 1 ? "" : "s");
    ok = by != NULL
             ? add_by_groups(result, data, chosen, count, &grouping, session_style(session).charset, err)
             : add_numbers(session, result, data, chosen, count, err)
                   && ((add_dates(result, data, chosen, count) && add_factors(result, data, chosen, count, call->word_count > 0))
                       || fail_memory(err));
    if (by != NULL) {
        if (count < data->column_count)
            add_rest(result, chosen, count, by);
        verb_outside(result, &grouping, data->rows);
    }
    row_groups_clear(&grouping);
    if (!ok) {
        result_free(result);
        return false;
    }
    imputation_notes(result, data, 0);
    return session_emit(session, result, err);
}

static const enum complete describe_complete[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

static const struct example describe_examples[] = { { "load sleepstudy; describe", "all variables" },
                                                    { "load pastes; describe strength batch", "some of them" },
                                                    { "load machines; describe Worker",
                                                      "a named factor with the rows of each level" },
                                                    { "load machines; describe score by Machine", "a number in each group" },
                                                    { NULL, NULL } };

const struct command command_describe = {
    .name = "describe",
    .usage = "describe [VARIABLE...] [by GROUP]",
    .brief = "summarize the variables of the data",
    .help = "Numbers: how many, how many missing, mean, standard deviation (n - 1), minimum, quartiles and maximum "
            "(quantiles interpolate between order statistics, R's type 7). Dates: the first, the median and the last. Factors "
            "and logicals: levels, and the rows of "
            "the rarest and the commonest; the rows of each level where there are at most 12 levels or the variable is "
            "named. With by (or by=) the numbers alone, in each group. A small histogram has at most ten bins from the minimum "
            "to the "
            "maximum, "
            "in each group the same; _ is an empty one, and its tallest the fullest. As JSON the levels of a variable that is "
            "not named are listed up "
            "to 1000 of them (null for more).",
    .arguments = ARGUMENT_WORDS,
    .complete = describe_complete,
    .options = describe_option_table,
    .options_size = sizeof(struct describe_options),
    .examples = describe_examples,
    .run = describe_run,
};
