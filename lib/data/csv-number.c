/* csv-number.c -- see csv-number.h.
 *
 *   cell   -> [sign blank] [(currency | `%`) blank] [sign] number [blank unit | `-`] | [currency] `(` cell `)`
 *             | currency number (`k` | `M` | `bn`)
 *   number -> digits {mark three digits} [decimal digits] [exponent]
 *   marked -> [`<` | `>`] cell {`*` | `[1]`} */
#include "data/csv-number.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "data/frame.h"

enum { LONGEST = 64 }; /* of a number that is not written plainly */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The bytes of U+2212 at the beginning, the minus of typesetters, or of an en dash, that of word processors. */
static size_t long_minus_at(const char *text, size_t length)
{
    return length > 3 && (memcmp(text, "\xe2\x88\x92", 3) == 0 || memcmp(text, "\xe2\x80\x93", 3) == 0) ? 3 : 0;
}

/* Parentheses around the number have none of its digits before them (12 %(v/v) is no negative one), a minus behind it has one. */
char csv_minus_of(const char *text, size_t length)
{
    const char *open = length > 2 && text[length - 1] == ')' ? memchr(text, '(', length) : NULL;

    for (const char *p = text; open != NULL && p < open; p++)
        if (is_digit(*p))
            open = NULL;
    if (open != NULL)
        return '(';
    if (length > 1 && text[length - 1] == '-' && strchr("0123456789.,", text[length - 2]) != NULL)
        return '-';
    return length > 2 && text[0] == '-' && text[1] == ' ' ? ' ' : '\0';
}

bool csv_digits(const char *text, size_t length)
{
    size_t minus = long_minus_at(text, length), i = minus > 0 ? minus : length > 1 && (text[0] == '-' || text[0] == '+');

    for (; i < length; i++)
        if (!is_digit(text[i]))
            return false;
    return length > 0;
}

/* What other programs write for numbers that are none. */
static bool is_number_word(const char *text, size_t length, double *value)
{
    static const struct {
        const char *word;
        double value;
    } words[] = { { "NaN", (double)NAN },
                  { "nan", (double)NAN },
                  { "Inf", (double)INFINITY },
                  { "inf", (double)INFINITY },
                  { "+Inf", (double)INFINITY },
                  { "+inf", (double)INFINITY },
                  { "-Inf", -(double)INFINITY },
                  { "-inf", -(double)INFINITY },
                  { "\xe2\x88\x9e", (double)INFINITY },
                  { "-\xe2\x88\x9e", -(double)INFINITY } };

    if (length != 3 && length != 4)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length && memcmp(words[i].word, text, length) == 0) {
            *value = words[i].value;
            return true;
        }
    return false;
}

/* --- signs of several bytes --------------------------------------------------------------------- */

/* The bytes that one of the texts (ended by NULL) takes at the beginning; 0 where it is none of them. */
static size_t starts_with(const char *text, size_t length, const char *const *signs)
{
    for (; *signs != NULL; signs++)
        if (strlen(*signs) <= length && memcmp(text, *signs, strlen(*signs)) == 0)
            return strlen(*signs);
    return 0;
}

/* Blanks, also those that no line breaks at, and narrow ones. */
static size_t blank_at(const char *text, size_t length)
{
    static const char *const blanks[] = { " ", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89", NULL };

    return starts_with(text, length, blanks);
}

static size_t mark_at(const struct csv_format *format, const char *text, size_t length)
{
    static const char *const apostrophes[] = { "'", "\xe2\x80\x99", NULL };

    if (length == 0 || format->thousands == '\0')
        return 0;
    if (format->thousands == ' ')
        return blank_at(text, length);
    if (format->thousands == '\'')
        return starts_with(text, length, apostrophes);
    return text[0] == format->thousands;
}

static size_t currency_at(const char *text, size_t length)
{
    static const char *const signs[] = {
        "$",   "\xe2\x82\xac", "\xc2\xa3",     "\xc2\xa5",     "US$",          "EUR",          "USD", "GBP",
        "CHF", "JPY",          "\xe2\x82\xb9", "\xe2\x82\xbd", "\xe2\x82\xa9", "\xe2\x82\xba", "%",   NULL
    };

    return starts_with(text, length, signs);
}

/* --- units -------------------------------------------------------------------------------------- */

/* The bytes of the number at the beginning of the text, whatever stands behind it. */
static size_t number_length(const struct csv_format *format, const char *text, size_t length)
{
    size_t i = 0, mark, digits;

    for (;;) {
        if (i < length && (is_digit(text[i]) || text[i] == format->decimal)) {
            i++;
        } else if ((mark = mark_at(format, text + i, length - i)) > 0 && i + mark < length && is_digit(text[i + mark])) {
            i += mark;
        } else {
            break;
        }
    }
    digits = i + 1;
    if (i > 0 && i < length && (text[i] == 'e' || text[i] == 'E')) {
        digits += digits < length && (text[digits] == '-' || text[digits] == '+');
        if (digits < length && is_digit(text[digits]))
            for (i = digits; i < length && is_digit(text[i]); i++)
                ;
    }
    return i;
}

/* Whether it begins with what goes on with a number: raised and lowered digits, fractions (1 and a half), +-, times, a dash and
 * what is beyond. */
static bool goes_on(const char *text, size_t length)
{
    static const char *const signs[] = { "\xc2\xb9", "\xc2\xb2", "\xc2\xb3", "\xc2\xb1", "\xc2\xbc",
                                         "\xc2\xbd", "\xc2\xbe", "\xc3\x97", "\xc3\xb7", NULL };
    unsigned char second = length > 2 ? (unsigned char)text[1] : 0, third = length > 2 ? (unsigned char)text[2] : 0;

    if (starts_with(text, length, signs) > 0)
        return true;
    if (length < 3 || (unsigned char)text[0] != 0xe2)
        return false;
    return (second == 0x81 && third >= 0xb0 && third <= 0xbb) || (second == 0x82 && third >= 0x80 && third <= 0x8b)
           || (second == 0x85 && third >= 0x90 && third <= 0x9f) || (second == 0x80 && third >= 0x90 && third <= 0x95)
           || (second == 0x80 && third == 0xa6) || (second == 0x88 && (third == 0x92 || third == 0x93));
}

/* A unit begins with a letter, a sign of its own (% degrees micro) or a currency, and has no blank in it. */
static bool is_unit(const char *text, size_t length)
{
    bool letter = length > 0
                  && (((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z') || text[0] == '%' || text[0] == '$'
                      || (unsigned char)text[0] >= 0x80);

    if (!letter || length >= CSV_UNIT || goes_on(text, length))
        return false;
    if (length > 1 && (text[0] | 0x20) == 'd' && csv_digits(text + 1, length - 1)) /* 2D4, as Fortran writes it */
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] == ' ' || text[i] == '"' || text[i] == ',' || text[i] == ';')
            return false;
    return blank_at(text, length) == 0;
}

/* A cell that is taken apart: what is left of it, and what was found. */
struct cell {
    const char *at, *end;
    char sign;
    const char *currency; /* NULL: none */
    size_t currency_length;
};

static void skip_blanks(struct cell *cell)
{
    size_t blank;

    while ((blank = blank_at(cell->at, (size_t)(cell->end - cell->at))) > 0)
        cell->at += blank;
}

/* A sign, once, with blanks behind it. */
static void take_sign(struct cell *cell)
{
    if (cell->sign != '\0' || cell->at >= cell->end || (*cell->at != '-' && *cell->at != '+'))
        return;
    cell->sign = *cell->at++;
    skip_blanks(cell);
}

/* Parentheses around all that is left. */
static void take_parentheses(struct cell *cell)
{
    if (cell->sign != '\0' || cell->end - cell->at < 3 || *cell->at != '(' || cell->end[-1] != ')')
        return;
    cell->sign = '-';
    cell->at++;
    cell->end--;
}

static void take_currency(struct cell *cell)
{
    size_t length = currency_at(cell->at, (size_t)(cell->end - cell->at));

    if (length == 0)
        return;
    cell->currency = cell->at;
    cell->currency_length = length;
    cell->at += length;
    skip_blanks(cell);
    take_parentheses(cell);
    take_sign(cell);
}

/* Of an amount of money the zeros that a letter behind it stands for: $12k, £1.2M, €3bn. */
static int take_scale(struct cell *cell)
{
    static const struct {
        const char *letters;
        int zeros;
    } scales[] = { { "k", 3 },   { "K", 3 },   { "m", 6 },    { "M", 6 },  { "mn", 6 },
                   { "mio", 6 }, { "Mio", 6 }, { "Mio.", 6 }, { "bn", 9 }, { "B", 9 } };
    size_t left = (size_t)(cell->end - cell->at);

    for (size_t k = 0; cell->currency != NULL && k < sizeof scales / sizeof *scales; k++)
        if (left == strlen(scales[k].letters) && memcmp(cell->at, scales[k].letters, left) == 0) {
            cell->at = cell->end;
            return scales[k].zeros;
        }
    return 0;
}

/* Leaves of a cell its number, `core`, and sets its sign, its unit, and the zeros that are to follow. */
static bool take_unit(const struct csv_format *format, const char **core, size_t *length, char *sign, char unit[CSV_UNIT],
                      int *zeros)
{
    struct cell cell = { .at = *core, .end = *core + *length };

    take_parentheses(&cell);
    if (cell.sign == '\0')
        take_sign(&cell);
    take_currency(&cell);
    *core = cell.at;
    *length = number_length(format, cell.at, (size_t)(cell.end - cell.at));
    cell.at += *length;
    if (*length > 0 && cell.sign == '\0' && cell.end - cell.at == 1 && *cell.at == '-') { /* 4- */
        cell.sign = '-';
        cell.at++;
    }
    skip_blanks(&cell);
    *zeros = take_scale(&cell);
    *sign = cell.sign;
    unit[0] = '\0';
    if (*length == 0 || (cell.at < cell.end && (cell.currency != NULL || !is_unit(cell.at, (size_t)(cell.end - cell.at)))))
        return false;
    if (cell.currency == NULL) {
        cell.currency = cell.at;
        cell.currency_length = (size_t)(cell.end - cell.at);
    }
    memcpy(unit, cell.currency, cell.currency_length);
    unit[cell.currency_length] = '\0';
    return true;
}

/* --- numbers ------------------------------------------------------------------------------------ */

/* The digits between two marks: three, or two between commas, as in India (12,34,567), alike in the whole number. */
static bool are_between(const struct csv_format *format, size_t group, size_t *between)
{
    bool good = (group == 3 || (group == 2 && format->thousands == ',')) && (*between == 0 || *between == group);

    *between = group;
    return good;
}

/* The number as parse_number reads it: no thousands marks, a decimal point.  Returns its length, 0 where it is not well formed.
 */
static size_t write_plainly(const struct csv_format *format, const char *text, size_t length, char plain[LONGEST])
{
    size_t used = 0, group = 0, between = 0, mark;
    bool marked = false, whole = true;

    for (size_t i = 0; i < length; i++) {
        if (used == LONGEST)
            return 0;
        if (whole && (mark = mark_at(format, text + i, length - i)) > 0) {
            if (marked ? !are_between(format, group, &between) : group == 0 || group > 3 || text[i - group] == '0')
                return 0;
            marked = true;
            group = 0;
            i += mark - 1;
            continue;
        }
        if (text[i] == format->decimal || text[i] == 'e' || text[i] == 'E') {
            if (whole && marked && group != 3)
                return 0;
            whole = false;
        } else if (text[i] == '.') {
            return 0;
        }
        group = is_digit(text[i]) ? group + 1 : 0;
        plain[used++] = text[i];
        if (text[i] == format->decimal)
            plain[used - 1] = '.';
    }
    return whole && marked && group != 3 ? 0 : used;
}

/* 1.250D-01, as Fortran writes doubles: the sign of the exponent must be there. */
static bool is_fortran(const char *text, size_t length, double *value)
{
    const char *d = length < LONGEST ? memchr(text, 'D', length) : NULL;
    char copy[LONGEST];

    if (d == NULL || d == text || !(is_digit(d[-1]) || d[-1] == '.') || d + 2 >= text + length || (d[1] != '+' && d[1] != '-'))
        return false;
    memcpy(copy, text, length);
    copy[d - text] = 'E';
    return parse_number(copy, length, value) && isfinite(*value);
}

bool csv_plain_number(const char *text, size_t length, double *value)
{
    if ((parse_number(text, length, value) && isfinite(*value)) || is_number_word(text, length, value))
        return true;
    if (is_fortran(text, length, value))
        return true;
    if (long_minus_at(text, length) == 0 || !(is_digit(text[3]) || text[3] == '.') || !parse_number(text + 3, length - 3, value))
        return false;
    *value = -*value;
    return isfinite(*value);
}

bool csv_number(const struct csv_format *format, const char *text, size_t length, double *value, char unit[CSV_UNIT])
{
    char plain[LONGEST] = "", sign = '\0';
    size_t used;
    int zeros = 0;

    if (format->decimal == '.' && format->thousands == '\0' && !format->units)
        return csv_plain_number(text, length, value);
    if (long_minus_at(text, length) > 0) {
        bool good = strchr("-+(", text[3]) == NULL && csv_number(format, text + 3, length - 3, value, unit);

        *value = good ? -*value : *value;
        return good;
    }
    if (format->units) {
        unit[0] = '\0';
        if (is_number_word(text, length, value))
            return true;
        if (!take_unit(format, &text, &length, &sign, unit, &zeros))
            return false;
    }
    used = write_plainly(format, text, length, plain);
    if (zeros > 0 && (used + 2 > LONGEST || memchr(plain, 'e', used) != NULL || memchr(plain, 'E', used) != NULL))
        return false;
    if (used > 0 && zeros > 0) { /* as text: it rounds once */
        plain[used++] = 'e';
        plain[used++] = (char)('0' + zeros);
    }
    if (used == 0 || !csv_plain_number(plain, used, value))
        return false;
    if (sign == '-')
        *value = -*value;
    return true;
}

bool csv_is_scaled(const char *text, size_t length, const char *unit)
{
    size_t units = strlen(unit);
    char last = length == 0 ? '\0' : text[length - 1];

    return units > 0 && ((last >= 'A' && last <= 'z') || (last == '.' && length > 1 && !is_digit(text[length - 2])))
           && (length < units || memcmp(text + length - units, unit, units) != 0);
}

/* A blank, or the end of a line or a tab within a cell. */
static size_t outer_blank_at(const char *text, size_t length)
{
    return length > 0 && strchr("\t\r\n", text[0]) != NULL && text[0] != '\0' ? 1 : blank_at(text, length);
}

bool csv_trim_blanks(const char **text, size_t *length)
{
    const char *at = *text, *end = at + *length;
    size_t blank;

    while ((blank = outer_blank_at(at, (size_t)(end - at))) > 0)
        at += blank;
    for (blank = 1; blank <= 3 && end - at >= (ptrdiff_t)blank;)
        if (outer_blank_at(end - blank, blank) == blank) {
            end -= blank;
            blank = 1;
        } else {
            blank++;
        }
    blank = (size_t)(end - at);
    if (blank == *length)
        return false;
    *text = at;
    *length = blank;
    return true;
}

/* --- marks -------------------------------------------------------------------------------------- */

/* Letters in parentheses, (r) and (ns): revised, provisional, not significant.  (4) is a number. */
static size_t letters_behind(const char *text, size_t length)
{
    enum { MOST = 2 };
    size_t letters = 0;

    if (length < 4 || text[length - 1] != ')')
        return 0;
    while (letters + 2 < length && (text[length - 2 - letters] | 0x20) >= 'a' && (text[length - 2 - letters] | 0x20) <= 'z')
        letters++;
    return letters > 0 && letters <= MOST && text[length - 2 - letters] == '(' ? letters + 2 : 0;
}

/* The bytes of the last mark: stars, daggers, a section or paragraph sign, a question mark, a small raised digit, [1] or [a], and
 * (r). */
static size_t mark_behind(const char *text, size_t length)
{
    static const char *const signs[] = { "*",
                                         "?",
                                         "\xe2\x80\xa0",
                                         "\xe2\x80\xa1",
                                         "\xc2\xa7",
                                         "\xc2\xb6",
                                         "\xc2\xb9",
                                         "\xc2\xb2",
                                         "\xc2\xb3",
                                         "\xe2\x81\xb0",
                                         "\xe2\x81\xb4",
                                         "\xe2\x81\xb5",
                                         "\xe2\x81\xb6",
                                         "\xe2\x81\xb7",
                                         "\xe2\x81\xb8",
                                         "\xe2\x81\xb9",
                                         NULL };
    enum { NOTE = 3 }; /* characters between brackets */

    for (const char *const *sign = signs; *sign != NULL; sign++) {
        size_t bytes = strlen(*sign);

        if (length > bytes && memcmp(text + length - bytes, *sign, bytes) == 0)
            return bytes;
    }
    if (length > 2 && (text[length - 1] == ')' || text[length - 1] == ']') && text[length - 2] == ' ')
        return memchr(text, text[length - 1] == ')' ? '(' : '[', length) == NULL; /* 4.8 ), as Japan's weather service has it */
    if (length < 4 || text[length - 1] != ']')
        return letters_behind(text, length);
    for (size_t i = 1; i <= NOTE + 1 && i + 1 < length; i++) {
        char c = text[length - 1 - i];

        if (c == '[')
            return i > 1 ? i + 1 : 0;
        if (!is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            return 0;
    }
    return 0;
}

bool csv_take_marks(const char **text, size_t *length, bool *limit)
{
    static const char *const signs[] = { "<=", ">=", "<", ">", "\xe2\x89\xa4", "\xe2\x89\xa5", NULL };
    struct cell cell = { .at = *text, .end = *text + *length };
    size_t mark;

    *limit = false;
    for (const char *const *sign = signs; !*limit && *sign != NULL; sign++)
        if (strlen(*sign) < *length && memcmp(*text, *sign, strlen(*sign)) == 0) {
            cell.at += strlen(*sign);
            *limit = true;
        }
    if (!*limit && *length > 1 && cell.end[-1] == '+' && is_digit(cell.end[-2])) { /* 10+ */
        cell.end--;
        *limit = true;
    }
    while ((mark = mark_behind(cell.at, (size_t)(cell.end - cell.at))) > 0)
        for (cell.end -= mark; cell.end > cell.at && cell.end[-1] == ' ';)
            cell.end--;
    skip_blanks(&cell);
    if (cell.at == *text && cell.end == *text + *length)
        return false;
    *text = cell.at;
    *length = (size_t)(cell.end - cell.at);
    return true;
}

bool csv_take_flag(const char *text, size_t *length, char flag[CSV_FLAG])
{
    static const char *const words[] = { "H", "L", "HH", "LL", NULL };
    enum { MOST = 2 };
    size_t letters = 0, left;

    while (letters < *length && strchr("bcdefinprsuvzHL", text[*length - 1 - letters]) != NULL)
        letters++;
    left = *length - letters;
    if (letters == 0 || letters > MOST || left < 2 || text[left - 1] != ' ')
        return false;
    memcpy(flag, text + left, letters);
    flag[letters] = '\0';
    if (strpbrk(flag, "HL") != NULL && starts_with(flag, letters, words) == 0)
        return false;
    while (left > 0 && text[left - 1] == ' ')
        left--;
    *length = left;
    return left > 0;
}
