/* lmm-leave.c -- see lmm-leave.h: the system of all rows, in the basis of lmm-private.h, and the levels one by one.
 *
 *   T = I + sum over levels of K,  S = T^-1;  N_ab = sum over a term's levels of S_.a S_b.,  or S (sum of H_a'H_b) S
 *
 * so that what a downdate does to the sums over a term's levels, which the deviance's slopes are made of, is read off N in the
 * columns that the level has. */
#include "fit/lmm-leave.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "fit/lmm-leave-private.h"
#include "linalg/dense.h"
#include "linalg/watched.h"

static const double STEP = 1e-4; /* of differences of slopes, relative to a template entry of natural size */
static const double FLAT = 1e-8; /* a pivot beside its diagonal entry: along it nothing is curved */

/* What is worth it: columns, numbers that are kept, products of numbers; one that no library makes counts for more. */
enum { MOST_COLUMNS = 4000 };
#define MOST_KEPT     5e7
#define MOST_PRODUCTS 3e11
#define PLAIN         8.0

/* A template whose standard deviation is less than this, in units in which the effects are of the residual's size, is held. */
#define AS_ZERO 1e-4

/* Which terms are nested in the group: at[t] = -1, else where they start; returns the number of effects of the others.  own
 * (levels of the group; NULL: not wanted): how many effects each level eliminates. */
static int place_terms(const struct design *design, int group, int at[], int32_t owner[], double own[])
{
    const struct random_design *outer = &design->random[group];
    int next = 0;

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];

        if (levels_are_nested(design->n, random->level, random->level_count, outer->level, owner)) {
            at[t] = -1;
            for (int32_t l = 0; l < random->level_count && own != NULL; l++)
                own[owner[l]] += owner[l] < 0 ? 0.0 : random->k;
        } else {
            at[t] = next;
            next += random->level_count * random->k;
        }
    }
    return next;
}

static int most_levels(const struct design *design)
{
    int most = 1;

    for (int t = 0; t < design->random_count; t++)
        most = design->random[t].level_count > most ? design->random[t].level_count : most;
    return most;
}

/* What all levels take one by one, in products, and the most of them in numbers: d effects each, which it eliminates, and of the
 * `random` others and the columns of X no more than its rows have. */
static double price_levels(const struct fit *fit, int group, const int at[], const double own[], int random, double *numbers)
{
    const struct design *design = fit->design;
    const struct random_design *outer = &design->random[group];
    double products = 0.0, entries = 0.0, inner = 0.0;

    *numbers = 0.0;
    for (int t = 0; t < design->random_count; t++) {
        entries += at[t] < 0 ? 0.0 : design->random[t].k;
        inner = fmax(inner, at[t] < 0 ? random_parameters(&design->random[t]) : 0.0);
    }
    for (int32_t l = 0; l < outer->level_count; l++) {
        double d = own[l], j = fmin(random, outer->rows_of_level[l] * entries) + design->p;
        double without = j * j * (14.0 * j + PLAIN * (2.0 * j + inner * d + 2.0 * fit->theta_count));

        products += PLAIN * (2.0 * d * d * (d + j) + d * j * j) + without * (fit->method == METHOD_ML ? 2.0 : 1.0);
        *numbers = fmax(*numbers, (d + j) * (d + j) + d * (d + j) + 13.0 * j * j);
    }
    return products;
}

static bool is_worth_it(const struct fit *fit, int group, int at[], int32_t owner[], double own[])
{
    const struct design *design = fit->design;
    double times = fit->method == METHOD_ML ? 2.0 : 1.0, products = 0.0, numbers;
    int random = place_terms(design, group, at, owner, own);
    double order = random + design->p;

    for (int t = 0; t < design->random_count; t++)
        products += order * order * random_parameters(&design->random[t])
                    * (at[t] < 0 ? 4.0 * order : 2.0 * design->random[t].level_count);
    products = times * products + price_levels(fit, group, at, own, random, &numbers);
    return order <= MOST_COLUMNS && products < MOST_PRODUCTS
           && order * order * (fit->theta_count * times + 4) + numbers < MOST_KEPT;
}

bool lmm_leaves(const struct fit *fit, int group)
{
    const struct design *design = fit->design;
    double *own;
    int32_t *owner;
    int *at;
    bool ok = fit->exact && fit->structured == NULL && fit->residual == NULL && fit->imputed == NULL && fit->recession == NULL
              && fit->identity == NULL && !fit->by_prior && !(fit->penalty != 0.0) && design->p > 0
              && (fit->method == METHOD_REML || fit->method == METHOD_ML);

    if (!ok)
        return false;
    at = NEW_ARRAY(int, design->random_count);
    owner = NEW_ARRAY(int32_t, most_levels(design));
    own = NEW_ARRAY(double, design->random[group].level_count + 1);
    ok = at != NULL && owner != NULL && own != NULL && is_worth_it(fit, group, at, owner, own);
    mem_free(at);
    mem_free(owner);
    mem_free(own);
    return ok;
}

/* --- the system ------------------------------------------------------------------------------------- */

static bool set_rows(struct leaving_system *s)
{
    const struct random_design *random = &s->m->design->random[s->group];
    size_t n = s->m->n;

    s->rows = mem_alloc(n + 1, sizeof *s->rows);
    s->row_start = NEW_ARRAY(size_t, random->level_count + 2);
    if (s->rows == NULL || s->row_start == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        s->row_start[random->level[i] + 2]++;
    for (int32_t l = 0; l < random->level_count; l++)
        s->row_start[l + 2] += s->row_start[l + 1];
    for (size_t i = 0; i < n; i++)
        s->rows[s->row_start[random->level[i] + 1]++] = (int32_t)i;
    return true;
}

/* y less X beta and the effects that are not eliminated, at the solution that the last evaluation had. */
static void set_remainder(struct leaving_system *s)
{
    const struct lmm *m = s->m;

    for (size_t i = 0; i < m->n; i++) {
        s->e[i] = m->E[i + (size_t)m->p * m->n];
        for (int x = 0; x < m->p; x++)
            s->e[i] -= m->E[i + (size_t)x * m->n] * m->beta[x];
        for (int t = 0; t < m->term_count; t++) {
            const struct lmm_term *term = &m->terms[t];
            const double *b = m->effects + blocks_offset(m->blocks, t) + (size_t)m->design->random[t].level[i] * (size_t)term->k;

            for (int a = 0; a < term->k && s->at[t] >= 0; a++)
                s->e[i] -= b[a] * lmm_z(term, i, a);
        }
    }
}

/* The templates' inverses; which entries are held. */
static void set_inverses(struct leaving_system *s)
{
    const struct lmm *m = s->m;

    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;
        bool singular = false;

        for (int a = 0; a < k; a++)
            singular = singular || !(fabs(term->lambda[a + a * k]) > AS_ZERO);
        for (int b = 0; b < k; b++) /* column b of the inverse */
            for (int a = b; a < k && !singular; a++) {
                double sum = a == b ? 1.0 : 0.0;

                for (int e = b; e < a; e++)
                    sum -= term->lambda[a + e * k] * s->inverse[t][e + b * k];
                s->inverse[t][a + b * k] = sum / term->lambda[a + a * k];
            }
        for (int i = term->first; i < term->first + term->free_count; i++)
            s->held[i] = singular;
    }
}

/* The factor of the deviance's curvature in the templates' entries, by differences of its slopes; leaves the model where it was.
 * False where there is none: no step of the variances can be taken. */
static bool set_curvature(struct leaving_system *s, const double x[], double work[])
{
    struct lmm *m = s->m;
    int count = m->theta_count;
    double *at = work, *base = work + count;
    bool ok = true;

    for (int i = 0; i < count; i++)
        base[i] = m->logdet_gradient[i] + m->degrees / m->rss * m->rss_gradient[i];
    for (int i = 0; i < count && ok; i++) {
        double step = STEP * fmax(0.05, fabs(x[i]));

        s->curvature[i + i * count] = 1.0;
        if (s->held[i])
            continue;
        memcpy(at, x, sizeof *at * (size_t)count);
        at[i] += step;
        ok = lmm_value(m, at) < MINIMIZE_BAD && lmm_slopes(m);
        for (int e = 0; e < count && ok; e++)
            s->curvature[e + i * count] =
                s->held[e] ? 0.0 : (m->logdet_gradient[e] + m->degrees / m->rss * m->rss_gradient[e] - base[e]) / step;
    }
    for (int i = 0; i < count; i++)
        for (int e = i + 1; e < count; e++)
            s->curvature[e + i * count] = 0.5 * (s->curvature[e + i * count] + s->curvature[i + e * count]);
    return ok && chol_factor_sure(count, s->curvature, count, FLAT, NULL) == 0 && lmm_value(m, x) < MINIMIZE_BAD && lmm_slopes(m);
}

/* Adds the level that was read to T, and to the sums of what is eliminated (their matrices in N and, for ML, in NO, too). */
static void add_level(struct leaving_system *s)
{
    const struct leave_level *level = &s->level;
    const struct lmm *m = s->m;
    size_t order = (size_t)s->order, j = (size_t)level->j, d = (size_t)level->d;

    for (size_t b = 0; b < j; b++)
        for (size_t a = 0; a < j; a++)
            s->S[(size_t)level->columns[a] + (size_t)level->columns[b] * order] += level->K[a + b * j];
    for (int e = 0; e < level->inner_count; e++) {
        const struct lmm_term *term = &m->terms[level->inner[e].term];
        size_t at = (size_t)level->inner[e].offset;

        FOR_FREE_ENTRIES (term, a, b, i) {
            const double *Ha = level->H + at + (size_t)a, *Hb = level->H + at + (size_t)b;
            double *P = s->N + (size_t)i * order * order, *q = s->q + (size_t)i * order;

            for (size_t y = 0; y < j; y++) {
                for (size_t x = 0; x < j; x++)
                    P[(size_t)level->columns[x] + (size_t)level->columns[y] * order] +=
                        0.5 * (Ha[x * d] * Hb[y * d] + Hb[x * d] * Ha[y * d]);
                q[level->columns[y]] += level->u[at + (size_t)a] * Hb[y * d] + level->u[at + (size_t)b] * Ha[y * d];
            }
            s->D[i] += level->A[at + (size_t)a + (at + (size_t)b) * d];
            s->G[i] += level->u[at + (size_t)a] * level->u[at + (size_t)b];
        }
    }
}

/* S = T^-1; for ML, O: that of the random effects alone. */
static bool invert(struct leaving_system *s, double *scratch)
{
    struct watch *watch = s->watch;
    int order = s->order, r = s->random;
    size_t ld = (size_t)order;
    double *inverse = scratch + ld * ld;

    for (size_t a = 0; a < (size_t)r; a++)
        s->S[a + a * ld] += 1.0;
    if (chol_factor_watched(order, s->S, order, watch) != 0)
        return false;
    if (s->O != s->S) {
        memset(s->O, 0, sizeof(double) * ld * ld);
        if (r > 0)
            chol_invert_watched(r, s->S, scratch, s->O, order, watch);
        for (size_t b = 0; b < (size_t)r; b++)
            for (size_t a = 0; a < b; a++)
                s->O[a + b * ld] = s->O[b + a * ld];
    }
    chol_invert_watched(order, s->S, scratch, inverse, order, watch);
    for (size_t b = 0; b < ld; b++)
        for (size_t a = 0; a < ld; a++)
            s->S[a + b * ld] = a >= b ? inverse[a + b * ld] : inverse[b + a * ld];
    return !watch_stopped(watch);
}

/* From sums over what is eliminated to N = S P S, or of the columns of a term: with S, or O in its place. */
static void set_products(const struct leaving_system *s, const double *S, int t, int a, int b, double *N, double *scratch)
{
    struct watch *watch = s->watch;
    const struct lmm_term *term = &s->m->terms[t];
    size_t ld = (size_t)s->order, k = (size_t)term->k;
    double *left = scratch, *right = scratch + ld * ld;
    int order = s->order, width = order;

    if (s->at[t] < 0) {
        watched_product("NN", order, order, order, 1.0, S, order, N, order, 0.0, left, order, watch);
        watched_product("NN", order, order, order, 1.0, left, order, S, order, 0.0, N, order, watch);
        return;
    }
    memset(N, 0, sizeof(double) * ld * ld);
    for (int32_t first = 0; first < term->levels; first += width) {
        int count = term->levels - first < width ? term->levels - first : width;

        for (int l = 0; l < count; l++) {
            size_t column = (size_t)s->at[t] + (size_t)(first + l) * k;

            memcpy(left + (size_t)l * ld, S + (column + (size_t)a) * ld, sizeof(double) * ld);
            memcpy(right + (size_t)l * ld, S + (column + (size_t)b) * ld, sizeof(double) * ld);
        }
        watched_product("NT", order, order, count, 1.0, left, order, right, order, 1.0, N, order, watch);
    }
    for (size_t y = 0; y < ld && a != b; y++)
        for (size_t x = 0; x < y; x++)
            N[x + y * ld] = N[y + x * ld] = 0.5 * (N[x + y * ld] + N[y + x * ld]);
}

/* D and G of the terms that are not eliminated, and what D of the others has by way of these; q and the slopes of the solution.
 */
static void set_sums(struct leaving_system *s, const double *P, int t, int a, int b, int i, double *h)
{
    const struct lmm *m = s->m;
    const struct lmm_term *term = &m->terms[t];
    size_t ld = (size_t)s->order, k = (size_t)term->k;
    double *q = s->q + (size_t)i * ld, *slope = s->slope + (size_t)i * ld;
    const double *u = m->u + blocks_offset(m->blocks, t), *inverse = s->inverse[t];

    if (s->at[t] < 0)
        for (size_t e = 0; e < ld * ld; e++)
            s->D[i] += P[e] * s->O[e];
    else
        for (int32_t l = 0; l < term->levels; l++, u += k) {
            size_t at = (size_t)s->at[t] + (size_t)l * k;
            double back = 0.0;

            s->D[i] += s->O[at + (size_t)a + (at + (size_t)b) * ld];
            s->G[i] += u[a] * u[b];
            q[at + (size_t)b] += u[a];
            q[at + (size_t)a] += u[b];
            for (size_t r = 0; r < k; r++) {
                back += inverse[r + (size_t)a * k] * u[r];
                h[at + r] += inverse[r + (size_t)a * k] * u[b];
            }
            h[at + (size_t)b] += back;
        }
    for (size_t y = 0; y < ld; y++)
        for (size_t x = 0; x < ld; x++)
            slope[x] += s->S[x + y * ld] * h[y];
    memcpy(h, q, sizeof(double) * ld);
    memset(q, 0, sizeof(double) * ld);
    for (size_t y = 0; y < ld; y++)
        for (size_t x = 0; x < ld; x++)
            q[x] += s->S[x + y * ld] * h[y];
}

/* All that is summed over levels. */
static bool set_system(struct leaving_system *s, double *h, double *scratch)
{
    const struct lmm *m = s->m;
    size_t ld = (size_t)s->order, count = (size_t)m->theta_count;
    int32_t levels = m->design->random[s->group].level_count;

    for (int32_t l = 0; l < levels; l++) {
        if (watch_stops(s->watch) || !leave_level_read(s, l))
            return false;
        add_level(s);
        for (int t = 0; t < m->term_count; t++)
            FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
                leave_own_slope(s, t, a, b, NULL, s->work);
                for (int x = 0; x < s->level.j; x++)
                    h[(size_t)i * ld + (size_t)s->level.columns[x]] += s->work[x];
            }
    }
    if (!invert(s, scratch))
        return false;
    if (s->NO != s->N)
        memcpy(s->NO, s->N, sizeof(double) * count * ld * ld);
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
            set_sums(s, s->N + (size_t)i * ld * ld, t, a, b, i, h + (size_t)i * ld);
            set_products(s, s->S, t, a, b, s->N + (size_t)i * ld * ld, scratch);
            if (s->NO != s->N)
                set_products(s, s->O, t, a, b, s->NO + (size_t)i * ld * ld, scratch);
        }
    return !watch_stopped(s->watch);
}

/* --- the whole -------------------------------------------------------------------------------------- */

static void system_clear(struct leaving_system *s)
{
    for (int t = 0; s->inner_place != NULL && s->inverse != NULL && s->m != NULL && t < s->m->term_count; t++) {
        mem_free(s->inner_place[t]);
        mem_free(s->inverse[t]);
    }
    mem_free(s->inner_place);
    mem_free(s->inverse);
    mem_free(s->at);
    mem_free(s->rows);
    mem_free(s->row_start);
    mem_free(s->place);
    mem_free(s->held);
    mem_free(s->S);
    mem_free(s->e);
    mem_free(s->level.inner);
    mem_free(s->level.columns);
    mem_free(s->level.products);
    lmm_free(s->m);
}

/* Where everything stands; false when memory is out. */
static bool set_places(struct leaving_system *s)
{
    const struct lmm *m = s->m;
    int32_t *owner = NEW_ARRAY(int32_t, most_levels(m->design));
    bool ok;

    s->at = NEW_ARRAY(int, m->term_count);
    s->inner_place = NEW_ARRAY(int32_t *, m->term_count);
    s->inverse = NEW_ARRAY(double *, m->term_count);
    s->held = NEW_ARRAY(bool, m->theta_count + 1);
    ok = owner != NULL && s->at != NULL && s->inner_place != NULL && s->inverse != NULL && s->held != NULL && set_rows(s);
    if (ok) {
        s->random = place_terms(m->design, s->group, s->at, owner, NULL);
        s->order = s->random + m->p;
        s->place = mem_alloc((size_t)s->order + 1, sizeof *s->place);
        ok = s->place != NULL;
    }
    mem_free(owner);
    for (int x = 0; x < s->order && ok; x++)
        s->place[x] = -1;
    for (int t = 0; t < m->term_count && ok; t++) {
        s->inner_place[t] = mem_alloc((size_t)m->terms[t].levels + 1, sizeof **s->inner_place);
        s->inverse[t] = NEW_ARRAY(double, m->terms[t].k * m->terms[t].k);
        ok = s->inner_place[t] != NULL && s->inverse[t] != NULL;
        for (int32_t l = 0; l < m->terms[t].levels && ok; l++)
            s->inner_place[t][l] = -1;
    }
    return ok;
}

/* How many numbers the work on one level takes: of the largest. */
static size_t level_numbers(struct leaving_system *s, int *d, int *j, int *inner, int *entries)
{
    const struct lmm *m = s->m;
    size_t size;

    *entries = m->p;
    for (int t = 0; t < m->term_count; t++)
        *entries += m->terms[t].k;
    leave_level_sizes(s, d, j, inner);
    size = (size_t)*d + (size_t)*j;
    return size * size + (size_t)*d * size + (size_t)*j * (size_t)*j + size + (size_t)*entries;
}

/* The room of one level, of so many numbers and what a move needs. */
static bool set_level(struct leaving_system *s, size_t numbers, int d, int j, int inner, int entries)
{
    struct leave_level *level = &s->level;
    size_t size = (size_t)d + (size_t)j;

    level->inner = NEW_ARRAY(struct leave_inner, inner + 1);
    level->columns = NEW_ARRAY(int, j + entries + 1);
    level->products = mem_alloc(numbers + leave_level_work(s, j) + 1, sizeof(double));
    if (level->inner == NULL || level->columns == NULL || level->products == NULL)
        return false;
    s->row_at = level->columns + j;
    level->A = level->products + size * size;
    level->H = level->A + (size_t)d * (size_t)d;
    level->K = level->H + (size_t)d * (size_t)j;
    level->c = level->K + (size_t)j * (size_t)j;
    level->u = level->c + j;
    s->row_value = level->u + d;
    s->work = level->products + numbers;
    return true;
}

/* The model at the fit's templates, and the room of the system; *h (theta_count x order) and *scratch (2 order^2) are in it. */
static bool system_init(struct leaving_system *s, const struct fit *fit, double **h, double **scratch,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    size_t count = (size_t)fit->theta_count, ld, square, small, numbers;
    const struct lmm *m = s->m;
    int matrices, d, j, inner, entries;

    if (!set_places(s))
        return fail_memory(err);
    ld = (size_t)s->order;
    square = ld * ld;
    small = 2 * count * ld + 2 * count + count * count + 2 * count;
    matrices = 3 + (int)count + (m->reml ? 0 : 1 + (int)count);
    numbers = level_numbers(s, &d, &j, &inner, &entries);
    if (!forecast(((double)matrices * (double)square + (double)numbers + (double)leave_level_work(s, j)) * sizeof(double), NULL,
                  progress, err))
        return false;
    s->e = mem_alloc(m->n + 1, sizeof(double));
    s->S = mem_zalloc((size_t)matrices * square + small + count * ld + 1, sizeof(double));
    if (s->e == NULL || s->S == NULL || !set_level(s, numbers, d, j, inner, entries))
        return fail_memory(err);
    s->N = s->S + square;
    s->O = m->reml ? s->S : s->N + count * square;
    s->NO = m->reml ? s->N : s->O + square;
    *scratch = s->S + (size_t)(matrices - 2) * square;
    s->q = *scratch + 2 * square;
    s->slope = s->q + count * ld;
    s->D = s->slope + count * ld;
    s->G = s->D + count;
    s->curvature = s->G + count;
    *h = s->curvature + count * count + 2 * count;
    return true;
}

/* A move of the inner basis in the units of the coefficients: T of lmm-result.c. */
static void to_coefficients(const struct lmm *m, double move[])
{
    int p = m->p;

    for (int j = p - 1; j >= 0; j--) {
        for (int e = j + 1; e < p; e++)
            move[j] -= m->R[j + e * p] * move[e];
        move[j] /= m->R[j + j * p];
    }
    for (int j = 0; j < p; j++)
        move[j] *= m->y_scale;
    for (int j = 0; j < p && m->constant >= 0; j++)
        if (j != m->constant)
            move[m->constant] -= m->center[j] * move[j] / m->design->X[(size_t)m->constant * m->n];
}

/* False when stopped. */
static bool move_all(struct leaving_system *s, double moves[])
{
    const struct random_design *random = &s->m->design->random[s->group];
    size_t p = (size_t)s->m->p;

    s->watch->what = "level";
    s->watch->total = random->level_count;
    for (int32_t l = 0; l < random->level_count; l++) {
        double *move = moves + (size_t)l * p;

        s->watch->done = l;
        if (!watch_stops(s->watch) && leave_level_read(s, l) && leave_level_move(s, s->row_start[l + 1] - s->row_start[l], move))
            to_coefficients(s->m, move);
        else
            for (size_t j = 0; j < p; j++)
                move[j] = (double)NAN;
        if (watch_stopped(s->watch))
            return false;
    }
    return true;
}

/* All that is known of all rows.  False where it has no digits: the sums that levels are taken out of are those of lmm.c, which
 * cancel where a variance is large; or where the variances cannot step. */
static bool find_system(struct leaving_system *s, const struct fit *fit, double *h, double *scratch)
{
    struct lmm *m = s->m;
    double *x = m->inner_gradient, *work = s->curvature + fit->theta_count * fit->theta_count;
    bool ok;

    blocks_watch(m->blocks, s->watch);
    lmm_inner_from_theta(m, fit->theta, m->inner);
    memcpy(x, m->inner, sizeof *x * (size_t)fit->theta_count);
    ok = lmm_value(m, x) < MINIMIZE_BAD && lmm_slopes(m) && !m->by_rows;
    if (ok) {
        set_inverses(s);
        ok = set_curvature(s, x, work);
    }
    if (ok) {
        set_remainder(s);
        ok = set_system(s, h, scratch);
    }
    blocks_watch(m->blocks, NULL);
    return ok;
}

bool lmm_leave_each(const struct fit *fit, int group, double moves[], bool *found, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    struct watch watch;
    struct leaving_system s = { .group = group, .watch = &watch };
    double *h = NULL, *scratch = NULL;
    bool ok;

    watch_init(&watch, progress, "leaving out levels");
    *found = false;
    s.m = lmm_new_watched(fit->design, fit->method == METHOD_REML, progress, err);
    ok = s.m != NULL && system_init(&s, fit, &h, &scratch, progress, err);
    if (ok) {
        *found = find_system(&s, fit, h, scratch) && move_all(&s, moves);
        ok = (!s.m->out_of_memory || fail_memory(err))
             && (!watch_stopped(&watch) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped"));
    }
    system_clear(&s);
    return ok;
}
