/* source.h -- the text of a file, a block of whole lines at a time.
 *
 * Gzip is recognised by its first bytes, and zeros behind its end are padding (of a tape, or a copy by blocks).  Where an
 * encoding is set the text is made UTF-8.  A byte order mark is left out, and a missing line end after the last line is added.
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
 * names in its directory are suggested.  `progress` is borrowed until source_free, and asked while a pipe or a line that is
 * longer than a block is read. */
struct source *source_open(const char *path, const struct glmm_progress *progress, struct glmm_error *err);

/* Says that a file cannot be opened, for a reason as in errno; of a missing one, which files of its directory have near names;
 * the argument "path" is at fault then.  Returns false. */
bool source_fail(const char *path, int number, struct glmm_error *err);

/* Returns new, over borrowed bytes. */
struct source *source_of_bytes(const char *bytes, size_t count, struct glmm_error *err);
void source_free(struct source *source);

/* From the next source_rewind on the bytes are a text in that encoding (see decode.h); NULL: they are UTF-8 already. */
bool source_encode(struct source *source, const char *encoding, struct glmm_error *err);

/* True after source_next failed since bytes are no character of the encoding. */
bool source_undecodable(const struct source *source);

/* True where with DECODE_MIXED (decode.h) some of the text was UTF-8. */
bool source_is_mixed(const struct source *source);

/* The first bytes, up to a block, before any source_next. */
bool source_peek(struct source *source, const char **bytes, size_t *count, struct glmm_error *err);

/* Sets the next block, which is good until the next call: it ends in \n or \r.  *count is 0 at the end.
 * GLMM_E_LIMIT for a line of more than a GB. */
bool source_next(struct source *source, const char **bytes, size_t *count, struct glmm_error *err);

/* Adds what was read to the checksum, as the next source_next would: another thread may, while the block is read. */
void source_sum(struct source *source);

/* From now on blocks are about so large, or as before where memory does not do. */
void source_widen(struct source *source, size_t size);

/* Back to the first byte. */
bool source_rewind(struct source *source, struct glmm_error *err);

/* All bytes of the file (new), after gunzip, from the first; *count is their number.  The source is at its end then. */
char *source_whole(struct source *source, size_t *count, struct glmm_error *err);

/* How far the source is read, in bytes of the file; *total is 0 where it is unknown. */
void source_place(const struct source *source, double *done, double *total);

/* False where the file is another than when it was opened: longer, shorter, or written to since. */
bool source_unchanged(const struct source *source);

/* About how many bytes of text there are; 0 where it is unknown. */
size_t source_size(const struct source *source);

/* Of all bytes delivered since the start (the byte order mark included, an added line end not), as they are in the
 * file: see struct frame. */
uint64_t source_checksum(const struct source *source);

#endif
