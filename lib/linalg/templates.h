/* templates.h -- products of blocks of Z'WZ with the templates of their terms.
 *
 * A block B has rows of k values, row-major; a template is k x k, lower triangular, column-major.  One effect on both sides, as
 * most have, goes by the same products and sums without the loops. */
#ifndef LINALG_TEMPLATES_H
#define LINALG_TEMPLATES_H

static inline double dot_k(int k, const double *x, const double *y)
{
    double sum = 0.0;

    for (int a = 0; a < k; a++)
        sum += x[a] * y[a];
    return sum;
}

/* B := B Lambda. */
static inline void scale_columns(int rows, int k, double *B, const double *lambda)
{
    if (k == 1) {
        for (int r = 0; r < rows; r++)
            B[r] *= lambda[0];
        return;
    }
    for (int r = 0; r < rows; r++, B += k)
        for (int c = 0; c < k; c++) {
            double sum = 0.0;

            for (int a = c; a < k; a++)
                sum += B[a] * lambda[a + c * k];
            B[c] = sum;
        }
}

/* The first kr rows of B := Lambda' (those rows). */
static inline void scale_rows(int kr, int k, double *B, const double *lambda)
{
    if (kr == 1 && k == 1) {
        B[0] *= lambda[0];
        return;
    }
    for (int r = 0; r < kr; r++)
        for (int c = 0; c < k; c++) {
            double sum = 0.0;

            for (int a = r; a < kr; a++)
                sum += lambda[a + r * kr] * B[a * k + c];
            B[r * k + c] = sum;
        }
}

/* Adds to gamma (k x k): rows of A' (r, k) times Lambda_r times S (r, k), for kr rows of one level: gamma += A_r' (Lambda
 * S_r). */
static inline void add_product(int kr, int k, const double *A, const double *lambda, const double *S, double *gamma)
{
    if (kr == 1 && k == 1) {
        gamma[0] += A[0] * (lambda == NULL ? 1.0 : lambda[0]) * S[0];
        return;
    }
    if (kr > 1 && lambda != NULL) {
        for (int q = 0; q < k; q++)
            for (int r = 0; r < kr; r++) {
                double scaled = 0.0;

                for (int c = 0; c <= r; c++)
                    scaled += lambda[r + c * kr] * S[c * k + q];
                for (int p = 0; p < k; p++)
                    gamma[p + q * k] += A[r * k + p] * scaled;
            }
        return;
    }
    for (int r = 0; r < kr; r++)
        for (int c = 0; c <= r; c++) {
            double x = lambda == NULL ? (r == c ? 1.0 : 0.0) : lambda[r + c * kr];

            for (int q = 0; q < k; q++)
                for (int p = 0; p < k; p++)
                    gamma[p + q * k] += A[r * k + p] * x * S[c * k + q];
        }
}

/* The mirror: gamma_r (kr x kr) += A_r Lambda S_r', both kr x k. */
static inline void add_mirror(int kr, int k, const double *A, const double *lambda, const double *S, double *gamma)
{
    if (kr == 1 && k == 1) {
        gamma[0] += A[0] * lambda[0] * S[0];
        return;
    }
    for (int p = 0; p < kr; p++)
        for (int c = 0; c < k; c++) {
            double x = 0.0;

            for (int a = c; a < k; a++)
                x += A[p * k + a] * lambda[a + c * k];
            for (int q = 0; q < kr; q++)
                gamma[p + q * kr] += x * S[q * k + c];
        }
}

/* z_l -= A_rl' x (k), and z_r -= A_rl b_l (kr): one block of rows of a node. */
static inline void subtract_block(int kr, int k, const double *A, const double *x, const double *bl, double *zl, double *zr)
{
    for (int r = 0; r < kr; r++)
        for (int a = 0; a < k; a++) {
            zl[a] -= A[r * k + a] * x[r];
            if (zr != NULL)
                zr[r] -= A[r * k + a] * bl[a];
        }
}

#endif
