/* store.h -- a whole session in one file, an SQLite database (doc/session.md has its tables): data, matrices, models and their
 * fits, settings, history.
 *
 * It is made in memory and put in the place of the file at once (file_replace), so that a file is whole or not there.  A checksum
 * of all its bytes, CRC-32 with its own four bytes as 0, stands in the header's `user_version`. */
#ifndef SESSION_STORE_H
#define SESSION_STORE_H

#include "session/session.h"

enum { STORE_FORMAT = 1 };

/* Whether this program can save and restore: it was built with SQLite.  Else an error that names the package. */
bool store_possible(struct glmm_error *err);

/* How a model was fitted whose fit has no image (fit/fit-image.h). */
struct refit_wish {
    bool wanted;
    int method, nodes; /* enum fit_method */
};

struct past;

/* What a session is made of, outside of one. */
struct stored {
    struct dataset *datasets; /* newest first; owned */
    const struct frame *data; /* one of them, or NULL */
    struct relation *relations;
    struct model *models; /* in order; owned, with their fits */
    struct model *model;
    struct settings settings;
    struct past *past; /* owned */
    size_t past_count, past_capacity;
    struct undo_step *done, *undone; /* of the session; owned */
    char *version;                   /* of the program that saved it; owned */
    struct refit_wish *wishes;       /* of the i-th model; owned */
    size_t model_count, dataset_count;
};

/* Writes the session to the file. */
bool store_write(struct session *session, const char *path, struct glmm_error *err);

/* Reads the file; *stored is to be cleared either way. */
bool store_read(const char *path, const struct glmm_progress *progress, struct stored *stored, struct glmm_error *err);

/* Puts it in the place of what the session had, which *stored then has; the same again takes that back.  The settings of the
 * terminal stay.  Nothing can be undone in the session that was stored. */
void store_exchange(struct session *session, struct stored *stored);
void stored_clear(struct stored *stored);

#endif
