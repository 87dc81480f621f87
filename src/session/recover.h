/* recover.h -- what the journal knows of a session that did not come to its end: the program crashed, or was killed. */
#ifndef SESSION_RECOVER_H
#define SESSION_RECOVER_H

#include "session/session.h"

struct recovered {
    char *bytes;            /* the journal; all else points into it */
    const char *begun;      /* "2026-11-21T09:29:50" */
    const char *folder;     /* where it ran, made safe */
    const char *unfinished; /* the command that ran when it ended, or NULL */
    long process;
    const char **commands; /* those that succeeded, in order, as a script has them */
    size_t count, capacity;
};

/* Finds the last such session with a command that succeeded, among those whose process is gone.  False with err where there is
 * none. */
bool recover_find(struct recovered *recovered, struct glmm_error *err);
void recover_clear(struct recovered *recovered);

#endif
