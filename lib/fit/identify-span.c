/* identify-span.c -- where the matrices dV/ds_j of a model depend on each other.
 *
 * A symmetric matrix that sends a random vector to 0 is 0 (with probability one, where there are enough vectors for its blocks),
 * so the columns (P) V_j (P) w, below each other for a few vectors w, depend on each other as the matrices do.  They are scaled
 * by their length before the projection, and their singular values taken from a triangle that grows with each w. Terms with
 * covariances are looked at in a basis in which their columns are orthonormal, and mapped back. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/identify-private.h"
#include "fit/lmm-private.h"
#include "linalg/lapack.h"

static const double DEPENDENT = 1e-8; /* what is left of a column outside a span, beside its length */
static const double SURELY = 1e-4;    /* the same of some rows, where it is to hold of all */
enum { SOME_ROWS = 4096, WORTH_IT = 4 };
static const double CANCELLED = 1e-13; /* of the terms of a sum: a number that is 0 but for rounding */

int parameter_count(const struct design *design, bool residual)
{
    int count = residual;

    for (int t = 0; t < design->random_count; t++)
        count += random_parameters(&design->random[t]);
    return count;
}

void parameters_list(const struct design *design, bool residual, struct parameter out[])
{
    int j = 0;

    for (int t = 0; t < design->random_count; t++)
        for (int b = 0; b < design->random[t].k; b++)
            for (int a = b; a < design->random[t].covariance->end(design->random[t].k, b); a++)
                out[j++] = (struct parameter){ t, a, b };
    if (residual)
        out[j] = (struct parameter){ -1, 0, 0 };
}

/* One look at a design. */
struct look {
    const struct design *design;
    const struct identify_view *view;
    const double *Q;
    int count, width, units; /* of the parameters; of Q; of what may lie within X */
    int others;              /* columns of what lies within X, behind those of the parameters */
    size_t n;
    double **z, **basis;   /* of each term: n x k in a basis of its own, and that basis R (k x k, z = z~ R) */
    double *size;          /* count */
    double *root;          /* n: square roots of the weights; NULL: 1 */
    double *vector, *sums; /* n; the largest term's levels x k */
    double *part;          /* width */
    int *levels;           /* of each unit (see units_of), that show the effect of it that most of them show */
};

static void look_clear(struct look *look)
{
    for (int t = 0; look->basis != NULL && t < look->design->random_count; t++)
        mem_free(look->basis[t]);
    for (int t = 0; look->z != NULL && t < look->design->random_count + look->view->aside_count; t++)
        mem_free(look->z[t]);
    mem_free(look->z);
    mem_free(look->basis);
    mem_free(look->root);
    mem_free(look->vector);
    mem_free(look->sums);
    mem_free(look->part);
    mem_free(look->levels);
}

/* lmm_to_inner, in which what cancels is 0: a covariance whose columns are of nothing but rounding has none, and would be scaled
 * to the length of the others. */
static void to_inner(int k, const double *R, double *z)
{
    for (int j = k - 1; j >= 0; j--) {
        double bound = fabs(z[j]);

        for (int r = j + 1; r < k; r++) {
            bound += fabs(z[r] * R[r + j * k]);
            z[j] -= z[r] * R[r + j * k];
        }
        z[j] = fabs(z[j]) > CANCELLED * bound ? z[j] / R[j + j * k] : 0.0;
    }
}

/* The columns of a term in rows multiplied by the root of the weights, n x k; NULL when memory is out. */
static double *weighted_columns(const struct look *look, const struct random_design *random)
{
    size_t k = (size_t)random->k;
    double *z = mem_alloc(look->n * k, sizeof *z);

    for (size_t i = 0; z != NULL && i < look->n; i++)
        for (size_t a = 0; a < k; a++)
            z[i * k + a] = (random->z == NULL ? 1.0 : random->z[i * k + a]) * (look->root == NULL ? 1.0 : look->root[i]);
    return z;
}

/* The columns of a term, orthonormal in mean where it has covariances, and otherwise of mean square 1. */
static bool set_columns(struct look *look, int t, double *size)
{
    const struct random_design *random = &look->design->random[t];
    size_t k = (size_t)random->k;
    double *z = weighted_columns(look, random), *R = NEW_ARRAY(double, 2 * k * k), *product = R == NULL ? NULL : R + k * k;
    int at = 0;

    look->z[t] = z;
    look->basis[t] = R;
    if (z == NULL || R == NULL)
        return false;
    for (size_t i = 0; i < look->n; i++)
        for (size_t b = 0; b < k; b++)
            for (size_t a = 0; a < k; a++)
                product[a + b * k] += z[i * k + a] * z[i * k + b] / (double)look->n;
    for (size_t b = 0; b < k; b++)
        for (size_t a = b; a < covariance_end(random->covariance, k, b); a++)
            size[at++] =
                1.0
                / (product[a + a * k] > 0.0 && product[b + b * k] > 0.0 ? sqrt(product[a + a * k] * product[b + b * k]) : 1.0);
    if (!random->covariance->correlated || !lmm_inner_factor(random->k, product, R)) {
        memset(R, 0, sizeof *R * k * k);
        for (size_t a = 0; a < k; a++)
            R[a + a * k] = product[a + a * k] > 0.0 ? sqrt(product[a + a * k]) : 1.0;
    }
    for (size_t i = 0; i < look->n; i++)
        to_inner(random->k, R, z + i * k);
    return true;
}

/* v := v - Q Q'v. */
static void project(const struct look *look, double *v)
{
    const double one = 1.0, minus = -1.0, zero = 0.0;
    int rows = (int)look->n, p = look->width, step = 1;

    if (p == 0)
        return;
    dgemv_("T", &rows, &p, &one, look->Q, &rows, v, &step, &zero, look->part, &step);
    dgemv_("N", &rows, &p, &minus, look->Q, &rows, look->part, &step, &one, v, &step);
}

/* Columns V_j w of a term's parameters, ld apart; z: its columns. */
static void multiply_term(struct look *look, const struct random_design *random, const double *z, const double *w, double *out,
                          size_t ld)
{
    size_t k = (size_t)random->k, at = 0;

    memset(look->sums, 0, sizeof *look->sums * (size_t)random->level_count * k);
    for (size_t i = 0; i < look->n; i++)
        for (size_t a = 0; a < k; a++)
            look->sums[(size_t)random->level[i] * k + a] += z[i * k + a] * w[i];
    for (size_t b = 0; b < k; b++)
        for (size_t a = b; a < covariance_end(random->covariance, k, b); a++, at++)
            for (size_t i = 0; i < look->n; i++) {
                const double *sum = look->sums + (size_t)random->level[i] * k;

                out[i + at * ld] = z[i * k + a] * sum[b] + (a == b ? 0.0 : z[i * k + b] * sum[a]);
            }
}

/* The same of all parameters. */
static void multiply(struct look *look, const double *w, double *out, size_t ld)
{
    const struct design *design = look->design;
    size_t at = 0;

    for (int t = 0; t < design->random_count; t++) {
        multiply_term(look, &design->random[t], look->z[t], w, out + at * ld, ld);
        at += (size_t)random_parameters(&design->random[t]);
    }
    if (look->view->residual)
        memcpy(out + at * ld, w, sizeof *w * look->n);
}

/* And of the terms that were set aside, from column `at` on. */
static void multiply_aside(struct look *look, const double *w, double *block, size_t at, size_t ld)
{
    for (int t = 0; t < look->view->aside_count; t++) {
        const struct random_design *random = &look->view->aside[t];

        multiply_term(look, random, look->z[look->design->random_count + t], w, block + at * ld, ld);
        at += (size_t)random_parameters(random);
    }
}

/* Orthonormal columns that span sqrt(weights) X, or X and a constant. */
static double *orthonormal_columns(const struct look *look)
{
    const struct design *design = look->design;
    int rows = (int)look->n, p = look->width, info = 0, size = 64 * (p + 1);
    double *Q = mem_alloc(look->n * (size_t)p + 1, sizeof *Q), *tau = mem_alloc((size_t)(p + 1 + size), sizeof *tau);

    if (Q == NULL || tau == NULL) {
        mem_free(Q);
        mem_free(tau);
        return NULL;
    }
    for (size_t i = 0; p > design->p && i < look->n; i++)
        Q[i + (size_t)design->p * look->n] = 1.0;
    for (int j = 0; j < design->p; j++) {
        const double *x = design->X + (size_t)j * look->n;
        double scale = identify_length(look->n, x);

        for (size_t i = 0; i < look->n; i++)
            Q[i + (size_t)j * look->n] = x[i] / (scale > 0.0 ? scale : 1.0) * (look->root == NULL ? 1.0 : look->root[i]);
    }
    if (p > 0) {
        dgeqrf_(&rows, &p, Q, &rows, tau, tau + p + 1, &size, &info);
        dorgqr_(&rows, &p, &p, Q, &rows, tau, tau + p + 1, &size, &info);
    }
    mem_free(tau);
    return Q;
}

/* What may lie within the fixed effects for itself: a term whose effects are correlated, each effect of another. */
static int units_of(const struct random_design *random)
{
    return random->covariance->correlated ? 1 : random->k;
}

/* Levels that show an effect of a term, with a row in which it is not 0: where infinite estimates have taken rows away, or where
 * other effects are shown alone, there are fewer than the term has. */
static int levels_shown(const struct look *look, int t, int effect)
{
    const struct random_design *random = &look->design->random[t];
    int count = 0;

    memset(look->sums, 0, sizeof *look->sums * (size_t)random->level_count);
    for (size_t i = 0; i < look->n; i++) {
        double *seen = look->sums + random->level[i];

        if (*seen != 0.0 || (random->z != NULL && random->z[i * (size_t)random->k + (size_t)effect] == 0.0))
            continue;
        *seen = 1.0;
        count++;
    }
    return count;
}

static void count_levels(struct look *look)
{
    int *levels = look->levels;

    for (int t = 0; t < look->design->random_count; t++) {
        int units = units_of(&look->design->random[t]), k = look->design->random[t].k, wide = k / units;

        for (int a = 0; a < k; a++) {
            int shown = levels_shown(look, t, a);

            levels[a / wide] = a % wide > 0 && levels[a / wide] > shown ? levels[a / wide] : shown;
        }
        levels += units;
    }
    look->units = (int)(levels - look->levels);
}

/* Effects that more levels show than the fixed effects have columns do not lie within them. */
static bool may_be_inside(const struct look *look)
{
    for (int u = 0; u < look->units; u++)
        if (look->levels[u] <= look->width)
            return true;
    return false;
}

/* Random vectors: more where few levels have to tell many effects apart. */
static int vector_count(const struct design *design)
{
    int count = 2;

    for (int t = 0; t < design->random_count; t++) {
        int need = 2 + (2 * design->random[t].k) / design->random[t].level_count;

        need = need > design->random[t].k + 2 ? design->random[t].k + 2 : need;
        count = need > count ? need : count;
    }
    return count;
}

/* Columns of a term, all of which the projection takes away, are 0: the likelihood's own variance then is 0, or free, and what
 * others have of it nothing tells; they move behind all parameters.  What is not within X is taken as it is, from `stated` (n
 * apart). */
static void drop_inside(struct look *look, double *columns, const double *stated, double *projected, size_t ld,
                        const double *scale)
{
    const int *levels = look->levels;
    int at = 0;

    for (int t = 0; t < look->design->random_count; t++) {
        const struct random_design *random = &look->design->random[t];
        int units = units_of(random), width = random_parameters(random) / units;

        for (int u = 0; u < units; u++, at += width) {
            bool inside = *levels++ <= look->width;

            for (int j = at; inside && j < at + width; j++) {
                memcpy(projected, columns + (size_t)j * ld, sizeof *projected * look->n);
                project(look, projected);
                inside = identify_length(look->n, projected) <= DEPENDENT * scale[j];
            }
            for (int j = at; j < at + width; j++) {
                double *own = columns + (size_t)j * ld, *behind = own + (size_t)look->count * ld;

                memset(own, 0, sizeof *own * look->n);
                memset(behind, 0, sizeof *own * look->n);
                memcpy(inside ? behind : own, stated + (size_t)j * look->n, sizeof *own * look->n);
            }
        }
    }
    if (look->view->residual)
        memcpy(columns + (size_t)at * ld, stated + (size_t)at * look->n, sizeof *columns * look->n);
}

/* The triangle of all columns so far into the first rows of `block` (ld = count + n), whose other rows have the new ones. */
static bool fold(struct look *look, double *block, double *tau, int size)
{
    int count = look->count + look->others, rows = (int)look->n + count, info = 0;

    dgeqrf_(&rows, &count, block, &rows, tau, tau + count, &size, &info);
    for (int j = 0; j < count; j++)
        for (int i = j + 1; i < count; i++)
            block[(size_t)i + (size_t)j * (size_t)rows] = 0.0;
    return info == 0;
}

/* The columns of one random vector w, which is lost, below the triangle; scale: their lengths, by the first of the vectors. */
static void look_along(struct look *look, double *w, double *below, double *scale, bool first)
{
    size_t n = look->n, count = (size_t)look->count, ld = n + count + (size_t)look->others;
    double *spare = w + n, *kept = spare + n;

    multiply(look, w, below, ld);
    if (look->others > 0)
        multiply_aside(look, w, below, 2 * count, ld);
    for (size_t j = 0; first && j < count + (size_t)look->others; j++) {
        scale[j] = j >= count && j < 2 * count ? scale[j - count] : identify_length(n, below + j * ld);
        scale[j] = scale[j] > 0.0 ? scale[j] : 1.0;
    }
    if (look->Q != NULL && look->view->reml) {
        project(look, w);
        multiply(look, w, below, ld);
        for (size_t j = 0; j < count; j++)
            project(look, below + j * ld);
    } else if (look->Q != NULL) {
        for (size_t j = 0; j < count; j++)
            memcpy(kept + j * n, below + j * ld, sizeof *kept * n);
        project(look, w);
        multiply(look, w, below, ld);
        drop_inside(look, below, kept, spare, ld, scale);
    }
}

static bool gather(struct look *look, double *block, double *tau, int size, double *scale)
{
    size_t n = look->n, all = (size_t)(look->count + look->others), ld = n + all;
    struct rng rng;
    double *w = look->vector, *below = block + all;

    rng_init(&rng, 8, 2);
    for (int s = 0; s < vector_count(look->design); s++) {
        for (size_t i = 0; i < n; i++)
            w[i] = rng_normal(&rng);
        look_along(look, w, below, scale, s == 0);
        for (size_t j = 0; j < all; j++)
            for (size_t i = 0; i < n; i++)
                below[i + j * ld] /= scale[j];
        if (!fold(look, block, tau, size))
            return false;
    }
    return true;
}

/* A null vector in the orthonormal bases to the scaled parameters: S = R^-1 Y R^-T for each term. */
static void to_outer(const struct look *look, double *vector)
{
    int at = 0;

    for (int t = 0; t < look->design->random_count; t++) {
        const struct random_design *random = &look->design->random[t];
        int k = random->k, first = at;
        const double *R = look->basis[t];

        if (!random->covariance->correlated) {
            for (int a = 0; a < k; a++, at++)
                vector[at] /= R[a + a * k] * R[a + a * k] * look->size[at];
            continue;
        }
        {
            double *Y = look->sums; /* has room for k x k: see span_find */

            for (int b = 0; b < k; b++)
                for (int a = b; a < k; a++, at++)
                    Y[a + b * k] = Y[b + a * k] = vector[at];
            for (int pass = 0; pass < 2; pass++) { /* columns by R^-1, then (transposed) rows */
                for (int j = 0; j < k; j++)
                    for (int a = 0; a < k; a++) {
                        for (int c = 0; c < a; c++)
                            Y[a + j * k] -= R[a + c * k] * Y[c + j * k];
                        Y[a + j * k] /= R[a + a * k];
                    }
                for (int j = 0; j < k; j++)
                    for (int i = 0; i < j; i++) {
                        double swap = Y[i + j * k];

                        Y[i + j * k] = Y[j + i * k];
                        Y[j + i * k] = swap;
                    }
            }
            at = first;
            for (int b = 0; b < k; b++)
                for (int a = b; a < k; a++, at++)
                    vector[at] = Y[a + b * k] / look->size[at];
        }
    }
}

static void orthonormalize(int n, int count, double *vectors)
{
    for (int v = 0; v < count; v++)
        for (int pass = 0; pass < 2; pass++) {
            double *x = vectors + (size_t)v * (size_t)n, size;

            for (int u = 0; u < v; u++) {
                double along = 0.0;

                for (int i = 0; i < n; i++)
                    along += vectors[i + (size_t)u * (size_t)n] * x[i];
                for (int i = 0; i < n; i++)
                    x[i] -= along * vectors[i + (size_t)u * (size_t)n];
            }
            size = identify_length((size_t)n, x);
            for (int i = 0; size > 0.0 && i < n; i++)
                x[i] /= size;
        }
}

static bool look_init(struct look *look, const struct design *design, const struct identify_view *view, double *size)
{
    size_t most = 1, widest = 1, units = 1;
    int at = 0;

    *look = (struct look){
        .design = design, .view = view, .n = design->n, .count = parameter_count(design, view->residual), .size = size
    };
    look->width = design->p + view->constant;
    look->z = NEW_ARRAY(double *, design->random_count + view->aside_count + 1);
    look->basis = NEW_ARRAY(double *, design->random_count + 1);
    look->part = NEW_ARRAY(double, look->width + 1);
    look->vector = mem_alloc(design->n, ((size_t)look->count + 2) * sizeof(double));
    for (int t = 0; t < design->random_count; t++) {
        size_t k = (size_t)design->random[t].k, room = (size_t)design->random[t].level_count * k;

        most = room > most ? room : most;
        widest = k > widest ? k : widest;
        units += (size_t)units_of(&design->random[t]);
    }
    for (int t = 0; t < view->aside_count; t++) {
        size_t room = (size_t)view->aside[t].level_count * (size_t)view->aside[t].k;

        most = room > most ? room : most;
    }
    look->levels = NEW_ARRAY(int, units);
    look->sums = NEW_ARRAY(double, most + widest * widest);
    if (look->z == NULL || look->basis == NULL || look->levels == NULL || look->part == NULL || look->vector == NULL
        || look->sums == NULL)
        return false;
    count_levels(look);
    if (view->residual && design->weights != NULL) {
        if ((look->root = mem_alloc(design->n, sizeof(double))) == NULL)
            return false;
        for (size_t i = 0; i < design->n; i++)
            look->root[i] = sqrt(design->weights[i]);
    }
    for (int t = 0; t < design->random_count; t++) {
        if (!set_columns(look, t, size + at))
            return false;
        at += random_parameters(&design->random[t]);
    }
    for (int t = 0; t < view->aside_count; t++)
        if ((look->z[design->random_count + t] = weighted_columns(look, &view->aside[t])) == NULL)
            return false;
    if (view->residual)
        size[at] = 1.0;
    return true;
}

/* Beside the likelihood's own look stand what lies within X among the parameters, and what was set aside as such. */
static void count_others(struct look *look)
{
    const struct identify_view *view = look->view;

    if (view->reml || (look->Q == NULL && view->aside_count == 0))
        return;
    look->others = look->count;
    for (int t = 0; t < view->aside_count; t++)
        look->others += random_parameters(&view->aside[t]);
}

/* `tolerance`: of a singular value beside the largest that counts as 0. */
static bool find(const struct design *design, const struct identify_view *view, double tolerance, struct span *out,
                 struct glmm_error *err)
{
    int count = parameter_count(design, view->residual), all, work;
    struct look look = { .design = design, .view = view };
    double *made = NULL, *block = NULL, *small = NULL, *scale;
    bool ok;

    *out = (struct span){ .count = count, .size = NEW_ARRAY(double, count + 1) };
    out->null = NEW_ARRAY(double, count *count + 1);
    ok = out->size != NULL && out->null != NULL && look_init(&look, design, view, out->size);
    look.Q = view->Q;
    if (ok && view->Q == NULL && (view->reml || may_be_inside(&look)))
        ok = (look.Q = made = orthonormal_columns(&look)) != NULL;
    if (ok && !view->reml && !may_be_inside(&look))
        look.Q = NULL;
    count_others(&look);
    all = count + look.others;
    work = 64 * (all + 1);
    block = mem_zalloc(design->n + (size_t)all, ((size_t)all + 1) * sizeof(double));
    small = NEW_ARRAY(double, 2 * all + work + all * all + 1);
    ok = ok && block != NULL && small != NULL;
    scale = small == NULL ? NULL : small + all + work;
    ok = ok && gather(&look, block, small, work, scale);
    if (ok) {
        double *triangle = scale + all;

        for (int j = 0; j < all; j++)
            memcpy(triangle + j * all, block + (size_t)j * (design->n + (size_t)all), sizeof(double) * (size_t)all);
        ok = directions_find(count, look.others, triangle, tolerance, out->null, &out->dims);
    }
    for (int v = 0; ok && v < out->dims; v++) {
        for (int j = 0; j < count; j++)
            out->null[j + v * count] /= scale[j];
        to_outer(&look, out->null + (size_t)v * (size_t)count);
    }
    if (ok)
        orthonormalize(count, out->dims, out->null);
    look_clear(&look);
    mem_free(made);
    mem_free(block);
    mem_free(small);
    return ok || fail_memory(err);
}

bool span_find(const struct design *design, const struct identify_view *view, struct span *out, struct glmm_error *err)
{
    return find(design, view, DEPENDENT, out, err);
}

/* Contrasts of some rows that are free of the fixed effects are contrasts of all, and what depends on each other in all rows does
 * in some. */
bool span_is_plain(const struct design *design, const struct identify_view *view, bool *plain, struct glmm_error *err)
{
    struct identify_view contrasts = { .reml = true, .residual = view->residual, .constant = view->constant };
    struct design some = *design;
    struct span span = { 0 };
    bool ok;

    *plain = false;
    if (design->n < WORTH_IT * SOME_ROWS || design->p + 1 > SOME_ROWS / 2)
        return true;
    some.n = SOME_ROWS;
    if ((some.X = mem_alloc(SOME_ROWS, (size_t)(design->p + 1) * sizeof *some.X)) == NULL)
        return fail_memory(err);
    for (int j = 0; j < design->p; j++)
        memcpy(some.X + (size_t)j * SOME_ROWS, design->X + (size_t)j * design->n, sizeof *some.X * SOME_ROWS);
    ok = find(&some, &contrasts, SURELY, &span, err);
    *plain = ok && span.dims == 0;
    span_clear(&span);
    mem_free(some.X);
    return ok;
}

void span_clear(struct span *span)
{
    mem_free(span->null);
    mem_free(span->size);
}
