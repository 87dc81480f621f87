/* wrap.h -- where a line of words is broken. */
#ifndef RENDER_WRAP_H
#define RENDER_WRAP_H

#include <stdbool.h>
#include <stddef.h>

/* The number of bytes of the words to put on a line of `columns`: all where they fit, up to a wide gap (two blanks or more)
 * where there is one in the second half of the line, else to the last blank, else as much as fits (at least one byte). */
size_t wrap_at(const char *words, int columns);

/* Whether a line is not broken at that blank, where it can be helped: within a random term, or the parentheses of a call. */
bool wrap_keeps(const char *words, size_t blank);

/* Bytes of the command that begins the words, to be typed as it stands: up to a semicolon that a blank follows, this with it, or
 * to the end of the line.  0 where is_command (session.h; NULL: nobody knows) has none there. */
size_t wrap_command(const char *words, bool (*is_command)(const char *words));

#endif
