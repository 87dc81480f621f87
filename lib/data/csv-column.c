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

/* Room for one more row. */
static bool make_room(struct csv_column *column, size_t rows_hint)
{
    size_t capacity;
    void *values;

    if (column->rows < column->capacity)
        return true;
    if (column->capacity == 0)
        capacity = column->rows >= rows_hint ? column->rows + 64 : rows_hint;
    else
        capacity = column->capacity + column->capacity / 2 + 64;
    values = mem_resize(column->as.any, capacity, value_size(column->reading));
    if (values == NULL)
        return false;
    column->as.any = values;
    column->capacity = capacity;
    return true;
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

static bool integers_to_reals(struct csv_column *column)
{
    double *real = mem_alloc(column->capacity, sizeof *real);

    if (real == NULL)
        return false;
    for (size_t i = 0; i < column->rows; i++)
        real[i] = column->as.integer[i] == COLUMN_NA ? (double)NAN : (double)column->as.integer[i];
    mem_free(column->as.any);
    column->as.real = real;
    column->reading = READING_REAL;
    return true;
}

static void free_levels(struct csv_column *column)
{
    for (int32_t i = 0; i < column->level_count; i++)
        mem_free(column->levels[i]);
    mem_free(column->levels);
    mem_free(column->slots);
    column->levels = NULL;
    column->slots = NULL;
    column->level_count = 0;
    column->level_capacity = column->slot_count = 0;
    column->last.code = -1;
}

void csv_column_restart(struct csv_column *column, bool as_text)
{
    free_levels(column);
    mem_free(column->as.any);
    column->as.any = NULL;
    column->rows = column->capacity = column->missing = 0;
    column->reading = as_text || (column->forced && column->forced_type >= COLUMN_FACTOR) ? READING_TEXT : READING_NOTHING;
    column->quoted_only = !as_text;
    column->quoted_number = column->spoiled = column->done = false;
}

void csv_column_clear(struct csv_column *column)
{
    free_levels(column);
    mem_free(column->as.any);
    mem_free(column->name);
    memset(column, 0, sizeof *column);
}

/* --- levels ------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x *= UINT64_C(0xff51afd7ed558ccd);
    return x ^ x >> 32;
}

static uint64_t key_of(const char *text, size_t length)
{
    uint64_t key = 0, word;

    if (length > 8)
        for (key = length; length > 8; text += 8, length -= 8) {
            memcpy(&word, text, 8);
            key = mix(key ^ word);
        }
    word = 0;
    memcpy(&word, text, length);
    return key == 0 ? word : mix(key ^ word);
}

static size_t first_slot(const struct csv_column *column, uint64_t key, uint32_t length)
{
    return (size_t)mix(mix(key) + length) & (column->slot_count - 1);
}

static bool is_level(const struct csv_column *column, const struct level_slot *slot, uint64_t key, const char *text,
                     size_t length)
{
    return slot->key == key && slot->length == length && (length <= 8 || memcmp(column->levels[slot->code], text, length) == 0);
}

static bool widen_slots(struct csv_column *column)
{
    size_t narrow = column->slot_count, wider = narrow == 0 ? 64 : narrow * 2, place;
    struct level_slot *old = column->slots, *slots = mem_alloc(wider, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < wider; i++)
        slots[i].code = -1;
    column->slots = slots;
    column->slot_count = wider;
    for (size_t i = 0; i < narrow; i++) {
        if (old[i].code < 0)
            continue;
        for (place = first_slot(column, old[i].key, old[i].length); slots[place].code >= 0;)
            place = (place + 1) & (wider - 1);
        slots[place] = old[i];
    }
    mem_free(old);
    return true;
}

/* Adds the text as a new level and makes it `last`. */
static enum csv_outcome new_level(struct csv_column *column, const char *text, size_t length, uint64_t key)
{
    void *levels = column->levels;
    size_t place;

    if (utf8_invalid(text, length) >= 0)
        return CSV_NOT_UTF8;
    if (column->level_count == INT32_MAX || length > UINT32_MAX)
        return CSV_TOO_MANY_LEVELS;
    if ((size_t)column->level_count * 2 >= column->slot_count && !widen_slots(column))
        return CSV_MEMORY;
    if (!mem_grow(&levels, &column->level_capacity, (size_t)column->level_count + 1, sizeof *column->levels))
        return CSV_MEMORY;
    column->levels = levels;
    column->levels[column->level_count] = mem_strndup(text, length);
    if (column->levels[column->level_count] == NULL)
        return CSV_MEMORY;
    column->last = (struct level_slot){ key, (uint32_t)length, column->level_count++ };
    for (place = first_slot(column, key, (uint32_t)length); column->slots[place].code >= 0;)
        place = (place + 1) & (column->slot_count - 1);
    column->slots[place] = column->last;
    return CSV_STORED;
}

/* Makes the text's level `last`. */
static enum csv_outcome find_level(struct csv_column *column, const char *text, size_t length)
{
    uint64_t key = key_of(text, length);
    size_t place;

    if (column->last.code >= 0 && is_level(column, &column->last, key, text, length))      /* data are often sorted by group */
        return CSV_STORED;
    if (column->slot_count == 0)
        return new_level(column, text, length, key);
    for (place = first_slot(column, key, (uint32_t)length); column->slots[place].code >= 0;
         place = (place + 1) & (column->slot_count - 1))
        if (is_level(column, &column->slots[place], key, text, length)) {
            column->last = column->slots[place];
            return CSV_STORED;
        }
    return new_level(column, text, length, key);
}

/* --- adding ------------------------------------------------------------------------------------- */

/* Only quoted texts came so far; where all of them are numbers they become numbers. */
static bool texts_to_numbers(struct csv_column *column, const struct csv_rules *rules, bool *changed)
{
    double *numbers = mem_alloc((size_t)column->level_count, sizeof *numbers), *real = NULL;
    bool ok = numbers != NULL, all = true;

    for (int32_t i = 0; ok && all && i < column->level_count; i++)
        all = csv_number(rules, column->levels[i], strlen(column->levels[i]), &numbers[i]);
    *changed = ok && all;
    if (*changed && column->capacity > 0) {
        real = mem_alloc(column->capacity, sizeof *real);
        ok = real != NULL;
        for (size_t i = 0; ok && i < column->rows; i++)
            real[i] = column->as.integer[i] < 0 ? (double)NAN : numbers[column->as.integer[i]];
    }
    if (ok && *changed) {
        mem_free(column->as.any);
        free_levels(column);
        column->as.real = real;
        column->reading = READING_REAL;
    }
    mem_free(numbers);
    return ok;
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
    int8_t truth;
    enum csv_outcome outcome;

    if (column->forced && column->forced_type == COLUMN_LOGICAL && !is_logical_word(text, length, &truth)
        && !(length == 1 && (text[0] == '0' || text[0] == '1')))
        return CSV_NOT_NUMBER;
    outcome = find_level(column, text, length);
    if (outcome == CSV_STORED)
        column->as.integer[column->rows++] = column->last.code;
    return outcome;
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
static enum csv_outcome add_number(struct csv_column *column, const char *text, size_t length, double number, bool quoted,
                                   size_t rows_hint)
{
    bool integer = long_integer(text, length, number);
    enum csv_outcome outcome = quoted ? CSV_STORED : CSV_PLAIN_NUMBER;

    if (column->forced && column->forced_type == COLUMN_INTEGER && !integer)
        return CSV_NOT_NUMBER;
    if (column->forced && column->forced_type == COLUMN_REAL)
        integer = false;
    if (column->reading == READING_NOTHING && !begin(column, integer ? READING_INTEGER : READING_REAL, rows_hint))
        return CSV_MEMORY;
    if (column->reading == READING_INTEGER && !integer && !integers_to_reals(column))
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
    bool numbers_only = column->forced && column->forced_type <= COLUMN_INTEGER, changed;
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
        if (!texts_to_numbers(column, rules, &changed))
            return CSV_MEMORY;
    }
    column->quoted_only = column->quoted_only && quoted;
    if (column->reading == READING_TEXT)
        return add_text(column, text, length);
    if ((!quoted || rules->quoted_numbers || numbers_only || column->reading != READING_NOTHING)
        && csv_number(rules, text, length, &number))
        return add_number(column, text, length, number, quoted, rows_hint);
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
    int8_t truth;

    if (column->forced)
        return column->forced_type == COLUMN_LOGICAL;
    if (column->level_count == 0 || (column->quoted_only && !rules->quoted_numbers))
        return false;
    for (int32_t i = 0; i < column->level_count; i++)
        if (!is_logical_word(column->levels[i], strlen(column->levels[i]), &truth))
            return false;
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
        if (column->as.integer[i] < 0)
            continue;
        word = column->levels[column->as.integer[i]];
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
    int32_t *new_of_old = mem_alloc((size_t)column->level_count, sizeof *new_of_old);

    if (new_of_old == NULL || !levels_sort(column->levels, column->level_count, new_of_old)) {
        mem_free(new_of_old);
        return false;
    }
    for (size_t i = 0; i < column->rows; i++)
        if (column->as.integer[i] >= 0)
            column->as.integer[i] = new_of_old[column->as.integer[i]];
    mem_free(new_of_old);
    out->type = COLUMN_FACTOR;
    out->as.code = column->as.integer;
    out->levels = column->levels;
    out->level_count = column->level_count;
    column->as.any = NULL;
    column->levels = NULL;
    column->level_count = 0;
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
    mem_free(column->slots);
    column->slots = NULL;
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
