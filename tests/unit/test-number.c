/* test-number.c -- numbers as text: digits, decimals, exact round trips, and no locale. */
#include <criterion/criterion.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "result/number.h"

static void text_is(double x, int digits, const char *expected)
{
    char buffer[NUMBER_SIZE];

    cr_expect_str_eq(number_text(buffer, x, digits), expected, "%s, not %s", buffer, expected);
}

static void fixed_is(double x, int decimals, const char *expected)
{
    char buffer[NUMBER_SIZE];

    cr_expect_str_eq(number_fixed(buffer, x, decimals), expected, "%s, not %s", buffer, expected);
}

/* Digits that nobody reads are not shown. */
Test(number, with_an_exponent)
{
    char buffer[NUMBER_SIZE];

    cr_expect_str_eq(number_scientific(buffer, 9615524, 4), "9.616e+06");
    cr_expect_str_eq(number_scientific(buffer, -2500000, 4), "-2.5e+06");
}

/* A large number that stands among data has the digits before its point, and none behind it. */
Test(number, among_data)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = { { 9999999.5, "10000000" },   { 12345678.4, "12345678" }, { -12345678.6, "-12345679" }, { 1e7, "10000000" },
                  { 1e14, "100000000000000" }, { 1e15, "1e+15" },          { 1234.5678, "1235" },        { 0.5, "0.5" } };

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char buffer[NUMBER_SIZE];

        cr_expect_str_eq(number_among(buffer, cases[k].x, 4), cases[k].text, "%.1f is %s", cases[k].x, buffer);
    }
}

Test(number, significant_digits)
{
    text_is(251.40510484848492, 4, "251.4");
    text_is(0.0655, 4, "0.0655");
    text_is(1.2e-05, 4, "1.2e-05");
    text_is(0.00012346, 4, "0.0001235");
    text_is(9999999, 4, "9999999");
    text_is(12345678, 4, "1.235e+07");
    text_is(0, 4, "0");
    text_is(-0.0, 4, "0");
    text_is(1, 4, "1");
    text_is(0.99996, 4, "1");
    text_is(-2.5, 4, "-2.5");
    text_is(1e300, 4, "1e+300");
    text_is(5e-324, 4, "4.941e-324");
    text_is(NAN, 4, "NaN");
    text_is(INFINITY, 4, "Inf");
    text_is(-INFINITY, 4, "-Inf");
    text_is(-DBL_MAX, 17, "-1.7976931348623157e+308");
}

Test(number, fixed_decimals)
{
    fixed_is(3.14159, 2, "3.14");
    fixed_is(-0.001, 2, "0.00");
    fixed_is(-0.006, 2, "-0.01");
    fixed_is(17, 2, "17.00");
    fixed_is(1743.6283, 0, "1744");
    fixed_is(1e300, 2, "1e+300");
    fixed_is(NAN, 2, "NaN");
    fixed_is(-INFINITY, 2, "-Inf");
}

/* A number that was computed twice, by kernels that round differently, is shown the same: on the edge of rounding, too. */
Test(number, the_last_bits_are_not_shown)
{
    static const double edges[] = { 22.875, 0.125, 37614.075, 5e-5, 0.00012345, 1e-8, 99.995, 1, 12345.5, 2.5 };

    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        for (int sign = -1; sign <= 1; sign += 2)
            for (int bits = -40; bits <= 40; bits++) {
                double x = sign * edges[i], y = x * (1 + bits * DBL_EPSILON);
                char one[NUMBER_SIZE], other[NUMBER_SIZE];

                for (int digits = 1; digits <= 8; digits++) {
                    cr_expect_str_eq(number_text(one, x, digits), number_text(other, y, digits), "%d digits: %s, %s", digits, one,
                                     other);
                    cr_expect_str_eq(number_fixed(one, x, digits - 1), number_fixed(other, y, digits - 1), "%d decimals: %s, %s",
                                     digits - 1, one, other);
                    cr_expect_eq(number_decimals(&x, 1, digits), number_decimals(&y, 1, digits), "%.17g", y);
                }
                cr_expect_str_eq(number_p(one, x), number_p(other, y), "p: %s, %s", one, other);
                cr_expect_eq(number_sound(x), number_sound(y));
            }
    cr_expect_eq(number_sound(1.0 / 3.0), 0.333333333333);
    cr_expect_eq(number_sound(INFINITY), INFINITY);
    cr_expect(isnan(number_sound(NAN)));
    fixed_is(123456789.12345, 5, "123456789.12345");
}

Test(number, what_rounding_leaves_is_nothing)
{
    char text[NUMBER_SIZE];

    cr_expect_eq(number_difference(53, 53 - 9.8e-12, NAN), 0, "less than the twelfth digit");
    cr_expect_float_eq(number_difference(53, 53 - 9.805e-10, NAN), 1e-9, 1e-15);
    cr_expect_eq(number_difference(53, 52, NAN), 1);
    cr_expect(isinf(number_difference(INFINITY, 1, NAN)) && isnan(number_difference(NAN, 1, NAN)));
    cr_expect_eq(number_difference(53, 53 - 9.8e-12, 4), 0, "of a usual spread too");
    cr_expect_eq(number_difference(53, 53 - 9.8e-12, 1e-14), 0, "nor of rows that are fitted exactly");
    cr_expect_float_eq(number_difference(1e9, 1e9 - 0.0072091, 0.0078), 0.0072091, 2e-7, "twelve digits are 0.01");
    cr_expect_eq(number_covariance(1.5e-5, 2.5e12, 1.3e12), 0);
    cr_expect_eq(number_covariance(-2.8e11, 2.5e12, 1.3e12), -2.8e11);
    cr_expect(isnan(number_covariance(NAN, 1, 1)) && number_covariance(0.5, NAN, 1) == 0.5);
    number_text(text, 1 - 2e-16, 2);
    cr_expect_str_eq(number_keep_zeros(text, 1 - 2e-16, 2), "1", "whole but for rounding");
}

Test(number, p_values)
{
    char buffer[NUMBER_SIZE];

    cr_expect_str_eq(number_p(buffer, 3e-6), "<0.0001");
    cr_expect_str_eq(number_p(buffer, 0), "<0.0001");
    cr_expect_str_eq(number_p(buffer, 0.0001), "0.0001");
    cr_expect_str_eq(number_p(buffer, 0.03124), "0.0312");
    cr_expect_str_eq(number_p(buffer, 1), "1.0000");
    cr_expect_str_eq(number_p(buffer, NAN), "NaN");
}

Test(number, exact_reads_back)
{
    static const double hard[] = { 0.1,   1.0 / 3, 251.40510484848492,   DBL_MIN,  DBL_MAX, 5e-324,
                                   -1e-5, 1e22,    123456789012345680.0, 0.3 - 0.1 };
    char buffer[NUMBER_SIZE];
    struct rng rng;

    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++)
        cr_expect_eq(strtod(number_exact(buffer, hard[i]), NULL), hard[i], "%s", buffer);
    cr_expect_str_eq(number_exact(buffer, 0.1), "0.1");
    cr_expect_str_eq(number_exact(buffer, 60), "60");
    cr_expect_str_eq(number_exact(buffer, NAN), "NaN");
    rng_init(&rng, 1, 1);
    for (int i = 0; i < 20000; i++) {
        double x = ldexp(rng_normal(&rng), (int)rng_below(&rng, 600) - 300);

        cr_assert_eq(strtod(number_exact(buffer, x), NULL), x, "%s", buffer);
        cr_assert(strlen(buffer) < NUMBER_SIZE - 1);
    }
}

Test(number, decimals_of_a_column)
{
    cr_expect(number_decimals_hide((const double[]){ 1.5, -3e10 }, 2, 7, NULL)
              && !number_decimals_hide((const double[]){ 2, -3e10 }, 2, 7, NULL));
    cr_expect_not(number_decimals_hide((const double[]){ 0.25, 12345.5, NAN, 0 }, 4, 7, NULL));
    cr_expect_eq(number_decimals((const double[]){ 251.405, 10.467, 6.825, 1.546 }, 4, 4), 3);
    cr_expect_eq(number_decimals((const double[]){ 612.10, 35.07, 654.94 }, 3, 4), 2);
    cr_expect_eq(number_decimals((const double[]){ 24.741, 5.9221, 25.5918 }, 3, 4), 3);
    cr_expect_eq(number_decimals((const double[]){ 1, 2, 300 }, 3, 4), 0, "whole numbers need none");
    cr_expect_eq(number_decimals((const double[]){ 0.5, 1.5 }, 2, 4), 1, "nor do halves need more than one");
    cr_expect_eq(number_decimals((const double[]){ NAN, INFINITY, 0 }, 3, 4), 0);
    cr_expect_eq(number_decimals(NULL, 0, 4), 0);
    cr_expect_geq(number_decimals((const double[]){ 251.4, 0.00123 }, 2, 4), 4, "two digits of the smallest");
    cr_expect_leq(number_decimals((const double[]){ 1e-300, 1e300 }, 2, 4), 15);
}

/* Numbers are written with a point whatever LC_NUMERIC says. */
Test(number, no_locale)
{
    char buffer[NUMBER_SIZE];
    static const char *const commas[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF.UTF-8" };

    for (size_t i = 0; i < sizeof commas / sizeof commas[0]; i++) {
        if (setlocale(LC_NUMERIC, commas[i]) == NULL)
            continue;
        cr_expect_str_eq(number_text(buffer, 2.5, 4), "2.5");
        cr_expect_str_eq(number_fixed(buffer, 2.5, 2), "2.50");
        cr_expect_str_eq(number_exact(buffer, 0.1), "0.1");
        cr_expect_str_eq(number_text(buffer, 2.5e-9, 4), "2.5e-09");
    }
    setlocale(LC_NUMERIC, "C");
}

Test(number, decades)
{
    cr_expect_eq(number_decade(251.4), 2);
    cr_expect_eq(number_decade(-0.0065), -3);
    cr_expect_eq(number_decade(0.1 * 3 / 3 * 10), 0, "of the sound digits");
    cr_expect_eq(number_decades(2000, 1), 3);
    cr_expect_eq(number_decades(0, 1), 0);
    cr_expect_float_eq(number_unit(3), 0.001, 1e-18);
}
