/* r-object.h -- the objects of R in a file of saveRDS() or save(), as far as tables need them. */
#ifndef DATA_R_OBJECT_H
#define DATA_R_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/error.h"

enum r_kind { R_NULL, R_LOGICAL, R_INTEGER, R_REAL, R_TEXTS, R_LIST, R_PAIRS, R_SYMBOL, R_TEXT, R_OTHER };

/* A text of R; NULL is NA. */
struct r_text {
    const char *text;
    size_t length;
};

struct r_object {
    enum r_kind kind;
    size_t length;
    union {
        const int32_t *integer; /* logicals too; INT32_MIN is NA */
        const double *real;
        const struct r_text *texts;
        struct r_object **items; /* of a list */
        struct r_text text;      /* of a symbol, a text */
    } as;
    const char *what; /* R_OTHER: "a function" */

    /* Of a cell of a pairlist. */
    struct r_object *tag, *head, *tail;

    struct r_object *attributes; /* a pairlist, or NULL */
};

/* Parses the bytes behind "X\n" (XDR, versions 2 and 3).  The object is the arena's.  NULL with err: damaged, or an object that
 * holds what cannot be passed over. */
struct r_object *r_parse(struct arena *arena, const char *bytes, size_t count, struct glmm_error *err);

/* The attribute of that name, or NULL. */
const struct r_object *r_attribute(const struct r_object *object, const char *name);

/* Whether its class attribute has that class. */
bool r_is(const struct r_object *object, const char *class);

#endif
