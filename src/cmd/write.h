/* write.h -- the command write in parts: what the file loses, and the commands that give it back. */
#ifndef CMD_WRITE_H
#define CMD_WRITE_H

#include "lang/command.h"
#include "data/verbs.h"
#include "result/result.h"

/* How the data become what they were once the file is loaded (with `types` where not NULL): a sentence, and below it the commands
 * as they can be typed in that width, as many as a person reads; all of them in `again`.  losses[] has those of each variable;
 * `labelled` files drop blanks at the ends of levels. */
void write_add_again(struct result *result, const struct call *call, const struct frame *data, const unsigned losses[],
                     const char *types, int width);

#endif
