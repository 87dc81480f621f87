/* number-within.c -- see number-within.h. */
#include "data/number-within.h"

#include <stddef.h>
#include <string.h>

#include "data/frame.h"

enum { NUMBER = 64 };

/* The digit that begins at s and its bytes; -1 where none does. */
static int digit_at(const char *s, size_t *bytes)
{
    /* The first bytes of zeros, the base of the last byte: U+0660, U+06F0, U+0966, U+FF10; U+066B and U+066C are no digits. */
    static const struct {
        const char *lead;
        unsigned char zero;
    } scripts[] = { { "\xd9", 0xa0 }, { "\xdb", 0xb0 }, { "\xe0\xa5", 0xa6 }, { "\xef\xbc", 0x90 } };

    *bytes = 1;
    if (*s >= '0' && *s <= '9')
        return *s - '0';
    for (size_t k = 0; k < sizeof scripts / sizeof *scripts; k++) {
        size_t lead = strlen(scripts[k].lead);

        if (strncmp(s, scripts[k].lead, lead) == 0 && (unsigned char)s[lead] >= scripts[k].zero
            && (unsigned char)s[lead] < scripts[k].zero + 10) {
            *bytes = lead + 1;
            return (unsigned char)s[lead] - scripts[k].zero;
        }
    }
    return -1;
}

/* The bytes of a sign that may be a minus: a hyphen, the minus sign, a dash; 0: none. */
static size_t minus_at(const char *s)
{
    if (*s == '-')
        return 1;
    return strncmp(s, "\xe2\x88\x92", 3) == 0 || strncmp(s, "\xe2\x80\x93", 3) == 0 ? 3 : 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The digits at *s go behind `written`; how many there are. */
static int take_digits(const char **s, char written[NUMBER], size_t *length, bool *foreign)
{
    int count = 0, digit;
    size_t bytes;

    for (; (digit = digit_at(*s, &bytes)) >= 0; *s += bytes, count++) {
        *foreign = *foreign || bytes > 1;
        if (*length + 1 < NUMBER)
            written[(*length)++] = (char)('0' + digit);
    }
    return count;
}

/* An exponent, e-5, behind a number. */
static void take_exponent(const char **s, char written[NUMBER], size_t *length, bool *foreign)
{
    const char *at = *s + 1;
    size_t bytes, before = *length;
    bool minus;

    if ((**s != 'e' && **s != 'E') || *length + 8 >= NUMBER)
        return;
    minus = *at == '-';
    at += *at == '-' || *at == '+';
    if (digit_at(at, &bytes) < 0)
        return;
    written[(*length)++] = 'e';
    if (minus)
        written[(*length)++] = '-';
    if (take_digits(&at, written, length, foreign) == 0)
        *length = before;
    else
        *s = at;
}

/* The number whose first digit is at s. */
static bool read_number(const char *s, const char **at, char decimal, bool minus, struct number_within *number)
{
    char written[NUMBER] = "-";
    size_t length = minus, bytes;
    const char other = decimal == '.' ? ',' : '.';

    number->padded = digit_at(s, &bytes) == 0 && digit_at(s + bytes, &bytes) >= 0;
    number->foreign = false;
    number->whole = true;
    number->digits = take_digits(&s, written, &length, &number->foreign);
    if (*s == decimal && digit_at(s + 1, &bytes) >= 0 && length + 1 < NUMBER) {
        written[length++] = '.';
        s++;
        take_digits(&s, written, &length, &number->foreign);
        number->whole = false;
    } else if (strncmp(s, "\xd9\xab", 2) == 0 && digit_at(s + 2, &bytes) >= 0 && length + 1 < NUMBER) { /* the Arabic one */
        written[length++] = '.';
        s += 2;
        take_digits(&s, written, &length, &number->foreign);
        number->whole = false;
    }
    if ((*s == other || *s == decimal) && digit_at(s + 1, &bytes) >= 0) {
        *at = s;
        return false;
    }
    take_exponent(&s, written, &length, &number->foreign);
    *at = number->end = s;
    if (length + 1 < NUMBER && parse_number(written, length, &number->value))
        return true;
    *at += strlen(*at); /* too long to be one */
    return false;
}

/* Whether what stands before s goes on there, so that a hyphen is no minus and a point begins no number; `from`: behind the
 * number before, or the text's begin. */
static bool goes_on(const char *text, const char *from, const char *s)
{
    return s > text && (s == from || is_letter(s[-1]) || (s[-1] >= '0' && s[-1] <= '9') || strchr(")]%_", s[-1]) != NULL);
}

/* .05, and ,05 where that is the decimal sign; a point is one in front of a digit, whatever the sign is. */
static bool begins_with_sign(const char *s, char decimal)
{
    size_t bytes;

    return (*s == '.' || *s == decimal) && digit_at(s + 1, &bytes) >= 0;
}

bool number_within_next(const char *text, const char **at, char decimal, struct number_within *number)
{
    size_t bytes;

    for (const char *s = *at; *s != '\0'; s++) {
        const bool on = goes_on(text, *at, s);
        size_t sign = on ? 0 : minus_at(s);

        if (digit_at(s + sign, &bytes) < 0 && (on || !begins_with_sign(s + sign, decimal)))
            continue;
        number->begin = s;
        return read_number(s + sign, at, decimal, sign > 0, number);
    }
    *at += strlen(*at);
    return false;
}
