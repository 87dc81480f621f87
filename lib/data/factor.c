/* factor.c -- columns of any type as factors.  The order of levels is in level-order.c. */
#include "config.h"
#include "data/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

/* --- columns as factors ------------------------------------------------------------------------- */

/* A set of distinct numbers by open addressing: slot -> index into `values`, -1 where free. */
struct number_set {
    int32_t *slots;
    size_t slot_count; /* a power of two, at least twice `count` */
    double *values;
    size_t count, capacity;
};

static size_t slot_of(const struct number_set *set, double x)
{
    size_t slot;

    for (slot = hash_end(hash_add(0, x)) & (set->slot_count - 1); set->slots[slot] >= 0 && set->values[set->slots[slot]] != x;)
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

static bool set_widen(struct number_set *set)
{
    size_t wider = set->slot_count == 0 ? 64 : set->slot_count * 2;
    int32_t *slots = mem_alloc(wider, sizeof *slots);

    if (slots == NULL)
        return false;
    mem_free(set->slots);
    memset(slots, 0xff, wider * sizeof *slots);
    set->slots = slots;
    set->slot_count = wider;
    for (size_t i = 0; i < set->count; i++)
        slots[slot_of(set, set->values[i])] = (int32_t)i;
    return true;
}

/* The index of x, which is added when it is new; -1 when memory is out. */
static int32_t set_add(struct number_set *set, double x)
{
    void *values = set->values;
    size_t slot;

    x += 0.0; /* -0 is 0 */
    if (set->count * 2 >= set->slot_count && !set_widen(set))
        return -1;
    slot = slot_of(set, x);
    if (set->slots[slot] < 0) {
        if (set->count == INT32_MAX || !mem_grow(&values, &set->capacity, set->count + 1, sizeof(double)))
            return -1;
        set->values = values;
        set->values[set->count] = x;
        set->slots[slot] = (int32_t)set->count++;
    }
    return set->slots[slot];
}

struct distinct {
    double value;
    int32_t old;
};

static int compare_distinct(const void *a, const void *b)
{
    const struct distinct *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

static void levels_free(char **levels, int32_t count)
{
    for (int32_t i = 0; levels != NULL && i < count; i++)
        mem_free(levels[i]);
    mem_free(levels);
}

/* Names the distinct values in increasing order.  Values that read alike to 15 digits become one level, as in R. */
static char **name_levels(const struct number_set *set, enum column_type type, int32_t *new_of_old, int32_t *level_count)
{
    struct distinct *order = mem_alloc(set->count, sizeof *order);
    char **levels = mem_zalloc(set->count, sizeof *levels);
    bool ok = order != NULL && levels != NULL;
    int32_t used = 0;

    for (size_t i = 0; ok && i < set->count; i++)
        order[i] = (struct distinct){ set->values[i], (int32_t)i };
    if (ok)
        qsort(order, set->count, sizeof *order, compare_distinct);
    for (size_t i = 0; ok && i < set->count; i++) {
        struct column one = { .type = type };
        int32_t integer = type == COLUMN_INTEGER || type == COLUMN_DATE ? (int32_t)order[i].value : 0;
        int8_t logical = type == COLUMN_LOGICAL && order[i].value != 0.0;
        const char *name;
        char buffer[40];

        if (type == COLUMN_REAL)
            one.as.real = &order[i].value;
        else if (type == COLUMN_INTEGER || type == COLUMN_DATE)
            one.as.integer = &integer;
        else
            one.as.logical = &logical;
        name = column_text(&one, 0, buffer);
        if (used == 0 || strcmp(levels[used - 1], name) != 0)
            ok = (levels[used++] = mem_strdup(name)) != NULL;
        new_of_old[order[i].old] = used - 1;
    }
    mem_free(order);
    if (!ok) {
        levels_free(levels, used);
        return NULL;
    }
    *level_count = used;
    return levels;
}

static bool numbers_as_factor(const struct column *column, size_t rows, int32_t *codes, char ***levels, int32_t *level_count)
{
    struct number_set set = { 0 };
    int32_t *new_of_old = NULL;
    bool ok = true;

    for (size_t i = 0; ok && i < rows; i++) {
        codes[i] = -1;
        if (!column_missing(column, i))
            ok = (codes[i] = set_add(&set, column_real(column, i))) >= 0;
    }
    ok = ok && (new_of_old = mem_alloc(set.count, sizeof *new_of_old)) != NULL
         && (*levels = name_levels(&set, column->type, new_of_old, level_count)) != NULL;
    for (size_t i = 0; ok && i < rows; i++)
        if (codes[i] >= 0)
            codes[i] = new_of_old[codes[i]];
    mem_free(new_of_old);
    mem_free(set.slots);
    mem_free(set.values);
    return ok;
}

bool column_as_factor(const struct column *column, size_t rows, int32_t **codes, char ***levels, int32_t *level_count,
                      struct glmm_error *err)
{
    bool ok;

    *levels = NULL;
    *level_count = 0;
    *codes = mem_alloc(rows, sizeof **codes);
    ok = *codes != NULL;
    if (ok && column->type != COLUMN_FACTOR) {
        ok = numbers_as_factor(column, rows, *codes, levels, level_count);
    } else if (ok) {
        memcpy(*codes, column->as.code, rows * sizeof **codes);
        *levels = mem_zalloc((size_t)column->level_count, sizeof **levels);
        ok = *levels != NULL;
        for (int32_t i = 0; ok && i < column->level_count; i++)
            ok = ((*levels)[i] = mem_strdup(column->levels[i])) != NULL;
        *level_count = column->level_count;
    }
    if (ok)
        return true;
    levels_free(*levels, *level_count);
    mem_free(*codes);
    *codes = NULL;
    *levels = NULL;
    *level_count = 0;
    return fail_memory(err);
}
