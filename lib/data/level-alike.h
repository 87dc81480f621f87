/* level-alike.h -- levels that differ only in capitals or blanks: "Male", "male", "Male ". */
#ifndef DATA_LEVEL_ALIKE_H
#define DATA_LEVEL_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* same[k]: the first level that is like level k, at most k itself; *superfluous: how many are like one before them.  Capitals are
 * those of Latin, Greek and Cyrillic; blanks, no-break ones too, do not count at the ends, and several are one.  False when
 * memory is out. */
bool levels_alike(const char *const *levels, size_t count, int32_t same[], size_t *superfluous);

/* The level without blanks at its ends, and with one where it has several (new); NULL when memory is out. */
char *level_tidy(const char *level);

#endif
