/* dense.c -- tiled Cholesky and inverse over BLAS (the right-looking algorithm; Buttari et al. 2009).
 *
 *   for k:  L_kk = chol(A_kk);  L_ik = A_ik L_kk^-T (i > k);  A_ij -= L_ik L_jk' (i >= j > k)
 *   inverse:  X = L^-1 by tile columns, then X'X by tiles.
 *
 * Products of matrices are several times as fast as solves with a triangle, so a diagonal tile is inverted once and then
 * multiplied with; and tall products are faster than square ones, so the tiles below each other are taken together. */
#include "linalg/dense.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/threads.h"
#include "base/memory.h"
#include "linalg/lapack.h"

static const double NO_PIVOT = 1e-12; /* of the diagonal: rounding of a singular matrix */

enum { TILE = 96, SMALL = 16, HALF = TILE / 2, CHUNK = 8, FEW = 12 };

/* More tiles than these are shared by threads: below, a call takes a few milliseconds, and a thread that waits for another which
 * the machine does not run spins for longer than it gains.  The inverse of a factor has a better way for one thread, by halves
 * (3.5 ms at 570 columns, where tiles take 4.1), and is shared beyond BY_HALVES. */
enum { SHARED_FACTOR = 4, SHARED_INVERSE = 3, BY_HALVES = 8 };
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

static int tiles_of(int n)
{
    return (n + TILE - 1) / TILE;
}

/* A lower triangle := its inverse: [A 0; B C]^-1 = [A^-1 0; -C^-1 B A^-1 C^-1]. */
static void invert_triangle(int n, double *a, int ld)
{
    int upper = n / 2, lower = n - upper;
    double *below = a + upper, *corner = a + (size_t)upper * (size_t)ld + upper;

    if (n > SMALL) {
        invert_triangle(upper, a, ld);
        invert_triangle(lower, corner, ld);
        dtrmm_("R", "L", "N", "N", &lower, &upper, &MINUS, a, &ld, below, &ld);
        dtrmm_("L", "L", "N", "N", &lower, &upper, &ONE, corner, &ld, below, &ld);
        return;
    }
    for (int j = n - 1; j >= 0; j--) { /* column j: -x_jj X l_j, with the X that stands behind it */
        double *column = a + (size_t)j * (size_t)ld, x = 1.0 / column[j];

        column[j] = x;
        for (int i = n - 1; i > j; i--) {
            double sum = 0.0;

            for (int k = j + 1; k <= i; k++)
                sum += a[(size_t)k * (size_t)ld + (size_t)i] * column[k];
            column[i] = -x * sum;
        }
    }
}

/* A -= B B', the lower triangle: two halves of the diagonal, and what is between them as one product. */
static void update_diagonal(int size, int inner, const double *b, double *a, int ld)
{
    int rest = size - HALF, first = rest > 0 ? HALF : size;

    dsyrk_("L", "N", &first, &inner, &MINUS, b, &ld, &ONE, a, &ld);
    if (rest <= 0)
        return;
    dgemm_("N", "T", &rest, &first, &inner, &MINUS, b + HALF, &ld, b, &ld, &ONE, a + HALF, &ld);
    dsyrk_("L", "N", &rest, &inner, &MINUS, b + HALF, &ld, &ONE, a + (size_t)HALF * (size_t)ld + HALF, &ld);
}

/* A_ij -= L_ik L_jk' for all i >= j. */
static void update_column(int n, double *a, int ld, int j, int k, struct watch *watch)
{
    int columns = extent(n, j), inner = TILE, below = n - (j + 1) * TILE;

    if (watch_stops(watch))
        return;
    update_diagonal(columns, inner, tile(a, ld, j, k), tile(a, ld, j, j), ld);
    if (below > 0)
        dgemm_("N", "T", &below, &columns, &inner, &MINUS, tile(a, ld, j + 1, k), &ld, tile(a, ld, j, k), &ld, &ONE,
               tile(a, ld, j + 1, j), &ld);
}

/* A_kk := chol(A_kk), or the order of the bad minor; A_ik := A_ik L_kk^-T for i > k. */
static void factor_column(int n, double *a, int ld, int k, int *bad, struct watch *watch)
{
    double inverse[TILE * TILE];
    int size = extent(n, k), below = n - k * TILE - size, inverse_ld = TILE, info = 0;

    if (*bad == 0 && watch_stops(watch))
        *bad = k * TILE + 1;
    if (*bad != 0)
        return;
    dpotrf_("L", &size, tile(a, ld, k, k), &ld, &info);
    assert(info >= 0);
    if (info > 0)
        *bad = k * TILE + info;
    if (info > 0 || below == 0)
        return;
    for (int j = 0; j < size; j++)
        memcpy(inverse + j * TILE + j, tile(a, ld, k, k) + (size_t)j * (size_t)ld + j, sizeof(double) * (size_t)(size - j));
    invert_triangle(size, inverse, TILE);
    dtrmm_("R", "L", "T", "N", &below, &size, &ONE, inverse, &inverse_ld, tile(a, ld, k + 1, k), &ld);
}

/* Without LAPACK, whose calls cost more than so few columns. */
static int few_factor(int n, double *a, int ld)
{
    for (int j = 0; j < n; j++) {
        double pivot = a[j + j * ld];

        for (int c = 0; c < j; c++)
            pivot -= a[j + c * ld] * a[j + c * ld];
        if (!(pivot > 0.0))
            return j + 1;
        pivot = sqrt(pivot);
        a[j + j * ld] = pivot;
        for (int i = j + 1; i < n; i++) {
            double sum = a[i + j * ld];

            for (int c = 0; c < j; c++)
                sum -= a[i + c * ld] * a[j + c * ld];
            a[i + j * ld] = sum / pivot;
        }
    }
    return 0;
}

/* Each step on a column of tiles is a task that waits for the columns it reads, so that threads meet once, at the end, and the
 * next column is factored while others are still updated.  After a bad minor the tiles behind it hold numbers that nobody
 * reads. */
int chol_factor_watched(int n, double *a, int ld, struct watch *watch)
{
    int tiles = tiles_of(n), bad = 0;

    if (n <= FEW)
        return few_factor(n, a, ld);
    if (tiles <= 1) {
        if (n > 0)
            factor_column(n, a, ld, 0, &bad, watch);
        return bad;
    }
#pragma omp parallel if (tiles > SHARED_FACTOR)
#pragma omp single
    for (int k = 0; k < tiles; k++) {
#pragma omp task depend(inout : tile(a, ld, k, k)[0]) shared(bad)
        factor_column(n, a, ld, k, &bad, watch);
        for (int j = k + 1; j < tiles; j++) {
#pragma omp task depend(in : tile(a, ld, k, k)[0]) depend(inout : tile(a, ld, j, j)[0])
            update_column(n, a, ld, j, k, watch);
        }
    }
    return watch_stopped(watch) && bad == 0 ? n : bad;
}

int chol_factor(int n, double *a, int ld)
{
    return chol_factor_watched(n, a, ld, NULL);
}

/* The diagonal entry is the sum of the squares of its row of L: of some rows at a time, down the columns as they are stored. */
int chol_unsure(int n, const double *L, int ld, double least)
{
    for (int from = 0; from < n; from += TILE) {
        double whole[TILE] = { 0 };
        int end = n - from < TILE ? n : from + TILE;

        for (int j = 0; j < end; j++)
            for (int i = j > from ? j : from; i < end; i++)
                whole[i - from] += L[i + (size_t)j * (size_t)ld] * L[i + (size_t)j * (size_t)ld];
        for (int i = from; i < end; i++) {
            double pivot = L[i + (size_t)i * (size_t)ld];

            if (!(pivot * pivot > least * whole[i - from]))
                return i + 1;
        }
    }
    return 0;
}

int chol_factor_sure(int n, double *a, int ld, double least, struct watch *watch)
{
    int bad = chol_factor_watched(n, a, ld, watch);

    return bad != 0 ? bad : chol_unsure(n, a, ld, least);
}

/* X_kk = L_kk^-1, with zeros above: the products below read whole tiles. */
static void invert_diagonal(int n, const double *factor, double *x, int ld, int k)
{
    int size = extent(n, k);

    for (int c = 0; c < size; c++) {
        double *column = tile(x, ld, k, k) + (size_t)c * (size_t)ld;

        memset(column, 0, sizeof(double) * (size_t)c);
        memcpy(column + c, tile_const(factor, ld, k, k) + (size_t)c * (size_t)ld + c, sizeof(double) * (size_t)(size - c));
    }
    invert_triangle(size, tile(x, ld, k, k), ld);
}

/* Column j of X below its diagonal: X_ij = -L_ii^-1 sum_{j <= k < i} L_ik X_kj, each X_kj sent down as soon as it is known. */
static void invert_column(int n, const double *factor, double *x, int ld, int j, struct watch *watch)
{
    int tiles = tiles_of(n), columns = extent(n, j), inner = TILE;

    for (int k = j; k + 1 < tiles && !watch_stops(watch); k++) {
        int below = n - (k + 1) * TILE, rows = extent(n, k + 1);

        dgemm_("N", "N", &below, &columns, &inner, &MINUS, tile_const(factor, ld, k + 1, k), &ld, tile(x, ld, k, j), &ld,
               k == j ? &ZERO : &ONE, tile(x, ld, k + 1, j), &ld);
        dtrmm_("L", "L", "N", "N", &rows, &columns, &ONE, tile(x, ld, k + 1, k + 1), &ld, tile(x, ld, k + 1, j), &ld);
    }
}

/* Tiles (i, j) of X'X, `first` <= i < first + CHUNK: the sum over k >= i of X_ki' X_kj. */
static void multiply_tiles(int n, const double *x, double *inverse, int ld, int first, int j)
{
    int tiles = tiles_of(n), columns = extent(n, j), last = first + CHUNK - 1;

    for (int k = tiles - 1; k >= first; k--) {
        int inner = extent(n, k), end = (k < last ? k : last) + 1, rows = (end < tiles ? end * TILE : n) - first * TILE;

        dgemm_("T", "N", &rows, &columns, &inner, &ONE, tile_const(x, ld, k, first), &ld, tile_const(x, ld, k, j), &ld,
               k == tiles - 1 ? &ZERO : &ONE, tile(inverse, ld, first, j), &ld);
    }
}

/* out := X'X, the lower triangle, X lower triangular: [A'A + B'B  .; C'B  C'C], for X = [A 0; B C].  What is few is taken as a
 * whole, with zeros above the diagonal of X. */
static void square_triangle(int n, const double *x, double *out, int ld)
{
    int upper = n / 2, lower = n - upper;
    const double *below = x + upper, *corner = x + (size_t)upper * (size_t)ld + upper;
    double whole[HALF * HALF];

    if (n > HALF) {
        for (int j = 0; j < upper; j++)
            memcpy(out + (size_t)j * (size_t)ld + upper, below + (size_t)j * (size_t)ld, sizeof(double) * (size_t)lower);
        square_triangle(upper, x, out, ld);
        dsyrk_("L", "T", &upper, &lower, &ONE, below, &ld, &ONE, out, &ld);
        dtrmm_("L", "L", "T", "N", &lower, &upper, &ONE, corner, &ld, out + upper, &ld);
        square_triangle(lower, corner, out + (size_t)upper * (size_t)ld + upper, ld);
        return;
    }
    for (int j = 0; j < n; j++) {
        memset(whole + j * n, 0, sizeof(double) * (size_t)j);
        memcpy(whole + j * n + j, x + (size_t)j * (size_t)ld + j, sizeof(double) * (size_t)(n - j));
    }
    dsyrk_("L", "T", &n, &n, &ONE, whole, &n, &ZERO, out, &ld);
}

/* The same inverse by halves, with no work that is not asked for: by one thread. */
static void invert_by_halves(int n, const double *factor, double *scratch, double *inverse, int ld)
{
    for (int j = 0; j < n; j++) { /* who reads whole tiles of the scratch finds zeros above the diagonal */
        double *column = scratch + (size_t)j * (size_t)ld;

        memset(column + j / TILE * TILE, 0, sizeof(double) * (size_t)(j % TILE));
        memcpy(column + j, factor + (size_t)j * (size_t)ld + j, sizeof(double) * (size_t)(n - j));
    }
    invert_triangle(n, scratch, ld);
    square_triangle(n, scratch, inverse, ld);
}

void chol_invert_watched(int n, const double *factor, double *scratch, double *inverse, int ld, struct watch *watch)
{
    int tiles = tiles_of(n), chunks = (tiles + CHUNK - 1) / CHUNK;

    if (n == 0)
        return;
    if (tiles <= BY_HALVES) {
        invert_by_halves(n, factor, scratch, inverse, ld);
        return;
    }
#pragma omp parallel
    {
#pragma omp for schedule(dynamic)
        for (int k = 0; k < tiles; k++)
            invert_diagonal(n, factor, scratch, ld, k);
#pragma omp for schedule(dynamic)
        for (int j = 0; j < tiles; j++)
            invert_column(n, factor, scratch, ld, j, watch);
#pragma omp for schedule(dynamic)
        for (int part = 0; part < tiles * chunks; part++) { /* column j, from its diagonal down in chunks */
            int j = part / chunks, first = j + part % chunks * CHUNK;

            if (first < tiles && !watch_stops(watch))
                multiply_tiles(n, scratch, inverse, ld, first, j);
        }
    }
}

void chol_invert(int n, const double *factor, double *scratch, double *inverse, int ld)
{
    chol_invert_watched(n, factor, scratch, inverse, ld, NULL);
}

/* The triangle above from that below. */
static void mirror(int n, double *a, int ld)
{
    for (int j = 1; j < n; j++)
        for (int i = 0; i < j; i++)
            a[i + (size_t)j * (size_t)ld] = a[j + (size_t)i * (size_t)ld];
}

void inverse_slope(int n, double *inverse, double *slope, double *scratch, int ld, struct watch *watch)
{
    int tiles = tiles_of(n);

    mirror(n, inverse, ld);
    mirror(n, slope, ld);
#pragma omp parallel if (tiles > SHARED_INVERSE)
    {
#pragma omp for schedule(dynamic)
        for (int j = 0; j < tiles; j++) {
            int columns = extent(n, j);

            if (!watch_stops(watch))
                dgemm_("N", "N", &n, &columns, &n, &ONE, slope, &ld, tile(inverse, ld, 0, j), &ld, &ZERO, tile(scratch, ld, 0, j),
                       &ld);
        }
#pragma omp for schedule(dynamic)
        for (int j = 0; j < tiles; j++) {
            int columns = extent(n, j), rows = n - j * TILE;

            if (!watch_stops(watch))
                dgemm_("N", "N", &rows, &columns, &n, &MINUS, tile(inverse, ld, j, 0), &ld, tile(scratch, ld, 0, j), &ld, &ZERO,
                       tile(slope, ld, j, j), &ld);
        }
    }
}

/* Parts of a product that threads may share, each of so many rows or columns; what a thread does is one part, in one order. */
enum { STRIPE = 3 * TILE };

struct congruence {
    const double *X;
    double *slope, *half; /* B P / 2, of the two below: lower x upper */
    int upper, lower, ld;
};

/* B P / 2, rows from `first` on. */
static void halve_rows(const struct congruence *c, int first, int rows)
{
    static const double HALVED = 0.5;

    dsymm_("R", "L", &rows, &c->upper, &HALVED, c->slope, &c->ld, c->X + c->upper + first, &c->ld, &ZERO, c->half + first,
           &c->lower);
}

static void add_half(const struct congruence *c, double *Q, int first, int rows, int from, int end)
{
    for (int j = from; j < end; j++)
        for (int i = first; i < first + rows; i++)
            Q[i + (size_t)j * (size_t)c->ld] += c->half[i + (size_t)j * (size_t)c->lower];
}

/* Q := W = C Q + B P / 2, columns from `first` on. */
static void make_columns(const struct congruence *c, int first, int columns)
{
    double *Q = c->slope + c->upper;

    dtrmm_("L", "L", "N", "N", &c->lower, &columns, &ONE, c->X + (size_t)c->upper * (size_t)(c->ld + 1), &c->ld,
           Q + (size_t)first * (size_t)c->ld, &c->ld);
    add_half(c, Q, 0, c->lower, first, first + columns);
}

/* R += W B' + B W', columns from `first` on. */
static void add_columns(const struct congruence *c, int first, int columns)
{
    const double *W = c->slope + c->upper + first, *B = c->X + c->upper + first;
    double *R = c->slope + (size_t)(c->upper + first) * (size_t)(c->ld + 1);
    int below = c->lower - first - columns;

    dsyr2k_("L", "N", &columns, &c->upper, &ONE, W, &c->ld, B, &c->ld, &ONE, R, &c->ld);
    if (below <= 0)
        return;
    dgemm_("N", "T", &below, &columns, &c->upper, &ONE, W + columns, &c->ld, B, &c->ld, &ONE, R + columns, &c->ld);
    dgemm_("N", "T", &below, &columns, &c->upper, &ONE, B + columns, &c->ld, W, &c->ld, &ONE, R + columns, &c->ld);
}

/* W := (W + B P / 2) A', rows from `first` on. */
static void end_rows(const struct congruence *c, int first, int rows)
{
    double *W = c->slope + c->upper;

    add_half(c, W, first, rows, 0, c->upper);
    dtrmm_("R", "L", "T", "N", &rows, &c->upper, &ONE, c->X, &c->ld, W + first, &c->ld);
}

/* The function is named with what is private: clang 14 ends on one that a task calls and that is not. */
static void in_stripes(const struct congruence *c, int n, void (*part)(const struct congruence *, int, int), struct watch *watch)
{
    for (int first = 0; first < n; first += STRIPE) {
#pragma omp task firstprivate(first, part)
        if (!watch_stops(watch))
            part(c, first, n - first < STRIPE ? n - first : STRIPE);
    }
}

/* Of few: X slope whole, and its product with X'. */
static void congruent_few(int n, const double *X, double *slope, double *scratch, int ld)
{
    mirror(n, slope, ld);
    for (int j = 0; j < n; j++)
        memcpy(scratch + (size_t)j * (size_t)n, slope + (size_t)j * (size_t)ld, sizeof(double) * (size_t)n);
    dtrmm_("L", "L", "N", "N", &n, &n, &ONE, X, &ld, scratch, &n);
    dtrmm_("R", "L", "T", "N", &n, &n, &ONE, X, &ld, scratch, &n);
    for (int j = 0; j < n; j++)
        memcpy(slope + (size_t)j * (size_t)ld + j, scratch + (size_t)j * (size_t)(n + 1), sizeof(double) * (size_t)(n - j));
}

/* By halves, X = [A 0; B C] and slope = [P Q'; Q R]: [A P A' .; (2 H + C Q) A'  C R C' + W B' + B W'], where H = B P / 2 and
 * W = C Q + H (as LAPACK's dsygst): n^3 operations, of which most are in products of the largest size. */
static void congruent_halves(int n, const double *X, double *slope, double *scratch, int ld, struct watch *watch)
{
    int upper = n / 2, lower = n - upper;
    size_t corner = (size_t)upper * (size_t)(ld + 1);
    struct congruence c = { .X = X, .slope = slope, .half = scratch, .upper = upper, .lower = lower, .ld = ld };

    if (n <= TILE) {
        congruent_few(n, X, slope, scratch, ld);
        return;
    }
    congruent_halves(lower, X + corner, slope + corner, scratch, ld, watch);
    in_stripes(&c, lower, halve_rows, watch);
#pragma omp taskwait
    in_stripes(&c, upper, make_columns, watch);
#pragma omp taskwait
    in_stripes(&c, lower, add_columns, watch);
#pragma omp taskwait
    in_stripes(&c, lower, end_rows, watch);
#pragma omp taskwait
    congruent_halves(upper, X, slope, scratch, ld, watch);
}

void congruent_slope(int n, const double *X, double *slope, double *scratch, int ld, struct watch *watch)
{
#pragma omp parallel if (tiles_of(n) > SHARED_INVERSE)
#pragma omp single
    congruent_halves(n, X, slope, scratch, ld, watch);
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
    return few_factor(k, a, k);
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

void small_semidefinite(int k, const double *A, double *L)
{
    for (int j = 0; j < k; j++) {
        double pivot = A[j + j * k];
        bool none;

        for (int c = 0; c < j; c++) {
            pivot -= L[j + c * k] * L[j + c * k];
            L[c + j * k] = 0.0;
        }
        none = !(pivot > NO_PIVOT * A[j + j * k]);
        L[j + j * k] = none ? 0.0 : sqrt(pivot);
        for (int i = j + 1; i < k; i++) {
            double sum = A[i + j * k];

            for (int c = 0; c < j; c++)
                sum -= L[i + c * k] * L[j + c * k];
            L[i + j * k] = none ? 0.0 : sum / L[j + j * k];
        }
    }
}
