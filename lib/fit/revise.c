/* revise.c -- see revise.h. */
#include "fit/revise.h"

#include <math.h>

void revise_fill(const double *values, size_t count, double value)
{
    for (size_t i = 0; values != NULL && i < count; i++)
        revise(values)[i] = value;
}

void revise_forget(const double *values, size_t count)
{
    revise_fill(values, count, (double)NAN);
}

void revise_forget_term(const struct random_fit *random, size_t levels)
{
    size_t k = (size_t)random->k;

    revise_forget(random->lambda, k * k);
    revise_forget(random->covariance, k * k);
    revise_forget(random->sd, k);
    revise_forget(random->correlation, k * k);
    revise_forget(random->modes, levels * k);
    revise_forget(random->mode_covariance, levels * k * k);
}

void revise_forget_entries(const struct random_fit *random, const bool *unknown)
{
    size_t k = (size_t)random->k;

    for (size_t b = 0; b < k; b++)
        for (size_t a = 0; a < k; a++) {
            if (unknown[a + b * k] || unknown[a + a * k] || unknown[b + b * k])
                revise_forget(random->correlation + a + b * k, 1);
            if (a == b && unknown[a + a * k])
                revise_forget(random->sd + a, 1);
        }
}
