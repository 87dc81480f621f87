/* copies.h -- copies of a process, for what is refused to them and not to it. */
#ifndef TESTS_COPIES_H
#define TESTS_COPIES_H

#include <sys/wait.h>
#include <unistd.h>

enum { COPY_FILES = 64 }; /* that a process has open */

/* A copy of this process, in which it is 0.  Here its id, or -1, when it has ended with `*status`, and open files are read where
 * they were: a copy shares that, and reads on. */
static inline pid_t copy_of_process(int *status)
{
    off_t at[COPY_FILES];
    pid_t child;

    for (int file = 0; file < COPY_FILES; file++)
        at[file] = lseek(file, 0, SEEK_CUR);
    if ((child = fork()) == 0)
        return 0;
    if (child < 0 || waitpid(child, status, 0) != child)
        return -1;
    for (int file = 0; file < COPY_FILES; file++)
        if (at[file] >= 0)
            lseek(file, at[file], SEEK_SET);
    return child;
}

#endif
