/* test-number-within.c -- numbers within texts, and where these end. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/number-within.h"

/* The numbers of a text that ends with its memory, so that a byte read behind it is found; how many there are, -1: which they are
 * is not known. */
static int numbers_of(const char *words, char decimal, double value[4])
{
    size_t length = strlen(words) + 1;
    char *text = malloc(length);
    const char *at = memcpy(text, words, length);
    struct number_within number;
    int count = 0;

    while (number_within_next(text, &at, decimal, &number)) {
        cr_assert(text <= number.begin && number.begin < number.end && number.end == at && at < text + length, "%s", words);
        if (count < 4)
            value[count] = number.value;
        count++;
    }
    cr_assert(text <= at && at < text + length, "%s", words);
    count = *at == '\0' ? count : -1;
    free(text);
    return count;
}

/* In each place where a text may end. */
Test(number_within, ends)
{
    static const struct {
        const char *text;
        int count;
        double first;
    } ends[] = {
        { "", 0, NAN },
        { "1", 1, 1 },
        { "1e", 1, 1 },
        { "1e-", 1, 1 },
        { "1e+", 1, 1 },
        { "1e-5", 1, 1e-5 },
        { "1.", 1, 1 },
        { "1,", 1, 1 },
        { "1.5", 1, 1.5 },
        { ".", 0, NAN },
        { ".5", 1, 0.5 },
        { "-", 0, NAN },
        { "-.", 0, NAN },
        { "-.5", 1, -0.5 },
        { "(", 0, NAN },
        { "\xd9", 0, NAN },
        { "1\xd9", 1, 1 },
        { "1\xd9\xab", 1, 1 },
        { "\xd9\xa1", 1, 1 },
        { "\xdb", 0, NAN },
        { "\xe0", 0, NAN },
        { "\xe0\xa5", 0, NAN },
        { "\xef\xbc", 0, NAN },
        { "\xe2", 0, NAN },
        { "\xe2\x88", 0, NAN },
        { "\xe2\x88\x92", 0, NAN },
        { "\xe2\x88\x92"
          "4",
          1, -4 },
        { "0", 1, 0 },
        { "1e\xd9\xa5", 1, 1e5 },
        { "1e\xd9", 1, 1 },
    };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        double value[4] = { NAN, NAN, NAN, NAN };
        int count = numbers_of(ends[i].text, '.', value);

        cr_expect_eq(count, ends[i].count, "%s: %d", ends[i].text, count);
        cr_expect(isnan(ends[i].first) ? isnan(value[0]) : value[0] == ends[i].first, "%s: %g", ends[i].text, value[0]);
        numbers_of(ends[i].text, ',', value);
    }
}

/* Behind a number the text goes on, whatever its digits are: a point there begins no other one, and a hyphen is no minus. */
Test(number_within, one_behind_the_other)
{
    double value[4];

    cr_expect_eq(numbers_of("1e5.5", '.', value), 2);
    cr_expect_eq(value[1], 5);
    cr_expect_eq(numbers_of("1e\xd9\xa5.5", '.', value), 2);
    cr_expect_eq(value[1], 5);
    cr_expect_eq(numbers_of("\xd9\xa1-\xd9\xa2", '.', value), 2);
    cr_expect_eq(value[1], 2);
    cr_expect_eq(numbers_of("1,25", '.', value), -1);
    cr_expect_eq(numbers_of("1,25", ',', value), 1);
    cr_expect_eq(value[0], 1.25);
}

/* More digits than a number has: none, and no sign between digits is made out of it. */
Test(number_within, too_long)
{
    char text[200];
    double value[4];

    memset(text, '7', sizeof text);
    strcpy(text + 100, " x 5");
    cr_expect_eq(numbers_of(text, '.', value), 0);
}
