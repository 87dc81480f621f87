/* call.h -- from the text of a command to a call of it. */
#ifndef SHELL_CALL_H
#define SHELL_CALL_H

#include "lang/command.h"

/* Where the name of the command ends, with which the line begins; 0 where it begins with none. */
int call_name_end(const char *line);

/* command -> NAME [ arguments ] [ `,` options ]
 *
 * Parses the clean text of one command (lang/split.h).  `prefix`: unambiguous prefixes will do.  All memory is the arena's.
 * call->command is set as soon as it is known, also where the rest is wrong. */
bool call_parse(struct call *call, const char *line, bool prefix, struct arena *arena, struct glmm_error *err);

/* The flags of what the call runs: of `try COMMAND` those of that command, where it can be parsed. */
unsigned call_flags(const struct call *call, bool prefix, struct arena *arena);

/* Of a call that failed, where an option of its command stands among the arguments: the hint says that a comma is missing. */
void call_hint_comma(const struct call *call, struct glmm_error *err);

#endif
