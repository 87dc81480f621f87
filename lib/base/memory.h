/* memory.h -- all allocation goes through one hook, so that tests can count allocations and fail each in turn.
 *
 * The hook is the engine's only mutable global state; it is set before any other call (see glmm_set_allocator). */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* `resize(context, old, size)`: size 0 frees old and returns NULL; old NULL allocates.  May be called by several threads.
 * `available`: the bytes that can still be had; NULL: the system is asked (base/forecast.h).  `alone`: an arena asks for each of
 * its pieces by itself, so that a test can refuse it, and a sanitizer sees where it ends. */
struct mem_hook {
    void *(*resize)(void *context, void *old, size_t size);
    void *context;
    double (*available)(void *context);
    bool alone;
};

void mem_hook_set(struct mem_hook hook);
struct mem_hook mem_hook_get(void);

/* Each returns NULL when memory is out, and for count * size that overflows.  Size 0 gives a valid block. */
void *mem_alloc(size_t count, size_t size);
void *mem_zalloc(size_t count, size_t size);
void *mem_resize(void *old, size_t count, size_t size);
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length);

/* How many of these were refused so far: who shows what was made while this grew may show less than there is. */
long mem_refused(void);

/* Takes NULL. */
void mem_free(void *block);

/* Makes room for `need` items in a growing array: doubles *capacity until it suffices.  On failure the array stays as it was. */
bool mem_grow(void **items, size_t *capacity, size_t need, size_t size);

/* The same for arrays that may be the largest of all: *capacity grows by an eighth, so that little of it lies idle. */
bool mem_grow_tight(void **items, size_t *capacity, size_t need, size_t size);

#define NEW(type)              ((type *)mem_zalloc(1, sizeof(type)))
#define NEW_ARRAY(type, count) ((type *)mem_zalloc((size_t)(count), sizeof(type)))

#endif
