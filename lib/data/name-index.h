/* name-index.h -- finds a name among many: levels that are matched by name cost what their bytes do, not each a walk over all. */
#ifndef DATA_NAME_INDEX_H
#define DATA_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `(struct name_index){ 0 }` is a valid empty index.  The names are borrowed, and must outlive it. */
struct name_index {
    const char **names; /* [count], each once, in the order in which they came */
    int32_t count, room;
    int32_t *slots; /* open addressing: places in `names`, -1 where free */
    size_t slot_count;
};

/* The name's place, or -1. */
int32_t name_index_find(const struct name_index *index, const char *name);

/* The place of a name that is added where it is new.  False when memory is out; the index is as before then. */
bool name_index_add(struct name_index *index, const char *name, int32_t *place);

/* Fills an empty index with distinct names, whose places are then their numbers.  False when memory is out. */
bool name_index_fill(struct name_index *index, const char *const *names, size_t count);

void name_index_clear(struct name_index *index);

#endif
