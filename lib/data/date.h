/* date.h -- days of the Gregorian calendar: their number, from 1970-01-01 on, and their texts.
 *
 * A date column holds such numbers.  The calendar reaches from 0001-01-01 to 9999-12-31, and is continued backwards before 1582.
 */
#ifndef DATA_DATE_H
#define DATA_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The order of the parts of a text; sets of orders are sums. */
enum date_order { DATE_YMD = 1, DATE_DMY = 2, DATE_MDY = 4, DATE_ANY = 7 };

/* Beside DATE_YMD alone, where a person said so: the year in front may have two digits. */
enum { DATE_SHORT_FIRST = 8 };

enum { DATE_FIRST = -719162, DATE_LAST = 2932896 };

/* False where there is no such day (31 April). */
bool date_of(long year, long month, long day, int32_t *date);
void date_parts(int32_t date, int *year, int *month, int *day);

/* 1 is Monday, as in ISO 8601. */
int date_weekday(int32_t date);

/* "2024-01-31". */
const char *date_text(int32_t date, char buffer[40]);

/* Reads a text whose parts stand in one of these orders; the first that gives a day, in the order of the enumeration: three
 * numbers between equal signs (`.`, `/`, `-`, a blank), a month as a word (in English, German, French, Spanish, Italian,
 * Portuguese or Dutch) or its abbreviation, eight digits, or numbers with the signs of China, Japan and Korea behind.  A day of
 * the week beside them is left out.
 * A month's name says itself which part is which: such a text is read whatever the orders are.
 * A year of two digits is one of 1969 to 2068.  A time behind the day and marks of
 * footnotes are left out where `times`; else the time must be 0:00, and there are no marks. */
bool date_read(const char *text, size_t length, unsigned orders, bool times, int32_t *date);

/* What the texts of a column have in common, one after the other.  `(struct date_scan){ 0 }` has seen none. */
struct date_scan {
    unsigned orders;  /* that fit all whose month is a number */
    char separator;   /* that all have */
    bool begun, none; /* a text was seen; one is no date */
    bool numbered;    /* one has a month that is a number */
    bool short_years; /* years have two digits */
    unsigned shown;   /* orders of the dates whose month has a name */
};

/* False, from then on, where not all are dates.  Eight digits are none, nor is what has a time of day. */
bool date_scan_add(struct date_scan *scan, const char *text, size_t length);

/* The order that is meant where several fit: the year first; of day and month the one first that stands so where months have
 * names (05-Jan-2024); else a month before its day unless points part them. */
enum date_order date_scan_order(const struct date_scan *scan);

/* Day and month may as well be the other way round. */
bool date_scan_ambiguous(const struct date_scan *scan);

/* The same of all that date_read() reads, with times and of eight digits, whatever stands between the parts: which orders fit all
 * of them, and, where none does, texts that no order fits together.  `(struct date_orders){ 0 }` has seen none. */
struct date_orders {
    unsigned common; /* that fit all whose month is a number; 0 where none does */
    unsigned shown;  /* orders of the dates whose month has a name */
    bool begun, short_years, timed;
    bool signs;        /* one is more than eight digits */
    bool several;      /* not all have the same sign between their parts */
    char separator;    /* of the last */
    char marked[48];   /* the first text with the mark of a footnote, perhaps cut; "" where none has one */
    char first[4][48]; /* the first text of y-m-d, of d/m/y, of m/d/y, and of either of these two; perhaps cut */
};

/* False for what is no date, which does not take part.  `careful` takes short years as date_scan_add() does only, and eight
 * digits of a year from 1800 to 2199 only. */
bool date_orders_add(struct date_orders *orders, const char *text, size_t length, bool careful);

/* Dates of which no order fits all; and those that are read month first, and may as well be the other way round. */
bool date_orders_differ(const struct date_orders *orders);
bool date_orders_ambiguous(const struct date_orders *orders);

/* The order that is meant where several fit, as date_scan_order() says. */
enum date_order date_orders_meant(const struct date_orders *orders);

/* Whether the text, of a short year, may as well have it in front: 24-01-05. */
bool date_short_first(const char *text, size_t length);

/* Two texts that no order fits both, and the orders of each (a sum); false where the texts of differing dates do not tell. */
bool date_orders_pair(const struct date_orders *orders, const char *text[2], unsigned order[2]);

/* The order that is meant of some. */
enum date_order date_order_meant(unsigned orders);

/* The order that a format names: "d.m.y", "%m/%d/%Y", "YYYY-MM-DD", "dmy"; 0 for what is none. */
unsigned date_format_order(const char *format);

/* Texts of several kinds, each told by the sign between its parts, and a year in front by its digits.  `date_kinds_read` reads a
 * list of formats ("y-m-d, d.m.y"); false where one is none, or two of the same sign have the day and the month first.  Texts
 * with the name of a month are of no kind: they are read beside any. */
enum { DATE_KINDS = 11, DATE_KINDS_TEXT = 96 }; /* five signs, the year in front or not; excel */
struct date_kinds {
    struct {
        unsigned order;
        char sign;
        bool ambiguous; /* found: of m/d/y and d/m/y the other fits as well */
        bool serial;    /* "excel": no order, but numbers of days as Excel counts them, of five digits */
    } kind[DATE_KINDS];
    int count;
};
bool date_kinds_read(const char *formats, struct date_kinds *kinds);
bool date_read_kinds(const char *text, size_t length, const struct date_kinds *kinds, int32_t *date);

/* Whether all texts are dates, perhaps with times, and of two kinds at least; then which: in the order - . / and a blank. */
bool date_kinds_find(char *const texts[], int32_t count, struct date_kinds *kinds);

/* One of them is of this order, m/d/y or d/m/y, and may as well be of the other; 0 where none is open. */
unsigned date_kinds_ambiguous(const struct date_kinds *kinds);

/* "y-m-d, d.m.y, ymd", as date_kinds_read() reads it. */
const char *date_kinds_text(const struct date_kinds *kinds, char buffer[DATE_KINDS_TEXT]);

/* A month without a day as its first: Jan-23, 2023-Jan, 03/2020, the months by name as date_read() knows them.  A year is told by
 * four digits; of two it stands behind, or in front where `year_first` says so (23-Jan is none else).  False for what is none. */
struct date_month {
    int32_t date;
    bool named, short_year;
};
bool date_read_month(const char *text, size_t length, bool year_first, struct date_month *month);

/* The same of a format: "b-y" and "m/y", or "y-m"; 0 for what is none. */
enum { DATE_MONTH_YEAR = 1, DATE_YEAR_MONTH = 2 };
int date_format_month(const char *format);

/* Of m/d/y and d/m/y the other; in words: "day/month/year". */
unsigned date_order_other(unsigned order);
const char *date_order_words(unsigned order);

/* "d/m/y"; "d/m/y or m/d/y" of both. */
const char *date_order_name(unsigned order);

#endif
