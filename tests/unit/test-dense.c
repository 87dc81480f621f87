/* The tiled factor and inverse against the textbook's loops, at sizes around the tiles' edges, and for any number of threads. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "linalg/dense.h"
#include "linalg/eigen.h"

static const int sizes[] = { 1, 2, 15, 16, 17, 48, 95, 96, 97, 144, 191, 192, 193, 400 };
enum { SIZES = sizeof sizes / sizeof sizes[0], PAD = 3 };

/* Lower triangle of a positive definite matrix, some of its entries large and some small; NaN above, which nobody may read. */
static double *make_matrix(int n, int ld)
{
    double *a = malloc(sizeof(double) * (size_t)ld * (size_t)n);

    for (int j = 0; j < n; j++)
        for (int i = 0; i < ld; i++)
            a[i + (size_t)j * (size_t)ld] =
                i < j || i >= n ? NAN : (i == j ? 2.0 + n + i % 7 : cos(i * 1.3 + j * j * 0.7)) * exp2((i % 5) + (j % 5));
    return a;
}

static double *copy_of(const double *a, int n, int ld)
{
    double *copy = malloc(sizeof(double) * (size_t)ld * (size_t)n);

    return memcpy(copy, a, sizeof(double) * (size_t)ld * (size_t)n);
}

/* The largest |L L' - A| / sqrt(A_ii A_jj) in the lower triangle. */
static double factor_error(int n, const double *L, const double *A, int ld)
{
    double most = 0.0;

    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++) {
            double sum = 0.0;

            for (int k = 0; k <= j; k++)
                sum += L[i + (size_t)k * (size_t)ld] * L[j + (size_t)k * (size_t)ld];
            most = fmax(most, fabs(sum - A[i + (size_t)j * (size_t)ld])
                                  / sqrt(A[(size_t)i * (size_t)(ld + 1)] * A[(size_t)j * (size_t)(ld + 1)]));
        }
    return most;
}

/* The largest |(A S - I)_ij| sqrt(A_jj / A_ii), both given by their lower triangles. */
static double inverse_error(int n, const double *A, const double *S, int ld)
{
    double most = 0.0;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            double sum = i == j ? -1.0 : 0.0;

            for (int k = 0; k < n; k++)
                sum += A[(i > k ? i : k) + (size_t)(i > k ? k : i) * (size_t)ld]
                       * S[(k > j ? k : j) + (size_t)(k > j ? j : k) * (size_t)ld];
            most = fmax(most, fabs(sum) * sqrt(A[(size_t)j * (size_t)(ld + 1)] / A[(size_t)i * (size_t)(ld + 1)]));
        }
    return most;
}

Test(dense, factor_and_inverse_are_those_of_the_definition)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], ld = n + PAD;
        double *A = make_matrix(n, ld), *L = copy_of(A, n, ld), *scratch = make_matrix(n, ld), *S = make_matrix(n, ld);

        cr_expect_eq(chol_factor(n, L, ld), 0, "n = %d", n);
        cr_expect_lt(factor_error(n, L, A, ld), 1e-14 * (10 + n), "n = %d: %g", n, factor_error(n, L, A, ld));
        chol_invert(n, L, scratch, S, ld);
        cr_expect_lt(inverse_error(n, A, S, ld), 1e-13 * (10 + n), "n = %d: %g", n, inverse_error(n, A, S, ld));
        free(A);
        free(L);
        free(scratch);
        free(S);
    }
}

/* That of the inverse of A in the direction of A itself is -A^-1. */
Test(dense, the_slope_of_an_inverse)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], ld = n + PAD;
        size_t room = (size_t)ld * (size_t)n;
        double *A = make_matrix(n, ld), *L = copy_of(A, n, ld), *inverse = copy_of(A, n, ld), *slope = copy_of(A, n, ld),
               *scratch = malloc(sizeof(double) * room);

        cr_assert_eq(chol_factor(n, L, ld), 0);
        chol_invert(n, L, scratch, inverse, ld);
        inverse_slope(n, inverse, slope, scratch, ld, NULL);
        for (int j = 0; j < n; j++)
            for (int i = j; i < n; i++) {
                size_t at = (size_t)i + (size_t)j * (size_t)ld;

                cr_assert_lt(fabs(slope[at] + inverse[at]),
                             1e-10 * sqrt(inverse[(size_t)i * (size_t)(ld + 1)] * inverse[(size_t)j * (size_t)(ld + 1)]), "%d",
                             n);
            }
        free(A);
        free(L);
        free(inverse);
        free(slope);
        free(scratch);
    }
}

Test(dense, a_minor_that_is_not_positive_definite_is_named)
{
    static const int bad[] = { 1, 16, 96, 97, 200, 400 };

    for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
        int n = 400;
        double *A = make_matrix(n, n);

        A[(size_t)(bad[b] - 1) * (size_t)(n + 1)] = -1.0;
        cr_expect_eq(chol_factor(n, A, n), bad[b]);
        free(A);
    }
}

/* C'C of n - 1 rows and n columns.  Plainly factored, what rounding leaves of the last pivot decides. */
static double entry_of(int r, int i, int n)
{
    return (r == i ? n : 0) + cos(1.7 * i * r);
}

Test(dense, a_singular_matrix_has_no_sure_factor)
{
    int plainly = 0, sizes_tried = 0;

    for (int n = 8; n < 60; n++, sizes_tried++) {
        double *A = calloc((size_t)n * (size_t)n, sizeof *A), *copy;

        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++)
                for (int r = 0; r < n - 1; r++)
                    A[i + (size_t)j * (size_t)n] += entry_of(r, i, n) * entry_of(r, j, n);
        copy = copy_of(A, n, n);
        plainly += chol_factor(n, copy, n) != 0;
        cr_expect_eq(chol_factor_sure(n, A, n, CHOL_DEPENDENT, NULL), n, "n = %d", n);
        free(A);
        free(copy);
        A = make_matrix(n, n);
        cr_expect_eq(chol_factor_sure(n, A, n, CHOL_DEPENDENT, NULL), 0, "n = %d", n);
        free(A);
    }
    cr_expect_lt(plainly, sizes_tried, "the plain factor finds all of them here: the test shows nothing");
}

Test(dense, threads_do_not_change_a_bit)
{
    int n = 811, most = omp_get_max_threads();
    double *A = make_matrix(n, n), *first = NULL;

    for (int threads = 1; threads <= 4; threads++) {
        double *L = copy_of(A, n, n), *scratch = make_matrix(n, n), *S = make_matrix(n, n);

        omp_set_num_threads(threads);
        cr_expect_eq(chol_factor(n, L, n), 0);
        chol_invert(n, L, scratch, S, n);
        for (int j = 0; first != NULL && j < n; j++)
            cr_expect_arr_eq(S + (size_t)j * (size_t)(n + 1), first + (size_t)j * (size_t)(n + 1),
                             sizeof(double) * (size_t)(n - j));
        if (first == NULL)
            first = S;
        else
            free(S);
        free(L);
        free(scratch);
    }
    omp_set_num_threads(most);
    free(first);
    free(A);
}

/* --- eigenvectors ------------------------------------------------------------------------------------ */

enum spectrum { SPREAD, DEFICIENT, EQUAL, PAIRS, CHAIN, TINY, HUGE, SPECTRA };

/* Both triangles.  DEFICIENT: of rank n / 3; EQUAL: one eigenvalue; PAIRS: each twice; CHAIN: what a tridiagonal matrix cut at
 * zeros looks like. */
static double *make_symmetric(int n, enum spectrum kind)
{
    double *a = calloc((size_t)n * (size_t)n + 1, sizeof *a), scale = kind == TINY ? 1e-290 : kind == HUGE ? 1e290 : 1.0;
    int rank = (n + 2) / 3;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            double *x = a + i + (size_t)j * (size_t)n;

            if (kind == EQUAL)
                *x = i == j ? 3.0 : 0.0;
            else if (kind == PAIRS)
                *x = i / 2 == j / 2 ? 0.0 : i % 2 == j % 2 ? cos(1.7 * (i / 2) * (j / 2)) + cos(i / 2 + j / 2) : 0.0;
            else if (kind == CHAIN)
                *x = i == j ? 1 + i % 3 : abs(i - j) == 1 && (i + j) % 9 != 0 ? 1.0 : 0.0;
            else if (kind == DEFICIENT)
                for (int k = 0; k < rank; k++)
                    *x += sin(1.0 + i * 1.1 * (k + 1)) * sin(1.0 + j * 1.1 * (k + 1));
            else
                *x = scale * (cos(0.9 * i * j) + cos(2.3 * (i + j)));
        }
    return a;
}

/* The largest entry of A V - V D and of V'V - I, in units of the largest eigenvalue and of 1. */
static double vectors_error(int n, const double *a, const double *v, const double *values)
{
    double most = 0.0, size = fmax(fabs(values[0]), fabs(values[n - 1]));

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            const double *vi = v + (size_t)i * (size_t)n, *vj = v + (size_t)j * (size_t)n;
            double product = 0.0, dot = 0.0;

            for (int k = 0; k < n; k++) {
                product += a[k + (size_t)i * (size_t)n] / size * vj[k];
                dot += vi[k] * vj[k];
            }
            most = fmax(most, fabs(product - values[j] / size * vj[i]));
            most = fmax(most, fabs(dot - (i == j)));
        }
    return most;
}

Test(dense, eigenvectors_are_those_of_the_definition)
{
    static const int orders[] = { 1, 2, 3, 48, 49, 97, 200, 310 };

    for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++)
        for (int kind = 0; kind < SPECTRA; kind++) {
            int n = orders[o];
            size_t square = (size_t)n * (size_t)n;
            double *a = make_symmetric(n, (enum spectrum)kind), *v = make_symmetric(n, (enum spectrum)kind);
            double *values = malloc(2 * sizeof *values * (size_t)n), *alone = values + n, *once = malloc(sizeof *a * square);

            memcpy(once, a, sizeof *a * square);
            for (int j = 0; j < n; j++)
                for (int i = 0; i < j; i++)
                    v[i + (size_t)j * (size_t)n] = once[i + (size_t)j * (size_t)n] = NAN; /* which nobody may read */
            cr_assert(eigen_vectors(n, v, values, NULL), "order %d, kind %d", n, kind);
            cr_assert(eigen_values(n, once, alone, NULL));
            cr_expect_lt(vectors_error(n, a, v, values), 1e-13 * (10 + n), "order %d, kind %d: %g", n, kind,
                         vectors_error(n, a, v, values));
            for (int j = 0; j < n; j++) {
                cr_expect(j == 0 || values[j - 1] <= values[j]);
                cr_expect_leq(fabs(values[j] - alone[j]), 1e-13 * (10 + n) * fmax(fabs(values[0]), fabs(values[n - 1])));
            }
            free(a);
            free(v);
            free(values);
            free(once);
        }
}

/* In any unit: what rounding left of a dependent column is nothing, what is small beside another column is kept. */
Test(dense, factor_of_a_semidefinite_matrix)
{
    static const double units[] = { 1e-20, 1.0, 1e20 };

    for (int u = 0; u < 3; u++)
        for (int round = 0; round < 50; round++) {
            double a[3], A[9], L[9], B[4] = { units[u], units[u], units[u], units[u] * (1 + 1e-9) }, M[4];

            for (int i = 0; i < 3; i++)
                a[i] = 0.1 + ((round + 1) * (i + 3) * 37 % 101) / 97.0;
            for (int e = 0; e < 9; e++)
                A[e] = units[u] * a[e % 3] * a[e / 3];
            small_semidefinite(3, A, L);
            for (int i = 0; i < 3; i++)
                cr_assert_float_eq(L[i], sqrt(units[u]) * a[i], 1e-14 * sqrt(units[u]));
            for (int e = 3; e < 9; e++)
                cr_assert_eq(L[e], 0.0, "unit %g, entry %d: %g", units[u], e, L[e]);
            small_semidefinite(2, B, M);
            cr_assert_float_eq(M[3], sqrt(units[u] * 1e-9), 1e-6 * sqrt(units[u] * 1e-9));
        }
}
