/* csv-record.c -- the records of a part (csv-part.c): a field at a time, to where its row stands, as far as nothing in it is new.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv-part-private.h"
#include "data/digits.h"

/* --- a field -------------------------------------------------------------------------------------------- */

size_t csv_cell_size(const struct csv_column *column)
{
    return column->reading == READING_REAL ? sizeof(double) : sizeof(int32_t);
}

static bool add_missing(const struct csv_column *column, struct csv_part_column *own, size_t row)
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
static bool place_text(const struct csv_column *column, struct csv_part_column *own, const struct sought *sought)
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
static bool place_sought(const struct csv_reader *r, struct csv_part *part)
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
static bool add_text(const struct csv_reader *r, struct csv_part *part, size_t j, const char *text, size_t length, bool lasts)
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
static bool add_field(const struct csv_reader *r, struct csv_part *part, size_t j, const char *text, size_t length, bool quoted)
{
    const struct csv_column *column = &r->columns[j];
    struct csv_part_column *own = &part->columns[j];
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
static bool take_number(const struct csv_reader *r, const struct csv_column *column, struct csv_part_column *own, size_t row,
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
static const char *take_quoted(struct csv_part *part, const char **p, size_t *length)
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
static const char *take_field(const struct csv_reader *r, struct csv_part *part, const char **p, size_t *length, bool *quoted)
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
    if (csv_take_formula(&(const char *){ text }, &(size_t){ *length }))
        return NULL;
    if (*p == part->end || **p == '"' || (*length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0))
        return NULL;
    return text;
}

bool csv_column_is_read(const struct csv_reader *r, const struct csv_column *column)
{
    return !column->done && (!column->spoiled || r->second);
}

/* The record that begins at *p, to behind its line end. */
static bool read_record(const struct csv_reader *r, struct csv_part *part, const char **p)
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
        if (!csv_column_is_read(r, column) || !take_number(r, column, &part->columns[field], part->rows, p, part->end)) {
            if ((text = take_field(r, part, p, &length, &quoted)) == NULL)
                return false;
            if (quoted && memchr(text, r->layout.separator, length) != NULL)
                quoted = false; /* the field needs them */
            if (csv_column_is_read(r, column) && !add_field(r, part, field, text, length, quoted))
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
static void begin_column(struct csv_part_column *own)
{
    own->missing = own->fresh_count = 0;
    level_clear(&own->texts);
}

void csv_part_read(const struct csv_reader *r, struct csv_part *part)
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
