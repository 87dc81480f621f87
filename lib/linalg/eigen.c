/* eigen.c -- see eigen.h: A = Q T Q' with T tridiagonal, T = Z D Z' by divide and conquer, the eigenvectors are Q Z.
 *
 * T is cut in halves, down to leaves that the implicit QL method solves.  Two solved halves are joined by the eigenvalues of a
 * diagonal matrix and one of rank one, whose vectors are found from the values so that they are orthogonal (Gu and Eisenstat
 * 1995); what hardly couples is left out first, so that only the rest is multiplied.  LAPACK has the parts, and its dsyevd the
 * whole: in one call, which for thousands of rows takes minutes. */
#include "linalg/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

enum { PANEL = 32, LEAF = 48, SMALL = 256, LOOK = 16 };
static const double STEP = 5e7;
static const double ONE = 1.0, MINUS = -1.0;

struct eigen {
    int n;
    double *a; /* n x n: the reflections below the diagonal */
    double *d, *e, *tau;
    double *z;     /* n x n: eigenvectors of T */
    double *work;  /* n^2 + 4n */
    int *whole;    /* 5n: 4n of a join, then the order of each half */
    double *panel; /* n x PANEL */
    struct watch *watch;
};

static double *at(double *a, int ld, int row, int column)
{
    return a + (size_t)column * (size_t)ld + (size_t)row;
}

/* As many columns as a step allows, of which each costs `work`. */
static int some(double work, int most)
{
    double fit = STEP / (work + 1.0);

    return fit < 2.0 ? 2 : fit < most ? (int)fit : most;
}

/* --- A = Q T Q' -------------------------------------------------------------------------------------- */

/* d, e, and the reflections in place of A. */
static bool tridiagonalize(struct eigen *w)
{
    int n = w->n, k = 0, info = 0;

    while (n - k > SMALL) {
        int left = n - k, columns = some((double)left * left, PANEL), behind = left - columns;

        if (watch_stops(w->watch))
            return false;
        dlatrd_("L", &left, &columns, at(w->a, n, k, k), &n, w->e + k, w->tau + k, w->panel, &n, 1);
        dsyr2k_("L", "N", &behind, &columns, &MINUS, at(w->a, n, k + columns, k), &n, w->panel + columns, &n, &ONE,
                at(w->a, n, k + columns, k + columns), &n);
        for (int j = k; j < k + columns; j++) {
            *at(w->a, n, j + 1, j) = w->e[j];
            w->d[j] = *at(w->a, n, j, j);
        }
        k += columns;
    }
    if (n > k) {
        int left = n - k;

        dsytd2_("L", &left, at(w->a, n, k, k), &n, w->d + k, w->e + k, w->tau + k, &info, 1);
    }
    return !watch_stops(w->watch);
}

/* Z := Q Z, the last reflections first. */
static bool turn_back(struct eigen *w)
{
    int n = w->n, count = n - 1, panel = PANEL;
    double *T = w->work, *room = w->work + PANEL * PANEL;

    for (int k = (count - 1) / PANEL * PANEL; k >= 0 && count > 0; k -= PANEL) {
        int columns = count - k < PANEL ? count - k : PANEL, below = n - 1 - k, step = some(4.0 * below * columns, n);
        double *v = at(w->a, n, k + 1, k);

        dlarft_("F", "C", &below, &columns, v, &n, w->tau + k, T, &panel, 1, 1);
        for (int j = 0, some_columns; j < n; j += some_columns) {
            some_columns = n - j < step ? n - j : step;
            if (watch_stops(w->watch))
                return false;
            dlarfb_("L", "N", "F", "C", &below, &some_columns, &columns, v, &n, T, &panel, at(w->z, n, k + 1, j), &n, room,
                    &some_columns, 1, 1, 1, 1);
        }
    }
    return true;
}

/* --- T = Z D Z' -------------------------------------------------------------------------------------- */

/* Two halves that are to be joined: `rows` of them from `from` on, `first` of which are the first half's. */
struct join {
    int from, rows, first;
    int kept;                              /* that couple */
    double rho, *z, *poles, *weights;      /* of the secular equation: 1 + rho sum weights_i^2 / (poles_i - x) = 0 */
    double *vectors;                       /* those that couple, packed by where they are not 0 */
    int *source, *packed, *target, *types; /* orders: of both halves, of the packed vectors */
};

/* The roots, and in the columns of Z their distances from the poles. */
static bool find_roots(struct eigen *w, const struct join *s, double *values)
{
    int info = 0;

    for (int j = 1; j <= s->kept && info == 0; j++) {
        if (j % LOOK == 0 && watch_stops(w->watch))
            return false;
        dlaed4_(&s->kept, &j, s->poles, s->weights, at(w->z, w->n, s->from, s->from + j - 1), &s->rho, values + j - 1, &info);
    }
    return info == 0;
}

/* The weights for which these roots are exact: products of ratios of distances, w_i^2 = prod (root_j - pole_i) / (pole_j -
 * pole_i). */
static bool exact_weights(struct eigen *w, const struct join *s, double *exact)
{
    for (int i = 0; i < s->kept; i++)
        exact[i] = *at(w->z, w->n, s->from + i, s->from + i);
    for (int j = 0; j < s->kept; j++) {
        const double *distance = at(w->z, w->n, s->from, s->from + j);

        if (j % LOOK == 0 && watch_stops(w->watch))
            return false;
        for (int i = 0; i < s->kept; i++)
            if (i != j)
                exact[i] *= distance[i] / (s->poles[i] - s->poles[j]);
    }
    for (int i = 0; i < s->kept; i++)
        exact[i] = copysign(sqrt(fabs(exact[i])), s->weights[i]);
    return true;
}

/* The columns of Z := unit vectors weights_i / distance_i, in the order of the packed vectors. */
static bool coupled_vectors(struct eigen *w, const struct join *s, const double *exact, double *one)
{
    for (int j = 0; j < s->kept; j++) {
        double *column = at(w->z, w->n, s->from, s->from + j), square = 0.0;

        if (j % LOOK == 0 && watch_stops(w->watch))
            return false;
        for (int i = 0; i < s->kept; i++) {
            one[i] = exact[i] / column[i];
            square += one[i] * one[i];
        }
        for (int i = 0; i < s->kept; i++)
            column[i] = one[s->packed[i] - 1] / sqrt(square);
    }
    return true;
}

static bool two_coupled(const struct eigen *w, const struct join *s)
{
    for (int j = 0; j < s->kept && s->kept < 3; j++) { /* the equation of one or two poles gives the vectors themselves */
        double *column = at(w->z, w->n, s->from, s->from + j), kept[2] = { column[0], s->kept > 1 ? column[1] : 0.0 };

        for (int i = 0; i < s->kept; i++)
            column[i] = s->kept > 1 ? kept[s->packed[i] - 1] : 1.0;
    }
    return s->kept < 3;
}

/* A half's rows of the vectors: packed (height x inner) times the rows of the coupled vectors from `row` on. */
static void multiply(struct eigen *w, const struct join *s, const double *packed, int height, int inner, int row, int to,
                     double *room)
{
    for (int j = 0; j < s->kept; j++)
        memcpy(room + (size_t)j * (size_t)inner, at(w->z, w->n, s->from + row, s->from + j), sizeof(double) * (size_t)inner);
    if (inner > 0)
        watched_product("NN", height, s->kept, inner, 1.0, packed, height, room, inner, 0.0,
                        at(w->z, w->n, s->from + to, s->from), w->n, w->watch);
    for (int j = 0; j < s->kept && inner == 0; j++)
        memset(at(w->z, w->n, s->from + to, s->from + j), 0, sizeof(double) * (size_t)height);
}

/* The kept vectors, of which `types` of each kind stand in the first half only, in both, and in the second only.  The rows of
 * the first half are made last: those of the second are read there. */
static bool make_vectors(struct eigen *w, const struct join *s, double *values)
{
    int upper = s->types[0] + s->types[1], lower = s->types[1] + s->types[2], second = s->rows - s->first;
    double *below = s->vectors + (size_t)upper * (size_t)s->first, *room = below + (size_t)lower * (size_t)second;

    if (!find_roots(w, s, values))
        return false;
    if (!two_coupled(w, s) && !(exact_weights(w, s, s->z) && coupled_vectors(w, s, s->z, room)))
        return false;
    multiply(w, s, below, second, lower, s->types[0], s->first, room);
    multiply(w, s, s->vectors, s->first, upper, 0, 0, room);
    return !watch_stops(w->watch);
}

/* Joins two solved halves that `coupling` tied; order[0..rows-1] sorts the values of each before, and of all behind it. */
static bool join(struct eigen *w, int from, int rows, int first, double coupling, int *order)
{
    struct join s = { .from = from, .rows = rows, .first = first, .rho = coupling, .z = w->work };
    double *d = w->d + from;
    int up = 1, down = -1, rest, info = 0;

    s.poles = s.z + rows;
    s.weights = s.poles + rows;
    s.vectors = s.weights + rows;
    s.source = w->whole;
    s.packed = s.source + rows;
    s.target = s.packed + rows;
    s.types = s.target + rows;
    for (int j = 0; j < rows; j++) /* the last row of the first half, the first row of the second */
        s.z[j] = *at(w->z, w->n, from + first - (j < first), from + j);
    dlaed2_(&s.kept, &rows, &first, d, at(w->z, w->n, from, from), &w->n, order, &s.rho, s.z, s.poles, s.weights, s.vectors,
            s.source, s.packed, s.target, s.types, &info);
    if (info != 0)
        return false;
    rest = rows - s.kept;
    if (s.kept == 0)
        for (int j = 0; j < rows; j++)
            order[j] = j + 1;
    else if (!make_vectors(w, &s, d))
        return false;
    else
        dlamrg_(&s.kept, &rest, d, &up, &down, order);
    return true;
}

/* The part of T of these rows. */
static bool solve(struct eigen *w, int from, int rows, int *order)
{
    int first = rows / 2, info = 0;
    double coupling;

    if (watch_stops(w->watch))
        return false;
    if (rows <= LEAF) {
        dsteqr_("I", &rows, w->d + from, w->e + from, at(w->z, w->n, from, from), &w->n, w->work, &info, 1);
        for (int j = 0; j < rows; j++)
            order[j] = j + 1;
        return info == 0;
    }
    coupling = w->e[from + first - 1];
    w->d[from + first - 1] -= fabs(coupling);
    w->d[from + first] -= fabs(coupling);
    return solve(w, from, first, order) && solve(w, from + first, rows - first, order + first)
           && join(w, from, rows, first, coupling, order);
}

/* --- the whole --------------------------------------------------------------------------------------- */

/* The power of 2 by which the largest entry is about 1. */
static int scale_to_one(int n, double *a)
{
    double largest = 0.0;
    int power;

    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++)
            largest = fmax(largest, fabs(*at(a, n, i, j)));
    if (!(largest > 0.0 && largest <= DBL_MAX))
        return 0;
    power = ilogb(largest);
    for (int j = 0; power != 0 && j < n; j++)
        for (int i = j; i < n; i++)
            *at(a, n, i, j) = ldexp(*at(a, n, i, j), -power);
    return power;
}

/* The vectors in the order of the values, and both where they are wanted. */
static void deliver(const struct eigen *w, const int *order, double *values)
{
    size_t column = (size_t)w->n;

    for (int j = 0; j < w->n; j++) {
        values[j] = w->d[order[j] - 1];
        memcpy(w->a + (size_t)j * column, w->z + (size_t)(order[j] - 1) * column, sizeof(double) * column);
    }
}

static bool allocate(struct eigen *w, bool vectors)
{
    size_t n = (size_t)w->n, square = vectors ? n * n : 0;

    w->d = mem_alloc(3 * n + n * PANEL, sizeof(double));
    w->z = mem_zalloc(square + 1, sizeof(double));
    w->work = mem_alloc(square + 4 * n + PANEL * PANEL + n * PANEL, sizeof(double));
    w->whole = mem_alloc(5 * n, sizeof(int));
    if (w->d == NULL || w->z == NULL || w->work == NULL || w->whole == NULL)
        return false;
    w->e = w->d + n;
    w->tau = w->e + n;
    w->panel = w->tau + n;
    return true;
}

static void release(struct eigen *w)
{
    mem_free(w->d);
    mem_free(w->z);
    mem_free(w->work);
    mem_free(w->whole);
}

static bool decompose(int n, double *a, double *values, bool vectors, struct watch *watch)
{
    struct eigen w = { .n = n, .a = a, .watch = watch };
    int power = scale_to_one(n, a), info = 0;
    bool ok;

    if (n == 0)
        return true;
    ok = allocate(&w, vectors) && tridiagonalize(&w);
    if (ok && vectors) {
        ok = solve(&w, 0, n, w.whole + 4 * (size_t)n) && turn_back(&w);
        if (ok)
            deliver(&w, w.whole + 4 * (size_t)n, values);
    } else if (ok) {
        dsterf_(&n, w.d, w.e, &info);
        ok = info == 0;
        memcpy(values, w.d, sizeof(double) * (size_t)n);
    }
    for (int j = 0; ok && j < n; j++)
        values[j] = ldexp(values[j], power);
    release(&w);
    return ok;
}

bool eigen_vectors(int n, double *a, double *values, struct watch *watch)
{
    return decompose(n, a, values, true, watch);
}

bool eigen_values(int n, double *a, double *values, struct watch *watch)
{
    return decompose(n, a, values, false, watch);
}
