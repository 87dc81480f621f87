/* guard.h -- what may be overwritten. */
#ifndef SESSION_GUARD_H
#define SESSION_GUARD_H

#include "session/session.h"

/* True where results may be written to the file: it does not exist, is empty, is no plain file, is one that mixsh wrote itself
 * and nobody has changed since, or `replace` asks for it.  Never the file of loaded data, nor a script that is running or being
 * recorded.  `command` is what `, replace` is to be put behind, for the hint; NULL
 * where it is put behind other words. */
bool guard_replace(struct session *session, const char *path, bool replace, const char *command, struct glmm_error *err);

/* Marks the open file as one that mixsh wrote, as it is now: with a remark of the file system where that keeps any, and for the
 * rest of the session everywhere. */
void guard_mark(struct session *session, int fd);

/* Frees what is kept of the session's own files. */
void guard_clear(struct session *session);

#endif
