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
#include "data/csv-private.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "data/digits.h"

/* A thread has several parts, so that one that another program holds up leaves the rest to the others. */
enum { MOST_THREADS = 32, PARTS_EACH = 4, MOST_PARTS = MOST_THREADS * PARTS_EACH };
enum { SHORTEST_PART = 1 << 14, PART = 1 << 17, SHARED_PART = 1 << 20 };

/* A text that its column had not before the block. */
struct fresh {
    uint32_t row;   /* of the part */
    uint32_t place; /* in the part's own texts */
};

struct part_column {
    char *values; /* among those of the column, behind its rows: double, int32_t or places */
    size_t missing;
    struct level_set texts;
    struct fresh *fresh;
    size_t fresh_count, fresh_capacity;
};

/* A text that is still to be looked for. */
struct sought {
    const char *text;
    size_t length, column;
    uint32_t row, hash, guess;
};

/* Texts are looked for so many at a time: their slots lie anywhere in memory, and are fetched while the next ones are read. */
enum { AT_A_TIME = 32 };

struct part {
    struct sought sought[AT_A_TIME];
    int sought_count;
    const char *at, *end;
    struct part_column *columns;
    size_t rows, room; /* room: no more rows than that */
    long lines;
    char *text; /* of a field that has quotes in it */
    size_t text_capacity;
    bool good;
};

struct csv_parts {
    struct part part[MOST_PARTS];
    int count;       /* that have columns */
    size_t columns;  /* of each */
    bool stop[256];  /* bytes at which a field may end */
    bool quick[256]; /* that begin a number, and nothing else */
    bool empty[256]; /* that begin a missing text */
};

/* --- a field -------------------------------------------------------------------------------------------- */

static size_t size_of(const struct csv_column *column)
{
    return column->reading == READING_REAL ? sizeof(double) : sizeof(int32_t);
}

static bool add_missing(const struct csv_column *column, struct part_column *own, size_t row)
{
    own->missing++;
    if (column->reading == READING_REAL)
        ((double *)(void *)own->values)[row] = (double)NAN;
    else if (column->reading == READING_INTEGER)
        ((int32_t *)(void *)own->values)[row] = COLUMN_NA;
    else if (column->reading == READING_TEXT)
        ((uint32_t *)(void *)own->values)[row] = LEVEL_NONE;
    return true;
}

/* A text that the column had before the block, or one of the part's own. */
static bool place_text(const struct csv_column *column, struct part_column *own, const struct sought *sought)
{
    uint32_t *place = (uint32_t *)(void *)own->values + sought->row;
    void *fresh = own->fresh;

    *place = level_lookup(&column->levels, sought->hash, sought->guess, sought->text, sought->length);
    if (*place != LEVEL_NONE)
        return true;
    if (level_find(&own->texts, sought->text, sought->length, place) != LEVEL_FOUND
        || !mem_grow(&fresh, &own->fresh_capacity, own->fresh_count + 1, sizeof *own->fresh))
        return false;
    own->fresh = fresh;
    own->fresh[own->fresh_count++] = (struct fresh){ sought->row, *place };
    return true;
}

/* Looks for all texts that are sought. */
static bool place_sought(const struct csv_reader *r, struct part *part)
{
    int count = part->sought_count;

    part->sought_count = 0;
    for (int i = 0; i < count; i++)
        part->sought[i].guess = level_guess(&r->columns[part->sought[i].column].levels, part->sought[i].hash);
    for (int i = 0; i < count; i++) {
        size_t j = part->sought[i].column;

        if (!place_text(&r->columns[j], &part->columns[j], &part->sought[i]))
            return false;
    }
    return true;
}

/* `lasts`: the text stays where it is until the part is read. */
static bool add_text(const struct csv_reader *r, struct part *part, size_t j, const char *text, size_t length, bool lasts)
{
    uint32_t hash = level_hash(text, length);

    level_fetch(&r->columns[j].levels, hash);
    part->sought[part->sought_count++] =
        (struct sought){ .text = text, .length = length, .column = j, .row = (uint32_t)part->rows, .hash = hash };
    return (lasts && part->sought_count < AT_A_TIME) || place_sought(r, part);
}

static bool is_missing(const struct csv_reader *r, const char *text, size_t length)
{
    return (length == 0 || r->parts->empty[(unsigned char)*text]) && csv_is_missing(&r->rules, text, length);
}

/* False where the field is not of the column's kind, or changes what is known of it. */
static bool add_field(const struct csv_reader *r, struct part *part, size_t j, const char *text, size_t length, bool quoted)
{
    const struct csv_column *column = &r->columns[j];
    struct part_column *own = &part->columns[j];
    size_t row = part->rows;
    double number;
    int32_t integer;

    if (column->reading == READING_INTEGER && !quoted && csv_short_integer(text, length, &integer)
        && !is_missing(r, text, length)) {
        ((int32_t *)(void *)own->values)[row] = integer;
        return text[0] != '0' || length < 2 || column->padded_line != 0;
    }
    if (is_missing(r, text, length))
        return add_missing(column, own, row);
    if (column->reading == READING_TEXT)
        return (quoted || !column->quoted_only) && add_text(r, part, j, text, length, text != part->text);
    if (column->reading != READING_REAL || quoted || !csv_column_plain(column, &r->rules, text, length, &number))
        return false;
    own->missing += isnan(number) != 0;
    ((double *)(void *)own->values)[row] = number;
    return true;
}

/* Digits at sight, at most nine, and a minus before them; *p is set behind them. */
static bool take_integer(const struct csv_column *column, const char **p, const char *end, int32_t *integer)
{
    const char *text = *p, *first = *p += **p == '-';
    uint32_t digits = 0;

    if (end - *p > DIGITS_WORD)
        *p += digits_take(*p, &digits);
    for (; **p >= '0' && **p <= '9' && *p - first < 10; (*p)++) /* the part ends in a line end */
        digits = digits * 10 + (uint32_t)(**p - '0');
    *integer = *text == '-' ? -(int32_t)digits : (int32_t)digits;
    return *p > first && *p - first <= 9 && (*text != '0' || *p - first < 2 || column->padded_line != 0);
}

/* The usual number: what it is shows as it is read, and behind it comes the separator or the line end.  False where it is
 * anything else; nothing has changed then. */
static bool take_number(const struct csv_reader *r, const struct csv_column *column, struct part_column *own, size_t row,
                        const char **at, const char *end)
{
    const struct csv_format *format = &r->rules.format;
    const char *text = *at, *p = text;
    double number = 0.0;
    int32_t integer = 0;

    if (!r->parts->quick[(unsigned char)*text])
        return false;
    if (column->reading == READING_INTEGER) {
        if (!take_integer(column, &p, end, &integer))
            return false;
    } else if (column->reading == READING_REAL && format->thousands == '\0' && !format->units) {
        p += parse_number_at(p, (size_t)(end - p), format->decimal, &number);
        if (p == text || !isfinite(number) || (format->decimal == ',' && csv_comma_is_new(column, text, (size_t)(p - text))))
            return false;
    } else {
        return false;
    }
    if (*p != r->layout.separator && *p != '\n' && *p != '\r')
        return false;
    if (column->reading == READING_REAL)
        ((double *)(void *)own->values)[row] = number;
    else
        ((int32_t *)(void *)own->values)[row] = integer;
    *at = p;
    return true;
}

/* --- a part --------------------------------------------------------------------------------------------- */

static bool is_blank(const struct csv_reader *r, char c)
{
    return (c == ' ' || c == '\t') && c != r->layout.separator;
}

/* The text of a field in quotes, from behind the first; p is set behind the last.  NULL where it does not end in the part. */
static const char *take_quoted(struct part *part, const char **p, size_t *length)
{
    const char *begin = *p, *quote = memchr(begin, '"', (size_t)(part->end - begin));
    void *text = part->text;
    size_t used = 0;

    if (quote != NULL && (quote + 1 == part->end || quote[1] != '"')) { /* the frequent case: none within */
        *p = quote + 1;
        *length = (size_t)(quote - begin);
        return begin;
    }
    while (quote != NULL && quote + 1 < part->end && quote[1] == '"') {
        size_t more = (size_t)(quote - begin) + 1;

        if (!mem_grow(&text, &part->text_capacity, used + more, 1))
            return NULL;
        part->text = text;
        memcpy(part->text + used, begin, more);
        used += more;
        begin = quote + 2;
        quote = memchr(begin, '"', (size_t)(part->end - begin));
    }
    if (quote == NULL || !mem_grow(&text, &part->text_capacity, used + (size_t)(quote - begin) + 1, 1))
        return NULL;
    part->text = text;
    memcpy(part->text + used, begin, (size_t)(quote - begin));
    *length = used + (size_t)(quote - begin);
    *p = quote + 1;
    return part->text;
}

/* A field and what ends it: *p stands there then.  NULL where it is none of the usual. */
static const char *take_field(const struct csv_reader *r, struct part *part, const char **p, size_t *length, bool *quoted)
{
    const bool *stop = r->parts->stop;
    const char *text = *p, *end;

    *quoted = *text == '"';
    if (*quoted) {
        (*p)++;
        if ((text = take_quoted(part, p, length)) == NULL)
            return NULL;
        while (*p < part->end && is_blank(r, **p))
            (*p)++;
    } else {
        while (!stop[(unsigned char)**p]) /* the part ends in a line end */
            (*p)++;
        for (end = *p; end > text && is_blank(r, end[-1]); end--)
            ;
        *length = (size_t)(end - text);
    }
    if (*p == part->end || **p == '"' || (*length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0))
        return NULL;
    return text;
}

static bool is_read(const struct csv_reader *r, const struct csv_column *column)
{
    return !column->done && (!column->spoiled || r->second);
}

/* The record that begins at *p, to behind its line end. */
static bool read_record(const struct csv_reader *r, struct part *part, const char **p)
{
    const char *text;
    size_t length, field = 0;
    bool quoted;

    assert(part->rows < part->room);
    for (;;) {
        const struct csv_column *column = &r->columns[field];

        while (is_blank(r, **p))
            (*p)++;
        if (field == 0 && (**p == '\n' || **p == '\r')) /* a blank line */
            break;
        if (field == r->column_count)
            return false;
        if (!is_read(r, column) || !take_number(r, column, &part->columns[field], part->rows, p, part->end)) {
            if ((text = take_field(r, part, p, &length, &quoted)) == NULL)
                return false;
            if (quoted && memchr(text, r->layout.separator, length) != NULL)
                quoted = false; /* the field needs them */
            if (is_read(r, column) && !add_field(r, part, field, text, length, quoted))
                return false;
        }
        field++;
        if (**p != r->layout.separator)
            break;
        (*p)++;
    }
    part->rows += field > 0;
    if (**p == '\r')
        (*p)++;
    return *p < part->end && *(*p)++ == '\n' && (field == 0 || field == r->column_count);
}

/* Empties a column of a part for the next block. */
static void begin_column(struct part_column *own)
{
    own->missing = own->fresh_count = 0;
    level_clear(&own->texts);
}

static void read_part(const struct csv_reader *r, struct part *part)
{
    const char *p = part->at;

    part->rows = 0;
    part->sought_count = 0;
    for (size_t j = 0; j < r->column_count; j++)
        begin_column(&part->columns[j]);
    part->good = true;
    while (part->good && p < part->end)
        part->good = read_record(r, part, &p);
    part->good = part->good && place_sought(r, part);
}

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

        if (!is_read(r, column))
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
        if ((r->parts->part[r->parts->count].columns = NEW_ARRAY(struct part_column, r->column_count + 1)) == NULL)
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
static bool place_texts(struct csv_column *column, struct part_column *own)
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

        if (!is_read(r, column) || column->reading == READING_NOTHING)
            continue;
        if (!csv_column_reserve(column, rows, r->rows_hint))
            return false;
        for (int i = 0; i < count; i++) {
            r->parts->part[i].columns[j].values = (char *)column->as.any + place * size_of(column);
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
        const struct part *part = &r->parts->part[i];
        char *place = column->reading == READING_NOTHING ? NULL : (char *)column->as.any + column->rows * size_of(column);

        if (place != NULL && place != part->columns[j].values)
            memmove(place, part->columns[j].values, part->rows * size_of(column));
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
static void measure(struct part *part)
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
    threads = threads > MOST_THREADS ? MOST_THREADS : threads;
    count = threads == 1 ? 1 : threads * PARTS_EACH;
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
            read_part(r, &r->parts->part[i]);
    for (int i = 0; i < count; i++) {
        good = good && r->parts->part[i].good;
        rows += r->parts->part[i].rows;
        lines += r->parts->part[i].lines;
    }
    for (size_t j = 0; good && j < r->column_count; j++)
        good = !is_read(r, &r->columns[j]) || append_texts(r, j, count);
    if (!good)
        return false;
    for (size_t j = 0; j < r->column_count; j++)
        if (is_read(r, &r->columns[j]))
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
           * (size_t)(threads > MOST_THREADS ? MOST_THREADS : threads); /* threads wait for each other seldom */
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
