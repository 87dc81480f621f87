/* driver.c -- runs a fuzz target without libFuzzer: the files named, or the target's corpus and then mutations of its seeds and
 * of the corpus, the same ones each time.
 *
 *     tests/fuzz/fuzz-command               the corpus, and some mutations (part of make check)
 *     tests/fuzz/fuzz-command -n 5000000    as many as you like
 *     tests/fuzz/fuzz-command crash-1       these inputs again
 *
 * The corpus of `fuzz-command` is the folder corpus/command of the source ($srcdir).  An input that crashes stands in the file
 * `crash` of the current folder.  With clang the target alone makes a libFuzzer program (`make fuzz`). */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { LARGEST = 16384, SEEDS = 1000 };

static struct seed {
    const uint8_t *bytes;
    size_t length;
} seeds[SEEDS];
static uint32_t seed_count;

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
static size_t mutate(uint8_t *input, size_t length)
{
    static const char marks[] = "(){}\"`\\;#\n,=~|:+-*/^%.0e9 \t\xC3\xA9\xFF\x00";

    for (uint32_t i = 1 + below(6); i > 0; i--) {
        const struct seed *other = &seeds[below(seed_count)];
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
            from = below((uint32_t)other->length + 1);
            piece = other->length - from;
            piece = piece == 0 ? 0 : below((uint32_t)piece) + 1;
            if (length + piece <= LARGEST) {
                memmove(input + at + piece, input + at, length - at);
                memcpy(input + at, other->bytes + from, piece);
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

static bool run_file(const char *name, bool is_seed)
{
    static uint8_t input[1 << 20];
    FILE *file = fopen(name, "rb");
    size_t length;
    uint8_t *copy;

    if (file == NULL) {
        perror(name);
        return false;
    }
    length = fread(input, 1, sizeof input, file);
    fclose(file);
    run(input, length);
    if (is_seed && length <= LARGEST && seed_count < SEEDS && (copy = malloc(length + 1)) != NULL) {
        memcpy(copy, input, length);
        seeds[seed_count++] = (struct seed){ copy, length };
    }
    return true;
}

/* Runs the corpus of the program, in the order of the names. */
static int run_corpus(const char *program)
{
    const char *source = getenv("srcdir"), *name = strstr(program, "fuzz-");
    struct dirent **entries;
    char folder[2048], path[4096];
    int count;

    while (name != NULL && strstr(name + 1, "fuzz-") != NULL)
        name = strstr(name + 1, "fuzz-");
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", source == NULL ? "." : source, name == NULL ? "" : name + 5);
    count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && !run_file(path, true))
            return -1;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count < 0 ? 0 : count;
}

static void run_mutations(long rounds, bool kept)
{
    uint8_t input[LARGEST + 1];
    size_t length = 0;

    for (long i = 0; i < rounds; i++) {
        if (length == 0 || below(20) == 0) {
            const struct seed *seed = &seeds[below(seed_count)];

            length = seed->length;
            memcpy(input, seed->bytes, length);
        }
        length = mutate(input, length);
        if (kept)
            keep(input, length);
        run(input, length);
    }
}

int main(int argc, char **argv)
{
    const char *const *own = fuzz_seeds();
    bool counted = argc == 3 && strcmp(argv[1], "-n") == 0;

    if (argc > 1 && !counted) {
        for (int i = 1; i < argc; i++)
            if (!run_file(argv[i], false))
                return 1;
        return 0;
    }
    for (; own[seed_count] != NULL && seed_count < SEEDS; seed_count++)
        seeds[seed_count] = (struct seed){ (const uint8_t *)own[seed_count], strlen(own[seed_count]) };
    if (run_corpus(argv[0]) < 0)
        return 1;
    run_mutations(counted ? atol(argv[2]) : fuzz_rounds, counted);
    remove("crash");
    puts("1 passed, 0 failed");
    return 0;
}
