/* pager-external.h -- a program of the person's own that shows long output (`set pager external`). */
#ifndef TERM_PAGER_EXTERNAL_H
#define TERM_PAGER_EXTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include "session/session.h"

/* Runs the program and waits for its end.  False where there is none, or it fails: the text counts as not shown. */
bool pager_external(struct session *session, const char *text, size_t length);

#endif
