/* csv-advice-merged.c -- cells that are empty since what they hold stands above: a spreadsheet writes merged cells so, and tables
 * that are made for reading have headings in rows of their own. */
#include "config.h"
#include "data/csv-private.h"

#include <string.h>

#include "base/memory.h"

/* The value of a cell as a number that tells it from others of its column: of levels, the code. */
static double value_at(const struct column *column, size_t row)
{
    return column->type == COLUMN_FACTOR ? (double)column->as.code[row] : column_real(column, row);
}

/* True where each value of the column stands in one row, and numbers and dates grow; *count of them.  `seen` has a place for each
 * level. */
static bool stand_once(const struct column *column, size_t rows, bool seen[], size_t *count)
{
    size_t last = rows;
    bool once = true;

    *count = 0;
    for (size_t i = 0; once && i < rows; i++) {
        if (column_missing(column, i))
            continue;
        if (column->type == COLUMN_FACTOR) {
            once = !seen[column->as.code[i]];
            seen[column->as.code[i]] = true;
        } else {
            once = last == rows || value_at(column, i) > value_at(column, last);
        }
        last = i;
        ++*count;
    }
    return once;
}

/* How many other cells of a row have a value. */
static size_t others_at(const struct frame *frame, size_t column, size_t row)
{
    size_t count = 0;

    for (size_t j = 0; j < frame->column_count; j++)
        count += j != column && !column_missing(&frame->columns[j], row);
    return count;
}

/* Whether the first column may be one of merged cells, or (*alone) of headings: a value in the first row, at least two, empty
 * cells in a third of the rows, and a value beside each of these. */
static bool is_merged(const struct frame *frame, bool seen[], bool *alone, size_t *count)
{
    enum { FEWEST = 4, THIRD = 3 };
    const struct column *column = &frame->columns[0];

    *alone = true;
    if (frame->column_count < 2 || frame->rows < FEWEST || column->type == COLUMN_REAL || column->type == COLUMN_LOGICAL
        || THIRD * column->missing < frame->rows || column_missing(column, 0) || !stand_once(column, frame->rows, seen, count)
        || *count < 2)
        return false;
    for (size_t i = 0; i < frame->rows; i++) {
        size_t others = others_at(frame, 0, i);

        if (column_missing(column, i) && others == 0)
            return false;
        *alone = *alone && (column_missing(column, i) || others == 0);
    }
    return true;
}

/* The first column that all rows have but `count` of them; the number of columns where there is none. */
static size_t find_full(const struct frame *frame, size_t count)
{
    size_t full = 1;

    while (full < frame->column_count && frame->columns[full].missing != count)
        full++;
    return full;
}

/* How many rows have nothing but a text in the first column, as headings have: the first row, none two of them below each other
 * or at the end, each once.  0 where that is not so. */
static size_t count_headings(const struct frame *frame, bool seen[])
{
    enum { FEWEST = 2 };
    const struct column *column = &frame->columns[0];
    size_t count = 0;
    bool good = frame->column_count > 2 && frame->rows > 2 && column->type == COLUMN_FACTOR && column->missing == 0
                && others_at(frame, 0, 0) == 0;

    for (size_t i = 0; good && i < frame->rows; i++) {
        if (others_at(frame, 0, i) > 0)
            continue;
        good = !seen[column->as.code[i]] && i + 1 < frame->rows && others_at(frame, 0, i + 1) > 0;
        seen[column->as.code[i]] = true;
        count++;
    }
    return good && count >= FEWEST ? count : 0;
}

bool csv_note_merged(struct csv_reader *r, const struct frame *frame)
{
    const struct column *column = &frame->columns[0];
    const size_t levels = column->type == COLUMN_FACTOR ? (size_t)column->level_count : 0;
    bool *seen = mem_zalloc(levels + 1, sizeof *seen), alone = false, merged;
    struct csv_note *note;
    size_t count = 0, full;

    if (seen == NULL)
        return false;
    merged = is_merged(frame, seen, &alone, &count);
    if (!merged) {
        memset(seen, 0, levels * sizeof *seen);
        count = count_headings(frame, seen);
    }
    mem_free(seen);
    if (count == 0)
        return true;
    alone = alone || !merged;
    full = find_full(frame, count);
    if (alone && full == frame->column_count)
        return true;
    note = csv_note_add(r->report, merged ? CSV_NOTE_MERGED : CSV_NOTE_HEADINGS, frame->columns[0].name, NULL);
    if (note == NULL)
        return false;
    note->count = count;
    note->open = alone;
    return !alone || (note->other = csv_report_text(r->report, frame->columns[full].name)) != NULL;
}
