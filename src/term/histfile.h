/* histfile.h -- the history file: one logical line an entry, the oldest first.
 *
 * Several shells may share the file: an entry is appended under a lock as soon as it is typed, and the file is made shorter
 * (each entry once, its last place counting) by writing a new one and renaming it. */
#ifndef TERM_HISTFILE_H
#define TERM_HISTFILE_H

#include <stdbool.h>
#include <stddef.h>

enum { HISTORY_LIMIT = 2000 }; /* entries that are kept */

/* $XDG_STATE_HOME/mixsh/history, else ~/.local/state/mixsh/history; its folders are made (0700).  Returns new (mem_free); NULL
 * where there is no place for it, and then there is no history file. */
char *histfile_path(void);

struct histfile {
    char *bytes;    /* the file, its newlines made NUL; the entries point into it */
    char **entries; /* without repetitions, at most HISTORY_LIMIT */
    size_t count;
};

/* Reads the file; an absent one is empty.  False when it cannot be read or memory is out; `file` is then empty. */
bool histfile_read(const char *path, struct histfile *file);
void histfile_clear(struct histfile *file);

/* Appends an entry (no newline in it).  False when it cannot be written: history is a comfort, nobody is told. */
bool histfile_append(const char *path, const char *entry);

/* Rewrites the file without repetitions, cut to HISTORY_LIMIT. */
bool histfile_compact(const char *path);

/* One line from a logical line of several: line breaks, continuation marks and comments, with the blanks around them, become
 * one space; a line break inside quotes becomes `\n`.  Returns new (mem_free), NULL when nothing is left or memory is out. */
char *histfile_join(const char *lines);

#endif
