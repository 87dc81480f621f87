/* driver.c -- runs a fuzz target without libFuzzer: the files named, or mutations of the target's seeds, the same ones each time.
 *
 *     tests/fuzz/fuzz-command               20000 mutations (part of make check)
 *     tests/fuzz/fuzz-command -n 5000000    as many as you like
 *     tests/fuzz/fuzz-command crash-1       these inputs again
 *
 * An input that crashes stands in the file `crash` of the current folder.  With clang the target alone makes a libFuzzer
 * program. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { LARGEST = 4096 };

static uint64_t state = 88172645463325252u;

/* xorshift64 (Marsaglia 2003). */
static uint32_t below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): n > 0 everywhere */
    return (uint32_t)(state >> 32) % n;
}

/* Changes `input` in a few places: a byte set, dropped, doubled, or a piece of another seed put in. */
static size_t mutate(uint8_t *input, size_t length, const char *const *seeds, uint32_t count)
{
    static const char marks[] = "(){}\"`\\;#\n,=~|:+-*/^%.0e9 \t\xC3\xA9\xFF\x00";

    for (uint32_t i = 1 + below(6); i > 0; i--) {
        const char *other = seeds[below(count)];
        size_t at = length == 0 ? 0 : below((uint32_t)length), from, piece;

        switch (below(4)) {
        case 0:
            if (length > 0)
                input[at] = below(3) == 0 ? (uint8_t)below(256) : (uint8_t)marks[below(sizeof marks - 1)];
            break;
        case 1:
            if (length > 0)
                memmove(input + at, input + at + 1, --length - at);
            break;
        case 2:
            if (length > 0 && length < LARGEST) {
                memmove(input + at + 1, input + at, length++ - at);
            }
            break;
        default:
            from = below((uint32_t)strlen(other) + 1);
            piece = strlen(other) - from;
            piece = piece == 0 ? 0 : below((uint32_t)piece) + 1;
            if (length + piece <= LARGEST) {
                memmove(input + at + piece, input + at, length - at);
                memcpy(input + at, other + from, piece);
                length += piece;
            }
        }
    }
    return length;
}

/* A copy of the exact size, so that a sanitizer sees a read behind its end. */
static void run(const uint8_t *input, size_t length)
{
    uint8_t *copy = malloc(length == 0 ? 1 : length);

    if (copy == NULL)
        exit(99);
    memcpy(copy, input, length);
    LLVMFuzzerTestOneInput(copy, length);
    free(copy);
}

static void keep(const uint8_t *input, size_t length)
{
    FILE *file = fopen("crash", "wb");

    if (file != NULL) {
        fwrite(input, 1, length, file);
        fclose(file);
    }
}

static int run_files(int count, char **names)
{
    static uint8_t input[1 << 20];

    for (int i = 0; i < count; i++) {
        FILE *file = fopen(names[i], "rb");

        if (file == NULL) {
            perror(names[i]);
            return 1;
        }
        run(input, fread(input, 1, sizeof input, file));
        fclose(file);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *const *seeds = fuzz_seeds();
    bool counted = argc == 3 && strcmp(argv[1], "-n") == 0;
    long rounds = counted ? atol(argv[2]) : 20000;
    uint8_t input[LARGEST + 1];
    uint32_t count = 0;
    size_t length = 0;

    if (argc > 1 && !counted)
        return run_files(argc - 1, argv + 1);
    while (seeds[count] != NULL)
        count++;
    for (long i = 0; i < rounds; i++) {
        if (length == 0 || below(20) == 0) {
            const char *seed = seeds[below(count)];

            length = strlen(seed);
            memcpy(input, seed, length);
        }
        length = mutate(input, length, seeds, count);
        if (counted)
            keep(input, length);
        run(input, length);
    }
    remove("crash");
    puts("1 passed, 0 failed");
    return 0;
}
