/* at.h -- the grammar of at=: variables with the values that they are to have. */
#ifndef LANG_AT_H
#define LANG_AT_H

#include "base/arena.h"
#include "base/error.h"
#include "infer/at-grid.h"

enum { AT_VARIABLES_MOST = 32, AT_VALUES_MOST = 1000000 };

/* Reads "Days=0:9, Subject=308, 309": the arena's.  A name or a value may stand between backquotes, a value between straight
 * quotes too, several within c(), and a level of cut(), (0.5,2.4], has its comma.  `place` is that of the option, for errors: no
 * variable, no value, a variable twice, curly quotes, too many of either, memory. */
bool at_parse(struct arena *arena, const char *text, struct glmm_span place, struct at *out, struct glmm_error *err);

#endif
