/* glmm-precision.c -- see glmm-precision.h.
 *
 * Elimination is right-looking: column j of the head is scaled and its outer product is subtracted from the columns to
 * its right, which hold the rows needed (the pattern is closed under elimination).  The inverse on the pattern follows
 * Takahashi, Fagan & Chen (1973): with y = L_{P,j}/l_jj over the rows P below the diagonal, Z_{P,j} = -Z_{P,P} y and
 * Z_jj = 1/l_jj^2 + y'Z_{P,P}y, from the last column back. */
#include "fit/glmm-precision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "linalg/dense.h"

enum { LOOK = 256 }; /* columns between two looks at the watch */

/* --- the pattern -------------------------------------------------------------------------- */

/* For each block the later blocks that its column of the factor reaches, ascending. */
struct pattern {
    int count;
    int32_t **later;
    int32_t *later_count;
};

static void pattern_clear(struct pattern *p)
{
    for (int j = 0; p->later != NULL && j < p->count; j++)
        mem_free(p->later[j]);
    mem_free(p->later);
    mem_free(p->later_count);
}

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* Lists, for each block, the later blocks met in a row of the data (with repetitions). */
static bool meetings(int count, size_t rows, int width, const int32_t *links, size_t *from, int32_t **met)
{
    int32_t low, high;
    size_t total;

    memset(from, 0, sizeof(size_t) * (size_t)(count + 2));
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < rows; i++)
            for (int a = 0; a < width; a++)
                for (int b = 0; b < a; b++) {
                    low = links[i * width + a], high = links[i * width + b];
                    if (low > high) {
                        int32_t swap = low;

                        low = high, high = swap;
                    }
                    if (pass == 0)
                        from[low + 2]++;
                    else
                        (*met)[from[low + 1]++] = high;
                }
        if (pass == 0) {
            for (int j = 0; j < count; j++)
                from[j + 2] += from[j + 1];
            total = from[count + 1];
            if ((*met = NEW_ARRAY(int32_t, total + 1)) == NULL)
                return false;
        }
    }
    return true;
}

/* Symbolic elimination: a block inherits what its children reach. */
static bool eliminate(struct pattern *p, const size_t *from, const int32_t *met)
{
    int count = p->count;
    int32_t *mark = NEW_ARRAY(int32_t, count + 1), *child = NEW_ARRAY(int32_t, count + 1),
            *sibling = NEW_ARRAY(int32_t, count + 1);
    int32_t *list = NEW_ARRAY(int32_t, count + 1);
    bool ok = mark != NULL && child != NULL && sibling != NULL && list != NULL;

    for (int j = 0; ok && j < count; j++)
        child[j] = mark[j] = -1;
    for (int j = 0; ok && j < count; j++) {
        int size = 0;

        mark[j] = j;
        for (size_t a = from[j]; a < from[j + 1]; a++)
            if (mark[met[a]] != j) {
                mark[met[a]] = j;
                list[size++] = met[a];
            }
        for (int c = child[j]; c >= 0; c = sibling[c])
            for (int a = 0; a < p->later_count[c]; a++)
                if (mark[p->later[c][a]] != j) {
                    mark[p->later[c][a]] = j;
                    list[size++] = p->later[c][a];
                }
        qsort(list, (size_t)size, sizeof *list, ascending);
        p->later[j] = NEW_ARRAY(int32_t, size);
        if (!(ok = p->later[j] != NULL))
            break;
        if (size > 0)
            memcpy(p->later[j], list, sizeof *list * (size_t)size);
        p->later_count[j] = size;
        if (size > 0) {
            sibling[j] = child[list[0]];
            child[list[0]] = j;
        }
    }
    mem_free(mark);
    mem_free(child);
    mem_free(sibling);
    mem_free(list);
    return ok;
}

/* What a column of the head costs beside the dense tail.  A column that reaches r unknowns takes r^2/2 multiplications in the
 * factor and r^2 in the inverse, a dense tail of t takes t^3/6 and t^3/3: a third of 3 r^2 and of t^3 in either.  Those of the
 * head are SPARSE times as slow, one number at a time by way of an index. */
static const double SPARSE = 6;

/* The first block of the tail: where both together are cheapest. */
static int find_tail(const struct pattern *p, const int32_t *size)
{
    double columns = 0, unknowns = 0, best = 0;
    int tail = p->count;

    for (int pass = 0; pass < 2; pass++) /* first all columns are the head's, which then gives them up from the last */
        for (int j = p->count - 1; j >= 0; j--) {
            double reach = 0.5 * size[j], cost;

            for (int a = 0; a < p->later_count[j]; a++)
                reach += size[p->later[j][a]];
            cost = 3 * SPARSE * size[j] * reach * reach;
            if (pass == 0) {
                columns += cost;
                best = columns;
                continue;
            }
            columns -= cost;
            unknowns += size[j];
            cost = columns + unknowns * unknowns * unknowns;
            if (p->later_count[j] > 0 && cost < best) {
                best = cost;
                tail = j;
            }
        }
    return tail;
}

/* Writes out the head's columns. */
static bool expand(struct precision *f, const struct pattern *p, const int32_t *size, int tail_block)
{
    int32_t *first = NEW_ARRAY(int32_t, p->count + 1);
    size_t entries = 0;

    if (first == NULL)
        return false;
    for (int j = 0; j < p->count; j++)
        first[j + 1] = first[j] + size[j];
    f->q = first[p->count];
    f->head = first[tail_block];
    f->tail = f->q - f->head;
    for (int pass = 0; pass < 2; pass++) {
        entries = 0;
        for (int j = 0; j < tail_block; j++)
            for (int c = first[j]; c < first[j + 1]; c++) {
                if (pass == 1)
                    f->start[c] = (int32_t)entries;
                for (int r = c; r < first[j + 1]; r++, entries++)
                    if (pass == 1)
                        f->row[entries] = r;
                for (int a = 0; a < p->later_count[j]; a++)
                    for (int r = first[p->later[j][a]]; r < first[p->later[j][a] + 1]; r++, entries++)
                        if (pass == 1)
                            f->row[entries] = r;
            }
        if (pass == 0) {
            f->start = NEW_ARRAY(int32_t, f->head + 1);
            f->row = NEW_ARRAY(int32_t, entries);
            if (f->start == NULL || f->row == NULL)
                break;
        }
    }
    mem_free(first);
    if (f->start == NULL || f->row == NULL)
        return false;
    f->start[f->head] = (int32_t)entries;
    f->entries = entries;
    return true;
}

struct precision *precision_new(int block_count, const int32_t size[], size_t row_count, int width, const int32_t links[],
                                struct glmm_error *err)
{
    struct precision *f = NEW(struct precision);
    struct pattern pattern = { .count = block_count };
    size_t *from = NEW_ARRAY(size_t, block_count + 2), total = 0;
    int32_t *met = NULL;
    double reach = 0;
    bool ok;

    pattern.later = NEW_ARRAY(int32_t *, block_count);
    pattern.later_count = NEW_ARRAY(int32_t, block_count);
    ok = f != NULL && from != NULL && pattern.later != NULL && pattern.later_count != NULL
         && meetings(block_count, row_count, width, links, from, &met) && eliminate(&pattern, from, met);
    if (ok) {
        int tail = find_tail(&pattern, size);
        double unknowns = 0;

        for (int j = tail; j < block_count; j++)
            unknowns += size[j];
        for (int j = 0; j < tail; j++)
            for (int a = -1; a < pattern.later_count[j]; a++)
                reach += (double)size[j] * size[a < 0 ? j : pattern.later[j][a]];
        if (reach + unknowns * unknowns > 1.5e9)
            fail(err, GLMM_E_LIMIT, NOWHERE,
                 "the random effects are crossed so heavily that their factor would have %.1f billion entries",
                 (reach + unknowns * unknowns) / 1e9);
        else
            ok = expand(f, &pattern, size, tail);
        ok = ok && f->start != NULL;
    }
    if (ok) {
        total = f->entries + (size_t)f->tail * (size_t)f->tail;
        if (!forecast(sizeof(double) * (2.0 * (double)total + (double)f->tail * f->tail), NULL, NULL, err)) {
            ok = false;
            total = 0;
        }
        f->value = NEW_ARRAY(double, total);
        f->inverse = NEW_ARRAY(double, total);
        f->scratch = NEW_ARRAY(double, (size_t)f->tail *(size_t)f->tail + 2 * (size_t)f->q);
        ok = ok && f->value != NULL && f->inverse != NULL && f->scratch != NULL;
    }
    pattern_clear(&pattern);
    mem_free(from);
    mem_free(met);
    if (!ok) {
        fail_memory(err);
        precision_free(f);
        return NULL;
    }
    return f;
}

void precision_free(struct precision *precision)
{
    if (precision == NULL)
        return;
    mem_free(precision->start);
    mem_free(precision->row);
    mem_free(precision->value);
    mem_free(precision->inverse);
    mem_free(precision->scratch);
    mem_free(precision);
}

int32_t precision_place(const struct precision *f, int i, int j)
{
    int32_t low, high;

    if (j >= f->head)
        return (int32_t)(f->entries + (size_t)(i - f->head) + (size_t)(j - f->head) * (size_t)f->tail);
    low = f->start[j], high = f->start[j + 1] - 1;
    while (low < high) {
        int32_t middle = (low + high) / 2;

        if (f->row[middle] < i)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- numbers ------------------------------------------------------------------------------ */

void precision_identity(struct precision *f)
{
    memset(f->value, 0, sizeof(double) * (f->entries + (size_t)f->tail * (size_t)f->tail));
    for (int j = 0; j < f->head; j++)
        f->value[f->start[j]] = 1;
    for (int j = 0; j < f->tail; j++)
        f->value[f->entries + (size_t)j * (size_t)(f->tail + 1)] = 1;
}

bool precision_cholesky(struct precision *f)
{
    double *tail = f->value + f->entries, *v = f->value;
    const int32_t *row = f->row;

    for (int j = 0; j < f->head; j++) {
        int32_t end = f->start[j + 1];
        double pivot = v[f->start[j]], scale;

        if (j % LOOK == 0 && watch_stops(f->watch))
            return false;
        if (!(pivot > 0) || !isfinite(pivot))
            return false;
        v[f->start[j]] = sqrt(pivot);
        scale = 1 / v[f->start[j]];
        for (int32_t a = f->start[j] + 1; a < end; a++)
            v[a] *= scale;
        for (int32_t a = f->start[j] + 1; a < end; a++) { /* column row[a] -= L[.., j] L[row[a], j] */
            double l = v[a];

            if (row[a] < f->head) {
                int32_t to = f->start[row[a]];

                for (int32_t b = a; b < end; b++) {
                    while (row[to] != row[b])
                        to++;
                    v[to] -= l * v[b];
                }
            } else {
                double *column = tail + (size_t)(row[a] - f->head) * (size_t)f->tail - f->head;

                for (int32_t b = a; b < end; b++)
                    column[row[b]] -= l * v[b];
            }
        }
    }
    return f->tail == 0 || chol_factor_watched(f->tail, tail, f->tail, f->watch) == 0;
}

double precision_log_determinant(const struct precision *f)
{
    const double *tail = f->value + f->entries;
    double product = 1, sum = 0;

    for (int j = 0; j < f->q; j++) {
        product *= j < f->head ? f->value[f->start[j]] : tail[(size_t)(j - f->head) * (size_t)(f->tail + 1)];
        if (product > 1e100 || product < 1e-100) {
            sum += log(product);
            product = 1;
        }
    }
    return 2 * (sum + log(product));
}

void precision_solve_upper(const struct precision *f, double x[])
{
    const double *v = f->value;
    const int32_t *row = f->row;

    if (f->tail > 0)
        chol_solve_upper(f->tail, v + f->entries, f->tail, x + f->head);
    for (int j = f->head - 1; j >= 0; j--) {
        double sum = x[j];

        for (int32_t a = f->start[j] + 1; a < f->start[j + 1]; a++)
            sum -= v[a] * x[row[a]];
        x[j] = sum / v[f->start[j]];
    }
}

void precision_solve_lower(const struct precision *f, double x[])
{
    const double *v = f->value;
    const int32_t *row = f->row;

    for (int j = 0; j < f->head; j++) {
        double xj = x[j] /= v[f->start[j]];

        for (int32_t a = f->start[j] + 1; a < f->start[j + 1]; a++)
            x[row[a]] -= v[a] * xj;
    }
    if (f->tail > 0)
        chol_solve_lower(f->tail, v + f->entries, f->tail, x + f->head);
}

void precision_solve(const struct precision *f, double x[])
{
    precision_solve_lower(f, x);
    precision_solve_upper(f, x);
}

/* z := -Z_{P,P} y over the rows of head column j below the diagonal. */
static void times_inverse(const struct precision *f, int j, const double *y, double *z)
{
    const int32_t *rows = f->row + f->start[j] + 1;
    int count = f->start[j + 1] - f->start[j] - 1;

    for (int a = 0; a < count; a++)
        z[a] = 0;
    for (int a = 0; a < count; a++) {
        if (rows[a] < f->head) {
            int32_t at = f->start[rows[a]];

            z[a] -= f->inverse[at] * y[a];
            for (int b = a + 1; b < count; b++) {
                while (f->row[at] != rows[b])
                    at++;
                z[a] -= f->inverse[at] * y[b];
                z[b] -= f->inverse[at] * y[a];
            }
        } else {
            const double *column = f->inverse + f->entries + (size_t)(rows[a] - f->head) * (size_t)f->tail - f->head;
            double sum = z[a], ya = y[a];

            sum -= column[rows[a]] * ya;
            for (int b = a + 1; b < count; b++) {
                double entry = column[rows[b]];

                sum -= entry * y[b];
                z[b] -= entry * ya;
            }
            z[a] = sum;
        }
    }
}

void precision_invert(struct precision *f)
{
    double *y = f->scratch + (size_t)f->tail * (size_t)f->tail, *z = y + f->q;

    if (f->tail > 0)
        chol_invert_watched(f->tail, f->value + f->entries, f->scratch, f->inverse + f->entries, f->tail, f->watch);
    for (int j = f->head - 1; j >= 0; j--) {
        int32_t from = f->start[j];
        int count = f->start[j + 1] - from - 1;
        double r = 1 / f->value[from], diagonal = r * r;

        if (j % LOOK == 0 && watch_stops(f->watch))
            return;
        for (int a = 0; a < count; a++)
            y[a] = f->value[from + 1 + a] * r;
        times_inverse(f, j, y, z);
        for (int a = 0; a < count; a++) {
            f->inverse[from + 1 + a] = z[a];
            diagonal -= y[a] * z[a];
        }
        f->inverse[from] = diagonal;
    }
}
