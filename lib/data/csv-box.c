/* csv-box.c -- tables drawn by box-drawing characters, as DuckDB, polars, psql (linestyle unicode), Nushell and ClickHouse print
 * them (ClickHouse with the names in the border, and rows that are numbered), made those drawn by | + and -, which csv-lines.c
 * knows.
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

/* Whether a line runs from a corner to a corner, with names between: ClickHouse has no other line above its rows. */
static bool runs_between_corners(const char *line, const char *stop)
{
    while (line < stop && (*line == ' ' || *line == '\t'))
        line++;
    while (stop > line && (stop[-1] == ' ' || stop[-1] == '\r'))
        stop--;
    return stop - line >= 12 && sign_of(line, stop) == '+' && sign_of(line + 3, stop) == '-' && sign_of(stop - 6, stop) == '-'
           && sign_of(stop - 3, stop) == '+';
}

bool csv_is_boxed(const char *bytes, size_t count)
{
    enum { LINES = 8, FEWEST = 3 };
    const char *end = bytes + count;

    for (int line = 0; line < LINES && bytes < end; line++) {
        const char *stop = bytes + csv_line_length(bytes, (size_t)(end - bytes));
        size_t along = 0;
        char sign;

        if (line == 0 && runs_between_corners(bytes, stop))
            return true;
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

/* Blanks in the place of the numbers of rows that stand before them: `1. | a |`. */
static void drop_numbers(char *bytes, size_t count)
{
    for (size_t at = 0; at < count; at += csv_line_length(bytes + at, count - at) + 1) {
        size_t begin = at, digits, i;

        while (begin < count && bytes[begin] == ' ')
            begin++;
        for (digits = begin; digits < count && bytes[digits] >= '0' && bytes[digits] <= '9';)
            digits++;
        for (i = digits + 1; i < count && bytes[i] == ' ';)
            i++;
        if (digits == begin || i >= count || bytes[digits] != '.' || bytes[i] != '|')
            continue;
        memset(bytes + begin, ' ', digits + 1 - begin);
    }
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
    drop_numbers(r->copy, used);
    *bytes = r->copy;
    *count = used;
    return true;
}

/* Whether a line is a border that holds the names, +-id-+----y-+; its place behind the blanks before it in *begin. */
static bool is_named_border(const char *line, size_t length, size_t *begin)
{
    bool named = false;

    *begin = 0;
    while (*begin < length && (line[*begin] == ' ' || line[*begin] == '\t'))
        ++*begin;
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\r'))
        length--;
    if (length < *begin + 4 || line[*begin] != '+' || line[*begin + 1] != '-' || line[length - 1] != '+'
        || line[length - 2] != '-')
        return false;
    for (size_t i = *begin; i < length; i++)
        named = named || strchr("+-", line[i]) == NULL;
    return named;
}

bool csv_part_names(struct csv_reader *r, const char **bytes, size_t *count)
{
    const size_t length = csv_line_length(*bytes, *count), added = length + 1;
    size_t begin;
    char *names;

    if (*bytes != r->copy || length == *count || !is_named_border(*bytes, length, &begin))
        return true;
    if (!csv_room_for_copy(r, *count + added))
        return false;
    names = r->copy + added;
    memmove(names, r->copy, *count);
    for (size_t i = 0; i < length; i++) {
        bool border = strchr("+-", r->copy[i]) != NULL, beside = i > 0 && strchr("+-| ", names[i - 1]) != NULL;

        r->copy[i] = border || i < begin ? r->copy[i] : '-';
        if (names[i] == '+')
            names[i] = '|';
        else if (names[i] == '-' && (beside || names[i + 1] == '-' || names[i + 1] == '+'))
            names[i] = ' ';
    }
    *bytes = r->copy;
    *count += added;
    r->line--; /* the line that was added is none of the file */
    return true;
}
