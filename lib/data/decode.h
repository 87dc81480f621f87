/* decode.h -- a text in another encoding made UTF-8, piece by piece, by the system's iconv. */
#ifndef DATA_DECODE_H
#define DATA_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

struct decoder;

/* Returns new.  `encoding` is a name that iconv knows, in any case: latin1, cp1252, utf-16, cp1251, shift_jis, ...; GLMM_E_VALUE
 * for one that it does not know. */
struct decoder *decoder_new(const char *encoding, struct glmm_error *err);
void decoder_free(struct decoder *decoder);

/* Back to the beginning of a text. */
void decoder_reset(struct decoder *decoder);

/* Takes from the *count bytes at *bytes what fits into `room` bytes of `out`, moves both on, and returns how many it wrote. Bytes
 * of a character whose rest has not come yet stay.  *bad is set where the next bytes are no character. */
size_t decoder_run(struct decoder *decoder, const char **bytes, size_t *count, char *out, size_t room, bool *bad);

#endif
