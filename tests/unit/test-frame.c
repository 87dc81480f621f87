/* test-frame.c -- columns, factors, numbers as text. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/rng.h"
#include "data/frame.h"
#include "sweep.h"

static double number(const char *text)
{
    double value = 0;

    cr_assert(parse_number(text, strlen(text), &value), "%s is no number", text);
    return value;
}

/* Digits are read eight at a time, with any decimal sign, up to what is no number. */
Test(frame, numbers_within_a_text)
{
    static const struct {
        const char *text;
        char mark;
        size_t length;
        double value;
    } cases[] = {
        { "0.12345678901234567;", '.', 19, 0.12345678901234567 },
        { "12,00000000000000000005;", ',', 23, 12.0 },
        { "0.00000000123456789x", '.', 19, 0.00000000123456789 },
        { "-3,1415926535897932384626e-5;", ',', 28, -3.1415926535897932384626e-5 },
        { "1,5", '.', 1, 1.0 },
        { "123.4567890a", '.', 11, 123.4567890 },
        { "7.12345678", '.', 10, 7.12345678 },
        { "7.1234567:", '.', 9, 7.1234567 },
        { ",5e", ',', 0, 0.0 },
        { "x", '.', 0, 0.0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 0.0;
        size_t length = parse_number_at(cases[i].text, strlen(cases[i].text), cases[i].mark, &value);

        cr_expect_eq(length, cases[i].length, "%s: %zu", cases[i].text, length);
        cr_expect(length == 0 || value == cases[i].value, "%s: %.17g", cases[i].text, value);
    }
}

/* A number that stands among others in a long text is read by words of eight bytes, one at the text's end is not: both, and
 * strtod, give the same to the last bit, with up to 24 digits, zeros before and behind them, and signs. */
Test(frame, numbers_in_a_long_text_read_as_strtod_reads_them)
{
    static const char *const behind[] = { ",", ";7", "\n", "x", "-", ".5", " ", "e", "e5,", "E-3;", "\xc3\xa9" };
    uint64_t state = 20240229;

    for (int i = 0; i < 200000; i++) {
        char text[128], alone[64];
        int length = 0, whole, places;
        double value = 0.5, same = 0.25, expected;
        const char *end = behind[i % 11];
        size_t took, took_alone, exponent = end[0] != 'e' && end[0] != 'E' ? 0 : end[1] == '\0' ? 99 : strlen(end) - 1;

        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        whole = 1 + (int)(state >> 33 & 7) + (i % 5 == 0) * (int)(state >> 40 & 15);
        places = (int)(state >> 45 & 15) + (i % 7 == 0) * 8;
        if (i % 3 == 0)
            text[length++] = "-+"[i % 2];
        for (int k = 0; k < whole + places; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            if (k == whole)
                text[length++] = '.';
            text[length++] = (char)('0' + ((state >> 60) < 4 ? 0 : (state >> 33) % 10));
        }
        length += snprintf(text + length, sizeof text - (size_t)length, "%s", end);
        memcpy(alone, text, (size_t)length + 1);
        memset(text + length, '8', sizeof text - (size_t)length);
        if (strcmp(end, ".5") == 0 || strcmp(end, "e") == 0) /* more digits behind it would be its own */
            text[length] = ';';
        took = parse_number_at(text, sizeof text, '.', &value);
        took_alone = parse_number_at(alone, (size_t)length, '.', &same);
        cr_assert_eq(took, took_alone, "%s: %zu, %zu", alone, took, took_alone);
        if (exponent == 99)
            continue;
        alone[took] = '\0';
        expected = strtod(alone, NULL);
        cr_assert(memcmp(&value, &expected, sizeof value) == 0 && memcmp(&same, &expected, sizeof same) == 0, "%s: %.17g %.17g",
                  alone, value, same);
    }
}

Test(frame, adds_and_finds_columns)
{
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new("d", 3);
    struct column put = { 0 };

    cr_assert_not_null(frame_add(frame, "x", COLUMN_REAL, &err));
    cr_assert_not_null(frame_add(frame, "Days", COLUMN_INTEGER, &err));
    cr_assert_null(frame_add(frame, "x", COLUMN_REAL, &err));
    cr_assert_eq(err.code, GLMM_E_NAME);
    cr_assert_eq(frame_find(frame, "x")->as.real[2], 0.0);
    error_clear(&err);
    cr_assert_null(frame_need(frame, "Dys", span_of(2, 5), &err));
    cr_assert_str_eq(err.message, "no variable `Dys` in d");
    cr_assert_str_eq(err.hint, "did you mean `Days`?");
    cr_assert_eq(err.at.begin, 2);
    put.name = mem_strdup("x");
    put.type = COLUMN_LOGICAL;
    put.as.logical = NEW_ARRAY(int8_t, 3);
    put.as.logical[1] = -1;
    column_count_missing(&put, 3);
    cr_assert(frame_put(frame, &put, &err));
    cr_assert_null(put.name);
    cr_assert_eq(frame->column_count, 2);
    cr_assert_eq(frame_find(frame, "x")->missing, 1);
    frame_free(frame);
    frame_free(NULL);
}

Test(frame, reads_numbers)
{
    static const char *const bad[] = { "",     "-",   "+",   ".",   "e5",  "1e",  "1e+",   "1.2.3", " 1",       "1 ",
                                       "0x10", "inf", "nan", "NaN", "1,5", "--1", "1e5.5", "12a",   "\xc3\xa9", "1_000" };
    double value;

    cr_assert_eq(number("12"), 12.0);
    cr_assert_eq(number("-0.5"), -0.5);
    cr_assert_eq(number("+7."), 7.0);
    cr_assert_eq(number(".25"), 0.25);
    cr_assert_eq(number("1e3"), 1000.0);
    cr_assert_eq(number("1E-3"), 1e-3);
    cr_assert_eq(number("0007"), 7.0);
    cr_assert(signbit(number("-0")));
    cr_assert_eq(number("123456789012345678901234567890"), 123456789012345678901234567890.0);
    cr_assert_eq(number("0.000000000000000000000000000000000000012345"), 1.2345e-38);
    cr_assert_eq(number("4.9406564584124654e-324"), 4.9406564584124654e-324);
    cr_assert(isinf(number("1e999")));
    cr_assert_eq(number("1e-999"), 0.0);
    cr_assert_eq(number("1e99999999999999999999"), INFINITY);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(parse_number(bad[i], strlen(bad[i]), &value), "`%s` read as a number", bad[i]);
}

Test(frame, numbers_round_as_strtod)
{
    static const int digits[] = { 5, 10, 15, 16, 17, 19, 25 };
    struct rng rng;
    char text[64];

    rng_init(&rng, 1, 1);
    for (int i = 0; i < 200000; i++) {
        double x = (rng_uniform(&rng) - 0.5) * pow(10.0, (double)rng_below(&rng, 60) - 30.0);

        snprintf(text, sizeof text, "%.*g", digits[i % 7], x);
        cr_assert_eq(number(text), strtod(text, NULL), "%s", text);
    }
    for (int i = 0; i < 200000; i++) { /* near the middle of two doubles */
        double x = rng_uniform(&rng), y = nextafter(x, 2.0);
        long double middle = ((long double)x + (long double)y) / 2;

        snprintf(text, sizeof text, "%.*Lf", 17 + i % 4, middle);
        cr_assert_eq(number(text), strtod(text, NULL), "%s", text);
    }
}

Test(frame, the_range_of_a_column_leaves_missing_values_out)
{
    double reals[] = { NAN, 2.0, -1.5, NAN }, low, high;
    int32_t integers[] = { COLUMN_NA, 7, 3, COLUMN_NA };
    int8_t truths[] = { -1, 1, 1, -1 };
    struct column real = { .type = COLUMN_REAL, .as.real = reals }, integer = { .type = COLUMN_INTEGER, .as.integer = integers },
                  logical = { .type = COLUMN_LOGICAL, .as.logical = truths };

    column_range(&real, 4, &low, &high);
    cr_assert(low == -1.5 && high == 2.0);
    column_range(&integer, 4, &low, &high);
    cr_assert(low == 3.0 && high == 7.0);
    column_range(&logical, 4, &low, &high);
    cr_assert(low == 1.0 && high == 1.0);
    column_range(&integer, 1, &low, &high);
    cr_assert(isnan(low) && isnan(high));
    column_range(&real, 1, &low, &high);
    cr_assert(isnan(low) && isnan(high));
}

Test(frame, long_numbers_read)
{
    char text[2001];
    double value;

    memset(text, '1', sizeof text - 1);
    text[1] = '.';
    text[sizeof text - 1] = '\0';
    cr_assert(parse_number(text, strlen(text), &value));
    cr_assert_eq(value, strtod(text, NULL));
}

Test(frame, numbers_as_r_writes_them)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = { { 0.2, "0.2" },      { 100000, "1e+05" },        { 123456, "123456" },
                  { 0.0001, "1e-04" }, { 1234.5678, "1234.5678" }, { -0.1, "-0.1" },
                  { 0, "0" },          { 1e-300, "1e-300" },       { 1.0 / 3, "0.333333333333333" },
                  { 1e15, "1e+15" },   { 0.1 + 0.2, "0.3" },       { 150000, "150000" },
                  { INFINITY, "Inf" }, { -1e22, "-1e+22" },        { 2, "2" } };
    char buffer[40];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(number_as_r(cases[i].x, buffer), cases[i].text);
}

Test(frame, levels_sort_by_number_or_byte)
{
    char *numbers[] = { strdup("10"), strdup("9"), strdup("-1"), strdup("1.5"), strdup("1e1") };
    char *words[] = {
        strdup("b"), strdup("B"), strdup("a10"), strdup("a9"), strdup("abcdefghij"), strdup("abcdefghi"), strdup("")
    };
    int32_t order[7];

    cr_assert(levels_sort(numbers, 5, order));
    cr_assert_str_eq(numbers[0], "-1");
    cr_assert_str_eq(numbers[2], "9");
    cr_assert_str_eq(numbers[3], "10");
    cr_assert_str_eq(numbers[4], "1e1");
    cr_assert_eq(order[0], 3);
    cr_assert_eq(order[2], 0);
    cr_assert(levels_sort(words, 7, NULL));
    cr_assert_str_eq(words[0], "");
    cr_assert_str_eq(words[1], "B");
    cr_assert_str_eq(words[2], "a10");
    cr_assert_str_eq(words[3], "a9");
    cr_assert_str_eq(words[4], "abcdefghi");
    cr_assert_str_eq(words[5], "abcdefghij");
    for (int i = 0; i < 5; i++)
        free(numbers[i]);
    for (int i = 0; i < 7; i++)
        free(words[i]);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

Test(frame, many_levels_sort)
{
    enum { N = 20000 };
    static char *levels[N], *expected[N];
    static int32_t order[N];
    static const char *const fronts[] = { "-", "", "a name that is long ", "alike " }, *const backs[] = { ".5", "x", "", "" };
    struct rng rng;

    rng_init(&rng, 2, 0);
    for (int kind = 0; kind < 4; kind++) { /* numbers; short, long, alike in front */
        for (int i = 0; i < N; i++) {
            char text[40];
            uint32_t x = kind == 3 && i % 2 ? 7 : rng_below(&rng, 1000000);

            snprintf(text, sizeof text, "%s%08u%s", fronts[kind], x, backs[kind]);
            expected[i] = levels[i] = strdup(text);
        }
        qsort(expected, N, sizeof *expected, compare_strings);
        cr_assert(levels_sort(levels, N, order));
        for (int i = 0; i < N; i++) {
            if (kind == 0)
                cr_assert(i == 0 || atof(levels[i - 1]) <= atof(levels[i]));
            else
                cr_assert_str_eq(levels[i], expected[i]);
            cr_assert(order[i] >= 0 && order[i] < N);
        }
        for (int i = 0; i < N; i++)
            free(levels[i]);
    }
}

static void free_levels(int32_t *codes, char **levels, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        mem_free(levels[i]);
    mem_free(levels);
    mem_free(codes);
}

/* Places that `count` multiples of a number have in a table of twice as many: 0.787 count where they fall as they like. */
static int places_of(double step, int count)
{
    static bool taken[1 << 14];
    int places = 0;

    memset(taken, 0, sizeof taken);
    for (int i = 0; i < count; i++) {
        bool *place = &taken[hash_end(hash_add(0, step * i)) & (size_t)(2 * count - 1)];

        places += !*place;
        *place = true;
    }
    return places;
}

Test(frame, numbers_of_few_digits_spread_over_a_table)
{
    static const double steps[] = { 1.0, 0.5, 0.01, -3.0, 1e6, 1e-300, 8192.0, 65536.0 };

    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
        for (int count = 64; count <= 1 << 13; count *= 2)
            cr_assert_geq(places_of(steps[s], count), 0.6 * count, "%d multiples of %g have %d places", count, steps[s],
                          places_of(steps[s], count));
}

Test(frame, any_column_is_a_factor)
{
    double reals[] = { 0.2, 100000, NAN, -0.0, 0.0, 0.2 };
    int32_t integers[] = { 100000, 9, COLUMN_NA, 10 }, *codes, count;
    int8_t logicals[] = { 1, -1, 0 };
    struct column real = { .type = COLUMN_REAL, .as.real = reals }, integer = { .type = COLUMN_INTEGER, .as.integer = integers };
    struct column logical = { .type = COLUMN_LOGICAL, .as.logical = logicals };
    struct glmm_error err = { 0 };
    char **levels;

    cr_assert(column_as_factor(&real, 6, &codes, &levels, &count, &err));
    cr_assert_eq(count, 3);
    cr_assert_str_eq(levels[0], "0");
    cr_assert_str_eq(levels[1], "0.2");
    cr_assert_str_eq(levels[2], "1e+05");
    cr_assert_eq(codes[2], -1);
    cr_assert_eq(codes[3], 0);
    cr_assert_eq(codes[5], 1);
    free_levels(codes, levels, count);
    cr_assert(column_as_factor(&integer, 4, &codes, &levels, &count, &err));
    cr_assert_str_eq(levels[2], "100000");
    cr_assert_eq(codes[0], 2);
    cr_assert_eq(codes[2], -1);
    free_levels(codes, levels, count);
    cr_assert(column_as_factor(&logical, 3, &codes, &levels, &count, &err));
    cr_assert_str_eq(levels[0], "FALSE");
    cr_assert_eq(codes[0], 1);
    free_levels(codes, levels, count);
}

static bool make_factor(void *context, struct glmm_error *err)
{
    struct frame *frame = frame_new("d", 40);
    struct column *column = frame == NULL ? NULL : frame_add(frame, "x", COLUMN_REAL, err);
    int32_t *codes = NULL;
    char **levels = NULL;
    int count = 0;
    bool ok;

    (void)context;
    for (int i = 0; column != NULL && i < 40; i++)
        column->as.real[i] = i * 0.5;
    ok = column != NULL && column_as_factor(column, 40, &codes, &levels, &count, err);
    cr_expect(ok || frame == NULL || err->code == GLMM_E_MEMORY);
    if (ok)
        free_levels(codes, levels, count);
    frame_free(frame);
    return ok || fail_memory(err);
}

Test(frame, allocation_may_fail)
{
    cr_assert_gt(sweep_allocations(make_factor, NULL), 40);
}

/* --- frames that share columns -------------------------------------------------------------------- */

/* Two numbers and a factor, three rows; NULL where an allocation failed. */
static struct frame *small_frame(struct glmm_error *err)
{
    struct frame *frame = frame_new("d", 3);
    struct column *column = NULL;
    bool ok = frame != NULL && frame_add(frame, "x", COLUMN_REAL, err) != NULL
              && frame_add(frame, "k", COLUMN_INTEGER, err) != NULL
              && (column = frame_add(frame, "f", COLUMN_FACTOR, err)) != NULL && (column->levels = NEW_ARRAY(char *, 2)) != NULL;

    for (int i = 0; ok && i < 3; i++) {
        frame->columns[0].as.real[i] = i + 0.5;
        frame->columns[1].as.integer[i] = i == 1 ? COLUMN_NA : i;
        column->as.code[i] = i % 2;
    }
    for (; ok && column->level_count < 2; column->level_count++)
        ok = (column->levels[column->level_count] = mem_strdup(column->level_count == 0 ? "a" : "b")) != NULL;
    if (ok)
        column_count_missing(&frame->columns[1], 3);
    if (ok)
        return frame;
    frame_free(frame);
    return NULL;
}

Test(frame, is_freed_with_its_last_holder)
{
    struct glmm_error err = { 0 };
    struct frame *frame = small_frame(&err);
    const struct frame *held;

    cr_assert_not_null(frame);
    cr_expect_not(frame_is_held(frame));
    held = frame_hold(frame);
    cr_expect_eq(held, frame);
    cr_expect(frame_is_held(frame));
    frame_free(frame);
    cr_expect_not(frame_is_held(held));
    cr_expect_eq(frame_find(held, "x")->as.real[2], 2.5);
    frame_free(held);
    cr_expect_null(frame_hold(NULL));
    frame_free(NULL);
}

Test(frame, a_verb_makes_a_frame_that_shares_columns)
{
    struct glmm_error err = { 0 };
    struct frame *frame = small_frame(&err), *next;
    struct column put = { .name = mem_strdup("k"), .type = COLUMN_LOGICAL, .as.logical = NEW_ARRAY(int8_t, 3) };

    cr_assert_not_null(frame);
    next = frame_share(frame, &err);
    cr_assert_not_null(next);
    cr_expect_eq(next->columns[0].as.any, frame->columns[0].as.any, "values are copied");
    cr_expect_eq(next->columns[2].levels, frame->columns[2].levels, "levels are copied");
    cr_expect(column_is_shared(&frame->columns[0]));
    cr_assert(frame_put(next, &put, &err));
    frame_column(next, "f")->reference = 1;
    cr_expect_not(column_is_shared(&frame->columns[1]));
    cr_expect_eq(frame->columns[1].type, COLUMN_INTEGER);
    cr_expect_eq(frame->columns[2].reference, 0);
    cr_expect(frame_drop(next, "x"));
    cr_expect_not(frame_drop(next, "x"));
    cr_expect_eq(next->column_count, 2);
    cr_expect_str_eq(next->columns[0].name, "k");
    cr_expect_eq(frame_find(frame, "x")->as.real[1], 1.5);
    frame_free(frame); /* what next shares lives on */
    cr_expect_str_eq(next->columns[1].levels[1], "b");
    cr_expect_eq(next->columns[1].as.code[1], 1);
    frame_free(next);
}

Test(frame, other_rows_are_a_copy)
{
    static const size_t source[] = { 2, 2, 1, 0 };
    struct glmm_error err = { 0 };
    struct frame *frame = small_frame(&err), *rows;

    cr_assert_not_null(frame);
    rows = frame_rows(frame, source, 4, &err);
    cr_assert_not_null(rows);
    frame_free(frame);
    cr_expect_eq(rows->rows, 4);
    cr_expect_eq(rows->columns[0].as.real[1], 2.5);
    cr_expect_eq(rows->columns[1].missing, 1);
    cr_expect_str_eq(rows->columns[2].levels[rows->columns[2].as.code[2]], "b");
    frame_free(rows);
}

static bool share_rows(void *context, struct glmm_error *err)
{
    static const size_t source[] = { 0, 2 };
    struct frame *frame = small_frame(err), *next = frame == NULL ? NULL : frame_share(frame, err);
    struct frame *rows = next == NULL ? NULL : frame_rows(next, source, 2, err);
    bool ok = rows != NULL;

    (void)context;
    cr_expect(ok || frame == NULL || err->code == GLMM_E_MEMORY);
    frame_free(rows);
    frame_free(next);
    frame_free(frame);
    return ok || fail_memory(err);
}

Test(frame, sharing_may_fail)
{
    cr_assert_gt(sweep_allocations(share_rows, NULL), 10);
}
