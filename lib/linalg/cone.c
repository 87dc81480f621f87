/* cone.c -- see cone.h.
 *
 *   passive set P, lambda_P = argmin |t - A_P lambda|;  r = t - A_P lambda
 *   take the i with the largest a_i'r > 0 into P; where lambda would become negative, go as far as it does not, and leave i out
 *
 * The columns of P are kept orthonormalized (Gram-Schmidt, twice), one more a step, so that a step costs about one look at every
 * generator. */
#include "linalg/cone.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "linalg/orthonormal.h"

static const double NO_LENGTH = 1e-12; /* of a generator of unit length, orthogonal to the others: it is a combination of them */

static const double RISES = 1e-10; /* least slope of the residual along a generator that is followed */

struct cone_work {
    int d, size;
    int *passive;          /* d: generators */
    double *Q, *R;         /* d x d: A_P = Q R, columns of Q are rows here */
    double *lambda, *next; /* d */
};

/* The parts of Q's block, (d + 1) x (2 d + 2). */
static void set_parts(struct cone_work *w, int d)
{
    size_t size = (size_t)d;

    w->d = d;
    w->R = w->Q + size * size;
    w->lambda = w->R + size * size;
    w->next = w->lambda + size;
}

struct cone_work *cone_work_new(int d)
{
    struct cone_work *w = NEW(struct cone_work);
    size_t size = (size_t)d;

    if (w == NULL)
        return NULL;
    w->passive = NEW_ARRAY(int, size + 1);
    w->Q = mem_zalloc(size + 1, (2 * size + 2) * sizeof *w->Q);
    if (w->passive == NULL || w->Q == NULL) {
        cone_work_free(w);
        return NULL;
    }
    set_parts(w, d);
    return w;
}

struct cone_work *cone_work_in(struct arena *arena, int d)
{
    struct cone_work *w = arena_alloc(arena, 1, sizeof *w);
    size_t size = (size_t)d;

    if (w == NULL)
        return NULL;
    w->passive = arena_alloc(arena, size + 1, sizeof *w->passive);
    w->Q = arena_alloc(arena, size + 1, (2 * size + 2) * sizeof *w->Q);
    if (w->passive == NULL || w->Q == NULL)
        return NULL;
    set_parts(w, d);
    return w;
}

void cone_work_free(struct cone_work *work)
{
    if (work == NULL)
        return;
    mem_free(work->passive);
    mem_free(work->Q);
    mem_free(work);
}

/* Appends a column to the factors; false where it depends on those that are there. */
static bool append(struct cone_work *w, int generator, const double *column)
{
    int d = w->d, size = w->size;
    double *q = w->Q + (size_t)size * (size_t)d, *r = w->R + (size_t)size * (size_t)d, length;

    if (size == d)
        return false;
    memcpy(q, column, sizeof *q * (size_t)d);
    memset(r, 0, sizeof *r * (size_t)d);
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < size; k++) {
            const double *other = w->Q + (size_t)k * (size_t)d;
            double along = dot_product((size_t)d, other, q);

            for (int i = 0; i < d; i++)
                q[i] -= along * other[i];
            r[k] += along;
        }
    length = sqrt(dot_product((size_t)d, q, q));
    if (!(length > NO_LENGTH))
        return false;
    for (int i = 0; i < d; i++)
        q[i] /= length;
    r[size] = length;
    w->passive[w->size++] = generator;
    return true;
}

/* next := argmin |target - A_P next|. */
static void solve(struct cone_work *w, const double *target)
{
    for (int j = w->size - 1; j >= 0; j--) {
        double sum = dot_product((size_t)w->d, w->Q + (size_t)j * (size_t)w->d, target);

        for (int k = j + 1; k < w->size; k++)
            sum -= w->R[(size_t)k * (size_t)w->d + (size_t)j] * w->next[k];
        w->next[j] = sum / w->R[(size_t)j * (size_t)w->d + (size_t)j];
    }
}

/* Leaves out the generators whose lambda is 0. */
static void shrink(struct cone_work *w, const double *a)
{
    int old = w->size, first = 0, kept;

    while (first < old && w->lambda[first] > 0)
        first++;
    kept = w->size = first;
    for (int k = first; k < old; k++)
        if (w->lambda[k] > 0 && append(w, w->passive[k], a + (size_t)w->passive[k] * (size_t)w->d))
            w->lambda[kept++] = w->lambda[k];
}

/* lambda := the best on the passive set, by way of smaller sets where it would be negative. */
static void settle(struct cone_work *w, const double *a, const double *target)
{
    for (;;) {
        double step = 1;
        int first = -1;

        solve(w, target);
        for (int k = 0; k < w->size; k++)
            if (!(w->next[k] > 0) && w->lambda[k] / (w->lambda[k] - w->next[k]) < step) {
                step = w->lambda[k] / (w->lambda[k] - w->next[k]);
                first = k;
            }
        for (int k = 0; k < w->size; k++)
            w->lambda[k] = fmax(w->lambda[k] + step * (w->next[k] - w->lambda[k]), 0);
        if (first < 0)
            return;
        w->lambda[first] = 0;
        shrink(w, a);
    }
}

static void set_residual(const struct cone_work *w, const double *target, double *residual)
{
    memcpy(residual, target, sizeof *residual * (size_t)w->d);
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < w->size; k++) {
            const double *q = w->Q + (size_t)k * (size_t)w->d;
            double along = dot_product((size_t)w->d, q, residual);

            for (int i = 0; i < w->d; i++)
                residual[i] -= along * q[i];
        }
}

double cone_residual(struct cone_work *work, int count, const double a[], const double target[], double residual[])
{
    int d = work->d;

    work->size = 0;
    memcpy(residual, target, sizeof *residual * (size_t)d);
    for (int i = 0; i < 20 * d + 50; i++) {
        double best = RISES, slope;
        int taken = -1;

        for (int g = 0; g < count; g++)
            if ((slope = dot_product((size_t)d, a + (size_t)g * (size_t)d, residual)) > best) {
                best = slope;
                taken = g;
            }
        if (taken < 0 || !append(work, taken, a + (size_t)taken * (size_t)d))
            break;
        work->lambda[work->size - 1] = 0;
        solve(work, target);
        if (!(work->next[work->size - 1] > 0)) { /* rises by rounding only */
            work->size--;
            break;
        }
        settle(work, a, target);
        set_residual(work, target, residual);
    }
    return sqrt(dot_product((size_t)d, residual, residual));
}
