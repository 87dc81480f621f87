/* number-text.c -- decimal text to double and back, apart from the process's locale.
 *
 * Reading: a significand of at most 19 digits is exact in 64 bits.  Where it is at most 2^53 and the power of ten at most 22,
 * one multiplication or division of exact doubles rounds correctly (Clinger 1990, "How to read floating point numbers
 * accurately"). Where `long double` has 64 bits, the same with powers up to 27 is correct unless the result lies next to the
 * middle of two doubles, where a second rounding could go wrong.  All else goes to strtod. */
#include "config.h"
#include "data/frame.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/digits.h"

enum { EXACT_DIGITS = 19, EXPONENT_LIMIT = 100000 };

struct decimal {
    bool negative, exact; /* exact: significand and exponent hold all digits */
    uint64_t significand;
    int exponent;
};

/* [('e'|'E') [sign] digits], added to the scale; *p is set behind it.  False where the digits are missing. */
static bool scan_exponent(const char **p, const char *end, int *scale)
{
    const char *first;
    int exponent = 0;
    bool minus;

    if (*p == end || (**p != 'e' && **p != 'E'))
        return true;
    ++*p;
    minus = *p < end && **p == '-';
    if (*p < end && (**p == '-' || **p == '+'))
        ++*p;
    for (first = *p; *p < end && **p >= '0' && **p <= '9'; ++*p)
        if (exponent < EXPONENT_LIMIT)
            exponent = exponent * 10 + (**p - '0');
    *scale += minus ? -exponent : exponent;
    return *p > first;
}

/* Digits that follow, up to the first other byte, behind those of *significand: their count; they may be too many for it. */
static inline int take_digits(const char *text, uint64_t *significand)
{
    static const uint32_t ten[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };
    uint32_t value;
    int count = 0, more;

    do {
        more = digits_take(text + count, &value);
        *significand = *significand * ten[more] + value;
        count += more;
    } while (more == DIGITS_WORD && count <= EXACT_DIGITS);
    return count;
}

/* The usual number at sight: [sign] digits ['.' digits], at most EXACT_DIGITS of them, and no exponent.  What stands behind it;
 * NULL where it is not of that kind, or less than USUAL bytes are left. */
static inline const char *scan_usual(const char *p, const char *end, char mark, struct decimal *out)
{
    enum { USUAL = 1 + 3 * DIGITS_WORD + 1 + 4 * DIGITS_WORD }; /* that the words reach to, at most */
    int whole, behind = 0;

    if (end - p < USUAL)
        return NULL;
    *out = (struct decimal){ .exact = true, .negative = *p == '-' };
    p += *p == '-' || *p == '+';
    p += whole = take_digits(p, &out->significand);
    if (whole > EXACT_DIGITS)
        return NULL;
    if (*p == mark)
        p += 1 + (behind = take_digits(p + 1, &out->significand));
    out->exponent = -behind;
    return whole + behind == 0 || whole + behind > EXACT_DIGITS || *p == 'e' || *p == 'E' ? NULL : p;
}

/* number -> [sign] (digits ['.' [digits]] | '.' digits) [('e'|'E') [sign] digits], with another sign for '.', perhaps.  Returns
 * what stands behind it, NULL where there is none. */
static const char *scan(const char *text, const char *end, char mark, struct decimal *out)
{
    const char *p = text;
    int digits = 0, scale = 0, used = 0;
    bool point = false;

    *out = (struct decimal){ .exact = true };
    if (p < end && (*p == '-' || *p == '+'))
        out->negative = *p++ == '-';
    for (; p < end; p++) {
        if (*p == mark && !point) {
            point = true;
            continue;
        }
        if (*p < '0' || *p > '9')
            break;
        digits++;
        if (used > 0 || *p != '0') { /* leading zeros carry nothing */
            if (used == EXACT_DIGITS) {
                out->exact = out->exact && *p == '0';
                scale += point ? 0 : 1;
                continue;
            }
            used++;
        }
        out->significand = out->significand * 10 + (uint64_t)(*p - '0');
        scale -= point;
    }
    if (digits == 0 || !scan_exponent(&p, end, &scale))
        return NULL;
    out->exponent = scale;
    return p;
}

/* Sets *value where the short way is known to round correctly. */
static bool convert_short(const struct decimal *d, double *value)
{
    static const double ten[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

    if (!d->exact)
        return false;
    if (d->significand == 0) {
        *value = 0.0;
        return true;
    }
    if (d->significand <= UINT64_C(1) << 53 && d->exponent >= -22 && d->exponent <= 22) {
        *value = d->exponent < 0 ? (double)d->significand / ten[-d->exponent] : (double)d->significand * ten[d->exponent];
        return true;
    }
#if LDBL_MANT_DIG == 64
    if (d->exponent >= -27 && d->exponent <= 27) {
        long double power = 1.0L, scaled;
        uint64_t bits;
        int e = abs(d->exponent);

        power = e <= 22 ? (long double)ten[e] : (long double)ten[22] * (long double)ten[e - 22]; /* 10^27 < 5^27 2^27: exact */
        scaled = d->exponent < 0 ? (long double)d->significand / power : (long double)d->significand * power;
        memcpy(&bits, &scaled, sizeof bits); /* the explicit 64-bit significand comes first */
        bits &= 0x7ff;                       /* what a double drops */
        if (bits < 0x3fe || bits > 0x402) {
            *value = (double)scaled;
            return true;
        }
    }
#endif
    return false;
}

/* The slow, always correct way. */
static bool convert_long(const char *text, size_t length, char mark, double *value)
{
    char stack[128], *copy = length < sizeof stack ? stack : mem_alloc(length + 1, 1), *point;
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc hands out its constant one */
    bool ok = copy != NULL && c_locale != (locale_t)0;

    if (ok) {
        memcpy(copy, text, length);
        copy[length] = '\0';
        if (mark != '.' && (point = strchr(copy, mark)) != NULL)
            *point = '.';
        *value = strtod_l(copy, NULL, c_locale);
    }
    if (c_locale != (locale_t)0)
        freelocale(c_locale);
    if (copy != stack)
        mem_free(copy);
    return ok;
}

size_t parse_number_at(const char *text, size_t length, char mark, double *value)
{
    struct decimal d;
    const char *end = scan_usual(text, text + length, mark, &d);

    if (end == NULL && (end = scan(text, text + length, mark, &d)) == NULL)
        return 0;
    if (convert_short(&d, value)) {
        if (d.negative)
            *value = -*value;
    } else if (!convert_long(text, (size_t)(end - text), mark, value)) {
        return 0;
    }
    return (size_t)(end - text);
}

bool parse_number(const char *text, size_t length, double *value)
{
    struct decimal d;

    if (scan(text, text + length, '.', &d) != text + length)
        return false;
    if (convert_short(&d, value)) {
        if (d.negative)
            *value = -*value;
        return true;
    }
    return convert_long(text, length, '.', value);
}

/* With at most so many significant digits, no trailing zeros, the shorter of fixed and scientific. */
static const char *write_number(double x, int significant, char buffer[40])
{
    char digits[40];
    int used, exponent, decimals, fixed, scientific, i;
    locale_t c_locale, before;

    if (isnan(x))
        return strcpy(buffer, "NaN");
    if (isinf(x))
        return strcpy(buffer, x > 0 ? "Inf" : "-Inf");
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    before = uselocale(c_locale);
    snprintf(digits, sizeof digits, "%.*e", significant - 1, fabs(x)); /* d.dddddddddddddde[+-]xx */
    exponent = atoi(digits + significant + 2);
    for (used = significant; used > 1 && digits[used] == '0'; used--) /* digit i >= 2 stands at index i */
        ;
    decimals = used - 1 - exponent > 0 ? used - 1 - exponent : 0;
    fixed = (exponent >= 0 ? exponent + 1 : 1) + (decimals > 0 ? decimals + 1 : 0);
    scientific = (used > 1 ? used + 1 : 1) + (abs(exponent) >= 100 ? 5 : 4);
    i = x < 0;
    if (i)
        buffer[0] = '-';
    if (fixed <= scientific)
        snprintf(buffer + i, (size_t)(40 - i), "%.*f", decimals, fabs(x));
    else
        snprintf(buffer + i, (size_t)(40 - i), "%.*e", used - 1, fabs(x));
    uselocale(before);
    if (c_locale != (locale_t)0)
        freelocale(c_locale);
    return buffer;
}

const char *number_as_r(double x, char buffer[40])
{
    return write_number(x, 15, buffer);
}

const char *number_in_full(double x, char buffer[40])
{
    double back;

    for (int significant = 15; significant <= 17; significant++) {
        write_number(x, significant, buffer);
        if (!isfinite(x) || (parse_number(buffer, strlen(buffer), &back) && back == x))
            break;
    }
    return buffer;
}
