/* lmm-curvature.c -- the exact second derivatives of the deviance of a linear mixed model, for models with few enough effects
 * that Z'PZ may stand in memory.
 *
 * With V = I + Z Lambda Lambda'Z', and P = V^-1 (ML) or V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1 (REML), an entry i = (a, b) of a
 * term's template has dV/dx_i = Z C_i Z', C_i = e_a l_b' + l_b e_a' in each level, l_b column b of the template.  Of the two
 * parts
 *
 *     d2 log|V|    = tr P V_ij - tr P V_i P V_j
 *     d2 y'Py      = 2 y'P V_i P V_j P y - y'P V_ij P y        (here P is always that of REML)
 *
 * everything is in S = Z'PZ and s = Z'Py: with the blocks S of two levels, and H = L'S, K = S L, Q = L'S L of them,
 *
 *     tr P V_i P V_j = 2 sum over pairs of levels of (Q_bd S_ac + H_bc K_ad),    tr P V_ij = 2 [b = d] sum over levels of S_ac
 *
 * S comes from two eliminations, N := N - B'B with B = (chol(L'N L + I))^-1 L'N: of the term with most levels, which is block
 * diagonal, and of all others together.  (The average information of Gilmour, Thompson & Cullis 1995, Biometrics 51, is half of
 * the first term of d2 y'Py.) */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/lmm-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

enum { TILE = 128, PARTS = 16, MOST_COLUMNS = 3000, ALWAYS = 200 };

struct lmm_curvature {
    int p, term_count, theta_count, big; /* the term that is eliminated first */
    int first, rest, q, order;           /* scalar effects: of that term, of the others, of all; and with X */
    int *at;                             /* where a term starts, the big one first */
    int most;                            /* k^2 k'^2 and k of the largest terms */
    double *G, *N;                       /* order x order: [Z X]'[Z X], and what the eliminations leave of it */
    double *B, *L;                       /* first x (rest + p) or rest x order; rest x rest */
    double *own;                         /* first x k: B of the big term's own columns, k x k a level, one behind the other */
    double *U, *s, *W, *SW;              /* p x q; q; q x theta_count twice */
    double *row;                         /* 4 matrices k k' x levels: S, H, K, Q of a level with all of another term */
    double *sums;                        /* PARTS times two matrices k k' x k k' */
    double *R, *small;                   /* p x p; k x k and more */
    size_t row_size, sum_size;
};

static int scalar_effects(const struct lmm *m, int t)
{
    return m->terms[t].levels * m->terms[t].k;
}

/* An evaluation costs about the factor and the inverse of the tail; this, products of S's size.  By differences, two or four
 * evaluations are needed for each parameter. */
bool lmm_curvature_pays(const struct lmm *m)
{
    double most = 0.0, all = m->p, tail, here, there, pairs = 0.0;

    for (int t = 0; t < m->term_count; t++) {
        most = fmax(most, scalar_effects(m, t));
        all += scalar_effects(m, t);
        pairs = fmax(pairs, m->terms[t].k);
    }
    if (m->theta_count == 0 || all > MOST_COLUMNS)
        return false;
    tail = all - most;
    there = 2.0 * m->theta_count * (tail * tail * tail + tail * tail * most);
    here = tail * all * all + tail * tail * tail + 2.0 * all * all * (pairs * pairs + m->theta_count);
    return all <= ALWAYS || here < there;
}

void lmm_curvature_free(struct lmm_curvature *c)
{
    if (c == NULL)
        return;
    mem_free(c->at);
    mem_free(c->G);
    mem_free(c);
}

/* G, lower triangle. */
static void set_products(struct lmm_curvature *c, const struct lmm *m)
{
    size_t ld = (size_t)c->order;

    for (size_t i = 0; i < m->n; i++) {
        for (int t = 0; t < m->term_count; t++) {
            const struct lmm_term *term = &m->terms[t];
            int column = c->at[t] + m->design->random[t].level[i] * term->k;

            for (int a = 0; a < term->k; a++) {
                double *G = c->G + (size_t)(column + a) * ld, z = lmm_z(term, i, a);

                for (int r = 0; r < m->term_count; r++) {
                    const struct lmm_term *other = &m->terms[r];
                    int row = c->at[r] + m->design->random[r].level[i] * other->k;

                    for (int b = 0; b < other->k && row + other->k > column + a; b++)
                        G[row + b] += z * lmm_z(other, i, b);
                }
                for (int x = 0; x < c->p; x++)
                    G[c->q + x] += z * m->E[i + (size_t)x * m->n];
            }
        }
        for (int x = 0; x < c->p; x++)
            for (int y = x; y < c->p; y++)
                c->G[(size_t)(c->q + x) * ld + (size_t)(c->q + y)] += m->E[i + (size_t)x * m->n] * m->E[i + (size_t)y * m->n];
    }
}

static void lay_out(struct lmm_curvature *c, const struct lmm *m)
{
    int next;

    for (int t = 0; t < m->term_count; t++)
        if (scalar_effects(m, t) > scalar_effects(m, c->big))
            c->big = t;
    c->first = next = scalar_effects(m, c->big);
    c->at[c->big] = 0;
    for (int t = 0; t < m->term_count; t++)
        if (t != c->big) {
            c->at[t] = next;
            next += scalar_effects(m, t);
        }
    c->q = next;
    c->rest = c->q - c->first;
    c->order = c->q + c->p;
}

struct lmm_curvature *lmm_curvature_new(const struct lmm *m)
{
    struct lmm_curvature *c = NEW(struct lmm_curvature);
    size_t order, most_k = 1, most_levels = 1, k = 1, kk, B, p = (size_t)m->p, q, theta = (size_t)m->theta_count;

    if (c == NULL || (c->at = NEW_ARRAY(int, m->term_count + 1)) == NULL) {
        lmm_curvature_free(c);
        return NULL;
    }
    c->p = m->p;
    c->term_count = m->term_count;
    c->theta_count = m->theta_count;
    lay_out(c, m);
    for (int t = 0; t < m->term_count; t++) {
        most_k = (size_t)m->terms[t].k > most_k ? (size_t)m->terms[t].k : most_k;
        most_levels = (size_t)m->terms[t].levels > most_levels ? (size_t)m->terms[t].levels : most_levels;
    }
    k = (size_t)m->terms[c->big].k;
    order = (size_t)c->order;
    q = (size_t)c->q;
    kk = most_k * most_k;
    B = (size_t)c->first * (order - (size_t)c->first) > (size_t)c->rest * order ? (size_t)c->first * (order - (size_t)c->first)
                                                                                : (size_t)c->rest * order;
    c->row_size = 4 * kk * most_levels;
    c->sum_size = 2 * kk * kk;
    c->G = NEW_ARRAY(double, 2 * order * order + B + (size_t)c->rest * (size_t)c->rest + (size_t)c->first * k + p * q + q
                                 + 2 * q * theta + PARTS * (c->row_size + c->sum_size) + p * p + (3 + p * p) * kk + p + 1);
    if (c->G == NULL) {
        lmm_curvature_free(c);
        return NULL;
    }
    c->N = c->G + order * order;
    c->B = c->N + order * order;
    c->L = c->B + B;
    c->own = c->L + (size_t)c->rest * (size_t)c->rest;
    c->U = c->own + (size_t)c->first * k;
    c->s = c->U + p * q;
    c->W = c->s + q;
    c->SW = c->W + q * theta;
    c->row = c->SW + q * theta;
    c->sums = c->row + PARTS * c->row_size;
    c->R = c->sums + PARTS * c->sum_size;
    c->small = c->R + p * p;
    set_products(c, m);
    return c;
}

/* --- the two eliminations ------------------------------------------------------------------------ */

/* out (k x columns, column-major with stride ld) := Lambda' out. */
static void scale_left(int k, const double *lambda, int columns, double *out, size_t ld)
{
    for (int j = 0; j < columns; j++, out += ld)
        for (int b = 0; b < k; b++) {
            double sum = 0.0;

            for (int a = b; a < k; a++)
                sum += lambda[a + b * k] * out[a];
            out[b] = sum;
        }
}

/* out (k x columns) := D^-1 out, D lower triangular. */
static void solve_left(int k, const double *D, int columns, double *out, size_t ld)
{
    for (int j = 0; j < columns; j++, out += ld)
        for (int a = 0; a < k; a++) {
            for (int b = 0; b < a; b++)
                out[a] -= D[a + b * k] * out[b];
            out[a] /= D[a + a * k];
        }
}

/* Lower triangle of columns from, ... of N (order x order) -= B'B for the columns of B (inner x (order - from)), by tiles. */
static void subtract_square(double *N, int order, int from, const double *B, int inner)
{
    const double minus = -1.0, one = 1.0;
    int columns = order - from, tiles = (columns + TILE - 1) / TILE;

    if (inner == 0)
        return;
#pragma omp parallel for schedule(dynamic) if (tiles > 2)
    for (int j = 0; j < tiles; j++) {
        int first = j * TILE, width = columns - first < TILE ? columns - first : TILE, height = columns - first;

        dgemm_("T", "N", &height, &width, &inner, &minus, B + (size_t)first * (size_t)inner, &inner,
               B + (size_t)first * (size_t)inner, &inner, &one,
               N + (size_t)(from + first) * (size_t)order + (size_t)(from + first), &order);
    }
}

/* N_ij whichever triangle it is in. */
static double entry(const struct lmm_curvature *c, int i, int j)
{
    return i >= j ? c->N[(size_t)i + (size_t)j * (size_t)c->order] : c->N[(size_t)j + (size_t)i * (size_t)c->order];
}

/* The term with most levels.  B (first x the other columns); of its own columns each level has a block. */
static bool eliminate_big(struct lmm_curvature *c, const struct lmm *m)
{
    const struct lmm_term *term = &m->terms[c->big];
    int k = term->k, others = c->order - c->first;
    size_t ld = (size_t)c->order, height = (size_t)c->first;
    double *D = c->small;

    for (int32_t l = 0; l < term->levels; l++) {
        int at = l * k;
        double *own = c->own + (size_t)at * (size_t)k, *B = c->B + at;

        for (int b = 0; b < k; b++)
            for (int a = 0; a < k; a++)
                own[a + b * k] = entry(c, at + a, at + b);
        for (int j = 0; j < others; j++)
            for (int a = 0; a < k; a++)
                B[(size_t)a + (size_t)j * height] = c->N[(size_t)(c->first + j) + (size_t)(at + a) * ld];
        scale_left(k, term->lambda, k, own, (size_t)k);
        for (int b = 0; b < k; b++) /* D = (Lambda' G) Lambda + I */
            for (int a = 0; a < k; a++) {
                D[a + b * k] = a == b ? 1.0 : 0.0;
                for (int e = b; e < k; e++)
                    D[a + b * k] += own[a + e * k] * term->lambda[e + b * k];
            }
        if (small_chol(k, D) != 0)
            return false;
        solve_left(k, D, k, own, (size_t)k);
        scale_left(k, term->lambda, others, B, height);
        solve_left(k, D, others, B, height);
        for (int b = 0; b < k; b++)
            for (int e = 0; e < k; e++) {
                double *column = c->N + (size_t)(at + b) * ld, factor = own[e + b * k];

                for (int a = b; a < k; a++)
                    column[at + a] -= own[e + a * k] * factor;
                for (int j = 0; j < others; j++)
                    column[c->first + j] -= B[(size_t)e + (size_t)j * height] * factor;
            }
    }
    subtract_square(c->N, c->order, c->first, c->B, c->first);
    return true;
}

/* L = Lambda' N Lambda + I of the other terms, its Cholesky factor. */
static bool factor_rest(struct lmm_curvature *c, const struct lmm *m)
{
    int rest = c->rest;

    for (int t = 0; t < m->term_count; t++) { /* B has Lambda' N: times Lambda, column by column */
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;

        for (int32_t l = 0; l < term->levels && t != c->big; l++)
            for (int b = 0; b < k; b++) {
                int column = c->at[t] - c->first + l * k + b;
                double *out = c->L + (size_t)column * (size_t)rest;

                for (int i = column; i < rest; i++) {
                    double sum = 0.0;

                    for (int a = b; a < k; a++)
                        sum += c->B[(size_t)i + (size_t)(c->first + column - b + a) * (size_t)rest] * term->lambda[a + b * k];
                    out[i] = sum;
                }
                out[column] += 1.0;
            }
    }
    return chol_factor(rest, c->L, rest) == 0;
}

static bool eliminate_rest(struct lmm_curvature *c, const struct lmm *m)
{
    int rest = c->rest, tiles = (c->order + TILE - 1) / TILE;
    const double one = 1.0;

    if (rest == 0)
        return true;
    for (int j = 0; j < c->order; j++) {
        double *out = c->B + (size_t)j * (size_t)rest;

        for (int i = 0; i < rest; i++)
            out[i] = entry(c, c->first + i, j);
        for (int t = 0; t < m->term_count; t++)
            for (int32_t l = 0; l < m->terms[t].levels && t != c->big; l++)
                scale_left(m->terms[t].k, m->terms[t].lambda, 1, out + (c->at[t] - c->first) + l * m->terms[t].k, 0);
    }
    if (!factor_rest(c, m))
        return false;
#pragma omp parallel for schedule(dynamic) if (tiles > 2)
    for (int j = 0; j < tiles; j++) {
        int first = j * TILE, width = c->order - first < TILE ? c->order - first : TILE;

        dtrsm_("L", "L", "N", "N", &rest, &width, &one, c->L, &rest, c->B + (size_t)first * (size_t)rest, &rest);
    }
    subtract_square(c->N, c->order, 0, c->B, rest);
    return true;
}

/* U = R^-1 X'V^-1 Z with R R' = X'V^-1 X. */
static bool project(struct lmm_curvature *c)
{
    int p = c->p, q = c->q;
    size_t ld = (size_t)c->order;
    const double one = 1.0;

    for (int j = 0; j < p; j++)
        for (int i = 0; i < p; i++)
            c->R[i + j * p] = entry(c, q + i, q + j);
    if (p > 0 && chol_factor(p, c->R, p) != 0)
        return false;
    for (int j = 0; j < q; j++)
        for (int i = 0; i < p; i++)
            c->U[i + j * p] = c->N[(size_t)(q + i) + (size_t)j * ld];
    if (p > 0)
        dtrsm_("L", "L", "N", "N", &p, &q, &one, c->R, &p, c->U, &p);
    return true;
}

/* The leading q x q of N -= U'U, and its upper triangle from the lower. */
static void take_fixed(struct lmm_curvature *c)
{
    int p = c->p, q = c->q, tiles = (q + TILE - 1) / TILE;
    const double minus = -1.0, one = 1.0;

#pragma omp parallel for schedule(dynamic) if (tiles > 2)
    for (int j = 0; j < tiles; j++) {
        int first = j * TILE, width = q - first < TILE ? q - first : TILE, height = q - first;

        if (p > 0)
            dgemm_("T", "N", &height, &width, &p, &minus, c->U + (size_t)first * (size_t)p, &p, c->U + (size_t)first * (size_t)p,
                   &p, &one, c->N + (size_t)first * (size_t)c->order + (size_t)first, &c->order);
    }
}

static void mirror(struct lmm_curvature *c)
{
    size_t ld = (size_t)c->order;

    for (int j = 0; j < c->q; j++)
        for (int i = j + 1; i < c->q; i++)
            c->N[(size_t)j + (size_t)i * ld] = c->N[(size_t)i + (size_t)j * ld];
}

/* --- the second derivatives ---------------------------------------------------------------------- */

/* The blocks S, H, K, Q of level l of term t with all levels of term r, each a column of k k' entries (a + c k). */
static void set_row(const struct lmm_curvature *c, const struct lmm *m, int t, int32_t l, int r, double *row)
{
    const struct lmm_term *one = &m->terms[t], *two = &m->terms[r];
    int k = one->k, kr = two->k, kk = k * kr, levels = two->levels;
    double *S = row, *H = S + (size_t)kk * (size_t)levels, *K = H + (size_t)kk * (size_t)levels,
           *Q = K + (size_t)kk * (size_t)levels;

    for (int32_t j = 0; j < levels; j++, S += kk, H += kk, K += kk, Q += kk) {
        for (int e = 0; e < kr; e++)
            for (int a = 0; a < k; a++)
                S[a + e * k] = c->N[(size_t)(c->at[t] + l * k + a) + (size_t)(c->at[r] + j * kr + e) * (size_t)c->order];
        memcpy(H, S, sizeof(double) * (size_t)kk);
        scale_left(k, one->lambda, kr, H, (size_t)k);
        for (int d = 0; d < kr; d++)
            for (int a = 0; a < k; a++) {
                double sum = 0.0;

                for (int e = d; e < kr; e++)
                    sum += S[a + e * k] * two->lambda[e + d * kr];
                K[a + d * k] = sum;
            }
        memcpy(Q, K, sizeof(double) * (size_t)kk);
        scale_left(k, one->lambda, kr, Q, (size_t)k);
    }
}

/* The sums over pairs of levels of Q x S and of H x K, in the first of the parts. */
static void sum_pairs(struct lmm_curvature *c, const struct lmm *m, int t, int r)
{
    int kk = m->terms[t].k * m->terms[r].k, levels = m->terms[r].levels;
    size_t matrix = (size_t)kk * (size_t)kk, wide = (size_t)kk * (size_t)levels;

    memset(c->sums, 0, sizeof(double) * PARTS * c->sum_size);
#pragma omp parallel for schedule(dynamic) if (c->q > 2 * TILE)
    for (int part = 0; part < PARTS; part++) { /* as many as these whatever the number of threads: the sums are the same */
        double *row = c->row + (size_t)part * c->row_size, *sums = c->sums + (size_t)part * c->sum_size;
        const double one = 1.0;

        for (int32_t l = part; l < m->terms[t].levels; l += PARTS) {
            set_row(c, m, t, l, r, row);
            dgemm_("N", "T", &kk, &kk, &levels, &one, row + 3 * wide, &kk, row, &kk, &one, sums, &kk);
            dgemm_("N", "T", &kk, &kk, &levels, &one, row + wide, &kk, row + 2 * wide, &kk, &one, sums + matrix, &kk);
        }
    }
    for (int part = 1; part < PARTS; part++)
        for (size_t i = 0; i < 2 * matrix; i++)
            c->sums[i] += c->sums[(size_t)part * c->sum_size + i];
}

/* out_ij for the entries i of term t and j of term r. */
static void set_logdet(struct lmm_curvature *c, const struct lmm *m, int t, int r, double out[])
{
    const struct lmm_term *one = &m->terms[t], *two = &m->terms[r];
    int k = one->k, kk = k * two->k, n = c->theta_count;
    const double *QS, *HK;

    sum_pairs(c, m, t, r);
    QS = c->sums;
    HK = QS + (size_t)kk * (size_t)kk;
    FOR_FREE_ENTRIES (one, a, b, i)
        FOR_FREE_ENTRIES (two, e, d, j) {
            double sum = -2.0 * (QS[(b + d * k) + (a + e * k) * kk] + HK[(b + e * k) + (a + d * k) * kk]);

            for (int32_t l = 0; l < one->levels && t == r && b == d; l++)
                sum += 2.0 * c->N[(size_t)(c->at[t] + l * k + a) + (size_t)(c->at[t] + l * k + e) * (size_t)c->order];
            out[i + j * n] = out[j + i * n] = sum;
        }
}

/* W: C_i s of each parameter; s level by level in the order of this file. */
static void set_working(struct lmm_curvature *c, const struct lmm *m)
{
    memset(c->W, 0, sizeof(double) * (size_t)c->q * (size_t)c->theta_count);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;
        const double *from = m->remainder + blocks_offset(m->blocks, t);

        memcpy(c->s + c->at[t], from, sizeof(double) * (size_t)scalar_effects(m, t));
        FOR_FREE_ENTRIES (term, a, b, i)
            for (int32_t l = 0; l < term->levels; l++) {
                const double *s = c->s + c->at[t] + l * k;
                double *w = c->W + (size_t)i * (size_t)c->q + (size_t)(c->at[t] + l * k), along = 0.0;

                for (int e = b; e < k; e++)
                    along += term->lambda[e + b * k] * s[e];
                w[a] += along;
                for (int e = b; e < k; e++)
                    w[e] += term->lambda[e + b * k] * s[a];
            }
    }
}

static void set_rss(struct lmm_curvature *c, const struct lmm *m, double out[])
{
    int q = c->q, n = c->theta_count;
    const double zero = 0.0, two = 2.0, one = 1.0;

    set_working(c, m);
    for (int t = 0; t < m->term_count; t++) {
        int rows = scalar_effects(m, t), count = m->terms[t].free_count;
        size_t at = (size_t)m->terms[t].first * (size_t)q;

        if (rows > 0 && count > 0)
            dgemm_("N", "N", &q, &count, &rows, &one, c->N + (size_t)c->at[t] * (size_t)c->order, &c->order, c->W + at + c->at[t],
                   &q, &zero, c->SW + at, &q);
    }
    dgemm_("T", "N", &n, &n, &q, &two, c->W, &q, c->SW, &q, &zero, out, &n);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];

        FOR_FREE_ENTRIES (term, a, b, i)
            FOR_FREE_ENTRIES (term, e, d, j)
                for (int32_t l = 0; l < term->levels && b == d; l++)
                    out[i + j * n] -= 2.0 * c->s[c->at[t] + l * term->k + a] * c->s[c->at[t] + l * term->k + e];
    }
}

/* dC/dx_i = sum over levels of Y_l C_i Y_l' with Y = (X'V^-1 X)^-1 X'V^-1 Z = R^-T U. */
static void set_slopes(struct lmm_curvature *c, const struct lmm *m, double slopes[])
{
    int p = c->p, q = c->q;
    size_t pp = (size_t)p * (size_t)p;
    const double one = 1.0;

    if (p == 0)
        return;
    dtrsm_("L", "L", "T", "N", &p, &q, &one, c->R, &p, c->U, &p);
    memset(slopes, 0, sizeof(double) * pp * (size_t)c->theta_count);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k, stride = p * k, levels = term->levels;
        const double zero = 0.0;
        double *YY = c->small; /* p x p: sum over levels of Y_a Y_e' */

        for (int a = 0; a < k; a++)
            for (int e = 0; e < k; e++) {
                const double *Y = c->U + (size_t)c->at[t] * (size_t)p;

                dgemm_("N", "T", &p, &p, &levels, &one, Y + a * p, &stride, Y + e * p, &stride, &zero, YY, &p);
                FOR_FREE_ENTRIES (term, row, b, i)
                    for (int y = 0; row == a && e >= b && y < p; y++)
                        for (int x = 0; x < p; x++)
                            slopes[(size_t)i * pp + (size_t)(x + y * p)] +=
                                term->lambda[e + b * k] * (YY[x + y * p] + YY[y + x * p]);
            }
    }
}

bool lmm_curvature_set(struct lmm_curvature *c, const struct lmm *m, double logdet[], double rss[], double slopes[])
{
    memcpy(c->N, c->G, sizeof(double) * (size_t)c->order * (size_t)c->order);
    if (!eliminate_big(c, m) || !eliminate_rest(c, m) || !project(c))
        return false;
    if (m->reml)
        take_fixed(c);
    mirror(c);
    for (int t = 0; t < m->term_count; t++)
        for (int r = 0; r <= t; r++)
            set_logdet(c, m, t, r, logdet);
    if (!m->reml) {
        take_fixed(c);
        mirror(c);
    }
    set_rss(c, m, rss);
    if (slopes != NULL)
        set_slopes(c, m, slopes);
    return true;
}
