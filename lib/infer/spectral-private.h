/* spectral-private.h -- between the making of spectral.h's model and its searches. */
#ifndef INFER_SPECTRAL_PRIVATE_H
#define INFER_SPECTRAL_PRIVATE_H

#include "infer/spectral.h"

/* The place of entry (a, b) of a lower triangle by rows. */
static inline size_t spectral_packed(int a, int b)
{
    return (size_t)a * ((size_t)a + 1) / 2 + (size_t)b;
}

/* The best lambda without a marker, into s->null.  False with an error where there is no likelihood, or memory is out. */
bool spectral_set_null(struct spectral *s, struct glmm_error *err);

#endif
