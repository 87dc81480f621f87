/* checksum.c -- see checksum.h. */
#include "data/checksum.h"

struct checksum checksum_begin(void)
{
    return (struct checksum){ .hash = UINT64_C(0xcbf29ce484222325) };
}

static void checksum_word(struct checksum *sum, uint64_t word)
{
    sum->hash = (sum->hash ^ word) * UINT64_C(0x100000001b3);
    sum->hash ^= sum->hash >> 32;
}

void checksum_add(struct checksum *sum, const char *bytes, size_t count)
{
    const unsigned char *p = (const unsigned char *)bytes, *end = p + count;

    while (p < end) {
        if (sum->bytes == 0 && end - p >= 8) {
            uint64_t word = 0;

            for (int i = 0; i < 8; i++) /* one load, on a little-endian machine */
                word |= (uint64_t)p[i] << 8 * i;
            checksum_word(sum, word);
            p += 8;
            continue;
        }
        sum->word |= (uint64_t)*p++ << 8 * sum->bytes;
        if (++sum->bytes == 8) {
            checksum_word(sum, sum->word);
            sum->word = 0;
            sum->bytes = 0;
        }
    }
}

uint64_t checksum_end(const struct checksum *sum)
{
    struct checksum end = *sum;

    if (end.bytes > 0)
        checksum_word(&end, end.word);
    return end.hash;
}
