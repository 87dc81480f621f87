/* csv-part.c -- a block of the table in parts, one a thread, where nothing in it is new.
 *
 * Most of a long file is alike: rows of as many fields as there are names, numbers in columns of numbers, texts in columns of
 * texts.  Such a block is cut at line ends into parts, each read by a thread to where its rows will stand behind those of the
 * columns, as a part has at most as many rows as line ends.  Whatever is not of the kind (a text among numbers, a row of another
 * length, an odd quote, a new encoding) gives the whole block up, before anything has changed, and libcsv reads it: so there is
 * one reader that decides, and its messages name the same lines, whatever the number of threads.
 *
 * A part that begins where the one before ended, at a line end that is in no quotes, begins with a record.  Where quotes stand is
 * guessed by their number; that a part ends with a record proves the guess for the next. */
#include "data/csv-part-private.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "data/digits.h"

enum { SHORTEST_PART = 1 << 14, PART = 1 << 17, SHARED_PART = 1 << 20 };

/* --- a block -------------------------------------------------------------------------------------------- */

/* Whether the columns and what is known of the file are such that rows alike change nothing. */
static bool is_settled(const struct csv_reader *r, const char *bytes, size_t count)
{
    const struct csv_format *format = &r->rules.format;

    if (r->options->rows > 0 || r->in_header || r->in_units > 0 || r->field != 0 || r->spans || r->lists > 0 || r->rows == 0
        || r->after_cr || count < SHORTEST_PART || bytes[count - 1] != '\n')
        return false;
    for (size_t j = 0; j < r->column_count; j++) {
        const struct csv_column *column = &r->columns[j];

        if (!csv_column_is_read(r, column))
            continue;
        if (column->reading == READING_REAL && !column->fraction)
            return false;
        if (column->reading == READING_INTEGER && format->units)
            return false;
        if (r->rules.quoted_numbers && (column->reading == READING_INTEGER || column->reading == READING_REAL))
            return false;
        if (column->forced && (column->forced_type == COLUMN_DATE || column->forced_type == COLUMN_LOGICAL))
            return false;
    }
    return true;
}

/* Where a separator or a missing text may look like a part of a number, none is taken for one at sight. */
static void begin_quick(struct csv_reader *r)
{
    bool *quick = r->parts->quick;

    memset(quick, 0, sizeof r->parts->quick);
    memset(r->parts->empty, 0, sizeof r->parts->empty);
    for (const char *const *word = r->rules.missing; *word != NULL; word++)
        r->parts->empty[(unsigned char)(*word)[0]] = true;
    if (strchr("0123456789+-eE", r->layout.separator) != NULL)
        return;
    for (int c = '0'; c <= '9'; c++)
        quick[c] = true;
    quick['-'] = true;
    for (const char *const *word = r->rules.missing; *word != NULL; word++)
        quick[(unsigned char)(*word)[0]] = false;
}

static bool make_parts(struct csv_reader *r, int count)
{
    if (r->parts != NULL && r->parts->columns != r->column_count)
        csv_parts_free(r);
    if (r->parts == NULL && (r->parts = NEW(struct csv_parts)) == NULL)
        return false;
    r->parts->columns = r->column_count;
    for (; r->parts->count < count; r->parts->count++)
        if ((r->parts->part[r->parts->count].columns = NEW_ARRAY(struct csv_part_column, r->column_count + 1)) == NULL)
            return false;
    memset(r->parts->stop, 0, sizeof r->parts->stop);
    r->parts->stop[(unsigned char)r->layout.separator] = r->parts->stop['\n'] = r->parts->stop['\r'] = r->parts->stop['"'] = true;
    begin_quick(r);
    return true;
}

/* Behind the first line end from `p` on that stands in no quotes; `odd`: p stands in some. */
static const char *behind_line(const char *p, const char *end, bool odd)
{
    for (; p < end; p++) {
        if (*p == '"')
            odd = !odd;
        else if (*p == '\n' && !odd)
            return p + 1;
    }
    return end;
}

static bool is_odd(const char *p, const char *end)
{
    bool odd = false;

    while ((p = memchr(p, '"', (size_t)(end - p))) != NULL) {
        odd = !odd;
        p++;
    }
    return odd;
}

static void cut(struct csv_parts *parts, int count, const char *bytes, size_t size)
{
    const char *at = bytes, *end = bytes + size;
    size_t step;

    assert(count > 0); /* is_settled() asks for the bytes of a part */
    step = size / (size_t)count;

    for (int i = 0; i < count; i++) {
        const char *to = bytes + (size_t)(i + 1) * step;

        parts->part[i].at = at;
        if (i == count - 1 || to < at)
            to = i == count - 1 ? end : at;
        else
            to = behind_line(to, end, is_odd(at, to));
        parts->part[i].end = at = to;
    }
}

/* Puts the texts of a part that are new among those of the column, and their places among the rows. */
static bool place_texts(struct csv_column *column, struct csv_part_column *own)
{
    uint32_t *places = (void *)own->values, place;

    for (size_t i = 0; i < own->fresh_count; i++) {
        const char *text = level_text(&own->texts, own->fresh[i].place);

        if (level_find(&column->levels, text, strlen(text), &place) != LEVEL_FOUND)
            return false;
        places[own->fresh[i].row] = place;
    }
    return true;
}

/* Room for all rows there may be, and where those of each part begin. */
static bool place_parts(struct csv_reader *r, int count)
{
    size_t rows = 0;

    for (int i = 0; i < count; i++)
        rows += r->parts->part[i].room;
    for (size_t j = 0; j < r->column_count; j++) {
        struct csv_column *column = &r->columns[j];
        size_t place = column->rows;

        if (!csv_column_is_read(r, column) || column->reading == READING_NOTHING)
            continue;
        if (!csv_column_reserve(column, rows, r->rows_hint))
            return false;
        for (int i = 0; i < count; i++) {
            r->parts->part[i].columns[j].values = (char *)column->as.any + place * csv_cell_size(column);
            place += r->parts->part[i].room;
        }
    }
    return true;
}

/* The texts of a column that are new in the block.  False when memory is out: what the column has then is what it had, and some
 * texts more, which are those that the block has. */
static bool append_texts(struct csv_reader *r, size_t j, int count)
{
    for (int i = 0; i < count; i++)
        if (!place_texts(&r->columns[j], &r->parts->part[i].columns[j]))
            return false;
    return true;
}

/* The rows of all parts become the column's; where a part had fewer than it has line ends, those behind it move up. */
static void take_rows(struct csv_reader *r, size_t j, int count)
{
    struct csv_column *column = &r->columns[j];

    for (int i = 0; i < count; i++) {
        const struct csv_part *part = &r->parts->part[i];
        char *place = column->reading == READING_NOTHING ? NULL : (char *)column->as.any + column->rows * csv_cell_size(column);

        if (place != NULL && place != part->columns[j].values)
            memmove(place, part->columns[j].values, part->rows * csv_cell_size(column));
        column->rows += part->rows;
        column->missing += part->columns[j].missing;
    }
}

/* How many bytes are line ends: eight at a time, each adding to a count of its own, which 255 of them do not fill. */
static size_t count_line_ends(const char *p, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low = ones * 0x7f;
    uint64_t word, counts;
    size_t count = 0;

    while (end - p >= (ptrdiff_t)sizeof word) {
        counts = 0;
        for (int i = 0; i < 255 && end - p >= (ptrdiff_t)sizeof word; i++, p += sizeof word) {
            memcpy(&word, p, sizeof word);
            word ^= ones * '\n';
            counts += ~(((word & low) + low) | word | low) >> 7; /* one where the byte is zero now */
        }
        for (int i = 0; i < 8; i++)
            count += counts >> 8 * i & 0xff;
    }
    for (; p < end; p++)
        count += *p == '\n';
    return count;
}

/* What is to be known of a part before it is read. */
static void measure(struct csv_part *part)
{
    part->room = count_line_ends(part->at, part->end);
    part->lines = memchr(part->at, '\r', (size_t)(part->end - part->at)) == NULL
                      ? (long)part->room
                      : csv_count_lines(part->at, (size_t)(part->end - part->at));
}

bool csv_parse_parts(struct csv_reader *r, struct source *source, const char *bytes, size_t size)
{
    int threads = omp_get_max_threads(), most = (int)(size / SHORTEST_PART), count;
    size_t rows = 0;
    long lines = 0;
    bool good = true;

    if (!is_settled(r, bytes, size))
        return false;
    threads = threads > CSV_MOST_THREADS ? CSV_MOST_THREADS : threads;
    count = threads == 1 ? 1 : threads * CSV_PARTS_EACH;
    count = count > most ? most : count;
    if (!make_parts(r, count))
        return false;
    cut(r->parts, count, bytes, size);
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < count; i++)
        measure(&r->parts->part[i]);
    if (!place_parts(r, count))
        return false;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = -1; i < count; i++)
        if (i < 0)
            source_sum(source);
        else
            csv_part_read(r, &r->parts->part[i]);
    for (int i = 0; i < count; i++) {
        good = good && r->parts->part[i].good;
        rows += r->parts->part[i].rows;
        lines += r->parts->part[i].lines;
    }
    for (size_t j = 0; good && j < r->column_count; j++)
        good = !csv_column_is_read(r, &r->columns[j]) || append_texts(r, j, count);
    if (!good)
        return false;
    for (size_t j = 0; j < r->column_count; j++)
        if (csv_column_is_read(r, &r->columns[j]))
            take_rows(r, j, count);
    r->rows += rows;
    r->line += lines;
    r->at = r->end;
    return true;
}

size_t csv_block_size(void)
{
    int threads = omp_get_max_threads();

    if (threads == 1)
        return PART;
    return (size_t)SHARED_PART
           * (size_t)(threads > CSV_MOST_THREADS ? CSV_MOST_THREADS : threads); /* threads wait for each other seldom */
}

void csv_parts_free(struct csv_reader *r)
{
    if (r->parts == NULL)
        return;
    for (int i = 0; i < r->parts->count; i++) {
        for (size_t j = 0; j < r->parts->columns; j++) {
            mem_free(r->parts->part[i].columns[j].fresh);
            level_clear(&r->parts->part[i].columns[j].texts);
        }
        mem_free(r->parts->part[i].columns);
        mem_free(r->parts->part[i].text);
    }
    mem_free(r->parts);
    r->parts = NULL;
}
