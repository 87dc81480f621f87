/* invert.h -- the inverse of a small matrix, as a textbook has it: what faster ways are held against. */
#ifndef TESTS_INVERT_H
#define TESTS_INVERT_H

/* A := A^-1, n x n, symmetric and positive definite, by Gauss and Jordan. */
static inline void invert(int n, double *A)
{
    for (int k = 0; k < n; k++) {
        double pivot = A[k + k * n];

        A[k + k * n] = 1;
        for (int j = 0; j < n; j++)
            A[k + j * n] /= pivot;
        for (int i = 0; i < n; i++) {
            double factor = A[i + k * n];

            if (i == k)
                continue;
            A[i + k * n] = 0;
            for (int j = 0; j < n; j++)
                A[i + j * n] -= factor * A[k + j * n];
        }
    }
}

#endif
