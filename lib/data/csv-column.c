/* csv-column.c -- see csv-column.h. */
#include "data/csv-column.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* --- reading a field ---------------------------------------------------------------------------- */

static bool is_missing(const struct csv_rules *rules, const char *text, size_t length)
{
    char first = '\0';

    if (length > 0)
        first = text[0];
    for (const char *const *word = rules->missing; *word != NULL; word++)
        if ((*word)[0] == first && strncmp(*word, text, length) == 0 && (*word)[length] == '\0')
            return true;
    return false;
}

/* What other programs write for numbers that are none. */
static bool is_number_word(const char *text, size_t length, double *value)
{
    static const struct {
        const char *word;
        double value;
    } words[] = { { "NaN", (double)NAN }, { "nan", (double)NAN }, { "Inf", (double)INFINITY }, { "inf", (double)INFINITY },
                  { "-Inf", -(double)INFINITY }, { "-inf", -(double)INFINITY } };

    if (length != 3 && length != 4)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length && memcmp(words[i].word, text, length) == 0) {
            *value = words[i].value;
            return true;
        }
    return false;
}

bool csv_number(const struct csv_rules *rules, const char *text, size_t length, double *value)
{
    char pointed[64];
    const char *comma;

    if (rules->decimal != '.' && (comma = memchr(text, rules->decimal, length)) != NULL) {
        if (length > sizeof pointed || memchr(text, '.', length) != NULL)
            return false;
        memcpy(pointed, text, length);
        pointed[comma - text] = '.';
        return parse_number(pointed, length, value);
    }
    if (rules->decimal != '.' && memchr(text, '.', length) != NULL)
        return false;
    return parse_number(text, length, value) || is_number_word(text, length, value);
}

/* Up to nine digits with a sign: always fits. */
static bool short_integer(const char *text, size_t length, int32_t *value)
{
    size_t i = length > 1 && text[0] == '-';
    int32_t number = 0;

    if (length == 0 || length - i > 9)
        return false;
    for (size_t k = i; k < length; k++) {
        if (text[k] < '0' || text[k] > '9')
            return false;
        number = number * 10 + (text[k] - '0');
    }
    *value = i == 1 ? -number : number;
    return true;
}

/* True for digits with a sign only ("12", not "12.0" or "1e3") within 32 bits; INT32_MIN means missing, and does not fit. */
static bool long_integer(const char *text, size_t length, double number)
{
    size_t i = length > 1 && (text[0] == '-' || text[0] == '+');

    if (!(fabs(number) <= (double)INT32_MAX))
        return false;
    for (; i < length; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return length > 0;
}

/* --- storage ------------------------------------------------------------------------------------ */

static size_t value_size(enum reading reading)
{
    return reading == READING_REAL ? sizeof(double) : sizeof(int32_t);
}

static int32_t missing_integer(enum reading reading)
{
    return reading == READING_TEXT ? -1 : COLUMN_NA;
}

/* Room for one more row: for `rows_hint` rows, or what more of them there are. */
static bool make_room(struct csv_column *column, size_t rows_hint)
{
    size_t need = column->rows < rows_hint && column->capacity == 0 ? rows_hint : column->rows + 1;

    return mem_grow_tight(&column->as.any, &column->capacity, need, value_size(column->reading));
}

/* From nothing to its first reading: the rows so far are missing. */
static bool begin(struct csv_column *column, enum reading reading, size_t rows_hint)
{
    column->reading = reading;
    if (!make_room(column, rows_hint))
        return false;
    for (size_t i = 0; i < column->rows; i++) {
        if (reading == READING_REAL)
            column->as.real[i] = (double)NAN;
        else
            column->as.integer[i] = missing_integer(reading);
    }
    return true;
}

/* Makes the values twice as wide where they are, the last one first: real[i] covers integer[2 i] and integer[2 i + 1]. */
static bool widen_values(struct csv_column *column, const struct csv_rules *rules)
{
    char *wide = mem_resize(column->as.any, column->capacity, sizeof(double));
    const char *text;
    int32_t integer;
    double real;

    if (wide == NULL)
        return false;
    column->as.any = wide;
    for (size_t i = column->rows; i-- > 0;) {
        memcpy(&integer, wide + i * sizeof integer, sizeof integer);
        real = (double)integer;
        if (integer == missing_integer(column->reading)) {
            real = (double)NAN;
        } else if (column->reading == READING_TEXT) {
            text = level_text(&column->levels, (uint32_t)integer);
            csv_number(rules, text, strlen(text), &real);
        }
        memcpy(wide + i * sizeof real, &real, sizeof real);
    }
    column->reading = READING_REAL;
    return true;
}

void csv_column_restart(struct csv_column *column, bool as_text)
{
    level_clear(&column->levels);
    mem_free(column->as.any);
    column->as.any = NULL;
    column->rows = column->capacity = column->missing = 0;
    column->reading = as_text || (column->forced && column->forced_type >= COLUMN_FACTOR) ? READING_TEXT : READING_NOTHING;
    column->quoted_only = !as_text;
    column->quoted_number = column->spoiled = column->done = false;
}

void csv_column_clear(struct csv_column *column)
{
    level_clear(&column->levels);
    mem_free(column->as.any);
    mem_free(column->name);
    memset(column, 0, sizeof *column);
}

/* --- adding ------------------------------------------------------------------------------------- */

/* Only quoted texts came so far; where all of them are numbers they become numbers. */
static bool texts_to_numbers(struct csv_column *column, const struct csv_rules *rules)
{
    const struct level_set *set = &column->levels;
    double number;

    for (uint32_t place = 0; place < set->used; place = level_after(set, place))
        if (!csv_number(rules, level_text(set, place), strlen(level_text(set, place)), &number))
            return true;
    if (!widen_values(column, rules))
        return false;
    level_clear(&column->levels);
    return true;
}

static bool is_logical_word(const char *text, size_t length, int8_t *value)
{
    static const char *const words[] = { "FALSE", "TRUE", "F", "T", "false", "true", "False", "True" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0) {
            *value = (int8_t)(i % 2);
            return true;
        }
    return false;
}

static enum csv_outcome add_text(struct csv_column *column, const char *text, size_t length)
{
    uint32_t place = LEVEL_NONE;
    int8_t truth;

    if (column->forced && column->forced_type == COLUMN_LOGICAL && !is_logical_word(text, length, &truth)
        && !(length == 1 && (text[0] == '0' || text[0] == '1')))
        return CSV_NOT_NUMBER;
    switch (level_find(&column->levels, text, length, &place)) {
    case LEVEL_NOT_UTF8:
        return CSV_NOT_UTF8;
    case LEVEL_TOO_MANY:
        return CSV_TOO_MANY_LEVELS;
    case LEVEL_MEMORY:
        return CSV_MEMORY;
    case LEVEL_FOUND:
        break;
    }
    column->as.integer[column->rows++] = (int32_t)place;
    return CSV_STORED;
}

/* Numbers came before, and now this text: only a second reading helps. */
static void spoil(struct csv_column *column, const char *text, size_t length, long line)
{
    size_t cut = length < sizeof column->surprise ? length : sizeof column->surprise - 1;

    memcpy(column->surprise, text, cut);
    column->surprise[cut] = '\0';
    if (utf8_invalid(column->surprise, cut) >= 0)
        column->surprise[utf8_invalid(column->surprise, cut)] = '\0';
    column->surprise_line = line;
    csv_column_restart(column, true);
    column->spoiled = true;
}

static enum csv_outcome add_missing(struct csv_column *column)
{
    column->missing++;
    if (column->reading == READING_REAL)
        column->as.real[column->rows] = (double)NAN;
    else if (column->reading != READING_NOTHING)
        column->as.integer[column->rows] = missing_integer(column->reading);
    column->rows++;
    return CSV_STORED;
}

/* A number, integers as such where they fit. */
static enum csv_outcome add_number(struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length,
                                   double number, bool quoted, size_t rows_hint)
{
    bool integer = long_integer(text, length, number);
    enum csv_outcome outcome = quoted ? CSV_STORED : CSV_PLAIN_NUMBER;

    if (column->forced && column->forced_type == COLUMN_INTEGER && !integer)
        return CSV_NOT_NUMBER;
    if (column->forced && column->forced_type == COLUMN_REAL)
        integer = false;
    if (column->reading == READING_NOTHING && !begin(column, integer ? READING_INTEGER : READING_REAL, rows_hint))
        return CSV_MEMORY;
    if (column->reading == READING_INTEGER && !integer && !widen_values(column, rules))
        return CSV_MEMORY;
    column->quoted_number = column->quoted_number || quoted;
    column->missing += isnan(number) != 0;
    if (column->reading == READING_INTEGER)
        column->as.integer[column->rows++] = (int32_t)number;
    else
        column->as.real[column->rows++] = number;
    return outcome;
}

enum csv_outcome csv_column_add(struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length,
                                bool quoted, long line, size_t rows_hint)
{
    bool numbers_only = column->forced && column->forced_type <= COLUMN_INTEGER;
    double number;
    int32_t integer;

    if (column->reading != READING_NOTHING && !make_room(column, rows_hint))
        return CSV_MEMORY;
    if (column->reading == READING_INTEGER && !quoted && short_integer(text, length, &integer)) {       /* the frequent case */
        if (!is_missing(rules, text, length)) {
            column->as.integer[column->rows++] = integer;
            return CSV_PLAIN_NUMBER;
        }
    }
    if (is_missing(rules, text, length))
        return add_missing(column);
    if (column->reading == READING_TEXT && !column->forced && !quoted && column->quoted_only && column->missing < column->rows
        && csv_number(rules, text, length, &number)) {
        column->quoted_only = false;
        if (!texts_to_numbers(column, rules))
            return CSV_MEMORY;
    }
    column->quoted_only = column->quoted_only && quoted;
    if (column->reading == READING_TEXT)
        return add_text(column, text, length);
    if ((!quoted || rules->quoted_numbers || numbers_only || column->reading != READING_NOTHING)
        && csv_number(rules, text, length, &number))
        return add_number(column, rules, text, length, number, quoted, rows_hint);
    if (numbers_only)
        return CSV_NOT_NUMBER;
    if (column->reading != READING_NOTHING) {
        spoil(column, text, length, line);
        return CSV_STORED;
    }
    if (!begin(column, READING_TEXT, rows_hint))
        return CSV_MEMORY;
    return add_text(column, text, length);
}

/* --- the end ------------------------------------------------------------------------------------ */

static bool texts_are_logical(const struct csv_column *column, const struct csv_rules *rules)
{
    const struct level_set *set = &column->levels;
    const char *text;
    int8_t truth;

    if (column->forced)
        return column->forced_type == COLUMN_LOGICAL;
    if (set->count == 0 || (column->quoted_only && !rules->quoted_numbers))
        return false;
    for (uint32_t place = 0; place < set->used; place = level_after(set, place)) {
        text = level_text(set, place);
        if (!is_logical_word(text, strlen(text), &truth))
            return false;
    }
    return true;
}

static bool finish_logical(struct csv_column *column, struct column *out)
{
    int8_t *truths = mem_alloc(column->rows, 1), truth = 0;
    const char *word;

    if (truths == NULL)
        return false;
    for (size_t i = 0; i < column->rows; i++) {
        truths[i] = -1;
        if ((uint32_t)column->as.integer[i] == LEVEL_NONE)
            continue;
        word = level_text(&column->levels, (uint32_t)column->as.integer[i]);
        if (!is_logical_word(word, strlen(word), &truth))
            truth = word[0] == '1';
        truths[i] = truth;
    }
    out->type = COLUMN_LOGICAL;
    out->as.logical = truths;
    return true;
}

static bool finish_factor(struct csv_column *column, struct column *out)
{
    out->level_count = column->levels.count;
    if (!level_take(&column->levels, column->as.integer, column->rows, &out->levels, &out->level_block))
        return false;
    out->type = COLUMN_FACTOR;
    out->as.code = column->as.integer;
    column->as.any = NULL;
    return true;
}

/* Gives back the room that no row took. */
static void shrink(struct csv_column *column)
{
    void *values = mem_resize(column->as.any, column->rows, value_size(column->reading));

    if (values != NULL)
        column->as.any = values;
}

bool csv_column_finish(struct csv_column *column, const struct csv_rules *rules, struct column *out)
{
    enum reading empty = column->forced && column->forced_type == COLUMN_INTEGER ? READING_INTEGER : READING_REAL;

    if (column->reading == READING_NOTHING && !begin(column, empty, column->rows))      /* nothing but missing values */
        return false;
    if (column->as.any != NULL)
        shrink(column);
    *out = (struct column){ .missing = column->missing };
    if (column->reading == READING_TEXT) {
        if (!(texts_are_logical(column, rules) ? finish_logical(column, out) : finish_factor(column, out)))
            return false;
    } else {
        out->type = column->reading == READING_REAL ? COLUMN_REAL : COLUMN_INTEGER;
        out->as.any = column->as.any;
        column->as.any = NULL;
    }
    out->name = column->name;
    column->name = NULL;
    return true;
}
