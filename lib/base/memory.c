/* memory.c -- see memory.h. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ready.h"

enum { LARGE = 4 << 20 };

/* Asks for large pages, where the system has them: a matrix of 10 MB is then touched in 5 faults rather than 2,500. */
static void use_large_pages(void *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = ((uintptr_t)block + page - 1) / page * page;
    uintptr_t last = ((uintptr_t)block + size) / page * page;

    if (last > first)
        (void)madvise((void *)first, last - first, MADV_HUGEPAGE);
#else
    (void)block;
    (void)size;
#endif
}

static void *system_resize(void *context, void *old, size_t size)
{
    void *block;

    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    block = realloc(old, size);
    if (block != NULL && size >= LARGE)
        use_large_pages(block, size);
    return block;
}

/* The engine's only global state. */
static struct {
    struct mem_hook hook;
    atomic_int ready_threads;
    atomic_long refused;
} current = { .hook = { .resize = system_resize } };

int ready_threads(void)
{
    return atomic_load(&current.ready_threads);
}

void ready_set_threads(int threads)
{
    atomic_store(&current.ready_threads, threads);
}

void mem_hook_set(struct mem_hook hook)
{
    current.hook = hook;
    if (current.hook.resize == NULL)
        current.hook.resize = system_resize;
}

struct mem_hook mem_hook_get(void)
{
    return current.hook;
}

long mem_refused(void)
{
    return atomic_load_explicit(&current.refused, memory_order_relaxed);
}

static void *counted(void *block)
{
    if (block == NULL)
        atomic_fetch_add_explicit(&current.refused, 1, memory_order_relaxed);
    return block;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
        return counted(NULL);
    return counted(current.hook.resize(current.hook.context, old, bytes == 0 ? 1 : bytes));
}

void *mem_alloc(size_t count, size_t size)
{
    return mem_resize(NULL, count, size);
}

void *mem_zalloc(size_t count, size_t size)
{
    void *block;
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
        return counted(NULL);
    if (current.hook.resize == system_resize) { /* large blocks come zeroed from the system: their pages need no touch */
        block = counted(calloc(1, bytes == 0 ? 1 : bytes));
        if (block != NULL && bytes >= LARGE)
            use_large_pages(block, bytes);
        return block;
    }
    block = mem_alloc(count, size);
    if (block != NULL)
        memset(block, 0, bytes);
    return block;
}

char *mem_strndup(const char *text, size_t length)
{
    char *copy = mem_alloc(length + 1, 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

void mem_free(void *block)
{
    if (block != NULL)
        current.hook.resize(current.hook.context, block, 0);
}

static bool grow_to(void **items, size_t *capacity, size_t wanted, size_t size)
{
    void *grown = mem_resize(*items, wanted, size);

    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

bool mem_grow(void **items, size_t *capacity, size_t need, size_t size)
{
    size_t wanted = *capacity == 0 ? 8 : *capacity;

    if (need <= *capacity)
        return true;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2)
            return false;
        wanted *= 2;
    }
    return grow_to(items, capacity, wanted, size);
}

bool mem_grow_tight(void **items, size_t *capacity, size_t need, size_t size)
{
    size_t wanted = *capacity + *capacity / 8 + 64;

    if (need <= *capacity)
        return true;
    return grow_to(items, capacity, wanted < need ? need : wanted, size);
}
