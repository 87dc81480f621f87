/* number.h -- numbers as text, in the C locale whatever the process's locale is. */
#ifndef RESULT_NUMBER_H
#define RESULT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

struct watch;

enum { NUMBER_SIZE = 40 }; /* room for any number that these functions write */

/* What the processor does not change: x rounded to 12 significant digits.  Whatever is shown of a number that was computed is
 * shown of this, and what is decided for show (an order, a place) is decided by it: kernels of a BLAS, threads and the order of
 * rows differ in the last bits, and a mean of 22.875 must not be 22.88 with one and 22.87 with another. */
double number_sound(double x);

/* x - y to the place of the twelfth digit of the larger of them: of a difference no more is sound than of what it is of.  Where
 * such differences have a spread (NaN: not known) that twelve digits hardly show, to the place of the fifth digit of that. */
double number_difference(double x, double y, double spread);

/* A covariance beside its two variances: 0 where it is nothing but the rounding of what these allow. */
double number_covariance(double covariance, double variance, double other);

/* The power of ten at the first significant digit of x as it is shown: 2 of 251.4, -3 of 0.0065.  x is finite and not 0. */
int number_decade(double x);

/* The decades between two numbers, rounded: 3 of 1000 and 1; 0 where one is 0. */
int number_decades(double x, double other);

/* The unit of the last of so many decimals: 0.001 of 3. */
double number_unit(size_t decimals);

/* About `digits` significant digits, without an exponent in [1e-4, 1e7): "251.4", "0.0655", "1.2e-05", "NaN", "Inf". Returns
 * buffer. */
const char *number_text(char buffer[NUMBER_SIZE], double x, int digits);

/* The same, always with an exponent: "9.616e+06". */
const char *number_scientific(char buffer[NUMBER_SIZE], double x, int digits);

/* Exactly `decimals` decimals; "-0.00" becomes "0.00". */
const char *number_fixed(char buffer[NUMBER_SIZE], double x, int decimals);

/* `digits` significant digits as number_text() has them, but without an exponent where these reach to the units: "100000001.4".
 */
const char *number_digits(char buffer[NUMBER_SIZE], double x, int digits);

/* As number_text, but from 1e7 to 1e15 with all digits before the point: what stands among such numbers differs in the last. */
const char *number_among(char buffer[NUMBER_SIZE], double x, int digits);

/* Whether x is a whole number below 2^53, of which a double holds each digit. */
bool number_is_whole(double x);

/* As number_text, but with all digits of a number that is whole, as ids and times in milliseconds are. */
const char *number_of_data(char buffer[NUMBER_SIZE], double x, int digits);

/* x to `digits` significant digits of its error (two where it says 2), and never fewer than `least` of its own. */
const char *number_with_error(char buffer[NUMBER_SIZE], double x, double error, int digits, int least);

/* How many digits of x that shows. */
int number_error_digits(double x, double error, int digits, int least);

/* Puts the zeros back that end the digits of x in a text that number_text() and its kin wrote: "-1e+08" -> "-1.00e+08" of three
 * digits, "3.03" -> "3.030" of four. A number that is whole, or that has an exponent and is exactly this, is left. */
const char *number_keep_zeros(char buffer[NUMBER_SIZE], double x, int digits);

/* The shortest text that reads back as x, all its bits: at most 17 significant digits ("0.1", "251.40510484848492"); for JSON and
 * CSV. */
const char *number_exact(char buffer[NUMBER_SIZE], double x);

/* A p-value: "<0.0001", "0.0312". */
const char *number_p(char buffer[NUMBER_SIZE], double p);

/* Decimals that show the values of a column with about `digits` significant digits each, none with fewer than two where it
 * can be helped. */
int number_decimals(const double *x, size_t count, int digits);

/* The same with a look now and then (NULL: none): where the watch says stop it is any number. */
int number_decimals_watched(const double *x, size_t count, int digits, struct watch *watch);

/* Whether so many decimals show fewer than two digits of x, and not all of it: 0 of 1.162. */
bool number_decimals_cut(double x, int decimals);

/* Whether it cannot be helped: 1.5 beside -3e10.  `watch` as above. */
bool number_decimals_hide(const double *x, size_t count, int digits, struct watch *watch);

#endif
