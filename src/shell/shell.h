/* shell.h -- the program: its options, and what it runs. */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

/* Runs mixsh with the arguments of main() and returns its exit status:
 * 0 all well; 1 a command failed; 2 usage or syntax; 3 file; 4 a replay differs; 130 interrupted; 141 nobody reads the output. */
int shell_main(int argc, char **argv);

#endif
