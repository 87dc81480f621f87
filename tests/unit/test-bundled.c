/* test-bundled.c -- the examples are as their index says, and load with the types that one expects. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv.h"
#include "session/bundled.h"

static void use_own_data(void)
{
    const char *source = getenv("srcdir");
    char *whole = realpath(source == NULL ? "." : source, NULL);

    if (whole != NULL)
        setenv("MIXSH_DATADIR", whole, 1);
    free(whole);
}

static struct frame *example(const char *name)
{
    struct glmm_error err = { 0 };
    char *path = bundled_path(name, NULL);
    struct frame *frame;

    cr_assert_not_null(path, "no example %s", name);
    frame = csv_read(path, name, NULL, NULL, &err);
    cr_assert_not_null(frame, "%s: %s", name, err.message);
    mem_free(path);
    return frame;
}

Test(bundled, are_as_the_index_says, .init = use_own_data)
{
    struct glmm_error err = { 0 };
    struct frame *index = bundled_index(&err);
    char buffer[40];

    cr_assert_not_null(index, "%s", err.message);
    cr_assert_geq(index->rows, 20);
    for (size_t i = 0; i < index->rows; i++) {
        const char *name = column_text(frame_find(index, "name"), i, buffer);
        struct frame *frame = example(name);

        cr_assert_eq((double)frame->rows, column_real(frame_find(index, "rows"), i), "rows of %s", name);
        cr_assert_eq((double)frame->column_count, column_real(frame_find(index, "columns"), i), "columns of %s", name);
        cr_assert_not(column_missing(frame_find(index, "study"), i));
        cr_assert_not(column_missing(frame_find(index, "source"), i));
        cr_assert_not(column_missing(frame_find(index, "formula"), i));
        frame_free(frame);
    }
    frame_free(index);
}

Test(bundled, have_the_types_one_expects, .init = use_own_data)
{
    static const struct {
        const char *data, *column;
        enum column_type type;
        int levels;
    } expected[] = {
        { "sleepstudy", "Subject", COLUMN_FACTOR, 18 }, { "sleepstudy", "Days", COLUMN_INTEGER, 0 },
        { "sleepstudy", "Reaction", COLUMN_REAL, 0 },   { "cbpp", "period", COLUMN_FACTOR, 4 },
        { "cbpp", "herd", COLUMN_FACTOR, 15 },          { "machines", "Worker", COLUMN_FACTOR, 6 },
        { "insteval", "s", COLUMN_FACTOR, 2972 },       { "insteval", "y", COLUMN_INTEGER, 0 },
        { "penicillin", "plate", COLUMN_FACTOR, 24 },   { "batting", "player", COLUMN_FACTOR, 18 },
        { "batting_atbats", "hit", COLUMN_INTEGER, 0 }, { "oats", "nitro", COLUMN_REAL, 0 },
    };

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct frame *frame = example(expected[i].data);
        const struct column *column = frame_find(frame, expected[i].column);

        cr_assert_not_null(column);
        cr_assert_eq(column->type, expected[i].type, "%s of %s", expected[i].column, expected[i].data);
        cr_assert_eq(column->level_count, expected[i].levels, "%s of %s", expected[i].column, expected[i].data);
        cr_assert_eq(column->missing, 0);
        frame_free(frame);
    }
}

/* Efron and Morris: 215 hits in 810 at-bats, 0.265 on average; the same in both shapes. */
Test(bundled, batting_adds_up, .init = use_own_data)
{
    struct frame *players = example("batting"), *at_bats = example("batting_atbats");
    const struct column *hits = frame_find(players, "hits"), *hit = frame_find(at_bats, "hit");
    int total = 0, ones = 0;

    for (size_t i = 0; i < players->rows; i++)
        total += hits->as.integer[i];
    for (size_t i = 0; i < at_bats->rows; i++)
        ones += hit->as.integer[i];
    cr_assert_eq(total, 215);
    cr_assert_eq(ones, total);
    cr_assert_eq(at_bats->rows, 18 * 45);
    frame_free(players);
    frame_free(at_bats);
}

Test(bundled, names_that_are_none, .init = use_own_data)
{
    cr_assert_null(bundled_path("nosuch", NULL));
    cr_assert_null(bundled_path("../data/cake", NULL));
    cr_assert_null(bundled_path("", NULL));
    cr_assert_null(bundled_path("index", NULL));
}
