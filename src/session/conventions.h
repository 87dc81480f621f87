/* conventions.h -- which numbers mean something else than in an older version: a script that it recorded is told when it runs. */
#ifndef SESSION_CONVENTIONS_H
#define SESSION_CONVENTIONS_H

#include <stdbool.h>

#include "base/text.h"

struct convention {
    const char *version; /* the first that has it */
    const char *what;    /* "BIC counts groups, not rows" */
};

/* In the order of versions; ends in { NULL, NULL }. */
extern const struct convention conventions[];

/* Adds what a script of `version` has to know that runs in version `now`: each convention since, or that it is newer than this
 * program; nothing where its numbers are the same.  Versions are `1.2.3` up to the end of the line; false where one is none. */
bool conventions_since(struct text *out, const char *version, const char *now, const struct convention *list);

#endif
