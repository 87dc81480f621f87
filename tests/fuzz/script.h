/* script.h -- scripts in fuzz targets: what they show is kept, and long work is stopped, as Ctrl-C would stop it. */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

#include "base/text.h"
#include "session/session.h"

/* Aborts where something is wrong. */
void check(bool good);

/* Returns new; what is shown in it goes into `shown`, which lives as long. */
struct session *script_session(struct text *shown);

/* What a person is told, from the one to the other: the errors and notices, which go to descriptor 2, as a sanitizer's report
 * does. */
void told_begin(void);
const char *told_end(size_t *length);

/* Runs a script, also behind errors; stops it after so many looks at the progress. */
void script_run(struct session *session, const char *script, int steps);

#endif
