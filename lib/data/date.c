/* date.c -- see date.h.
 *
 * Days are counted in eras of 400 years (146097 days) whose years begin with March, so that the day that leap years have more is
 * the last of its year. */
#include "data/date.h"

#include <stdio.h>
#include <string.h>

#include "data/date-private.h"

/* --- the calendar ------------------------------------------------------------------------------- */

enum { ERA = 146097, ERA_YEARS = 400, TO_1970 = 719468 }; /* days from 0000-03-01 to 1970-01-01 */

static int days_in_month(long year, long month)
{
    static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

bool date_of(long year, long month, long day, int32_t *date)
{
    long era, of_era, march;

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    year -= month <= 2;
    era = year / ERA_YEARS;
    of_era = year % ERA_YEARS;
    march = (month + 9) % 12; /* months since March */
    *date = (int32_t)(era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + (153 * march + 2) / 5 + day - 1 - TO_1970);
    return true;
}

void date_parts(int32_t date, int *year, int *month, int *day)
{
    long days = (long)date + TO_1970, era = days / ERA, of_era = days % ERA;
    long years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long of_year = of_era - (365 * years + years / 4 - years / 100), march = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * march + 2) / 5 + 1);
    *month = (int)(march < 10 ? march + 3 : march - 9);
    *year = (int)(era * ERA_YEARS + years + (*month <= 2));
}

int date_weekday(int32_t date)
{
    return (int)(((long)date + 3 + 7L * 200000) % 7) + 1; /* 1970-01-01 was a Thursday */
}

const char *date_text(int32_t date, char buffer[40])
{
    int year, month, day;

    date_parts(date, &year, &month, &day);
    snprintf(buffer, 40, "%04d-%02d-%02d", year, month, day);
    return buffer;
}

/* --- texts -------------------------------------------------------------------------------------- */

/* Where year, month and day stand. */
static void places(enum date_order order, int place[3])
{
    place[0] = order == DATE_YMD ? 0 : 2;
    place[1] = order == DATE_MDY ? 0 : 1;
    place[2] = order == DATE_YMD ? 2 : order == DATE_DMY ? 0 : 1;
}

/* The parts as a day, read in one order. */
static bool read_order(const struct date_pieces *parts, enum date_order order, bool short_first, bool *short_year, int32_t *date)
{
    int place[3], digits;
    long year;

    places(order, place);
    digits = parts->digits[place[0]];
    year = parts->number[place[0]];
    if ((digits != 4 && digits != 2) || (order == DATE_YMD && digits != 4 && !short_first) || parts->digits[place[1]] > 2
        || parts->digits[place[2]] > 2 || (parts->named >= 0 && parts->named != place[1]))
        return false;
    *short_year = digits == 2;
    year += digits == 4 ? 0 : year >= 69 ? 1900 : 2000;
    return date_of(year, parts->number[place[1]], parts->number[place[2]], date);
}

bool date_read(const char *text, size_t length, unsigned orders, bool times, int32_t *date)
{
    struct date_pieces parts;
    bool short_year, short_first = orders == (DATE_YMD | DATE_SHORT_FIRST);

    for (unsigned order = DATE_YMD; order <= DATE_MDY; order *= 2) {
        if (date_split_digits(text, length, order, &parts)) {
            if ((orders & order) != 0 && (times || !parts.timed)
                && read_order(&parts, (enum date_order)order, short_first, &short_year, date))
                return true;
        } else if (date_split(text, length, &parts) && (times || (!parts.timed && !parts.marked))
                   && (parts.named >= 0 || (orders & order) != 0)
                   && read_order(&parts, (enum date_order)order, short_first, &short_year, date)) {
            return true;
        }
    }
    return false;
}

/* --- columns ------------------------------------------------------------------------------------ */

/* Years of two digits are taken where nothing else is likely: 31/12/24, 31.12.24, 31-Dec-24, but not 1.2.34 or 10-12-14. */
static bool is_likely_short(const struct date_pieces *parts)
{
    return parts->named >= 0 || parts->separator == '/'
           || (parts->separator == '.' && parts->digits[0] == 2 && parts->digits[1] == 2);
}

/* The orders that a text may have; 0 for what is no date. */
static unsigned orders_of(const struct date_pieces *parts, bool *short_years)
{
    unsigned orders = 0;
    bool short_year;
    int32_t date;

    for (unsigned order = DATE_YMD; order <= DATE_MDY; order *= 2)
        if (read_order(parts, (enum date_order)order, false, &short_year, &date) && (!short_year || is_likely_short(parts))
            && !(order == DATE_MDY && parts->separator == '.' && parts->named < 0)) {
            orders |= order;
            *short_years = short_year;
        }
    return orders;
}

/* The order that a date with a named month is written in; 0 of others. */
static unsigned named_order(const struct date_pieces *parts)
{
    return parts->named < 0 ? 0 : parts->named == 0 ? DATE_MDY : parts->digits[0] == 4 ? DATE_YMD : DATE_DMY;
}

/* Of the orders that fit, those that dates with a named month show, where they show one and the same. */
static unsigned as_shown(unsigned orders, unsigned shown)
{
    bool open = (orders & (DATE_DMY | DATE_MDY)) == (DATE_DMY | DATE_MDY);

    return open && (shown == DATE_DMY || shown == DATE_MDY) ? (orders & ~(unsigned)(DATE_DMY | DATE_MDY)) | shown : orders;
}

bool date_scan_add(struct date_scan *scan, const char *text, size_t length)
{
    struct date_pieces parts;
    bool short_year = false;
    unsigned orders;

    if (scan->none)
        return false;
    if (length < 6 || length > 40 || !date_split(text, length, &parts) || parts.timed || parts.marked
        || (scan->begun && parts.separator != scan->separator)
        || (parts.named < 0 && (parts.separator == '\0' || parts.separator == ' '))) {
        scan->none = true;
        return false;
    }
    orders = orders_of(&parts, &short_year);
    if (parts.named >= 0 && orders != 0) {
        scan->shown |= named_order(&parts);
        orders = DATE_ANY; /* the name says which part is which */
    }
    scan->numbered = scan->numbered || parts.named < 0;
    scan->orders = scan->begun ? scan->orders & orders : orders;
    scan->separator = parts.separator;
    scan->short_years = scan->short_years || short_year;
    scan->begun = true;
    scan->none = scan->orders == 0;
    return !scan->none;
}

enum date_order date_order_meant(unsigned orders)
{
    return (orders & DATE_YMD) != 0 ? DATE_YMD : (orders & DATE_MDY) != 0 ? DATE_MDY : DATE_DMY;
}

enum date_order date_scan_order(const struct date_scan *scan)
{
    return date_order_meant(as_shown(scan->orders, scan->shown));
}

bool date_scan_ambiguous(const struct date_scan *scan)
{
    return scan->numbered && (scan->orders & (DATE_DMY | DATE_MDY)) == (DATE_DMY | DATE_MDY);
}

/* --- the orders of texts -------------------------------------------------------------------------- */

/* Of eight digits, what one would write. */
static bool is_likely_year(int32_t date)
{
    int year, month, day;

    date_parts(date, &year, &month, &day);
    return year >= 1800 && year < 2200;
}

struct date_reading date_read_any(const char *text, size_t length, bool careful)
{
    struct date_reading reading = { 0 };
    struct date_pieces parts = { .named = -1 };
    bool likely = true, compact = false; /* digits without signs */
    int32_t date;

    for (unsigned order = DATE_YMD; order <= DATE_MDY; order *= 2) {
        bool digits = date_split_digits(text, length, order, &parts), is_short;

        if (!digits && !date_split(text, length, &parts))
            continue;
        if (!read_order(&parts, (enum date_order)order, false, &is_short, &date) || (careful && digits && !is_likely_year(date)))
            continue;
        reading.orders |= order;
        compact = digits;
        reading.digits = digits && length == 8;
        reading.short_year = is_short;
        reading.timed = parts.timed;
        reading.marked = parts.marked;
    }
    reading.named = parts.named >= 0;
    reading.separator = parts.separator;
    if ((reading.orders & DATE_DMY) != 0 && parts.separator == '.' && !reading.named)
        reading.orders &= ~(unsigned)DATE_MDY;
    if (careful && !compact)
        likely = (!reading.short_year || is_likely_short(&parts))
                 && (reading.named || (parts.separator != '\0' && parts.separator != ' '));
    reading.orders = likely ? reading.orders : 0;
    return reading;
}

unsigned date_text_shown(const char *text, size_t length)
{
    struct date_pieces parts;

    return date_split(text, length, &parts) ? named_order(&parts) : 0;
}

/* Of date_orders.first. */
static const unsigned slots[4] = { DATE_YMD, DATE_DMY, DATE_MDY, DATE_DMY | DATE_MDY };

bool date_orders_add(struct date_orders *orders, const char *text, size_t length, bool careful)
{
    struct date_reading reading = date_read_any(text, length, careful);
    unsigned before = orders->begun ? orders->common : DATE_ANY;

    if (reading.orders == 0)
        return false;
    orders->shown |= reading.named ? date_text_shown(text, length) : 0;
    orders->common = reading.named ? before : before & reading.orders; /* a name says which part is which */
    orders->several = orders->several || (orders->begun && orders->separator != reading.separator);
    orders->separator = reading.separator;
    orders->short_years = orders->short_years || reading.short_year;
    orders->timed = orders->timed || reading.timed;
    orders->signs = orders->signs || !reading.digits;
    orders->begun = true;
    if (reading.marked && orders->marked[0] == '\0')
        snprintf(orders->marked, sizeof orders->marked, "%.*s", (int)(length < 47 ? length : 47), text);
    for (int k = 0; k < 4; k++)
        if (!reading.named && reading.orders == slots[k] && orders->first[k][0] == '\0')
            snprintf(orders->first[k], sizeof orders->first[k], "%.*s", (int)(length < 47 ? length : 47), text);
    return true;
}

bool date_orders_differ(const struct date_orders *orders)
{
    return orders->begun && orders->common == 0;
}

bool date_orders_ambiguous(const struct date_orders *orders)
{
    return orders->common == (DATE_DMY | DATE_MDY);
}

enum date_order date_orders_meant(const struct date_orders *orders)
{
    return date_order_meant(as_shown(orders->common, orders->shown));
}

bool date_short_first(const char *text, size_t length)
{
    int32_t date;

    return date_read(text, length, DATE_YMD | DATE_SHORT_FIRST, true, &date);
}

bool date_orders_pair(const struct date_orders *orders, const char *text[2], unsigned order[2])
{
    static const int pairs[][2] = { { 1, 2 }, { 0, 1 }, { 0, 2 }, { 0, 3 } };

    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        for (int k = 0; k < 2; k++) {
            text[k] = orders->first[pairs[p][k]];
            order[k] = slots[pairs[p][k]];
        }
        if (text[0][0] != '\0' && text[1][0] != '\0')
            return true;
    }
    return false;
}

bool date_format_letters(const char *format, int most, char parts[])
{
    int count = 0;

    for (; *format != '\0'; format++) {
        char c = (char)(*format >= 'A' && *format <= 'Z' ? *format - 'A' + 'a' : *format);

        if (c == 'b')
            c = 'm';
        if (c != 'y' && c != 'm' && c != 'd') {
            if (strchr("%./- ,", c) == NULL)
                return false;
            continue;
        }
        if (count > 0 && parts[count - 1] == c)
            continue;
        if (count == most)
            return false;
        parts[count++] = c;
    }
    parts[count] = '\0';
    return true;
}

unsigned date_format_order(const char *format)
{
    static const char *const orders[] = { "ymd", "dmy", "mdy" };
    char parts[4];

    for (unsigned k = 0; k < 3 && date_format_letters(format, 3, parts); k++)
        if (strcmp(parts, orders[k]) == 0)
            return 1U << k;
    return 0;
}

unsigned date_order_other(unsigned order)
{
    return order == DATE_DMY ? DATE_MDY : DATE_DMY;
}

const char *date_order_words(unsigned order)
{
    return order == DATE_DMY ? "day/month/year" : order == DATE_MDY ? "month/day/year" : "year-month-day";
}

const char *date_order_name(unsigned order)
{
    if (order == (DATE_DMY | DATE_MDY))
        return "d/m/y or m/d/y";
    return order == DATE_DMY ? "d/m/y" : order == DATE_MDY ? "m/d/y" : "y-m-d";
}
