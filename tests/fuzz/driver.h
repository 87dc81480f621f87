/* driver.h -- what a fuzz target has. */
#ifndef FUZZ_DRIVER_H
#define FUZZ_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs one input, and aborts where something is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many mutations make check runs: a second's worth. */
extern const long fuzz_rounds;

/* Inputs to mutate, ended by NULL. */
const char *const *fuzz_seeds(void);

#endif
