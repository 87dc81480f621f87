/* test-name-index.c -- names are found, each once, among many. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "data/name-index.h"

Test(name_index, an_empty_index_holds_nothing)
{
    struct name_index index = { 0 };

    cr_assert_eq(name_index_find(&index, "a"), -1);
    name_index_clear(&index);
}

Test(name_index, each_of_many_names_is_found_at_its_place_and_no_other)
{
    enum { COUNT = 20000 };
    static char text[COUNT][16];
    struct name_index index = { 0 };
    int32_t place;

    for (int i = 0; i < COUNT; i++) {
        snprintf(text[i], sizeof text[i], "n%d", i);
        cr_assert(name_index_add(&index, text[i], &place));
        cr_assert_eq(place, i);
    }
    for (int i = 0; i < COUNT; i += 7) {
        cr_assert(name_index_add(&index, text[i], &place));
        cr_assert_eq(place, i);
    }
    cr_assert_eq(index.count, COUNT);
    cr_assert_eq(name_index_find(&index, "n20000"), -1);
    cr_assert_eq(name_index_find(&index, ""), -1);
    name_index_clear(&index);
}
