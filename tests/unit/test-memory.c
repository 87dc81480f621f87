/* test-memory.c -- the allocation hook, growing arrays, arenas. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"

struct ledger {
    int left, live;
};

static void *keep_ledger(void *context, void *old, size_t size)
{
    struct ledger *ledger = context;

    if (size == 0) {
        ledger->live -= old != NULL;
        free(old);
        return NULL;
    }
    if (ledger->left-- == 0)
        return NULL;
    ledger->live += old == NULL;
    return realloc(old, size);
}

Test(memory, sizes_that_overflow_fail)
{
    void *block;

    cr_assert_null(mem_alloc(SIZE_MAX / 2, 3));
    cr_assert_null(mem_zalloc(SIZE_MAX, SIZE_MAX));
    cr_assert_null(mem_resize(NULL, (size_t)PTRDIFF_MAX + 1, 1));
    block = mem_alloc(0, 8);
    cr_assert_not_null(block);
    mem_free(block);
    mem_free(NULL);
}

Test(memory, copies_strings)
{
    char *whole = mem_strdup("abc"), *part = mem_strndup("abcdef", 4);

    cr_assert_str_eq(whole, "abc");
    cr_assert_str_eq(part, "abcd");
    mem_free(whole);
    mem_free(part);
}

Test(memory, arrays_grow_by_doubling_and_survive_failure)
{
    struct ledger ledger = { .left = -1 };
    size_t capacity = 0;
    void *items = NULL;

    mem_hook_set((struct mem_hook){ .resize = keep_ledger, .context = &ledger });
    for (size_t n = 1; n <= 1000; n++) {
        cr_assert(mem_grow(&items, &capacity, n, sizeof(int)));
        ((int *)items)[n - 1] = (int)n;
    }
    cr_assert_leq(capacity, 2048);
    cr_assert_eq(ledger.live, 1);
    ledger.left = 0;
    cr_assert_not(mem_grow(&items, &capacity, capacity + 1, sizeof(int)));
    cr_assert_eq(((int *)items)[999], 1000);
    cr_assert_not(mem_grow(&items, &capacity, SIZE_MAX, sizeof(int)));
    mem_free(items);
    cr_assert_eq(ledger.live, 0);
    mem_hook_set((struct mem_hook){ 0 });
}

Test(memory, the_hook_sees_all)
{
    struct ledger ledger = { .left = -1 };
    struct mem_hook before = mem_hook_get();

    mem_hook_set((struct mem_hook){ .resize = keep_ledger, .context = &ledger });
    mem_free(mem_strdup("x"));
    cr_assert_eq(mem_hook_get().context, &ledger);
    cr_assert_lt(ledger.left, -1);
    cr_assert_eq(ledger.live, 0);
    mem_hook_set(before);
}

Test(arena, is_zeroed_and_aligned)
{
    struct arena *arena = arena_new();

    for (size_t size = 1; size < 20000; size = size * 3 + 1) {
        unsigned char *block = arena_alloc(arena, size, 1);

        cr_assert_not_null(block);
        cr_assert_eq((uintptr_t)block % 16, 0);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(block[i], 0);
        memset(block, 0xff, size);
    }
    cr_assert_not_null(arena_alloc(arena, 0, 8));
    cr_assert_null(arena_alloc(arena, SIZE_MAX, 2));
    cr_assert_null(arena_alloc(arena, PTRDIFF_MAX, 1));
    arena_free(arena);
    arena_free(NULL);
}

Test(arena, owns_its_strings)
{
    struct ledger ledger = { .left = -1 };
    struct arena *arena;

    mem_hook_set((struct mem_hook){ .resize = keep_ledger, .context = &ledger });
    arena = arena_new();
    cr_assert_str_eq(arena_strdup(arena, "abc"), "abc");
    cr_assert_arr_eq((int *)arena_copy(arena, ((int[]){ 3, 1, 4 }), 3, sizeof(int)), ((int[]){ 3, 1, 4 }), 3 * sizeof(int));
    cr_assert_arr_eq((int *)arena_gather(arena, ((int[]){ 3, 1, 4 }), ((size_t[]){ 2, 0 }), 2, sizeof(int)), ((int[]){ 4, 3 }),
                     2 * sizeof(int));
    cr_assert_null(arena_gather(arena, NULL, NULL, 2, sizeof(int)));
    cr_assert_str_eq(arena_strndup(arena, "abcdef", 2), "ab");
    cr_assert_str_eq(arena_printf(arena, "%d-%s", 12, "x"), "12-x");
    for (int i = 0; i < 10000; i++)
        cr_assert_not_null(arena_printf(arena, "%d", i));
    cr_assert_lt(ledger.live, 20);
    arena_free(arena);
    cr_assert_eq(ledger.live, 0);
    mem_hook_set((struct mem_hook){ 0 });
}

Test(arena, allocation_may_fail)
{
    for (int n = 0; n < 6; n++) {
        struct ledger ledger = { .left = n };
        struct arena *arena;
        int got = 0;

        mem_hook_set((struct mem_hook){ .resize = keep_ledger, .context = &ledger });
        arena = arena_new();
        cr_assert_eq(arena == NULL, n == 0);
        for (int i = 0; arena != NULL && i < 5; i++)
            got += arena_alloc(arena, 100000, 1) != NULL;
        if (arena != NULL)
            cr_assert_geq(got, 4); /* only the one that failed; the arena goes on */
        arena_free(arena);
        mem_hook_set((struct mem_hook){ 0 });
        cr_assert_eq(ledger.live, 0);
    }
}

/* Who builds many parts asks the arena once: a part that is left out because its text, not the arena, had no memory counts. */
Test(arena, knows_of_a_text_that_failed)
{
    struct arena *arena = arena_new();
    struct text text = { 0 };

    text_add(&text, "whole");
    cr_assert_str_eq(arena_take(arena, &text), "whole");
    cr_assert_not(arena_failed(arena));
    text.failed = true;
    cr_assert_null(arena_take(arena, &text));
    cr_assert(arena_failed(arena));
    cr_assert_not(text.failed);
    cr_assert_not_null(arena_strdup(arena, "the arena goes on"));
    cr_assert(arena_failed(arena));
    arena_free(arena);

    arena = arena_new();
    arena_fail(arena);
    cr_assert(arena_failed(arena));
    arena_free(arena);
}

Test(error, the_first_one_wins)
{
    struct glmm_error err = { 0 };

    cr_assert_not(fail(&err, GLMM_E_NAME, span_of(3, 5), "no `%s`", "x"));
    cr_assert_not(fail(&err, GLMM_E_DATA, NOWHERE, "second"));
    cr_assert_eq(err.code, GLMM_E_NAME);
    cr_assert_str_eq(err.message, "no `x`");
    error_hint(&err, "one");
    error_hint(&err, "two");
    cr_assert_str_eq(err.hint, "one");
    error_shift(&err, 10);
    cr_assert_eq(err.at.begin, 13);
    error_clear(&err);
    cr_assert_eq(err.code, GLMM_OK);
    cr_assert_not(fail(NULL, GLMM_E_NAME, NOWHERE, "nobody listens"));
    cr_assert_not(fail_memory(&err));
    cr_assert_eq(err.code, GLMM_E_MEMORY);
}
