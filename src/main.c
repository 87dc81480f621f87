/* main.c -- starts the shell. */
#include <stddef.h>

#include "shell/shell.h"
#include "shell/start.h"

int main(int argc, char **argv)
{
    start_process(argv);
    return shell_main(argc, argv, NULL);
}
