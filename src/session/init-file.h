/* init-file.h -- settings kept for the sessions to come, in the init file: $XDG_CONFIG_HOME/mixsh/init.mix (~/.config without the
 * variable).  They stand there between two comments, and what else a person has written into it stays. */
#ifndef SESSION_INIT_FILE_H
#define SESSION_INIT_FILE_H

#include "session/session.h"

/* Writes the settings that are not as they are at the start; *path gets the file's (mem_free). */
bool init_file_save(struct session *session, char **path, struct glmm_error *err);

#endif
