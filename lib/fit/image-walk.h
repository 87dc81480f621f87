/* image-walk.h -- the primitives of an image (fit-image.h): one walk over fields serves both ways, so that what is written in an
 * order is read in the same. */
#ifndef FIT_IMAGE_WALK_H
#define FIT_IMAGE_WALK_H

#include "base/arena.h"
#include "base/text.h"
#include "fit/fit.h"

/* Either writes (out) or reads (bytes). */
struct walk {
    struct text *out;
    const char *bytes;
    size_t left;
    struct arena *arena; /* of what is read */
    bool bad;            /* the bytes are no such thing, or memory is out */
};

/* The most of what an image counts by itself, a matrix's rows or a list's entries. */
enum { WALK_MOST = 1 << 20 };

void walk_bytes(struct walk *w, void *value, size_t size);
void walk_real(struct walk *w, double *x);

/* An integer, an enum or a truth value within [0, most]. */
int walk_whole(struct walk *w, int value, int most);

/* An array of `count` values of a size, or none: read, it is the arena's. */
const void *walk_block(struct walk *w, const void *block, size_t count, size_t size);

/* The same of numbers, into the field. */
void walk_reals(struct walk *w, const double **reals, size_t count);

void walk_string(struct walk *w, const char **string);

/* The fit of the design, with all that it has: written from *fit, or read into *fit, which is new then and NULL where the bytes
 * are bad (fit-image.c). */
void walk_fit(struct walk *w, struct fit **fit, const struct design *design, const struct family *family,
              const struct link *link);

/* What the data leave open of a fit that has all else (identify-image.c).  In fit->identity, which may be NULL. */
void walk_identity(struct walk *w, struct fit *fit);

#endif
