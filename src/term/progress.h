/* progress.h -- the progress line, and what is said when work is stopped.
 *
 * The evaluator brackets each command with progress_begin() and progress_end(); the engine calls session->progress in between.
 * After 1 s of work, where standard error is a terminal and `set progress` allows it, one line rewrites itself there:
 * `fit m3  evaluation 14  deviance 1743.91  3 s  ^C stops`, with an ETA where the total is known. */
#ifndef TERM_PROGRESS_H
#define TERM_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include "session/session.h"

/* For tests: asked at each look from now on, with what is told there; false is a Ctrl-C.  May be asked by several threads at
 * once; NULL: none. */
void progress_watch(bool (*look)(const char *what));

/* Starts the clock; sets session->progress and clears session->interrupted.  `label` ("fit") is copied. */
void progress_begin(struct session *session, const char *label);

/* A command says better what it is doing, and what stays as it was when it is stopped: ("fit m3", "m3").  Copied; `kept` may
 * be NULL. */
void progress_name(struct session *session, const char *label, const char *kept);

/* Erases the line, because something else is to be shown; the work goes on. */
void progress_hide(void);

/* Erases the line and stops the clock.  Safe to call twice. */
void progress_end(struct session *session);

/* Writes "fit m3 stopped after 14 evaluations (1.8 s); m3 is unchanged." for the work since progress_begin(); call it when a
 * command failed with GLMM_E_INTERRUPT.  The evaluator prints it after "^C  ".  Returns buffer. */
const char *progress_stopped(struct session *session, char *buffer, size_t size);

/* Seconds since progress_begin(), for `set timing on`. */
double progress_seconds(const struct session *session);

#endif
