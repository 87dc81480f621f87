/* shorten.h -- long names in a narrow column, so that different names stay different. */
#ifndef RENDER_SHORTEN_H
#define RENDER_SHORTEN_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"

/* Replaces names that are wider than `width` columns by shorter ones (the arena's), with dots where something is left out: the
 * middle where the names stay different then, as they often differ at their ends; else what stands before the first difference.
 * NULLs stay.  False when memory is out. */
bool names_shorten(const char **names, size_t count, int width, const char *dots, struct arena *arena);

#endif
