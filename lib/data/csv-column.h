/* csv-column.h -- a column of a delimited file while it is read: it finds its type as the fields arrive.
 *
 *   nothing -> integer -> real          each value is kept as it reads, never its text
 *   nothing -> text                     each distinct text once, and where it lies for each row
 *   text -> integer or real             when only quoted numbers came before the first number without quotes
 *   integer or real -> text             impossible without the texts: the column is `spoiled`, and is read again as text
 *
 * A text column whose texts are all TRUE, FALSE, T or F becomes logical in the end, one whose texts are all dates, dates. */
#ifndef DATA_CSV_COLUMN_H
#define DATA_CSV_COLUMN_H

#include "data/csv-number.h"
#include "data/date.h"
#include "data/frame.h"
#include "data/level-set.h"

/* What holds for the whole file. */
struct csv_rules {
    struct csv_format format;
    const char *const *missing; /* NULL-terminated */
    bool quoted_numbers;        /* a number in quotes is a number: no number without quotes was seen yet */
};

enum reading { READING_NOTHING, READING_INTEGER, READING_REAL, READING_TEXT };

struct csv_column {
    char *name;
    bool forced; /* the user gave the type */
    enum column_type forced_type;
    unsigned forced_orders; /* of dates (date.h) */
    enum reading reading;
    size_t rows, capacity, missing;
    union {
        double *real;
        int32_t *integer; /* READING_TEXT: places in levels, LEVEL_NONE as missing */
        void *any;
    } as;
    struct level_set levels;
    bool quoted_only;   /* every text so far stood in quotes */
    bool quoted_number; /* a quoted number was taken as a number */
    bool nameless;      /* the file has no name for it */
    bool generated;     /* V4: the file has no names at all, or this one was made up */
    bool spoiled;       /* a text came after numbers */
    bool numbers_first; /* numbers came before the text that surprised */
    bool too_long;      /* spoiled by an integer with more digits than a double holds */
    bool zeros;         /* spoiled by such a zero */
    bool fraction;      /* not all numbers were integers */
    bool bare;          /* a number but 0 had no unit */
    bool done;          /* complete in the first reading */
    long padded_line;   /* of the first of its integers that begins with a zero (01067), 0: none; its text, perhaps cut */
    char padded[48];
    bool like_thousands; /* a number with a decimal comma that may as well stand between thousands: 1,020 */
    bool decimals;       /* one that cannot: 1,02 */
    char grouped[16];    /* the first that may */
    char unit[CSV_UNIT]; /* of the cells */
    bool scaled;         /* a number has k, M or bn behind it, for zeros */
    char surprise[48];   /* the text that made it one of texts, perhaps cut */
    long surprise_line;
    char long_integer[48]; /* the first integer of too many digits, perhaps cut; and its line */
    long long_line;
    struct date_scan dates;    /* of the texts of a column that became one of dates */
    struct date_orders orders; /* of one that was made one by its type */
};

enum csv_outcome {
    CSV_STORED,
    CSV_PLAIN_NUMBER, /* stored: a number without quotes */
    CSV_NOT_NUMBER,   /* the forced type does not fit */
    CSV_NOT_UTF8,
    CSV_TOO_MANY_LEVELS,
    CSV_MEMORY
};

/* Adds the next row's field, which has no zero byte.  `rows_hint` rows are made room for at first.  Quotes that the field needs,
 * for it has the separator in it, are none (`quoted` is false). */
enum csv_outcome csv_column_add(struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length,
                                bool quoted, long line, size_t rows_hint);

/* Room for so many rows more. */
bool csv_column_reserve(struct csv_column *column, size_t rows, size_t rows_hint);

bool csv_is_missing(const struct csv_rules *rules, const char *text, size_t length);

/* An integer of up to nine digits, with a sign: it always fits. */
bool csv_short_integer(const char *text, size_t length, int32_t *value);

/* A number as csv_column_add would store it in a column of reals that has had a fraction: false where it is none, or would change
 * what is known of the column. */
bool csv_column_plain(const struct csv_column *column, const struct csv_rules *rules, const char *text, size_t length,
                      double *value);

/* Whether the decimal comma of a number is of a kind that the column has not had: one that cannot stand between thousands, or one
 * that may. */
bool csv_comma_is_new(const struct csv_column *column, const char *text, size_t length);

/* After the first reading: integers of too many digits, and those that begin with zeros, are no numbers (but ids) where the
 * column has nothing but integers. */
void csv_column_judge(struct csv_column *column);

/* Empties it but for the name, the forced type and what surprised; `as_text`: it reads text from now on. */
void csv_column_restart(struct csv_column *column, bool as_text);
void csv_column_clear(struct csv_column *column);

/* Hands the values over as a column of a frame; the csv_column is empty then.  False when memory is out. */
bool csv_column_finish(struct csv_column *column, const struct csv_rules *rules, struct column *out);

#endif
