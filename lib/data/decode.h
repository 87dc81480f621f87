/* decode.h -- a text in another encoding made UTF-8, piece by piece, by the system's iconv. */
#ifndef DATA_DECODE_H
#define DATA_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

struct decoder;

/* Whether iconv knows the encoding, by any of its names in any case; GLMM_E_VALUE where not. */
bool decode_known(const char *encoding, struct glmm_error *err);

/* Lines of UTF-8 and of cp1252, as of files that were put one behind the other: letters of western Europe and signs of
 * typesetters that are UTF-8 stay, and each other byte is one of cp1252. */
#define DECODE_MIXED "CP1252 and UTF-8"

/* Returns new.  `encoding` is a name that iconv knows, in any case: latin1, cp1252, utf-16, cp1251, shift_jis, ...; GLMM_E_VALUE
 * for one that it does not know. */
struct decoder *decoder_new(const char *encoding, struct glmm_error *err);
void decoder_free(struct decoder *decoder);

/* Back to the beginning of a text. */
void decoder_reset(struct decoder *decoder);

/* Takes from the *count bytes at *bytes what fits into `room` bytes of `out`, moves both on, and returns how many it wrote. Bytes
 * of a character whose rest has not come yet stay.  *bad is set where the next bytes are no character. */
size_t decoder_run(struct decoder *decoder, const char **bytes, size_t *count, char *out, size_t room, bool *bad);

/* No more bytes come: true where what was left may be read now. */
bool decoder_finish(struct decoder *decoder);

/* Characters that stayed as they were, with DECODE_MIXED. */
size_t decoder_stayed(const struct decoder *decoder);

#endif
