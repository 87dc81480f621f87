/* dense.c -- tiled Cholesky and inverse over BLAS (the right-looking algorithm; Buttari et al. 2009).
 *
 *   for k:  L_kk = chol(A_kk);  L_ik = A_ik L_kk^-T (i > k);  A_ij -= L_ik L_jk' (i >= j > k)
 *   inverse:  L^-1 by tile columns, then (L^-1)' L^-1 by tiles. */
#include "linalg/dense.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "linalg/lapack.h"

enum { TILE = 128 };
static const double ONE = 1.0, MINUS = -1.0, ZERO = 0.0;

static double *tile(double *a, int ld, int i, int j)
{
    return a + (size_t)j * TILE * ld + (size_t)i * TILE;
}

static const double *tile_const(const double *a, int ld, int i, int j)
{
    return a + (size_t)j * TILE * ld + (size_t)i * TILE;
}

/* Rows of tile i. */
static int extent(int n, int i)
{
    int left = n - i * TILE;

    return left < TILE ? left : TILE;
}

/* A_ij -= L_ik L_jk', the lower triangle only where i = j. */
static void update(int n, double *a, int ld, int i, int j, int k, struct watch *watch)
{
    int rows = extent(n, i), columns = extent(n, j), inner = TILE;

    if (watch_stops(watch))
        return;
    if (i == j)
        dsyrk_("L", "N", &rows, &inner, &MINUS, tile(a, ld, i, k), &ld, &ONE, tile(a, ld, i, j), &ld);
    else
        dgemm_("N", "T", &rows, &columns, &inner, &MINUS, tile(a, ld, i, k), &ld, tile(a, ld, j, k), &ld, &ONE,
               tile(a, ld, i, j), &ld);
}

/* A_kk := chol(A_kk), or the order of the bad minor. */
static void factor_tile(int n, double *a, int ld, int k, int *bad, struct watch *watch)
{
    int size = extent(n, k), info = 0;

    if (*bad == 0 && watch_stops(watch))
        *bad = k * TILE + 1;
    if (*bad != 0)
        return;
    dpotrf_("L", &size, tile(a, ld, k, k), &ld, &info);
    assert(info >= 0);
    if (info > 0)
        *bad = k * TILE + info;
}

/* A_ik := A_ik L_kk^-T. */
static void solve_tile(int n, double *a, int ld, int i, int k, struct watch *watch)
{
    int rows = extent(n, i), size = extent(n, k);

    if (watch_stops(watch))
        return;
    dtrsm_("R", "L", "T", "N", &rows, &size, &ONE, tile(a, ld, k, k), &ld, tile(a, ld, i, k), &ld);
}

/* Each step on a tile is a task that waits for the tiles it reads, so that threads meet once, at the end.  After a bad minor the
 * tiles behind it hold numbers that nobody reads. */
int chol_factor_watched(int n, double *a, int ld, struct watch *watch)
{
    int tiles = (n + TILE - 1) / TILE, bad = 0;

    if (tiles <= 1) {
        if (n > 0)
            factor_tile(n, a, ld, 0, &bad, watch);
        return bad;
    }
#pragma omp parallel if (tiles > 2)
#pragma omp single
    for (int k = 0; k < tiles; k++) {
#pragma omp task depend(inout : tile(a, ld, k, k)[0]) shared(bad)
        factor_tile(n, a, ld, k, &bad, watch);
        for (int i = k + 1; i < tiles; i++) {
#pragma omp task depend(in : tile(a, ld, k, k)[0]) depend(inout : tile(a, ld, i, k)[0])
            solve_tile(n, a, ld, i, k, watch);
        }
        for (int j = k + 1; j < tiles; j++)
            for (int i = j; i < tiles; i++) {
#pragma omp task depend(in : tile(a, ld, i, k)[0], tile(a, ld, j, k)[0]) depend(inout : tile(a, ld, i, j)[0])
                update(n, a, ld, i, j, k, watch);
            }
    }
    return watch_stopped(watch) && bad == 0 ? n : bad;
}

int chol_factor(int n, double *a, int ld)
{
    return chol_factor_watched(n, a, ld, NULL);
}

/* Tile column j of L^-1: X_jj = L_jj^-1;  X_ij = -L_ii^-1 sum_{j <= k < i} L_ik X_kj. */
static void invert_column(int n, const double *factor, double *x, int ld, int j, struct watch *watch)
{
    int tiles = (n + TILE - 1) / TILE, columns = extent(n, j), info = 0;

    for (int c = 0; c < columns; c++)
        memcpy(tile(x, ld, j, j) + (size_t)c * ld, tile_const(factor, ld, j, j) + (size_t)c * ld, sizeof(double) * (size_t)columns);
    dtrtri_("L", "N", &columns, tile(x, ld, j, j), &ld, &info);
    assert(info == 0);
    for (int c = 0; c < columns; c++)               /* the products below read whole tiles */
        memset(tile(x, ld, j, j) + (size_t)c * ld, 0, sizeof(double) * (size_t)c);
    for (int i = j + 1; i < tiles && !watch_stops(watch); i++) {
        int rows = extent(n, i), inner = (i - j) * TILE;

        dgemm_("N", "N", &rows, &columns, &inner, &MINUS, tile_const(factor, ld, i, j), &ld, tile(x, ld, j, j), &ld, &ZERO,
               tile(x, ld, i, j), &ld);
        dtrsm_("L", "L", "N", "N", &rows, &columns, &ONE, tile_const(factor, ld, i, i), &ld, tile(x, ld, i, j), &ld);
    }
}

/* Tile (i, j), i >= j, of X'X for the lower triangular X: sum over k >= i, and its mirror image. */
static void multiply_tile(int n, const double *x, double *inverse, int ld, int i, int j)
{
    int rows = extent(n, i), columns = extent(n, j), inner = n - i * TILE;
    double *out = tile(inverse, ld, i, j);

    dgemm_("T", "N", &rows, &columns, &inner, &ONE, tile_const(x, ld, i, i), &ld, tile_const(x, ld, i, j), &ld, &ZERO, out, &ld);
    if (i == j)
        return;
    for (int c = 0; c < columns; c++)
        for (int r = 0; r < rows; r++)
            tile(inverse, ld, j, i)[(size_t)r * ld + c] = out[(size_t)c * ld + r];
}

void chol_invert_watched(int n, const double *factor, double *scratch, double *inverse, int ld, struct watch *watch)
{
    int tiles = (n + TILE - 1) / TILE;

#pragma omp parallel for schedule(dynamic) if (tiles > 1)
    for (int j = 0; j < tiles; j++)
        if (!watch_stops(watch))
            invert_column(n, factor, scratch, ld, j, watch);
#pragma omp parallel for schedule(dynamic) if (tiles > 1)
    for (int pair = 0; pair < tiles * tiles; pair++)
        if (pair / tiles >= pair % tiles && !watch_stops(watch))
            multiply_tile(n, scratch, inverse, ld, pair / tiles, pair % tiles);
}

void chol_invert(int n, const double *factor, double *scratch, double *inverse, int ld)
{
    chol_invert_watched(n, factor, scratch, inverse, ld, NULL);
}

void chol_solve_lower(int n, const double *factor, int ld, double *x)
{
    const int one = 1;

    if (n > 0)
        dtrsv_("L", "N", "N", &n, factor, &ld, x, &one);
}

void chol_solve_upper(int n, const double *factor, int ld, double *x)
{
    const int one = 1;

    if (n > 0)
        dtrsv_("L", "T", "N", &n, factor, &ld, x, &one);
}

bool symmetric_eigen(int n, double *a, double *eigenvalues, double *work, int work_size)
{
    int info = 0;

    if (n == 0)
        return true;
    dsyev_("V", "L", &n, a, &n, eigenvalues, work, &work_size, &info, 1, 1);
    assert(info >= 0);
    return info == 0;
}

int small_chol(int k, double *a)
{
    for (int j = 0; j < k; j++) {
        double pivot = a[j + j * k];

        for (int c = 0; c < j; c++)
            pivot -= a[j + c * k] * a[j + c * k];
        if (!(pivot > 0.0))
            return j + 1;
        pivot = sqrt(pivot);
        a[j + j * k] = pivot;
        for (int i = j + 1; i < k; i++) {
            double sum = a[i + j * k];

            for (int c = 0; c < j; c++)
                sum -= a[i + c * k] * a[j + c * k];
            a[i + j * k] = sum / pivot;
        }
    }
    return 0;
}

void small_solve_right_transposed(int k, const double *l, int m, double *b, int ldb)
{
    for (int i = 0; i < m; i++, b += ldb)
        for (int j = 0; j < k; j++) {
            double sum = b[j];

            for (int c = 0; c < j; c++)
                sum -= l[j + c * k] * b[c];
            b[j] = sum / l[j + j * k];
        }
}

void small_solve_right(int k, const double *l, int m, double *b, int ldb)
{
    for (int i = 0; i < m; i++, b += ldb)
        for (int j = k - 1; j >= 0; j--) {
            double sum = b[j];

            for (int c = j + 1; c < k; c++)
                sum -= l[c + j * k] * b[c];
            b[j] = sum / l[j + j * k];
        }
}
