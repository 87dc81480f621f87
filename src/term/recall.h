/* recall.h -- the history, and its lines in the line that is being edited: the arrows, Ctrl-P and Ctrl-N, Ctrl-R and Ctrl-S.
 *
 * Used by readline.c alone. */
#ifndef TERM_RECALL_H
#define TERM_RECALL_H

/* Puts our movement in the place of each command of Readline's that looks at the history, and nothing in that of those which
 * callback mode does not survive, whatever they were bound to.  Up and Down go to lines that begin as this one does. */
void recall_bind_keys(void);

/* Reads the history file. */
void recall_load(void);

/* Adds an entry, to the file too; the same one further back goes. */
void recall_keep(const char *entry);

/* A new line begins, behind the newest entry.  What was changed in lines that were recalled is forgotten. */
void recall_start(void);

/* Rewrites the history file without repetitions, and frees what is kept. */
void recall_clear(void);

#endif
