/* terminfo.h -- what the terminal's description says; apart, because term.h defines macros like `columns`. */
#ifndef TERM_TERMINFO_H
#define TERM_TERMINFO_H

#include <stdbool.h>
#include <stddef.h>

enum terminfo { TERMINFO_UNKNOWN, TERMINFO_NO_CURSOR, TERMINFO_OK };

/* Whether TERM is known, and a terminal whose cursor can be placed. */
enum terminfo terminfo_look(void);

/* Reads the description, for terminfo_add(); false when there is none. */
bool terminfo_open(void);
void terminfo_close(void);

/* Appends a capability ("rmcup") of the terminal that was opened to the NUL-terminated bytes, without its padding
 * ("$<5/>"), which no terminal of today needs; what does not fit is left out. */
void terminfo_add(const char *name, char *bytes, size_t size);

#endif
