/* csv-column.c -- see csv-column.h. */
#include "data/csv-column.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* --- reading a field ---------------------------------------------------------------------------- */

bool csv_is_missing(const struct csv_rules *rules, const char *text, size_t length)
{
    char first = '\0';

    if (length > 0)
        first = text[0];
    for (const char *const *word = rules->missing; *word != NULL; word++)
        if ((*word)[0] == first && strncmp(*word, text, length) == 0 && (*word)[length] == '\0')
            return true;
    return false;
}

/* Of a number that was read with a decimal comma, what may as well be thousands: "1,020"; "1,02", "0,020" and "1020,5" may not.
 * Its length, without what comes before the first digit (*begin), or 0. */
static size_t like_thousands(const char *text, const char *comma, size_t length, const char **begin)
{
    const char *end = text + length;
    size_t whole, i;

    while (text < comma && (*text < '0' || *text > '9'))
        text++;
    *begin = text;
    whole = (size_t)(comma - text);
    for (i = whole + 1; text + i < end && text[i] >= '0' && text[i] <= '9'; i++)
        ;
    if (whole == 0 || whole > 3 || text[0] == '0' || i != whole + 4 || (text + i < end && (text[i] == 'e' || text[i] == 'E')))
        return 0;
    return i;
}

static void note_comma(struct csv_column *column, const char *text, size_t length)
{
    const char *comma = memchr(text, ',', length), *begin;
    size_t like;

    if (comma == NULL)
        return;
    like = like_thousands(text, comma, length, &begin);
    if (like == 0) {
        column->decimals = true;
        return;
    }
    if (!column->like_thousands) {
        memcpy(column->grouped, begin, like);
        column->grouped[like] = '\0';
    }
    column->like_thousands = true;
}

bool csv_comma_is_new(const struct csv_column *column, const char *text, size_t length)
{
    const char *comma, *begin;

    if (column->decimals && column->like_thousands)
        return false;
    comma = memchr(text, ',', length);
    return comma != NULL && !(like_thousands(text, comma, length, &begin) > 0 ? column->like_thousands : column->decimals);
}

/* A number of the file, and of the column: its unit, where cells have one, is the same in all of them.  A percentage goes with no
 * number without the sign but 0. */
static bool trimmed_number(struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length,
                           double *value)
{
    char unit[CSV_UNIT] = "";

    if (rules->format.decimal == '.' && rules->format.thousands == '\0' && !rules->format.units)
        return csv_plain_number(text, length, value);
    if (!csv_number(&rules->format, text, length, value, unit))
        return false;
    if (rules->format.decimal == ',' && rules->format.thousands == '\0')
        note_comma(column, text, length);
    if (!rules->format.units)
        return true;
    if (unit[0] == '\0' ? column->unit[0] == '%' && *value != 0.0
                        : (column->unit[0] != '\0' && strcmp(unit, column->unit) != 0) || (unit[0] == '%' && column->bare))
        return false;
    column->scaled = column->scaled || csv_is_scaled(text, length, unit);
    if (unit[0] != '\0')
        memcpy(column->unit, unit, sizeof unit);
    else
        column->bare = column->bare || *value != 0.0;
    return true;
}

/* With blanks around it, as where it was copied from a web page. */
static bool column_number(struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length,
                          double *value)
{
    return trimmed_number(column, rules, text, length, value)
           || (csv_trim_blanks(&text, &length) && length > 0 && trimmed_number(column, rules, text, length, value));
}

bool csv_column_plain(const struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length,
                      double *value)
{
    const struct csv_format *format = &rules->format;
    char unit[CSV_UNIT] = "";

    if (format->decimal == '.' && format->thousands == '\0' && !format->units)
        return csv_plain_number(text, length, value);
    if (!csv_number(format, text, length, value, unit)
        || (format->decimal == ',' && format->thousands == '\0' && csv_comma_is_new(column, text, length)))
        return false;
    if (format->units && unit[0] == '\0')
        return column->unit[0] == '%' ? *value == 0.0 : *value == 0.0 || column->bare;
    return strcmp(unit, column->unit) == 0 && (column->scaled || !csv_is_scaled(text, length, unit));
}

bool csv_short_integer(const char *text, size_t length, int32_t *value)
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

/* Copies the beginning of a text, in whole characters. */
static void excerpt(const char *text, size_t length, char copy[48])
{
    size_t cut = length < 48 ? length : 47;
    ptrdiff_t bad;

    memcpy(copy, text, cut);
    copy[cut] = '\0';
    if ((bad = utf8_invalid(copy, cut)) >= 0)
        copy[bad] = '\0';
}

/* True for digits with a sign only ("12", not "12.0" or "1e3"), and perhaps what the file's format allows: "1,020", "12 mm". */
static bool is_integer(const struct csv_format *format, const char *text, size_t length, double number)
{
    if (csv_digits(text, length))
        return true;
    if (format->thousands == '\0' && !format->units)
        return false;
    return number == floor(number) && memchr(text, format->decimal, length) == NULL
           && (format->units || (memchr(text, 'e', length) == NULL && memchr(text, 'E', length) == NULL));
}

/* Keeps an eye on zeros at the beginning: 007 and 7 are one number, and two ids. */
static void note_zeros(struct csv_column *column, const char *text, size_t length, long line)
{
    if (text[0] != '0' || length < 2 || column->padded_line != 0)
        return;
    excerpt(text, length, column->padded);
    column->padded_line = line;
}

/* True for integers within 32 bits; INT32_MIN means missing, and does not fit.  Notes
 * what is no integer, and an integer that a double may not hold. */
static bool long_integer(struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length, double number,
                         long line)
{
    static const double largest = 9007199254740992.0; /* 2^53: the next integer reads as this one */
    bool digits;

    if (column->fraction && column->reading == READING_REAL) /* the frequent case: nothing new */
        return false;
    csv_trim_blanks(&text, &length);
    digits = isfinite(number) && is_integer(&rules->format, text, length, number);

    if (digits)
        note_zeros(column, text, length, line);
    column->fraction = column->fraction || (!digits && isfinite(number));
    if (digits && fabs(number) >= largest && column->long_line == 0) {
        excerpt(text, length, column->long_integer);
        column->long_line = line;
    }
    return digits && fabs(number) <= (double)INT32_MAX;
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

bool csv_column_reserve(struct csv_column *column, size_t rows, size_t rows_hint)
{
    size_t need = column->rows + rows;

    if (column->capacity == 0 && need < rows_hint)
        need = rows_hint;
    return column->reading == READING_NOTHING
           || mem_grow_tight(&column->as.any, &column->capacity, need, value_size(column->reading));
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
            column_number(column, rules, text, strlen(text), &real);
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
    column->quoted_number = column->spoiled = column->done = column->bare = column->scaled = false;
    column->unit[0] = '\0';
}

void csv_column_judge(struct csv_column *column)
{
    bool numbers = column->reading == READING_REAL || column->reading == READING_INTEGER;
    bool zeros = column->padded_line != 0 && column->unit[0] == '\0';

    if (!numbers || column->forced || column->fraction || (column->long_line == 0 && !zeros))
        return;
    csv_column_restart(column, true);
    column->spoiled = true;
    column->too_long = column->long_line != 0;
    column->zeros = !column->too_long;
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
    const char *text;
    double number;

    for (uint32_t place = 0; place < set->used; place = level_after(set, place)) {
        text = level_text(set, place);
        if (!column_number(column, rules, text, strlen(text), &number))
            return true;
        long_integer(column, rules, text, strlen(text), number, column->surprise_line);
    }
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
    int32_t date;

    if (column->forced && column->forced_type == COLUMN_DATE && !date_read(text, length, column->forced_orders, true, &date))
        return CSV_NOT_NUMBER;
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

/* What made the column one of texts. */
static void note_surprise(struct csv_column *column, const char *text, size_t length, long line)
{
    if (column->surprise_line != 0)
        return;
    excerpt(text, length, column->surprise);
    column->surprise_line = line;
}

/* Numbers came before, and now this text: only a second reading helps. */
static void spoil(struct csv_column *column, const char *text, size_t length, long line)
{
    note_surprise(column, text, length, line);
    csv_column_restart(column, true);
    column->spoiled = column->numbers_first = true;
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
                                   double number, bool quoted, long line, size_t rows_hint)
{
    bool integer = long_integer(column, rules, text, length, number, line);
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
    if (column->reading == READING_INTEGER && !quoted && !rules->format.units
        && csv_short_integer(text, length, &integer)) { /* the frequent case */
        if (!csv_is_missing(rules, text, length)) {
            if (text[0] == '0')
                note_zeros(column, text, length, line);
            column->as.integer[column->rows++] = integer;
            return CSV_PLAIN_NUMBER;
        }
    }
    if (csv_is_missing(rules, text, length))
        return add_missing(column);
    if (column->reading == READING_TEXT && !column->forced && !quoted && column->quoted_only && column->missing < column->rows
        && column_number(column, rules, text, length, &number)) {
        column->quoted_only = false;
        if (!texts_to_numbers(column, rules))
            return CSV_MEMORY;
    }
    column->quoted_only = column->quoted_only && quoted;
    if (column->reading == READING_TEXT)
        return add_text(column, text, length);
    if ((!quoted || rules->quoted_numbers || numbers_only || column->reading != READING_NOTHING)
        && column_number(column, rules, text, length, &number))
        return add_number(column, rules, text, length, number, quoted, line, rows_hint);
    if (numbers_only)
        return CSV_NOT_NUMBER;
    if (column->reading != READING_NOTHING) {
        spoil(column, text, length, line);
        return CSV_STORED;
    }
    note_surprise(column, text, length, line);
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

/* True where all texts are dates; finds out the order of their parts, which must be one for all. */
static bool texts_are_dates(struct csv_column *column, const struct csv_rules *rules)
{
    const struct level_set *set = &column->levels;
    const char *text;

    if (column->forced && column->forced_type != COLUMN_DATE)
        return false;
    if (set->count == 0 || (!column->forced && column->quoted_only && !rules->quoted_numbers))
        return column->forced;
    for (uint32_t place = 0; place < set->used; place = level_after(set, place)) {
        text = level_text(set, place);
        if (column->forced)
            date_orders_add(&column->orders, text, strlen(text), false);
        else if (!date_scan_add(&column->dates, text, strlen(text)))
            return false;
    }
    return true;
}

/* A forced type may have texts of several orders; then each is read for itself, and that is said. */
static bool finish_dates(struct csv_column *column, struct column *out)
{
    unsigned orders = !column->forced                     ? date_scan_order(&column->dates)
                      : column->forced_orders != DATE_ANY ? column->forced_orders
                      : column->orders.common != 0        ? (unsigned)date_orders_meant(&column->orders)
                                                          : DATE_ANY;

    for (size_t i = 0; i < column->rows; i++) {
        uint32_t place = (uint32_t)column->as.integer[i];
        const char *text = place == LEVEL_NONE ? "" : level_text(&column->levels, place);

        if (place == LEVEL_NONE || !date_read(text, strlen(text), orders, true, &column->as.integer[i]))
            column->as.integer[i] = COLUMN_NA;
    }
    out->type = COLUMN_DATE;
    out->as.integer = column->as.integer;
    column->as.any = NULL;
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

    if (column->reading == READING_NOTHING && !begin(column, empty, column->rows)) /* nothing but missing values */
        return false;
    if (column->as.any != NULL)
        shrink(column);
    *out = (struct column){ .missing = column->missing };
    if (column->reading == READING_TEXT) {
        if (!(texts_are_logical(column, rules) ? finish_logical(column, out)
              : texts_are_dates(column, rules) ? finish_dates(column, out)
                                               : finish_factor(column, out)))
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
