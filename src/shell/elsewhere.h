/* elsewhere.h -- what people type who come from R, as a line of this shell. */
#ifndef SHELL_ELSEWHERE_H
#define SHELL_ELSEWHERE_H

#include "lang/command.h"

/* The line that does here what `line`, which is no command of this shell, was to do: `compare m1 m2` for `compare(m1, m2)` or
 * `compare m1, m2`, `fit m = y ~ x + (1 | g)` for `m <- lmer(y ~ x + (1 | g), data = d)`, `let x = 3` for `x <- 3`.  All names in
 * it are there, and it parses.  The arena's; NULL where there is no such line, or memory is out.  *words introduces it. */
const char *elsewhere_line(struct session *session, const char *line, struct arena *arena, const char **words);

/* Puts that line into the hint of the error that the line got, where there is one with room for it.  `command` is NULL where it
 * was none, or not one's call, else the command that failed: `fit lmer(...)`, `plot m1`.  Of an unknown one the error says no
 * more than that: what else begins as it does was not meant. */
void elsewhere_hint(struct session *session, const char *line, const struct command *command, bool unknown, struct arena *arena,
                    struct glmm_error *err);

#endif
