/* hash.h -- where numbers stand in an open table.
 *
 *     hash = 0;  for each number: hash = hash_add(hash, x);  slot = hash_end(hash) & (slots - 1)
 *
 * A whole number of few digits has its bits at the top of a double, and so has every multiple of them: what is taken by its
 * lowest bits must be sent down first, or such numbers all meet in a few slots. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>
#include <string.h>

/* One more number: its bits, so that 0 and -0 differ, and a NaN is what it is. */
static inline uint64_t hash_add(uint64_t hash, double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    hash = (hash ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Behind the last number: all bits in all places. */
static inline uint64_t hash_end(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

#endif
