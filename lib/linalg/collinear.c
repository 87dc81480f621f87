/* collinear.c -- see collinear.h.
 *
 * The n x p matrix is reduced to a p x p triangle R with the same geometry: blocks of rows are stacked under the R of the rows
 * before and factored again (Householder).  The rule is then applied to the columns of R.  Each column is scaled by a power of two, and
 * centred when there is an intercept, while it is copied into a block.
 * For large n p^2 the Gram matrix is tried first: when its Cholesky pivots are all far from zero, nothing can be dropped. */
#include "linalg/collinear.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/lapack.h"

/* Below this share of its length a column counts as dependent; below this share of its length before centring it is noise. */
static const double TOLERANCE = 1e-7, NOISE = 64.0 * DBL_EPSILON;

static const double GRAM_WORTH = 2e8;       /* n p^2 from which on the Gram matrix is tried */
static const double GRAM_SAFE = 1e-6;       /* squared pivot ratio that rules a drop out */

struct column_facts {
    double scale;               /* 1 / 2^e, so that the largest entry is in [1/2, 1) */
    double centre;              /* of the scaled column; 0 without an intercept */
    double raw, length;         /* norms of the scaled column, before and after centring */
    int index;
};

struct work {
    size_t n;
    const double *x;
    struct column_facts *facts; /* of the columns that take part */
    int count;
    int block, ld;              /* rows of a block; leading dimension of `stack` */
    double *stack;              /* (count + block) x count: R above, a block below */
    double *tau, *lapack;
    int lapack_size;
    const struct glmm_progress *progress;
};

/* The mean, corrected by the mean of what it leaves: a constant column must come out as exactly constant. */
static double exact_mean(size_t n, const double *x, double scale)
{
    double sum = 0.0, rest = 0.0, mean;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * scale;
    mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        rest += x[i] * scale - mean;
    return mean + rest / (double)n;
}

static void measure(struct column_facts *facts, size_t n, const double *x, bool centred)
{
    double largest = 0.0, raw = 0.0, length = 0.0, value;
    int exponent = 0;

    for (size_t i = 0; i < n; i++)
        largest = fabs(x[i]) > largest ? fabs(x[i]) : largest;
    frexp(largest, &exponent);
    facts->scale = largest == 0.0 ? 1.0 : ldexp(1.0, exponent < -1000 ? 1000 : -exponent);
    facts->centre = centred ? exact_mean(n, x, facts->scale) : 0.0;
    for (size_t i = 0; i < n; i++) {
        value = x[i] * facts->scale;
        raw += value * value;
        length += (value - facts->centre) * (value - facts->centre);
    }
    facts->raw = sqrt(raw);
    facts->length = sqrt(length);
}

/* True where so much is left of a column that it stands on its own. */
static bool stands(const struct column_facts *facts, double left)
{
    return left > TOLERANCE * facts->length && left > NOISE * facts->raw;
}

/* Copies rows [begin, begin + rows) into the lower part of the stack. */
static void load_block(struct work *w, size_t begin, int rows)
{
    for (int j = 0; j < w->count; j++) {
        const struct column_facts *facts = &w->facts[j];
        const double *x = w->x + (size_t)facts->index * w->n + begin;
        double *out = w->stack + (size_t)j * (size_t)w->ld + w->count;

        for (int i = 0; i < rows; i++)
            out[i] = x[i] * facts->scale - facts->centre;
    }
}

static int rows_from(const struct work *w, size_t begin)
{
    return w->n - begin < (size_t)w->block ? (int)(w->n - begin) : w->block;
}

/* --- the Gram matrix ---------------------------------------------------------------------------- */

/* True when the pivots of G = X'X say that no column can be near the others.  The stack's upper part holds G. */
static bool gram_rules_out(struct work *w, bool *stopped)
{
    const double one = 1.0;
    int rows, info;

    for (size_t begin = 0; begin < w->n; begin += (size_t)rows) {
        rows = rows_from(w, begin);
        load_block(w, begin, rows);
        dsyrk_("U", "T", &w->count, &rows, &one, w->stack + w->count, &w->ld, &one, w->stack, &w->ld);
        *stopped = !progress_tell(w->progress, "checking columns", (double)begin, (double)w->n, (double)NAN);
        if (*stopped)
            return false;
    }
    dpotrf_("U", &w->count, w->stack, &w->ld, &info);
    for (int j = 0; info == 0 && j < w->count; j++) {
        double pivot = w->stack[(size_t)j * (size_t)w->ld + j];

        if (!(pivot * pivot > GRAM_SAFE * w->facts[j].length * w->facts[j].length))
            info = 1;
    }
    return info == 0;
}

/* --- the triangle ------------------------------------------------------------------------------- */

/* R of all rows into the upper part of the stack. */
static bool triangulate(struct work *w)
{
    int rows, total, info;

    for (size_t begin = 0; begin < w->n; begin += (size_t)rows) {
        rows = rows_from(w, begin);
        load_block(w, begin, rows);
        total = w->count + rows;
        dgeqrf_(&total, &w->count, w->stack, &w->ld, w->tau, w->lapack, &w->lapack_size, &info);
        for (int j = 0; j < w->count; j++)
            memset(w->stack + (size_t)j * (size_t)w->ld + j + 1, 0, (size_t)(w->count - j - 1) * sizeof *w->stack);
        if (!progress_tell(w->progress, "checking columns", (double)begin, (double)w->n, (double)NAN))
            return false;
    }
    return true;
}

/* Reflects rows [rank, count) of column `to` by the unit vector v that stands in those rows. */
static void reflect(int rank, int count, const double *v, double *to)
{
    double dot = 0.0;

    for (int i = rank; i < count; i++)
        dot += v[i] * to[i];
    for (int i = rank; i < count; i++)
        to[i] -= 2.0 * dot * v[i];
}

/* Takes the columns of R in order.  A kept column gives a reflection (stored in its place, as a unit vector) that the later ones go
 * through; what is then left of a column in the rows from `rank` on is its part orthogonal to the kept ones. */
static void take_in_order(struct work *w, bool *dropped)
{
    int rank = 0;
    double left, norm, *column;

    for (int j = 0; j < w->count; j++) {
        column = w->stack + (size_t)j * (size_t)w->ld;
        for (int k = 0, r = 0; k < j; k++)
            if (!dropped[w->facts[k].index])
                reflect(r++, w->count, w->stack + (size_t)k * (size_t)w->ld, column);
        left = 0.0;
        for (int i = rank; i < w->count; i++)
            left += column[i] * column[i];
        left = sqrt(left);
        if (rank == w->count || !stands(&w->facts[j], left)) {
            dropped[w->facts[j].index] = true;
            continue;
        }
        column[rank] += column[rank] >= 0.0 ? left : -left;     /* v = x + sign(x_1) |x| e_1 */
        norm = 0.0;
        for (int i = rank; i < w->count; i++)
            norm += column[i] * column[i];
        for (int i = rank; i < w->count; i++)
            column[i] /= sqrt(norm);
        rank++;
    }
}

static void apply_rule(struct work *w, bool *dropped)
{
    bool full = true;

    for (int j = 0; j < w->count && full; j++)
        full = stands(&w->facts[j], fabs(w->stack[(size_t)j * (size_t)w->ld + j]));
    if (!full)
        take_in_order(w, dropped);
}

/* --- the whole ---------------------------------------------------------------------------------- */

static bool work_new(struct work *w, struct glmm_error *err)
{
    w->block = w->count < 170 ? 512 : 3 * w->count;
    w->ld = w->count + w->block;
    w->lapack_size = 64 * w->count;
    w->stack = mem_zalloc((size_t)w->ld * (size_t)w->count, sizeof *w->stack);
    w->tau = NEW_ARRAY(double, w->count);
    w->lapack = NEW_ARRAY(double, w->lapack_size);
    return (w->stack != NULL && w->tau != NULL && w->lapack != NULL) || fail_memory(err);
}

bool collinear_find(size_t n, int p, const double *x, bool intercept, bool *dropped, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    struct work w = { .n = n, .x = x, .progress = progress };
    bool ok, stopped = false, full = false;

    memset(dropped, 0, (size_t)p * sizeof *dropped);
    w.facts = NEW_ARRAY(struct column_facts, p);
    if (w.facts == NULL)
        return fail_memory(err);
    for (int j = intercept; j < p && !stopped; j++) {
        struct column_facts *facts = &w.facts[w.count];

        measure(facts, n, x + (size_t)j * n, intercept);
        facts->index = j;
        dropped[j] = !stands(facts, facts->length);     /* zero, or constant beside an intercept */
        w.count += !dropped[j];
        stopped = !progress_tell(progress, "checking columns", (double)j, (double)p, (double)NAN);
    }
    ok = !stopped && work_new(&w, err);
    if (ok && w.count > 0) {
        if ((double)n * (double)w.count * (double)w.count > GRAM_WORTH) {
            full = gram_rules_out(&w, &stopped);
            memset(w.stack, 0, (size_t)w.ld * (size_t)w.count * sizeof *w.stack);
        }
        stopped = stopped || (!full && !triangulate(&w));
        if (!stopped && !full)
            apply_rule(&w, dropped);
    }
    if (stopped)
        ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
    mem_free(w.facts);
    mem_free(w.stack);
    mem_free(w.tau);
    mem_free(w.lapack);
    return ok;
}
