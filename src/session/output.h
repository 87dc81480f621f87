/* output.h -- where results go: standard output, a copy in a file, a text; and results written to files. */
#ifndef SESSION_OUTPUT_H
#define SESSION_OUTPUT_H

#include <signal.h>
#include "session/session.h"

/* The style of output that no terminal shows: plain, in the width that is set or 80. */
struct style session_plain_style(const struct session *session);

/* render() for the session: says why there is nothing, a Ctrl-C or memory. */
bool session_render(const struct session *session, const struct result *result, const struct style *style, struct text *out,
                    struct glmm_error *err);

/* Writes text to where results go (and to the copy, when it is on).  `colored`: the sequences in it that set colours are the
 * program's own; else a terminal gets none. */
bool session_write(struct session *session, const char *text, size_t length, bool colored, struct glmm_error *err);

/* A file for a copy of what is shown, open. */
struct output_copy {
    FILE *stream; /* NULL: none */
    char *path;
    bool commands; /* it gets the commands and the errors too */
};

/* Opens the file (it is replaced if it exists); nothing is copied yet. */
bool output_copy_open(const struct session *session, const char *path, bool commands, struct output_copy *copy,
                      struct glmm_error *err);
/* What is shown goes to this file from now on, and to none with NULL; takes what *copy has.  Changes nothing where memory was
 * refused to the command. */
bool session_output(struct session *session, struct output_copy *copy, struct glmm_error *err);
/* Closes a file that did not become the copy. */
void output_copy_clear(struct output_copy *copy);
/* For such a copy: a command that is about to run, and the lines of an error. */
bool session_copy_command(struct session *session, const char *line, struct glmm_error *err);
void session_copy_error(struct session *session, const char *message);

/* Shows session->last in that style, apart from what stands above it as session_emit() does. */
bool session_emit_again(struct session *session, const struct style *style, struct glmm_error *err);

/* Takes the result and shows it, as session_emit() does, but leaves `last` and the copy as they are: a word on what a command
 * did.  Where output is captured nothing is said, but for what session_expect() expects. */
bool session_tell(struct session *session, struct result *result, struct glmm_error *err);
/* What session_tell() says is captured where it stands in this text, the caller's (`replay FILE, check=OUT`: a copy by `output`
 * has no such words, standard output has); NULL, as at first: never.  Returns what was set before. */
const char *session_expect(struct session *session, const char *expected);
/* The file of the copy, or NULL. */
const char *session_output_path(const struct session *session);

/* Results go into the text instead of standard output until it is called with NULL; returns what was set before. */
struct text *session_capture(struct session *session, struct text *capture);

/* Writes all bytes to a descriptor.  EINTR goes on unless *stop (NULL: never) is set meanwhile, which is no failure. */
bool file_write(int fd, const char *bytes, size_t count, const volatile sig_atomic_t *stop);

/* Appends the whole file to `text`. */
bool file_read(const char *path, struct text *text, struct glmm_error *err);

/* Writes a whole file: it comes to the disk without a name, and then takes that of the file that it replaces, so that either the
 * old one or the new one is there whatever happens, and nothing else.  A silent member of a team writes none. */
bool file_replace(struct session *session, const char *path, const char *bytes, size_t count, struct glmm_error *err);

#endif
