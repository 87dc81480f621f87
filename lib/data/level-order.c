/* level-order.c -- see level-order.h.
 *
 * A name's place in the order is a key of eight bytes, so that most comparisons touch no name.  Keys of all levels would take
 * more memory than a million short names: where there are many, the places are parted by quicksort first, and only a part that
 * is small enough gets keys. */
#include "config.h"
#include "data/level-order.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/frame.h"

enum { PART = 1 << 15 }; /* levels that get keys at a time */

/* A name's first eight bytes, big-endian, or the bits of its number made to sort as integers do.  Only equal keys need a look
 * at the names. */
struct level_key {
    uint32_t high, low; /* halves, for twelve bytes instead of sixteen */
    uint32_t old;
};

/* Where the names are. */
struct level_names {
    char *const *names; /* by number, or NULL ... */
    const char *texts;  /* ... and then by place in one block */
    bool numbers;       /* all read as numbers */
};

static const char *name_of(const struct level_names *in, uint32_t old)
{
    return in->names != NULL ? in->names[old] : in->texts + old;
}

static void set_key(struct level_key *k, uint64_t key)
{
    k->high = (uint32_t)(key >> 32);
    k->low = (uint32_t)key;
}

static uint64_t get_key(const struct level_key *k)
{
    return (uint64_t)k->high << 32 | k->low;
}

static uint64_t key_of_name(const char *name)
{
    uint64_t key = 0;
    int i;

    for (i = 0; i < 8 && name[i] != '\0'; i++)
        key = key << 8 | (unsigned char)name[i];
    return i == 0 ? 0 : key << 8 * (8 - i);
}

static bool key_of_number(const char *name, uint64_t *key)
{
    double number;
    uint64_t bits;

    if (!parse_number(name, strlen(name), &number))
        return false;
    number += 0.0; /* -0 is 0 */
    memcpy(&bits, &number, sizeof bits);
    *key = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return true;
}

static struct level_key key_of(const struct level_names *in, uint32_t old)
{
    struct level_key k = { .old = old };
    uint64_t key;

    if (!in->numbers || !key_of_number(name_of(in, old), &key))
        key = key_of_name(name_of(in, old));
    set_key(&k, key);
    return k;
}

static int compare_keys(const void *a, const void *b, void *in)
{
    const struct level_key *x = a, *y = b;
    uint64_t p = get_key(x), q = get_key(y);

    if (p != q)
        return p < q ? -1 : 1;
    return strcmp(name_of(in, x->old), name_of(in, y->old));
}

/* --- levels with keys --------------------------------------------------------------------------- */

static void swap_keys(struct level_key *a, struct level_key *b)
{
    struct level_key c = *a;

    *a = *b;
    *b = c;
}

/* Quicksort (Hoare; median of three): in place, where qsort takes as much memory again.  A bad case is left to qsort. */
static void sort_keys(struct level_key *keys, size_t count, struct level_names *in, int depth)
{
    while (count > 16 && depth-- > 0) {
        struct level_key *middle = &keys[count / 2], *last = &keys[count - 1], pivot;
        size_t i = 0, j = count - 1;

        if (compare_keys(middle, keys, in) < 0)
            swap_keys(middle, keys);
        if (compare_keys(last, keys, in) < 0)
            swap_keys(last, keys);
        if (compare_keys(last, middle, in) < 0)
            swap_keys(last, middle);
        pivot = *middle;
        for (;;) {
            while (compare_keys(&keys[i], &pivot, in) < 0)
                i++;
            while (compare_keys(&pivot, &keys[j], in) < 0)
                j--;
            if (i >= j)
                break;
            swap_keys(&keys[i++], &keys[j--]);
        }
        sort_keys(keys, j + 1, in, depth);
        keys += j + 1;
        count -= j + 1;
    }
    if (count > 1)
        qsort_r(keys, count, sizeof *keys, compare_keys, in);
}

/* True where the levels stand in order already, by number or by byte; sets in->numbers. */
static bool is_sorted(struct level_names *in, const uint32_t starts[], size_t count)
{
    bool by_number = true, by_byte = true;
    uint64_t key = 0, before = 0;

    in->numbers = true;
    for (size_t i = 0; in->numbers && i < count; i++) {
        in->numbers = key_of_number(name_of(in, starts == NULL ? (uint32_t)i : starts[i]), &key);
        by_number = by_number && (i == 0 || before < key);
        before = key;
    }
    for (size_t i = 1; !in->numbers && by_byte && i < count; i++)
        by_byte = strcmp(name_of(in, starts == NULL ? (uint32_t)i - 1 : starts[i - 1]),
                         name_of(in, starts == NULL ? (uint32_t)i : starts[i]))
                  < 0;
    return in->numbers ? by_number : by_byte;
}

bool levels_sort(char **levels, int32_t count, int32_t *new_of_old)
{
    struct level_names in = { .names = levels };
    struct level_key *keys;

    if (is_sorted(&in, NULL, (size_t)count)) {
        for (int32_t i = 0; new_of_old != NULL && i < count; i++)
            new_of_old[i] = i;
        return true;
    }
    keys = mem_alloc((size_t)count, sizeof *keys);
    if (keys == NULL)
        return false;
    for (int32_t i = 0; i < count; i++)
        keys[i] = key_of(&in, (uint32_t)i);
    sort_keys(keys, (size_t)count, &in, 60);
    for (int32_t i = 0; i < count; i++) {
        if (new_of_old != NULL)
            new_of_old[keys[i].old] = i;
        set_key(&keys[i], (uintptr_t)levels[keys[i].old]);
    }
    for (int32_t i = 0; i < count; i++)
        levels[i] = (char *)(uintptr_t)get_key(&keys[i]); /* all names were read before the first is moved */
    mem_free(keys);
    return true;
}

/* --- places in a block -------------------------------------------------------------------------- */

static void sort_part(uint32_t starts[], size_t count, struct level_names *in, struct level_key *keys)
{
    for (size_t i = 0; i < count; i++)
        keys[i] = key_of(in, starts[i]);
    sort_keys(keys, count, in, 60);
    for (size_t i = 0; i < count; i++)
        starts[i] = keys[i].old;
}

static int compare_starts(const void *a, const void *b, void *in)
{
    struct level_key x = key_of(in, *(const uint32_t *)a), y = key_of(in, *(const uint32_t *)b);

    return compare_keys(&x, &y, in);
}

/* The median of a sample from the whole range. */
static struct level_key middle_key(const uint32_t starts[], size_t count, struct level_names *in)
{
    enum { SAMPLE = 31 };
    struct level_key sample[SAMPLE];

    for (size_t i = 0; i < SAMPLE; i++)
        sample[i] = key_of(in, starts[(count - 1) / (SAMPLE - 1) * i]);
    sort_keys(sample, SAMPLE, in, SAMPLE);
    return sample[SAMPLE / 2];
}

/* The first places that do not come behind the rest; their number. */
static size_t part(uint32_t starts[], size_t count, struct level_names *in)
{
    struct level_key pivot = middle_key(starts, count, in), key;
    size_t i = 0, j = count - 1;
    uint32_t swap;

    for (;;) {
        while (key = key_of(in, starts[i]), compare_keys(&key, &pivot, in) < 0)
            i++;
        while (key = key_of(in, starts[j]), compare_keys(&pivot, &key, in) < 0)
            j--;
        if (i >= j)
            return i; /* the pivot is in the sample, but not its least: i > 0 */
        swap = starts[i];
        starts[i++] = starts[j];
        starts[j--] = swap;
    }
}

static void sort_starts(uint32_t starts[], size_t count, struct level_names *in, struct level_key *keys, int depth)
{
    size_t before;

    while (count > PART && depth-- > 0) {
        before = part(starts, count, in);
        sort_starts(starts, before, in, keys, depth);
        starts += before;
        count -= before;
    }
    if (count > PART)
        qsort_r(starts, count, sizeof *starts, compare_starts, in);
    else
        sort_part(starts, count, in, keys);
}

bool level_order(const char *texts, uint32_t starts[], size_t count)
{
    struct level_names in = { .texts = texts };
    struct level_key *keys;

    if (is_sorted(&in, starts, count))
        return true;
    keys = mem_alloc(count < PART ? count : PART, sizeof *keys);
    if (keys == NULL)
        return false;
    sort_starts(starts, count, &in, keys, 60);
    mem_free(keys);
    return true;
}
