/* prompt.h -- the prompt shows the state. */
#ifndef TERM_PROMPT_H
#define TERM_PROMPT_H

#include "base/text.h"
#include "session/session.h"

/* Appends "mixsh> ", "mixsh sleepstudy> " or "mixsh sleepstudy:m2> "; a long name is cut so that half the line is left. */
void prompt_state(const struct session *session, struct text *out);

/* Appends the prompt of a continuation line: as wide as the one of the state, and showing what is open: "     (...> ". */
void prompt_continuation(const struct session *session, char open, struct text *out);

#endif
