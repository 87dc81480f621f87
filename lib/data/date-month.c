/* date-month.c -- months without a day, as dates: Jan-23, 2023-Jan, 03/2020.  See date.h.
 *
 *   month -> name [`.`] [signs] year | number signs year | year signs number | year [signs] name
 *   signs -> one of `-` `/` `.` `,` `'`, and blanks */
#include <string.h>

#include "data/date-private.h"
#include "data/date.h"

/* A number or a name at *text, which goes behind it. */
struct part {
    long number;
    int digits; /* 0 of a name */
};

static bool take_part(const char **text, const char *end, struct part *part)
{
    const char *from = *text;

    *part = (struct part){ 0 };
    for (; *text < end && **text >= '0' && **text <= '9' && *text - from < 4; ++*text)
        part->number = part->number * 10 + (**text - '0');
    part->digits = (int)(*text - from);
    if (part->digits > 0)
        return true;
    while (*text < end && strchr("-/., '0123456789", **text) == NULL)
        ++*text;
    part->number = date_month_of_name(from, (size_t)(*text - from));
    return part->number > 0;
}

static bool split_month(const char *text, size_t length, struct part part[2])
{
    enum { SIGNS = 3 };
    const char *end = text + length, *from;

    if (!take_part(&text, end, &part[0]))
        return false;
    for (from = text; text < end && text - from < SIGNS && strchr("-/., '", *text) != NULL;)
        text++;
    if (text == from && part[0].digits > 0 && part[0].digits < 4)
        return false;
    return take_part(&text, end, &part[1]) && text == end;
}

/* Which part is the year: by its digits, or behind the month. */
static int place_of_year(const struct part part[2], bool year_first)
{
    if (part[0].digits == 4 || part[1].digits == 4)
        return part[0].digits == 4 ? 0 : 1;
    if (part[0].digits == 0 || part[1].digits == 0) /* 23-Jan is the 23rd, but where a person says that it is not */
        return part[0].digits == 0 ? 1 : year_first ? 0 : -1;
    return year_first ? 0 : 1;
}

bool date_read_month(const char *text, size_t length, bool year_first, struct date_month *month)
{
    struct part part[2];
    long year;
    int place;

    if (!split_month(text, length, part) || (place = place_of_year(part, year_first)) < 0)
        return false;
    month->short_year = part[place].digits == 2;
    month->named = part[1 - place].digits == 0;
    if ((part[place].digits != 4 && part[place].digits != 2) || part[1 - place].digits > 2)
        return false;
    year = part[place].number;
    year += !month->short_year ? 0 : year >= 69 ? 1900 : 2000;
    return date_of(year, part[1 - place].number, 1, &month->date);
}

int date_format_month(const char *format)
{
    char parts[3];

    if (!date_format_letters(format, 2, parts))
        return 0;
    return strcmp(parts, "my") == 0 ? DATE_MONTH_YEAR : strcmp(parts, "ym") == 0 ? DATE_YEAR_MONTH : 0;
}
