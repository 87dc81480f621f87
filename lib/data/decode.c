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
    bool mixed;    /* DECODE_MIXED: what is UTF-8 stays */
    bool ending;   /* no more bytes come */
    size_t stayed; /* characters that were UTF-8 */
};

/* To UTF-8; (iconv_t)-1 with an error.  What iconv takes behind a slash (//IGNORE would lose letters) is no name. */
static iconv_t open_encoding(const char *encoding, struct glmm_error *err)
{
    iconv_t conversion = (iconv_t)-1;

    errno = 0;
    if (encoding[0] != '\0' && strchr(encoding, '/') == NULL)
        conversion = iconv_open("UTF-8", encoding);
    if (conversion != (iconv_t)-1)
        return conversion;
    if (errno == ENOMEM) {
        fail_memory(err);
        return conversion;
    }
    fail(err, GLMM_E_VALUE, NOWHERE, "no encoding `%.60s` is known", encoding);
    error_argument(err, "encoding");
    error_hint(err, "utf-8, latin1, cp1252, utf-16, or another name that `iconv -l` lists");
    return conversion;
}

struct decoder *decoder_new(const char *encoding, struct glmm_error *err)
{
    struct decoder *decoder = NEW(struct decoder);

    if (decoder == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (strcmp(encoding, DECODE_MIXED) == 0) {
        decoder->mixed = true;
        encoding = "CP1252";
    }
    decoder->conversion = open_encoding(encoding, err);
    if (decoder->conversion != (iconv_t)-1)
        return decoder;
    mem_free(decoder);
    return NULL;
}

bool decode_known(const char *encoding, struct glmm_error *err)
{
    iconv_t conversion = open_encoding(encoding, err);

    if (conversion == (iconv_t)-1)
        return false;
    iconv_close(conversion);
    return true;
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
    decoder->ending = false;
    decoder->stayed = 0;
}

bool decoder_finish(struct decoder *decoder)
{
    bool waiting = decoder->mixed && !decoder->ending;

    decoder->ending = true;
    return waiting;
}

size_t decoder_stayed(const struct decoder *decoder)
{
    return decoder->stayed;
}

/* The bytes of a character of western Europe in UTF-8, a letter or a sign of typesetters, which is hardly two or three of cp1252;
 * 0 where it is none, -1 where its rest has not come. */
static int kept_length(const struct decoder *decoder, const unsigned char *bytes, size_t left)
{
    int need = bytes[0] >= 0xc2 && bytes[0] <= 0xc5 ? 2 : bytes[0] == 0xe2 ? 3 : 0;

    if (need == 0)
        return 0;
    for (int i = 1; i < need; i++) {
        if ((size_t)i == left)
            return decoder->ending ? 0 : -1;
        if ((bytes[i] & 0xc0) != 0x80 || (need == 3 && i == 1 && bytes[i] > 0x84))
            return 0;
    }
    return need;
}

/* Takes at `*in` what stays as it is: ASCII and UTF-8, as much as fits.  Returns the bytes; *waits where the rest must come
 * first. */
static size_t take_kept(struct decoder *decoder, const char *in, size_t count, size_t room, bool *waits)
{
    size_t used = 0;
    int length = 1;

    while (used < count && length > 0) {
        length = (unsigned char)in[used] < 0x80 ? 1 : kept_length(decoder, (const unsigned char *)in + used, count - used);
        if (length > 0 && used + (size_t)length > room)
            break;
        decoder->stayed += length > 1;
        used += length > 0 ? (size_t)length : 0;
    }
    *waits = length < 0;
    return used;
}

/* Kept bytes and single ones of cp1252 by turns. */
static size_t run_mixed(struct decoder *decoder, char **in, size_t *count, char *out, size_t room, bool *bad)
{
    size_t left = room, kept;
    bool waits = false;

    while (*count > 0 && !*bad) {
        size_t one = 1;

        kept = take_kept(decoder, *in, *count, left, &waits);
        memcpy(out, *in, kept);
        *in += kept;
        *count -= kept;
        out += kept;
        left -= kept;
        if (waits || *count == 0 || left < 3 || (unsigned char)**in < 0x80)
            break;
        if (kept_length(decoder, (const unsigned char *)*in, *count) > 0)
            break; /* no room for it */
        *bad = iconv(decoder->conversion, in, &one, &out, &left) == (size_t)-1;
        *count -= 1 - one;
    }
    return room - left;
}

size_t decoder_run(struct decoder *decoder, const char **bytes, size_t *count, char *out, size_t room, bool *bad)
{
    char *in = (char *)(uintptr_t)*bytes, *place = out; /* iconv's prototype has no const; it only reads */
    size_t left = room;

    if (decoder->mixed) {
        size_t wrote = run_mixed(decoder, &in, count, out, room, bad);

        *bytes = in;
        return wrote;
    }
    *bad = iconv(decoder->conversion, &in, count, &place, &left) == (size_t)-1 && errno == EILSEQ;
    *bytes = in;
    return room - left;
}
