/* kenward-rows.c -- the sums of Kenward and Roger's adjustment for models that are fitted by the covariance matrices of their
 * rows: structured effects and residuals, relationship matrices.
 *
 * In a cluster of rows, V = L L', Y = L^-1 X~ with X~ = X T, and Z_i = L^-1 V_i L^-T:
 *
 *   P_i = -Y'Z_i Y,   Q_ij = Y'Z_i Z_j Y,   tr V^-1 V_i V^-1 V_j = sum Z_i * Z_j
 *
 * V_i by differences of the matrices, which are smooth functions of entries in closed form: of fourth order, to 1e-12.
 *
 * V is not linear in most of these parameters, and Kenward and Roger's term of second derivatives alone would hang on which of
 * them are chosen (rho, or its logarithm).  With the bias of the estimates of the parameters beside it (Kenward & Roger 2009) it
 * does not: of M = sum_ij W_ij V_ij, what is not along the V_i counts,
 *
 *   R = X'V^-1 (M - sum_i c_i V_i) V^-1 X,   c = W t / 2,   t_i = tr G M G V_i,   G = V^-1 - V^-1 X Phi X'V^-1
 *
 * which is 0 for structures that are linear in variances and covariances, however they are written (us, cs, toep of one variance,
 * diag): there all is as in 1997.  M is a sum of second differences along the eigenvectors of W. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/forecast.h"
#include "base/memory.h"
#include "fit/rowcov.h"
#include "infer/kenward-private.h"
#include "linalg/dense.h"
#include "linalg/orthonormal.h"
#include "linalg/watched.h"

/* Steps in parameters of natural size; errors of fourth order and of rounding are below 1e-12 and 1e-9 there. */
static const double FIRST_STEP = 1e-3, SECOND_STEP = 1e-2;

/* An eigenvalue of W beside the largest that adds nothing. */
static const double NO_SPREAD = 1e-14;

struct work {
    struct kenward *k;
    struct sums *sums;
    struct rowcov *m;
    struct watch *watch;
    size_t clusters, largest, entries; /* entries: of the matrices of all patterns */
    double *move;                      /* count */
    double *inverse;                   /* entries: L^-1 of each pattern, 0 above */
    double *Z;                         /* count + 1 times entries; the last is that of M */
    double *V, *scratch;               /* largest^2 */
    double *X, *Y;                     /* largest x p */
    double *B;                         /* count + 1 times largest x p: Z_i Y */
    double *t, *S;                     /* count; p x p */
};

static bool work_init(struct work *w, struct glmm_error *err)
{
    size_t p = (size_t)w->k->p, q = (size_t)w->k->count, alike, n = 0;
    const size_t *row;
    double *all;

    w->clusters = rowcov_spread_clusters(w->m);
    for (size_t c = 0; c < w->clusters; c++) {
        size_t count = rowcov_spread_rows(w->m, c, &row, &alike);

        w->entries += alike > 0 ? count * count : 0;
        w->largest = count > w->largest ? count : w->largest;
    }
    n = q + (q + 2) * w->entries + 2 * w->largest * w->largest + (q + 3) * w->largest * p + q + p * p + 1;
    if (!forecast((double)n * sizeof(double), "ddf=satterthwaite needs no such matrices", w->watch->progress, err))
        return false;
    all = w->move = mem_zalloc(n, sizeof(double));
    if (all == NULL)
        return fail_memory(err);
    w->inverse = w->move + q;
    w->Z = w->inverse + w->entries;
    w->V = w->Z + (q + 1) * w->entries;
    w->scratch = w->V + w->largest * w->largest;
    w->X = w->scratch + w->largest * w->largest;
    w->Y = w->X + w->largest * p;
    w->B = w->Y + w->largest * p;
    w->t = w->B + (q + 1) * w->largest * p;
    w->S = w->t + q;
    return true;
}

/* --- matrices ------------------------------------------------------------------------------------- */

/* Adds `times` the matrices where w->move is to those at out; NULL: factors them instead, into w->inverse. */
static bool add_matrices(struct work *w, double times, double *out)
{
    double *inverse = w->inverse;
    size_t alike;
    const size_t *row;

    if (!rowcov_spread_set(w->m, w->k->fit, w->move))
        return false;
    for (size_t c = 0; c < w->clusters && !watch_stops(w->watch); c++) {
        size_t count = rowcov_spread_rows(w->m, c, &row, &alike), size = count * count;
        int n = (int)count;

        if (alike == 0)
            continue;
        rowcov_spread_fill(w->m, c, w->V);
        for (size_t e = 0; out != NULL && e < size; e++)
            out[e] += times * w->V[e];
        if (out != NULL) {
            out += size;
            continue;
        }
        if (chol_factor_watched(n, w->V, n, w->watch) != 0)
            return false;
        chol_invert_watched(n, w->V, inverse, w->scratch, n, w->watch);
        for (int j = 1; j < n; j++)
            memset(inverse + (size_t)j * count, 0, sizeof *inverse * (size_t)j);
        inverse += size;
    }
    return !watch_stopped(w->watch);
}

/* Z := L^-1 Z L^-T, whole, of all patterns. */
static void transform(struct work *w, double *Z)
{
    const double *inverse = w->inverse;
    size_t alike;
    const size_t *row;

    for (size_t c = 0; c < w->clusters && !watch_stops(w->watch); c++) {
        size_t count = rowcov_spread_rows(w->m, c, &row, &alike);
        int n = (int)count;

        if (alike == 0)
            continue;
        watched_product("NN", n, n, n, 1, inverse, n, Z, n, 0, w->scratch, n, w->watch);
        watched_product("NT", n, n, n, 1, w->scratch, n, inverse, n, 0, Z, n, w->watch);
        inverse += count * count;
        Z += count * count;
    }
}

/* What the search held is as fixed here as for Satterthwaite's df, but for variances: of 0 they are parameters as others. */
static bool is_fixed(const struct work *w, int i)
{
    const struct fit *fit = w->k->fit;

    return !rowcov_spread_is_variance(w->m, i) && !(fit->variance_covariance[i + i * fit->variance_count] > 0.0);
}

static bool set_slopes(struct work *w)
{
    static const double times[] = { 1, -8, 0, 8, -1 };
    bool ok = true;

    for (int i = 0; ok && i < w->k->count; i++) {
        double *Z = w->Z + (size_t)i * w->entries;

        if (is_fixed(w, i))
            continue;
        for (int s = -2; ok && s <= 2; s++) {
            w->move[i] = s * FIRST_STEP;
            ok = s == 0 || add_matrices(w, times[s + 2] / (12 * FIRST_STEP), Z);
        }
        w->move[i] = 0;
        transform(w, Z);
    }
    return ok;
}

/* --- sums ----------------------------------------------------------------------------------------- */

/* Y = L^-1 X T of a cluster. */
static void set_rows(struct work *w, size_t count, const size_t row[], const double *inverse)
{
    const struct design *d = w->k->fit->design;
    int n = (int)count, p = w->k->p;

    for (int j = 0; j < p; j++)
        for (size_t i = 0; i < count; i++)
            w->X[i + (size_t)j * count] = d->X[row[i] + (size_t)j * d->n];
    watched_product("NN", n, p, p, 1, w->X, n, w->k->T, p, 0, w->Y, n, w->watch);
    watched_product("NN", n, p, n, 1, inverse, n, w->Y, n, 0, w->X, n, w->watch);
    memcpy(w->Y, w->X, sizeof *w->Y * count * (size_t)p);
}

/* B_i = Z_i Y. */
static double *moved_rows(struct work *w, int i, size_t count, size_t at)
{
    double *B = w->B + (size_t)i * w->largest * (size_t)w->k->p;
    int n = (int)count;

    watched_product("NN", n, w->k->p, n, 1, w->Z + (size_t)i * w->entries + at, n, w->Y, n, 0, B, n, w->watch);
    return B;
}

/* Adds what a cluster has; `at`: where the matrices of its pattern begin, of which there are `alike`. */
static void add_cluster(struct work *w, size_t count, size_t at, size_t alike)
{
    struct kenward *k = w->k;
    int n = (int)count, p = k->p, q = k->count;

    for (int i = 0; i < q; i++) {
        double *B = moved_rows(w, i, count, at);

        watched_product("TN", p, p, n, -1, w->Y, n, B, n, 1, k->P + (size_t)i * square(p), p, w->watch);
    }
    for (int j = 0; j < q; j++)
        for (int i = 0; i <= j; i++) {
            const double *Bi = w->B + (size_t)i * w->largest * (size_t)p, *Bj = w->B + (size_t)j * w->largest * (size_t)p;
            double *Q = w->sums->Q + pair(i, j) * square(p);

            watched_product("TN", p, p, n, 1, Bi, n, Bj, n, 1, Q, p, w->watch);
            if (i < j)
                watched_product("TN", p, p, n, 1, Bj, n, Bi, n, 1, Q, p, w->watch);
            if (alike > 0)
                w->sums->traces[i + j * q] +=
                    (double)alike
                    * dot_product(count * count, w->Z + (size_t)i * w->entries + at, w->Z + (size_t)j * w->entries + at);
        }
}

/* The same of M: to the bend Y'Z Y, and to t. */
static void add_bend(struct work *w, size_t count, size_t at, size_t alike)
{
    struct kenward *k = w->k;
    int n = (int)count, p = k->p, q = k->count;
    const double *M = moved_rows(w, q, count, at), *Z = w->Z + (size_t)q * w->entries + at;

    watched_product("TN", p, p, n, 1, w->Y, n, M, n, 1, k->bend, p, w->watch);
    for (int i = 0; i < q; i++) {
        w->t[i] -= 2 * dot_product(count * (size_t)p, M, moved_rows(w, i, count, at));
        w->t[i] += (double)alike * dot_product(count * count, Z, w->Z + (size_t)i * w->entries + at);
    }
}

static bool add_clusters(struct work *w, void (*add)(struct work *, size_t, size_t, size_t))
{
    size_t alike, at = 0, next = 0;
    const size_t *row;

    for (size_t c = 0; c < w->clusters && !watch_stops(w->watch); c++) {
        size_t count = rowcov_spread_rows(w->m, c, &row, &alike);

        if (alike > 0) {
            at = next;
            next += count * count;
        }
        set_rows(w, count, row, w->inverse + at);
        add(w, count, at, alike);
    }
    return !watch_stopped(w->watch);
}

/* --- second derivatives --------------------------------------------------------------------------- */

/* Z of M. */
static bool set_curvature(struct work *w, struct glmm_error *err)
{
    static const double times[] = { -1, 16, -30, 16, -1 };
    int q = w->k->count, size = 35 * q;
    double *vectors = mem_alloc(square(q) + (size_t)(q + size), sizeof *vectors), *values, *Z = w->Z + (size_t)q * w->entries;
    bool ok = vectors != NULL;

    if (!ok)
        return fail_memory(err);
    values = vectors + square(q);
    memcpy(vectors, w->k->W, sizeof *vectors * square(q));
    ok = symmetric_eigen(q, vectors, values, values + q, size);
    for (int v = 0; ok && v < q; v++)
        for (int s = -2; ok && s <= 2 && values[v] > NO_SPREAD * values[q - 1]; s++) {
            for (int i = 0; i < q; i++)
                w->move[i] = s * SECOND_STEP * vectors[i + v * q];
            ok = add_matrices(w, values[v] * times[s + 2] / (12 * SECOND_STEP * SECOND_STEP), Z);
        }
    mem_free(vectors);
    if (ok)
        transform(w, Z);
    return ok;
}

/* k->bend: R in the basis. */
static bool set_bend(struct work *w, struct glmm_error *err)
{
    struct kenward *k = w->k;
    int p = k->p, q = k->count;
    bool ok = set_curvature(w, err) && add_clusters(w, add_bend);

    for (int i = 0; ok && i < q; i++)
        w->t[i] -= dot_product(square(p), k->bend, k->P + (size_t)i * square(p));
    for (int r = 0; ok && r < q; r++) {
        double c = 0.5 * dot_product((size_t)q, k->W + (size_t)r * (size_t)q, w->t);

        for (size_t e = 0; e < square(p); e++)
            k->bend[e] += c * k->P[(size_t)r * square(p) + e];
    }
    return ok;
}

bool kenward_sum_rows(struct kenward *k, struct sums *sums, struct watch *watch, struct glmm_error *err)
{
    struct work w = { .k = k, .sums = sums, .watch = watch };
    bool ok = (w.m = rowcov_spread_new(k->fit, watch->progress, err)) != NULL && work_init(&w, err);

    if (ok) {
        ok = add_matrices(&w, 0, NULL) && set_slopes(&w) && add_clusters(&w, add_cluster)
             && (kenward_set_information(k, sums) || fail_memory(err)) && set_bend(&w, err);
        if (!ok && watch_stopped(watch))
            fail(err, GLMM_E_INTERRUPT, NOWHERE, "interrupted");
        else if (!ok)
            fail(err, GLMM_E_MODEL, NOWHERE, "the covariance matrix of the rows has no derivatives at these estimates");
    }
    mem_free(w.move);
    rowcov_free(w.m);
    return ok;
}
