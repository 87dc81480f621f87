/* lmm-leave-level.c -- one level of lmm-leave.h: its part of the system, and what is left without it.
 *
 *   K = B - C'A C,  H = A C,  A = (Z~'Z~ + I)^-1,  c = Z~'e - C'u,  u = A Z~'e             Z~ = Z Lambda, of the eliminated
 * effects W = F (I - F'S F)^-1 F',  v = -(c + W S c):  the solution moves by S v, r^2 by -square + c'S v sum of M^-1 over a
 * term's levels: + tr W N, and, where it was eliminated, without A + H (S + S W S) H' of this level, whose effects are then prior
 * alone */
#include <math.h>
#include <string.h>

#include "fit/lmm-leave-private.h"
#include "linalg/dense.h"
#include "linalg/watched.h"

static const double NO_INFORMATION = 1e-4; /* the root of a share of it that is left without a level */

static const double NO_PIVOT = 1e-13; /* beside the scale of the rows left: rounding */

enum { LONG = 300 }; /* of so many columns, each is worth a look at the watch */

static bool stops(const struct leaving_system *s, int columns)
{
    return columns > LONG && watch_stops(s->watch);
}

/* Gives the columns of the level's rows their places, in s->place and s->inner_place; counts them. */
static void find_places(struct leaving_system *s, int32_t l)
{
    struct leave_level *level = &s->level;
    const struct lmm *m = s->m;

    level->d = level->j = level->inner_count = 0;
    for (size_t r = s->row_start[l]; r < s->row_start[l + 1]; r++)
        for (int t = 0; t < m->term_count; t++) {
            int32_t own = m->design->random[t].level[s->rows[r]];
            int k = m->terms[t].k;

            if (s->at[t] < 0 && s->inner_place[t][own] < 0) {
                s->inner_place[t][own] = level->d;
                if (level->inner != NULL)
                    level->inner[level->inner_count] = (struct leave_inner){ t, level->d };
                level->inner_count++;
                level->d += k;
            }
            for (int a = 0; s->at[t] >= 0 && a < k && s->place[s->at[t] + own * k + a] < 0; a++) {
                if (level->columns != NULL)
                    level->columns[level->j] = s->at[t] + own * k + a;
                s->place[s->at[t] + own * k + a] = level->j++;
            }
        }
    for (int x = 0; x < m->p; x++, level->j++)
        if (level->columns != NULL)
            level->columns[level->j] = s->random + x;
}

static void forget_places(struct leaving_system *s, int32_t l)
{
    const struct lmm *m = s->m;

    for (size_t r = s->row_start[l]; r < s->row_start[l + 1]; r++)
        for (int t = 0; t < m->term_count; t++) {
            int32_t own = m->design->random[t].level[s->rows[r]];

            if (s->at[t] < 0)
                s->inner_place[t][own] = -1;
            for (int a = 0; s->at[t] >= 0 && a < m->terms[t].k; a++)
                s->place[s->at[t] + own * m->terms[t].k + a] = -1;
        }
}

void leave_level_sizes(struct leaving_system *s, int *d, int *j, int *inner)
{
    int32_t count = s->m->design->random[s->group].level_count;

    *d = *j = *inner = 0;
    for (int32_t l = 0; l < count; l++) {
        find_places(s, l);
        forget_places(s, l);
        *d = s->level.d > *d ? s->level.d : *d;
        *j = s->level.j > *j ? s->level.j : *j;
        *inner = s->level.inner_count > *inner ? s->level.inner_count : *inner;
    }
}

/* A row of [Z Lambda, X], where it is not 0: how many entries, their places in the level and their values. */
static int read_row(struct leaving_system *s, size_t i)
{
    const struct lmm *m = s->m;
    int count = 0, d = s->level.d;

    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int32_t own = m->design->random[t].level[i];
        int k = term->k, at = s->at[t] < 0 ? s->inner_place[t][own] : d + s->place[s->at[t] + own * k];

        for (int b = 0; b < k; b++, count++) {
            s->row_at[count] = at + b;
            s->row_value[count] = 0.0;
            for (int a = b; a < k; a++)
                s->row_value[count] += lmm_z(term, i, a) * term->lambda[a + b * k];
        }
    }
    for (int x = 0; x < m->p; x++, count++) {
        s->row_at[count] = d + s->level.j - m->p + x;
        s->row_value[count] = m->E[i + (size_t)x * m->n];
    }
    return count;
}

static void add_rows(struct leaving_system *s, int32_t l)
{
    struct leave_level *level = &s->level;
    int d = level->d, j = level->j, size = d + j;

    memset(level->products, 0, sizeof(double) * (size_t)size * (size_t)size);
    memset(level->u, 0, sizeof(double) * (size_t)d);
    memset(level->c, 0, sizeof(double) * (size_t)j);
    level->square = 0.0;
    for (size_t r = s->row_start[l]; r < s->row_start[l + 1]; r++) {
        size_t i = (size_t)s->rows[r];
        int count = read_row(s, i);

        for (int a = 0; a < count; a++) {
            double *own = s->row_at[a] < d ? &level->u[s->row_at[a]] : &level->c[s->row_at[a] - d];

            *own += s->row_value[a] * s->e[i];
            for (int b = 0; b < count; b++)
                if (s->row_at[b] >= s->row_at[a])
                    level->products[s->row_at[b] + (size_t)s->row_at[a] * (size_t)size] += s->row_value[a] * s->row_value[b];
        }
        level->square += s->e[i] * s->e[i];
    }
    for (int a = 0; a < d; a++)
        level->products[a + (size_t)a * (size_t)size] += 1.0;
}

bool leave_level_read(struct leaving_system *s, int32_t l)
{
    struct leave_level *level = &s->level;
    int d, j, size;
    double *L = level->products;

    find_places(s, l);
    add_rows(s, l);
    forget_places(s, l);
    d = level->d;
    j = level->j;
    size = d + j;
    if (d > 0 && chol_factor_watched(d, L, size, s->watch) != 0)
        return false;
    for (int a = 0; a < d; a++) {
        double *column = level->A + (size_t)a * (size_t)d;

        if (stops(s, size))
            return false;
        memset(column, 0, sizeof(double) * (size_t)d);
        column[a] = 1.0;
        chol_solve_lower(d, L, size, column);
        chol_solve_upper(d, L, size, column);
    }
    for (int y = 0; y < j; y++)
        for (int a = 0; a < d; a++)
            level->H[a + y * d] = L[d + y + (size_t)a * (size_t)size];
    for (int y = 0; y < j && d > 0; y++) {
        if (stops(s, size))
            return false;
        chol_solve_lower(d, L, size, level->H + y * d);
        chol_solve_upper(d, L, size, level->H + y * d);
    }
    for (int y = 0; y < j; y++) {
        if (stops(s, size))
            return false;
        for (int x = y; x < j; x++) {
            double sum = L[d + x + (size_t)(d + y) * (size_t)size];

            for (int a = 0; a < d; a++)
                sum -= L[d + x + (size_t)a * (size_t)size] * level->H[a + y * d];
            level->K[x + y * j] = level->K[y + x * j] = sum;
        }
        for (int a = 0; a < d; a++)
            level->c[y] -= level->H[a + y * d] * level->u[a];
    }
    for (int a = 0; a < d; a++) {
        double mode = 0.0;

        for (int b = 0; b < d; b++)
            mode += level->A[a + b * d] * level->u[b];
        level->products[a] = mode; /* the factor is done with */
        level->square -= mode * level->u[a];
    }
    memcpy(level->u, level->products, sizeof(double) * (size_t)d);
    return true;
}

/* --- without it ------------------------------------------------------------------------------------- */

/* What a deletion works with; all but F are j x j or j. */
struct downdate {
    int j, rank;
    double *F;         /* j x rank */
    double *S, *W;     /* S among the level's columns; W */
    double *SW, *SWS;  /* S + S W S is `after` */
    double *v, *moved; /* S v */
    double *Nv;        /* theta_count x j: N v of every free entry */
    double *spare;     /* j x j */
};

/* K = F F' by Cholesky's method with pivots, as far as K goes. */
static void root(const struct leaving_system *s, struct downdate *w, const double K[])
{
    int j = w->j;
    double *rest = w->spare, scale = 0.0;

    memcpy(rest, K, sizeof(double) * (size_t)j * (size_t)j);
    for (int a = 0; a < j; a++)
        scale = fmax(scale, K[a + a * j]);
    for (w->rank = 0; w->rank < j && !stops(s, j); w->rank++) {
        double *f = w->F + w->rank * j, pivot = 0.0;
        int best = 0;

        for (int a = 0; a < j; a++)
            if (rest[a + a * j] > pivot) {
                pivot = rest[a + a * j];
                best = a;
            }
        if (!(pivot > NO_PIVOT * scale))
            break;
        for (int a = 0; a < j; a++)
            f[a] = rest[a + best * j] / sqrt(pivot);
        for (int b = 0; b < j; b++)
            for (int a = 0; a < j; a++)
                rest[a + b * j] -= f[a] * f[b];
    }
}

static void product(const struct leaving_system *s, const char *letters, int m, int n, int k, const double *a, int lda,
                    const double *b, int ldb, double *c)
{
    if (m > 0 && n > 0 && k > 0)
        watched_product(letters, m, n, k, 1.0, a, lda, b, ldb, 0.0, c, m, s->watch);
    else
        memset(c, 0, sizeof(double) * (size_t)m * (size_t)n);
}

/* W = F (I - F'S F)^-1 F', S + S W S into SWS; false where I - F'S F is singular: what is left does not determine all; or
 * stopped. */
static bool invert_rest(const struct leaving_system *s, struct downdate *w, const double *S)
{
    int j = w->j, rank = w->rank;
    double *G = w->SWS, *FG = w->SW;

    product(s, "NN", j, rank, j, S, j, w->F, j, w->spare);
    product(s, "TN", rank, rank, j, w->F, j, w->spare, j, G);
    for (int b = 0; b < rank; b++)
        for (int a = 0; a < rank; a++)
            G[a + b * rank] = (a == b ? 1.0 : 0.0) - G[a + b * rank];
    if (rank > 0 && chol_factor_watched(rank, G, rank, s->watch) != 0)
        return false;
    for (int a = 0; a < rank; a++)
        if (!(G[a + a * rank] > NO_INFORMATION)) /* its square is a share of the information */
            return false;
    memcpy(FG, w->F, sizeof(double) * (size_t)j * (size_t)rank); /* FG := F L^-T */
    for (int a = 0; a < rank && !stops(s, j); a++) {
        for (int b = 0; b < a; b++)
            for (int x = 0; x < j; x++)
                FG[x + a * j] -= G[a + b * rank] * FG[x + b * j];
        for (int x = 0; x < j; x++)
            FG[x + a * j] /= G[a + a * rank];
    }
    product(s, "NT", j, j, rank, FG, j, FG, j, w->W);
    product(s, "NN", j, j, j, S, j, w->W, j, w->SW);
    product(s, "NN", j, j, j, w->SW, j, S, j, w->SWS);
    for (int a = 0; a < j * j; a++)
        w->SWS[a] += S[a];
    return !watch_stopped(s->watch);
}

/* The rows and columns of the level out of a matrix of the system. */
static void gather(const struct leaving_system *s, const double *all, double *out)
{
    const struct leave_level *level = &s->level;
    int j = level->j;

    for (int b = 0; b < j; b++)
        for (int a = 0; a < j; a++)
            out[a + b * j] = all[level->columns[a] + (size_t)level->columns[b] * (size_t)s->order];
}

static double form(int j, const double *x, const double *M, int ld, const double *y)
{
    double sum = 0.0;

    for (int b = 0; b < j; b++) {
        double column = 0.0;

        for (int a = 0; a < j; a++)
            column += x[a * ld] * M[a + b * j];
        sum += column * y[b * ld];
    }
    return sum;
}

/* sum over the columns of the level of W_ij N_ij. */
static double trace(const struct leaving_system *s, const double *W, const double *N)
{
    const struct leave_level *level = &s->level;
    int j = level->j;
    double sum = 0.0;

    for (int b = 0; b < j; b++)
        for (int a = 0; a < j; a++)
            sum += W[a + b * j] * N[level->columns[a] + (size_t)level->columns[b] * (size_t)s->order];
    return sum;
}

/* What D loses with the level's own effects. */
static double own_inverse(const struct leaving_system *s, int t, int a, int b, const double *after)
{
    const struct leave_level *level = &s->level;
    double sum = 0.0;

    for (int e = 0; e < level->inner_count && !stops(s, level->j); e++)
        if (level->inner[e].term == t) {
            int x = level->inner[e].offset + a, y = level->inner[e].offset + b;

            sum +=
                level->A[x + y * level->d] + form(level->j, level->H + x, after, level->d, level->H + y) - (a == b ? 1.0 : 0.0);
        }
    return sum;
}

/* What G loses with them. */
static double own_square(const struct leave_level *level, int t, int a, int b, const double *moved)
{
    double sum = 0.0;

    for (int e = 0; e < level->inner_count; e++)
        if (level->inner[e].term == t) {
            int x = level->inner[e].offset + a, y = level->inner[e].offset + b;
            double ux = level->u[x], uy = level->u[y];

            for (int r = 0; r < level->j; r++) {
                ux -= level->H[x + r * level->d] * moved[r];
                uy -= level->H[y + r * level->d] * moved[r];
            }
            sum += ux * uy;
        }
    return sum;
}

/* D and G of the rest, of every free entry; false when stopped. */
static bool rest_sums(const struct leaving_system *s, const struct downdate *w, const struct downdate *random, double D[],
                      double G[])
{
    const struct leave_level *level = &s->level;
    const struct lmm *m = s->m;
    size_t square = (size_t)s->order * (size_t)s->order;

    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
            double sign = s->at[t] < 0 ? -1.0 : 1.0;
            const double *q = s->q + (size_t)i * (size_t)s->order;

            D[i] = s->D[i] + trace(s, random->W, s->NO + (size_t)i * square) - own_inverse(s, t, a, b, random->SWS);
            gather(s, s->N + (size_t)i * square, w->spare);
            product(s, "NN", w->j, 1, w->j, w->spare, w->j, w->v, w->j, w->Nv + i * w->j);
            G[i] = s->G[i] - own_square(level, t, a, b, w->moved);
            for (int x = 0; x < w->j; x++)
                G[i] += (sign * q[level->columns[x]] + w->Nv[i * w->j + x]) * w->v[x];
            if (stops(s, w->j))
                return false;
        }
    return true;
}

/* The entry (lambda^-T X)_ab of X, symmetric with the free entries x, `stride` apart. */
static double divided(const struct leaving_system *s, int t, int a, int b, const double x[], int stride)
{
    const struct lmm_term *term = &s->m->terms[t];
    int k = term->k;
    double sum = 0.0;

    for (int e = a; e < term->covariance->end(k, a); e++)
        sum += s->inverse[t][e + a * k]
               * x[stride * (term->first + covariance_entry(term->covariance, k, e >= b ? e : b, e >= b ? b : e))];
    return sum;
}

/* Newton's step of the entries that are free, from the slopes of the rest's deviance; not beyond a standard deviation of 0. */
static void take_step(const struct leaving_system *s, const double D[], const double G[], double rss, double degrees,
                      double step[])
{
    const struct lmm *m = s->m;
    int count = m->theta_count;

    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
            double levels = a == b ? m->terms[t].levels * s->inverse[t][a + a * m->terms[t].k] : 0.0;

            step[i] = s->held[i] ? 0.0 : 2.0 * (divided(s, t, a, b, D, 1) - levels + degrees / rss * divided(s, t, a, b, G, 1));
        }
    chol_solve_lower(count, s->curvature, count, step);
    chol_solve_upper(count, s->curvature, count, step);
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
            double x = m->terms[t].lambda[a + b * m->terms[t].k];

            if (s->held[i])
                step[i] = 0.0;
            else if (a == b && x * (x + step[i]) < 0.0)
                step[i] = -x;
        }
}

/* The modes are those without the level, u - H moved, where `moved` is not NULL. */
void leave_own_slope(const struct leaving_system *s, int t, int a, int b, const double moved[], double out[])
{
    const struct leave_level *level = &s->level;
    const double *inverse = s->inverse[t];
    int k = s->m->terms[t].k, d = level->d, j = level->j;

    memset(out, 0, sizeof(double) * (size_t)j);
    for (int e = 0; e < level->inner_count; e++) {
        int at = level->inner[e].offset;
        double back = 0.0, own = 0.0;

        if (level->inner[e].term != t)
            continue;
        for (int r = 0; r < k; r++) {
            double u = level->u[at + r];

            for (int x = 0; x < j && moved != NULL; x++)
                u -= level->H[at + r + x * d] * moved[x];
            back += inverse[r + a * k] * u;
            own = r == b ? u : own;
        }
        for (int x = 0; x < j; x++) {
            out[x] -= level->H[at + b + x * d] * back;
            for (int r = 0; r < k; r++)
                out[x] -= level->H[at + r + x * d] * inverse[r + a * k] * own;
        }
    }
}

/* move += the change of the coefficients with the step: rows of X of S(-l) h, with h from the modes without the level. */
static void add_step(const struct leaving_system *s, const struct downdate *w, const double step[], double move[])
{
    const struct leave_level *level = &s->level;
    const struct lmm *m = s->m;
    int j = level->j, p = m->p;
    double *own = w->spare, *y = own + j;

    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
            const double *slope = s->slope + (size_t)i * (size_t)s->order;

            leave_own_slope(s, t, a, b, w->moved, own);
            for (int x = 0; x < j; x++)
                y[x] = slope[level->columns[x]] + 2.0 * divided(s, t, a, b, w->Nv + x, j);
            for (int x = j - p; x < j; x++) {
                double sum = y[x];

                for (int r = 0; r < j; r++)
                    sum += w->SW[x + r * j] * y[r] - w->SWS[x + r * j] * own[r];
                move[x - (j - p)] += sum * step[i];
            }
        }
}

static void lay_out(struct downdate *w, int j, int count, double **at)
{
    size_t square = (size_t)j * (size_t)j;
    double *next = *at;

    w->j = j;
    w->F = next;
    w->S = w->F + square;
    w->W = w->S + square;
    w->SW = w->W + square;
    w->SWS = w->SW + square;
    w->spare = w->SWS + square;
    w->v = w->spare + square + j;
    w->moved = w->v + j;
    w->Nv = w->moved + j;
    *at = w->Nv + count * j;
}

size_t leave_level_work(const struct leaving_system *s, int j)
{
    size_t count = (size_t)s->m->theta_count, square = (size_t)j * (size_t)j;

    return 2 * (6 * square + (3 + count) * (size_t)j) + 3 * count;
}

bool leave_level_move(struct leaving_system *s, size_t rows, double move[])
{
    const struct leave_level *level = &s->level;
    const struct lmm *m = s->m;
    struct downdate all, alone, *random = &all;
    int j = level->j, p = m->p, count = m->theta_count;
    double *next = s->work, *D, *G, *step, rss = m->rss - level->square, degrees = m->degrees - (double)rows;

    lay_out(&all, j, count, &next);
    lay_out(&alone, j, count, &next);
    D = next;
    G = D + count;
    step = G + count;
    root(s, &all, level->K);
    gather(s, s->S, all.S);
    if (!invert_rest(s, &all, all.S) || !(degrees > 0.0))
        return false;
    if (!m->reml) {
        random = &alone;
        memcpy(alone.F, all.F, sizeof(double) * (size_t)j * (size_t)j);
        alone.rank = all.rank;
        gather(s, s->O, alone.S);
        if (!invert_rest(s, &alone, alone.S))
            return false;
    }
    for (int a = 0; a < j; a++) { /* v = -(c + W S c), S v = -(S + S W S) c */
        all.v[a] = -level->c[a];
        all.moved[a] = 0.0;
        for (int b = 0; b < j; b++) {
            all.v[a] -= all.SW[b + a * j] * level->c[b];
            all.moved[a] -= all.SWS[a + b * j] * level->c[b];
        }
        rss += level->c[a] * all.moved[a];
    }
    memcpy(move, all.moved + j - p, sizeof(double) * (size_t)p);
    if (!(rss > 0.0))
        return false;
    if (!rest_sums(s, &all, random, D, G))
        return false;
    take_step(s, D, G, rss, degrees, step);
    add_step(s, &all, step, move);
    return true;
}
