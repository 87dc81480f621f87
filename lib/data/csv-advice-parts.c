/* csv-advice-parts.c -- factors whose texts hold numbers that another sign keeps from being one: 1.25 (0.98-1.60), 120/80, 10 PM.
 *
 * The text of each cell becomes a shape, in which # stands for a number: `#(#-#)`.  Where all cells of a column have a shape of
 * one kind the column is of that kind, and number() takes each number by its place. */
#include "config.h"
#include "data/csv-look.h"
#include "data/csv-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "data/date.h"
#include "data/number-within.h"

enum { SHAPE = 24, PLACES = 3 };

/* What a cell has in it. */
struct cell {
    char shape[SHAPE];
    struct number_within number[PLACES];
    int count;
    bool foreign;
};

/* What is said of them; `kind` as CSV_PARTS_. */
static const struct {
    const char *shape;
    int kind;
} shapes[] = {
    { "#(#-#)", CSV_PARTS_INTERVAL },   { "#(#,#)", CSV_PARTS_INTERVAL },  { "#(#to#)", CSV_PARTS_INTERVAL },
    { "#(#bis#)", CSV_PARTS_INTERVAL }, { "(#-#)", CSV_PARTS_BETWEEN },    { "(#,#)", CSV_PARTS_BETWEEN },
    { "#(#)", CSV_PARTS_SPREAD },       { "#(#%)", CSV_PARTS_SHARE },      { "#\xc2\xb1#", CSV_PARTS_SPREAD },
    { "#+/-#", CSV_PARTS_SPREAD },      { "#'#\"", CSV_PARTS_FEET },       { "#'#''", CSV_PARTS_FEET },
    { "#'#", CSV_PARTS_FEET },          { "#ft#in", CSV_PARTS_FEET },      { "#am", CSV_PARTS_TWELVE },
    { "#pm", CSV_PARTS_TWELVE },        { "#:#am", CSV_PARTS_TWELVE },     { "#:#pm", CSV_PARTS_TWELVE },
    { "#a.m.", CSV_PARTS_TWELVE },      { "#p.m.", CSV_PARTS_TWELVE },     { "#:#a.m.", CSV_PARTS_TWELVE },
    { "#:#p.m.", CSV_PARTS_TWELVE },    { "#:#:#am", CSV_PARTS_TWELVE },   { "#:#:#pm", CSV_PARTS_TWELVE },
    { "#:#:#a.m.", CSV_PARTS_TWELVE },  { "#:#:#p.m.", CSV_PARTS_TWELVE }, { "#:#", CSV_PARTS_CLOCK },
    { "#:#:#", CSV_PARTS_CLOCK },       { "#q#", CSV_PARTS_QUARTER },      { "#-q#", CSV_PARTS_QUARTER },
    { "#/q#", CSV_PARTS_QUARTER },      { "q##", CSV_PARTS_OF_YEAR },      { "q#-#", CSV_PARTS_OF_YEAR },
    { "q#/#", CSV_PARTS_OF_YEAR },      { "#x#^#", CSV_PARTS_POWER },      { "#*#^#", CSV_PARTS_POWER },
    { "#+#", CSV_PARTS_WEEKS },         { "#-w#", CSV_PARTS_YEAR_WEEK },   { "#w#", CSV_PARTS_YEAR_WEEK },
    { "#h#", CSV_PARTS_CLOCK },         { "#:#uhr", CSV_PARTS_CLOCK },     { "#uhr", CSV_PARTS_UHR },
    { "#m#", CSV_PARTS_YEAR_MONTH },    { "#-m#", CSV_PARTS_YEAR_MONTH },  { "#week#", CSV_PARTS_YEAR_WEEK },
    { "#kw#", CSV_PARTS_YEAR_WEEK },    { "#-#-#", CSV_PARTS_YEAR_DAY },   { "#/#/#", CSV_PARTS_YEAR_DAY },
};

/* Spans of time in two units, of which a cell may have one alone; no word of the smaller has the larger one's first letter, by
 * which load tells them. */
static const struct {
    int kind;
    const char *large, *small; /* words between `|` */
} spans[] = {
    { CSV_PARTS_HOURS, "|h|hr|hrs|hour|hours|", "|m|min|mins|minute|minutes|" },
    { CSV_PARTS_YEARS, "|y|yr|yrs|year|years|", "|m|mo|mos|mth|mths|month|months|" },
    { CSV_PARTS_WEEKS, "|w|wk|wks|week|weeks|", "|d|day|days|" },
    { CSV_PARTS_DAYS, "|d|day|days|", "|h|hr|hrs|hour|hours|" },
    { CSV_PARTS_MINUTES, "|m|min|mins|minute|minutes|", "|s|sec|secs|second|seconds|" },
};

/* Signs that are written in several ways, and blanks, which are none. */
static const struct {
    const char *sign, *plain;
} signs[] = { { " ", "" },
              { "\xc2\xa0", "" },
              { "\xe2\x80\xaf", "" },
              { "[", "(" },
              { "]", ")" },
              { ";", "," },
              { "\xe2\x80\x93", "-" },
              { "\xe2\x80\x94", "-" },
              { "\xe2\x88\x92", "-" },
              { "\xc3\x97", "x" },
              { "\xc2\xb7", "*" },
              { "\xe2\x80\x99", "'" },
              { "\xe2\x80\xb2", "'" },
              { "\xe2\x80\x9d", "\"" },
              { "\xe2\x80\xb3", "\"" } };

/* Adds what stands between two numbers; false where there is no room for a # behind it. */
static bool add_between(char shape[SHAPE], const char *at, const char *end)
{
    size_t length = strlen(shape);

    while (at < end) {
        size_t k = 0, taken = 1;
        char one[2] = { *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at, '\0' };
        const char *plain = one;

        while (k < sizeof signs / sizeof *signs && strncmp(at, signs[k].sign, strlen(signs[k].sign)) != 0)
            k++;
        if (k < sizeof signs / sizeof *signs) {
            plain = signs[k].plain;
            taken = strlen(signs[k].sign);
        }
        if (length + strlen(plain) + 2 > SHAPE)
            return false;
        strcpy(shape + length, plain);
        length += strlen(plain);
        at += taken;
    }
    return length + 2 <= SHAPE;
}

/* False where it has no shape that fits. */
static bool read_cell(const char *text, char decimal, struct cell *cell)
{
    const char *at = text, *before = text;

    *cell = (struct cell){ .count = 0 };
    while (cell->count < PLACES && number_within_next(text, &at, decimal, &cell->number[cell->count])) {
        const struct number_within *number = &cell->number[cell->count++];

        if (!add_between(cell->shape, before, number->begin))
            return false;
        strcat(cell->shape, "#");
        cell->foreign = cell->foreign || number->foreign;
        before = at;
    }
    if (cell->count == 0 || strpbrk(before, "0123456789") != NULL)
        return false;
    return add_between(cell->shape, before, before + strlen(before));
}

static bool lies(const struct number_within *number, double least, double most)
{
    return number->whole && number->value >= least && number->value <= most;
}

static bool is_year(const struct number_within *number)
{
    return lies(number, 1800.0, 2199.0) && number->digits == 4;
}

/* 2020-03, 03/2020, 120/80, 3/28: kinds that the numbers tell. */
static int kind_of_pair(const struct cell *cell)
{
    const struct number_within *a = &cell->number[0], *b = &cell->number[1];
    bool slash = strcmp(cell->shape, "#/#") == 0;

    if (!slash && strcmp(cell->shape, "#-#") != 0 && strcmp(cell->shape, "#.#") != 0)
        return CSV_PARTS_NONE;
    if (is_year(a) && lies(b, 1.0, 12.0) && b->digits == 2)
        return CSV_PARTS_YEAR_MONTH;
    if (lies(a, 1.0, 12.0) && is_year(b))
        return CSV_PARTS_MONTH_YEAR;
    if (slash && lies(a, 50.0, 300.0) && lies(b, 20.0, 200.0) && a->value > b->value && !a->padded && !b->padded)
        return CSV_PARTS_PRESSURE;
    if (slash && lies(a, 1.0, 31.0) && lies(b, 1.0, 31.0) && (a->value <= 12.0 || b->value <= 12.0) && a->digits <= 2
        && b->digits <= 2)
        return CSV_PARTS_DAY_MONTH;
    return CSV_PARTS_NONE;
}

static bool fits_clock(const struct cell *cell, int kind)
{
    double hours = kind == CSV_PARTS_TWELVE ? 12.0 : 24.0;

    return lies(&cell->number[0], kind == CSV_PARTS_TWELVE ? 1.0 : 0.0, hours)
           && (cell->count < 2 || (lies(&cell->number[1], 0.0, 59.0) && cell->number[1].digits == 2))
           && (cell->count < 3 || (cell->number[2].value >= 0.0 && cell->number[2].value < 61.0));
}

/* Minutes, and seconds with decimals. */
static bool fits_lap(const struct cell *cell)
{
    return strcmp(cell->shape, "#:#") == 0 && lies(&cell->number[0], 0.0, 59.0) && !cell->number[1].whole
           && cell->number[1].value < 60.0;
}

static bool fits(const struct cell *cell, int kind)
{
    const struct number_within *number = cell->number;

    switch (kind) {
    case CSV_PARTS_TWELVE:
    case CSV_PARTS_CLOCK:
        return fits_clock(cell, kind);
    case CSV_PARTS_FEET:
        return lies(&number[0], 1.0, 8.0) && (cell->count < 2 || number[1].value < 12.0);
    case CSV_PARTS_QUARTER:
        return is_year(&number[0]) && lies(&number[1], 1.0, 4.0);
    case CSV_PARTS_OF_YEAR:
        return lies(&number[0], 1.0, 4.0) && is_year(&number[1]);
    case CSV_PARTS_WEEKS: /* of a pregnancy */
        return lies(&number[0], 1.0, 45.0) && lies(&number[1], 0.0, 6.0) && number[1].digits == 1;
    case CSV_PARTS_YEAR_WEEK:
        return is_year(&number[0]) && lies(&number[1], 1.0, 53.0);
    case CSV_PARTS_YEAR_MONTH:
        return is_year(&number[0]) && lies(&number[1], 1.0, 12.0);
    case CSV_PARTS_UHR:
        return number[0].value >= 0.0 && number[0].value < 24.6 && 100.0 * (number[0].value - floor(number[0].value)) < 59.5;
    case CSV_PARTS_YEAR_DAY:
        return is_year(&number[0]) && lies(&number[1], 1.0, 31.0) && lies(&number[2], 1.0, 12.0);
    case CSV_PARTS_POWER:
        return number[1].whole && number[1].value == 10.0 && number[2].whole;
    default:
        return true;
    }
}

/* Hours and minutes with a point between them, and half a day behind. */
static bool fits_point(const struct cell *cell)
{
    const struct number_within *number = &cell->number[0];
    double minutes = 100.0 * (number->value - floor(number->value));

    return (strcmp(cell->shape, "#am") == 0 || strcmp(cell->shape, "#pm") == 0) && !number->whole && number->value >= 1.0
           && number->value < 13.0 && minutes < 59.5;
}

/* 3:1, 16:10. */
static bool fits_ratio(const struct cell *cell)
{
    return strcmp(cell->shape, "#:#") == 0 && cell->number[0].value >= 0.0 && cell->number[1].value >= 0.0;
}

static int kind_of(const struct cell *cell)
{
    if (fits_lap(cell))
        return CSV_PARTS_LAP;
    if (fits_point(cell))
        return CSV_PARTS_POINT;
    if (cell->foreign && strcmp(cell->shape, "#") == 0)
        return CSV_PARTS_DIGITS;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        if (strcmp(cell->shape, shapes[k].shape) == 0)
            return fits(cell, shapes[k].kind) ? shapes[k].kind : fits_ratio(cell) ? CSV_PARTS_RATIO : CSV_PARTS_NONE;
    return kind_of_pair(cell);
}

/* Two levels' kinds as one, where one of them may be taken for the other; else that of the second. */
static int common_kind(int before, const struct cell *cell, int its, int count)
{
    if (its == CSV_PARTS_TWELVE && cell->count == 1 && before == CSV_PARTS_POINT)
        return before; /* 10pm among 10.30pm */
    if (cell->count == 2 && count == 2
        && ((its == CSV_PARTS_CLOCK && before == CSV_PARTS_RATIO) || (its == CSV_PARTS_RATIO && before == CSV_PARTS_CLOCK)))
        return CSV_PARTS_RATIO; /* 16:10 among 4:3 */
    return its;
}

/* Nothing of a number: `not done`, NE. */
static bool is_word(const char *text)
{
    return strpbrk(text, "0123456789") == NULL && (unsigned char)text[0] < 0x80;
}

/* Words for missing values stand beside numbers that are enough for each. */
static bool is_beside(int32_t count, int32_t missing)
{
    return count - missing >= CSV_LEAST * missing;
}

/* The kind of all levels but those that say that a value is missing; how many numbers each of them has, and at most where times
 * of day have their minutes or not (10 PM, 10:30 PM): *some then. */
static int kind_of_column(const struct column *column, char decimal, int *count, bool *some, bool *words)
{
    int kind = CSV_PARTS_NONE;
    int32_t missing = 0;

    *count = 0;
    *some = *words = false;
    for (int32_t l = 0; l < column->level_count; l++) {
        struct cell cell;
        int its;

        if (csv_says_missing(column->levels[l]) || is_word(column->levels[l])) {
            *words = true;
            missing += !csv_says_missing_always(column->levels[l]) && strcmp(column->levels[l], "-") != 0;
            continue;
        }
        its = read_cell(column->levels[l], decimal, &cell) ? kind_of(&cell) : CSV_PARTS_NONE;
        its = common_kind(kind, &cell, its, *count);
        if (kind == CSV_PARTS_NONE || (kind == CSV_PARTS_TWELVE && *count == 1 && its == CSV_PARTS_POINT)
            || (kind == CSV_PARTS_CLOCK && its == CSV_PARTS_RATIO))
            kind = its;
        if (its == CSV_PARTS_NONE || its != kind)
            return CSV_PARTS_NONE;
        *some = *some || (*count > 0 && cell.count != *count);
        *count = cell.count > *count ? cell.count : *count;
        if (*some && (kind != CSV_PARTS_TWELVE || *count > 2))
            return CSV_PARTS_NONE;
    }
    return is_beside(column->level_count, missing) ? kind : CSV_PARTS_NONE;
}

/* Whether the word of `length` bytes stands in the list, whose words are between `|`. */
static bool is_listed(const char *list, const char *word, size_t length)
{
    for (const char *at = strchr(list, '|'); at[1] != '\0'; at = strchr(at + 1, '|'))
        if (strncmp(at + 1, word, length) == 0 && at[1 + length] == '|')
            return true;
    return false;
}

/* Whether the cell is a span in these units; *large and *small: which of them it has. */
static bool is_span(const struct cell *cell, size_t k, bool *large, bool *small)
{
    const char *at = cell->shape;

    at += at[0] == 'p' ? 1 : 0; /* ISO 8601: P5Y3M, PT1H30M */
    at += at > cell->shape && at[0] == 't' ? 1 : 0;
    *large = *small = false;
    while (*at == '#') {
        size_t length = strcspn(at + 1, "#");

        if (!*large && !*small && is_listed(spans[k].large, at + 1, length))
            *large = true;
        else if (!*small && is_listed(spans[k].small, at + 1, length))
            *small = true;
        else
            return false;
        at += 1 + length;
    }
    return *at == '\0' && cell->number[0].value >= 0;
}

/* The units in which all levels are spans, but those that say that a value is missing, some with the larger one and some with the
 * smaller; *some: not each with both.  Numbers with one unit are no spans. */
static int kind_of_spans(const struct column *column, char decimal, bool *some, bool *words)
{
    for (size_t k = 0; k < sizeof spans / sizeof *spans; k++) {
        bool all = true, any_large = false, any_small = false;
        int32_t missing = 0;

        *some = *words = false;
        for (int32_t l = 0; all && l < column->level_count; l++) {
            struct cell cell;
            bool large, small;

            if (csv_says_missing(column->levels[l]) || is_word(column->levels[l])) {
                *words = true;
                missing++;
                continue;
            }
            all = read_cell(column->levels[l], decimal, &cell) && is_span(&cell, k, &large, &small);
            any_large = any_large || (all && large);
            any_small = any_small || (all && small);
            *some = *some || (all && !(large && small));
        }
        if (all && any_large && any_small && is_beside(column->level_count, missing))
            return spans[k].kind;
    }
    return CSV_PARTS_NONE;
}

/* 25.1.23, which may as well be a version: `date` reads it where it is asked to. */
static bool is_short_date(const char *text)
{
    int day, month, year, length = 0;

    return strspn(text, "0123456789.") == strlen(text) && sscanf(text, "%2d.%2d.%2d%n", &day, &month, &year, &length) == 3
           && text[length] == '\0' && text[length - 3] == '.' && day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

/* *missing: some say that there is none. */
static bool are_short_dates(const struct column *column, bool *missing)
{
    int32_t words = 0;

    for (int32_t l = 0; l < column->level_count; l++) {
        bool none = csv_says_missing(column->levels[l]);

        words += none;
        if (!none && !is_short_date(column->levels[l]))
            return false;
    }
    *missing = words > 0;
    return is_beside(column->level_count, words);
}

/* Months by name with a year, Jan-23 and 2023-Jan: *missing as above; *short_year: one has two digits, which may as well be a
 * day. */
static bool are_months(const struct column *column, bool *missing, bool *short_year)
{
    int32_t words = 0;

    *short_year = false;
    for (int32_t l = 0; l < column->level_count; l++) {
        struct date_month month;

        if (csv_says_missing(column->levels[l])) {
            words++;
            continue;
        }
        if (!date_read_month(column->levels[l], strlen(column->levels[l]), false, &month) || !month.named)
            return false;
        *short_year = *short_year || month.short_year;
    }
    *missing = words > 0;
    return is_beside(column->level_count, words);
}

/* A text to show, and its line where that is known: the first that made the column one of texts, but none of missing values. */
static const char *shown_text(const struct column *column, const struct csv_column *source, long *line)
{
    int32_t l = 0;

    *line = source->surprise_line;
    if (source->surprise[0] != '\0' && !csv_says_missing(source->surprise))
        return source->surprise;
    *line = 0;
    while (l + 1 < column->level_count && csv_says_missing(column->levels[l]))
        l++;
    return column->levels[l];
}

bool csv_note_parts(struct csv_reader *r, const struct column *column, const struct csv_column *source, bool *done)
{
    const char decimals[] = { '.', ',' };
    struct csv_note *note;
    int kind = CSV_PARTS_NONE, count = 0, k = 0;
    bool some = false, words = false, short_year;
    const char *text;
    long line;

    *done = false;
    if (column->type != COLUMN_FACTOR || column->level_count < CSV_LEAST)
        return true;
    for (; kind == CSV_PARTS_NONE && k < 2; k++)
        kind = kind_of_column(column, decimals[k], &count, &some, &words);
    for (k = kind == CSV_PARTS_NONE ? 0 : k; kind == CSV_PARTS_NONE && k < 2; k++) {
        kind = kind_of_spans(column, decimals[k], &some, &words);
        count = 2;
    }
    if (kind == CSV_PARTS_NONE && are_short_dates(column, &some))
        kind = CSV_PARTS_SHORT_DATE;
    if (kind == CSV_PARTS_NONE && are_months(column, &some, &short_year))
        kind = short_year ? CSV_PARTS_MONTH_SHORT : CSV_PARTS_MONTH;
    if (kind == CSV_PARTS_NONE)
        return true;
    *done = true;
    text = shown_text(column, source, &line);
    note = csv_note_add(r->report, CSV_NOTE_PARTS, column->name, text);
    if (note == NULL)
        return false;
    note->line = line;
    note->scale = kind;
    note->count = (size_t)count;
    note->minus = decimals[k - 1];
    note->open = some;
    note->optional = words;
    return true;
}
