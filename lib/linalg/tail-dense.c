/* tail-dense.c -- a tail that fills in heavily: dense matrices, factored and inverted by tiles (dense.h). */
#include <string.h>

#include "base/threads.h"
#include "base/memory.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/tail.h"
#include "linalg/watched.h"

enum { PARALLEL_SIZE = 256, RUN_LEAST = 32 };

struct dense {
    struct tail tail;      /* first: a tail is a dense one where its ops say so */
    int order;             /* size + extras */
    double *A, *L, *W, *S; /* assembled, factor (lower triangles), scratch, inverse */
};

static struct dense *dense_of(struct tail *t)
{
    return (struct dense *)t;
}

static const struct dense *dense_view(const struct tail *t)
{
    return (const struct dense *)t;
}

static void dense_free(struct tail *t)
{
    mem_free(dense_of(t)->A);
    mem_free(t);
}

static void dense_clear(struct tail *t)
{
    struct dense *d = dense_of(t);
    size_t order = (size_t)d->order;

    for (size_t j = 0; j < order && !(j % 256 == 0 && watch_stops(t->watch)); j++)
        memset(d->A + j * order, 0, sizeof(double) * order);
}

static void dense_add_row(struct tail *t, const size_t *first, const double *const *z, const double *extras, double w)
{
    struct dense *d = dense_of(t);
    size_t ld = (size_t)d->order;

    for (int s = 0; s < t->term_count; s++)
        for (int a = 0; a < t->terms[s].k; a++) {
            double *column = d->A + (first[s] + (size_t)a) * ld, x = w * z[s][a];

            for (int r = s; r < t->term_count; r++)
                for (int b = r == s ? a : 0; b < t->terms[r].k; b++)
                    column[first[r] + (size_t)b] += x * z[r][b];
            for (int e = 0; e < t->extras; e++)
                column[t->size + e] += x * extras[e];
        }
}

static void dense_add_extras(struct tail *t, int rows, const double *left, const double *right)
{
    struct dense *d = dense_of(t);
    int e = t->extras;
    double *corner = d->A + (size_t)t->size * (size_t)d->order + (size_t)t->size;

    if (e > 0)
        watched_gram(e, rows, left, left == right ? NULL : right, corner, d->order, t->watch);
}

/* The block of columns from `first` on, of the term `own`, times its template: Lambda.  Entries above the diagonal come from
 * their mirror. */
static void scale_columns(struct dense *d, int own, int first, const double *lambda)
{
    size_t ld = (size_t)d->order;
    double *out = d->L + (size_t)first * ld;
    const double *in = d->A + (size_t)first * ld;
    int k = d->tail.terms[own].k;

    if (k == 1) { /* a level of a term does not occur with another of its levels */
        int end = d->tail.terms[own].first + d->tail.terms[own].levels;

        out[first] = lambda[0] * in[first];
        memset(out + first + 1, 0, sizeof(double) * (size_t)(end - first - 1));
        for (int i = end; i < d->order; i++)
            out[i] = lambda[0] * in[i];
        return;
    }
    for (int c = 0; c < k; c++)
        for (int i = first; i < d->order; i++) {
            double sum = 0.0;

            for (int a = c; a < k; a++)
                sum += lambda[a + c * k]
                       * (i < first + a ? d->A[(size_t)(first + a) + (size_t)i * ld] : in[(size_t)i + (size_t)a * ld]);
            out[(size_t)i + (size_t)c * ld] = sum;
        }
}

/* The rows `row` .. `end` - 1 of k columns, blocks of a term: Lambda' times each. */
static void scale_rows(double *columns, size_t ld, int k, int row, int end, int kb, const double *lambda)
{
    for (int c = 0; c < k; c++) {
        double *out = columns + (size_t)c * ld;

        if (kb == 1)
            for (int i = row; i < end; i++)
                out[i] *= lambda[0];
        for (int i = row; kb > 1 && i < end; i += kb)
            for (int r = 0; r < kb; r++) {
                double sum = 0.0;

                for (int a = r; a < kb; a++)
                    sum += lambda[a + r * kb] * out[i + a];
                out[i + r] = sum;
            }
    }
}

/* L := Lambda' A Lambda + I, the lower triangle. */
static void dense_scale(struct tail *t, const double *const lambda[])
{
    struct dense *d = dense_of(t);
    size_t ld = (size_t)d->order;

    for (int own = 0; own < t->term_count; own++) {
        const struct tail_term *right = &t->terms[own];
        int k = right->k;

#pragma omp parallel for schedule(dynamic, 16) if (t->size > PARALLEL_SIZE)
        for (int block = 0; block < right->levels; block++) {
            int first = right->first + block * k;
            double *out = d->L + (size_t)first * ld;

            scale_columns(d, own, first, lambda[right->term]);
            for (int s = own; s < t->term_count; s++) {
                const struct tail_term *below = &t->terms[s];

                scale_rows(out, ld, k, s == own ? first : below->first,
                           s == own ? first + k : below->first + below->levels * below->k, below->k, lambda[below->term]);
            }
            for (int c = 0; c < k; c++)
                out[(size_t)(first + c) + (size_t)c * ld] += 1.0;
        }
    }
    for (int x = t->size; x < d->order; x++)
        memcpy(d->L + (size_t)x * ld + (size_t)t->size, d->A + (size_t)x * ld + (size_t)t->size,
               sizeof(double) * (size_t)t->extras);
}

/* The column of entry r of a list of columns followed by the extras. */
static int column_of(const struct tail *t, const int32_t *row, size_t rows, size_t r)
{
    return r < rows ? row[r] : t->size + (int)(r - rows);
}

static double dot_k(int k, const double *x, const double *y)
{
    double sum = 0.0;

    for (int a = 0; a < k; a++)
        sum += x[a] * y[a];
    return sum;
}

/* Whether a node's columns stand side by side, as those of a level that meets all levels of the tail do: BLAS has them then. */
static bool is_run(const int32_t *row, size_t rows, int k)
{
    return k > 1 && rows >= RUN_LEAST && (size_t)(row[rows - 1] - row[0]) == rows - 1;
}

/* Columns from .. to-1 of a run of `rows` columns from `first` on, and all extras below, in panels that begin at multiples of
 * TAIL_PANEL wherever from and to are: so threads that share the columns get the same digits as one that has them all. */
static void subtract_run(struct dense *d, int from, int to, int first, int rows, const double *B, int k)
{
    const double minus = -1.0, one = 1.0;
    const int ld = d->order, extras = d->tail.extras, end = first + rows;

    for (int j = from, next; j < to; j = next) {
        double *column = d->L + (size_t)j * (size_t)ld;
        const double *Bj = B + (size_t)(j - first) * (size_t)k;
        int width, below;

        next = (j / TAIL_PANEL + 1) * TAIL_PANEL;
        next = next < to ? next : to;
        width = next - j;
        below = end - next;
        dsyrk_("L", "T", &width, &k, &minus, Bj, &k, &one, column + j, &ld);
        if (below > 0)
            dgemm_("T", "N", &below, &width, &k, &minus, B + (size_t)(next - first) * (size_t)k, &k, Bj, &k, &one, column + next,
                   &ld);
        if (extras > 0)
            dgemm_("T", "N", &extras, &width, &k, &minus, B + (size_t)rows * (size_t)k, &k, Bj, &k, &one, column + d->tail.size,
                   &ld);
    }
}

/* The columns are increasing, so that the lower triangle is met. */
static void dense_subtract(struct tail *t, int from, int to, const int32_t *row, size_t rows, const double *B, int k)
{
    struct dense *d = dense_of(t);
    size_t count = rows + (size_t)t->extras, ld = (size_t)d->order, j, last;

    last = to < t->size ? tail_find_column(row, rows, to) : rows + (size_t)(to - t->size);
    j = from > 0 ? tail_find_column(row, rows, from) : 0;
    if (is_run(row, rows, k)) {
        int first = row[0], end = first + (int)rows;

        subtract_run(d, from > first ? from : first, to < end ? to : end, first, (int)rows, B, k);
        j = rows;
    }
    for (; j < last; j++) {
        double *column = d->L + (size_t)column_of(t, row, rows, j) * ld, *extras = column + t->size;
        const double *Bj = B + j * (size_t)k;
        size_t behind = j > rows ? j : rows;

        if (k == 1) {
            for (size_t i = j; i < rows; i++)
                column[row[i]] -= B[i] * Bj[0];
            for (size_t i = behind; i < count; i++)
                extras[i - rows] -= B[i] * Bj[0];
            continue;
        }
        for (size_t i = j; i < rows; i++)
            column[row[i]] -= dot_k(k, B + i * (size_t)k, Bj);
        for (size_t i = behind; i < count; i++)
            extras[i - rows] -= dot_k(k, B + i * (size_t)k, Bj);
    }
}

static double *dense_column(struct tail *t, int j, bool inverse, const int **row, int *count, double **extras)
{
    struct dense *d = dense_of(t);
    double *column = (inverse ? d->S : d->L) + (size_t)j * (size_t)d->order;

    *row = NULL;
    *count = t->size;
    *extras = column + t->size;
    return column;
}

static double *dense_values(struct tail *t, bool inverse, size_t *count)
{
    struct dense *d = dense_of(t);

    *count = (size_t)d->order * (size_t)d->order;
    return inverse ? d->S : d->L;
}

/* The pivots of the extras, what is left of them, may be lost in rounding where all others stand: they are 0 then. */
static bool dense_factor(struct tail *t)
{
    struct dense *d = dense_of(t);

    int bad = chol_factor_watched(d->order, d->L, d->order, t->watch);

    if (bad <= t->size || watch_stopped(t->watch))
        return bad == 0;
    for (int j = bad - 1; j < d->order; j++)
        d->L[(size_t)j * (size_t)(d->order + 1)] = 0.0;
    return true;
}

static double dense_diagonal(const struct tail *t, int column)
{
    const struct dense *d = dense_view(t);

    return d->L[(size_t)column * (size_t)(d->order + 1)];
}

static void dense_last_row(const struct tail *t, double *x)
{
    const struct dense *d = dense_view(t);

    for (int j = 0; j < d->order - 1; j++)
        x[j] = d->L[(size_t)(d->order - 1) + (size_t)j * (size_t)d->order];
}

static void dense_solve_lower(const struct tail *t, int columns, double *x)
{
    chol_solve_lower(columns, dense_view(t)->L, dense_view(t)->order, x);
}

static void dense_solve_upper(const struct tail *t, int columns, double *x)
{
    chol_solve_upper(columns, dense_view(t)->L, dense_view(t)->order, x);
}

static void dense_extras_factor(const struct tail *t, int columns, double *out)
{
    const struct dense *d = dense_view(t);

    for (int j = 0; j < columns; j++)
        for (int i = 0; i < columns; i++)
            out[i + j * columns] = i < j ? 0.0 : d->L[(size_t)(t->size + i) + (size_t)(t->size + j) * (size_t)d->order];
}

static void dense_invert(struct tail *t, int columns)
{
    struct dense *d = dense_of(t);

    t->inverted = columns;
    chol_invert_watched(t->size + columns, d->L, d->W, d->S, d->order, t->watch);
}

static double dense_inverse(const struct tail *t, int i, int j)
{
    size_t row = (size_t)(i > j ? i : j), column = (size_t)(i > j ? j : i);

    return dense_view(t)->S[row + column * (size_t)dense_view(t)->order];
}

static void dense_whole(const struct tail *t, struct tail_whole *whole)
{
    const struct dense *d = dense_view(t);

    *whole = (struct tail_whole){ .S = d->S,
                                  .ld = d->order,
                                  .corner = d->S + (size_t)t->size * (size_t)(d->order + 1),
                                  .corner_ld = d->order,
                                  .scratch = d->W };
}

/* For a run of columns from `first` on, and the extras E that S includes: [out out_E] += [G G_E] S, k rows each. */
static void multiply_run(const struct dense *d, int first, int rows, const double *G, int k, double *out)
{
    const double one = 1.0;
    const int ld = d->order, extras = d->tail.inverted, size = d->tail.size;
    const double *S = d->S + (size_t)first * (size_t)(ld + 1), *S_E = d->S + (size_t)size + (size_t)first * (size_t)ld;
    size_t behind = (size_t)rows * (size_t)k;

    dsymm_("R", "L", &k, &rows, &one, S, &ld, G, &k, &one, out, &k);
    if (extras == 0)
        return;
    dgemm_("N", "N", &k, &rows, &extras, &one, G + behind, &k, S_E, &ld, &one, out, &k);
    dgemm_("N", "T", &k, &extras, &rows, &one, G, &k, S_E, &ld, &one, out + behind, &k);
    dsymm_("R", "L", &k, &extras, &one, d->S + (size_t)size * (size_t)(ld + 1), &ld, G + behind, &k, &one, out + behind, &k);
}

/* The columns are increasing: each entry of S below the diagonal is met once and serves twice. */
static void dense_multiply(const struct tail *t, const int32_t *row, size_t rows, const double *G, int k, double *out)
{
    const struct dense *d = dense_view(t);
    size_t count = rows + (size_t)t->inverted, width = (size_t)k;

    if (is_run(row, rows, k)) {
        multiply_run(d, row[0], (int)rows, G, k, out);
        return;
    }
    for (size_t j = 0; j < count; j++) {
        const double *column = d->S + (size_t)column_of(t, row, rows, j) * (size_t)d->order, *extras = column + t->size;
        size_t behind = j + 1 > rows ? j + 1 : rows;

        if (k == 1) {
            double g = G[j], sum = out[j] + column[column_of(t, row, rows, j)] * g;

            for (size_t i = j + 1; i < rows; i++) {
                out[i] += column[row[i]] * g;
                sum += column[row[i]] * G[i];
            }
            for (size_t i = behind; i < count; i++) {
                out[i] += extras[i - rows] * g;
                sum += extras[i - rows] * G[i];
            }
            out[j] = sum;
            continue;
        }
        for (size_t i = j; i < count; i++) {
            double s = i < rows ? column[row[i]] : extras[i - rows];

            for (size_t q = 0; q < width; q++) {
                out[i * width + q] += s * G[j * width + q];
                if (i > j)
                    out[j * width + q] += s * G[i * width + q];
            }
        }
    }
}

/* A term with itself: a row has one level of it, so that A has blocks on the diagonal only.  They are read through the lower
 * triangle. */
static void own_products(const struct dense *d, int s, const double *lambda, double *gamma)
{
    const struct tail_term *term = &d->tail.terms[s];
    int k = term->k;
    size_t ld = (size_t)d->order;

    for (int first = term->first; first < term->first + term->levels * k; first += k) {
        const double *A = d->A + (size_t)first * (ld + 1), *S = d->S + (size_t)first * (ld + 1);

        for (int p = 0; p < k; p++)
            for (int c = 0; c < k; c++) {
                double x = 0.0;

                for (int a = c; a < k; a++)
                    x += A[(size_t)(p > a ? p : a) + (size_t)(p > a ? a : p) * ld] * lambda[a + c * k];
                for (int q = 0; q < k; q++)
                    gamma[p + q * k] += x * S[(size_t)(q > c ? q : c) + (size_t)(q > c ? c : q) * ld];
            }
    }
}

/* Two scalar terms: the products of the columns of the lower triangles, A and S, over the rows of term t. */
static void scalar_pair(const struct dense *d, int s, int t, const double *const lambda[], double *const gamma[])
{
    const struct tail_term *right = &d->tail.terms[s], *below = &d->tail.terms[t];
    size_t ld = (size_t)d->order;
    int one = 1;
    double sum = 0.0;

    for (int j = right->first; j < right->first + right->levels; j++) {
        size_t at = (size_t)below->first + (size_t)j * ld;

        sum += ddot_(&below->levels, d->A + at, &one, d->S + at, &one);
    }
    gamma[below->term][0] += lambda[right->term][0] * sum;
    gamma[right->term][0] += lambda[below->term][0] * sum;
}

/* gamma (rows x rows) += A Lambda S', where A and S have the rows of one level and the columns of another. `mirror` reads A and S
 * the other way round, below the diagonal of the dense matrix. */
static void block_product(int kr, int kc, const double *A, const double *S, size_t ld, bool mirror, const double *lambda,
                          double *gamma)
{
    for (int p = 0; p < kr; p++)
        for (int c = 0; c < kc; c++) {
            double x = 0.0;

            for (int a = c; a < kc; a++)
                x += (mirror ? A[(size_t)a + (size_t)p * ld] : A[(size_t)p + (size_t)a * ld]) * lambda[a + c * kc];
            for (int q = 0; q < kr; q++)
                gamma[p + q * kr] += x * (mirror ? S[(size_t)c + (size_t)q * ld] : S[(size_t)q + (size_t)c * ld]);
        }
}

/* Two terms of which one at least is a vector: block by block. */
static void vector_pair(const struct dense *d, int s, int t, const double *const lambda[], double *const gamma[])
{
    const struct tail_term *right = &d->tail.terms[s], *below = &d->tail.terms[t];
    int kr = below->k, kc = right->k;
    size_t ld = (size_t)d->order;

    for (int j = right->first; j < right->first + right->levels * kc; j += kc)
        for (int i = below->first; i < below->first + below->levels * kr; i += kr) {
            const double *A = d->A + (size_t)i + (size_t)j * ld, *S = d->S + (size_t)i + (size_t)j * ld;

            block_product(kr, kc, A, S, ld, false, lambda[right->term], gamma[below->term]);
            block_product(kc, kr, A, S, ld, true, lambda[below->term], gamma[right->term]);
        }
}

/* gamma_t[a, b] += sum over levels l and columns j of A_(l,a),j (Lambda_aug S)_j,(l,b). */
static void dense_gradient(struct tail *t, const double *const lambda[], double *const gamma[])
{
    struct dense *d = dense_of(t);
    size_t ld = (size_t)d->order;

    for (int s = 0; s < t->term_count; s++) {
        const struct tail_term *right = &t->terms[s];
        int k = right->k;

        own_products(d, s, lambda[right->term], gamma[right->term]);
        for (int r = s + 1; r < t->term_count; r++) {
            if (k == 1 && t->terms[r].k == 1)
                scalar_pair(d, s, r, lambda, gamma);
            else
                vector_pair(d, s, r, lambda, gamma);
        }
        for (int first = right->first; first < right->first + right->levels * k; first += k)
            for (int q = 0; q < k; q++)
                for (int p = 0; p < k; p++)
                    for (int x = t->size; x < t->size + t->inverted; x++)
                        gamma[right->term][p + q * k] +=
                            d->A[(size_t)x + (size_t)(first + p) * ld] * d->S[(size_t)x + (size_t)(first + q) * ld];
    }
}

static void dense_residual(struct tail *t, const double *x, const double *beta, double *z)
{
    struct dense *d = dense_of(t);
    const double minus = -1.0, plus = 1.0;
    int one = 1;

    for (int j = 0; j < t->size; j++) {
        const double *extras = d->A + (size_t)j * (size_t)d->order + (size_t)t->size;

        z[j] = extras[t->extras - 1];
        for (int q = 0; q < t->extras - 1; q++)
            z[j] -= extras[q] * beta[q];
    }
    if (t->size > 0)
        dsymv_("L", &t->size, &minus, d->A, &d->order, x, &one, &plus, z, &one);
}

static const struct tail_ops dense_ops = {
    .free = dense_free,
    .clear = dense_clear,
    .add_row = dense_add_row,
    .add_extras = dense_add_extras,
    .scale = dense_scale,
    .subtract = dense_subtract,
    .column = dense_column,
    .values = dense_values,
    .factor = dense_factor,
    .diagonal = dense_diagonal,
    .last_row = dense_last_row,
    .solve_lower = dense_solve_lower,
    .solve_upper = dense_solve_upper,
    .extras_factor = dense_extras_factor,
    .invert = dense_invert,
    .inverse = dense_inverse,
    .whole = dense_whole,
    .multiply = dense_multiply,
    .gradient = dense_gradient,
    .residual = dense_residual,
};

double tail_dense_bytes(int size, int extras)
{
    double order = (double)size + extras;

    return 4.0 * sizeof(double) * order * order;
}

struct tail *tail_dense_new(const struct tail_term *terms, int term_count, int size, int extras)
{
    struct dense *d = NEW(struct dense);
    size_t square = (size_t)(size + extras) * (size_t)(size + extras);

    if (d == NULL)
        return NULL;
    d->A = mem_zalloc(4 * square, sizeof(double));
    if (d->A == NULL) {
        mem_free(d);
        return NULL;
    }
    d->tail.ops = &dense_ops;
    d->tail.terms = terms;
    d->tail.term_count = term_count;
    d->tail.size = size;
    d->tail.extras = extras;
    d->order = size + extras;
    d->L = d->A + square;
    d->W = d->L + square;
    d->S = d->W + square;
    return &d->tail;
}
