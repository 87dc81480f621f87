/* recall.h -- lines of the history in the line that is being edited: the arrows, Ctrl-P and Ctrl-N, Ctrl-R and Ctrl-S.
 *
 * Used by readline.c alone. */
#ifndef TERM_RECALL_H
#define TERM_RECALL_H

/* Puts our movement in the place of each command of Readline's that looks at the history, and nothing in that of those which
 * callback mode does not survive, whatever they were bound to.  Up and Down go to lines that begin as this one does. */
void recall_bind_keys(void);

/* A new line begins, behind the newest entry.  What was changed in lines that were recalled is forgotten. */
void recall_start(void);

/* Frees what is kept. */
void recall_clear(void);

#endif
