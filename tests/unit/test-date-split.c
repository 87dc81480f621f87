/* test-date-split.c -- dates with more beside them: days of the week, marks of footnotes, the time of the C library, signs of
 * eastern Asia, a time without signs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "data/date.h"

/* The text ends where its block does: nothing behind it is looked at. */
static bool reads(const char *text, bool times, const char *expected)
{
    size_t length = strlen(text);
    char buffer[40], *alone = malloc(length + (length == 0));
    int32_t date;
    bool is_date;

    cr_assert_not_null(alone);
    memcpy(alone, text, length);
    is_date = date_read(alone, length, DATE_YMD | DATE_DMY, times, &date);
    free(alone);
    if (is_date)
        cr_expect_str_eq(date_text(date, buffer), expected, "%s is %s", text, buffer);
    return is_date;
}

Test(date_split, dates_have_more_beside_them)
{
    static const char *const january[] = {
        "Wed, 25 Jan 2023",
        "Wednesday, January 25, 2023",
        "mer. 25 janv. 2023",
        "Mi., 25.01.2023",
        "25 Jan 2023 (Wed)",
        "Wed Jan 25 10:12:11 2023",
        "Wed Jan 25 10:12:11 CET 2023",
        "Wed, 25 Jan 2023 10:12:11 +0100",
        "25 Jan 2023[2]",
        "2023-01-25*",
        "2023-01-25 [a]",
        "25.01.2023\u2020",
        "2023\u5e741\u670825\u65e5",
        "2023\ub144 1\uc6d4 25\uc77c",
        "2023\u5e741\u670825\u65e5 10:12",
        "2023\u5e741\u670825\u65e5(\u6c34)",
        "20230125T101211Z",
        "20230125T1012",
    };

    for (size_t k = 0; k < sizeof january / sizeof *january; k++)
        cr_expect(reads(january[k], true, "2023-01-25"), "%s", january[k]);
}

Test(date_split, what_is_beside_is_known)
{
    static const char *const none[] = {
        "25 Jan 2023 (est)", "Foo, 25 Jan 2023", "2023-01-25[draft]", "<25 Jan 2023",           "Wed",   "Wed,",
        "20230125T",         "20230125T10121",   "20231325T101211",   "Jan 25 10:12:11",        "(Wed)", "2023-01-25*9",
        "2023-01-25 (Foo)",  "Jan 25 1012 2023", "2023\u5e741\u6708", "23\u5e741\u67081\u65e5", ")",     "",
    };

    for (size_t k = 0; k < sizeof none / sizeof *none; k++)
        cr_expect(!reads(none[k], true, ""), "%s", none[k]);
}

/* Marks and times go only where one said so; a name is a month's before it is a day's. */
Test(date_split, what_is_left_out_is_asked_for)
{
    cr_expect(!reads("2023-01-25*", false, "") && !reads("20230125T101211Z", false, ""));
    cr_expect(reads("20230125T000000Z", false, "2023-01-25"));
    cr_expect(reads("mar 5 2024", false, "2024-03-05") && reads("mar 5 mars 2024", false, "2024-03-05"));
}

/* Excel's numbers of days beside dates: from 1954-10-03 on, and before 2064-04-08 (as.Date(n - 25569) in R). */
Test(date_split, days_that_are_numbers_have_an_end)
{
    static char date[] = "2024-01-05", texts[4][8] = { "19999", "20000", "59999", "60000" };
    static const char *const expected[] = { NULL, "1954-10-03", "2064-04-07", NULL };

    for (int k = 0; k < 4; k++) {
        char *const both[] = { date, texts[k] };
        struct date_kinds kinds;
        char buffer[40];
        int32_t day;
        bool found = date_kinds_find(both, 2, &kinds) && date_read_kinds(texts[k], 5, &kinds, &day);

        cr_expect_eq(found, expected[k] != NULL, "%s", texts[k]);
        if (found && expected[k] != NULL)
            cr_expect_str_eq(date_text(day, buffer), expected[k], "%s is %s", texts[k], buffer);
    }
}
