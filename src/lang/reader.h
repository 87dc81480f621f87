/* reader.h -- where lines come from: a terminal, a file, a text. */
#ifndef LANG_READER_H
#define LANG_READER_H

#include <stdio.h>
#include "base/error.h"
#include "base/text.h"

enum read_state {
    READ_LINE,      /* *line is the next line, without its newline; borrowed until the next call */
    READ_END,       /* no more lines */
    READ_INTERRUPT, /* Ctrl-C: what was typed so far is given up */
    READ_ERROR      /* *err says what went wrong */
};

/* `open` is what waits for more lines (as in split.h), or 0: a prompt shows it where a person types.  `close` frees the
 * reader. */
struct reader {
    enum read_state (*next)(struct reader *reader, char open, const char **line, size_t *length, struct glmm_error *err);
    void (*close)(struct reader *reader);
    const char *name; /* for messages: "hw1.mix", "stdin", "-e"; NULL where a person types.  Owned by the reader */
};

/* Return new.  Each gives NULL and err when it cannot be opened. */
struct reader *reader_open_file(const char *path, struct glmm_error *err);                   /* "-" is standard input */
struct reader *reader_open_stream(FILE *stream, const char *name, struct glmm_error *err);   /* borrows the stream */
struct reader *reader_open_text(const char *text, const char *name, struct glmm_error *err); /* copies */

/* Takes NULL. */
void reader_close(struct reader *reader);

#endif
