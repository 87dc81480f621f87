/* test-rng.c -- the generator against its published vectors, and its streams against what they promise. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"

/* Salmon et al. (2011), known answers of philox4x32 with 10 rounds. */
Test(rng, known_answers)
{
    struct rng rng;

    rng_init(&rng, 0, 0);
    cr_assert_eq(rng_bits(&rng), 0x6627e8d5);
    cr_assert_eq(rng_bits(&rng), 0xe169c58d);
    cr_assert_eq(rng_bits(&rng), 0xbc57ac4c);
    cr_assert_eq(rng_bits(&rng), 0x9b00dbd8);
    memset(&rng, 0xff, sizeof rng);
    rng.left = 0;
    cr_assert_eq(rng_bits(&rng), 0x408f276d);
    cr_assert_eq(rng_bits(&rng), 0x41c83b0e);
    cr_assert_eq(rng_bits(&rng), 0xa20bc7c6);
    cr_assert_eq(rng_bits(&rng), 0x6d5451fd);
}

Test(rng, streams_are_reproducible_and_apart)
{
    struct rng a, b, c, d;
    int same_stream = 0, other_stream = 0, other_seed = 0;

    rng_init(&a, 42, 7);
    rng_init(&b, 42, 7);
    rng_init(&c, 42, 8);
    rng_init(&d, UINT64_C(42) | UINT64_C(1) << 40, 7); /* the high half of a seed counts too */
    for (int i = 0; i < 1000; i++) {
        uint32_t x = rng_bits(&a);

        same_stream += x == rng_bits(&b);
        other_stream += x == rng_bits(&c);
        other_seed += x == rng_bits(&d);
    }
    cr_assert_eq(same_stream, 1000);
    cr_assert_leq(other_stream, 1);
    cr_assert_leq(other_seed, 1);
}

Test(rng, uniform_moments)
{
    enum { N = 1000000 };
    double sum = 0, squares = 0, cubes = 0, previous = 0.5, lag = 0, low = 1, high = 0;
    struct rng rng;

    rng_init(&rng, 1, 0);
    for (int i = 0; i < N; i++) {
        double u = rng_uniform(&rng), x = u - 0.5;

        low = u < low ? u : low;
        high = u > high ? u : high;
        sum += x;
        squares += x * x;
        cubes += x * x * x;
        lag += x * previous;
        previous = x;
    }
    cr_assert_gt(low, 0.0);
    cr_assert_lt(high, 1.0);
    cr_assert_lt(low, 1e-5);
    cr_assert_gt(high, 1 - 1e-5);
    cr_assert_lt(fabs(sum / N), 4 * sqrt(1.0 / 12 / N)); /* four standard errors */
    cr_assert_lt(fabs(squares / N - 1.0 / 12), 4 * sqrt(1.0 / 180 / N));
    cr_assert_lt(fabs(cubes / N), 4 * sqrt(1.0 / 448 / N));
    cr_assert_lt(fabs(lag / N), 4 * sqrt(1.0 / 144 / N));
}

Test(rng, normal_moments)
{
    enum { N = 400000 };
    double sum = 0, squares = 0, fourth = 0;
    struct rng rng;

    rng_init(&rng, 3, 0);
    for (int i = 0; i < N; i++) {
        double z = rng_normal(&rng);

        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
    }
    cr_assert_lt(fabs(sum / N), 4 / sqrt((double)N));
    cr_assert_lt(fabs(squares / N - 1), 4 * sqrt(2.0 / N));
    cr_assert_lt(fabs(fourth / N - 3), 4 * sqrt(96.0 / N));
}

Test(rng, below_is_even)
{
    enum { N = 210000, FACES = 7 };
    int counts[FACES] = { 0 };
    double chisq = 0;
    struct rng rng;

    rng_init(&rng, 5, 0);
    for (int i = 0; i < N; i++) {
        uint32_t face = rng_below(&rng, FACES);

        cr_assert_lt(face, FACES);
        counts[face]++;
    }
    for (int i = 0; i < FACES; i++)
        chisq += pow(counts[i] - (double)N / FACES, 2) / ((double)N / FACES);
    cr_assert_lt(chisq, 27.9); /* 0.9999 quantile, 6 df */
    cr_assert_eq(rng_below(&rng, 1), 0);
    for (int i = 0; i < 1000; i++)
        cr_assert_lt(rng_below(&rng, UINT32_MAX), UINT32_MAX);
}
