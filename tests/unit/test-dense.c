/* The tiled factor and inverse against the textbook's loops, at sizes around the tiles' edges, and for any number of threads. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "base/watch.h"
#include "linalg/correlation.h"
#include "linalg/dense.h"
#include "linalg/watched.h"
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

/* L C L' is S again, where C = X S X' with X = L^-1; and for any number of threads the digits are the same. */
Test(dense, a_congruent_slope_goes_back)
{
    int most = omp_get_max_threads();

    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], ld = n + PAD;
        size_t room = (size_t)ld * (size_t)n;
        double *A = make_matrix(n, ld), *L = copy_of(A, n, ld), *X = make_matrix(n, ld), *inverse = copy_of(A, n, ld),
               *slope = malloc(sizeof(double) * room), *scratch = malloc(sizeof(double) * room), *S, *other;

        for (size_t i = 0; i < room; i++)
            slope[i] = isnan(A[i]) ? NAN : A[i] * (1 + sin((double)i * 0.37));
        S = copy_of(slope, n, ld);
        other = copy_of(slope, n, ld);
        cr_assert_eq(chol_factor(n, L, ld), 0);
        chol_invert(n, L, X, inverse, ld);
        congruent_slope(n, X, slope, scratch, ld, NULL);
        omp_set_num_threads(3);
        congruent_slope(n, X, other, scratch, ld, NULL);
        omp_set_num_threads(most);
        for (int j = 0; j < n; j++) {
            for (int k = 0; k < n; k++) { /* C L', column j */
                scratch[k] = 0;
                for (int l = 0; l <= j; l++)
                    scratch[k] += slope[(k > l ? k : l) + (size_t)(k > l ? l : k) * (size_t)ld] * L[j + (size_t)l * (size_t)ld];
            }
            for (int i = j; i < n; i++) {
                double sum = 0, scale = sqrt(A[(size_t)i * (size_t)(ld + 1)] * A[(size_t)j * (size_t)(ld + 1)]);
                size_t at = (size_t)i + (size_t)j * (size_t)ld;

                cr_assert_eq(slope[at], other[at], "%d", n);
                for (int k = 0; k <= i; k++)
                    sum += L[i + (size_t)k * (size_t)ld] * scratch[k];
                cr_assert_lt(fabs(sum - S[at]), 1e-14 * (10 + n) * scale, "%d: %g", n, fabs(sum - S[at]) / scale);
            }
        }
        free(A);
        free(L);
        free(X);
        free(inverse);
        free(slope);
        free(scratch);
        free(S);
        free(other);
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

/* --- in steps ------------------------------------------------------------------------------------- */

/* Larger than what goes to LAPACK in one call: panels and a rest. */
enum { LARGE = 708, TALL = 3700, ACROSS = 300 };

static bool stop_now(void *context, const char *what, double done, double total, double value)
{
    (void)what;
    (void)done;
    (void)total;
    (void)value;
    return ++*(int *)context < 3;
}

/* y := op(T) x with a triangle. */
static void times_triangle(bool upper, bool transposed, const double *T, int n, const double *x, double *y)
{
    for (int i = 0; i < n; i++) {
        bool ahead = upper != transposed;

        y[i] = 0.0;
        for (int j = ahead ? i : 0; j < (ahead ? n : i + 1); j++)
            y[i] += (transposed ? T[j + (size_t)i * n] : T[i + (size_t)j * n]) * x[j];
    }
}

static void expect_vectors(const char *what, const double *is, const double *should, int n)
{
    double largest = 0.0, off = 0.0;

    for (int i = 0; i < n; i++) {
        largest = fmax(largest, fabs(should[i]));
        off = fmax(off, fabs(is[i] - should[i]));
    }
    cr_expect(off <= 1e-10 * largest, "%s: off by %g of %g", what, off, largest);
}

/* 4 + n on the diagonal, small numbers beside it. */
static double *make_definite(int n)
{
    double *A = malloc(sizeof *A * (size_t)n * (size_t)n);

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            A[i + (size_t)j * n] = sin(0.37 * (i + 1.0) * (j + 1.0)) + (i == j ? 4.0 * sqrt(n) : 0.0);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < j; i++)
            A[i + (size_t)j * n] = A[j + (size_t)i * n];
    return A;
}

Test(dense, triangles_in_steps)
{
    int n = LARGE, looks = 0, bad = n - 40;
    size_t size = sizeof(double) * (size_t)n * (size_t)n;
    double *A = make_definite(n), *U = malloc(size), *L = malloc(size), x[LARGE], y[LARGE], z[LARGE];
    struct glmm_progress progress = { .tell = stop_now, .context = &looks };
    struct watch watch;

    for (int i = 0; i < n; i++)
        x[i] = cos(i);
    memcpy(U, A, size);
    cr_assert_eq(watched_chol_upper(n, U, n, NULL), 0);
    times_triangle(true, false, U, n, x, y);
    times_triangle(true, true, U, n, y, z);
    for (int i = 0; i < n; i++) {
        y[i] = 0.0;
        for (int j = 0; j < n; j++)
            y[i] += A[i + (size_t)j * n] * x[j];
    }
    expect_vectors("U'U", z, y, n);
    memcpy(L, U, size);
    watched_invert_upper(n, L, n, NULL);
    times_triangle(true, false, L, n, x, y);
    times_triangle(true, false, U, n, y, z);
    expect_vectors("U U^-1", z, x, n);
    cr_expect_eq(L[5], A[5], "below the diagonal all stays");
    memcpy(U, A, size);
    U[bad + (size_t)bad * n] = -1.0;
    cr_expect_eq(watched_chol_upper(n, U, n, NULL), bad + 1);
    watch_init(&watch, &progress, "step");
    memcpy(U, A, size);
    cr_expect_eq(watched_chol_upper(n, U, n, &watch), n);
    cr_expect(watch_stopped(&watch));
    free(A);
    free(U);
    free(L);
}

Test(dense, grams_in_steps)
{
    int n = 330, k = 1000;
    double *a = malloc(sizeof *a * (size_t)n * (size_t)k), *right = malloc(sizeof *right * (size_t)n * (size_t)k);
    double *c = calloc((size_t)n * (size_t)n, sizeof *c);

    for (size_t e = 0; e < (size_t)n * (size_t)k; e++) {
        a[e] = sin(0.1 * (double)e);
        right[e] = cos(0.3 * (double)e);
    }
    for (int pass = 0; pass < 2; pass++) {
        const double *b = pass == 0 ? a : right;

        memset(c, 0, sizeof *c * (size_t)n * (size_t)n);
        watched_gram(n, k, a, pass == 0 ? NULL : right, c, n, NULL);
        for (int j = 0; j < n; j += 41)
            for (int i = j; i < n; i += 23) {
                double sum = 0.0;

                for (int l = 0; l < k; l++)
                    sum += a[i + (size_t)l * n] * b[j + (size_t)l * n];
                cr_assert_float_eq(c[i + (size_t)j * n], sum, 1e-9, "entry %d, %d", i, j);
            }
    }
    free(a);
    free(right);
    free(c);
}

Test(dense, householder_in_steps)
{
    int rows = TALL, p = ACROSS, looks = 0;
    size_t size = sizeof(double) * (size_t)rows * (size_t)p;
    double *A = malloc(size), *Q = malloc(size), *R = calloc((size_t)p * (size_t)p, sizeof *R), x[ACROSS], y[ACROSS];
    double *is = malloc(sizeof *is * (size_t)rows), *should = malloc(sizeof *should * (size_t)rows);
    struct glmm_progress progress = { .tell = stop_now, .context = &looks };
    struct watch watch;

    for (int j = 0; j < p; j++) {
        x[j] = cos(j);
        for (int i = 0; i < rows; i++)
            A[i + (size_t)j * rows] = sin(0.37 * (i + 1.0) * (j + 1.0) + 0.1 * i) + (i == j);
    }
    memcpy(Q, A, size);
    cr_assert(watched_qr(rows, p, Q, R, NULL));
    times_triangle(true, false, R, p, x, y);
    for (int i = 0; i < rows; i++) {
        is[i] = should[i] = 0.0;
        for (int j = 0; j < p; j++) {
            is[i] += Q[i + (size_t)j * rows] * y[j];
            should[i] += A[i + (size_t)j * rows] * x[j];
        }
    }
    expect_vectors("Q R", is, should, rows);
    for (int i = 0; i < rows; i++) {
        is[i] = 0.0;
        for (int j = 0; j < p; j++)
            is[i] += Q[i + (size_t)j * rows] * x[j];
    }
    for (int j = 0; j < p; j++) {
        y[j] = 0.0;
        for (int i = 0; i < rows; i++)
            y[j] += Q[i + (size_t)j * rows] * is[i];
    }
    expect_vectors("Q'Q", y, x, p);
    watch_init(&watch, &progress, "step");
    memcpy(Q, A, size);
    cr_expect_not(watched_qr(rows, p, Q, R, &watch));
    free(A);
    free(Q);
    free(R);
    free(is);
    free(should);
}

/* x^2 / (sqrt(x^2) sqrt(x^2)) is more than 1 for one x in four. */
Test(dense, correlations_stay_within_their_ends)
{
    double sd[3], correlation[9];

    for (int i = 1; i < 1000; i++) {
        double v = i / 7.0, covariance[9] = { v, v, 0, v, v, 0, 0, 0, 0 };

        covariance[1] = covariance[3] = i % 2 ? v : -v;
        correlations_of(3, covariance, sd, correlation);
        cr_assert(fabs(correlation[1]) <= 1 && correlation[1] == correlation[3], "%.17g", correlation[1]);
        cr_assert_float_eq(correlation[1], i % 2 ? 1 : -1, 1e-15);
        cr_assert_eq(sd[0], sqrt(v));
        cr_assert(correlation[0] == 1 && correlation[4] == 1 && correlation[8] == 1);
        cr_assert(isnan(correlation[2]) && isnan(correlation[7]) && sd[2] == 0);
    }
}
