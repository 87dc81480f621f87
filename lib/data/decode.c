/* decode.c -- see decode.h. */
#include "config.h"
#include "data/decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

struct decoder {
    iconv_t conversion;
};

struct decoder *decoder_new(const char *encoding, struct glmm_error *err)
{
    struct decoder *decoder = NEW(struct decoder);

    if (decoder == NULL) {
        fail_memory(err);
        return NULL;
    }
    decoder->conversion = encoding[0] == '\0' || strchr(encoding, '/') != NULL ? (iconv_t)-1 : iconv_open("UTF-8", encoding);
    if (decoder->conversion != (iconv_t)-1)
        return decoder;
    if (errno == ENOMEM) {
        fail_memory(err);
    } else {
        fail(err, GLMM_E_VALUE, NOWHERE, "no encoding `%.60s` is known", encoding);
        error_argument(err, "encoding");
        error_hint(err, "utf-8, latin1, cp1252, utf-16, or another name that `iconv -l` lists");
    }
    mem_free(decoder);
    return NULL;
}

void decoder_free(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    iconv_close(decoder->conversion);
    mem_free(decoder);
}

void decoder_reset(struct decoder *decoder)
{
    iconv(decoder->conversion, NULL, NULL, NULL, NULL);
}

size_t decoder_run(struct decoder *decoder, const char **bytes, size_t *count, char *out, size_t room, bool *bad)
{
    char *in = (char *)(uintptr_t)*bytes, *place = out; /* iconv's prototype has no const; it only reads */
    size_t left = room;

    *bad = iconv(decoder->conversion, &in, count, &place, &left) == (size_t)-1 && errno == EILSEQ;
    *bytes = in;
    return room - left;
}
