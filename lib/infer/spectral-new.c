/* spectral-new.c -- what spectral.h diagonalizes: the relations in units of the levels' rows, free of the fixed effects. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/spectral-private.h"
#include "linalg/eigen.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

static const double ALIKE = 1e-8;    /* eigenvalues that differ by less, beside the largest, are one */
static const double NO_REST = 1e-13; /* of y, beside its largest entry: the fixed effects explain it */

/* Brings what the fixed effects leave of y to a mean square of 1, *scale; beside its `largest` entry before that may be nothing.
 */
static bool scale_rest(const struct design *design, double y[], double largest, double *scale, struct glmm_error *err)
{
    double sum = 0.0;

    for (size_t i = 0; i < design->n; i++)
        sum += y[i] * y[i];
    *scale = sqrt(sum / (double)design->n);
    if (!(*scale > NO_REST * largest))
        return fail(err, GLMM_E_MODEL, NOWHERE, "the fixed effects explain `%s` exactly: there is no residual variation to model",
                    design->response);
    for (size_t i = 0; i < design->n; i++)
        y[i] /= *scale;
    return true;
}

static bool fail_stopped(struct watch *watch, struct glmm_error *err)
{
    return watch_stopped(watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the first marker") : fail_memory(err);
}

/* E: n x (p + 1), sqrt(weights) times [X y] with X orthonormal and y freed of it. */
static double *orthonormal(const struct design *design, double *y_scale, struct watch *watch, struct glmm_error *err)
{
    int n = (int)design->n, p = design->p, step = 1;
    size_t rows = design->n;
    double *E = NEW_ARRAY(double, rows *(size_t)(p + 1)), *y = E + rows * (size_t)p, *h = NEW_ARRAY(double, p + 1);
    double one = 1.0, minus = -1.0, zero = 0.0, largest = 0.0;

    if (E == NULL || h == NULL) {
        mem_free(E);
        mem_free(h);
        fail_memory(err);
        return NULL;
    }
    memcpy(E, design->X, sizeof(double) * rows * (size_t)p);
    for (size_t i = 0; i < rows; i++) {
        double root = design->weights == NULL ? 1.0 : sqrt(design->weights[i]);

        y[i] = root * (design->y[i] - (design->offset == NULL ? 0.0 : design->offset[i]));
        largest = fmax(largest, fabs(y[i]));
        for (int j = 0; j < p && design->weights != NULL; j++)
            E[i + (size_t)j * rows] *= root;
    }
    if (p > 0 && !watched_qr(n, p, E, NULL, watch)) {
        mem_free(E);
        E = NULL;
        fail_stopped(watch, err);
    }
    for (int twice = 0; E != NULL && p > 0 && twice < 2; twice++) {
        dgemv_("T", &n, &p, &one, E, &n, y, &step, &zero, h, &step);
        dgemv_("N", &n, &p, &minus, E, &n, h, &step, &one, y, &step);
    }
    if (E != NULL && !scale_rest(design, y, largest, y_scale, err)) {
        mem_free(E);
        E = NULL;
    }
    mem_free(h);
    return E;
}

/* Coordinates of the columns of E before U (q x (p + 1)), and their products outside: E less what P P' has of it. */
static void project(struct spectral *s, const struct design *design, const struct random_design *t, const double *root, double *E,
                    double *inside)
{
    int n = (int)s->n, k = s->p + 1;
    double one = 1.0, zero = 0.0;

    for (int j = 0; j < k; j++) {
        double *e = E + (size_t)j * s->n, *out = inside + (size_t)j * s->q;

        memset(out, 0, sizeof(double) * s->q);
        for (size_t i = 0; i < s->n; i++)
            out[t->level[i]] += e[i] * (design->weights == NULL ? 1.0 : sqrt(design->weights[i])) / root[t->level[i]];
        for (size_t i = 0; i < s->n; i++)
            e[i] -= (design->weights == NULL ? 1.0 : sqrt(design->weights[i])) / root[t->level[i]] * out[t->level[i]];
    }
    if (s->n > s->q)
        dgemm_("T", "N", &k, &k, &n, &one, E, &n, E, &n, &zero, s->outside, &k);
}

/* K := N^1/2 K N^1/2, its eigenvectors and values. */
static bool diagonalize(struct spectral *s, double *K, const double *root, struct watch *watch, struct glmm_error *err)
{
    long refused = mem_refused();
    double sum = 0.0;
    int q = (int)s->q;

    for (size_t b = 0; b < s->q; b++)
        for (size_t a = 0; a < s->q; a++)
            K[a + b * s->q] *= root[a] * root[b];
    if (!eigen_vectors(q, K, s->d, watch))
        return watch_stopped(watch) ? fail_stopped(watch, err)
               : mem_refused() != refused
                   ? fail_memory(err)
                   : fail(err, GLMM_E_MODEL, NOWHERE, "the matrix of the levels could not be diagonalized");
    for (size_t i = 0; i < s->q; i++) {
        s->d[i] = fmax(0.0, s->d[i]);
        sum += s->d[i];
    }
    s->unit = sum / (double)s->q;
    if (s->n == s->q && s->d[s->q - 1] - s->d[0] <= ALIKE * s->d[s->q - 1]) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "the matrix does not tell the levels from residuals: each has one row, and none is related");
        error_hint(err, "a scan with it would be the ordinary one");
        return false;
    }
    for (size_t i = 0; i < s->q; i++)
        s->d[i] /= s->unit;
    s->U = K;
    return true;
}

static bool allocate(struct spectral *s, double **inside, double **root, struct glmm_error *err)
{
    size_t k = (size_t)s->p + 1, count = spectral_packed(s->p, s->p) + 1;
    double *b = NEW_ARRAY(double, s->q + 2 * s->q * k + s->q + k * k + 3 * count);

    if (b == NULL)
        return fail_memory(err);
    s->block = s->d = b;
    s->F = b + s->q;
    *inside = s->F + s->q * k;
    *root = *inside + s->q * k;
    s->outside = *root + s->q;
    for (int j = 0; j < 3; j++)
        s->null.S[j] = s->outside + k * k + (size_t)j * count;
    return true;
}

bool spectral_init(struct spectral *s, const struct design *design, const struct random_design *t, double *K, bool reml,
                   const struct glmm_progress *progress, struct glmm_error *err)
{
    double *inside = NULL, *root = NULL, *E, one = 1.0, zero = 0.0;
    int q = t->level_count, k = design->p + 1;
    struct watch watch;
    bool ok;

    *s = (struct spectral){ .n = design->n, .q = (size_t)q, .p = design->p, .reml = reml };
    watch_init(&watch, progress, "diagonalizing");
    ok = !watch_stops(&watch) || fail_stopped(&watch, err);
    ok = ok && allocate(s, &inside, &root, err);
    E = ok ? orthonormal(design, &s->y_scale, &watch, err) : NULL;
    if (E != NULL) {
        for (size_t i = 0; i < s->n; i++)
            root[t->level[i]] += design->weights == NULL ? 1.0 : design->weights[i];
        for (size_t l = 0; l < s->q; l++)
            root[l] = sqrt(root[l]);
        project(s, design, t, root, E, inside);
    }
    ok = E != NULL && diagonalize(s, K, root, &watch, err);
    mem_free(E);
    if (!ok) {
        mem_free(K);
        spectral_clear(s);
        return false;
    }
    dgemm_("T", "N", &q, &k, &q, &one, s->U, &q, inside, &q, &zero, s->F, &q);
    for (size_t b = 0; b < s->q; b++)
        for (size_t a = 0; a < s->q; a++)
            s->U[a + b * s->q] *= root[a];
    if (spectral_set_null(s, err))
        return true;
    spectral_clear(s);
    return false;
}

void spectral_clear(struct spectral *s)
{
    mem_free(s->U);
    mem_free(s->block);
    s->U = s->block = NULL;
}
