/* rng.h -- counter-based random numbers (Philox 4x32-10; Salmon et al. 2011, via Random123) with independent streams.
 *
 * The numbers depend on (seed, stream) and on the place in the stream only, so that replicate r draws from stream r and a
 * parallel loop gives the same bytes for any number of threads. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint32_t key[2], counter[4], buffer[4];
    int left; /* unused words in buffer */
};

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream);
uint32_t rng_bits(struct rng *rng);
double rng_uniform(struct rng *rng);             /* open interval (0, 1), 52 bits */
double rng_normal(struct rng *rng);              /* standard normal, by inversion */
uint32_t rng_below(struct rng *rng, uint32_t n); /* 0 .. n-1, without bias; n > 0 */

#endif
