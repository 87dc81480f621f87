/* date-kinds.c -- columns whose dates are written in several ways, serial numbers of spreadsheets among them: see date.h. */
#include <ctype.h>
#include <string.h>

#include "data/date-private.h"
#include "data/date.h"

/* The sign between the parts: the first character of a text that is neither letter nor digit nor of several bytes. */
static char part_sign(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && (unsigned char)text[i] < 0x80 && text[i] != '%')
            return text[i];
    return '\0';
}

/* A day and a month first between the same signs cannot be told apart. */
static bool add_kind(struct date_kinds *kinds, unsigned order, char sign)
{
    for (int k = 0; k < kinds->count; k++)
        if (kinds->kind[k].sign == sign && (kinds->kind[k].order == DATE_YMD) == (order == DATE_YMD))
            return false;
    if (order == 0 || kinds->count == DATE_KINDS)
        return false;
    kinds->kind[kinds->count].order = order;
    kinds->kind[kinds->count].ambiguous = false;
    kinds->kind[kinds->count++].sign = sign;
    return true;
}

/* Excel's number of a day from 1954 to 2064, which cells have whose format was lost. */
static bool read_serial(const char *text, size_t length, int32_t *date)
{
    enum { BEGIN = 25569, FIRST = 20000, LAST = 60000 }; /* 1970-01-01 */
    int32_t day = 0;

    for (size_t i = 0; i < length; i++) {
        if (length != 5 || text[i] < '0' || text[i] > '9')
            return false;
        day = day * 10 + (text[i] - '0');
    }
    *date = day - BEGIN;
    return day >= FIRST && day < LAST;
}

static bool add_serial(struct date_kinds *kinds)
{
    for (int k = 0; k < kinds->count; k++)
        if (kinds->kind[k].serial)
            return false;
    if (kinds->count == DATE_KINDS)
        return false;
    kinds->kind[kinds->count++].serial = true;
    return true;
}

bool date_kinds_read(const char *formats, struct date_kinds *kinds)
{
    char format[32];
    size_t length;

    *kinds = (struct date_kinds){ .count = 0 };
    for (; *formats != '\0'; formats += length) {
        formats += strspn(formats, ", ");
        length = strcspn(formats, ",");
        if (length == 0 || length >= sizeof format)
            return false;
        memcpy(format, formats, length);
        format[length] = '\0';
        if (!(strcmp(format, "excel") == 0 ? add_serial(kinds)
                                           : add_kind(kinds, date_format_order(format), part_sign(format, length))))
            return false;
    }
    return kinds->count > 0;
}

bool date_read_kinds(const char *text, size_t length, const struct date_kinds *kinds, int32_t *date)
{
    char sign = part_sign(text, length);
    unsigned orders = 0;

    for (int k = 0; k < kinds->count; k++) {
        if (kinds->kind[k].serial && read_serial(text, length, date))
            return true;
        if (kinds->kind[k].sign == sign)
            orders |= kinds->kind[k].order;
    }
    return date_read(text, length, orders, true, date); /* months with names in any */
}

/* The texts between whose parts that sign stands, which have the year in front or not; how many there are, -1 where one is no
 * date or no order fits all of them. */
static int32_t find_kind(char *const texts[], int32_t count, char sign, bool year_first, unsigned shown, struct date_kinds *kinds)
{
    struct date_orders orders = { .shown = shown };
    int32_t found = 0;

    for (int32_t l = 0; l < count; l++) {
        size_t length = strlen(texts[l]);
        struct date_reading one;
        int32_t date;

        if (part_sign(texts[l], length) != sign || read_serial(texts[l], length, &date))
            continue;
        one = date_read_any(texts[l], length, true);
        if (one.orders == 0)
            return -1;
        if (((one.orders & DATE_YMD) != 0) != year_first)
            continue;
        found++;
        if (!one.named)
            date_orders_add(&orders, texts[l], length, true);
    }
    if (date_orders_differ(&orders))
        return -1;
    if (orders.begun && !add_kind(kinds, date_orders_meant(&orders), sign))
        return -1;
    if (orders.begun)
        kinds->kind[kinds->count - 1].ambiguous = date_orders_ambiguous(&orders);
    return found;
}

bool date_kinds_find(char *const texts[], int32_t count, struct date_kinds *kinds)
{
    static const char signs[] = { '-', '.', '/', ' ', '\0' };
    struct date_orders first = { 0 };
    int32_t found = 0, date;
    unsigned shown = 0;

    for (int32_t l = 0; l < count; l++)
        shown |= date_text_shown(texts[l], strlen(texts[l]));
    *kinds = (struct date_kinds){ .count = 0 };
    if (count == 0
        || !(read_serial(texts[0], strlen(texts[0]), &date) || date_orders_add(&first, texts[0], strlen(texts[0]), true)))
        return false;
    for (size_t s = 0; s < 2 * sizeof signs; s++) {
        int32_t more = find_kind(texts, count, signs[s / 2], s % 2 == 0, shown, kinds);

        if (more < 0)
            return false;
        found += more;
    }
    for (int32_t l = 0, before = found; l < count; l++)
        if (read_serial(texts[l], strlen(texts[l]), &date) && found++ == before)
            add_serial(kinds);
    return found == count && kinds->count > 1 && kinds->kind[0].sign != '\0';
}

unsigned date_kinds_ambiguous(const struct date_kinds *kinds)
{
    for (int k = 0; k < kinds->count; k++)
        if (kinds->kind[k].ambiguous)
            return kinds->kind[k].order;
    return 0;
}

const char *date_kinds_text(const struct date_kinds *kinds, char buffer[DATE_KINDS_TEXT])
{
    char *to = buffer;

    for (int k = 0; k < kinds->count; k++) {
        const char *order = date_order_name(kinds->kind[k].order);

        if (k > 0)
            to = stpcpy(to, ", ");
        if (kinds->kind[k].serial) {
            to = stpcpy(to, "excel");
            continue;
        }
        for (; *order != '\0'; order++)
            if (strchr("-/", *order) == NULL)
                *to++ = *order;
            else if (kinds->kind[k].sign != '\0')
                *to++ = kinds->kind[k].sign;
    }
    *to = '\0';
    return buffer;
}
