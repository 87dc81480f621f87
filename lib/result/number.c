/* number.c -- see number.h.
 *
 * printf writes the decimal point of the process's locale.  In what %e, %f and %g write, every byte that is no digit, sign or
 * `e` belongs to that point (it may take several bytes), so it is put right afterwards, and no function here asks the locale. */
#include "result/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/watch.h"

static const double DECIMAL_ROUNDING = 1e-13;             /* of a number with so many decimals: it has no more of them */
static const double PLAIN_LEAST = 1e-4, PLAIN_MOST = 1e7; /* sizes that are read without an exponent */

static const double DIFFERS = 1e-6;       /* of two numbers: what differs by more has all digits that are shown */
static const double SPREADS = 1e-12;      /* of two numbers: a spread of their differences that is not rounding */
static const double UNCORRELATED = 1e-12; /* a correlation that is none but for rounding */

enum { EXACT_DIGITS = 17, SOUND_DIGITS = 12, SPREAD_DIGITS = 5, LONG = 400 };

/* "NaN", "Inf" or "-Inf" where x is no number. */
static bool write_special(char buffer[NUMBER_SIZE], double x)
{
    if (isfinite(x))
        return false;
    strcpy(buffer, isnan(x) ? "NaN" : x > 0 ? "Inf" : "-Inf");
    return true;
}

static bool is_number_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == 'e';
}

/* Copies what printf wrote with `.` as the decimal point, cut to the buffer (callers see to it that nothing is cut). */
static void copy_point(char buffer[NUMBER_SIZE], const char *written)
{
    size_t length = 0;

    for (const char *c = written; *c != '\0' && length < NUMBER_SIZE - 1; c++) {
        if (is_number_byte(*c)) {
            buffer[length++] = *c;
        } else {
            buffer[length++] = '.';
            while (c[1] != '\0' && !is_number_byte(c[1]))
                c++;
        }
    }
    buffer[length] = '\0';
}

/* Takes the zeros off the end of the decimals: "0.0650" -> "0.065", "1.200e-05" -> "1.2e-05", "3.000" -> "3". */
static void strip_zeros(char buffer[NUMBER_SIZE])
{
    char *point = strchr(buffer, '.'), *end, *exponent;

    if (point == NULL)
        return;
    exponent = strchr(point, 'e');
    if (exponent == NULL)
        exponent = buffer + strlen(buffer);
    end = exponent;
    while (end[-1] == '0')
        end--;
    if (end[-1] == '.')
        end--;
    memmove(end, exponent, strlen(exponent) + 1);
}

/* "-0.00" says nothing that "0.00" does not. */
static void drop_minus_zero(char buffer[NUMBER_SIZE])
{
    if (buffer[0] == '-' && strspn(buffer + 1, "0.") == strlen(buffer + 1))
        memmove(buffer, buffer + 1, strlen(buffer));
}

double number_sound(double x)
{
    char written[LONG];

    if (!isfinite(x))
        return x;
    snprintf(written, sizeof written, "%.*e", SOUND_DIGITS - 1, x);
    return strtod(written, NULL);
}

/* The exponent of the first significant digit. */
static int exponent_of(double x)
{
    char written[LONG];

    if (x == 0)
        return 0;
    snprintf(written, sizeof written, "%.*e", EXACT_DIGITS - 1, x);
    return atoi(strchr(written, 'e') + 1);
}

int number_decade(double x)
{
    return exponent_of(number_sound(x));
}

double number_difference(double x, double y, double spread)
{
    double larger = fmax(fabs(x), fabs(y)), unit;

    if (!isfinite(larger) || larger == 0 || fabs(x - y) > larger * DIFFERS)
        return x - y;
    unit = pow(10, number_decade(larger) - (SOUND_DIGITS - 1));
    if (isfinite(spread) && spread > larger * SPREADS)
        unit = fmin(unit, pow(10, number_decade(spread) - (SPREAD_DIGITS - 1)));
    return round((x - y) / unit) * unit;
}

int number_decades(double x, double other)
{
    return x == 0 || other == 0 ? 0 : (int)floor(log10(fabs(x / other)) + 0.5);
}

double number_unit(size_t decimals)
{
    return pow(10, -(double)decimals);
}

double number_covariance(double covariance, double variance, double other)
{
    return fabs(covariance) < UNCORRELATED * sqrt(variance) * sqrt(other) ? 0 : covariance;
}

/* What is shown of x with so many decimals: the sound digits, where no more than these are asked for. */
static double shown(double x, int decimals)
{
    return decimals + exponent_of(x) + 1 <= SOUND_DIGITS ? number_sound(x) : x;
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* The text of x: with an exponent, or without. */
static const char *write_digits(char buffer[NUMBER_SIZE], double x, int digits, bool exponent)
{
    char written[LONG];

    if (exponent)
        snprintf(written, sizeof written, "%.*e", digits - 1, x);
    else
        snprintf(written, sizeof written, "%.*f", clamp(digits - 1 - exponent_of(x), 0, 20), x);
    copy_point(buffer, written);
    strip_zeros(buffer);
    drop_minus_zero(buffer);
    return buffer;
}

static double to_digits(double x, int *digits)
{
    *digits = clamp(*digits, 1, EXACT_DIGITS);
    return *digits <= SOUND_DIGITS ? number_sound(x) : x;
}

const char *number_text(char buffer[NUMBER_SIZE], double x, int digits)
{
    double size;

    if (write_special(buffer, x))
        return buffer;
    x = to_digits(x, &digits);
    size = fabs(x);
    return write_digits(buffer, x, digits, x != 0 && !(size >= PLAIN_LEAST && size < PLAIN_MOST));
}

const char *number_scientific(char buffer[NUMBER_SIZE], double x, int digits)
{
    if (write_special(buffer, x))
        return buffer;
    x = to_digits(x, &digits);
    return write_digits(buffer, x, digits, true);
}

const char *number_fixed(char buffer[NUMBER_SIZE], double x, int decimals)
{
    char written[LONG];

    if (write_special(buffer, x))
        return buffer;
    if (fabs(x) >= 1e15)
        return number_text(buffer, x, 6);
    decimals = clamp(decimals, 0, 20);
    snprintf(written, sizeof written, "%.*f", decimals, shown(x, decimals));
    copy_point(buffer, written);
    drop_minus_zero(buffer);
    return buffer;
}

const char *number_exact(char buffer[NUMBER_SIZE], double x)
{
    char written[LONG];
    int digits = 15;

    if (write_special(buffer, x))
        return buffer;
    /* %.15g never needs more digits than were typed; 17 always read back. */
    do
        snprintf(written, sizeof written, "%.*g", digits, x);
    while (++digits <= EXACT_DIGITS && strtod(written, NULL) != x);
    copy_point(buffer, written);
    drop_minus_zero(buffer);
    return buffer;
}

const char *number_p(char buffer[NUMBER_SIZE], double p)
{
    if (number_sound(p) < 0.0001) {
        strcpy(buffer, "<0.0001");
        return buffer;
    }
    return number_fixed(buffer, p, 4);
}

/* Decimals with which x is written with `digits` significant digits. */
static int decimals_for(double x, int digits)
{
    return digits - 1 - exponent_of(x);
}

/* Whole numbers below it have no more than the sound digits. */
static const double WHOLE_SOUND = 1e12;

/* So many values are looked at between two looks at the watch. */
enum { VALUES_A_LOOK = 4096 };

/* The least decimals, `least` and not more than `decimals`, with which the value is written in full, as it is with each number of
 * them between: 0.5 with one, 17 with none. */
static int round_from(double x, int least, int decimals)
{
    double sound;

    if (!isfinite(x) || least >= decimals)
        return least;
    sound = x == trunc(x) && fabs(x) < WHOLE_SOUND ? x : number_sound(x);
    for (int d = decimals - 1; d >= least; d--) {
        double scaled = sound * pow(10, d);

        if (fabs(scaled - round(scaled)) > DECIMAL_ROUNDING * fmax(1, fabs(scaled)) || fabs(scaled) > 1e15)
            return d + 1;
    }
    return least;
}

/* The smallest value gets its `digits` digits, as long as the largest does not get more than two beyond them; where the smallest
 * then shows fewer than two digits, two decimals more are spent on it if they help. */
int number_decimals_watched(const double *x, size_t count, int digits, struct watch *watch)
{
    double smallest = HUGE_VAL, largest = 0;
    int wanted, bound, decimals, least = 0;

    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]) || x[i] == 0)
            continue;
        smallest = fmin(smallest, fabs(x[i]));
        largest = fmax(largest, fabs(x[i]));
    }
    if (largest == 0)
        return 0;
    smallest = number_sound(smallest);
    largest = number_sound(largest);
    wanted = decimals_for(smallest, digits);
    bound = decimals_for(largest, digits) + 2;
    decimals = wanted < bound ? wanted : bound;
    if (decimals < decimals_for(smallest, 2) && decimals_for(smallest, 2) <= bound + 2)
        decimals = decimals_for(smallest, 2);
    decimals = clamp(decimals, 0, 15);
    for (size_t i = 0; i < count && least < decimals && !(i % VALUES_A_LOOK == VALUES_A_LOOK - 1 && watch_stops(watch)); i++)
        least = round_from(x[i], least, decimals);
    return least;
}

int number_decimals(const double *x, size_t count, int digits)
{
    return number_decimals_watched(x, count, digits, NULL);
}

bool number_decimals_cut(double x, int decimals)
{
    return isfinite(x) && x != 0 && decimals < clamp(decimals_for(fabs(number_sound(x)), 2), 0, 15)
           && round_from(x, decimals, decimals + 1) > decimals;
}

bool number_decimals_hide(const double *x, size_t count, int digits, struct watch *watch)
{
    int decimals = number_decimals_watched(x, count, digits, watch);

    for (size_t i = 0; i < count && !(i % VALUES_A_LOOK == VALUES_A_LOOK - 1 && watch_stops(watch)); i++)
        if (number_decimals_cut(x[i], decimals))
            return true;
    return false;
}

const char *number_digits(char buffer[NUMBER_SIZE], double x, int digits)
{
    double size = fabs(x);

    digits = clamp(digits, 1, 15);
    if (!isfinite(x) || size < 1e7 || size >= 1e15 || exponent_of(x) >= digits)
        return number_text(buffer, x, digits);
    return number_fixed(buffer, x, digits - 1 - exponent_of(x));
}

bool number_is_whole(double x)
{
    return fabs(x) < 0x1p53 && x == floor(x);
}

const char *number_of_data(char buffer[NUMBER_SIZE], double x, int digits)
{
    if (!number_is_whole(x))
        return number_text(buffer, x, digits);
    snprintf(buffer, NUMBER_SIZE, "%.0f", x == 0 ? 0.0 : x);
    return buffer;
}

const char *number_among(char buffer[NUMBER_SIZE], double x, int digits)
{
    double size = fabs(x);

    return size >= PLAIN_MOST && size < 1e15 ? number_fixed(buffer, x, 0) : number_text(buffer, x, digits);
}

int number_error_digits(double x, double error, int digits, int least)
{
    int shown = digits;

    if (isfinite(x) && x != 0 && isfinite(error) && error > 0)
        shown = exponent_of(x) - exponent_of(error) + digits;
    return shown > least ? shown : least;
}

const char *number_with_error(char buffer[NUMBER_SIZE], double x, double error, int digits, int least)
{
    return number_digits(buffer, x, number_error_digits(x, error, digits, least));
}

/* What is whole has no digits behind it, and a number with an exponent that is exactly what its digits say has no others. */
static bool is_exactly(const char *text, double x)
{
    double sound = number_sound(x);

    return strchr(text, 'e') != NULL ? strtod(text, NULL) == sound : sound == trunc(sound);
}

const char *number_keep_zeros(char buffer[NUMBER_SIZE], double x, int digits)
{
    size_t length = strlen(buffer), end = strcspn(buffer, "e"), first = strcspn(buffer, "123456789");
    char padded[NUMBER_SIZE + 1];
    int shown = 0;

    if (!isfinite(x) || first >= end || is_exactly(buffer, x))
        return buffer;
    for (size_t i = first; i < end; i++)
        shown += buffer[i] != '.';
    if (shown >= digits || length + (size_t)(digits - shown) + 1 >= NUMBER_SIZE)
        return buffer;
    snprintf(padded, sizeof padded, "%.*s%s%.*s%s", (int)end, buffer, memchr(buffer, '.', end) == NULL ? "." : "", digits - shown,
             "00000000000000000000", buffer + end);
    return strcpy(buffer, padded);
}
