/* listing.h -- lists that their author laid out for a wider page: terms, and what is said of each. */
#ifndef RENDER_LISTING_H
#define RENDER_LISTING_H

#include "base/arena.h"

/* The lines of `words`, with those of an indented block that has a line wider than `width` laid out anew: two pairs on a line
 * have one each; what is said of a term that leaves it less than half of the width stands below the term; lines that go on with
 * what was said are joined to it.  Lines may still be wider than `width`: to be wrapped, the rest below what is said (wrap.h).
 * The arena's; NULL when memory is out. */
const char *listing_fitted(struct arena *arena, const char *words, int width);

#endif
