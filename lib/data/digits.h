/* digits.h -- up to eight decimal digits at once, in a 64-bit word.
 *
 * In a word of eight bytes, the first in the lowest, a byte is no digit where (b xor '0') + 0x76 has its highest bit, or b xor
 * '0' itself has; carries go upwards only, so the lowest such byte is right.  The digits before it are moved to the word's end,
 * with zeros before them, and added up in pairs, in fours and in eights. */
#ifndef DATA_DIGITS_H
#define DATA_DIGITS_H

#include <stdint.h>
#include <string.h>

/* Bytes that must be there to be looked at. */
enum { DIGITS_WORD = 8 };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* How many of the DIGITS_WORD bytes at `text` are digits before the first that is none, and their number in *value (0 for none).
 */
static inline int digits_take(const char *text, uint32_t *value)
{
    uint64_t word, no_digit;
    int count = DIGITS_WORD;

    memcpy(&word, text, sizeof word);
    word ^= UINT64_C(0x3030303030303030);
    no_digit = ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
    if (no_digit != 0) {
        count = __builtin_ctzll(no_digit) >> 3;
        if (count == 0) {
            *value = 0;
            return 0;
        }
        word <<= 8 * (DIGITS_WORD - count);
    }
    word = word * 10 + (word >> 8);                                             /* pairs, in every other byte */
    word = (word & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) /* 100 and 10^6 in the upper half */
           + (word >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001);
    *value = (uint32_t)(word >> 32);
    return count;
}
#else
static inline int digits_take(const char *text, uint32_t *value)
{
    int count = 0;

    for (*value = 0; count < DIGITS_WORD && text[count] >= '0' && text[count] <= '9'; count++)
        *value = *value * 10 + (uint32_t)(text[count] - '0');
    return count;
}
#endif

#endif
