/* main.c -- starts the shell. */
#include <malloc.h>

#include "shell/shell.h"

int main(int argc, char **argv)
{
    /* Blocks from a megabyte on come from the system and go back to it.  glibc would raise that bound as blocks are freed, up to
     * 32 MB, and the growing columns of a file would then leave their former places behind as holes. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    return shell_main(argc, argv);
}
