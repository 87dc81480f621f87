/* rowcov-price.c -- what Laplace's approximation leaves out of a model with structures, in standard errors of the estimates, as
 * glmm-approximation.c has it of others:  delta = V s,  s the slopes of what importance sampling adds to log likelihood.
 *
 * A cluster's effects are a = L b, K = L L', b ~ N(0, I).  With B = I + L'W L = C C' at the mode b^ = L'alpha a draw is
 * b = b^ + C^-T z, z ~ N(0, I), with
 *
 *   log w = sum l(y | L b) - b'b / 2 - (sum l(y | L b^) - b^'b^ / 2) + z'z / 2
 *
 * and what it adds is the sum over clusters of the log of the mean w, whose slopes are differences with the same z.  The Monte
 * Carlo error is a jackknife's, of batches of pairs z and -z: behind what all draws say stands what they say without each batch.
 *
 * L depends on the order of the rows in the cluster, and which z a cluster gets on the order of clusters: both are orders of what
 * is in the rows (levels by their names, then the values), so that the order of the data does not change the draws. */
#include "config.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/rowcov-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

enum { BATCHES = 16, ALL = 0, WAYS = BATCHES + 1, PAIRS_MOST = 8, SEED = 1 };

static const double STEP = 0.05;           /* of the differences, in standard errors */
static const double CHEAP_DENSITIES = 2e5; /* that nobody notices, */
static const double MOST_WORK = 5e8;       /* and multiplications */

struct draw_work {
    double *C, *modes, *z, *b, *eta, *out[D_COUNT]; /* largest^2, and of the largest cluster */
    double *block;
    int pairs;       /* of a batch */
    int32_t **named; /* of each term, of each level: its place among their names */
    size_t *place;   /* n: of each cluster its rows in their order, as places in it */
    size_t *turn;    /* cluster_count: the clusters in their order */
};

/* --- orders -------------------------------------------------------------------------------------------- */

struct order {
    const struct rowcov *m;
    const struct draw_work *w;
    size_t from; /* of the cluster whose places are sorted */
};

static int by_name(const void *a, const void *b, void *context)
{
    const char *const *levels = context;

    return strcmp(levels[*(const int32_t *)a], levels[*(const int32_t *)b]);
}

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_values(const double *values, size_t a, size_t b)
{
    return values == NULL ? 0 : compare(values[a], values[b]);
}

/* Two rows of the design; 0 where nothing tells them apart. */
static int compare_rows(const struct order *o, size_t a, size_t b)
{
    const struct rowcov *m = o->m;
    const struct design *d = m->design;
    int result = 0;

    for (int t = 0; t < m->term_count && result == 0; t++) {
        const int32_t *level = m->terms[t].random->level, *named = o->w->named[t];

        result = named[level[a]] - named[level[b]];
    }
    for (int t = 0; t < m->term_count && result == 0; t++)
        for (int e = 0; e < m->terms[t].k && result == 0; e++)
            result = -compare(rowcov_z(&m->terms[t], a, e), rowcov_z(&m->terms[t], b, e));
    result = result != 0 ? result : compare_values(d->y, a, b);
    result = result != 0 ? result : compare_values(d->trials, a, b);
    result = result != 0 ? result : compare_values(d->weights, a, b);
    result = result != 0 ? result : compare_values(d->offset, a, b);
    for (int j = 0; j < m->p && result == 0; j++)
        result = compare_values(d->X + (size_t)j * m->n, a, b);
    return result;
}

static int by_row(const void *a, const void *b, void *context)
{
    const struct order *o = context;

    return compare_rows(o, o->m->row[o->from + *(const size_t *)a], o->m->row[o->from + *(const size_t *)b]);
}

static int by_rows(const void *a, const void *b, void *context)
{
    const struct order *o = context;
    const struct rowcov_cluster *x = &o->m->clusters[*(const size_t *)a], *y = &o->m->clusters[*(const size_t *)b];
    const size_t *place = o->w->place, *row = o->m->row;
    int result = 0;

    for (size_t i = 0; i < x->count && i < y->count && result == 0; i++)
        result = compare_rows(o, row[x->from + place[x->from + i]], row[y->from + place[y->from + i]]);
    return result != 0 ? result : (x->count > y->count) - (x->count < y->count);
}

static bool set_names(const struct random_design *random, int32_t *named)
{
    int32_t *level = NEW_ARRAY(int32_t, random->level_count + 1);

    for (int32_t l = 0; level != NULL && l < random->level_count; l++)
        level[l] = l;
    if (level == NULL)
        return false;
    qsort_r(level, (size_t)random->level_count, sizeof *level, by_name, (void *)random->levels);
    for (int32_t l = 0; l < random->level_count; l++)
        named[level[l]] = l;
    mem_free(level);
    return true;
}

static bool make_orders(const struct rowcov *m, struct draw_work *w)
{
    struct order o = { .m = m, .w = w };
    bool ok;

    w->named = NEW_ARRAY(int32_t *, m->term_count + 1);
    w->place = NEW_ARRAY(size_t, m->n + m->cluster_count + 1);
    ok = w->named != NULL && w->place != NULL;
    for (int t = 0; ok && t < m->term_count; t++)
        ok = (w->named[t] = NEW_ARRAY(int32_t, m->terms[t].random->level_count + 1)) != NULL
             && set_names(m->terms[t].random, w->named[t]);
    if (!ok)
        return false;
    w->turn = w->place + m->n;
    for (size_t c = 0; c < m->cluster_count; c++) {
        o.from = m->clusters[c].from;
        for (size_t i = 0; i < m->clusters[c].count; i++)
            w->place[o.from + i] = i;
        qsort_r(w->place + o.from, m->clusters[c].count, sizeof *w->place, by_row, &o);
        w->turn[c] = c;
    }
    qsort_r(w->turn, m->cluster_count, sizeof *w->turn, by_rows, &o);
    return true;
}

static void free_orders(const struct rowcov *m, struct draw_work *w)
{
    for (int t = 0; w->named != NULL && t < m->term_count; t++)
        mem_free(w->named[t]);
    mem_free(w->named);
    mem_free(w->place);
}

/* --- draws --------------------------------------------------------------------------------------------- */

static bool make_work(const struct rowcov *m, struct draw_work *w)
{
    size_t n = m->largest;
    double *at = w->block = NEW_ARRAY(double, n *n + (4 + D_COUNT) * n + 1);

    w->C = at;
    w->modes = at + n * n;
    w->z = w->modes + n;
    w->b = w->z + n;
    w->eta = w->b + n;
    for (int k = 0; k < D_COUNT; k++)
        w->out[k] = w->eta + (size_t)(k + 1) * n;
    return at != NULL;
}

/* In the order of the cluster's places: L, b^, and the factor of B; false where there is none. */
static bool set_cluster(struct rowcov *m, const struct rowcov_cluster *c, struct draw_work *w)
{
    struct rowcov_laplace *l = m->laplace;
    const size_t *place = w->place + c->from;
    size_t n = c->count;
    int count = (int)n;

    rowcov_fill(m, c, false, l->M);
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            size_t a = place[i] > place[j] ? place[i] : place[j], b = place[i] > place[j] ? place[j] : place[i];

            l->S[i + j * n] = l->M[a + b * n];
        }
    laplace_half(n, l->S, l->L, &m->watch);
    if (watch_stopped(&m->watch))
        return false;
    for (size_t j = 0; j < n; j++) {
        w->modes[j] = 0.0;
        for (size_t i = 0; i < n; i++) {
            w->modes[j] += i < j ? 0.0 : l->L[i + j * n] * m->alpha[c->from + place[i]];
            l->S[i + j * n] = i < j ? 0.0 : -l->d[D_ETA2][c->from + place[i]] * l->L[i + j * n];
            w->C[i + j * n] = i == j;
        }
    }
    watched_product("TN", count, count, count, 1.0, l->L, count, l->S, count, 1.0, w->C, count, &m->watch);
    return chol_factor_watched(count, w->C, count, &m->watch) == 0;
}

/* sum l - b'b / 2 at b; -Infinity where there is none. */
static double joint_at(struct rowcov *m, const struct rowcov_cluster *c, struct draw_work *w)
{
    struct rowcov_laplace *l = m->laplace;
    const size_t *place = w->place + c->from;
    size_t n = c->count;
    double density, square = 0.0;

    for (size_t i = 0; i < n; i++)
        w->eta[i] = l->eta[c->from + i] - l->a[c->from + i];
    for (size_t j = 0; j < n; j++) {
        square += w->b[j] * w->b[j];
        for (size_t i = j; i < n; i++)
            w->eta[place[i]] += l->L[i + j * n] * w->b[j];
    }
    density = response_density(&l->response, c->from, n, w->eta, ORDER_VALUE, w->out);
    return isfinite(density) ? density - 0.5 * square : -(double)INFINITY;
}

/* b^ + C^-T z into b, and z'z / 2. */
static double draw(const struct rowcov_cluster *c, struct draw_work *w, struct rng *rng)
{
    double norm = 0.0;

    for (size_t j = 0; j < c->count; j++) {
        w->z[j] = rng_normal(rng);
        norm += w->z[j] * w->z[j];
    }
    chol_solve_upper((int)c->count, w->C, (int)c->count, w->z);
    return 0.5 * norm;
}

/* Adds the log of the mean weight of the cluster's draws, and that without each batch. */
static void add_cluster(struct rowcov *m, const struct rowcov_cluster *c, struct draw_work *w, struct rng *rng, double out[WAYS])
{
    size_t n = c->count;
    double top, sum = 0.0, largest = -HUGE_VAL, log_weight[2 * BATCHES * PAIRS_MOST], batch[BATCHES] = { 0.0 };
    int each = 2 * w->pairs, draws = BATCHES * each;

    memcpy(w->b, w->modes, sizeof(double) * n);
    top = joint_at(m, c, w);
    for (int r = 0; r < draws; r += 2) {
        double half = draw(c, w, rng);

        for (int side = 0; side < 2; side++) {
            for (size_t j = 0; j < n; j++)
                w->b[j] = w->modes[j] + (side == 0 ? w->z[j] : -w->z[j]);
            log_weight[r + side] = joint_at(m, c, w) - top + half;
            largest = fmax(largest, log_weight[r + side]);
        }
    }
    for (int r = 0; r < draws; r++) {
        batch[r / each] += exp(log_weight[r] - largest);
        sum += exp(log_weight[r] - largest);
    }
    out[ALL] += largest + log(sum / draws);
    for (int b = 0; b < BATCHES; b++)
        out[1 + b] += largest + log(fmax(sum - batch[b], DBL_EPSILON * sum) / (draws - each));
}

/* What the draws add to the log likelihood at x; false where Laplace's approximation has no value. */
static bool add_all(struct rowcov *m, const double x[], struct draw_work *w, double out[WAYS])
{
    struct rng rng;

    if (!(rowcov_value(m, x) < MINIMIZE_BAD))
        return false;
    memset(out, 0, sizeof *out * WAYS);
    for (size_t at = 0; at < m->cluster_count; at++) {
        const struct rowcov_cluster *c = &m->clusters[w->turn[at]];

        rng_init(&rng, SEED, (uint64_t)at);
        if (watch_stopped(&m->watch) || !set_cluster(m, c, w))
            return false;
        add_cluster(m, c, w, &rng, out);
    }
    for (int b = 0; b < WAYS; b++)
        if (!isfinite(out[b]))
            return false;
    return true;
}

/* score (q x WAYS) of what is not held. */
static bool set_score(struct rowcov_task *task, const double variance[], struct draw_work *w, double *score)
{
    int q = task->count;

    for (int j = 0; j < q; j++) {
        double h = STEP * sqrt(variance[j]), up[WAYS], down[WAYS];

        for (int b = 0; b < WAYS; b++)
            score[j + b * q] = 0.0;
        if (task->held[j] || !(h > 0.0))
            continue;
        memcpy(task->trial, task->x, sizeof(double) * (size_t)q);
        task->trial[j] += h;
        if (!add_all(task->m, task->trial, w, up))
            return false;
        task->trial[j] -= 2.0 * h;
        if (!add_all(task->m, task->trial, w, down))
            return false;
        for (int b = 0; b < WAYS; b++)
            score[j + b * q] = (up[b] - down[b]) / (2.0 * h);
    }
    return true;
}

/* out (q) := V s, V = 2 H^-1 without flat directions; s NULL: the diagonal of V. */
static void times_covariance(const struct rowcov_task *task, const double s[], double out[])
{
    int q = task->count;

    memset(out, 0, sizeof(double) * (size_t)q);
    for (int v = 0; v < q; v++) {
        const double *e = task->vectors + (size_t)v * (size_t)q;
        double along = 0.0;

        if (!(task->values[v] > ROWCOV_FLAT))
            continue;
        for (int i = 0; i < q && s != NULL; i++)
            along += task->held[i] ? 0.0 : e[i] * s[i];
        for (int i = 0; i < q; i++)
            out[i] += task->held[i] ? 0.0 : 2.0 / task->values[v] * e[i] * (s != NULL ? along : e[i]);
    }
}

/* Keeps a quantity where it moves most: its moves, in standard errors. */
static void keep(struct approximation *out, struct approximation what, const double move[WAYS])
{
    double mean = 0.0, square = 0.0;

    for (int b = 1; b < WAYS; b++)
        mean += move[b] / BATCHES;
    for (int b = 1; b < WAYS; b++)
        square += (move[b] - mean) * (move[b] - mean);
    if (!isfinite(move[ALL]) || (out->kind != APPROXIMATION_NONE && fabs(move[ALL]) <= fabs(out->drift)))
        return;
    what.draws = out->draws;
    what.drift = move[ALL];
    what.error = sqrt(square * (BATCHES - 1) / BATCHES);
    *out = what;
}

/* delta: q x WAYS. */
static void price_all(const struct rowcov_task *task, const struct fit *fit, const double variance[], double *delta,
                      struct approximation *out)
{
    const struct rowcov *m = task->m;
    int p = m->p, q = task->count, step = 1;
    double move[WAYS];

    for (int t = 0; t < m->term_count; t++)
        for (int a = 0; a < m->terms[t].sd_count; a++) {
            int at = m->terms[t].first + a;
            const struct random_design *random = m->terms[t].random;

            for (int b = 0; b < WAYS; b++)
                move[b] = delta[at + b * q] / sqrt(variance[at]) * (task->x[at] < 0.0 ? -1.0 : 1.0);
            if (!task->held[at] && variance[at] > 0.0)
                keep(out,
                     (struct approximation){ .kind = APPROXIMATION_SD,
                                             .group = random->group,
                                             .name = m->terms[t].sd_count == random->k ? random->names[a] : "(Intercept)" },
                     move);
        }
    for (int b = 0; b < WAYS && p > 0; b++)
        dtrsv_("U", "N", "N", &p, m->R, &p, delta + b * q, &step);
    for (int j = 0; j < p; j++) {
        for (int b = 0; b < WAYS; b++)
            move[b] = delta[j + b * q] / fit->se[j];
        keep(out, (struct approximation){ .kind = APPROXIMATION_FIXED, .name = m->design->names[j] }, move);
    }
}

bool rowcov_price(struct rowcov_task *task, struct fit *fit, struct glmm_error *err)
{
    struct rowcov *m = task->m;
    size_t q = (size_t)task->count;
    struct draw_work w = { 0 };
    double *variance, *score, *delta, work = 0.0;
    bool ok;

    for (size_t at = 0; at < m->cluster_count; at++)
        work += (double)m->clusters[at].count * (double)m->clusters[at].count;
    if (task->linear || !task->have_hessian || fit->optimum.verdict != VERDICT_OK || work * (double)(4 * q * BATCHES) > MOST_WORK)
        return true;
    variance = NEW_ARRAY(double, q *(1 + 2 * WAYS) + 1);
    ok = (variance != NULL && make_work(m, &w) && make_orders(m, &w)) || fail_memory(err);
    if (ok) {
        score = variance + q;
        delta = score + q * WAYS;
        w.pairs = (int)fmax(1.0, fmin(PAIRS_MOST, CHEAP_DENSITIES / ((double)m->n * (double)(4 * q * BATCHES))));
        fit->approximation.draws = 2 * BATCHES * w.pairs;
        times_covariance(task, NULL, variance);
        if (set_score(task, variance, &w, score)) {
            for (size_t b = 0; b < WAYS; b++)
                times_covariance(task, score + b * q, delta + b * q);
            price_all(task, fit, variance, delta, &fit->approximation);
        }
    }
    mem_free(variance);
    mem_free(w.block);
    free_orders(m, &w);
    return ok;
}
