/* csv-box.c -- tables drawn by box-drawing characters, as DuckDB, polars, psql (linestyle unicode), Nushell and ClickHouse print
 * them, made those drawn by | + and -, which csv-lines.c knows.
 *
 * Unicode has them from U+2500 to U+257F: in UTF-8 0xE2, 0x94 or 0x95, and a third byte. */
#include "config.h"
#include "data/csv-private.h"

#include <string.h>

/* What one draws, of U+2500 + place: - along, | down, + where lines meet, / for what is no part of a table. */
static const char drawn[] = "--||--||--||++++" /* 2500 */
                            "++++++++++++++++" /* 2510 */
                            "++++++++++++++++" /* 2520 */
                            "++++++++++++++++" /* 2530 */
                            "++++++++++++--||" /* 2540 */
                            "-|++++++++++++++" /* 2550 */
                            "++++++++++++++++" /* 2560 */
                            "+///-|-|-|-|-|-|" /* 2570 */;

/* The sign for the character at p; 0 where it is none of these. */
static char sign_of(const char *p, const char *end)
{
    unsigned char second = end - p < 3 || p[0] != '\xe2' ? 0 : (unsigned char)p[1], third = second == 0 ? 0 : (unsigned char)p[2];
    char sign;

    if ((second != 0x94 && second != 0x95) || third < 0x80 || third > 0xbf)
        return '\0';
    sign = drawn[(size_t)(second - 0x94) * 64 + (third - 0x80)];
    return sign == '/' ? '\0' : sign;
}

bool csv_is_boxed(const char *bytes, size_t count)
{
    enum { LINES = 8, FEWEST = 3 };
    const char *end = bytes + count;

    for (int line = 0; line < LINES && bytes < end; line++) {
        const char *stop = bytes + csv_line_length(bytes, (size_t)(end - bytes));
        size_t along = 0;
        char sign;

        while (bytes < stop && (strchr(" \t", *bytes) != NULL || (sign = sign_of(bytes, stop)) == '-' || sign == '+')) {
            bool blank = *bytes == ' ' || *bytes == '\t';

            along += !blank;
            bytes += blank ? 1 : 3;
        }
        if (bytes == stop && along >= FEWEST)
            return true;
        bytes = stop + 1;
    }
    return false;
}

bool csv_draw_plain(struct csv_reader *r, const char **bytes, size_t *count)
{
    const char *p = *bytes, *end = p + *count;
    size_t used = 0;

    if (!csv_room_for_copy(r, *count))
        return false;
    while (p < end) {
        char sign = sign_of(p, end);

        r->copy[used++] = sign == '\0' ? *p : sign;
        p += sign == '\0' ? 1 : 3;
    }
    *bytes = r->copy;
    *count = used;
    return true;
}
