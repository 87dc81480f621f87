/* fault.c -- preloaded into the program under test: the n-th allocation of libc fails, or all from there on.
 *
 * The driver (sweep.c) shares a page with it, through the file that FAULT_PLAN names.  Allocations count from the start of
 * main(): what the loader and the libraries take before is not the program's.  Nothing here allocates. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

static struct fault_plan *plan;
static main_function *program_main;
static void *(*system_malloc)(size_t), *(*system_calloc)(size_t, size_t), *(*system_realloc)(void *, size_t);

/* dlsym() may allocate itself; what it gets is never freed. */
static void *early(size_t size)
{
    static char room[4096];
    static size_t used;
    void *block = room + used;

    size = (size + 15) / 16 * 16;
    if (size > sizeof room - used)
        return NULL;
    used += size;
    return block;
}

static void find_system(void)
{
    static bool searching;

    if (searching)
        return;
    searching = true;
    system_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    system_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    system_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    searching = false;
}

static bool fails(void)
{
    long place;

    if (plan == NULL)
        return false;
    place = __atomic_add_fetch(&plan->count, 1, __ATOMIC_RELAXED);
    if (plan->from == 0 || place < plan->from || (place > plan->from && !plan->ever))
        return false;
    plan->hit = true;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    if (system_malloc == NULL)
        find_system();
    if (system_malloc == NULL)
        return early(size);
    return fails() ? NULL : system_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (system_calloc == NULL)
        find_system();
    if (system_calloc == NULL)
        return early(count * size); /* the room is zero from the start */
    return fails() ? NULL : system_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    if (system_realloc == NULL)
        find_system();
    if (system_realloc == NULL)
        return NULL;
    return fails() ? NULL : system_realloc(old, size);
}

static int counted_main(int argc, char **argv, char **environment)
{
    const char *name = getenv("FAULT_PLAN");
    int fd = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    syscall(SYS_close, FAULT_MARK); /* tells the driver, where it traces, that the program begins */
    if (page != MAP_FAILED)
        plan = page;
    return program_main(argc, argv, environment);
}

/* What the program's entry calls, with the main() that it is to run. */
int __libc_start_main(main_function *function, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*end)(void),
                      void *stack);
int __libc_start_main(main_function *function, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*end)(void),
                      void *stack)
{
    start_function *start = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");

    program_main = function;
    return start(counted_main, argc, argv, init, fini, end, stack);
}
