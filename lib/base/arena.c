/* arena.c -- a chain of blocks, each twice the size of the one before, filled from the front. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST_BLOCK = 4096, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t used, size;
};

struct arena {
    struct block *top;
    bool failed;
};

/* The payload starts behind the header, rounded up. */
static size_t header(void)
{
    return (sizeof(struct block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct block *block_new(size_t size)
{
    struct block *block;

    if (size > SIZE_MAX - header())
        return NULL;
    block = mem_alloc(header() + size, 1);
    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->used = 0;
    block->size = size;
    return block;
}

struct arena *arena_new(void)
{
    return NEW(struct arena);
}

void arena_free(struct arena *arena)
{
    struct block *block, *next;

    if (arena == NULL)
        return;
    for (block = arena->top; block != NULL; block = next) {
        next = block->next;
        mem_free(block);
    }
    mem_free(arena);
}

size_t arena_bytes(const struct arena *arena)
{
    size_t bytes = sizeof *arena;

    for (const struct block *block = arena->top; block != NULL; block = block->next)
        bytes += header() + block->size;
    return bytes;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    struct block *block = arena->top;
    size_t bytes, wanted;
    char *place;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - ALIGNMENT) {
        arena->failed = true;
        return NULL;
    }
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0)
        bytes = ALIGNMENT;
    if (block == NULL || block->size - block->used < bytes || mem_hook_get().alone) {
        wanted = mem_hook_get().alone ? 0 : block == NULL ? FIRST_BLOCK : block->size * 2;
        block = block_new(bytes > wanted ? bytes : wanted);
        if (block == NULL) {
            arena->failed = true;
            return NULL;
        }
        block->next = arena->top;
        arena->top = block;
    }
    place = (char *)block + header() + block->used;
    block->used += bytes;
    memset(place, 0, bytes);
    return place;
}

bool arena_failed(const struct arena *arena)
{
    return arena->failed;
}

void arena_fail(struct arena *arena)
{
    arena->failed = true;
}

void *arena_copy(struct arena *arena, const void *from, size_t count, size_t size)
{
    void *copy = arena_alloc(arena, count, size);

    if (copy != NULL && count > 0)
        memcpy(copy, from, count * size);
    return copy;
}

void *arena_gather(struct arena *arena, const void *from, const size_t row[], size_t count, size_t size)
{
    char *to = from == NULL ? NULL : arena_alloc(arena, count, size);

    for (size_t i = 0; to != NULL && i < count; i++)
        memcpy(to + i * size, (const char *)from + row[i] * size, size);
    return to;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1, 1);

    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *copy;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) { /* more than an int counts */
        arena_fail(arena);
        return NULL;
    }
    copy = arena_alloc(arena, (size_t)length + 1, 1);
    if (copy == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(copy, (size_t)length + 1, format, args);
    va_end(args);
    return copy;
}
