/* glmm.c -- the public face of the engine: thin wrappers with stable names. */
#include "config.h"
#include "glmm.h"

#include "base/memory.h"

void glmm_set_allocator(void *(*resize)(void *context, void *old, size_t size), void *context)
{
    struct mem_hook hook = { resize, context };

    mem_hook_set(hook);
}

const char *glmm_version(void)
{
    return PACKAGE_VERSION;
}
