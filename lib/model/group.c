/* group.c -- see group.h.
 *
 * Variables are joined one at a time: a pair of codes is a key, the keys that occur are found through a table (or, where the
 * table would be larger than the data, by hashing), put in order, and numbered. */
#include "model/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"

/* A set of keys: open addressing, -1 is free. */
struct keys {
    int64_t *slots;
    int32_t *index;    /* of a slot's key in `list`, then in order */
    size_t slot_count; /* a power of two, at least twice `count` */
    int64_t *list;
    size_t count, capacity;
};

static size_t find_slot(const struct keys *keys, int64_t key)
{
    uint64_t hash = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);
    size_t slot = (hash ^ hash >> 32) & (keys->slot_count - 1);

    while (keys->slots[slot] >= 0 && keys->slots[slot] != key)
        slot = (slot + 1) & (keys->slot_count - 1);
    return slot;
}

static bool widen(struct keys *keys)
{
    size_t wider = keys->slot_count == 0 ? 1024 : keys->slot_count * 2;
    int64_t *slots = mem_alloc(wider, sizeof *slots);

    if (slots == NULL)
        return false;
    memset(slots, 0xff, wider * sizeof *slots);
    mem_free(keys->slots);
    keys->slots = slots;
    keys->slot_count = wider;
    for (size_t i = 0; i < keys->count; i++)
        slots[find_slot(keys, keys->list[i])] = keys->list[i];
    return true;
}

static bool add_key(struct keys *keys, int64_t key)
{
    void *list = keys->list;
    size_t slot;

    if (keys->count * 2 >= keys->slot_count && !widen(keys))
        return false;
    slot = find_slot(keys, key);
    if (keys->slots[slot] == key)
        return true;
    if (!mem_grow(&list, &keys->capacity, keys->count + 1, sizeof *keys->list))
        return false;
    keys->list = list;
    keys->list[keys->count++] = key;
    keys->slots[slot] = key;
    return true;
}

/* The distinct keys in order into keys->list, and level[i] := the number of row i's key.  A left code has `right_count` keys. */
static bool number_by_hash(struct keys *keys, size_t n, int32_t *level, const int32_t *right, int32_t right_count)
{
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++)
        ok = add_key(keys, (int64_t)level[i] * right_count + right[i]);
    keys->index = ok ? mem_alloc(keys->slot_count, sizeof *keys->index) : NULL;
    if (keys->index == NULL || keys->list == NULL)
        return false;
    qsort(keys->list, keys->count, sizeof *keys->list, order_int64);
    for (size_t k = 0; k < keys->count; k++)
        keys->index[find_slot(keys, keys->list[k])] = (int32_t)k;
    for (size_t i = 0; i < n; i++)
        level[i] = keys->index[find_slot(keys, (int64_t)level[i] * right_count + right[i])];
    return true;
}

static bool number_by_table(struct keys *keys, size_t n, int32_t *level, const int32_t *right, int32_t right_count, size_t pairs)
{
    keys->index = mem_zalloc(pairs, sizeof *keys->index);
    if (keys->index == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        keys->index[(size_t)level[i] * (size_t)right_count + (size_t)right[i]] = 1;
    for (size_t key = 0; key < pairs; key++)
        keys->count += keys->index[key] != 0;
    keys->list = mem_alloc(keys->count, sizeof *keys->list);
    if (keys->list == NULL)
        return false;
    keys->count = 0;
    for (size_t key = 0; key < pairs; key++)
        if (keys->index[key] != 0) {
            keys->index[key] = (int32_t)keys->count;
            keys->list[keys->count++] = (int64_t)key;
        }
    for (size_t i = 0; i < n; i++)
        level[i] = keys->index[(size_t)level[i] * (size_t)right_count + (size_t)right[i]];
    return true;
}

/* Joins one more variable to the grouping. */
static bool join(struct variables *vs, struct grouping *out, const struct variable *v)
{
    size_t pairs = (size_t)out->level_count * (size_t)v->level_count;
    struct keys keys = { 0 };
    const char **levels = NULL;
    bool ok;

    ok = pairs <= 4 * vs->n + 65536 ? number_by_table(&keys, vs->n, out->level, v->code, v->level_count, pairs)
                                    : number_by_hash(&keys, vs->n, out->level, v->code, v->level_count);
    ok = ok && (levels = arena_alloc(vs->arena, keys.count, sizeof *levels)) != NULL;
    for (size_t k = 0; ok && k < keys.count; k++) {
        levels[k] = arena_printf(vs->arena, "%s:%s", out->levels[keys.list[k] / v->level_count],
                                 v->levels[keys.list[k] % v->level_count]);
        ok = levels[k] != NULL;
    }
    if (ok) {
        out->levels = levels;
        out->level_count = (int32_t)keys.count;
    }
    mem_free(keys.slots);
    mem_free(keys.index);
    mem_free(keys.list);
    return ok || fail_memory(vs->err);
}

/* A logical variable keeps levels that do not occur; a grouping does not. */
static bool drop_unused(struct variables *vs, struct grouping *out)
{
    int32_t *new_of_old = NEW_ARRAY(int32_t, out->level_count), used = 0;
    const char **levels = arena_alloc(vs->arena, (size_t)out->level_count, sizeof *levels);
    bool ok = new_of_old != NULL && levels != NULL;

    for (size_t i = 0; ok && i < vs->n; i++)
        new_of_old[out->level[i]] = 1;
    for (int32_t k = 0; ok && k < out->level_count; k++)
        if (new_of_old[k] != 0) {
            levels[used] = out->levels[k];
            new_of_old[k] = used++;
        }
    for (size_t i = 0; ok && used < out->level_count && i < vs->n; i++)
        out->level[i] = new_of_old[out->level[i]];
    if (ok) {
        out->levels = levels;
        out->level_count = used;
    }
    mem_free(new_of_old);
    return ok || fail_memory(vs->err);
}

bool grouping_make(struct variables *vs, const int *variables, int count, struct grouping *out)
{
    struct variable *first = vs->items[variables[0]];
    bool ok = variable_code(vs, first);

    memset(out, 0, sizeof *out);
    if (!ok)
        return false;
    out->level = mem_alloc(vs->n, sizeof *out->level);
    if (out->level == NULL)
        return fail_memory(vs->err);
    memcpy(out->level, first->code, vs->n * sizeof *out->level);
    out->levels = first->levels;
    out->level_count = first->level_count;
    for (int j = 1; ok && j < count; j++)
        ok = variable_code(vs, vs->items[variables[j]]) && join(vs, out, vs->items[variables[j]]);
    ok = ok && (first->column->type != COLUMN_LOGICAL || drop_unused(vs, out));
    if (!ok) {
        mem_free(out->level);
        out->level = NULL;
    }
    return ok;
}
