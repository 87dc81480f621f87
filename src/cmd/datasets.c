/* datasets.c -- lists the data sets of the session and the bundled examples. */
#include "cmd/command.h"
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

/* The text of a column of the index; NULL where it is not there. */
static const char *entry(const struct frame *index, const char *name, size_t row, char buffer[40])
{
    const struct column *column = frame_find(index, name);

    return column == NULL || column_missing(column, row) ? NULL : column_text(column, row, buffer);
}

static void add_examples(struct result *result, const struct frame *index)
{
    static const char *const keys[] = { "name", "rows", "columns", "study", "source", "formula", "family" };
    static const char *const headings[] = { "name", "rows", "variables", "study", "source", "formula", "family" };
    struct table *table;
    char buffer[40];

    result_line(result, LINE_TITLE, "Bundled examples (load NAME)");
    table = result_table(result, "examples", NULL);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        bool size = k == 1 || k == 2;
        size_t column = table_column(table, keys[k], headings[k], size ? CELL_INTEGER : CELL_TEXT);

        if (k >= 5)
            table_flags(table, column, COLUMN_NOT_TEXT);
    }
    for (size_t i = 0; i < index->rows; i++) {
        size_t row = table_row(table);

        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            const struct column *column = frame_find(index, keys[k]);

            if (k == 1 || k == 2) {
                if (column != NULL && !column_missing(column, i))
                    table_integer(table, row, k, (long long)column_real(column, i));
            } else {
                table_text(table, row, k, entry(index, keys[k], i, buffer));
            }
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

static const struct example datasets_examples[] = {
    { "datasets", "the bundled examples" },
    { "load sleepstudy; load pastes as p; datasets", "and what is loaded" },
    { NULL, NULL }
};

const struct command command_datasets = {
    .name = "datasets",
    .usage = "datasets",
    .brief = "list the loaded data sets and the bundled examples",
    .help = "Lists the data sets of this session, the current one marked, and the examples that come with mixsh, each with a line on the "
            "study, its size and its source. As JSON (set format json, or last json) each example also has a model to begin with.",
    .arguments = ARGUMENT_NONE,
    .examples = datasets_examples,
    .run = datasets_run,
};
