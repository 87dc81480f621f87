/* date-private.h -- how one text reads as a date: what the orders of a column's texts (date.c) and the dates of several kinds
 * (date-kinds.c) are found by. */
#ifndef DATA_DATE_PRIVATE_H
#define DATA_DATE_PRIVATE_H

#include "data/date.h"

/* Three parts as they stand; one of them may be the name of a month. */
struct date_pieces {
    long number[3];
    int digits[3];
    int named; /* the part that is a month's name; -1 */
    char separator;
    bool timed;  /* a time of day that is not 0:00 follows */
    bool marked; /* a mark of a footnote follows, which is left out */
};

/* The parts of a text between signs; false for what is none.  Left out are a day of the week before it (`Wed, 25 Jan 2023`) or in
 * brackets behind, a time, and marks of footnotes (`14 Apr 2023[2]`). */
bool date_split(const char *text, size_t length, struct date_pieces *parts);

/* The same of eight digits without signs, with a time behind as ISO 8601 has it (20230125T101211Z) or without. */
bool date_split_digits(const char *text, size_t length, unsigned order, struct date_pieces *parts);

/* The month of a name, or 0: in English, German, French, Spanish, Italian, Portuguese and Dutch, no two of which mean different
 * months by one name. */
int date_month_of_name(const char *text, size_t length);

/* The letters of a format in order, `%Y-%b` as "ym": room for `most` of y, m and d, and the end.  False for what is no format. */
bool date_format_letters(const char *format, int most, char parts[]);

/* A text as a date: every order in which date_read() reads it (0: none). */
struct date_reading {
    unsigned orders;
    bool short_year, timed, marked, named, digits; /* digits: eight, without signs */
    char separator;
};

/* A month before its day is no order between points where the other way does.  What may as well be something else, 1.2.34 or
 * 31 12 2024, is no date to who is careful. */
struct date_reading date_read_any(const char *text, size_t length, bool careful);

/* The order that a date with a named month shows; 0: none. */
unsigned date_text_shown(const char *text, size_t length);

#endif
