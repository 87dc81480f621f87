/* private.h -- what only src/session and src/shell see of a session. */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include <stdio.h>
#include <sys/types.h>
#include "base/text.h"
#include "session/session.h"

struct origin;

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

struct session_private {
    struct past *past; /* in order */
    size_t past_count, past_capacity;
    FILE *record; /* open while `record` is on */
    char *record_path;
    int journal;         /* file descriptor, or -1 */
    bool journal_failed; /* said so once */
    FILE *output;        /* open while `output` is on */
    char *output_path;
    bool output_commands;    /* the copy has the commands and the errors too */
    struct text *capture;    /* results go here instead of standard output (replay, check=); borrowed */
    struct written *written; /* files of our own (guard.h) */
    size_t written_count, written_capacity;
    bool wrote;                  /* something was shown since the last prompt: a caret would not stand under what was typed */
    bool apart;                  /* the last thing shown is a result to be read: a blank line sets the next one apart */
    bool copy_apart;             /* the same in the copy of `output FILE` */
    bool lost;                   /* something could not be shown: the exit status says so whatever else went well */
    bool broken;                 /* nobody reads standard output any more */
    const struct origin *origin; /* of the command that is running (report.h), or NULL */
    int depth;                   /* scripts that run scripts */
};

#endif
