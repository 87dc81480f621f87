/* level-set.h -- the distinct texts of a column while it is read: one block for their bytes, and a hash table of places in it.
 *
 * A text is known by its place, the number of the block's byte where it begins, so that a row costs four bytes and a distinct
 * text its own bytes and six to eight for the table.  Codes come at the end, in the order of the sorted levels. */
#ifndef DATA_LEVEL_SET_H
#define DATA_LEVEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The place of no text: a missing value.  As an int32_t it is -1. */
#define LEVEL_NONE UINT32_MAX

/* `(struct level_set){ 0 }` is a valid empty set. */
struct level_set {
    char *texts; /* NUL-terminated, one behind the other, each of four bytes at least */
    size_t used, capacity;
    uint32_t *slots; /* open addressing: places */
    uint8_t
        *tags; /* beside each slot: 0 where it is free, or a part of the text's hash, so that another text is seldom looked at */
    size_t slot_count;
    int32_t count;
    uint32_t last; /* the place that was found last */
};

enum level_found { LEVEL_FOUND, LEVEL_NOT_UTF8, LEVEL_TOO_MANY, LEVEL_MEMORY };

/* The place of a text without zero bytes; a new one is added.  There is room for 4 GB of texts. */
enum level_found level_find(struct level_set *set, const char *text, size_t length, uint32_t *place);

/* To look for many texts, of which the slots and the texts lie anywhere in memory: hash and fetch each, guess each, look each up.
 * Nothing changes in the set: threads may ask at once.  The guess is LEVEL_NONE where no text has that hash. */
uint32_t level_hash(const char *text, size_t length);
void level_fetch(const struct level_set *set, uint32_t hash);
uint32_t level_guess(const struct level_set *set, uint32_t hash);

/* The place of a text that is there, or LEVEL_NONE. */
uint32_t level_lookup(const struct level_set *set, uint32_t hash, uint32_t guess, const char *text, size_t length);

/* Borrowed, until the next text is added. */
const char *level_text(const struct level_set *set, uint32_t place);

/* The place behind: for (place = 0; place < set->used; place = level_after(set, place)). */
uint32_t level_after(const struct level_set *set, uint32_t place);

/* Sorts the levels as levels_sort does, turns the places of the rows into codes, and hands the texts over: *levels (new) points
 * into *block (new), and the set is empty.  False when memory is out; the rows are of no use then. */
bool level_take(struct level_set *set, int32_t *rows, size_t row_count, char ***levels, char **block);

void level_clear(struct level_set *set);

#endif
