/* fuzz-gzip.c -- compressed data: the rest of the input, packed in the way that its first two bytes choose, must read as it does
 * unpacked; broken packing must be an error, or read as what is whole. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/text.h"
#include "data/csv.h"
#include "driver.h"

static const char *const seeds[] = { "00a,b\n1,x\n2,y\n",
                                     "12y,g\n1.5,10\n,9\n2,10\n\n",
                                     "54a\n\"two\nlines\"\n",
                                     "86x,y\n1,2\n007,3\n",
                                     "03\x1f\x8b\x08",
                                     "29a,b,c\n1,2,3\n4,5,6\n7,8,9\n",
                                     "3aa,b\n1,2\n3,4\n5,6\n",
                                     "4ba;b\n1,5;2\n",
                                     NULL };

const long fuzz_rounds = 4000;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

static void check(bool good)
{
    if (!good)
        abort();
}

/* One gzip member, behind what is there already. */
static size_t pack(uint8_t *out, size_t room, const uint8_t *bytes, size_t count, int level)
{
    z_stream z = { .next_in = (Bytef *)bytes, .avail_in = (uInt)count, .next_out = out, .avail_out = (uInt)room };

    check(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    check(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void check_error(const struct glmm_error *err)
{
    check(err->code != GLMM_OK && err->code != GLMM_E_MEMORY && err->message[0] != '\0');
    check(utf8_invalid(err->message, strlen(err->message)) < 0);
}

static bool same(const struct frame *a, const struct frame *b)
{
    return a->checksum == b->checksum && a->rows == b->rows && a->column_count == b->column_count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t way = size > 0 ? data[0] : 0, place = size > 1 ? data[1] : 0;
    const uint8_t *bytes = data + (size > 1 ? 2 : size);
    size_t count = size > 1 ? size - 2 : 0, half = way & 1 ? count * place / 256 : count, room = 2 * count + 200, packed;
    struct glmm_error plain_error = { 0 }, error = { 0 };
    struct frame *plain = csv_read_bytes((const char *)bytes, count, "fuzz", NULL, &plain_error), *frame;
    uint8_t *out = calloc(1, room);

    check(out != NULL);
    packed = pack(out, room, bytes, half, way >> 2 & 7);
    if (way & 1) /* two members */
        packed += pack(out + packed, room - packed, bytes + half, count - half, 6);
    if (way & 2) /* and a byte of it another */
        out[packed * place / 256] ^= (uint8_t)(1 << (way >> 5));
    if (way & 32 && (way & 2) == 0) /* padded with zeros */
        packed += 7;
    frame = csv_read_bytes((const char *)out, packed, "fuzz", NULL, &error);
    if (frame == NULL)
        check_error(&error);
    if ((way & 2) == 0 && (count < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b))
        check((frame == NULL) == (plain == NULL) && (frame == NULL || same(frame, plain)));
    if ((way & 2) != 0 && frame != NULL && plain != NULL && frame->rows == plain->rows)
        check(frame->column_count > 0);
    frame_free(frame);
    frame_free(plain);
    free(out);
    return 0;
}
