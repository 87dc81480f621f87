/* shell.h -- the program: its options, and what it runs. */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

struct glmm_team;

/* Runs mixsh with the arguments of main() and returns its exit status:
 * 0 all well; 1 a command failed; 2 usage or syntax; 3 file; 4 a replay differs; 130 interrupted; 141 nobody reads the output.
 * A member of a team (NULL: none) runs scripts and -e commands only, in step with the others (shell/team.h). */
int shell_main(int argc, char **argv, const struct glmm_team *team);

#endif
