/* team.h -- the sessions of a team go in step.
 *
 * All members run the same script, and each computes what the script asks for; of replicates each does its part (glmm.h).  So no
 * model, data or random number is ever sent, and a member that has lost the way is found at the next command.  Rank 0 speaks and
 * writes files; behind each command all wait for one another, so that a file is there before another command reads it. */
#ifndef SHELL_TEAM_H
#define SHELL_TEAM_H

#include "session/session.h"

/* Behind a command, with its exit status in this process; returns the one for all.  Where files could not be written, or
 * somebody stopped the work, only rank 0 knows.  Whoever went another way otherwise ends the run. */
int team_agree(struct session *session, const char *line, int status);

#endif
