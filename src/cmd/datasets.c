/* datasets.c -- lists the data sets of the session and the bundled examples. */
#include "lang/command.h"
#include "session/bundled.h"
#include "session/session.h"

static void add_loaded(struct result *result, const struct session *session)
{
    struct table *table;
    size_t row;

    if (session->datasets == NULL) {
        result_value(result, "loaded", value_array(result->arena));
        return;
    }
    result_line(result, LINE_TITLE, "Loaded");
    table = result_table(result, "loaded", NULL);
    table_column(table, "name", "name", CELL_TEXT);
    table_column(table, "rows", "rows", CELL_INTEGER);
    table_column(table, "columns", "variables", CELL_INTEGER);
    table_column(table, "source", "from", CELL_TEXT);
    table_flags(table, table_column(table, "current", "current", CELL_VALUE), COLUMN_NOT_TEXT);
    table_flags(table, table_column(table, "mark", "", CELL_TEXT), COLUMN_NOT_JSON);
    for (const struct dataset *d = session->datasets; d != NULL; d = d->next) {
        row = table_row(table);
        table_text(table, row, 0, d->frame->name);
        table_integer(table, row, 1, (long long)d->frame->rows);
        table_integer(table, row, 2, (long long)d->frame->column_count);
        table_text(table, row, 3, d->frame->source);
        table_value(table, row, 4, value_bool(result->arena, d->frame == session->data));
        if (d->frame == session->data)
            table_text(table, row, 5, "current");
    }
    result_line(result, LINE_BLANK, " ");
}

/* The columns of the index that hold numbers, and those that only JSON and CSV show. */
static const struct {
    const char *key, *heading;
    enum cell_kind kind;
    unsigned flags;
} example_columns[] = {
    { "name", "name", CELL_TEXT, 0 },
    { "rows", "rows", CELL_INTEGER, 0 },
    { "columns", "variables", CELL_INTEGER, COLUMN_NOT_TEXT },
    { "study", "study", CELL_TEXT, 0 },
    { "source", "source", CELL_TEXT, 0 },
    { "from", "from", CELL_TEXT, COLUMN_NOT_TEXT },
    { "formula", "formula", CELL_TEXT, COLUMN_NOT_TEXT },
    { "family", "family", CELL_TEXT, COLUMN_NOT_TEXT },
};

enum { EXAMPLE_COLUMNS = sizeof example_columns / sizeof *example_columns };

static void add_examples(struct result *result, const struct frame *index)
{
    struct table *table;
    char buffer[40];

    result_line(result, LINE_TITLE, "Bundled examples (load NAME)");
    table = result_table(result, "examples", NULL);
    for (size_t k = 0; k < EXAMPLE_COLUMNS; k++)
        table_flags(table, table_column(table, example_columns[k].key, example_columns[k].heading, example_columns[k].kind),
                    example_columns[k].flags);
    for (size_t i = 0; i < index->rows; i++) {
        size_t row = table_row(table);

        for (size_t k = 0; k < EXAMPLE_COLUMNS; k++) {
            const struct column *column = frame_find(index, example_columns[k].key);

            if (column == NULL || column_missing(column, i))
                continue;
            if (example_columns[k].kind == CELL_INTEGER)
                table_integer(table, row, k, (long long)column_real(column, i));
            else
                table_text(table, row, k, column_text(column, i, buffer));
        }
    }
}

static bool datasets_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct frame *index = bundled_index(err);
    struct result *result;

    (void)call;
    if (index == NULL)
        return false;
    result = result_new("datasets");
    if (result == NULL) {
        frame_free(index);
        return fail_memory(err);
    }
    add_loaded(result, session);
    add_examples(result, index);
    result_line(result, LINE_NEXT, "next: load NAME | describe | head");
    frame_free(index);
    return session_emit(session, result, err);
}

static const struct example datasets_examples[] = { { "datasets", "the bundled examples" },
                                                    { "load sleepstudy; load pastes as p; datasets", "and what is loaded" },
                                                    { NULL, NULL } };

const struct command command_datasets = {
    .name = "datasets",
    .usage = "datasets",
    .brief = "list the loaded data sets and the bundled examples",
    .help = "Lists the data sets of this session, the current one marked, and the examples that come with mixsh, each with "
            "a line on the study, its size and its source. As JSON (set format json, or last json) each example also has a "
            "model to begin with.",
    .arguments = ARGUMENT_NONE,
    .examples = datasets_examples,
    .run = datasets_run,
};
