/* level-set.c -- see level-set.h.
 *
 * Nothing here is ever held twice: the table is filled anew from the texts when it grows, and goes before the levels are
 * sorted.  Each row's place is then exchanged for a code by way of the text itself: its first four bytes make room for the
 * code, and come back after the last row. */
#include "data/level-set.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/level-order.h"

enum { SHORTEST = sizeof(uint32_t) }; /* room of the shortest text, its NUL included: that of a code */

static uint64_t mix(uint64_t x)
{
    x *= UINT64_C(0xff51afd7ed558ccd);
    return x ^ x >> 32;
}

/* Up to eight bytes as a number; those of two texts of one length are equal where the texts are. */
static uint64_t get_bytes(const char *text, size_t length)
{
    uint32_t low, high;

    if (length >= 4) { /* they may overlap */
        memcpy(&low, text, 4);
        memcpy(&high, text + length - 4, 4);
        return low | (uint64_t)high << 32;
    }
    if (length == 0)
        return 0;
    return (unsigned char)text[0] | (uint64_t)(unsigned char)text[length / 2] << 8
           | (uint64_t)(unsigned char)text[length - 1] << 16;
}

uint32_t level_hash(const char *text, size_t length)
{
    uint64_t hash = length, word = 0;

    for (; length > 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        hash = mix(hash ^ word);
    }
    return (uint32_t)mix(mix(hash ^ get_bytes(text, length)));
}

const char *level_text(const struct level_set *set, uint32_t place)
{
    return set->texts + place;
}

static size_t room_of(size_t length)
{
    return length + 1 < SHORTEST ? SHORTEST : length + 1;
}

uint32_t level_after(const struct level_set *set, uint32_t place)
{
    return place + (uint32_t)room_of(strlen(set->texts + place));
}

static bool is_level(const struct level_set *set, uint32_t place, const char *text, size_t length)
{
    const char *level = set->texts + place;

    if (set->used - place <= length || level[length] != '\0')
        return false;
    return length <= 8 ? get_bytes(level, length) == get_bytes(text, length) : memcmp(level, text, length) == 0;
}

/* --- the table ---------------------------------------------------------------------------------- */

static size_t first_slot(const struct level_set *set, uint32_t hash)
{
    return (size_t)((uint64_t)hash * set->slot_count >> 32);
}

static size_t next_slot(const struct level_set *set, size_t slot)
{
    return slot + 1 == set->slot_count ? 0 : slot + 1;
}

/* Of all bits of the hash: the highest alone choose the slot. */
static uint8_t tag_of(uint32_t hash)
{
    return (uint8_t)(hash % UINT8_MAX + 1);
}

static void fill_slot(struct level_set *set, uint32_t hash, uint32_t place)
{
    size_t slot = first_slot(set, hash);

    while (set->tags[slot] != 0)
        slot = next_slot(set, slot);
    set->tags[slot] = tag_of(hash);
    set->slots[slot] = place;
}

/* Puts all texts into an empty table, some at a time: their slots lie anywhere, and are fetched while the next are hashed. */
static void fill_slots(struct level_set *set)
{
    enum { AT_A_TIME = 16 };
    uint32_t hashes[AT_A_TIME], places[AT_A_TIME], place = 0;
    size_t length;
    int count;

    while (place < set->used) {
        for (count = 0; count < AT_A_TIME && place < set->used; count++) {
            length = strlen(set->texts + place);
            places[count] = place;
            hashes[count] = level_hash(set->texts + place, length);
            __builtin_prefetch(&set->tags[first_slot(set, hashes[count])], 1);
            __builtin_prefetch(&set->slots[first_slot(set, hashes[count])], 1);
            place += (uint32_t)room_of(length);
        }
        for (int i = 0; i < count; i++)
            fill_slot(set, hashes[i], places[i]);
    }
}

/* A third as many slots again; at most seven of eight are taken. */
static bool widen_slots(struct level_set *set)
{
    size_t wider = set->slot_count == 0 ? 64 : set->slot_count + set->slot_count / 3;
    uint32_t *slots = mem_resize(set->slots, wider, sizeof *slots);
    uint8_t *tags;

    if (slots == NULL)
        return false;
    set->slots = slots;
    tags = mem_resize(set->tags, wider, sizeof *tags);
    if (tags == NULL)
        return false;
    set->tags = tags;
    set->slot_count = wider;
    memset(tags, 0, wider);
    fill_slots(set);
    return true;
}

/* Adds the text at the end. */
static enum level_found add(struct level_set *set, const char *text, size_t length, uint32_t hash)
{
    size_t room = room_of(length);
    void *texts = set->texts;
    bool ok;

    if (utf8_invalid(text, length) >= 0)
        return LEVEL_NOT_UTF8;
    if (set->count == INT32_MAX || room >= LEVEL_NONE - set->used)
        return LEVEL_TOO_MANY;
    ok = ((size_t)set->count * 8 < set->slot_count * 7 || widen_slots(set))
         && mem_grow_tight(&texts, &set->capacity, set->used + room, 1);
    set->texts = texts;
    if (!ok)
        return LEVEL_MEMORY;
    memcpy(set->texts + set->used, text, length);
    memset(set->texts + set->used + length, 0, room - length);
    fill_slot(set, hash, (uint32_t)set->used);
    set->last = (uint32_t)set->used;
    set->used += room;
    set->count++;
    return LEVEL_FOUND;
}

/* The place of a text, LEVEL_NONE where its search ends in a free slot.  There are slots. */
static uint32_t find_place(const struct level_set *set, uint32_t hash, const char *text, size_t length)
{
    uint8_t tag = tag_of(hash);

    for (size_t slot = first_slot(set, hash); set->tags[slot] != 0; slot = next_slot(set, slot))
        if (set->tags[slot] == tag && is_level(set, set->slots[slot], text, length))
            return set->slots[slot];
    return LEVEL_NONE;
}

enum level_found level_find(struct level_set *set, const char *text, size_t length, uint32_t *place)
{
    enum level_found found = LEVEL_FOUND;
    uint32_t hash, there;

    if (set->count == 0 || !is_level(set, set->last, text, length)) { /* data are often sorted by group */
        hash = level_hash(text, length);
        there = set->slot_count == 0 ? LEVEL_NONE : find_place(set, hash, text, length);
        if (there == LEVEL_NONE)
            found = add(set, text, length, hash);
        else
            set->last = there;
    }
    *place = set->last;
    return found;
}

void level_fetch(const struct level_set *set, uint32_t hash)
{
    if (set->slot_count == 0)
        return;
    __builtin_prefetch(&set->tags[first_slot(set, hash)]);
    __builtin_prefetch(&set->slots[first_slot(set, hash)]);
}

uint32_t level_guess(const struct level_set *set, uint32_t hash)
{
    uint8_t tag = tag_of(hash);

    if (set->slot_count == 0)
        return LEVEL_NONE;
    for (size_t slot = first_slot(set, hash); set->tags[slot] != 0; slot = next_slot(set, slot))
        if (set->tags[slot] == tag) {
            __builtin_prefetch(set->texts + set->slots[slot]);
            return set->slots[slot];
        }
    return LEVEL_NONE;
}

uint32_t level_lookup(const struct level_set *set, uint32_t hash, uint32_t guess, const char *text, size_t length)
{
    if (guess == LEVEL_NONE || is_level(set, guess, text, length))
        return guess;
    return find_place(set, hash, text, length);
}

/* --- the end ------------------------------------------------------------------------------------ */

static uint32_t get_word(const void *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

static void put_word(void *bytes, uint32_t word)
{
    memcpy(bytes, &word, sizeof word);
}

/* Turns places into codes; order[code] is the code's place. */
static void exchange(struct level_set *set, uint32_t *order, int32_t *rows, size_t row_count)
{
    uint32_t place, code;

    for (int32_t i = 0; i < set->count; i++) {
        place = order[i];
        order[i] = get_word(set->texts + place);
        put_word(set->texts + place, (uint32_t)i);
    }
    for (size_t i = 0; i < row_count; i++)
        if ((uint32_t)rows[i] != LEVEL_NONE)
            rows[i] = (int32_t)get_word(set->texts + (uint32_t)rows[i]);
    for (place = 0; place < set->used; place = level_after(set, place)) {
        code = get_word(set->texts + place);
        put_word(set->texts + place, order[code]);
        order[code] = place;
    }
}

/* The array of places becomes one of pointers, from its end, as a pointer takes the room of two places. */
static char **widen_places(const struct level_set *set, uint32_t **order)
{
    char *wide = mem_resize(*order, (size_t)set->count, sizeof(char *)), *level;

    if (wide == NULL)
        return NULL;
    *order = NULL;
    for (size_t i = (size_t)set->count; i-- > 0;) {
        level = set->texts + get_word(wide + i * sizeof(uint32_t));
        memcpy(wide + i * sizeof level, &level, sizeof level);
    }
    return (char **)(void *)wide;
}

bool level_take(struct level_set *set, int32_t *rows, size_t row_count, char ***levels, char **block)
{
    uint32_t *order, place = 0;
    char *shorter;
    bool ok;

    mem_free(set->slots);
    mem_free(set->tags);
    set->slots = NULL;
    set->tags = NULL;
    set->slot_count = 0;
    shorter = mem_resize(set->texts, set->used, 1);
    if (shorter != NULL)
        set->texts = shorter;
    order = mem_alloc((size_t)set->count, sizeof *order);
    for (int32_t i = 0; order != NULL && i < set->count; i++, place = level_after(set, place))
        order[i] = place;
    ok = order != NULL && level_order(set->texts, order, (size_t)set->count);
    if (ok) {
        exchange(set, order, rows, row_count);
        *levels = widen_places(set, &order);
        ok = *levels != NULL;
    }
    mem_free(order);
    if (!ok)
        return false;
    *block = set->texts;
    set->texts = NULL;
    level_clear(set);
    return true;
}

void level_clear(struct level_set *set)
{
    mem_free(set->texts);
    mem_free(set->slots);
    mem_free(set->tags);
    memset(set, 0, sizeof *set);
}
