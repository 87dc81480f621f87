/* glmm-precision.c -- see glmm-precision.h.
 *
 * Why not the blocks of lib/linalg, which linear models have: both were measured (user CPU of one factor and one inverse on the
 * pattern, one thread, in ms; here / blocks): 60 x 60 salamanders 0.04 / 0.06, VerbAgg 0.19 / 0.48, with slopes 0.59 / 1.05,
 * toenail's slopes 0.02 / 0.07, 2,000 classes in 200 schools 0.15 / 0.95, pupils in them 1.3 / 7.6, insteval 57 / 60,
 * 20,000 x 5,000 levels in 1,000,000 rows 7,200 / 7,400, three factors of 5,000 levels in 6,250 rows 27 / 76.  The modes move
 * with every step of the search: blocks are assembled anew by passes over level lists each time, these places are known once.
 *
 * Elimination is right-looking: column j of the head is scaled and its outer product is subtracted from the columns to
 * its right, which hold the rows needed (the pattern is closed under elimination).  The inverse on the pattern follows
 * Takahashi, Fagan & Chen (1973): with y = L_{P,j}/l_jj over the rows P below the diagonal, Z_{P,j} = -Z_{P,P} y and
 * Z_jj = 1/l_jj^2 + y'Z_{P,P}y, from the last column back. */
#include "fit/glmm-elimination.h"
#include "fit/glmm-links.h"
#include "fit/glmm-precision.h"

#include <math.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "linalg/dense.h"

/* a product of pivots from which a logarithm is taken, far from the ends of numbers */
static const double FEW = 1e-100, MANY = 1e100;

static const double ROW_WORK = 500; /* multiplications of a factor in the time of a row's density, slope and solve */

enum { LOOK = 256 }; /* columns between two looks at the watch */

/* --- its room --------------------------------------------------------------------------------- */

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

/* Room for the numbers. */
static bool take_room(struct precision *f, struct glmm_error *err)
{
    size_t tail = (size_t)f->tail * (size_t)f->tail, total = f->entries + tail;

    if (!forecast(sizeof(double) * (2.0 * (double)total + (double)tail), NULL, NULL, err))
        return false;
    f->value = NEW_ARRAY(double, total);
    f->inverse = NEW_ARRAY(double, total);
    f->scratch = NEW_ARRAY(double, tail + 3 * (size_t)f->q);
    f->turned = NEW_ARRAY(double, f->q);
    return f->value != NULL && f->inverse != NULL && f->scratch != NULL && f->turned != NULL;
}

struct precision *precision_new(int block_count, const int32_t size[], size_t row_count, int width, const int32_t links[],
                                struct glmm_error *err)
{
    struct precision *f = NEW(struct precision);
    struct elimination e = { .cost = 0 };
    double reach = 0, unknowns = 0;
    bool ok = f != NULL && elimination_choose(&e, block_count, size, row_count, width, links);

    if (ok) {
        for (int j = e.tail; j < block_count; j++)
            unknowns += e.size[j];
        for (int j = 0; j < e.tail; j++)
            for (int a = -1; a < e.pattern.later_count[j]; a++)
                reach += (double)e.size[j] * e.size[a < 0 ? j : e.pattern.later[j][a]];
        if (reach + unknowns * unknowns > 1.5e9)
            ok = fail(err, GLMM_E_LIMIT, NOWHERE,
                      "the random effects are crossed so heavily that their factor would have %.1f billion entries",
                      (reach + unknowns * unknowns) / 1e9);
        ok = ok && expand(f, &e.pattern, e.size, e.tail) && precision_link(f) && take_room(f, err);
    }
    if (ok) {
        f->order = e.order;
        e.order = NULL;
    }
    elimination_clear(&e);
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
    mem_free(precision->order);
    mem_free(precision->link);
    mem_free(precision->link_from);
    mem_free(precision->turned);
    mem_free(precision);
}

int32_t precision_place(const struct precision *f, int i, int j)
{
    int32_t low, high;

    if (f->order != NULL) {
        int a = f->order[i], b = f->order[j];

        i = a > b ? a : b;
        j = a > b ? b : a;
    }
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

bool precision_inverse_entry(const struct precision *f, int i, int j, double *entry)
{
    int a = f->order == NULL ? i : f->order[i], b = f->order == NULL ? j : f->order[j];
    int32_t place = precision_place(f, i > j ? i : j, i > j ? j : i);

    if ((a < b ? a : b) < f->head && f->row[place] != (a > b ? a : b))
        return false;
    *entry = f->inverse[place];
    return true;
}

/* --- numbers ------------------------------------------------------------------------------ */

bool precision_is_dear(const struct precision *f, size_t n)
{
    return f != NULL && pow(f->tail, 3) / 3 > ROW_WORK * (double)n + 2 * pow(f->tail, 2);
}

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
            } else if (f->link != NULL) {
                break;
            } else {
                double *column = tail + (size_t)(row[a] - f->head) * (size_t)f->tail - f->head;

                for (int32_t b = a; b < end; b++)
                    column[row[b]] -= l * v[b];
            }
        }
    }
    if (f->link != NULL)
        precision_send(f);
    return f->tail == 0 || chol_factor_watched(f->tail, tail, f->tail, f->watch) == 0;
}

double precision_log_determinant(const struct precision *f)
{
    const double *tail = f->value + f->entries;
    double product = 1, sum = 0;

    for (int j = 0; j < f->q; j++) {
        product *= j < f->head ? f->value[f->start[j]] : tail[(size_t)(j - f->head) * (size_t)(f->tail + 1)];
        if (product > MANY || product < FEW) {
            sum += log(product);
            product = 1;
        }
    }
    return 2 * (sum + log(product));
}

void precision_set_inverse(struct precision *f, const double *matrix)
{
    int32_t *unknown = (void *)f->scratch; /* tail^2 + 3 q numbers of twice the size */
    size_t q = (size_t)f->q;

    for (int32_t i = 0; i < f->q; i++)
        unknown[f->order == NULL ? i : f->order[i]] = i;
    for (int j = 0; j < f->head; j++)
        for (int32_t a = f->start[j]; a < f->start[j + 1]; a++)
            f->inverse[a] = matrix[(size_t)unknown[f->row[a]] + (size_t)unknown[j] * q];
    for (int j = 0; j < f->tail; j++)
        for (int i = j; i < f->tail; i++)
            f->inverse[f->entries + (size_t)i + (size_t)j * (size_t)f->tail] =
                matrix[(size_t)unknown[f->head + i] + (size_t)unknown[f->head + j] * q];
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
    if (f->order == NULL)
        return;
    memcpy(f->turned, x, sizeof *x * (size_t)f->q);
    for (int i = 0; i < f->q; i++)
        x[i] = f->turned[f->order[i]];
}

void precision_solve_lower(const struct precision *f, double x[])
{
    const double *v = f->value;
    const int32_t *row = f->row;

    if (f->order != NULL) {
        memcpy(f->turned, x, sizeof *x * (size_t)f->q);
        for (int i = 0; i < f->q; i++)
            x[f->order[i]] = f->turned[i];
    }
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

/* z -= A_{P,P} y over the rows of head column j below the diagonal, A kept as the inverse is. */
static void subtract_product(const struct precision *f, const double *A, int j, const double *y, double *z)
{
    const int32_t *rows = f->row + f->start[j] + 1;
    int count = f->start[j + 1] - f->start[j] - 1;

    for (int a = 0; a < count; a++) {
        if (rows[a] < f->head) {
            int32_t at = f->start[rows[a]];

            z[a] -= A[at] * y[a];
            for (int b = a + 1; b < count; b++) {
                while (f->row[at] != rows[b])
                    at++;
                z[a] -= A[at] * y[b];
                z[b] -= A[at] * y[a];
            }
        } else {
            const double *column = A + f->entries + (size_t)(rows[a] - f->head) * (size_t)f->tail - f->head;
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
    if (f->link != NULL && f->apart) {
        precision_invert_apart(f);
        return;
    }
    for (int j = f->head - 1; j >= 0; j--) {
        int32_t from = f->start[j];
        int count = f->start[j + 1] - from - 1;
        double r = 1 / f->value[from], diagonal = r * r;

        if (j % LOOK == 0 && watch_stops(f->watch))
            return;
        for (int a = 0; a < count; a++)
            y[a] = f->value[from + 1 + a] * r;
        memset(z, 0, sizeof *z * (size_t)count);
        subtract_product(f, f->inverse, j, y, z);
        for (int a = 0; a < count; a++) {
            f->inverse[from + 1 + a] = z[a];
            diagonal -= y[a] * z[a];
        }
        f->inverse[from] = diagonal;
    }
}

/* slope := that of the head's L, with that of M's tail, less what the head takes from it, behind it. */
static bool eliminate_slope(const struct precision *f, double *d)
{
    double *tail = d + f->entries;
    const double *v = f->value;
    const int32_t *row = f->row;

    for (int j = 0; j < f->head; j++) {
        int32_t from = f->start[j], end = f->start[j + 1];
        double scale = 1 / v[from], dl = d[from] *= 0.5 * scale;

        if (j % LOOK == 0 && watch_stops(f->watch))
            return false;
        for (int32_t a = from + 1; a < end; a++)
            d[a] = (d[a] - v[a] * dl) * scale;
        for (int32_t a = from + 1; a < end; a++) { /* column row[a] -= d(L[.., j] L[row[a], j]) */
            double l = v[a], slope = d[a];

            if (row[a] < f->head) {
                int32_t to = f->start[row[a]];

                for (int32_t b = a; b < end; b++) {
                    while (row[to] != row[b])
                        to++;
                    d[to] -= slope * v[b] + l * d[b];
                }
            } else if (f->link != NULL) {
                break;
            } else {
                double *column = tail + (size_t)(row[a] - f->head) * (size_t)f->tail - f->head;

                for (int32_t b = a; b < end; b++)
                    column[row[b]] -= slope * v[b] + l * d[b];
            }
        }
    }
    if (f->link != NULL)
        precision_send_slopes(f, d);
    return true;
}

void precision_invert_slope(struct precision *f, double *d)
{
    double *y = f->scratch + (size_t)f->tail * (size_t)f->tail, *z = y + f->q, *dy = z + f->q;

    if (!eliminate_slope(f, d))
        return;
    if (f->tail > 0)
        inverse_slope(f->tail, f->inverse + f->entries, d + f->entries, f->scratch, f->tail, f->watch);
    for (int j = f->head - 1; j >= 0; j--) { /* Takahashi's recursion, each line of precision_invert with its slope */
        int32_t from = f->start[j];
        int count = f->start[j + 1] - from - 1;
        double r = 1 / f->value[from], dl = d[from], diagonal = -2 * dl * r * r * r;

        if (j % LOOK == 0 && watch_stops(f->watch))
            return;
        for (int a = 0; a < count; a++) {
            y[a] = f->value[from + 1 + a] * r;
            dy[a] = (d[from + 1 + a] - y[a] * dl) * r;
        }
        memset(z, 0, sizeof *z * (size_t)count);
        subtract_product(f, d, j, y, z);
        subtract_product(f, f->inverse, j, dy, z);
        for (int a = 0; a < count; a++) {
            d[from + 1 + a] = z[a];
            diagonal -= dy[a] * f->inverse[from + 1 + a] + y[a] * z[a];
        }
        d[from] = diagonal;
    }
}

/* The second derivative of log|M| where M moves along D_i and D_j, but for - tr(S^-1 S_i S^-1 S_j) of its tail S: d and g are
 * what eliminate_slope made of them, e (entries of the head) gets the mixed derivatives of L.  Where S is linear in what the head
 * sends to it, its own mixed derivative counts with its inverse. */
static double second_of_head(const struct precision *f, const double *d, const double *g, double *e)
{
    const double *v = f->value;
    const int32_t *row = f->row;
    double sum = 0;

    memset(e, 0, sizeof *e * f->entries);
    for (int j = 0; j < f->head; j++) {
        int32_t from = f->start[j], end = f->start[j + 1];
        double r = 1 / v[from], l = e[from] = (0.5 * e[from] - d[from] * g[from]) * r;

        sum += 2 * (l - d[from] * g[from] * r) * r;
        for (int32_t a = from + 1; a < end; a++)
            e[a] = (e[a] - d[a] * g[from] - g[a] * d[from] - v[a] * l) * r;
        for (int32_t a = from + 1; a < end; a++) { /* column row[a] -= the mixed derivative of L[.., j] L[row[a], j] */
            bool inside = row[a] < f->head;
            int32_t to = inside ? f->start[row[a]] : 0;
            const double *inverse =
                inside ? NULL : f->inverse + f->entries + (size_t)(row[a] - f->head) * (size_t)f->tail - f->head;

            for (int32_t b = a; b < end; b++) {
                double sent = e[a] * v[b] + d[a] * g[b] + g[a] * d[b] + v[a] * e[b];

                if (inverse != NULL) {
                    sum -= (b == a ? 1 : 2) * inverse[row[b]] * sent;
                    continue;
                }
                while (row[to] != row[b])
                    to++;
                e[to] -= sent;
            }
        }
    }
    return sum;
}

/* The sum of the products of the entries of two symmetric matrices, of which the lower triangles are read. */
static double symmetric_product(int n, const double *a, const double *b)
{
    double sum = 0;

    for (int j = 0; j < n; j++) {
        double below = 0;

        for (int i = j + 1; i < n; i++)
            below += a[(size_t)i + (size_t)j * (size_t)n] * b[(size_t)i + (size_t)j * (size_t)n];
        sum += 2 * below + a[(size_t)j * (size_t)(n + 1)] * b[(size_t)j * (size_t)(n + 1)];
    }
    return sum;
}

bool precision_slope_products(struct precision *f, int count, double *const slopes[], double *scratch, double products[])
{
    for (int i = 0; i < count; i++) {
        if (!eliminate_slope(f, slopes[i]))
            return false;
        if (f->tail > 0)
            congruent_slope(f->tail, f->scratch, slopes[i] + f->entries, scratch + f->entries, f->tail, f->watch);
        if (watch_stops(f->watch))
            return false;
    }
    for (int j = 0; j < count; j++) {
        bool apart = f->link != NULL && f->apart;

        if (apart)
            precision_seconds_apart(f, count, slopes, j, scratch, products + (size_t)j * (size_t)count);
        for (int i = j; i < count; i++) {
            double head = apart ? products[i + j * count] : second_of_head(f, slopes[i], slopes[j], scratch);

            if (watch_stops(f->watch))
                return false;
            products[i + j * count] = symmetric_product(f->tail, slopes[i] + f->entries, slopes[j] + f->entries) - head;
        }
    }
    return true;
}
