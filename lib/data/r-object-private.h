/* r-object-private.h -- what the files that read R's serialization share. */
#ifndef DATA_R_OBJECT_PRIVATE_H
#define DATA_R_OBJECT_PRIVATE_H

#include "data/r-object.h"

struct r_reader {
    struct arena *arena;
    const unsigned char *bytes;
    size_t left;
    struct r_object **known; /* what REFSXP numbers, from 1 */
    size_t known_count, known_capacity;
    int depth;
    struct glmm_error *err;
};

/* Sets the error; returns NULL. */
void *r_damaged(struct r_reader *r, const char *why);

/* An object with room for `length` items of `size` bytes; of R_OTHER, what it is.  NULL with err when memory is out. */
struct r_object *r_make(struct r_reader *r, enum r_kind kind, size_t length, size_t size);
struct r_object *r_other(struct r_reader *r, const char *what);

/* Latin-1 as UTF-8; other texts as they are. */
bool r_set_text(struct r_reader *r, struct r_text *out, const char *bytes, size_t length, bool latin1);

/* r-short-form.c: 1:n as its length, its first value and its step; numbers that are texts once somebody looks. */
struct r_object *r_expand_sequence(struct r_reader *r, const struct r_object *state, bool integers);
struct r_object *r_expand_texts(struct r_reader *r, const struct r_object *state);

#endif
