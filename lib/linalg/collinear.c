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

/* Below this share it is asked what of the column is the rounding of the others: of columns with a mean of 1e9 standard
 * deviations, whose difference has 7 digits. */
static const double DOUBT = 1e-4;

static const double GRAM_WORTH = 1e8; /* n p^2 from which on the Gram matrix is the way */

bool collinear_stands(const struct column_facts *facts, double left)
{
    return left > TOLERANCE * facts->length && left > NOISE * facts->raw;
}

bool collinear_doubtful(const struct column_facts *facts, double left)
{
    return !(left > DOUBT * facts->length) || !collinear_stands(facts, left);
}

bool collinear_is_noise(const struct collinear *c, double left, const int kept[], const double coefficients[], int rank)
{
    double size = 0.0;

    for (int r = 0; r < rank; r++)
        size += fabs(coefficients[r]) * c->facts[kept[r]].raw;
    return !(left > NOISE * size);
}

bool collinear_poll(const struct collinear *c, size_t done)
{
    return progress_tell(c->progress, "checking columns", (double)done, (double)c->n, (double)NAN)
           || fail(c->err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
}

/* --- the basis ---------------------------------------------------------------------------------- */

/* A share of the column below this is rounding. */
static const double NOTHING = 1e-9;

static bool basis_init(struct collinear_basis *basis, int p, bool intercept)
{
    *basis = (struct collinear_basis){ .p = p, .intercept = intercept };
    basis->scale = NEW_ARRAY(double, p + 1);
    basis->centre = NEW_ARRAY(double, p + 1);
    basis->unit = NEW_ARRAY(double, p + 1);
    basis->start = NEW_ARRAY(int, p + 1);
    basis->count = NEW_ARRAY(int, p + 1);
    if (basis->scale != NULL)
        basis->scale[0] = 1.0; /* of an intercept; a column that is measured gets its own */
    return basis->scale != NULL && basis->centre != NULL && basis->unit != NULL && basis->start != NULL && basis->count != NULL;
}

void collinear_basis_clear(struct collinear_basis *basis)
{
    mem_free(basis->scale);
    mem_free(basis->centre);
    mem_free(basis->unit);
    mem_free(basis->start);
    mem_free(basis->count);
    mem_free(basis->index);
    mem_free(basis->value);
    *basis = (struct collinear_basis){ .p = 0 };
}

static void basis_column(struct collinear_basis *basis, int j, const struct column_facts *facts, size_t n)
{
    if (basis == NULL)
        return;
    basis->scale[j] = facts->scale;
    basis->centre[j] = facts->centre;
    basis->unit[j] = facts->length / sqrt((double)n);
}

static bool basis_room(struct collinear_basis *basis, size_t need)
{
    void *index = basis->index, *value = basis->value;
    bool ok = mem_grow(&index, &basis->index_room, need, sizeof *basis->index);

    basis->index = index;
    ok = mem_grow(&value, &basis->value_room, need, sizeof *basis->value) && ok;
    basis->value = value;
    return ok;
}

bool collinear_record(const struct collinear *c, int j, const int kept[], const double coefficients[], int rank)
{
    struct collinear_basis *basis = c->basis;
    const struct column_facts *facts = &c->facts[j];

    if (basis == NULL)
        return true;
    if (!basis_room(basis, basis->used + (size_t)rank + 1))
        return fail_memory(c->err);
    basis->start[facts->index] = (int)basis->used;
    for (int r = 0; r < rank; r++) {
        if (fabs(coefficients[r]) * c->facts[kept[r]].length <= NOTHING * facts->length)
            continue;
        basis->index[basis->used] = c->facts[kept[r]].index;
        basis->value[basis->used++] = coefficients[r];
    }
    basis->count[facts->index] = (int)basis->used - basis->start[facts->index];
    return true;
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
    int block, ld; /* rows of a block; leading dimension of `stack` */
    double *stack; /* (count + block) x count: R above, a block below */
    double *tau, *lapack;
    int lapack_size;
    int *kept, rank; /* the kept columns, with what Householder's reflections leave on the diagonal */
    double *diagonal, *coefficient;
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
    t->kept = NEW_ARRAY(int, c->count);
    t->diagonal = NEW_ARRAY(double, c->count);
    t->coefficient = NEW_ARRAY(double, c->count);
    return (t->stack != NULL && t->tau != NULL && t->lapack != NULL && t->kept != NULL && t->diagonal != NULL
            && t->coefficient != NULL)
           || fail_memory(c->err);
}

static void triangle_clear(struct triangle *t)
{
    mem_free(t->stack);
    mem_free(t->tau);
    mem_free(t->lapack);
    mem_free(t->kept);
    mem_free(t->diagonal);
    mem_free(t->coefficient);
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

/* A column by the kept ones: back substitution. */
static void solve(struct triangle *t, int j)
{
    const double *column = t->stack + (size_t)j * (size_t)t->ld;

    for (int r = t->rank - 1; r >= 0; r--) {
        t->coefficient[r] = column[r];
        for (int s = r + 1; s < t->rank; s++)
            t->coefficient[r] -= t->coefficient[s] * t->stack[(size_t)t->kept[s] * (size_t)t->ld + r];
        t->coefficient[r] /= t->diagonal[r];
    }
}

/* Whether column j, of which `left` is orthogonal to the kept ones, goes. */
static bool is_dependent(struct triangle *t, int j, double left)
{
    const struct column_facts *facts = &t->c->facts[j];

    if (t->rank < t->c->count && !collinear_doubtful(facts, left))
        return false;
    solve(t, j);
    return t->rank == t->c->count || !collinear_stands(facts, left)
           || collinear_is_noise(t->c, left, t->kept, t->coefficient, t->rank);
}

/* Takes the columns of R in order.  A kept column gives a reflection (stored in its place, as a unit vector) that the later ones
 * go through; what is then left of a column in the rows from `rank` on is its part orthogonal to the kept ones. */
static bool take_in_order(struct triangle *t, bool *dropped)
{
    const struct collinear *c = t->c;
    double left, norm, *column;

    for (int j = 0; j < c->count; j++) {
        column = t->stack + (size_t)j * (size_t)t->ld;
        for (int r = 0; r < t->rank; r++)
            reflect(r, c->count, t->stack + (size_t)t->kept[r] * (size_t)t->ld, column);
        left = 0.0;
        for (int i = t->rank; i < c->count; i++)
            left += column[i] * column[i];
        left = sqrt(left);
        if (is_dependent(t, j, left)) {
            dropped[c->facts[j].index] = true;
            if (!collinear_record(c, j, t->kept, t->coefficient, t->rank))
                return false;
            continue;
        }
        t->diagonal[t->rank] = column[t->rank] >= 0.0 ? -left : left;
        column[t->rank] -= t->diagonal[t->rank]; /* v = x + sign(x_1) |x| e_1 */
        norm = 0.0;
        for (int i = t->rank; i < c->count; i++)
            norm += column[i] * column[i];
        for (int i = t->rank; i < c->count; i++)
            column[i] /= sqrt(norm);
        t->kept[t->rank++] = j;
    }
    return true;
}

static bool by_triangle(const struct collinear *c, bool *dropped)
{
    struct triangle t = { 0 };
    bool ok = triangle_new(&t, c) && triangulate(&t), full = true;

    for (int j = 0; ok && full && j < c->count; j++)
        full = !collinear_doubtful(&c->facts[j], fabs(t.stack[(size_t)j * (size_t)t.ld + j]));
    if (ok && !full)
        ok = take_in_order(&t, dropped);
    triangle_clear(&t);
    return ok;
}

/* --- the whole ---------------------------------------------------------------------------------- */

bool collinear_find(size_t n, int p, const double *x, bool intercept, bool *dropped, struct collinear_basis *basis,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    struct collinear c = { .n = n, .x = x, .basis = basis, .progress = progress, .err = err };
    bool ok;

    memset(dropped, 0, (size_t)p * sizeof *dropped);
    c.facts = NEW_ARRAY(struct column_facts, p);
    ok = ((basis == NULL || basis_init(basis, p, intercept)) && c.facts != NULL) || fail_memory(err);
    for (int j = intercept; ok && j < p; j++) {
        struct column_facts *facts = &c.facts[c.count];

        measure(facts, n, x + (size_t)j * n, intercept);
        facts->index = j;
        basis_column(basis, j, facts, n);
        dropped[j] = !collinear_stands(facts, facts->length);
        c.count += !dropped[j];
        ok = collinear_poll(&c, 0);
    }
    if (ok && c.count > 0)
        ok = (double)n * c.count * c.count > GRAM_WORTH ? collinear_by_gram(&c, dropped) : by_triangle(&c, dropped);
    mem_free(c.facts);
    return ok;
}
