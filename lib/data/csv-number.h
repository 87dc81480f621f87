/* csv-number.h -- a cell's text as a number of the file: with its decimal sign, its thousands marks, its units. */
#ifndef DATA_CSV_NUMBER_H
#define DATA_CSV_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

struct csv_format {
    char decimal;   /* '.' or ',' */
    char thousands; /* ',', '.', '\'' or ' '; 0: none */
    bool units; /* a currency sign may stand before the number, a unit behind it; (4) is -4, as accountants write it, and 4- */
};

enum { CSV_UNIT = 16 }; /* room for a unit */

/* True where the text reads as a number of that format; also NaN, Inf and -Inf, and not what is beyond the range of doubles.
 * Thousands marks are optional, but where they stand they must part groups of three digits; commas also groups of two before the
 * last.  `unit` (needed where units are read) gets the unit's text, perhaps empty: "%" and "$" are units too, and 10% is 10.  A
 * minus may be U+2212 or an en dash. */
bool csv_number(const struct csv_format *format, const char *text, size_t length, double *value, char unit[CSV_UNIT]);

/* Of a number with that unit, whether letters behind it stand for zeros: $12k, £1.2M. */
bool csv_is_scaled(const char *text, size_t length, const char *unit);

/* The same of the usual format: a decimal point, no marks, no units. */
bool csv_plain_number(const char *text, size_t length, double *value);

/* How a text with units that is negative says so without a minus before its number: '(' as (4) or $(4), '-' as 4-, ' ' as
 * "- 4"; else 0. */
char csv_minus_of(const char *text, size_t length);

/* True for digits with a sign only. */
bool csv_digits(const char *text, size_t length);

/* The number within marks: 5.1*, 5?, 123.4[1] and 12.1 (r) without theirs, <0.05, >= 300 and 10+ without their sign, of which
 * *limit tells.  True
 * where there was a mark and *text and *length are now what is left. */
bool csv_take_marks(const char **text, size_t *length, bool *limit);

/* Takes a flag off the end of a number's text, and the blanks before it: one or two letters of those by which Eurostat marks its
 * numbers (`4.5 b`, `5.4 bp`), or H, L, HH and LL of laboratories.  False where there is none. */
enum { CSV_FLAG = 3 };
bool csv_take_flag(const char *text, size_t *length, char flag[CSV_FLAG]);

/* Takes blanks away at the ends of a text, no-break and narrow ones too; false where there are none. */
bool csv_trim_blanks(const char **text, size_t *length);

#endif
