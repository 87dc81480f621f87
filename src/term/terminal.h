/* terminal.h -- what the terminal can do, and giving it back whatever happens. */
#ifndef TERM_TERMINAL_H
#define TERM_TERMINAL_H

#include <stdbool.h>
#include "session/session.h"

/* A person types and reads here: standard input and output are both terminals. */
bool terminal_is_interactive(void);

/* Looks at standard output and the environment and fills session->screen: the size (the terminal's own, else COLUMNS and LINES, else
 * 80 x 24), what `charset auto` means (a UTF-8 locale and a terminal that is neither dumb nor the Linux console: block, else ascii) and
 * what `color auto` means (a terminal, TERM neither empty nor dumb, and no NO_COLOR).  Called at the start and before each command. */
void terminal_look(struct session *session);

/* What `--color` says goes before NO_COLOR and the terminal. */
bool terminal_color_from_name(const char *name, enum auto_switch *color);

/* True where the locale's encoding is UTF-8. */
bool terminal_is_utf8(void);

/* Saves the modes of the terminal; from now on terminal_restore() brings them back.  Call once, at the start. */
void terminal_save(void);

/* Between hold and release the screen is ours: `bytes` (a string constant) undo what we told the terminal (bracketed paste,
 * alternate screen), and are written when a signal ends or stops the program. */
void terminal_hold(const char *bytes);
void terminal_release(void);

/* Gives the terminal back: writes the bytes of terminal_hold() and restores the saved modes.  Async-signal-safe. */
void terminal_restore(void);

/* Waits for one key (no Enter needed, no echo) for `replay, step`; -1 at the end of input or on Ctrl-C. */
int terminal_key(struct session *session);

#endif
