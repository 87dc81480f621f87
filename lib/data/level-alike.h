/* level-alike.h -- levels that differ only in capitals, blanks or how a letter is coded: "Male", "male", "Male ". */
#ifndef DATA_LEVEL_ALIKE_H
#define DATA_LEVEL_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* same[k]: the first level that is like level k, at most k itself; *superfluous: how many are like one before them.  Capitals are
 * those of Latin, Greek and Cyrillic; blanks, no-break ones too, do not count at the ends, and several are one.  Nor do signs
 * count that are not seen (U+200B), marks apart from their letter (u and U+0308 are U+00FC), full-width letters, and Cyrillic
 * letters that look Latin in a word with Latin ones.  False when memory is out. */
bool levels_alike(const char *const *levels, size_t count, int32_t same[], size_t *superfluous);

/* The level without blanks at its ends and signs that are not seen, with one blank where it has several, and with letters and
 * their marks as one (new); NULL when memory is out. */
char *level_tidy(const char *level);

#endif
