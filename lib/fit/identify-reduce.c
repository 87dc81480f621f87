/* identify-reduce.c -- takes out of a design the random effects that add nothing to the covariance of its rows.
 *
 *   1. a term (of a diagonal one: an effect) whose V_j are sums of the others' is left out, where any covariance that it may add
 *      can be had from the others: the coefficients are positive semidefinite;
 *   2. a term whose levels each show a part of its effects only, in parts that have no effect in common, becomes a term for each
 *      part: (1 + category | word) with one category a word is a variance for each category;
 *   3. what then still is open is left as it is: the optimum is a ridge, and its sums are read off.
 *
 * L follows: each parameter that is left is a sum of the stated ones. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

static const double DEPENDENT = 1e-10; /* a squared sine between directions of unit length */
static const double NOTHING = 1e-9;    /* of a coefficient in scaled parameters: the rounding of a null space */
static const double CANCELLED = 1e-12; /* of the size of the terms: a sum that is 0 but for rounding */

enum { ROUNDS = 32 };

/* Place of the entry (a, b), a >= b, of a term among its own parameters. */
int reduction_entry(const struct random_design *random, int a, int b)
{
    return covariance_entry(random->covariance, random->k, a, b);
}

double reduction_whole(double x)
{
    return fabs(x - round(x)) < TOLERANCE_WHOLE ? round(x) : x;
}

void piece_clear(struct piece *piece)
{
    for (int a = 0; piece->names != NULL && a < piece->k; a++)
        mem_free(piece->names[a]);
    mem_free(piece->names);
    mem_free(piece->W);
    mem_free(piece->z);
}

void reduction_free(struct reduction *r)
{
    if (r == NULL)
        return;
    for (int t = 0; r->pieces != NULL && t < r->design.random_count; t++)
        piece_clear(&r->pieces[t]);
    mem_free(r->pieces);
    mem_free(r->design.random);
    mem_free(r->L);
    mem_free(r->size);
    mem_free(r->flat);
    mem_free(r->in_fixed);
    for (int t = 0; r->inside != NULL && t < r->full->random_count; t++)
        mem_free(r->inside[t].C);
    mem_free(r->inside);
    mem_free(r);
}

/* The effects in the words of the stated ones: "(Intercept) + categoryb". */
bool piece_names(struct piece *piece, const struct random_design *origin)
{
    bool ok = (piece->names = NEW_ARRAY(char *, piece->k + 1)) != NULL;

    for (int a = 0; ok && a < piece->k; a++) {
        struct text name = { 0 };

        for (int c = 0; c < origin->k; c++)
            if (piece->W[a * origin->k + c] != 0.0)
                identity_add_weighted(&name, piece->W[a * origin->k + c], origin->names[c]);
        piece->names[a] = text_take(&name);
        ok = piece->names[a] != NULL;
    }
    return ok;
}

/* The full design as its own reduction. */
static struct reduction *reduction_new(const struct design *design, const struct identify_view *view)
{
    struct reduction *r = NEW(struct reduction);
    bool ok = r != NULL;

    if (!ok)
        return NULL;
    r->full = design;
    r->residual = view->residual;
    r->projected = view->reml;
    r->constant = view->constant;
    r->design = *design;
    r->full_count = r->count = parameter_count(design, view->residual);
    r->design.random = NEW_ARRAY(struct random_design, design->random_count + 1);
    r->pieces = NEW_ARRAY(struct piece, design->random_count + 1);
    r->L = NEW_ARRAY(double, r->count * r->count + 1);
    r->in_fixed = NEW_ARRAY(bool, design->random_count + 1);
    r->inside = NEW_ARRAY(struct inside, design->random_count + 1);
    ok = r->design.random != NULL && r->pieces != NULL && r->L != NULL && r->in_fixed != NULL && r->inside != NULL;
    for (int t = 0; ok && t < design->random_count; t++) {
        int k = design->random[t].k;

        r->design.random[t] = design->random[t];
        r->pieces[t] = (struct piece){ .origin = t, .k = k, .W = NEW_ARRAY(double, k *k) };
        ok = r->pieces[t].W != NULL;
        for (int a = 0; ok && a < k; a++)
            r->pieces[t].W[a * k + a] = 1.0;
    }
    for (int j = 0; ok && j < r->count; j++)
        r->L[j * r->count + j] = 1.0;
    if (!ok) {
        reduction_free(r);
        return NULL;
    }
    return r;
}

/* --- leaving a term out ----------------------------------------------------------------------------- */

static int units_list(const struct design *design, struct unit out[])
{
    int count = 0, at = 0;

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];

        for (int a = 0; !random->covariance->correlated && random->k > 1 && a < random->k; a++)
            out[count++] = (struct unit){ t, a, at + a, 1 };
        if (random->covariance->correlated || random->k == 1)
            out[count++] = (struct unit){ t, -1, at, random_parameters(random) };
        at += random_parameters(random);
    }
    return count;
}

/* The work space of solve_unit(). */
static int room_of(int width)
{
    return width * width + width + 40 * (width + 1);
}

/* X (dims x width) with N_unit X = -1, by the normal equations' eigenvectors; false where the rows of the unit are dependent.  G:
 * room_of() numbers, 0. */
static bool solve_unit(const struct span *span, const struct unit *unit, double *X, double G[])
{
    int q = unit->width, d = span->dims;
    double *values = G + q * q;
    bool ok = q <= d;

    for (int j = 0; ok && j < q; j++)
        for (int i = 0; i < q; i++)
            for (int v = 0; v < d; v++)
                G[i + j * q] += span->null[unit->first + i + v * span->count] * span->null[unit->first + j + v * span->count];
    ok = ok && symmetric_eigen(q, G, values, values + q, 40 * (q + 1)) && values[0] > DEPENDENT;
    for (int j = 0; ok && j < q; j++)
        for (int v = 0; v < d; v++) {
            double sum = 0.0; /* -(N' G^-1)_vj */

            for (int e = 0; e < q; e++) {
                double along = 0.0;

                for (int i = 0; i < q; i++)
                    along += span->null[unit->first + i + v * span->count] * G[i + e * q];
                sum -= along * G[j + e * q] / values[e];
            }
            X[v + j * d] = sum;
        }
    return ok;
}

/* Whether a set of coefficients, as matrices of the terms, is positive semidefinite. */
static bool is_covariance(const struct design *design, bool residual, const struct unit *unit, const double *c)
{
    double a[COVARIANCE_MOST * COVARIANCE_MOST], values[COVARIANCE_MOST], work[40 * COVARIANCE_MOST], largest = 0.0;
    int at = 0, count = parameter_count(design, residual);

    for (int j = 0; j < count; j++)
        largest = j >= unit->first && j < unit->first + unit->width ? largest : fmax(largest, fabs(c[j]));
    for (int t = 0; t < design->random_count; at += random_parameters(&design->random[t]), t++) {
        const struct random_design *random = &design->random[t];
        int k = random->k;

        if (k > COVARIANCE_MOST || (t == unit->term && unit->effect < 0))
            continue;
        if (!random->covariance->correlated) {
            for (int b = 0; b < k; b++)
                if (at + b != unit->first && c[at + b] < -TOLERANCE_WHOLE * largest)
                    return false;
            continue;
        }
        for (int b = 0; b < k; b++)
            for (int i = b; i < k; i++)
                a[i + b * k] = a[b + i * k] = c[at + reduction_entry(random, i, b)];
        if (!symmetric_eigen(k, a, values, work, 40 * COVARIANCE_MOST) || values[0] < -TOLERANCE_WHOLE * largest)
            return false;
    }
    return !residual || c[count - 1] >= -TOLERANCE_WHOLE * largest;
}

/* Any covariance matrix that the unit may have: those of rank one of its effects, their sums and differences. */
static bool has_cone(const struct reduction *r, const struct unit *unit, const double *rep, double *c)
{
    const struct random_design *random = &r->design.random[unit->term];
    int k = unit->effect >= 0 ? 1 : random->k, count = r->count;

    if (k == 1)
        return is_covariance(&r->design, r->residual, unit, rep);
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) { /* u = e_a, e_a + e_b (b > a), e_a - e_b (b < a) */
            double sign = b >= a ? 1.0 : -1.0;

            for (int j = 0; j < count; j++) {
                c[j] = rep[reduction_entry(random, a, a) * count + j];
                if (a != b)
                    c[j] +=
                        rep[reduction_entry(random, b, b) * count + j]
                        + 2.0 * sign * rep[(a > b ? reduction_entry(random, a, b) : reduction_entry(random, b, a)) * count + j];
            }
            if (!is_covariance(&r->design, r->residual, unit, c))
                return false;
        }
    return true;
}

/* The rows of L that stay, with what the unit's add to them. */
static bool fold_parameters(struct reduction *r, const struct unit *unit, const double *rep)
{
    int count = r->count, left = count - unit->width, at = 0;
    double *L = NEW_ARRAY(double, left * r->full_count + 1);

    if (L == NULL)
        return false;
    for (int k = 0; k < count; k++) {
        if (k >= unit->first && k < unit->first + unit->width)
            continue;
        for (int f = 0; f < r->full_count; f++) {
            L[at * r->full_count + f] = r->L[k * r->full_count + f];
            for (int j = 0; j < unit->width; j++)
                L[at * r->full_count + f] += rep[j * count + k] * r->L[(unit->first + j) * r->full_count + f];
        }
        at++;
    }
    mem_free(r->L);
    r->L = L;
    r->count = left;
    return true;
}

/* The columns of a term but one. */
static double *columns_without(const struct random_design *random, size_t n, int effect)
{
    size_t k = (size_t)random->k, at = 0;
    double *z = mem_alloc(n * (k - 1), sizeof *z);

    for (size_t i = 0; z != NULL && i < n; i++)
        for (size_t a = 0; a < k; a++)
            if ((int)a != effect)
                z[at++] = random->z[i * k + a];
    return z;
}

static bool take_out(struct reduction *r, const struct unit *unit)
{
    struct random_design *random = &r->design.random[unit->term];
    struct piece *piece = &r->pieces[unit->term];
    int k = random->k, width = r->full->random[piece->origin].k;
    double *z;

    r->changed = true;
    if (unit->effect < 0) {
        piece_clear(piece);
        for (int t = unit->term; t + 1 < r->design.random_count; t++) {
            r->pieces[t] = r->pieces[t + 1];
            r->design.random[t] = r->design.random[t + 1];
        }
        r->design.random_count--;
        return true;
    }
    if ((z = columns_without(random, r->full->n, unit->effect)) == NULL)
        return false;
    mem_free(piece->z);
    piece->z = random->z = z;
    memmove(piece->W + unit->effect * width, piece->W + (unit->effect + 1) * width,
            sizeof(double) * (size_t)((k - 1 - unit->effect) * width));
    for (int a = 0; piece->names != NULL && a < k; a++)
        mem_free(piece->names[a]);
    mem_free(piece->names);
    piece->k = random->k = k - 1;
    if (!piece_names(piece, &r->full->random[piece->origin]))
        return false;
    random->names = (const char **)(uintptr_t)piece->names;
    return true;
}

/* Tries to leave the unit out; *done where it did.  False when memory is out. */
static bool try_unit(struct reduction *r, const struct span *span, const struct unit *unit, struct aside *aside, bool *done)
{
    int count = r->count, q = unit->width;
    double *X = NEW_ARRAY(double, span->dims *q + 1 + room_of(q)), *rep = NEW_ARRAY(double, (q + 1) * count + 1), largest = 0.0;
    bool ok = X != NULL && rep != NULL;

    *done = false;
    if (ok && q <= span->dims && solve_unit(span, unit, X, X + span->dims * q)) {
        for (int j = 0; j < q; j++)
            for (int k = 0; k < count; k++) {
                double sum = 0.0;

                for (int v = 0; v < span->dims; v++)
                    sum += span->null[k + v * span->count] * X[v + j * span->dims];
                sum = fabs(sum) < NOTHING ? 0.0 : sum; /* in scaled parameters */
                rep[j * count + k] = reduction_whole(sum * span->size[k] / span->size[unit->first + j]);
                if (k < unit->first || k >= unit->first + q)
                    largest = fmax(largest, fabs(sum));
            }
        if (has_cone(r, unit, rep, rep + q * count)) {
            if (largest == 0.0)
                r->in_fixed[r->pieces[unit->term].origin] = true;
            ok = (largest > 0.0 || r->projected || aside_add(aside, &r->design, unit)) && fold_parameters(r, unit, rep)
                 && take_out(r, unit);
            *done = ok;
        }
    }
    mem_free(X);
    mem_free(rep);
    return ok;
}

/* The last of the smallest units that can be left out. */
static bool leave_out(struct reduction *r, const struct span *span, struct aside *aside, bool *done)
{
    struct unit *units = NEW_ARRAY(struct unit, r->count + 1);
    int count, most = 1;
    bool ok = units != NULL;

    *done = false;
    count = ok ? units_list(&r->design, units) : 0;
    for (int u = 0; u < count; u++)
        most = units[u].width > most ? units[u].width : most;
    for (int width = 1; ok && !*done && width <= most; width++)
        for (int u = count - 1; ok && !*done && u >= 0; u--)
            if (units[u].width == width)
                ok = try_unit(r, span, &units[u], aside, done);
    mem_free(units);
    return ok;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

/* *plain: nothing of the terms depends on each other or is within the fixed effects; else the span is found.  False when memory
 * is out. */
static bool ask(const struct design *design, const struct identify_view *view, struct span *span, bool *plain,
                struct glmm_error *err)
{
    int inside = reduction_may_be_inside(design, view);

    *plain = false;
    if (inside < 0)
        return fail_memory(err);
    if (inside == 0 && !span_is_plain(design, view, plain, err))
        return false;
    if (*plain)
        return true;
    if (!span_find(design, view, span, err))
        return false;
    *plain = span->dims == 0 && inside == 0;
    return true;
}

/* The span of what is left, beside what was set aside. */
static bool find_left(const struct reduction *r, const struct identify_view *view, const struct aside *aside, struct span *span,
                      struct glmm_error *err)
{
    struct identify_view beside = *view;

    span_clear(span);
    *span = (struct span){ 0 };
    beside.aside = aside->terms;
    beside.aside_count = aside->count;
    return span_find(&r->design, &beside, span, err);
}

bool reduction_find(const struct design *design, const struct identify_view *view, struct reduction **out, struct glmm_error *err)
{
    struct reduction *r = NULL;
    struct aside aside = { 0 };
    struct span span = { 0 };
    bool done = true, plain, ok;

    *out = NULL;
    if (design->random_count == 0)
        return true;
    if (!ask(design, view, &span, &plain, err) || plain) {
        span_clear(&span);
        return plain;
    }
    ok = (r = reduction_new(design, view)) != NULL && aside_init(&aside, r->count);
    if (ok) {
        r->size = NEW_ARRAY(double, span.count + 1);
        ok = r->size != NULL;
        for (int j = 0; ok && j < span.count; j++)
            r->size[j] = span.size[j];
    }
    ok = ok && (!view->reml || reduction_leave_inside(r, view, span.dims > 0));
    if (ok && r->changed) {
        ok = find_left(r, view, &aside, &span, err);
    } else if (ok && span.dims == 0) {
        reduction_free(r);
        r = NULL;
    }
    for (int round = 0; ok && done && span.dims > 0 && round < ROUNDS; round++) {
        ok = leave_out(r, &span, &aside, &done) && (done || reduction_split_term(r, &span, &done));
        if (!ok || !done)
            break;
        if (r->design.random_count > 0) {
            ok = find_left(r, view, &aside, &span, err);
            continue;
        }
        span_clear(&span);
        span = (struct span){ 0 };
    }
    if (ok && span.dims > 0) {
        r->flat_count = span.dims;
        r->flat = span.null;
        span.null = NULL;
        for (int v = 0; v < r->flat_count; v++) /* to the units of the reduced design's own parameters */
            for (int j = 0; j < r->count; j++)
                r->flat[j + v * r->count] *= span.size[j];
    }
    span_clear(&span);
    aside_clear(&aside);
    if (!ok) {
        reduction_free(r);
        return fail_memory(err);
    }
    *out = r;
    return true;
}

/* The lower triangle L with L L' = A A', A k x m (in place); columns of non-negative diagonal. */
static bool lower_triangle(int k, int m, double *A, double *lambda)
{
    int size = 64 * COVARIANCE_MOST, info = 0, rank = k < m ? k : m;
    double *tau = NEW_ARRAY(double, size + k + m), *work = tau == NULL ? NULL : tau + k + m;

    if (tau == NULL)
        return false;
    dgelqf_(&k, &m, A, &k, tau, work, &size, &info);
    memset(lambda, 0, sizeof *lambda * (size_t)(k * k));
    for (int b = 0; b < rank; b++)
        for (int a = b; a < k; a++)
            lambda[a + b * k] = (A[b + b * k] < 0.0 ? -1.0 : 1.0) * A[a + b * k];
    mem_free(tau);
    return info == 0;
}

/* W^+ (k x m) of the stacked rows W (m x k, row-major): W' (W W')^-1. */
static bool pseudo_inverse(int m, int k, const double *W, double *out)
{
    int size = 40 * (m + 1);
    double *G = NEW_ARRAY(double, m *m + m + size), *values = G == NULL ? NULL : G + m * m;
    bool ok = G != NULL;

    for (int j = 0; ok && j < m; j++)
        for (int i = 0; i < m; i++)
            for (int a = 0; a < k; a++)
                G[i + j * m] += W[i * k + a] * W[j * k + a];
    ok = ok && symmetric_eigen(m, G, values, values + m, size) && values[0] > 0.0;
    for (int j = 0; ok && j < m; j++)
        for (int a = 0; a < k; a++) {
            double sum = 0.0, bound = 0.0;

            for (int e = 0; e < m; e++) {
                double along = 0.0, most = 0.0;

                for (int i = 0; i < m; i++) {
                    along += W[i * k + a] * G[i + e * m];
                    most += fabs(W[i * k + a] * G[i + e * m]);
                }
                sum += along * G[j + e * m] / values[e];
                bound += most * fabs(G[j + e * m]) / values[e];
            }
            out[a + j * k] = fabs(sum) > CANCELLED * bound ? sum : 0.0; /* a variance of 0 stays 0 */
        }
    mem_free(G);
    return ok;
}

/* Where a term's pieces in the reduced theta begin. */
static int theta_place(const struct reduction *r, int piece)
{
    int at = 0;

    for (int t = 0; t < piece; t++)
        at += random_parameters(&r->design.random[t]);
    return at;
}

/* The template of a full term: lambda lambda' = W^+ diag(of the pieces) W^+'. */
static bool expand_term(const struct reduction *r, int t, const double theta[], double *lambda)
{
    int k = r->full->random[t].k, m = 0, at = 0;
    double *W = NEW_ARRAY(double, 3 * (2 * k * k + 1)), *inverse = W == NULL ? NULL : W + 2 * k * k,
           *A = inverse == NULL ? NULL : inverse + 2 * k * k;
    bool ok = W != NULL;

    memset(lambda, 0, sizeof *lambda * (size_t)(k * k));
    for (int s = 0; ok && s < r->design.random_count; s++)
        if (r->pieces[s].origin == t) {
            memcpy(W + m * k, r->pieces[s].W, sizeof *W * (size_t)(r->pieces[s].k * k));
            m += r->pieces[s].k;
        }
    if (!ok || m == 0) {
        mem_free(W);
        return ok;
    }
    ok = pseudo_inverse(m, k, W, inverse);
    for (int s = 0; ok && s < r->design.random_count; s++) {
        const struct random_design *random = &r->design.random[s];
        int first = theta_place(r, s);

        if (r->pieces[s].origin != t)
            continue;
        for (int b = 0; b < random->k; b++)
            for (int c = b; c < random->covariance->end(random->k, b); c++)
                for (int a = 0; a < k; a++)
                    A[a + (at + b) * k] += inverse[a + (at + c) * k] * theta[first + reduction_entry(random, c, b)];
        at += random->k;
    }
    if (ok && !r->full->random[t].covariance->correlated)
        for (int a = 0; a < k; a++) {
            for (int j = 0; j < m; j++)
                lambda[a + a * k] += A[a + j * k] * A[a + j * k];
            lambda[a + a * k] = sqrt(lambda[a + a * k]);
        }
    else
        ok = ok && lower_triangle(k, m, A, lambda);
    mem_free(W);
    return ok;
}

bool reduction_expand(const struct reduction *r, const double theta[], double full[])
{
    int at = 0;

    for (int t = 0; t < r->full->random_count; t++) {
        const struct random_design *random = &r->full->random[t];
        int k = random->k, piece = -1, pieces = 0;
        double *lambda;
        bool ok;

        for (int s = 0; s < r->design.random_count; s++)
            if (r->pieces[s].origin == t) {
                piece = s;
                pieces++;
            }
        if (pieces == 1 && r->design.random[piece].k == k) { /* as it was stated */
            memcpy(full + at, theta + theta_place(r, piece), sizeof *full * (size_t)random_parameters(random));
            at += random_parameters(random);
            continue;
        }
        if ((lambda = NEW_ARRAY(double, k *k)) == NULL)
            return false;
        ok = expand_term(r, t, theta, lambda);
        for (int b = 0; ok && b < k; b++)
            for (int a = b; a < random->covariance->end(k, b); a++)
                full[at++] = lambda[a + b * k];
        mem_free(lambda);
        if (!ok)
            return false;
    }
    return true;
}
