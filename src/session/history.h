/* history.h -- what was run: the session's history, the journal of all sessions, the recorded script.
 *
 * The journal, $XDG_STATE_HOME/mixsh/journal (~/.local/state without the variable), has for each command that a person typed
 * a line before it runs and one after, each written at once, so that nothing typed is lost whatever happens:
 *
 *     2026-11-21T09:30:02 4711 > fit m1
 *     2026-11-21T09:30:02 4711 = 0 0.012
 *
 * (local time, process, then the command in one line, made safe; or its exit status and seconds).  A session begins with its
 * version and folder and ends in a line of its own, which is missing where it did not come to its end (recover.h):
 *
 *     2026-11-21T09:29:50 4711 @ 0.9.0 /home/ada/cattle
 *     2026-11-21T09:41:17 4711 . ended
 *
 * Sessions without a terminal have none.
 *
 * A recorded script begins with `# mixsh VERSION` and the seed; behind each load stands a line that a replay checks,
 * `# data NAME, N rows, checksum SUM, PATH`.  The file is a valid script at any time: it is written whole under a temporary
 * name and renamed when `record` begins, then each successful command is appended with one write. */
#ifndef SESSION_HISTORY_H
#define SESSION_HISTORY_H

#include <stdio.h>

#include "base/text.h"
#include "session/session.h"

/* Opens the journal; a journal that cannot be written is said once and then left alone. */
void journal_open(struct session *session);

/* Writes into the journal that the session of another process was brought back here. */
void journal_recovered(struct session *session, long process);

/* A command that is to run, as the history and a script will have it: what these need is there before it runs, for behind it
 * nothing is to fail.  `line` is as it was typed, for the journal, which has it where memory is out as well; `text` is in one
 * line.  False when memory is out: it is not to run. */
struct history_entry {
    char *text;
    struct text script; /* what a record gets */
};
bool history_begin(struct session *session, const char *line, const char *text, struct history_entry *entry,
                   struct glmm_error *err);

/* Behind it; *entry is empty then.  `recorded`: it belongs into a script.  False with err where the script cannot be written, and
 * GLMM_E_MEMORY where memory is refused to the line that tells which data were loaded: the command is to have failed, as the
 * history has it. */
bool history_end(struct session *session, struct history_entry *entry, int status, double seconds, bool recorded,
                 struct glmm_error *err);

/* Makes room for the command that is running, in a history that has taken the place of another. */
bool history_reserve(struct session *session, struct glmm_error *err);

/* Ends the record and the journal, and forgets the history. */
void history_close(struct session *session);

size_t history_count(const struct session *session);
const char *history_text(const struct session *session, size_t index);
int history_status(const struct session *session, size_t index);

/* Begins a script of this session: the earlier commands that succeeded (not with `fresh`), then those to come.
 * A file that is no script of ours is only replaced with `replace`. */
bool record_begin(struct session *session, const char *path, bool fresh, bool replace, struct glmm_error *err);

/* The same in two steps: the file is written, and open; then it is the one that is being recorded, in the place of another, and
 * *file is empty.  Between them `record_drop` leaves it, where another one is recorded still. */
struct record_file {
    FILE *stream;
    char *path;
    bool fresh;
};
bool record_ready(struct session *session, const char *path, bool fresh, bool replace, struct record_file *file,
                  struct glmm_error *err);
void record_change(struct session *session, struct record_file *file);
void record_drop(struct session *session, struct record_file *file);

bool record_end(struct session *session, struct glmm_error *err);

/* The session has become another one: begins the script that is being written anew, as it was begun, if there is one.  Where that
 * fails nothing is recorded any more; where memory was refused it goes on as it was. */
bool record_again(struct session *session, struct glmm_error *err);

/* Looks at a comment of a script: where it tells the checksum of data that are loaded, and the data have another one, says so;
 * where it tells the version that recorded it, and numbers of that one meant something else or it is newer than this one, says
 * that. */
void record_check(struct session *session, const char *line, const char *script);

/* The script that is being written, or NULL. */
const char *record_path(const struct session *session);
/* True where that file is the script that is being written: to run it would write it on without end. */
bool record_is(const struct session *session, const char *path);

/* A file of ours in the directory of that variable ("XDG_STATE_HOME") or its fallback below the home directory (".local/state"),
 * in a folder `mixsh` that is made where `make`; new (mem_free), NULL when there is no home or no memory. */
char *xdg_file(const char *variable, const char *fallback, const char *name, bool make);

#endif
