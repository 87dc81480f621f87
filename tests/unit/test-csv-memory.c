/* test-csv-memory.c -- how much memory the reading of a file takes, counted by the allocation hook: at most three times the
 * file's size and a fixed megabyte.  And the codes and levels that come out of it. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/level-order.h"
#include "data/level-set.h"

enum { FIXED = 1 << 20 };

/* --- counting ----------------------------------------------------------------------------------- */

struct count {
    size_t now, peak;
    long left; /* allocations until one fails; negative: none does */
    long live;
};

static void *count_bytes(void *context, void *old, size_t size)
{
    struct count *count = context;
    size_t before = old == NULL ? 0 : malloc_usable_size(old);
    void *block;

    if (size == 0) {
        count->now -= before;
        count->live -= old != NULL;
        free(old);
        return NULL;
    }
    if (count->left == 0)
        return NULL;
    count->left -= count->left > 0;
    block = realloc(old, size);
    count->live += old == NULL;
    count->now += malloc_usable_size(block) - before;
    if (count->now > count->peak)
        count->peak = count->now;
    return block;
}

static struct frame *read_counted(const struct text *text, const char *types, struct count *count)
{
    struct csv_options options = { .types = types };
    struct glmm_error err = { 0 };
    struct frame *frame;

    omp_set_num_threads(1); /* one count */
    *count = (struct count){ .left = -1 };
    mem_hook_set((struct mem_hook){ .resize = count_bytes, .context = count });
    frame = csv_read_bytes(text->data, text->length, "d", &options, &err);
    cr_assert_not_null(frame, "%s", err.message);
    return frame;
}

/* Reads the text, which it clears. */
static void check_peak(const char *what, struct text *text, const char *types)
{
    struct count count;
    struct frame *frame = read_counted(text, types, &count);

    frame_free(frame);
    mem_hook_set((struct mem_hook){ 0 });
    cr_assert_eq(count.live, 0, "%s", what);
    cr_expect_leq(count.peak, 3 * text->length + FIXED, "%s: %zu bytes for a file of %zu", what, count.peak, text->length);
    text_clear(text);
}

/* Numbers 0 to n - 1 in an order that looks like none; n is a power of two. */
static unsigned shuffled(unsigned i, unsigned n)
{
    return (i * 2654435761u + 12345u) & (n - 1);
}

/* --- peaks -------------------------------------------------------------------------------------- */

enum { ROWS = 1 << 19 };

Test(csv_memory, distinct_texts)
{
    struct text text = { 0 };

    text_add(&text, "id\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "p%05x\n", shuffled(i, ROWS));
    check_peak("ids of six characters", &text, NULL);
    text_add(&text, "id\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "%05x\n", shuffled(i, ROWS));
    check_peak("ids that look like numbers at first", &text, NULL);
    text_add(&text, "id,x,y\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "p%05x,%u,%.2f\n", shuffled(i, ROWS), i % 2, i % 97 / 97.0);
    check_peak("ids with numbers beside", &text, NULL);
}

Test(csv_memory, numbers_as_levels)
{
    struct text text = { 0 };

    text_add(&text, "id\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "\"%u\"\n", 100000 + shuffled(i, ROWS));
    check_peak("numbers in quotes", &text, "id=factor");
    text_add(&text, "id\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "%u\n", 100000 + shuffled(i, ROWS));
    check_peak("numbers as a factor", &text, "id=factor");
    text_add(&text, "id,x\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "\"%u\",\"%u\"\n", shuffled(i, ROWS), i % 10);
    text_add(&text, "7,7\n");
    check_peak("numbers in quotes, and one without", &text, NULL);
}

Test(csv_memory, few_texts_and_numbers)
{
    struct text text = { 0 };

    text_add(&text, "x\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "%u\n", i % 10);
    check_peak("digits", &text, NULL);
    text_add(&text, "x\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "%c\n", 'a' + i % 26);
    check_peak("letters", &text, NULL);
    text_add(&text, "x,y\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "%.1f,%.1f\n", i % 90 / 10.0, i % 70 / 10.0);
    check_peak("reals with one decimal", &text, NULL);
    text_add(&text, "x,y\n");
    for (unsigned i = 0; i < ROWS; i++)
        text_addf(&text, "%c,%s\n", i % 3 == 0 ? 'T' : 'F', i % 5 == 0 ? "no" : "yes");
    check_peak("truths", &text, NULL);
    text_add(&text, "name,g\n");
    for (unsigned i = 0; i < ROWS / 2; i++)
        text_addf(&text, "person number %u,%c\n", shuffled(i, ROWS), 'a' + i % 2);
    check_peak("long names", &text, NULL);
}

/* --- what comes out ----------------------------------------------------------------------------- */

enum { IDS, DECIMALS, HEXADECIMALS, LONG_NAMES, KINDS };

static const char *name_text(int kind, unsigned number, char buffer[40])
{
    if (kind == DECIMALS)
        snprintf(buffer, 40, "%u.5", number);
    else
        snprintf(buffer, 40, "%s%05x", kind == IDS ? "p" : kind == LONG_NAMES ? "a common beginning " : "", number);
    return buffer;
}

Test(csv_memory, codes_are_those_of_the_sorted_levels)
{
    struct text text = { 0 };
    char buffer[40], expected[40];

    for (int kind = 0; kind < KINDS; kind++) {
        struct count count;
        struct frame *frame;
        const struct column *id;

        text_add(&text, "id\n");
        for (unsigned i = 0; i < 1 << 17; i++) /* each text twice; more than get keys at a time */
            text_addf(&text, "%s\n", name_text(kind, shuffled(i, 1 << 16), expected));
        frame = read_counted(&text, "id=factor", &count);
        id = frame_find(frame, "id");
        cr_assert_eq(id->level_count, 1 << 16);
        for (int32_t k = 1; k < id->level_count; k++)
            cr_assert(kind == DECIMALS ? atof(id->levels[k - 1]) < atof(id->levels[k])
                                       : strcmp(id->levels[k - 1], id->levels[k]) < 0);
        for (unsigned i = 0; i < 1 << 17; i++) {
            name_text(kind, shuffled(i, 1 << 16), expected);
            cr_assert_str_eq(column_text(id, i, buffer), expected);
        }
        frame_free(frame);
        mem_hook_set((struct mem_hook){ 0 });
        text_clear(&text);
    }
}

Test(csv_memory, short_and_long_texts)
{
    static const char *const texts[] = { "b", "",        "abc", "abcd", "a", "ab", "longer than eight", "longer than nine",
                                         "b", "\xc3\xa9" };
    enum { COUNT = sizeof texts / sizeof *texts };
    struct level_set set = { 0 };
    uint32_t place;
    int32_t rows[COUNT + 1];
    char **levels, *block;

    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(level_find(&set, texts[i], strlen(texts[i]), &place), LEVEL_FOUND);
        rows[i] = (int32_t)place;
    }
    rows[COUNT] = (int32_t)LEVEL_NONE;
    cr_assert_eq(set.count, COUNT - 1);
    cr_assert_eq(level_find(&set, "\xff", 1, &place), LEVEL_NOT_UTF8);
    cr_assert(level_take(&set, rows, COUNT + 1, &levels, &block));
    cr_assert_eq(rows[COUNT], -1);
    for (int i = 0; i < COUNT; i++)
        cr_assert_str_eq(levels[rows[i]], texts[i]);
    for (int k = 1; k < COUNT - 1; k++)
        cr_assert_lt(strcmp(levels[k - 1], levels[k]), 0);
    mem_free(levels);
    mem_free(block);
}

Test(csv_memory, an_empty_set)
{
    struct level_set set = { 0 };
    int32_t rows[2] = { -1, -1 };
    char **levels, *block;

    cr_assert(level_take(&set, rows, 2, &levels, &block));
    cr_assert_eq(rows[0], -1);
    mem_free(levels);
    mem_free(block);
}

/* Equal numbers that are written differently have an order too, and no order makes it slow. */
Test(csv_memory, order_of_places)
{
    enum { COUNT = 1 << 17 };
    uint32_t *starts = malloc(COUNT * sizeof *starts);
    struct text text = { 0 };
    bool swap;

    for (unsigned i = 0; i < COUNT; i++) {
        starts[i] = (uint32_t)text.length;
        text_addf(&text, "%u%.*s%c", i / 4, (int)(i % 4), ".00", '\0');
    }
    for (unsigned i = 0; i < COUNT / 2; i++) { /* backwards */
        uint32_t other = starts[i];

        starts[i] = starts[COUNT - 1 - i];
        starts[COUNT - 1 - i] = other;
    }
    cr_assert(level_order(text.data, starts, COUNT));
    for (unsigned i = 1; i < COUNT; i++) {
        const char *a = text.data + starts[i - 1], *b = text.data + starts[i];

        swap = atof(a) > atof(b) || (atof(a) == atof(b) && strcmp(a, b) >= 0);
        cr_assert(!swap, "%s before %s", a, b);
    }
    text_clear(&text);
    free(starts);
}

Test(csv_memory, each_allocation_may_fail)
{
    struct text text = { 0 };
    bool done = false;
    long n;

    text_add(&text, "id,late,q,l\n");
    for (unsigned i = 0; i < 300; i++)
        text_addf(&text, "p%03x,%s,\"%u\",%c\n", shuffled(i, 512), i < 200 ? "1" : "x", i, i % 2 == 0 ? 'T' : 'F');
    text_add(&text, "last,2.5,12,T\n");
    for (n = 0; !done && n < 2000; n++) {
        struct count count = { .left = n };
        struct glmm_error err = { 0 };
        struct frame *frame;

        mem_hook_set((struct mem_hook){ .resize = count_bytes, .context = &count });
        frame = csv_read_bytes(text.data, text.length, "d", NULL, &err);
        done = frame != NULL && count.left > 0;
        if (frame == NULL)
            cr_assert_eq(err.code, GLMM_E_MEMORY, "after %ld: %s", n, err.message);
        frame_free(frame);
        mem_hook_set((struct mem_hook){ 0 });
        cr_assert_eq(count.live, 0, "%ld blocks leak when allocation %ld fails", count.live, n);
    }
    cr_assert(done);
    cr_assert_gt(n, 30);
    text_clear(&text);
}
