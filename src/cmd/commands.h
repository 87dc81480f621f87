/* commands.h -- the table of commands. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "lang/command.h"
#include "base/suggest.h"
#include "base/text.h"

/* Ended by NULL, in the order of `help`. */
extern const struct command *const commands[];

/* The groups in which `help` lists them: each from the command of that name up to the first of another group; ended by a
 * NULL title. */
struct command_group {
    const char *title;
    const char *first;
};
extern const struct command_group command_groups[];

/* The one whose errors do not stop a script. */
extern const struct command command_try;

/* The command of that exact name or alias (q, exit), or NULL; with `prefix`, an unambiguous prefix will do. */
const struct command *command_find(const char *name, size_t length, bool prefix);

/* Whether the words, in a sentence, are a command to be typed, and what stands behind it: not so "fitted by Laplace". */
bool command_begins(const char *words);

/* Number of commands that begin with `name`; *names (NULL: not wanted) gets them as "`set`, `summary`". */
int command_candidates(const char *name, size_t length, struct text *names);

/* As command_find, but an unknown or ambiguous name is an error at `at` that suggests the nearest. */
const struct command *command_need(const char *name, size_t length, bool prefix, struct glmm_span at, struct glmm_error *err);

#endif
