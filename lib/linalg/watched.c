/* watched.c -- see watched.h: columns in groups, so that no call takes more than STEP multiplications. */
#include "linalg/watched.h"

#include <string.h>

#include "base/memory.h"
#include "linalg/lapack.h"

enum { PANEL = 32, WIDE = 96, FEW = 12 };
static const double STEP = 1e8, SMALL = 3e8;
static const double ONE = 1.0, MINUS = -1.0, ZERO = 0.0;

/* Columns of one step, each of which takes `work` multiplications; at least one. */
static int step_columns(double work, int columns)
{
    double fit = STEP / work;

    return fit < 1.0 ? 1 : fit < columns ? (int)fit : columns;
}

void watched_product(const char letters[2], int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
                     double beta, double *c, int ldc, struct watch *watch)
{
    int step = step_columns((double)m * k + 1.0, n);

    for (int j = 0; j < n; j += step) {
        int columns = n - j < step ? n - j : step;
        const double *part = b + (letters[1] == 'N' ? (size_t)j * (size_t)ldb : (size_t)j);

        if (step < n && watch_stops(watch))
            return;
        dgemm_(letters, letters + 1, &m, &columns, &k, &alpha, a, &lda, part, &ldb, &beta, c + (size_t)j * (size_t)ldc, &ldc);
    }
}

void watched_gram(int n, int k, const double *a, const double *right, double *c, int ldc, struct watch *watch)
{
    if ((double)n * n * k <= STEP) {
        if (right == NULL)
            dsyrk_("L", "N", &n, &k, &ONE, a, &n, &ONE, c, &ldc);
        else
            dgemm_("N", "T", &n, &n, &k, &ONE, a, &n, right, &n, &ONE, c, &ldc);
        return;
    }
    for (int j = 0, columns; j < n; j += columns) {
        int below = n - j, step = step_columns((double)below * k, PANEL * PANEL);

        columns = below < step ? below : step;
        if (watch_stops(watch))
            return;
        dgemm_("N", "T", &below, &columns, &k, &ONE, a + j, &n, (right == NULL ? a : right) + j, &n, &ONE,
               c + (size_t)j * (size_t)ldc + j, &ldc);
    }
}

/* --- triangles -------------------------------------------------------------------------------------- */

static bool is_small(int n)
{
    return (double)n * n * n <= SMALL;
}

static double *entry(double *a, int lda, int row, int column)
{
    return a + (size_t)column * (size_t)lda + (size_t)row;
}

/* A block of `rows` x `columns` := op(triangle) times it (or solved with the triangle), columns in steps. */
typedef void triangle_call(const char *side, const char *uplo, const char *transa, const char *diag, const int *m, const int *n,
                           const double *alpha, const double *a, const int *lda, double *b, const int *ldb);

static bool by_columns(triangle_call *call, const char letters[3], int rows, int columns, double alpha, const double *triangle,
                       double *block, int lda, struct watch *watch)
{
    int step = step_columns((double)rows * rows / 2 + 1.0, columns);

    for (int j = 0, count; j < columns; j += count) {
        count = columns - j < step ? columns - j : step;
        if (watch_stops(watch))
            return false;
        call("L", letters, letters + 1, letters + 2, &rows, &count, &alpha, triangle, &lda, block + (size_t)j * (size_t)lda,
             &lda);
    }
    return true;
}

/* Panel by panel, each sent to the columns behind it. */
int watched_chol_upper(int n, double *a, int lda, struct watch *watch)
{
    int info = 0;

    if (is_small(n)) {
        dpotrf_("U", &n, a, &lda, &info);
        return info;
    }
    for (int k = 0; k < n; k += WIDE) {
        int size = n - k < WIDE ? n - k : WIDE, behind = k + size;

        dpotrf_("U", &size, entry(a, lda, k, k), &lda, &info);
        if (info > 0)
            return k + info;
        if (!by_columns(dtrsm_, "UTN", size, n - behind, 1.0, entry(a, lda, k, k), entry(a, lda, k, behind), lda, watch))
            return n;
        for (int j = behind, count; j < n; j += count) {
            int above = j - behind;

            count = n - j < WIDE ? n - j : WIDE;
            if (watch_stops(watch))
                return n;
            dgemm_("T", "N", &above, &count, &size, &MINUS, entry(a, lda, k, behind), &lda, entry(a, lda, k, j), &lda, &ONE,
                   entry(a, lda, behind, j), &lda);
            dsyrk_("U", "T", &count, &size, &MINUS, entry(a, lda, k, j), &lda, &ONE, entry(a, lda, j, j), &lda);
        }
    }
    return 0;
}

/* From the last panel backwards: [A 0; B C]^-1 = [A^-1 0; -C^-1 B A^-1 C^-1]. */
void watched_invert_lower(int n, double *a, int lda, struct watch *watch)
{
    int info = 0;

    if (is_small(n)) {
        dtrtri_("L", "N", &n, a, &lda, &info);
        return;
    }
    for (int k = (n - 1) / WIDE * WIDE; k >= 0; k -= WIDE) {
        int size = n - k < WIDE ? n - k : WIDE, behind = k + size, below = n - behind;

        if (below > 0
            && !by_columns(dtrmm_, "LNN", below, size, -1.0, entry(a, lda, behind, behind), entry(a, lda, behind, k), lda, watch))
            return;
        if (below > 0)
            dtrsm_("R", "L", "N", "N", &below, &size, &ONE, entry(a, lda, k, k), &lda, entry(a, lda, behind, k), &lda);
        dtrtri_("L", "N", &size, entry(a, lda, k, k), &lda, &info);
    }
}

static void transpose(int n, double *a, int lda)
{
    for (int j = 0; j < n; j++)
        for (int i = 0; i < j; i++) {
            double x = *entry(a, lda, i, j);

            *entry(a, lda, i, j) = *entry(a, lda, j, i);
            *entry(a, lda, j, i) = x;
        }
}

void watched_invert_upper(int n, double *a, int lda, struct watch *watch)
{
    int info = 0;

    if (is_small(n)) {
        dtrtri_("U", "N", &n, a, &lda, &info);
        return;
    }
    transpose(n, a, lda);
    watched_invert_lower(n, a, lda, watch);
    transpose(n, a, lda);
}

/* X'X of X = L^-1, in place, by hand: for so few columns a call of LAPACK costs more than what it computes. */
static void few_chol_inverse(int n, double *a, int lda)
{
    for (int j = 0; j < n; j++) {
        *entry(a, lda, j, j) = 1.0 / *entry(a, lda, j, j);
        for (int i = j + 1; i < n; i++) {
            double sum = 0.0;

            for (int k = j; k < i; k++)
                sum -= *entry(a, lda, i, k) * *entry(a, lda, k, j);
            *entry(a, lda, i, j) = sum / *entry(a, lda, i, i);
        }
    }
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++) {
            double sum = 0.0;

            for (int k = i; k < n; k++)
                sum += *entry(a, lda, k, i) * *entry(a, lda, k, j);
            *entry(a, lda, i, j) = sum;
        }
}

/* X'X of X = L^-1, in place, from the first panel of rows on: its own rows are read for the last time there. */
void watched_chol_inverse(int n, double *a, int lda, struct watch *watch)
{
    int info = 0;

    if (n <= FEW) {
        few_chol_inverse(n, a, lda);
        return;
    }
    if (is_small(n)) {
        dpotri_("L", &n, a, &lda, &info);
        return;
    }
    watched_invert_lower(n, a, lda, watch);
    for (int k = 0; k < n; k += WIDE) {
        int size = n - k < WIDE ? n - k : WIDE, behind = k + size, below = n - behind;
        double own[WIDE * WIDE];

        if (!by_columns(dtrmm_, "LTN", size, k, 1.0, entry(a, lda, k, k), entry(a, lda, k, 0), lda, watch))
            return;
        if (below > 0)
            watched_product("TN", size, k, below, 1.0, entry(a, lda, behind, k), lda, entry(a, lda, behind, 0), lda, 1.0,
                            entry(a, lda, k, 0), lda, watch);
        for (int j = 0; j < size; j++) /* L_kk^-1 with zeros above it, times its transpose */
            for (int i = 0; i < size; i++)
                own[i + j * size] = i < j ? 0.0 : *entry(a, lda, k + i, k + j);
        dsyrk_("L", "T", &size, &size, &ONE, own, &size, &ZERO, entry(a, lda, k, k), &lda);
        if (below > 0)
            dsyrk_("L", "T", &size, &below, &ONE, entry(a, lda, behind, k), &lda, &ONE, entry(a, lda, k, k), &lda);
    }
}

/* --- Householder's method ------------------------------------------------------------------------- */

struct qr {
    int rows, p, panel;
    double *a, *tau, *work; /* tau: p; work: panel x (p + 64) */
    int work_size;
    double *T; /* panel x panel */
    struct watch *watch;
};

static double *at(const struct qr *q, int row, int column)
{
    return q->a + (size_t)column * (size_t)q->rows + (size_t)row;
}

/* Applies the reflections of the panel at k ('T': in their order; 'N': backwards) to the columns behind it. */
static bool reflect(const struct qr *q, int k, int columns, const char *order)
{
    int below = q->rows - k, rest = q->p - k - columns, step = step_columns(4.0 * below * columns, rest);

    dlarft_("F", "C", &below, &columns, at(q, k, k), &q->rows, q->tau + k, q->T, &q->panel, 1, 1);
    for (int j = 0, count; j < rest; j += count) {
        count = rest - j < step ? rest - j : step;
        if (watch_stops(q->watch))
            return false;
        dlarfb_("L", order, "F", "C", &below, &count, &columns, at(q, k, k), &q->rows, q->T, &q->panel, at(q, k, k + columns + j),
                &q->rows, q->work, &count, 1, 1, 1, 1);
    }
    return !watch_stops(q->watch);
}

static bool factor_panels(const struct qr *q)
{
    int info = 0;

    for (int k = 0; k < q->p; k += q->panel) {
        int columns = q->p - k < q->panel ? q->p - k : q->panel, below = q->rows - k;

        dgeqrf_(&below, &columns, at(q, k, k), &q->rows, q->tau + k, q->work, &q->work_size, &info);
        if (!reflect(q, k, columns, "T"))
            return false;
    }
    return true;
}

/* Q from the last panel backwards: what stands above a panel's own rows is 0. */
static bool form_panels(const struct qr *q)
{
    int info = 0;

    for (int k = (q->p - 1) / q->panel * q->panel; k >= 0; k -= q->panel) {
        int columns = q->p - k < q->panel ? q->p - k : q->panel, below = q->rows - k;

        if (!reflect(q, k, columns, "N"))
            return false;
        dorgqr_(&below, &columns, &columns, at(q, k, k), &q->rows, q->tau + k, q->work, &q->work_size, &info);
        for (int j = k; j < k + columns; j++)
            memset(at(q, 0, j), 0, sizeof(double) * (size_t)k);
    }
    return true;
}

static void copy_triangle(const struct qr *q, double *R)
{
    for (int j = 0; R != NULL && j < q->p; j++)
        memcpy(R + (size_t)j * (size_t)q->p, at(q, 0, j), sizeof(double) * (size_t)(j + 1));
}

bool watched_qr(int rows, int p, double *a, double *R, struct watch *watch)
{
    struct qr q = { .rows = rows, .p = p, .a = a, .watch = watch, .panel = rows > (1 << 18) ? PANEL / 4 : PANEL };
    bool small = (double)rows * p * p <= SMALL, ok;
    int info = 0;

    if (p == 0)
        return true;
    q.work_size = PANEL * (p + 2 * PANEL);
    q.tau = mem_alloc((size_t)p + (size_t)q.work_size + PANEL * PANEL, sizeof(double));
    if (q.tau == NULL)
        return false;
    q.work = q.tau + p;
    q.T = q.work + q.work_size;
    if (small)
        dgeqrf_(&rows, &p, a, &rows, q.tau, q.work, &q.work_size, &info);
    ok = small || factor_panels(&q);
    if (ok)
        copy_triangle(&q, R);
    if (small)
        dorgqr_(&rows, &p, &p, a, &rows, q.tau, q.work, &q.work_size, &info);
    ok = ok && (small || form_panels(&q));
    mem_free(q.tau);
    return ok;
}
