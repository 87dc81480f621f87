/* level-set.c -- see level-set.h. */
#include "data/level-set.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static uint64_t mix(uint64_t x)
{
    x *= UINT64_C(0xff51afd7ed558ccd);
    return x ^ x >> 32;
}

static uint32_t hash_text(const char *text, size_t length)
{
    uint64_t hash = length, word = 0;

    for (; length > 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        hash = mix(hash ^ word);
    }
    word = 0;
    memcpy(&word, text, length);
    return (uint32_t)mix(mix(hash ^ word));
}

const char *level_text(const struct level_set *set, int32_t code)
{
    return set->texts + set->starts[code];
}

static bool is_level(const struct level_set *set, int32_t code, const char *text, size_t length)
{
    size_t start = set->starts[code], end = code + 1 < set->count ? set->starts[code + 1] : set->used;

    return end - start - 1 == length && memcmp(set->texts + start, text, length) == 0;
}

static bool widen_slots(struct level_set *set)
{
    size_t wider = set->slot_count == 0 ? 64 : set->slot_count * 2, place;
    struct level_slot *slots = mem_alloc(wider, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < wider; i++)
        slots[i].code = -1;
    for (size_t i = 0; i < set->slot_count; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there are slots where slot_count is not 0 */
        if (set->slots[i].code < 0)
            continue;
        for (place = set->slots[i].hash & (wider - 1); slots[place].code >= 0;)
            place = (place + 1) & (wider - 1);
        slots[place] = set->slots[i];
    }
    mem_free(set->slots);
    set->slots = slots;
    set->slot_count = wider;
    return true;
}

/* Adds the text as the next code. */
static enum level_found add(struct level_set *set, const char *text, size_t length, uint32_t hash)
{
    void *texts = set->texts, *starts = set->starts;
    size_t place;
    bool ok;

    if (utf8_invalid(text, length) >= 0)
        return LEVEL_NOT_UTF8;
    if (set->count == INT32_MAX)
        return LEVEL_TOO_MANY;
    ok = ((size_t)set->count * 4 < set->slot_count * 3 || widen_slots(set))
      && mem_grow(&texts, &set->capacity, set->used + length + 1, 1);
    set->texts = texts;
    ok = ok && mem_grow(&starts, &set->start_capacity, (size_t)set->count + 1, sizeof *set->starts);
    set->starts = starts;
    if (!ok)
        return LEVEL_MEMORY;
    memcpy(set->texts + set->used, text, length);
    set->texts[set->used + length] = '\0';
    set->starts[set->count] = set->used;
    set->used += length + 1;
    for (place = hash & (set->slot_count - 1); set->slots[place].code >= 0;)
        place = (place + 1) & (set->slot_count - 1);
    set->slots[place] = (struct level_slot){ hash, set->count };
    set->last = set->count++;
    return LEVEL_FOUND;
}

enum level_found level_find(struct level_set *set, const char *text, size_t length, int32_t *code)
{
    enum level_found found = LEVEL_FOUND;
    const struct level_slot *slot;
    uint32_t hash;

    if (set->count == 0 || !is_level(set, set->last, text, length)) {      /* data are often sorted by group */
        hash = hash_text(text, length);
        for (size_t place = hash;; place++) {
            slot = set->slot_count == 0 ? NULL : &set->slots[place & (set->slot_count - 1)];
            if (slot == NULL || slot->code < 0) {
                found = add(set, text, length, hash);
                break;
            }
            if (slot->hash == hash && is_level(set, slot->code, text, length)) {
                set->last = slot->code;
                break;
            }
        }
    }
    *code = set->last;
    return found;
}

bool level_take(struct level_set *set, char ***levels, char **block)
{
    char **pointers, *shorter;

    mem_free(set->slots);
    set->slots = NULL;
    set->slot_count = 0;
    pointers = mem_alloc((size_t)set->count, sizeof *pointers);
    if (pointers == NULL)
        return false;
    shorter = mem_resize(set->texts, set->used, 1);
    if (shorter != NULL)
        set->texts = shorter;
    for (int32_t i = 0; i < set->count; i++)
        pointers[i] = set->texts + set->starts[i];
    *levels = pointers;
    *block = set->texts;
    set->texts = NULL;
    level_clear(set);
    return true;
}

void level_clear(struct level_set *set)
{
    mem_free(set->texts);
    mem_free(set->starts);
    mem_free(set->slots);
    memset(set, 0, sizeof *set);
}
