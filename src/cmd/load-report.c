/* load-report.c -- what load prints: the variables, and in words what was noticed while the file was read. */
#include "cmd/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/date.h"
#include "report/imputed.h"
#include "result/number.h"
#include "session/bundled.h"

/* --- the variables ------------------------------------------------------------------------------ */

/* What stands between levels: a semicolon where they have commas in them. */
static const char *level_separator(const struct column *column)
{
    enum { SHOWN = 20 };

    for (int32_t i = 0; i < column->level_count && i < SHOWN; i++)
        if (memchr(column->levels[i], ',', strnlen(column->levels[i], 200)) != NULL)
            return "; ";
    return ", ";
}

/* A level, cut where it is long. */
static void add_level(struct text *out, const char *level, int room)
{
    char head[256];
    size_t length = strnlen(level, sizeof head - 1), fits;
    ptrdiff_t bad;

    memcpy(head, level, length);
    head[length] = '\0';
    if ((bad = utf8_invalid(head, length)) >= 0) /* a character that was cut */
        head[bad] = '\0';
    fits = utf8_prefix(head, room);
    text_addf(out, "%.*s%s", (int)fits, head, level[fits] != '\0' ? "..." : "");
}

/* An end of a range, `other` the other one: the usual digits, or as many as tell the two apart, without an exponent then. */
static const char *end_text(char buffer[NUMBER_SIZE], double x, double other, int digits)
{
    double size = fmax(fabs(x), fabs(other)), range = number_sound(fabs(x - other));
    int unit = range > 0 && isfinite(range) ? number_decade(range) : 0;

    if (range > 0 && isfinite(range) && size >= 1 && size < 1e15 && number_decade(size) - unit + 1 > digits)
        return number_fixed(buffer, x, unit < 0 ? -unit : 0);
    return number_with_error(buffer, x, range, 1, digits);
}

/* The first levels, or the range of the numbers. */
static void describe_values(struct text *out, const struct column *column, size_t rows, int digits)
{
    enum { ROOM = 34 };
    const char *between = column->type == COLUMN_FACTOR ? level_separator(column) : "";
    char buffer[NUMBER_SIZE];
    double low, high;

    for (int32_t i = 0; column->type == COLUMN_FACTOR && i < column->level_count; i++) {
        const char *level = column->levels[i];
        size_t length = strlen(level), fits = length > 4 * ROOM ? 4 * ROOM : utf8_prefix(level, ROOM);

        if (i > 0 && (fits < length || utf8_width(text_string(out)) + utf8_width(level) > ROOM)) {
            text_addf(out, "%s...", between);
            return;
        }
        text_add(out, i > 0 ? between : "");
        add_level(out, level, ROOM);
    }
    if (column->type == COLUMN_FACTOR)
        return;
    column_range(column, rows, &low, &high);
    if (isnan(low))
        text_add(out, "nothing but missing values");
    else if (column->type == COLUMN_DATE) {
        text_add(out, date_text((int32_t)low, buffer));
        if (low < high)
            text_addf(out, " to %s", date_text((int32_t)high, buffer));
    } else if (column->type == COLUMN_LOGICAL)
        text_add(out, low < high ? "FALSE, TRUE" : low > 0 ? "TRUE" : "FALSE");
    else { /* integers whole, others with the digits of what differs */
        bool whole = column->type == COLUMN_INTEGER || (number_is_whole(low) && number_is_whole(high));

        text_add(out, whole ? number_of_data(buffer, low, digits) : end_text(buffer, low, high, digits));
        if (low < high)
            text_addf(out, " to %s", whole ? number_of_data(buffer, high, digits) : end_text(buffer, high, low, digits));
    }
}

/* JSON names the levels of a factor that has at most NAMED_LEVELS: the result is kept, and must not outgrow the data. */
static void add_columns(struct result *result, const struct frame *frame, int digits)
{
    enum { NAMED_LEVELS = 1000, MOST_SHOWN = 200, SHOWN = 100 };
    struct table *table = result_table(result, "columns", NULL);
    struct text values = { 0 };

    table_column(table, "name", "variable", CELL_TEXT);
    table_column(table, "type", "type", CELL_TEXT);
    table_column(table, "levels", "levels", CELL_INTEGER);
    table_column(table, "missing", "missing", CELL_INTEGER);
    table_flags(table, table_column(table, "level_names", "level_names", CELL_VALUE), COLUMN_NOT_TEXT);
    table_flags(table, table_column(table, "values", "values", CELL_TEXT), COLUMN_NOT_JSON);
    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        size_t row = table_row(table);

        table_text(table, row, 0, column->name);
        table_text(table, row, 1, column_type_name(column->type));
        if (column->type == COLUMN_FACTOR) {
            table_integer(table, row, 2, column->level_count);
            if (column->level_count <= NAMED_LEVELS)
                table_value(table, row, 4,
                            value_strings(result->arena, (const char *const *)column->levels, (size_t)column->level_count));
        }
        table_integer(table, row, 3, (long long)column->missing);
        text_truncate(&values, 0);
        describe_values(&values, column, frame->rows, digits);
        table_text(table, row, 5, text_string(&values));
    }
    text_clear(&values);
    if (frame->column_count > MOST_SHOWN)
        table_show_rows(table, SHOWN);
}

/* --- what was noticed --------------------------------------------------------------------------- */

enum { SHOWN_NOTES = 12 };

static bool is_run_kind(enum csv_note_kind kind)
{
    return kind == CSV_NOTE_NEW_NAME || kind == CSV_NOTE_UNIT || kind == CSV_NOTE_THOUSANDS || kind == CSV_NOTE_DECIMAL
           || kind == CSV_NOTE_OTHER_DECIMAL || kind == CSV_NOTE_UNITS || kind == CSV_NOTE_NEGATIVE || kind == CSV_NOTE_ROW_NAMES;
}

static bool are_alike(const struct csv_note *a, const struct csv_note *b)
{
    const struct csv_advice *x = &a->advice, *y = &b->advice;

    return a->kind == b->kind && a->advised == b->advised && a->minus == b->minus && x->decimal == y->decimal
           && x->thousands == y->thousands && x->units_in_cells == y->units_in_cells && x->missing_count == 0
           && y->missing_count == 0 && x->types == NULL && y->types == NULL && (a->text == NULL) == (b->text == NULL)
           && a->count == b->count && a->open == b->open && (a->other == NULL) == (b->other == NULL)
           && (a->other == NULL || strcmp(a->other, b->other) == 0)
           && (a->text == NULL || a->kind == CSV_NOTE_NEW_NAME ? (a->text == NULL || (a->text[0] == '\0') == (b->text[0] == '\0'))
                                                               : strcmp(a->text, b->text) == 0);
}

/* Adds to `all` what one note advises. */
static void merge(struct arena *arena, struct csv_advice *all, const struct csv_advice *one)
{
    if (one->types != NULL)
        all->types = all->types == NULL ? one->types : arena_printf(arena, "%s,%s", all->types, one->types);
    if (one->separator != '\0')
        all->separator = one->separator;
    if (one->decimal != '\0')
        all->decimal = one->decimal;
    if (one->thousands != '\0')
        all->thousands = one->thousands;
    if (one->rows > 0)
        all->rows = one->rows;
    if (one->skip > 0)
        all->skip = one->skip;
    all->units_in_cells = all->units_in_cells || one->units_in_cells;
    all->unit_row = all->unit_row || one->unit_row;
    all->no_header = all->no_header || one->no_header;
    for (int i = 0; i < one->missing_count && all->missing_count < CSV_ALL_TEXTS; i++) {
        bool known = false;

        for (int k = 0; k < all->missing_count; k++)
            known = known || strcmp(all->missing[k], one->missing[i]) == 0;
        if (!known)
            all->missing[all->missing_count++] = one->missing[i];
    }
}

/* The whole command that does what the notes advise. */
static void add_command(struct result *result, const struct call *call, const struct csv_advice *advice, int width)
{
    const char *options = load_options_text(call->arena, call->options, advice);
    const char *command = options == NULL ? NULL : load_command(call->arena, call, options, width - 4);

    if (command == NULL)
        return;
    result_line(result, LINE_NOTE, "In full:");
    load_add_lines(result, command);
}

/* The words of a note, in which a text of the file may have line ends. */
static const char *one_line(struct arena *arena, const char *words)
{
    char *line = arena_strdup(arena, words);

    for (char *c = line; c != NULL && *c != '\0'; c++)
        *c = *c == '\n' || *c == '\r' ? ' ' : *c;
    return line != NULL ? line : words;
}

static void add_notes(struct result *result, const struct call *call, const struct frame *frame, const struct csv_report *report,
                      int width)
{
    struct csv_advice all = { 0 };
    struct text words = { 0 };
    size_t shown = 0, run;
    bool advised = false;

    for (size_t i = 0; i < report->count; i += run) {
        const struct csv_note *note = &report->notes[i];
        bool told = note->advised || note->kind == CSV_NOTE_MARKS; /* an advice for load, or for number */
        const char *options = told ? load_options_text(call->arena, NULL, &note->advice) : "";

        for (run = 1; is_run_kind(note->kind) && i + run < report->count && are_alike(note, note + run);)
            run++;
        if (note->advised && !note->optional) {
            merge(call->arena, &all, &note->advice);
            advised = true;
        }
        if (shown++ >= SHOWN_NOTES || options == NULL)
            continue;
        if (note->kind == CSV_NOTE_ORDER) {
            load_add_order(result, note, width);
            continue;
        }
        if (note->kind == CSV_NOTE_MERGED || note->kind == CSV_NOTE_HEADINGS) {
            load_add_filling(result, frame, note);
            continue;
        }
        if (note->kind == CSV_NOTE_PARTS) {
            load_add_parts(result, frame, note, width);
            continue;
        }
        text_truncate(&words, 0);
        if (is_run_kind(note->kind))
            load_add_run_note(&words, note, run, options);
        else
            load_add_note(&words, note, options);
        result_line(result, LINE_NOTE, "%s", one_line(call->arena, text_string(&words)));
    }
    if (shown > SHOWN_NOTES)
        result_line(result, LINE_NOTE, "... and %zu more notes of this kind.", shown - SHOWN_NOTES);
    if (advised)
        add_command(result, call, &all, width);
    text_clear(&words);
}

/* What to do next: for an example, the model that its index suggests. */
static void add_next(struct result *result, const struct frame *frame)
{
    struct frame *index = bundled_index(NULL);
    const struct column *names = index == NULL ? NULL : frame_find(index, "name");
    const struct column *formulas = index == NULL ? NULL : frame_find(index, "formula");
    const struct column *families = index == NULL ? NULL : frame_find(index, "family");
    char a[40], b[40];
    bool known = false;

    for (size_t i = 0; names != NULL && formulas != NULL && families != NULL && frame->source != NULL && i < index->rows; i++)
        if (strcmp(column_text(names, i, a), frame->source) == 0) {
            const char *family = column_text(families, i, b);
            bool gaussian = strcmp(family, "gaussian") == 0;

            result_line(result, LINE_NEXT, "next: describe | head | fit %s%s%s", column_text(formulas, i, a),
                        gaussian ? "" : ", family=", gaussian ? "" : family);
            known = true;
        }
    if (!known)
        result_line(result, LINE_NEXT, "next: describe | head | fit RESPONSE ~ PREDICTORS + (1 | GROUP)");
    frame_free(index);
}

struct result *load_report(const struct call *call, const struct frame *frame, const struct csv_report *report, bool replaced,
                           size_t left_out, int digits, int width)
{
    struct result *result = result_new("load");

    if (result == NULL)
        return NULL;
    result_string(result, "data", frame->name);
    result_integer(result, "rows", (long long)frame->rows);
    result_string(result, "source", frame->source);
    result_line(result, LINE_TITLE, "%s: %zu row%s, %zu variable%s", frame->name, frame->rows, frame->rows == 1 ? "" : "s",
                frame->column_count, frame->column_count == 1 ? "" : "s");
    add_columns(result, frame, digits);
    add_notes(result, call, frame, report, width);
    imputation_notes(result, frame, left_out);
    if (replaced)
        result_line(result, LINE_NOTE,
                    "It replaces the data set of that name; models that were stated on the old one keep theirs.");
    add_next(result, frame);
    return result;
}
