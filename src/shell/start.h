/* start.h -- what a program of ours does before anything else. */
#ifndef SHELL_START_H
#define SHELL_START_H

/* Settles memory and OpenBLAS; may start the program anew. */
void start_process(char **argv);

#endif
