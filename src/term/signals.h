/* signals.h -- one Ctrl-C contract, and a terminal that is always given back. */
#ifndef TERM_SIGNALS_H
#define TERM_SIGNALS_H

#include <signal.h>
#include "session/session.h"

/* Installs the handlers.  INT sets session->interrupted and nothing else; where nobody types, a second one that was not yet
 * answered ends the program.  TERM HUP QUIT SEGV ABRT BUS ILL FPE restore the terminal and are raised again.  TSTP restores
 * it, stops, and takes it again after CONT.  WINCH is remembered.  PIPE is ignored where somebody types. Signals that were
 * ignored when the program started (nohup) stay ignored. */
void signals_install(struct session *session);

/* The session ends: from here on Ctrl-C finds nothing to set, and is ignored. */
void signals_uninstall(void);

/* True once after the size of the terminal changed, or after the program was stopped and continued.  The latter waits,
 * stopped, where the program goes on in the background while the terminal's modes are ours. */
bool signals_take_resize(void);
bool signals_take_resume(void);

/* INT, WINCH, TSTP and CONT are held back between these two, so that no handler runs inside Readline and no flag is set
 * between looking at it and waiting; signals_wait() lets them in. */
void signals_block(sigset_t *wait_mask);
void signals_unblock(const sigset_t *wait_mask);

/* Waits for standard input or one of those signals (the flags tell which), whichever thread its handler runs in; the second only
 * looks whether one of them is there. */
enum wait_result { WAIT_INPUT, WAIT_SIGNAL, WAIT_NOTHING, WAIT_FAILED };
enum wait_result signals_wait(const sigset_t *wait_mask);
enum wait_result signals_look(const sigset_t *wait_mask);

/* Lets in those that are there, and no other. */
void signals_let_in(const sigset_t *wait_mask);

#endif
