/* arena-text.h -- a text that was written (base/text.h), kept in an arena. */
#ifndef BASE_ARENA_TEXT_H
#define BASE_ARENA_TEXT_H

#include "base/arena.h"
#include "base/text.h"

/* A copy of the text, which is empty then; NULL, and the arena has failed, where the text had or memory is out. */
char *arena_take(struct arena *arena, struct text *text);

#endif
