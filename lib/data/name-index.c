/* name-index.c -- see name-index.h. */
#include "data/name-index.h"

#include <string.h>

#include "base/memory.h"

/* FNV-1a, 64 bits (Fowler, Noll & Vo), its halves folded. */
static size_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32);
}

/* The slot that holds the name, or the free one where it would stand.  There is always a free one. */
static size_t find_slot(const struct name_index *index, const char *name)
{
    size_t slot = hash_name(name) & (index->slot_count - 1);

    while (index->slots[slot] >= 0 && strcmp(index->names[index->slots[slot]], name) != 0)
        slot = (slot + 1) & (index->slot_count - 1);
    return slot;
}

int32_t name_index_find(const struct name_index *index, const char *name)
{
    return index->count == 0 ? -1 : index->slots[find_slot(index, name)];
}

/* Room for twice the names, at most half of the slots in use. */
static bool widen(struct name_index *index)
{
    int32_t room = index->room == 0 ? 16 : index->room * 2, *slots;
    size_t slot_count = (size_t)room * 2;
    const char **names = mem_resize(index->names, (size_t)room, sizeof *names);

    if (names == NULL)
        return false;
    index->names = names;
    slots = mem_alloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    mem_free(index->slots);
    memset(slots, 0xff, slot_count * sizeof *slots);
    index->slots = slots;
    index->slot_count = slot_count;
    index->room = room;
    for (int32_t i = 0; i < index->count; i++)
        slots[find_slot(index, index->names[i])] = i;
    return true;
}

bool name_index_add(struct name_index *index, const char *name, int32_t *place)
{
    size_t slot;

    *place = name_index_find(index, name);
    if (*place >= 0)
        return true;
    if (index->count == index->room && !widen(index))
        return false;
    slot = find_slot(index, name);
    *place = index->slots[slot] = index->count;
    index->names[index->count++] = name;
    return true;
}

bool name_index_fill(struct name_index *index, const char *const *names, size_t count)
{
    int32_t place;

    for (size_t i = 0; i < count; i++)
        if (!name_index_add(index, names[i], &place))
            return false;
    return true;
}

void name_index_clear(struct name_index *index)
{
    mem_free(index->names);
    mem_free(index->slots);
    *index = (struct name_index){ 0 };
}
