/* start.h -- what a program of ours does before anything else. */
#ifndef SHELL_START_H
#define SHELL_START_H

/* Settles memory, OpenBLAS, and how OpenMP's threads wait; may start the program anew. */
void start_process(char **argv);

#endif
