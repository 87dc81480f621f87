/* arena.h -- memory that is freed at once: syntax trees, results, strings of one command. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Returns new, or NULL when memory is out. */
struct arena *arena_new(void);

/* Frees the arena and all that it handed out.  Takes NULL. */
void arena_free(struct arena *arena);

/* Zeroed memory aligned for any type, owned by the arena, a valid place for a count of 0 too; NULL when memory is out. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* True once an allocation from the arena has failed, or arena_fail said that a part of what is built in it has: a builder of many
 * small parts may ask once, at its end. */
bool arena_failed(const struct arena *arena);
void arena_fail(struct arena *arena);

/* Bytes that the arena takes. */
size_t arena_bytes(const struct arena *arena);

/* Copies owned by the arena; NULL when memory is out. */
void *arena_copy(struct arena *arena, const void *from, size_t count, size_t size);

/* The same of the items row[0 .. count - 1] of `from`; NULL of NULL. */
void *arena_gather(struct arena *arena, const void *from, const size_t row[], size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
