/* terminal.h -- what the terminal can do, and giving it back whatever happens. */
#ifndef TERM_TERMINAL_H
#define TERM_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include "session/session.h"
#include "term/signals.h"

/* A person types and reads here: standard input and output are both terminals. */
bool terminal_is_interactive(void);

/* Looks at standard output and the environment and fills session->screen: the size (the terminal's own, else COLUMNS and
 * LINES, else 80 x 24), what `charset auto` means (a UTF-8 locale and a terminal that is neither dumb nor the Linux console:
 * block, else ascii) and what `color auto` means (a terminal, TERM neither empty nor dumb, and no NO_COLOR).  Called at the
 * start and before each command. */
void terminal_look(struct session *session);

/* True where the locale's encoding is UTF-8. */
bool terminal_is_utf8(void);

/* Sets LC_CTYPE (and nothing else: numbers keep their point), and saves the modes of the terminal.  Call once, at the start. */
void terminal_open(void);

/* Between hold and release the modes of the terminal are ours.  When a signal stops or ends the program meanwhile, the saved
 * modes come back and `leave` is written (bracketed paste off, alternate screen left); when it goes on, our modes and `enter`.
 * The strings are constants. */
void terminal_hold(const char *enter, const char *leave);
void terminal_modes_are_set(void); /* after hold, once our modes are set: those that come back after a stop */
void terminal_release(void);

/* From the first prompt to the last: what is typed while a command runs is not shown, and kept for the next prompt, by Ctrl-C
 * too. A release then goes back to these modes.  A program that is run meanwhile is lent the terminal as it was before. */
void terminal_keep_ahead(void);
void terminal_lend(void);
void terminal_take_back(void);
void terminal_leave(void); /* the end of it */

/* The two halves of that, for the signal handlers: async-signal-safe, and nothing is done when the terminal is not held (nor
 * given back, nor taken, when it belongs to another job). */
void terminal_restore(void);
void terminal_retake(void);
bool terminal_is_given_back(void); /* between the two */

/* Ctrl-C and Ctrl-Z take away what was typed before them, also between looking whether there is something and reading it, and a
 * read that then waits would hold them back.  So this one takes what is there and does not wait: 0 is nothing, -1 that the
 * terminal is gone. */
ssize_t terminal_read(void *bytes, size_t size);
/* Hands bytes back: terminal_read() gives them out before anything else, and terminal_wait() (else signals_wait()) does not wait
 * while there are some.  Returns how many had room. */
size_t terminal_unread(const void *bytes, size_t size);
bool terminal_has_unread(void);
void terminal_forget_unread(void);
enum wait_result terminal_wait(const sigset_t *wait_mask);
/* What stands in line now was typed before a Ctrl-C or behind it, which nobody can tell: the prompt shows it and runs none of it.
 */
void terminal_run_nothing_ahead(void);
bool terminal_take_nothing_ahead(void); /* true once behind that */
/* Where a library reads, nothing is taken away from now on.  Part of our modes. */
void terminal_keep_input(void);
/* The terminal for a library that reads: a read of it never waits, whatever the library has not looked at before it.  stdin where
 * the terminal is not to be had once more; NULL where no memory is.  To be closed by terminal_input_close(). */
FILE *terminal_input(void);
void terminal_input_close(FILE *input);

/* True when there is nobody at the terminal any more: its other end was closed. */
bool terminal_is_gone(void);

/* The end of the key of which the Escape stands before `at`: that of its sequence, or of the one byte that Meta sends with it. */
const char *terminal_key_end(const char *at, const char *end);

/* Waits for one key (no Enter needed, no echo) for `replay, step`; -1 at the end of input or on Ctrl-C. */
int terminal_key(struct session *session);

#endif
