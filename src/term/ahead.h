/* ahead.h -- what was typed ahead of a Ctrl-C, or behind it while nobody read. */
#ifndef TERM_AHEAD_H
#define TERM_AHEAD_H

#include <stdio.h>

#include "base/text.h"

/* Ctrl-C stopped a command, or left a view.  What was typed or pasted behind it (`pasted`, which is emptied, and what stands in
 * line) does not run either, and is not lost: one line comes to the prompt, several go to the history, which is said on `out`,
 * and what has no end yet goes on at the prompt. */
void ahead_keep(struct text *pasted, FILE *out);

#endif
