/* kenward-cluster.c -- the sums of Kenward and Roger's adjustment over clusters of rows that share levels.
 *
 * The coefficients are taken in a basis in which Phi = T T' is the identity: X~ = X T.  In a cluster of rows, with G = Z'Z, Sigma
 * the block diagonal covariance matrix of the effects and F = (sigma^2 I + G Sigma)^-1,
 *
 *   Z'V^-1 = F Z',  so   A = Z'V^-1 X~ = F Z'X~,   B = Z'V^-1 Z = F G,   Z'V^-2 X~ = F A,   Z'V^-2 Z = F B,
 *   sigma^2 V^-1 = I - V^-1 Z Sigma Z',   so   sigma^2 X~'V^-m X~ = X~'V^-(m-1) X~ - (Z'V^-m X~)' Sigma Z' ... X~
 *
 * and, for a covariance (a, b) of a term, V_i = Z E_i Z' with E_i 1 in places (a, b) and (b, a) of each level's block. */
#include <string.h>

#include "base/error.h"
#include "base/forecast.h"
#include "base/memory.h"
#include "infer/kenward-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"
#include "model/covariance.h"

/* A cluster of rows that share levels: its rows and its effects. */
struct cluster {
    const struct kenward *k;
    size_t row_count;
    const size_t *row;
    int q;                               /* effects */
    int level_count;                     /* blocks of them */
    int *term, *first;                   /* of each block: its term, and where its effects begin */
    const int *place;                    /* of each level of the model, in the order of the terms: its first effect here */
    const size_t *offset;                /* of each term: its first level there */
    double *G, *F, *B, *N, *M, *scratch; /* q x q */
    double *A, *A2, *Y, *BY, *GX;        /* q x p */
    double *C, *C2, *C3;                 /* p x p */
    double *x, *z;                       /* p; effects of one row */
    int *at;
    struct watch *watch;
};

/* A model of many small clusters has products of few terms by the million: so few are summed here, without a library's entry; and
 * so few effects are inverted here. */
enum { FEW_TERMS = 256, FEW_EFFECTS = 8 };

static void few_product(const char letters[2], int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                        int ldb, double beta, double *out, int ldc)
{
    int down = letters[0] == 'N' ? 1 : lda, across = letters[0] == 'N' ? lda : 1, along = letters[1] == 'N' ? 1 : ldb,
        aside = letters[1] == 'N' ? ldb : 1;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++) {
            double sum = 0;

            for (int h = 0; h < k; h++)
                sum += a[i * down + h * across] * b[h * along + j * aside];
            out[i + j * ldc] = alpha * sum + (beta == 0 ? 0 : beta * out[i + j * ldc]);
        }
}

/* C := alpha op(A) op(B) + beta C. */
static void product(const struct cluster *c, const char letters[2], int m, int n, int k, double alpha, const double *a, int lda,
                    const double *b, int ldb, double beta, double *out, int ldc)
{
    if ((double)m * n * k <= FEW_TERMS)
        few_product(letters, m, n, k, alpha, a, lda, b, ldb, beta, out, ldc);
    else if (m > 0 && n > 0)
        watched_product(letters, m, n, k, alpha, a, lda > 0 ? lda : 1, b, ldb > 0 ? ldb : 1, beta, out, ldc > 0 ? ldc : 1,
                        c->watch);
}

/* --- one cluster ---------------------------------------------------------------------------------- */

/* G = Z'Z, GX = Z'X~ and C = X~'X~ over the cluster's rows, each multiplied by the root of its weight. */
static void cross_products(struct cluster *c)
{
    const struct fit *fit = c->k->fit;
    const struct design *d = fit->design;
    int p = c->k->p, q = c->q;

    memset(c->G, 0, sizeof(double) * square(q));
    memset(c->GX, 0, sizeof(double) * (size_t)q * (size_t)p);
    memset(c->C, 0, sizeof(double) * square(p));
    for (size_t r = 0; r < c->row_count; r++) {
        size_t i = c->row[r];
        double root = d->weights == NULL ? 1 : sqrt(d->weights[i]);
        int used = 0;

        for (int j = 0; j < p; j++) {
            c->x[j] = 0;
            for (int m = 0; m < p; m++)
                c->x[j] += d->X[i + (size_t)m * d->n] * c->k->T[m + (size_t)j * (size_t)p];
            c->x[j] *= root;
        }
        for (int t = 0; t < d->random_count; t++)
            for (int a = 0; a < d->random[t].k; a++) {
                c->at[used] = c->place[c->offset[t] + (size_t)d->random[t].level[i]] + a;
                c->z[used++] = root * (d->random[t].z == NULL ? 1 : d->random[t].z[i * (size_t)d->random[t].k + (size_t)a]);
            }
        for (int u = 0; u < used; u++) {
            for (int v = 0; v < used; v++)
                c->G[c->at[v] + (size_t)c->at[u] * (size_t)q] += c->z[u] * c->z[v];
            for (int j = 0; j < p; j++)
                c->GX[c->at[u] + (size_t)j * (size_t)q] += c->z[u] * c->x[j];
        }
        for (int j = 0; j < p; j++)
            for (int m = 0; m < p; m++)
                c->C[m + j * p] += c->x[m] * c->x[j];
    }
}

/* out := (Sigma or sigma Lambda, of each block) X, or with `transposed` the transposed; X is q x columns. */
static void by_blocks(const struct cluster *c, bool covariance, bool transposed, const double *x, int columns, double *out)
{
    const struct fit *fit = c->k->fit;

    for (int l = 0; l < c->level_count; l++) {
        const struct random_fit *random = &fit->random[c->term[l]];
        const double *S = covariance ? random->covariance : random->lambda;
        double scale = covariance ? 1 : fit->sigma;
        int k = random->k;

        for (int j = 0; j < columns; j++)
            for (int a = 0; a < k; a++) {
                double sum = 0;

                for (int b = 0; b < k; b++)
                    sum += (transposed ? S[b + a * k] : S[a + b * k]) * x[c->first[l] + b + (size_t)j * (size_t)c->q];
                out[c->first[l] + a + (size_t)j * (size_t)c->q] = scale * sum;
            }
    }
}

static void transpose(int n, const double *a, double *out)
{
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            out[j + (size_t)i * (size_t)n] = a[i + (size_t)j * (size_t)n];
}

/* out := A G.  G is seldom full where it is large: levels that no row shows together leave zeros. */
static void times_products(const struct cluster *c, const double *A, double *out)
{
    size_t q = (size_t)c->q, filled = 0;

    for (size_t e = 0; e < q * q; e++)
        filled += c->G[e] != 0;
    if (10 * filled > q * q) {
        product(c, "NN", c->q, c->q, c->q, 1, A, c->q, c->G, c->q, 0, out, c->q);
        return;
    }
    memset(out, 0, sizeof *out * q * q);
    for (size_t j = 0; j < q && !watch_stopped(c->watch); j++) {
        for (size_t k = 0; k < q; k++) {
            double g = c->G[k + j * q];

            for (size_t i = 0; g != 0 && i < q; i++)
                out[i + j * q] += g * A[i + k * q];
        }
        if (j % 64 == 63)
            (void)watch_stops(c->watch);
    }
}

/* B := (L L')^-1 on and below the diagonal, X = L^-1. */
static void invert_few(int q, const double *L, double *X, double *B)
{
    for (int j = 0; j < q; j++)
        for (int i = j; i < q; i++) {
            double sum = i == j ? 1 : 0;

            for (int k = j; k < i; k++)
                sum -= L[i + k * q] * X[k + j * q];
            X[i + j * q] = sum / L[i + i * q];
        }
    for (int j = 0; j < q; j++)
        for (int i = j; i < q; i++) {
            double sum = 0;

            for (int k = i; k < q; k++)
                sum += X[k + i * q] * X[k + j * q];
            B[i + j * q] = sum;
        }
}

/* F = (sigma^2 I + G Sigma)^-1 = (I - G W / sigma^2) / sigma^2, W = L M^-1 L', M = I + L'G L / sigma^2, L L' = Sigma. */
static bool set_inverse(struct cluster *c)
{
    int q = c->q;
    double s2 = c->k->fit->sigma * c->k->fit->sigma;

    by_blocks(c, false, true, c->G, q, c->scratch);
    transpose(q, c->scratch, c->N);           /* G L */
    by_blocks(c, false, true, c->N, q, c->M); /* L'G L */
    for (size_t i = 0; i < square(q); i++)
        c->M[i] /= s2;
    for (int i = 0; i < q; i++)
        c->M[i + (size_t)i * (size_t)q] += 1;
    if (q > 0 && chol_factor_watched(q, c->M, q, c->watch) != 0)
        return false;
    if (q <= FEW_EFFECTS)
        invert_few(q, c->M, c->scratch, c->B);
    else
        chol_invert_watched(q, c->M, c->scratch, c->B, q, c->watch);
    for (int j = 0; j < q; j++)
        for (int i = 0; i < j; i++)
            c->B[i + (size_t)j * (size_t)q] = c->B[j + (size_t)i * (size_t)q];
    by_blocks(c, false, false, c->B, q, c->M); /* L M^-1 */
    transpose(q, c->M, c->scratch);
    by_blocks(c, false, false, c->scratch, q, c->M); /* W */
    times_products(c, c->M, c->scratch);
    transpose(q, c->scratch, c->F);
    for (size_t i = 0; i < square(q); i++)
        c->F[i] *= -1 / (s2 * s2);
    for (int i = 0; i < q; i++)
        c->F[i + (size_t)i * (size_t)q] += 1 / s2;
    return !watch_stopped(c->watch);
}

/* out -= A' Sigma X, then / sigma^2. */
static void peel(struct cluster *c, const double *from, const double *left, const double *right, double *out)
{
    int p = c->k->p;
    double s2 = c->k->fit->sigma * c->k->fit->sigma;

    by_blocks(c, true, false, right, p, c->Y);
    memmove(out, from, sizeof(double) * square(p));
    product(c, "TN", p, p, c->q, -1 / s2, left, c->q, c->Y, c->q, 1 / s2, out, p);
}

/* Y := E_i A of a covariance (a, b) of a term. */
static void select_rows(const struct cluster *c, struct parameter i, const double *A, double *Y)
{
    int p = c->k->p, q = c->q;

    memset(Y, 0, sizeof(double) * (size_t)q * (size_t)p);
    for (int l = 0; l < c->level_count; l++)
        for (int j = 0; c->term[l] == i.term && j < p; j++) {
            size_t column = (size_t)j * (size_t)q + (size_t)c->first[l];

            Y[column + (size_t)i.a] = A[column + (size_t)i.b];
            Y[column + (size_t)i.b] = A[column + (size_t)i.a];
        }
}

/* tr(E_i B_lm E_j B_ml) for one pair of blocks. */
static double block_trace(const struct cluster *c, struct parameter i, struct parameter j, int l, int m)
{
    const double *B = c->B + c->first[l] + (size_t)c->first[m] * (size_t)c->q;
    size_t q = (size_t)c->q, jc = q * (size_t)j.a, jd = q * (size_t)j.b;
    double same = B[(size_t)i.b + jc] * B[(size_t)i.a + jd], crossed = B[(size_t)i.a + jc] * B[(size_t)i.b + jd];

    if (i.a == i.b && j.a == j.b)
        return same;
    return i.a == i.b || j.a == j.b ? 2 * same : 2 * (same + crossed);
}

static double pair_trace(const struct cluster *c, struct parameter i, struct parameter j)
{
    double sum = 0;

    for (int m = 0; m < c->level_count; m++)
        for (int l = 0; c->term[m] == j.term && l < c->level_count; l++)
            if (c->term[l] == i.term)
                sum += block_trace(c, i, j, l, m);
    return sum;
}

/* tr(E_i Z'V^-2 Z), Z'V^-2 Z = F B. */
static double residual_trace(const struct cluster *c, struct parameter i)
{
    size_t q = (size_t)c->q;
    double sum = 0;

    for (int l = 0; l < c->level_count; l++)
        for (size_t m = 0; c->term[l] == i.term && m < q; m++)
            sum += (i.a == i.b ? 1 : 2) * c->F[(size_t)(c->first[l] + i.a) + m * q] * c->B[m + (size_t)(c->first[l] + i.b) * q];
    return sum;
}

/* tr V^-2 of the cluster: sigma^2 tr V^-m = tr V^-(m-1) - tr Sigma Z'V^-m Z. */
static double own_trace(const struct cluster *c)
{
    const struct fit *fit = c->k->fit;
    double s2 = fit->sigma * fit->sigma, first = 0, second = 0;

    for (int l = 0; l < c->level_count; l++) {
        const struct random_fit *random = &fit->random[c->term[l]];

        for (int b = 0; b < random->k; b++)
            for (int a = 0; a < random->k; a++) {
                double two = 0;
                size_t row = (size_t)(c->first[l] + a), column = (size_t)(c->first[l] + b) * (size_t)c->q;

                for (int m = 0; m < c->q; m++)
                    two += c->F[row + (size_t)m * (size_t)c->q] * c->B[(size_t)m + column];
                first += random->covariance[b + a * random->k] * c->B[row + column];
                second += random->covariance[b + a * random->k] * two;
            }
    }
    return (((double)c->row_count - first) / s2 - second) / s2;
}

/* Adds what the cluster has of a pair i <= j of parameters, BY = B E_j A or, for the residual, A2. */
static void add_pair(struct cluster *c, struct sums *sums, int i, int j)
{
    const struct kenward *k = c->k;
    int p = k->p, n = k->count, last = n - 1;
    struct parameter pi = k->parameter[i], pj = k->parameter[j];
    double *Q = sums->Q + pair(i, j) * square(p);

    if (i == last) {
        for (size_t e = 0; e < square(p); e++)
            Q[e] += c->C3[e];
        sums->traces[i + j * n] += own_trace(c);
        return;
    }
    select_rows(c, pi, c->A, c->Y);
    product(c, "TN", p, p, c->q, 1, c->Y, c->q, j == last ? c->A2 : c->BY, c->q, 1, Q, p);
    if (i != j)
        product(c, "TN", p, p, c->q, 1, j == last ? c->A2 : c->BY, c->q, c->Y, c->q, 1, Q, p);
    sums->traces[i + j * n] += j == last ? residual_trace(c, pi) : pair_trace(c, pi, pj);
}

/* Adds the cluster to P, Q and the traces. */
static bool add_cluster(struct cluster *c, struct kenward *k, struct sums *sums)
{
    int p = k->p, q = c->q, last = k->count - 1;

    cross_products(c);
    if (!set_inverse(c))
        return false;
    product(c, "NN", q, p, q, 1, c->F, q, c->GX, q, 0, c->A, q);
    product(c, "NN", q, p, q, 1, c->F, q, c->A, q, 0, c->A2, q);
    times_products(c, c->F, c->B);
    peel(c, c->C, c->GX, c->A, c->C);
    peel(c, c->C, c->A, c->A, c->C2);
    peel(c, c->C2, c->A2, c->A, c->C3);
    for (int j = 0; j <= last; j++) {
        double *P = k->P + (size_t)j * square(p);

        if (j == last) {
            for (size_t e = 0; e < square(p); e++)
                P[e] -= c->C2[e];
        } else {
            select_rows(c, k->parameter[j], c->A, c->Y);
            product(c, "TN", p, p, q, -1, c->A, q, c->Y, q, 1, P, p);
            product(c, "NN", q, p, q, 1, c->B, q, c->Y, q, 0, c->BY, q);
        }
        for (int i = 0; i <= j; i++)
            add_pair(c, sums, i, j);
    }
    return !watch_stopped(c->watch);
}

/* --- the clusters --------------------------------------------------------------------------------- */

/* Levels of all terms, as sets that rows join; then each cluster's rows one after the other. */
struct clusters {
    size_t levels, *offset; /* offset: of each term */
    size_t *parent;         /* levels */
    size_t *row;            /* n: rows by cluster */
    size_t *start;          /* count + 1 */
    size_t count;
    int *place;               /* levels: the first effect within the cluster */
    size_t *home;             /* levels: the cluster */
    int largest, most_levels; /* effects and levels of a cluster */
};

static size_t root_of(struct clusters *s, size_t i)
{
    while (s->parent[i] != i)
        i = s->parent[i] = s->parent[s->parent[i]];
    return i;
}

static void clusters_clear(struct clusters *s)
{
    mem_free(s->offset);
    mem_free(s->parent);
    mem_free(s->row);
    mem_free(s->start);
    mem_free(s->place);
    mem_free(s->home);
}

static bool clusters_init(struct clusters *s, const struct design *d)
{
    size_t terms = (size_t)d->random_count;

    *s = (struct clusters){ .offset = NEW_ARRAY(size_t, terms + 1) };
    if (s->offset == NULL)
        return false;
    for (size_t t = 0; t < terms; t++) {
        s->offset[t] = s->levels;
        s->levels += (size_t)d->random[t].level_count;
    }
    s->parent = NEW_ARRAY(size_t, s->levels + 1);
    s->row = NEW_ARRAY(size_t, d->n + 1);
    s->start = NEW_ARRAY(size_t, d->n + 2);
    s->place = NEW_ARRAY(int, s->levels + 1);
    s->home = NEW_ARRAY(size_t, s->levels + d->n + 1);
    return s->parent != NULL && s->row != NULL && s->start != NULL && s->place != NULL && s->home != NULL;
}

/* Numbers the clusters in the order of their first rows; `home` of row i stands behind those of the levels. */
static void find_clusters(struct clusters *s, const struct design *d)
{
    size_t *of_row = s->home + s->levels, *number = s->start;

    for (size_t l = 0; l < s->levels; l++) {
        s->parent[l] = l;
        s->home[l] = (size_t)-1;
    }
    for (size_t i = 0; i < d->n; i++)
        for (int t = 1; t < d->random_count; t++) {
            size_t a = root_of(s, s->offset[0] + (size_t)d->random[0].level[i]),
                   b = root_of(s, s->offset[t] + (size_t)d->random[t].level[i]);

            s->parent[a > b ? a : b] = a > b ? b : a;
        }
    for (size_t i = 0; i < d->n; i++) {
        size_t root = d->random_count == 0 ? 0 : root_of(s, s->offset[0] + (size_t)d->random[0].level[i]);

        if (d->random_count > 0 && s->home[root] == (size_t)-1)
            s->home[root] = s->count++;
        of_row[i] = d->random_count == 0 ? s->count++ : s->home[root];
    }
    for (size_t l = 0; l < s->levels; l++)
        s->home[l] = s->home[root_of(s, l)];
    for (size_t i = 0; i < d->n; i++)
        number[of_row[i] + 1]++;
    for (size_t c = 0; c < s->count; c++)
        number[c + 1] += number[c];
    for (size_t i = 0; i < d->n; i++)
        s->row[number[of_row[i]]++] = i;
    for (size_t c = s->count; c > 0; c--)
        number[c] = number[c - 1];
    number[0] = 0;
}

/* Where each level's effects stand within its cluster; size[c] and levels[c] count them. */
static bool place_levels(struct clusters *s, const struct design *d)
{
    int *size = NEW_ARRAY(int, 2 * s->count + 1), *levels = size + s->count;

    if (size == NULL)
        return false;
    for (int t = 0; t < d->random_count; t++)
        for (size_t l = s->offset[t]; l < s->offset[t] + (size_t)d->random[t].level_count; l++) {
            size_t c = s->home[l];

            if (c == (size_t)-1) /* a level without rows */
                continue;
            s->place[l] = size[c];
            size[c] += d->random[t].k;
            s->largest = size[c] > s->largest ? size[c] : s->largest;
            levels[c]++;
            s->most_levels = levels[c] > s->most_levels ? levels[c] : s->most_levels;
        }
    mem_free(size);
    return true;
}

/* The levels of cluster number `home`, by its rows. */
static void set_levels(struct cluster *c, const struct clusters *s, size_t *seen)
{
    const struct design *d = c->k->fit->design;

    c->q = c->level_count = 0;
    for (int t = 0; t < d->random_count; t++)
        for (size_t r = 0; r < c->row_count; r++) {
            size_t level = s->offset[t] + (size_t)d->random[t].level[c->row[r]];

            if (seen[level] != 0)
                continue;
            seen[level] = 1;
            c->term[c->level_count] = t;
            c->first[c->level_count++] = s->place[level];
            c->q += d->random[t].k;
        }
}

static bool cluster_init(struct cluster *c, const struct kenward *k, const struct clusters *s, struct watch *watch)
{
    size_t q = (size_t)s->largest, p = (size_t)k->p, effects = 0;
    double *all;

    for (int t = 0; t < k->fit->design->random_count; t++)
        effects += (size_t)k->fit->design->random[t].k;
    *c = (struct cluster){ .k = k, .place = s->place, .offset = s->offset, .watch = watch };
    c->term = NEW_ARRAY(int, 2 * s->most_levels + 1);
    c->at = NEW_ARRAY(int, effects + 1);
    all = c->G = mem_alloc(6 * q * q + 5 * q * p + 3 * p * p + p + effects + 1, sizeof(double));
    if (c->term == NULL || c->at == NULL || all == NULL)
        return false;
    c->first = c->term + s->most_levels;
    c->F = c->G + q * q;
    c->B = c->F + q * q;
    c->N = c->B + q * q;
    c->M = c->N + q * q;
    c->scratch = c->M + q * q;
    c->A = c->scratch + q * q;
    c->A2 = c->A + q * p;
    c->Y = c->A2 + q * p;
    c->BY = c->Y + q * p;
    c->GX = c->BY + q * p;
    c->C = c->GX + q * p;
    c->C2 = c->C + p * p;
    c->C3 = c->C2 + p * p;
    c->x = c->C3 + p * p;
    c->z = c->x + p;
    return true;
}

static void cluster_clear(struct cluster *c)
{
    mem_free(c->term);
    mem_free(c->at);
    mem_free(c->G);
}

/* --- all ------------------------------------------------------------------------------------------ */

static bool add_clusters(struct kenward *k, struct sums *sums, struct clusters *s, struct watch *watch, struct glmm_error *err)
{
    struct cluster c;
    double effects = s->largest, bytes = sizeof(double) * (6 * effects * effects + 5 * effects * k->p);
    size_t *seen;
    bool ok;

    if (!forecast(bytes, "ddf=satterthwaite needs no such matrices", watch->progress, err))
        return false;
    seen = NEW_ARRAY(size_t, s->levels + 1);
    ok = cluster_init(&c, k, s, watch) && seen != NULL;
    if (!ok)
        fail_memory(err);
    for (size_t i = 0; ok && i < s->count; i++) {
        c.row = s->row + s->start[i];
        c.row_count = s->start[i + 1] - s->start[i];
        set_levels(&c, s, seen);
        ok = add_cluster(&c, k, sums);
        if (!ok)
            fail(err, watch_stopped(watch) ? GLMM_E_INTERRUPT : GLMM_E_MODEL, NOWHERE,
                 watch_stopped(watch) ? "interrupted" : "the covariance matrix of the rows is not positive definite");
    }
    cluster_clear(&c);
    mem_free(seen);
    return ok;
}
bool kenward_sum(struct kenward *k, struct sums *sums, struct watch *watch, struct glmm_error *err)
{
    struct clusters s = { .count = 0 };
    const struct design *design = k->fit->design;
    bool ok = clusters_init(&s, design) || fail_memory(err);

    if (ok) {
        find_clusters(&s, design);
        ok = (place_levels(&s, design) || fail_memory(err)) && add_clusters(k, sums, &s, watch, err);
    }
    clusters_clear(&s);
    return ok;
}
