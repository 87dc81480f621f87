/* script-complete.h -- completion of mixsh's own arguments in bash and zsh, made from the tables of commands and options. */
#ifndef SHELL_SCRIPT_COMPLETE_H
#define SHELL_SCRIPT_COMPLETE_H

#include <stdbool.h>
#include "base/text.h"

/* Adds the script for that shell ("bash", "zsh"); false where there is none. */
bool script_complete(const char *shell, struct text *out);

#endif
