/* rng.c -- see rng.h. */
#include "base/rng.h"

#include <string.h>

#define R123_USE_U01_DOUBLE 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#include <Random123/philox.h>
#pragma GCC diagnostic pop
#include <Rmath.h>

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream)
{
    memset(rng, 0, sizeof *rng);
    rng->key[0] = (uint32_t)seed;
    rng->key[1] = (uint32_t)(seed >> 32);
    rng->counter[2] = (uint32_t)stream;
    rng->counter[3] = (uint32_t)(stream >> 32);
}

uint32_t rng_bits(struct rng *rng)
{
    if (rng->left == 0) {
        philox4x32_ctr_t counter;
        philox4x32_key_t key;
        philox4x32_ctr_t out;

        memcpy(counter.v, rng->counter, sizeof rng->counter);
        memcpy(key.v, rng->key, sizeof rng->key);
        out = philox4x32(counter, key);
        memcpy(rng->buffer, out.v, sizeof rng->buffer);
        if (++rng->counter[0] == 0)
            rng->counter[1]++;
        rng->left = 4;
    }
    return rng->buffer[4 - rng->left--];
}

double rng_uniform(struct rng *rng)
{
    uint64_t high = rng_bits(rng), low = rng_bits(rng);
    uint64_t bits = (high << 32 | low) >> 12; /* 52 bits, so that the midpoints are exact */

    return ((double)bits + 0.5) * 0x1p-52;
}

double rng_normal(struct rng *rng)
{
    return qnorm5(rng_uniform(rng), 0.0, 1.0, 1, 0);
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
    uint32_t threshold = -n % n, bits; /* Lemire's rejection, on the high half of a product */
    uint64_t product;

    do {
        bits = rng_bits(rng);
        product = (uint64_t)bits * n;
    } while ((uint32_t)product < threshold);
    return (uint32_t)(product >> 32);
}
