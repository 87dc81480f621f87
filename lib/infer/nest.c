/* nest.c -- see nest.h.
 *
 * Fixed part: each column (and the difference of the offsets) must lie in the span of the larger model's columns.
 *
 * Random part: Var(y) = sum of Z_a S_ab Z_b' over the pairs of effects of each term, plus the residual: linear in the entries of
 * the covariance matrices.  The smaller structure is a case of the larger one when its Var(y), for some generic covariance
 * matrices, is such a sum with positive semidefinite matrices of the larger one.  Matrices of n x n are never formed: both sides
 * are multiplied by one random vector v, and (Z_a S_ab Z_b' v)_i = S_ab z_ia sum_{j in the level of i} z_jb v_j needs one sum a
 * level.
 * The coefficients found are the larger model's covariance matrices under the smaller model; their rank tells how many
 * variances the null sets to 0.  Where every effect is found in the larger model as it stands, no arithmetic is needed. */
#include "infer/nest.h"

#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "base/rng.h"
#include "infer/nest-private.h"
#include "infer/rowqr.h"
#include "fit/rowcov.h"
#include "model/residuals.h"
#include "model/structure.h"

static const double IN_SPAN = 1e-7;       /* relative residual of a column that is a combination of others */
static const double ZERO_VARIANCE = 1e-5; /* relative to the largest, in units of the columns' mean squares */

/* --- columns as they stand ---------------------------------------------------------------- */

int nest_find_column(const struct design *design, int j, const struct design *other)
{
    int i;

    for (i = 0; i < other->p; i++)
        if (memcmp(other->X + (size_t)i * other->n, design->X + (size_t)j * design->n, design->n * sizeof(double)) == 0)
            return i;
    return -1;
}

static bool same_effect(const struct random_design *x, int a, const struct random_design *y, int b, size_t n)
{
    size_t i;

    if (x->level_count != y->level_count || memcmp(x->level, y->level, n * sizeof *x->level) != 0)
        return false;
    for (i = 0; i < n; i++)
        if (nest_z(x, i, a) != nest_z(y, i, b))
            return false;
    return true;
}

bool nest_find_effect(const struct design *design, int t, int a, const struct design *other, int *other_t, int *other_a)
{
    int s, b;

    for (s = 0; s < other->random_count; s++)
        for (b = 0; b < other->random[s].k; b++)
            if (same_effect(&design->random[t], a, &other->random[s], b, design->n)) {
                *other_t = s;
                *other_a = b;
                return true;
            }
    return false;
}

/* --- fixed part ----------------------------------------------------------------------------- */

static double offset_at(const struct design *design, size_t i)
{
    return design->offset == NULL ? 0 : design->offset[i];
}

bool nest_in_span(const struct design *small, int j, const struct design *large, bool *inside)
{
    int p = large->p + 1, c;
    double *R = NEW_ARRAY(double, (size_t)p *p), *row = NEW_ARRAY(double, p);
    bool ok = R != NULL && row != NULL;
    size_t i;

    for (i = 0; ok && i < large->n; i++) {
        for (c = 0; c < large->p; c++)
            row[c] = large->X[(size_t)c * large->n + i];
        row[c] = j < 0 ? offset_at(small, i) - offset_at(large, i) : small->X[(size_t)j * small->n + i];
        rowqr_add(R, p, row);
    }
    *inside = ok && rowqr_residual(R, p) <= IN_SPAN;
    mem_free(row);
    mem_free(R);
    return ok;
}

bool nest_same_offset(const struct design *a, const struct design *b)
{
    for (size_t i = 0; i < a->n && i < b->n && (a->offset != NULL || b->offset != NULL); i++)
        if (offset_at(a, i) != offset_at(b, i))
            return false;
    return true;
}

static bool fixed_nested(const struct design *small, const struct design *large, bool *nested)
{
    int j;

    *nested = true;
    if (!nest_same_offset(small, large) && !nest_in_span(small, -1, large, nested))
        return false;
    for (j = 0; j < small->p && *nested; j++)
        if (nest_find_column(small, j, large) < 0 && !nest_in_span(small, j, large, nested))
            return false;
    return true;
}

/* --- random part: effect by effect --------------------------------------------------------------- */

static bool covary(const struct design *design, int t, int a, int s, int b)
{
    return t == s && (a == b || design->random[t].covariance->correlated);
}

/* Every variance and covariance of the smaller model is one of the larger model.  Counts the variances that are only there. */
static bool matches(const struct design *small, const struct design *large, int *extra)
{
    int t, a, b, ta, ea, tb, eb;

    *extra = 0;
    for (t = 0; t < large->random_count; t++)
        *extra += large->random[t].k;
    for (t = 0; t < small->random_count; t++)
        for (a = 0; a < small->random[t].k; a++) {
            if (!nest_find_effect(small, t, a, large, &ta, &ea))
                return false;
            for (b = 0; b < a; b++)
                if (covary(small, t, a, t, b)
                    && (!nest_find_effect(small, t, b, large, &tb, &eb) || !covary(large, ta, ea, tb, eb)))
                    return false;
            --*extra;
        }
    return *extra >= 0;
}

/* --- random part: by projection -------------------------------------------------------------------- */

/* For each term: the columns' root mean squares, and the sums of z_a v over each level, in units of them. */
struct probe {
    const struct design *design;
    double *rms;     /* effects, all terms in a row */
    double *sums;    /* level_count x k of each term, one after the other */
    size_t *sums_at; /* where a term's sums begin */
    int *rms_at;
};

static void probe_clear(struct probe *probe)
{
    mem_free(probe->rms);
    mem_free(probe->sums);
    mem_free(probe->sums_at);
    mem_free(probe->rms_at);
}

static double z_scaled(const struct probe *probe, int t, size_t i, int a)
{
    double rms = probe->rms[probe->rms_at[t] + a];

    return rms > 0 ? nest_z(&probe->design->random[t], i, a) / rms : 0;
}

static bool probe_init(struct probe *probe, const struct design *design, const double *v)
{
    size_t sums = 0, i;
    int effects = 0, t, a;

    *probe = (struct probe){ .design = design };
    probe->sums_at = NEW_ARRAY(size_t, design->random_count);
    probe->rms_at = NEW_ARRAY(int, design->random_count);
    if (probe->sums_at == NULL || probe->rms_at == NULL)
        return false;
    for (t = 0; t < design->random_count; t++) {
        probe->sums_at[t] = sums;
        probe->rms_at[t] = effects;
        sums += (size_t)design->random[t].level_count * (size_t)design->random[t].k;
        effects += design->random[t].k;
    }
    probe->rms = NEW_ARRAY(double, effects);
    probe->sums = NEW_ARRAY(double, sums);
    if (probe->rms == NULL || probe->sums == NULL)
        return false;
    for (t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];
        double *rms = probe->rms + probe->rms_at[t];

        for (i = 0; i < design->n; i++)
            for (a = 0; a < random->k; a++)
                rms[a] = hypot(rms[a], nest_z(random, i, a));
        for (a = 0; a < random->k; a++)
            rms[a] /= sqrt((double)design->n);
        for (i = 0; i < design->n; i++)
            for (a = 0; a < random->k; a++)
                probe->sums[probe->sums_at[t] + (size_t)random->level[i] * (size_t)random->k + (size_t)a] +=
                    z_scaled(probe, t, i, a) * v[i];
    }
    return true;
}

/* (Z_a Z_b' + Z_b Z_a') v at row i, or (Z_a Z_a') v. */
static double probe_at(const struct probe *probe, int t, int a, int b, size_t i)
{
    const struct random_design *random = &probe->design->random[t];
    const double *sums = probe->sums + probe->sums_at[t] + (size_t)random->level[i] * (size_t)random->k;

    return a == b ? z_scaled(probe, t, i, a) * sums[a] : z_scaled(probe, t, i, a) * sums[b] + z_scaled(probe, t, i, b) * sums[a];
}

/* One number for each variance and covariance: their index, terms in order, lower triangles row by row. */
static int atoms_of(const struct design *design)
{
    int count = 0;

    for (int t = 0; t < design->random_count; t++)
        count += random_parameters(&design->random[t]);
    return count;
}

/* Generic covariances of the smaller model: positive definite by diagonal dominance. */
static double generic(int k, int a, int b, struct rng *rng)
{
    return a == b ? 1 + rng_uniform(rng) : (rng_uniform(rng) - 0.5) / k;
}

/* Rank deficiency of a covariance matrix (k x k, lower triangle, destroyed) by pivoted Cholesky; -1 where it is not
 * semidefinite. */
static int deficiency(double *S, int k, double scale)
{
    double swap;
    int done, best, i, j;

    for (done = 0; done < k; done++) {
        best = done;
        for (i = done; i < k; i++) {
            if (S[i * k + i] < -ZERO_VARIANCE * scale)
                return -1;
            if (S[i * k + i] > S[best * k + best])
                best = i;
        }
        if (S[best * k + best] <= ZERO_VARIANCE * scale) {
            for (i = done; i < k; i++) /* a zero variance with a covariance is no covariance matrix */
                for (j = done; j < i; j++)
                    if (fabs(S[i * k + j]) > sqrt(ZERO_VARIANCE) * scale)
                        return -1;
            return k - done;
        }
        for (i = 0; i < k; i++) { /* the matrix is kept whole, so that a symmetric swap is two plain ones */
            swap = S[i * k + done], S[i * k + done] = S[i * k + best], S[i * k + best] = swap;
        }
        for (j = 0; j < k; j++) {
            swap = S[done * k + j], S[done * k + j] = S[best * k + j], S[best * k + j] = swap;
        }
        for (i = done + 1; i < k; i++)
            for (j = done + 1; j < k; j++)
                S[i * k + j] -= S[i * k + done] * S[done * k + j] / S[done * k + done];
    }
    return 0;
}

/* What the coefficients say about the larger model's covariance matrices under the smaller model. */
static bool read_coefficients(const struct design *large, const double *coefficients, int count, struct nesting *out)
{
    double scale = 0, *S = NULL;
    int t, a, b, k, at, widest = 1, lost;

    for (at = 0; at < count; at++) {
        if (isnan(coefficients[at])) { /* the larger model is not identified: no claim beyond the bound */
            out->zero_variances = 2;
            return true;
        }
        scale = fmax(scale, fabs(coefficients[at]));
    }
    for (t = 0; t < large->random_count; t++)
        widest = large->random[t].k > widest ? large->random[t].k : widest;
    if ((S = NEW_ARRAY(double, (size_t)widest *widest)) == NULL)
        return false;
    for (t = 0, at = 0; t < large->random_count; t++) {
        k = large->random[t].k;
        for (a = 0; a < k; a++)
            for (b = 0; b <= a; b++)
                S[a * k + b] = S[b * k + a] = covary(large, t, a, t, b) ? coefficients[at++] : 0;
        if ((lost = deficiency(S, k, scale)) < 0)
            out->random = false;
        else
            out->zero_variances += lost;
    }
    mem_free(S);
    return true;
}

/* The row of the least-squares problem: the larger model's atoms, the residual's, and the smaller model's Var(y) v. */
static void probe_row(const struct probe *large, const struct probe *small, const double *covariance, bool residual,
                      const double *v, size_t i, double *row)
{
    double target = 0, noise;
    int t, a, b, at = 0, from = 0;

    for (t = 0; t < large->design->random_count; t++)
        for (a = 0; a < large->design->random[t].k; a++)
            for (b = 0; b <= a; b++)
                if (covary(large->design, t, a, t, b))
                    row[at++] = probe_at(large, t, a, b, i);
    for (t = 0; t < small->design->random_count; t++)
        for (a = 0; a < small->design->random[t].k; a++)
            for (b = 0; b <= a; b++)
                if (covary(small->design, t, a, t, b))
                    target += covariance[from++] * probe_at(small, t, a, b, i);
    if (residual) {
        noise = large->design->weights == NULL ? v[i] : v[i] / large->design->weights[i];
        row[at++] = noise;
        target += noise;
    }
    row[at] = target;
}

static bool project(const struct design *small, const struct design *large, bool residual, struct nesting *out)
{
    struct probe ps = { 0 }, pl = { 0 };
    int count = atoms_of(large), p = count + (residual ? 2 : 1), t, a, b, at = 0;
    double *v = NEW_ARRAY(double, large->n), *R = NEW_ARRAY(double, (size_t)p *p), *row = NEW_ARRAY(double, p);
    double *covariance = NEW_ARRAY(double, atoms_of(small));
    struct rng rng;
    size_t i;
    bool ok = v != NULL && R != NULL && row != NULL && covariance != NULL;

    rng_init(&rng, 1, 0);
    for (i = 0; ok && i < large->n; i++)
        v[i] = rng_normal(&rng);
    ok = ok && probe_init(&ps, small, v) && probe_init(&pl, large, v);
    for (t = 0; ok && t < small->random_count; t++)
        for (a = 0; a < small->random[t].k; a++)
            for (b = 0; b <= a; b++)
                if (covary(small, t, a, t, b))
                    covariance[at++] = generic(small->random[t].k, a, b, &rng);
    for (i = 0; ok && i < large->n; i++) {
        probe_row(&pl, &ps, covariance, residual, v, i, row);
        rowqr_add(R, p, row);
    }
    if (ok) {
        out->random = rowqr_residual(R, p) <= IN_SPAN;
        rowqr_solve(R, p, row);
        ok = !out->random || read_coefficients(large, row, count, out);
    }
    probe_clear(&ps);
    probe_clear(&pl);
    mem_free(v);
    mem_free(R);
    mem_free(row);
    mem_free(covariance);
    return ok;
}

/* --- both ------------------------------------------------------------------------------------- */

bool nesting_find(const struct design *small, const struct design *large, bool residual, struct nesting *out,
                  struct glmm_error *err)
{
    int extra;

    *out = (struct nesting){ 0 };
    if (!fixed_nested(small, large, &out->fixed))
        return fail_memory(err);
    if (design_is_structured(small) || design_is_structured(large))
        return nest_structures(small, large, out) || fail_memory(err);
    if (matches(small, large, &extra)) {
        out->random = out->matched = true;
        out->zero_variances = extra;
        return true;
    }
    return project(small, large, residual, out) || fail_memory(err);
}
