/* pager.h -- output that is longer than the screen goes through a pager. */
#ifndef TERM_PAGER_H
#define TERM_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include "session/session.h"

/* Shows text on standard output; at an interactive terminal, where it is longer than the screen, through the pager that `set
 * pager` names: our own, or a program (if that fails, the text is written).  False only when standard output itself cannot be
 * written: leaving the pager early is no failure.  Ctrl-C belongs to the pager while it runs, and ends output that is written
 * without one. Fits session->show. */
bool pager_show(struct session *session, const char *text, size_t length, struct glmm_error *err);

/* Says that space goes on, waits for a key and takes the words away.  Returns the key as terminal_key() does. */
int pager_wait(struct session *session);

#endif
