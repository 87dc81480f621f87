/* level-set.h -- the distinct texts of a column in the order in which they came: a code each, and one block for all their bytes.
 *
 * A column of a million different texts takes little more than the texts themselves. */
#ifndef DATA_LEVEL_SET_H
#define DATA_LEVEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct level_slot {
    uint32_t hash;
    int32_t code;               /* -1: free */
};

/* `(struct level_set){ 0 }` is a valid empty set. */
struct level_set {
    char *texts;                /* NUL-terminated, one behind the other */
    size_t used, capacity;
    size_t *starts;             /* by code: where in `texts` */
    size_t start_capacity;
    struct level_slot *slots;   /* open addressing, a power of two of them */
    size_t slot_count;
    int32_t count, last;        /* last: the code that was found last */
};

enum level_found { LEVEL_FOUND, LEVEL_NOT_UTF8, LEVEL_TOO_MANY, LEVEL_MEMORY };

/* The code of a text without zero bytes; a new one is added. */
enum level_found level_find(struct level_set *set, const char *text, size_t length, int32_t *code);

/* Borrowed, until the next text is added. */
const char *level_text(const struct level_set *set, int32_t code);

/* Hands the texts over: *levels (new) points into *block (new), and the set is empty.  False when memory is out. */
bool level_take(struct level_set *set, char ***levels, char **block);

void level_clear(struct level_set *set);

#endif
