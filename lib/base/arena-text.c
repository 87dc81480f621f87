/* arena-text.c -- see arena-text.h. */
#include "base/arena-text.h"

char *arena_take(struct arena *arena, struct text *text)
{
    char *copy = NULL;

    if (text->failed)
        arena_fail(arena);
    else
        copy = arena_strdup(arena, text_string(text));
    text_clear(text);
    return copy;
}
