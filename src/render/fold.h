/* fold.h -- the ASCII charset: typographic signs spelt out in 7 bits. */
#ifndef RENDER_FOLD_H
#define RENDER_FOLD_H

#include <stdbool.h>
#include "base/arena.h"

/* The text with dashes, arrows, Greek letters and mathematical signs spelt in ASCII ("tau^2", "->", "-"), owned by the
 * arena, or the text itself where nothing changes; NULL when memory is out.  `strict`: accents are dropped as well,
 * letters spelt as they sound, and what is left over becomes its number (`u65E5`: two names stay two), so that the text is 7-bit;
 * else names from the user's data stay as they are. */
const char *fold_ascii(struct arena *arena, const char *text, bool strict);

/* The text with what a terminal would obey or hide spelled out (base/safe.h), but for the characters of `kept` ("\n").  The text
 * itself where there is nothing to spell; else the arena's, NULL when memory is out. */
const char *without_controls(struct arena *arena, const char *text, const char *kept);

#endif
