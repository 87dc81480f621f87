/* test-text.c -- growing strings, display width, suggestions. */
#include <criterion/criterion.h>

#include "base/text.h"

Test(text, grows_and_is_taken)
{
    struct text text = { 0 };
    char *data;

    for (int i = 0; i < 100; i++)
        text_addf(&text, "%d,", i % 10);
    cr_assert_eq(text.length, 200);
    data = text_take(&text);
    cr_assert_eq(strlen(data), 200);
    cr_assert_eq(text.length, 0);
    free(data);
}

Test(text, width_counts_columns)
{
    cr_assert_eq(utf8_width("abc"), 3);
    cr_assert_eq(utf8_width("\xc3\xa9t\xc3\xa9"), 3);
    cr_assert_eq(utf8_width("e\xcc\x81"), 1);
    cr_assert_eq(utf8_width("\xe6\xbc\xa2"), 2);
    cr_assert_eq(utf8_width("\xff"), 1);
    cr_assert_eq(utf8_prefix("\xe6\xbc\xa2\xe6\xbc\xa2", 3), 3);
}

Test(text, near_names)
{
    int distance;

    cr_assert(is_near("Dys", "Days", &distance));
    cr_assert_eq(distance, 1);
    cr_assert(is_near("subjcet", "Subject", &distance));
    cr_assert_not(is_near("x", "y", &distance));
    cr_assert_not(is_near("Reaction", "Days", &distance));
}
