/* date-private.h -- how one text reads as a date: what the orders of a column's texts (date.c) and the dates of several kinds
 * (date-kinds.c) are found by. */
#ifndef DATA_DATE_PRIVATE_H
#define DATA_DATE_PRIVATE_H

#include "data/date.h"

/* A text as a date: every order in which date_read() reads it (0: none). */
struct date_reading {
    unsigned orders;
    bool short_year, timed, named, digits; /* digits: eight, without signs */
    char separator;
};

/* A month before its day is no order between points where the other way does.  What may as well be something else, 1.2.34 or
 * 31 12 2024, is no date to who is careful. */
struct date_reading date_read_any(const char *text, size_t length, bool careful);

/* The order that a date with a named month shows; 0: none. */
unsigned date_text_shown(const char *text, size_t length);

#endif
