/* filed.h -- what `output` and `record` say of the file that the session goes on writing. */
#ifndef CMD_FILED_H
#define CMD_FILED_H

#include "session/session.h"

/* Shows where it goes: `none` where path is NULL, else `some` and the path. */
bool filed_show(struct session *session, const char *command, const char *path, const char *none, const char *some,
                struct glmm_error *err);

/* A word on what was done with it: before, the path (or NULL), behind.  `now` is the file that is written from here on, or NULL.
 */
bool filed_tell(struct session *session, const char *command, const char *now, const char *before, const char *path,
                const char *behind, struct glmm_error *err);

#endif
