/* complete.h -- what the Tab key offers: by position in the grammar, from the tables of commands, options and settings. */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "term/candidates.h"

/* A completer (term/candidates.h).  Needs no terminal; never fails: where nothing is known, nothing is offered. */
void complete_line(struct session *session, const char *line, size_t cursor, struct candidates *candidates);

#endif
