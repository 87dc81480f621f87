/* collinear-gram.c -- collinear columns of a large matrix, by the Gram matrix G = X'X.
 *
 * Columns that are mostly 0 (indicators of a factor) enter G by their nonzeros, row by row; the others by blocks.  The Cholesky
 * pivot of a column over its squared length is its squared sine to the columns before, with an error of about 1e-13.  Above
 * 1e-8 it settles that the column stays.  Below, the residual of the column is computed from X itself: any coefficients give an
 * upper bound of its true length, so one that is below the rule's limit settles that the column goes; else the coefficients are
 * refined once. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/collinear-private.h"
#include "linalg/lapack.h"
#include "linalg/orthonormal.h"
#include "linalg/watched.h"

static const double SPENT = 1e-14; /* of a column's length: no digit of its residual is left */

enum { BLOCK = 256, SPARSE = 8 }; /* rows of a block; a column with fewer than n/SPARSE nonzeros is sparse */

static const double SETTLED = 1e-8; /* a squared sine far above its error of 1e-13: the column stays */

struct gram {
    const struct collinear *c;
    double *g; /* count x count: G below the diagonal; the factor U of the kept columns on it and above */
    int *kept, rank;
    double *y, *sum;         /* count; coefficients before their refinement */
    double *residual;        /* n, made when the first residual is computed */
    int *dense, dense_count; /* columns by kind, and a block of the dense ones (column-major, centred) */
    int *sparse, sparse_count;
    double *block;
    int *start, *column; /* nonzeros of a block of rows: of row i from start[i] on */
    double *value;
    size_t capacity;
};

static const double *column_of(const struct gram *w, int j)
{
    return w->c->x + (size_t)w->c->facts[j].index * w->c->n;
}

static double *entry(const struct gram *w, int row, int column)
{
    return &w->g[(size_t)column * (size_t)w->c->count + row];
}

static bool gram_new(struct gram *w, const struct collinear *c)
{
    size_t count = (size_t)c->count;

    w->c = c;
    w->g = mem_zalloc(count, count * sizeof *w->g);
    w->kept = NEW_ARRAY(int, count);
    w->y = NEW_ARRAY(double, count);
    w->sum = NEW_ARRAY(double, count);
    w->dense = NEW_ARRAY(int, count);
    w->sparse = NEW_ARRAY(int, count);
    w->start = NEW_ARRAY(int, BLOCK + 1);
    if (w->g == NULL || w->kept == NULL || w->y == NULL || w->sum == NULL || w->dense == NULL || w->sparse == NULL
        || w->start == NULL)
        return fail_memory(c->err);
    for (int j = 0; j < c->count; j++)
        if (c->facts[j].nonzeros < c->n / SPARSE)
            w->sparse[w->sparse_count++] = j;
        else
            w->dense[w->dense_count++] = j;
    w->block = mem_alloc((size_t)w->dense_count * BLOCK, sizeof *w->block);
    return w->block != NULL || fail_memory(c->err);
}

static void gram_clear(struct gram *w)
{
    mem_free(w->g);
    mem_free(w->kept);
    mem_free(w->y);
    mem_free(w->sum);
    mem_free(w->residual);
    mem_free(w->dense);
    mem_free(w->sparse);
    mem_free(w->block);
    mem_free(w->start);
    mem_free(w->column);
    mem_free(w->value);
}

/* --- G ------------------------------------------------------------------------------------------ */

static bool room_for_nonzeros(struct gram *w, size_t need)
{
    size_t capacity = w->capacity;
    void *column = w->column, *value = w->value;
    bool ok;

    if (need <= w->capacity && column != NULL && value != NULL)
        return true;
    ok = mem_grow(&column, &capacity, need + 1, sizeof *w->column);
    w->column = column;
    if (ok) {
        capacity = w->capacity;
        ok = mem_grow(&value, &capacity, need + 1, sizeof *w->value);
        w->value = value;
    }
    if (ok)
        w->capacity = capacity;
    return ok || fail_memory(w->c->err);
}

/* The nonzeros of the sparse columns in some rows, by rows: counted, then put in place. */
static bool collect_nonzeros(struct gram *w, size_t begin, int rows)
{
    const double *x;
    int place;

    memset(w->start, 0, (BLOCK + 1) * sizeof *w->start);
    for (int s = 0; s < w->sparse_count; s++) {
        x = column_of(w, w->sparse[s]) + begin;
        for (int i = 0; i < rows; i++)
            w->start[i + 1] += x[i] != 0.0;
    }
    for (int i = 0; i < rows; i++)
        w->start[i + 1] += w->start[i];
    if (!room_for_nonzeros(w, (size_t)w->start[rows]))
        return false;
    for (int s = 0; s < w->sparse_count; s++) {
        x = column_of(w, w->sparse[s]) + begin;
        for (int i = 0; i < rows; i++)
            if (x[i] != 0.0) {
                place = w->start[i]++;
                w->column[place] = w->sparse[s];
                w->value[place] = x[i] * w->c->facts[w->sparse[s]].scale;
            }
    }
    for (int i = rows; i > 0; i--)
        w->start[i] = w->start[i - 1];
    w->start[0] = 0;
    return true;
}

/* Adds the products in which a sparse column takes part. */
static void add_sparse(struct gram *w, int rows)
{
    for (int i = 0; i < rows; i++)
        for (int a = w->start[i]; a < w->start[i + 1]; a++) {
            int column = w->column[a];

            for (int b = w->start[i]; b <= a; b++)
                *entry(w, column, w->column[b]) += w->value[a] * w->value[b];
            for (int d = 0; d < w->dense_count; d++) {
                int other = w->dense[d];

                int later = other > column ? other : column, earlier = other > column ? column : other;

                *entry(w, later, earlier) += w->value[a] * w->block[(size_t)d * BLOCK + i];
            }
        }
}

/* Adds the products of the dense columns with each other, through a matrix of their own. */
static void add_dense(struct gram *w, int rows, double *products)
{
    const double one = 1.0;
    const int ld = BLOCK;

    if (w->dense_count > 0)
        dsyrk_("L", "T", &w->dense_count, &rows, &one, w->block, &ld, &one, products, &w->dense_count);
}

/* Sparse columns were not centred: their products lose n times the means.  (With a dense column, which is centred, they lose
 * nothing.) */
static void finish(struct gram *w, const double *products)
{
    const struct collinear *c = w->c;

    for (int b = 0; b < w->dense_count; b++)
        for (int a = b; a < w->dense_count; a++)
            *entry(w, w->dense[a], w->dense[b]) = products[(size_t)b * (size_t)w->dense_count + a];
    for (int b = 0; b < w->sparse_count; b++)
        for (int a = b; a < w->sparse_count; a++)
            *entry(w, w->sparse[a], w->sparse[b]) -= (double)c->n * c->facts[w->sparse[a]].centre * c->facts[w->sparse[b]].centre;
}

static bool make_gram(struct gram *w)
{
    const struct collinear *c = w->c;
    double *products = mem_zalloc((size_t)w->dense_count, (size_t)w->dense_count * sizeof *products);
    bool ok = products != NULL || fail_memory(c->err);
    int rows;

    for (size_t begin = 0; ok && begin < c->n; begin += (size_t)rows) {
        rows = c->n - begin < BLOCK ? (int)(c->n - begin) : BLOCK;
        for (int d = 0; d < w->dense_count; d++) {
            const struct column_facts *facts = &c->facts[w->dense[d]];
            const double *x = column_of(w, w->dense[d]) + begin;

            for (int i = 0; i < rows; i++)
                w->block[(size_t)d * BLOCK + i] = x[i] * facts->scale - facts->centre;
        }
        ok = collect_nonzeros(w, begin, rows);
        if (ok) {
            add_sparse(w, rows);
            add_dense(w, rows, products);
        }
        ok = ok && collinear_poll(c, begin);
    }
    if (ok)
        finish(w, products);
    mem_free(products);
    return ok;
}

/* --- residuals ---------------------------------------------------------------------------------- */

/* residual -= the kept columns times y (U-solved coefficients).  Terms that are too small to matter are left out at first. */
static bool subtract(struct gram *w, double negligible)
{
    const struct collinear *c = w->c;

    for (int k = 0; k < w->rank; k++) {
        const struct column_facts *facts = &c->facts[w->kept[k]];
        const double *x = column_of(w, w->kept[k]);
        double b = w->y[k];

        if (fabs(b) * facts->length <= negligible)
            continue;
        for (size_t i = 0; i < c->n; i++)
            w->residual[i] -= b * (x[i] * facts->scale - facts->centre);
        if (!collinear_poll(c, 0))
            return false;
    }
    return true;
}

/* How much of column j is left beside the kept ones, computed from X.  w->y holds U'^-1 G_kj; w->sum gets the coefficients. */
static bool find_residual(struct gram *w, int j, double *left)
{
    const struct collinear *c = w->c;
    const struct column_facts *facts = &c->facts[j];
    const double *x = column_of(w, j);
    const int one = 1;

    if (w->residual == NULL && (w->residual = mem_alloc(c->n, sizeof *w->residual)) == NULL)
        return fail_memory(c->err);
    for (size_t i = 0; i < c->n; i++)
        w->residual[i] = x[i] * facts->scale - facts->centre;
    dtrsv_("U", "N", "N", &w->rank, w->g, &c->count, w->y, &one);
    memcpy(w->sum, w->y, (size_t)w->rank * sizeof *w->y);
    if (!subtract(w, SPENT * facts->length))
        return false;
    *left = sqrt(dot_product(c->n, w->residual, w->residual));
    if (!collinear_stands(facts, *left))
        return true;
    for (int k = 0; k < w->rank; k++) { /* one step of refinement */
        const struct column_facts *other = &c->facts[w->kept[k]];
        const double *z = column_of(w, w->kept[k]);

        w->y[k] = 0.0;
        for (size_t i = 0; i < c->n; i++)
            w->y[k] += w->residual[i] * (z[i] * other->scale - other->centre);
        if (!collinear_poll(c, 0))
            return false;
    }
    dtrsv_("U", "T", "N", &w->rank, w->g, &c->count, w->y, &one);
    dtrsv_("U", "N", "N", &w->rank, w->g, &c->count, w->y, &one);
    for (int k = 0; k < w->rank; k++)
        w->sum[k] += w->y[k];
    if (!subtract(w, 0.0))
        return false;
    *left = sqrt(dot_product(c->n, w->residual, w->residual));
    return true;
}

/* --- the rule ----------------------------------------------------------------------------------- */

/* Copies G's leading part into the upper triangle and factors it; returns the first column whose pivot settles nothing. */
static int factor_leading(struct gram *w, int size)
{
    struct watch watch;
    int info;

    for (int j = 0; j < size; j++) {
        for (int i = 0; i < j; i++)
            *entry(w, i, j) = *entry(w, j, i);
        *entry(w, j, j) = w->c->facts[j].length * w->c->facts[j].length;
    }
    watch_init(&watch, w->c->progress, "checking columns");
    info = watched_chol_upper(size, w->g, w->c->count, &watch);
    for (int j = 0; j < (info > 0 ? info - 1 : size); j++) {
        double pivot = *entry(w, j, j) / w->c->facts[j].length;

        if (!(pivot * pivot > SETTLED))
            return j;
    }
    return info > 0 ? info - 1 : size;
}

/* Takes the columns from `first` on one by one: U' y = G_kj, pivot^2 = G_jj - y'y. */
static bool take_rest(struct gram *w, int first, bool *dropped)
{
    const struct collinear *c = w->c;
    const int one = 1;
    bool ok = true;

    for (int j = first; ok && j < c->count; j++) {
        double square = c->facts[j].length * c->facts[j].length, pivot = square, left = 0.0;

        for (int k = 0; k < w->rank; k++)
            w->y[k] = *entry(w, j, w->kept[k]);
        dtrsv_("U", "T", "N", &w->rank, w->g, &c->count, w->y, &one);
        for (int k = 0; k < w->rank; k++)
            pivot -= w->y[k] * w->y[k];
        memcpy(entry(w, 0, w->rank), w->y, (size_t)w->rank * sizeof *w->y);
        if (!(pivot > SETTLED * square)) {
            ok = find_residual(w, j, &left);
            pivot = left * left;
            if (ok && (!collinear_stands(&c->facts[j], left) || collinear_is_noise(c, left, w->kept, w->sum, w->rank))) {
                dropped[c->facts[j].index] = true;
                ok = collinear_record(c, j, w->kept, w->sum, w->rank);
                continue;
            }
        }
        *entry(w, w->rank, w->rank) = sqrt(pivot);
        w->kept[w->rank++] = j;
        ok = ok && collinear_poll(c, 0);
    }
    return ok;
}

bool collinear_by_gram(const struct collinear *c, bool *dropped)
{
    struct gram w = { 0 };
    bool ok = gram_new(&w, c) && make_gram(&w);
    int first = ok ? factor_leading(&w, c->count) : 0;

    if (ok && first < c->count) {
        factor_leading(&w, first);
        for (w.rank = 0; w.rank < first; w.rank++)
            w.kept[w.rank] = w.rank;
        ok = take_rest(&w, first, dropped);
    }
    gram_clear(&w);
    return ok;
}
