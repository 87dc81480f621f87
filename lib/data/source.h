/* source.h -- the bytes of a text file, a block of whole lines at a time.
 *
 * Gzip is recognised by its first bytes.  A byte order mark is left out, and a missing line end after the last line is added.
 * What cannot be read twice (standard input, a pipe) is kept in memory. */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/progress.h"

struct source;

/* Returns new; "-" is standard input.  A directory, a missing or an unreadable file is an error; for a missing one the nearest
 * names in its directory are suggested.  `progress` is borrowed, and asked while a pipe is read. */
struct source *source_open(const char *path, const struct glmm_progress *progress, struct glmm_error *err);

/* Says that a file cannot be opened, for a reason as in errno; of a missing one, which files of its directory have near names.
 * Returns false. */
bool source_fail(const char *path, int number, struct glmm_error *err);

/* Returns new, over borrowed bytes. */
struct source *source_of_bytes(const char *bytes, size_t count, struct glmm_error *err);
void source_free(struct source *source);

/* Sets the next block, which is good until the next call: it ends in \n or \r.  *count is 0 at the end. */
bool source_next(struct source *source, const char **bytes, size_t *count, struct glmm_error *err);

/* Back to the first byte. */
bool source_rewind(struct source *source, struct glmm_error *err);

/* How far the source is read, in bytes of the file; *total is 0 where it is unknown. */
void source_place(const struct source *source, double *done, double *total);

/* About how many bytes of text there are; 0 where it is unknown. */
size_t source_size(const struct source *source);

/* Of all bytes delivered since the start (the byte order mark included, an added line end not): see struct frame. */
uint64_t source_checksum(const struct source *source);

#endif
