/* value.h -- a tree of values: what JSON can say, in a fixed order.  All memory is the arena's. */
#ifndef RESULT_VALUE_H
#define RESULT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"

enum value_type { VALUE_NULL, VALUE_BOOL, VALUE_INTEGER, VALUE_REAL, VALUE_STRING, VALUE_ARRAY, VALUE_OBJECT };

struct value {
    enum value_type type;
    const char *key; /* in an object; NULL elsewhere */
    union {
        bool truth;
        long long integer;
        double real;        /* may be NaN or infinite */
        const char *string; /* UTF-8 */
        struct {
            struct value *first, *last;
            size_t count;
        } list;
    } as;
    struct value *next; /* the next sibling */
};

/* New values, owned by the arena; NULL when memory is out.  Strings are copied; a NULL string gives VALUE_NULL. */
struct value *value_null(struct arena *arena);
struct value *value_bool(struct arena *arena, bool truth);
struct value *value_integer(struct arena *arena, long long integer);
struct value *value_real(struct arena *arena, double real);
struct value *value_string(struct arena *arena, const char *string);
struct value *value_array(struct arena *arena);
struct value *value_object(struct arena *arena);
struct value *value_reals(struct arena *arena, const double *items, size_t count);
struct value *value_strings(struct arena *arena, const char *const *items, size_t count);
/* rows x columns, column-major with leading dimension ld: an array of rows. */
struct value *value_matrix(struct arena *arena, const double *items, size_t rows, size_t columns, size_t ld);

/* Append an item to an array, a member to an object (the key is copied).  A NULL item does nothing and returns NULL. */
struct value *value_append(struct value *array, struct value *item);
struct value *value_set(struct arena *arena, struct value *object, const char *key, struct value *item);

/* The member of that key, or NULL. */
const struct value *value_get(const struct value *object, const char *key);

#endif
