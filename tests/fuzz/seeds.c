/* seeds.c -- gives a target's seeds to libFuzzer: at its start they are written to the folder of inputs that FUZZ_SEEDS names.
 *
 * A seed reaches what no bytes at random do: without any, the fuzzer of session files never writes a statement of SQL. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *folder = getenv("FUZZ_SEEDS"), *const *seeds = fuzz_seeds();
    char path[4096];

    (void)argc;
    (void)argv;
    for (int i = 0; folder != NULL && seeds[i] != NULL; i++) {
        FILE *file;

        snprintf(path, sizeof path, "%s/seed-%d", folder, i);
        if ((file = fopen(path, "wb")) == NULL || fputs(seeds[i], file) < 0 || fclose(file) != 0) {
            perror(path);
            exit(1);
        }
    }
    return 0;
}
