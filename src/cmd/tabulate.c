/* tabulate.c -- counts of one variable or of two, with shares and Pearson's chi-squared; missing: where values are missing. */
#include "cmd/verb.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "infer/independence.h"
#include "report/imputed.h"
#include "report/naming.h"

enum { MOST_COLUMNS = 60 };

/* A variable as codes; owned. */
struct coded {
    const char *name;
    int32_t *code, count;
    char **levels;
};

static bool code_variable(struct coded *out, const struct column *column, size_t rows, struct glmm_error *err)
{
    out->name = column->name;
    return column_as_factor(column, rows, &out->code, &out->levels, &out->count, err);
}

static void coded_clear(struct coded *coded)
{
    for (int32_t l = 0; l < coded->count; l++)
        mem_free(coded->levels[l]);
    mem_free(coded->levels);
    mem_free(coded->code);
}

/* Counts of the rows of one stratum (-1: all): a.count x b.count, row by row. */
static double *count_pairs(const struct coded *a, const struct coded *b, const struct coded *by, int32_t stratum, size_t rows)
{
    double *counts = mem_zalloc((size_t)a->count * (size_t)b->count, sizeof *counts);

    assert(rows == 0 || (a->code != NULL && b->code != NULL && (stratum < 0 || by->code != NULL)));
    for (size_t i = 0; counts != NULL && i < rows; i++)
        if (a->code[i] >= 0 && b->code[i] >= 0 && (stratum < 0 || by->code[i] == stratum))
            counts[(size_t)a->code[i] * (size_t)b->count + (size_t)b->code[i]] += 1.0;
    return counts;
}

static void add_one(struct result *result, const struct coded *a, const double *counts, const char *key)
{
    struct table *table = result_table(result, key, NULL);
    double total = 0.0, below = 0.0;
    size_t row;

    table_column(table, "level", a->name, CELL_TEXT);
    table_column(table, "count", "rows", CELL_INTEGER);
    table_column(table, "share", "share", CELL_PERCENT);
    table_column(table, "cumulative", "up to it", CELL_PERCENT);
    for (int32_t l = 0; l < a->count; l++)
        total += counts[l];
    for (int32_t l = 0; l < a->count; l++) {
        below += counts[l];
        row = table_row(table);
        table_text(table, row, 0, a->levels[l]);
        table_integer(table, row, 1, (long long)counts[l]);
        if (total > 0.0) {
            table_real(table, row, 2, counts[l] / total);
            table_real(table, row, 3, below / total);
        }
    }
}

enum shares { SHARES_NONE, SHARES_ROWS, SHARES_COLUMNS };

/* The table of two: counts, or shares of the rows or the columns. */
static void add_two(struct result *result, const struct coded *a, const struct coded *b, const double *counts, enum shares shares,
                    const char *key)
{
    struct table *table = result_table(result, key,
                                       shares == SHARES_NONE   ? NULL
                                       : shares == SHARES_ROWS ? "shares of each row"
                                                               : "shares of each column");
    bool share = shares != SHARES_NONE;
    size_t last;

    table_column(table, "level", share ? NULL : a->name, CELL_TEXT);
    for (int32_t j = 0; j < b->count; j++)
        table_column(table, b->levels[j], arena_printf(result->arena, "%s %s", b->name, b->levels[j]),
                     share ? CELL_PERCENT : CELL_INTEGER);
    last = share ? 0 : table_column(table, "total", "all", CELL_INTEGER);
    for (int32_t i = 0; i < a->count + !share; i++) {
        size_t row = table_row(table);
        double sum = 0.0, whole;

        table_text(table, row, 0, i < a->count ? a->levels[i] : "all");
        for (int32_t j = 0; j < b->count; j++) {
            double column = 0.0, cell;

            for (int32_t k = 0; k < a->count; k++)
                column += counts[k * b->count + j];
            cell = i < a->count ? counts[i * b->count + j] : column;
            whole = column;
            for (int32_t k = 0; shares == SHARES_ROWS && k < b->count; k++)
                whole = k == 0 ? counts[i * b->count] : whole + counts[i * b->count + k];
            sum += cell;
            if (!share)
                table_integer(table, row, (size_t)j + 1, (long long)cell);
            else if (whole > 0.0)
                table_real(table, row, (size_t)j + 1, cell / whole);
        }
        if (!share)
            table_integer(table, row, last, (long long)sum);
    }
}

static void add_test(struct result *result, const struct coded *a, const struct coded *b, const double *counts)
{
    struct independence test;
    struct item *fields;

    if (!independence_test(counts, a->count, b->count, &test))
        return;
    fields = result_fields(result);
    field_real(result, fields, "chisq", "chi-squared", test.statistic, 2);
    field_integer(result, fields, "df", "df", (long long)test.df);
    field_p(result, fields, "p", "p", test.p);
    result_real(result, "least_expected", test.least);
    if (test.least < 5.0)
        result_line(result, LINE_NOTE,
                    "an expected count is only %.2g: the p-value is rough; rows of one group are not independent", test.least);
    else
        result_line(result, LINE_NOTE, "rows of one group are not independent, which this test takes them to be");
}

/* One stratum. */
static struct result *stratum_result(const struct frame *data, const struct coded *a, const struct coded *b,
                                     const struct coded *by, int32_t stratum)
{
    struct result *result = result_new("tabulate");
    struct coded one = { .name = "", .code = NULL, .count = 1 };
    int32_t *zeros = b != NULL ? NULL : mem_zalloc(data->rows, sizeof *zeros);
    double *counts;
    size_t n = 0;

    if (result == NULL || (b == NULL && zeros == NULL)) {
        mem_free(zeros);
        result_free(result);
        return NULL;
    }
    one.code = zeros;
    counts = count_pairs(a, b == NULL ? &one : b, by, stratum, data->rows);
    for (int32_t k = 0; counts != NULL && k < a->count * (b == NULL ? 1 : b->count); k++)
        n += (size_t)counts[k];
    result->failed = result->failed || counts == NULL;
    result_string(result, "data", data->name);
    result_integer(result, "n", (long long)n);
    result_integer(result, "missing", (long long)(data->rows - n));
    if (by != NULL)
        result_string(result, "stratum", by->levels[stratum]);
    result_line(result, LINE_TITLE, "%s%s%s: %zu rows", by == NULL ? data->name : by->name, by == NULL ? "" : " ",
                by == NULL ? "" : by->levels[stratum], n);
    if (counts != NULL && b == NULL)
        add_one(result, a, counts, "counts");
    if (counts != NULL && b != NULL) {
        add_two(result, a, b, counts, SHARES_NONE, "counts");
        add_two(result, a, b, counts, SHARES_ROWS, "row_shares");
        add_two(result, a, b, counts, SHARES_COLUMNS, "column_shares");
        add_test(result, a, b, counts);
    }
    if (by == NULL && data->rows > n)
        result_line(result, LINE_NOTE, "%s not counted, for a value is missing",
                    verb_count(result->arena, data->rows - n, "row"));
    mem_free(counts);
    mem_free(zeros);
    return result;
}

/* tabulate -> A [ B ] [ 'by' C ] */
struct tabulate_options {
    const char *by;
};

static const struct option tabulate_option_table[] = { { .name = "by",
                                                         .type = OPTION_WORD,
                                                         .offset = offsetof(struct tabulate_options, by),
                                                         .complete = COMPLETE_VARIABLE,
                                                         .word = "C",
                                                         .help = "as the words by C: a table for each value" },
                                                       { .name = NULL } };

static bool read_variables(const struct call *call, const struct frame *data, const struct column *found[3],
                           struct glmm_error *err)
{
    const struct tabulate_options *options = call->options;
    int place = 0;

    if (call->word_count == 0)
        return fail(err, GLMM_E_USAGE, NOWHERE, "tabulate which variables?");
    for (int k = 0; k < call->word_count; k++) {
        const struct word *word = &call->words[k];

        if (!word->quoted && strcmp(word->text, "by") == 0 && k > 0 && place < 3 && k + 2 == call->word_count) {
            place = 2;
            continue;
        }
        if (place > 2 || (place == 2 && found[2] == NULL && strcmp(call->words[k - 1].text, "by") != 0))
            return fail(err, GLMM_E_USAGE, word->at, "two variables at most, and by a third");
        if ((found[place++] = frame_need(data, word->text, word->at, err)) == NULL)
            return false;
    }
    if (options->by == NULL)
        return true;
    if (found[2] != NULL)
        return fail(err, GLMM_E_USAGE, call_option_at(call, "by"), "by is there twice");
    return (found[2] = frame_need(data, options->by, call_option_at(call, "by"), err)) != NULL;
}

static bool tabulate_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err);
    const struct column *found[3] = { NULL };
    struct coded coded[3] = { { 0 } };
    struct result *answer = NULL, *last;
    bool ok = data != NULL && read_variables(call, data, found, err);

    for (int k = 0; ok && k < 3; k++)
        ok = found[k] == NULL || code_variable(&coded[k], found[k], data->rows, err);
    if (ok && found[1] != NULL && coded[1].count > MOST_COLUMNS) {
        ok = fail(err, GLMM_E_LIMIT, call->words[1].at, "%s has %d values, too many for the columns of a table", found[1]->name,
                  (int)coded[1].count);
        error_hint(err, "the one with fewer values stands second");
    }
    for (int32_t s = found[2] == NULL ? -1 : 0; ok && s < (found[2] == NULL ? 0 : coded[2].count); s++) {
        struct result *part =
            stratum_result(data, &coded[0], found[1] == NULL ? NULL : &coded[1], found[2] == NULL ? NULL : &coded[2], s);

        ok = part != NULL || fail_memory(err);
        if (ok)
            result_append(&answer, part);
    }
    for (int k = 0; k < 3; k++)
        coded_clear(&coded[k]);
    if (ok && answer == NULL)
        ok = fail(err, GLMM_E_DATA, NOWHERE, "there is nothing to count");
    if (!ok) {
        result_free(answer);
        return false;
    }
    for (last = answer; last->next != NULL;)
        last = last->next;
    imputation_notes(last, data, 0);
    return session_emit(session, answer, err);
}

static const enum complete variables[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

static const struct example tabulate_examples[] = {
    { "load bacteria; tabulate trt", "counts, shares, shares up to it" },
    { "load bacteria; tabulate trt y", "two variables: counts, shares of rows and of columns, chi-squared" },
    { "load verbagg; tabulate btype r2 by Gender", "the same for each value of a third" },
    { NULL, NULL }
};

const struct command command_tabulate = {
    .name = "tabulate",
    .usage = "tabulate A [B] [by C]",
    .brief = "counts of one variable, or of two",
    .help = "One variable: the rows of each value, their shares, and the share up to it. Two: the counts, the shares of each "
            "row and of each column, and Pearson's chi-squared test of independence, which knows nothing of groups. With by a "
            "table for each value of C. Rows with a missing value are counted apart.",
    .arguments = ARGUMENT_WORDS,
    .complete = variables,
    .options = tabulate_option_table,
    .options_size = sizeof(struct tabulate_options),
    .examples = tabulate_examples,
    .run = tabulate_run,
};

/* --- missing ------------------------------------------------------------------------------------ */

struct missing_options {
    const char *by;
};

static const struct option missing_option_table[] = { { .name = "by",
                                                        .type = OPTION_VARIABLE,
                                                        .offset = offsetof(struct missing_options, by),
                                                        .word = "GROUP",
                                                        .help = "missing values in each of these groups" },
                                                      { .name = NULL } };

/* The variables with missing values, in the order of the data; the arena's. */
static const struct column **holed(struct arena *arena, const struct frame *data, size_t *count)
{
    const struct column **list = arena_alloc(arena, data->column_count + 1, sizeof *list);

    *count = 0;
    for (size_t j = 0; list != NULL && j < data->column_count; j++)
        if (data->columns[j].missing > 0)
            list[(*count)++] = &data->columns[j];
    return list;
}

static void add_groups(struct result *result, const struct frame *data, const struct grouping *grouping,
                       const struct column *const *list, size_t count)
{
    struct table *table = result_table(result, "groups", NULL);
    size_t *cells = mem_zalloc(grouping->count * (count + 1), sizeof *cells);
    struct text name = { 0 }, title = { 0 };

    for (size_t k = 0; k < grouping->name_count; k++)
        text_addf(&title, "%s%s", k == 0 ? "" : ", ", grouping->names[k]);
    table_column(table, "group", text_string(&title), CELL_TEXT);
    table_column(table, "rows", "rows", CELL_INTEGER);
    for (size_t k = 0; k < count; k++)
        table_column(table, list[k]->name, list[k]->name, CELL_INTEGER);
    for (size_t i = 0; cells != NULL && i < data->rows; i++) {
        if (grouping->code[i] < 0)
            continue;
        cells[(size_t)grouping->code[i] * (count + 1)]++;
        for (size_t k = 0; k < count; k++)
            cells[(size_t)grouping->code[i] * (count + 1) + k + 1] += column_missing(list[k], i);
    }
    for (size_t g = 0; cells != NULL && g < grouping->count; g++) {
        size_t row = table_row(table);

        text_truncate(&name, 0);
        row_groups_name(grouping, data, g, &name);
        table_text(table, row, 0, text_string(&name));
        for (size_t k = 0; k <= count; k++)
            table_integer(table, row, k + 1, (long long)cells[g * (count + 1) + k]);
    }
    result->failed = result->failed || cells == NULL || name.failed || title.failed;
    mem_free(cells);
    text_clear(&name);
    text_clear(&title);
}

struct pattern {
    size_t row, count; /* the first row that has it */
};

static bool same_pattern(const struct column *const *list, size_t count, size_t a, size_t b)
{
    for (size_t k = 0; k < count; k++)
        if (column_missing(list[k], a) != column_missing(list[k], b))
            return false;
    return true;
}

static int by_count(const void *a, const void *b)
{
    const struct pattern *x = a, *y = b;

    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : (x->row > y->row) - (x->row < y->row);
}

enum { MOST_PATTERNS = 200 };

/* Which variables are missing together, the commonest first; `x` marks a missing value. */
static void add_patterns(struct result *result, const struct frame *data, const struct column *const *list, size_t count)
{
    struct pattern patterns[MOST_PATTERNS] = { { 0 } };
    size_t found = 0, others = 0;
    struct table *table = result_table(result, "patterns", "Patterns");

    for (size_t i = 0; i < data->rows; i++) {
        size_t p = 0;

        while (p < found && !same_pattern(list, count, patterns[p].row, i))
            p++;
        if (p < found)
            patterns[p].count++;
        else if (found < MOST_PATTERNS)
            patterns[found++] = (struct pattern){ i, 1 };
        else
            others++;
    }
    qsort(patterns, found, sizeof *patterns, by_count);
    table_column(table, "rows", "rows", CELL_INTEGER);
    for (size_t k = 0; k < count; k++)
        table_column(table, list[k]->name, list[k]->name, CELL_TEXT);
    for (size_t p = 0; p < found; p++) {
        size_t row = table_row(table);

        table_integer(table, row, 0, (long long)patterns[p].count);
        for (size_t k = 0; k < count; k++)
            table_text(table, row, k + 1, column_missing(list[k], patterns[p].row) ? "x" : ".");
    }
    if (others > 0)
        result_line(result, LINE_NOTE, "%zu rows have still other patterns", others);
}

static void add_variables(struct result *result, const struct frame *data, const struct column *const *list, size_t count)
{
    struct table *table = result_table(result, "variables", NULL);

    table_column(table, "name", "variable", CELL_TEXT);
    table_column(table, "missing", "missing", CELL_INTEGER);
    table_column(table, "share", "share", CELL_PERCENT);
    for (size_t k = 0; k < count; k++) {
        size_t row = table_row(table);

        table_text(table, row, 0, list[k]->name);
        table_integer(table, row, 1, (long long)list[k]->missing);
        table_real(table, row, 2, (double)list[k]->missing / (double)data->rows);
    }
}

static bool missing_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct missing_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    struct grouping grouping = { 0 };
    const struct column **list;
    const struct expr *by;
    struct result *result;
    size_t count, complete = 0;

    if (data == NULL || !verb_by(call, data, options->by, &by, err))
        return false;
    if (call->word_count > (verb_group_word(call, data) == NULL ? 0 : 2))
        return fail(err, GLMM_E_USAGE, call->words[0].at, "`missing` looks at all variables; `keep` chooses some");
    if (by != NULL && !row_groups_make(data, by, &grouping, err)) {
        verb_by_place(call, data, err);
        return false;
    }
    list = holed(call->arena, data, &count);
    result = list == NULL ? NULL : result_new("missing");
    if (result == NULL) {
        row_groups_clear(&grouping);
        return fail_memory(err);
    }
    for (size_t i = 0; i < data->rows; i++) {
        bool whole = true;

        for (size_t k = 0; k < count && whole; k++)
            whole = !column_missing(list[k], i);
        complete += whole;
    }
    result_string(result, "data", data->name);
    result_integer(result, "rows", (long long)data->rows);
    result_integer(result, "complete", (long long)complete);
    result_line(result, LINE_TITLE, "%s: %zu of %s without a missing value", data->name, complete,
                verb_count(result->arena, data->rows, "row"));
    if (count > 0) {
        add_variables(result, data, list, count);
        add_patterns(result, data, list, count);
        if (by != NULL)
            add_groups(result, data, &grouping, list, count);
    }
    if (by != NULL)
        verb_outside(result, &grouping, data->rows);
    row_groups_clear(&grouping);
    imputation_notes(result, data, 0);
    return session_emit(session, result, err);
}

static const struct example missing_examples[] = {
    { "load sleepstudy; let Reaction = ifelse(Days > 7 & Reaction > 400, NA, Reaction); missing by Days", "who drops out when" },
    { NULL, NULL }
};

const struct command command_missing = {
    .name = "missing",
    .usage = "missing [by GROUP]",
    .brief = "where values are missing, and which together",
    .help = "The variables with missing values, and the patterns: which of them are missing in the same rows (x), the commonest "
            "first. With by (or by=) how many are missing in each group: by the visit it shows who drops out when. A model "
            "leaves out "
            "the rows in which one of its variables is missing, and says how many.",
    .arguments = ARGUMENT_WORDS,
    .complete = variables,
    .options = missing_option_table,
    .options_size = sizeof(struct missing_options),
    .examples = missing_examples,
    .run = missing_run,
};
