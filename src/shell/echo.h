/* echo.h -- what a script shows of itself between the output of its commands: these, where echo is asked for, its comments and
 * the prose of a lesson, whose lines flow in the width of the screen. */
#ifndef SHELL_ECHO_H
#define SHELL_ECHO_H

#include <stdbool.h>

#include "base/text.h"
#include "session/session.h"

struct echo {
    struct session *session;
    bool always;           /* whatever `set echo` says */
    bool typed;            /* by a person, who sees it already */
    bool prose;            /* comments are a lesson, and lose their marks */
    struct text paragraph; /* not shown yet */
};

/* Whether commands are shown. */
bool echo_shows(const struct echo *echo);

/* A command behind its mark, or (mark "") words, where commands are shown: broken at the width of the screen; in a file a command
 * stays on its line. */
void echo_line(const struct echo *echo, const char *mark, const char *line);

/* Says that memory is out, and something is not shown; formats in which nothing is echoed lack nothing. */
void echo_lost(const struct echo *echo);

/* A line of a lesson, or a comment.  One that is empty or indented ends the paragraph, and stands by itself. */
void echo_prose(struct echo *echo, const char *line);

/* Shows the paragraph that was gathered: its lines as they stand where all have room, else flowing from one that begins anew to
 * the next. */
void echo_prose_end(struct echo *echo);

/* The rows that the paragraph needs; 0 where there is none, or it is not shown. */
int echo_prose_rows(const struct echo *echo);

void echo_clear(struct echo *echo);

#endif
