/* main.c -- starts the shell. */
#include <locale.h>

#include "shell/shell.h"

int main(int argc, char **argv)
{
    /* Only characters follow the locale: numbers are always written and read with a point. */
    setlocale(LC_CTYPE, "");
    return shell_main(argc, argv);
}
