/* collinear.c -- see collinear.h.
 *
 * The n x p matrix is reduced to a p x p triangle R with the same geometry: blocks of rows are stacked under the R of the rows
 * before and factored again (Householder).  The rule is then applied to the columns of R.  Each column is scaled by a power of
 * two, and centred when there is an intercept, while it is copied into a block.  Where n p^2 is large, collinear-gram.c does the
 * work. */
#include "linalg/collinear.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/collinear-private.h"
#include "linalg/lapack.h"

/* Below this share of its length a column counts as dependent; below this share of its length before centring it is noise. */
static const double TOLERANCE = 1e-7, NOISE = 64.0 * DBL_EPSILON;

static const double GRAM_WORTH = 1e8;       /* n p^2 from which on the Gram matrix is the way */

bool collinear_stands(const struct column_facts *facts, double left)
{
    return left > TOLERANCE * facts->length && left > NOISE * facts->raw;
}

bool collinear_poll(const struct collinear *c, size_t done)
{
    return progress_tell(c->progress, "checking columns", (double)done, (double)c->n, (double)NAN)
           || fail(c->err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
}

/* --- columns ------------------------------------------------------------------------------------ */

/* Two passes: range, sum and nonzeros; then the squares about the mean, corrected for what the mean was off.  A constant column
 * is found by its range, for rounding would leave something of it. */
static void measure(struct column_facts *facts, size_t n, const double *x, bool centred)
{
    double least = x[0], most = x[0], largest, sum = 0.0, squares = 0.0, rest = 0.0, mean, value;
    size_t nonzeros = 0;
    int exponent = 0;

    for (size_t i = 0; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        nonzeros += x[i] != 0.0;
    }
    largest = fmax(fabs(least), fabs(most));
    frexp(largest, &exponent);
    facts->nonzeros = nonzeros;
    facts->scale = largest == 0.0 ? 1.0 : ldexp(1.0, exponent < -1000 ? 1000 : -exponent);
    for (size_t i = 0; i < n; i++)
        sum += x[i] * facts->scale;
    mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        value = x[i] * facts->scale - mean;
        squares += value * value;
        rest += value;
    }
    facts->raw = sqrt(squares + 2.0 * mean * rest + (double)n * mean * mean);
    facts->centre = centred ? mean + rest / (double)n : 0.0;
    facts->length = !centred ? facts->raw : least == most ? 0.0 : sqrt(fmax(0.0, squares - rest * rest / (double)n));
}

/* --- the triangle ------------------------------------------------------------------------------- */

struct triangle {
    const struct collinear *c;
    int block, ld;              /* rows of a block; leading dimension of `stack` */
    double *stack;              /* (count + block) x count: R above, a block below */
    double *tau, *lapack;
    int lapack_size;
};

static bool triangle_new(struct triangle *t, const struct collinear *c)
{
    t->c = c;
    t->block = c->count < 170 ? 512 : 3 * c->count;
    t->ld = c->count + t->block;
    t->lapack_size = 64 * c->count;
    t->stack = mem_zalloc((size_t)t->ld * (size_t)c->count, sizeof *t->stack);
    t->tau = NEW_ARRAY(double, c->count);
    t->lapack = NEW_ARRAY(double, t->lapack_size);
    return (t->stack != NULL && t->tau != NULL && t->lapack != NULL) || fail_memory(c->err);
}

static void triangle_clear(struct triangle *t)
{
    mem_free(t->stack);
    mem_free(t->tau);
    mem_free(t->lapack);
}

/* Copies rows [begin, begin + rows) into the lower part of the stack. */
static void load_block(struct triangle *t, size_t begin, int rows)
{
    for (int j = 0; j < t->c->count; j++) {
        const struct column_facts *facts = &t->c->facts[j];
        const double *x = t->c->x + (size_t)facts->index * t->c->n + begin;
        double *out = t->stack + (size_t)j * (size_t)t->ld + t->c->count;

        for (int i = 0; i < rows; i++)
            out[i] = x[i] * facts->scale - facts->centre;
    }
}

/* R of all rows into the upper part of the stack. */
static bool triangulate(struct triangle *t)
{
    const struct collinear *c = t->c;
    int rows, total, info;

    for (size_t begin = 0; begin < c->n; begin += (size_t)rows) {
        rows = c->n - begin < (size_t)t->block ? (int)(c->n - begin) : t->block;
        load_block(t, begin, rows);
        total = c->count + rows;
        dgeqrf_(&total, &c->count, t->stack, &t->ld, t->tau, t->lapack, &t->lapack_size, &info);
        for (int j = 0; j < c->count; j++)
            memset(t->stack + (size_t)j * (size_t)t->ld + j + 1, 0, (size_t)(c->count - j - 1) * sizeof *t->stack);
        if (!collinear_poll(c, begin))
            return false;
    }
    return true;
}

/* Reflects rows [rank, count) of a column by the unit vector v that stands in those rows. */
static void reflect(int rank, int count, const double *v, double *column)
{
    double dot = 0.0;

    for (int i = rank; i < count; i++)
        dot += v[i] * column[i];
    for (int i = rank; i < count; i++)
        column[i] -= 2.0 * dot * v[i];
}

/* Takes the columns of R in order.  A kept column gives a reflection (stored in its place, as a unit vector) that the later ones
 * go through; what is then left of a column in the rows from `rank` on is its part orthogonal to the kept ones. */
static void take_in_order(struct triangle *t, bool *dropped)
{
    const struct collinear *c = t->c;
    double left, norm, *column;
    int rank = 0;

    for (int j = 0; j < c->count; j++) {
        column = t->stack + (size_t)j * (size_t)t->ld;
        for (int k = 0, r = 0; k < j; k++)
            if (!dropped[c->facts[k].index])
                reflect(r++, c->count, t->stack + (size_t)k * (size_t)t->ld, column);
        left = 0.0;
        for (int i = rank; i < c->count; i++)
            left += column[i] * column[i];
        left = sqrt(left);
        if (rank == c->count || !collinear_stands(&c->facts[j], left)) {
            dropped[c->facts[j].index] = true;
            continue;
        }
        column[rank] += column[rank] >= 0.0 ? left : -left;     /* v = x + sign(x_1) |x| e_1 */
        norm = 0.0;
        for (int i = rank; i < c->count; i++)
            norm += column[i] * column[i];
        for (int i = rank; i < c->count; i++)
            column[i] /= sqrt(norm);
        rank++;
    }
}

static bool by_triangle(const struct collinear *c, bool *dropped)
{
    struct triangle t = { 0 };
    bool ok = triangle_new(&t, c) && triangulate(&t), full = true;

    for (int j = 0; ok && full && j < c->count; j++)
        full = collinear_stands(&c->facts[j], fabs(t.stack[(size_t)j * (size_t)t.ld + j]));
    if (ok && !full)
        take_in_order(&t, dropped);
    triangle_clear(&t);
    return ok;
}

/* --- the whole ---------------------------------------------------------------------------------- */

bool collinear_find(size_t n, int p, const double *x, bool intercept, bool *dropped, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    struct collinear c = { .n = n, .x = x, .progress = progress, .err = err };
    bool ok;

    memset(dropped, 0, (size_t)p * sizeof *dropped);
    c.facts = NEW_ARRAY(struct column_facts, p);
    ok = c.facts != NULL || fail_memory(err);
    for (int j = intercept; ok && j < p; j++) {
        struct column_facts *facts = &c.facts[c.count];

        measure(facts, n, x + (size_t)j * n, intercept);
        facts->index = j;
        dropped[j] = !collinear_stands(facts, facts->length);
        c.count += !dropped[j];
        ok = collinear_poll(&c, 0);
    }
    if (ok && c.count > 0)
        ok = (double)n * c.count * c.count > GRAM_WORTH ? collinear_by_gram(&c, dropped) : by_triangle(&c, dropped);
    mem_free(c.facts);
    return ok;
}
