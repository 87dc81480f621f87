/* image-walk.c -- see image-walk.h. */
#include "fit/image-walk.h"

#include <stdint.h>
#include <string.h>

void walk_bytes(struct walk *w, void *value, size_t size)
{
    if (w->out != NULL) {
        text_add_bytes(w->out, value, size);
    } else if (w->left < size) {
        w->bad = true;
        memset(value, 0, size);
    } else {
        memcpy(value, w->bytes, size);
        w->bytes += size;
        w->left -= size;
    }
}

void walk_real(struct walk *w, double *x)
{
    walk_bytes(w, x, sizeof *x);
}

int walk_whole(struct walk *w, int value, int most)
{
    int64_t wide = value;

    walk_bytes(w, &wide, sizeof wide);
    if (wide < 0 || wide > most)
        w->bad = true;
    return w->bad ? 0 : (int)wide;
}

const void *walk_block(struct walk *w, const void *block, size_t count, size_t size)
{
    int64_t length = block == NULL ? -1 : (int64_t)count;
    void *read;

    walk_bytes(w, &length, sizeof length);
    if (w->out != NULL) {
        if (block != NULL)
            text_add_bytes(w->out, block, count * size);
        return block;
    }
    if (length == -1 || w->bad)
        return NULL;
    if (length != (int64_t)count || w->left / size < count || (read = arena_alloc(w->arena, count + 1, size)) == NULL) {
        w->bad = true;
        return NULL;
    }
    walk_bytes(w, read, count * size);
    return read;
}

void walk_reals(struct walk *w, const double **reals, size_t count)
{
    *reals = walk_block(w, *reals, count, sizeof **reals);
}

void walk_string(struct walk *w, const char **string)
{
    int64_t length = *string == NULL ? -1 : (int64_t)strlen(*string);

    walk_bytes(w, &length, sizeof length);
    if (w->out != NULL) {
        if (*string != NULL)
            text_add(w->out, *string);
        return;
    }
    *string = NULL;
    if (length == -1 || w->bad)
        return;
    if (length < 0 || (size_t)length > w->left || (*string = arena_strndup(w->arena, w->bytes, (size_t)length)) == NULL) {
        w->bad = true;
        return;
    }
    w->bytes += length;
    w->left -= (size_t)length;
}
