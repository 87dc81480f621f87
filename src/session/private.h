/* private.h -- what only src/session sees of a session. */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include <stdio.h>
#include <sys/types.h>
#include "base/text.h"
#include "session/session.h"

/* A command that ran. */
struct past {
    char *text;
    int status;    /* 0: it succeeded */
    bool recorded; /* belongs into a script */
};

/* A file that results were written to, and the size that it had then. */
struct written {
    dev_t device;
    ino_t file;
    off_t size;
};

struct chronicle;

struct session_private {
    struct past *past; /* in order */
    size_t past_count, past_capacity;
    FILE *record; /* open while `record` is on */
    char *record_path;
    bool record_fresh;   /* it began without the commands before it */
    int journal;         /* file descriptor, or -1 */
    bool journal_failed; /* said so once */
    FILE *output;        /* open while `output` is on */
    char *output_path;
    bool output_commands;            /* the copy has the commands and the errors too */
    struct text *capture;            /* results go here instead of standard output (replay, check=); borrowed */
    struct undo_step *done, *undone; /* changes of the data, the last one first (undo.h) */
    struct undo_mark *mark;          /* of the command that is running, or NULL */
    bool forgot;                     /* older ones than these are not kept */
    struct written *written;         /* files of our own (guard.h) */
    size_t written_count, written_capacity;
    struct chronicle *chronicle; /* what was shown, for `report` (chronicle.h); NULL: nothing yet */
    const char *expected;        /* what is told is captured where it stands in this; NULL: never.  Borrowed */
    bool telling;                /* a word on what a command did is shown, no result */
};

#endif
