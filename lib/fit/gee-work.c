/* gee-work.c -- the rows of the clusters, and the moment estimators of the working correlation.  See gee.h. */
#include "fit/gee-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

static const double BISECTED = 1e-16;    /* a bracket of a correlation that is at its rounding */
static const double NO_VARIANCE = 1e-12; /* an eigenvalue of a correlation matrix that is singular, */
static const double NO_PIVOT = 1e-6;     /* and the root of one */

/* --- the order of rows -------------------------------------------------------------------------- */

/* Where a row goes: by cluster, by wave, as it stands. */
struct row_key {
    int32_t cluster;
    double wave;
    size_t row;
};

static int compare_keys(const void *a, const void *b)
{
    const struct row_key *x = a, *y = b;

    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->wave != y->wave)
        return x->wave < y->wave ? -1 : 1;
    return x->row < y->row ? -1 : 1;
}

static int compare_reals(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* A wave twice in a cluster: which of the two correlates how with the others is open. */
static bool check_waves(const struct gee_work *w, const struct row_key *keys, struct glmm_error *err)
{
    char text[40];

    for (size_t i = 1; i < w->n; i++)
        if (keys[i].cluster == keys[i - 1].cluster && keys[i].wave == keys[i - 1].wave) {
            fail(err, GLMM_E_DATA, NOWHERE, "rows %zu and %zu are of one cluster and one wave, %s",
                 w->design->row[keys[i - 1].row] + 1, w->design->row[keys[i].row] + 1, number_as_r(keys[i].wave, text));
            return error_argument(err, "wave");
        }
    return true;
}

static void set_order(struct gee_work *w, const struct row_key *keys, bool has_waves)
{
    int c = -1;

    for (size_t i = 0; i < w->n; i++) { /* those that have a row are numbered anew */
        if (c < 0 || keys[i].cluster != keys[i - 1].cluster)
            w->start[++c] = i;
        w->order[i] = keys[i].row;
        w->wave[i] = has_waves ? keys[i].wave : (double)(i - w->start[c] + 1);
    }
    w->clusters = c + 1;
    w->start[w->clusters] = w->n;
    for (c = 0; c < w->clusters; c++)
        w->most = (int)(w->start[c + 1] - w->start[c]) > w->most ? (int)(w->start[c + 1] - w->start[c]) : w->most;
}

/* The distinct waves, in increasing order, and which of them each row is. */
static void set_waves(struct gee_work *w)
{
    memcpy(w->waves, w->wave, sizeof *w->waves * w->n);
    qsort(w->waves, w->n, sizeof *w->waves, compare_reals);
    w->wave_count = 0;
    for (size_t i = 0; i < w->n; i++)
        if (i == 0 || w->waves[i] != w->waves[w->wave_count - 1])
            w->waves[w->wave_count++] = w->waves[i];
    for (size_t i = 0; i < w->n; i++) {
        const double *found = bsearch(&w->wave[i], w->waves, (size_t)w->wave_count, sizeof *w->waves, compare_reals);

        w->place[i] = (int)(found - w->waves);
    }
}

static bool order_rows(struct gee_work *w, const struct gee_rows *rows, struct glmm_error *err)
{
    struct row_key *keys = NEW_ARRAY(struct row_key, w->n);
    bool ok = keys != NULL || fail_memory(err);

    for (size_t i = 0; ok && i < w->n; i++)
        keys[i] = (struct row_key){ rows->cluster[i], rows->wave == NULL ? 0 : rows->wave[i], i };
    if (ok)
        qsort(keys, w->n, sizeof *keys, compare_keys);
    ok = ok && (rows->wave == NULL || check_waves(w, keys, err));
    if (ok) {
        set_order(w, keys, rows->wave != NULL);
        set_waves(w);
    }
    mem_free(keys);
    return ok;
}

/* --- X = Q R ------------------------------------------------------------------------------------ */

static bool orthonormalize(struct gee_work *w, struct glmm_error *err)
{
    int n = (int)w->n, p = w->p, room = 64 * p, info = 0;
    size_t columns = (size_t)p;
    double *X = NEW_ARRAY(double, w->n *columns), *tau = NEW_ARRAY(double, p), *work = NEW_ARRAY(double, room);
    bool ok = (X != NULL && tau != NULL && work != NULL) || fail_memory(err);

    if (ok) {
        memcpy(X, w->design->X, sizeof *X * w->n * columns);
        dgeqrf_(&n, &p, X, &n, tau, work, &room, &info);
        for (int j = 0; j < p; j++)
            memcpy(w->R + (size_t)j * columns, X + (size_t)j * w->n, sizeof *X * ((size_t)j + 1));
        dorgqr_(&n, &p, &p, X, &n, tau, work, &room, &info);
        for (size_t i = 0; i < w->n; i++)
            for (size_t j = 0; j < columns; j++)
                w->Q[i * columns + j] = X[j * w->n + w->order[i]];
        for (int i = 0; i < p; i++)
            for (int j = i; j < p; j++)
                w->gamma[i] += w->R[(size_t)j * columns + (size_t)i] * w->flat->beta[j];
    }
    mem_free(X);
    mem_free(tau);
    mem_free(work);
    return ok;
}

/* --- room --------------------------------------------------------------------------------------- */

static bool make_room(struct gee_work *w)
{
    size_t n = w->n, p = (size_t)w->p;

    w->order = NEW_ARRAY(size_t, n);
    w->start = NEW_ARRAY(size_t, w->clusters + 1);
    w->wave = NEW_ARRAY(double, n);
    w->waves = NEW_ARRAY(double, n);
    w->place = NEW_ARRAY(int, n);
    w->Q = NEW_ARRAY(double, n *p);
    w->R = NEW_ARRAY(double, p *p);
    w->gamma = NEW_ARRAY(double, p);
    w->pearson = NEW_ARRAY(double, n);
    w->weight = NEW_ARRAY(double, n);
    w->mu = NEW_ARRAY(double, n);
    w->square = NEW_ARRAY(double, n);
    w->information = NEW_ARRAY(double, p *p);
    w->score = NEW_ARRAY(double, p);
    return w->order != NULL && w->start != NULL && w->wave != NULL && w->waves != NULL && w->place != NULL && w->Q != NULL
           && w->R != NULL && w->gamma != NULL && w->pearson != NULL && w->weight != NULL && w->mu != NULL && w->square != NULL
           && w->information != NULL && w->score != NULL;
}

/* What depends on the sizes of clusters. */
static bool make_blocks(struct gee_work *w)
{
    size_t most = (size_t)w->most;
    bool each = w->corr == GEE_UNSTRUCTURED;

    w->alpha_count = w->corr == GEE_INDEPENDENCE ? 0 : each ? w->wave_count * (w->wave_count - 1) / 2 : 1;
    w->alpha = NEW_ARRAY(double, w->alpha_count);
    w->together = NEW_ARRAY(double, w->alpha_count);
    w->block = NEW_ARRAY(double, most *((size_t)w->p + 1));
    w->factor = NEW_ARRAY(double, each ? most *most : 1);
    return w->alpha != NULL && w->together != NULL && w->block != NULL && w->factor != NULL;
}

enum { WAVES_MOST = 1000 };

bool gee_work_init(struct gee_work *w, const struct fit *flat, const struct gee_rows *rows, enum gee_corr corr,
                   struct glmm_error *err)
{
    *w = (struct gee_work){ .flat = flat,
                            .design = flat->design,
                            .corr = corr,
                            .trials = rows->trials ? flat->design->trials : NULL,
                            .n = flat->design->n,
                            .p = flat->design->p,
                            .clusters = (int)rows->count };
    memcpy(w->shape, flat->shape, sizeof w->shape);
    if (flat->family->weight_divides)
        w->shape[0] = 1; /* the dispersion is phi itself */
    if (!make_room(w))
        return fail_memory(err);
    if (!order_rows(w, rows, err))
        return false;
    if (w->clusters < 2) {
        fail(err, GLMM_E_DATA, NOWHERE, "there is one cluster, and errors are made of how clusters differ");
        return error_argument(err, "id");
    }
    if (!orthonormalize(w, err))
        return false;
    if (corr == GEE_UNSTRUCTURED && w->wave_count > WAVES_MOST)
        return fail(err, GLMM_E_LIMIT, NOWHERE,
                    "an unstructured correlation of %d waves has %d parameters; %d waves are the most", w->wave_count,
                    w->wave_count * (w->wave_count - 1) / 2, (int)WAVES_MOST);
    return make_blocks(w) || fail_memory(err);
}

void gee_work_clear(struct gee_work *w)
{
    mem_free(w->order);
    mem_free(w->start);
    mem_free(w->wave);
    mem_free(w->waves);
    mem_free(w->place);
    mem_free(w->Q);
    mem_free(w->R);
    mem_free(w->gamma);
    mem_free(w->pearson);
    mem_free(w->weight);
    mem_free(w->mu);
    mem_free(w->square);
    mem_free(w->information);
    mem_free(w->score);
    mem_free(w->alpha);
    mem_free(w->together);
    mem_free(w->block);
    mem_free(w->factor);
}

/* --- moments ------------------------------------------------------------------------------------ */

int gee_pair(int count, int s, int t)
{
    return s * count - s * (s + 1) / 2 + (t - s - 1);
}

/* How many are exchangeable that row i (in the order of the clusters) stands for. */
static double count_at(const struct gee_work *w, size_t i)
{
    return w->trials == NULL ? 1 : w->trials[w->order[i]];
}

static void exchangeable_moment(struct gee_work *w)
{
    double sum = 0, pairs = 0;

    for (int c = 0; c < w->clusters; c++) {
        double total = 0, squares = 0, m = 0;

        for (size_t i = w->start[c]; i < w->start[c + 1]; i++) {
            total += sqrt(count_at(w, i)) * w->pearson[i];
            squares += w->square[i];
            m += count_at(w, i);
        }
        sum += (total * total - squares) / 2;
        pairs += m * (m - 1) / 2;
    }
    w->together[0] = pairs;
    w->alpha[0] = pairs > 0 ? sum / pairs / w->phi : 0;
}

static void unstructured_moments(struct gee_work *w)
{
    memset(w->alpha, 0, sizeof *w->alpha * (size_t)w->alpha_count);
    memset(w->together, 0, sizeof *w->together * (size_t)w->alpha_count);
    for (int c = 0; c < w->clusters; c++)
        for (size_t s = w->start[c]; s < w->start[c + 1]; s++)
            for (size_t t = s + 1; t < w->start[c + 1]; t++) {
                int pair = gee_pair(w->wave_count, w->place[s], w->place[t]);

                w->alpha[pair] += w->pearson[s] * w->pearson[t] / w->phi;
                w->together[pair]++;
            }
    for (int pair = 0; pair < w->alpha_count; pair++)
        w->alpha[pair] = w->together[pair] > 0 ? w->alpha[pair] / w->together[pair] : (double)NAN;
}

/* Pairs of rows by their lag: what the least squares of ar1 is made of. */
struct lags {
    size_t count, room;
    struct lag {
        double lag, pairs, sum;
    } * at;
    bool whole; /* each is a whole number: a negative alpha means something */
};

static int compare_lags(const void *a, const void *b)
{
    const struct lag *x = a, *y = b;

    return x->lag < y->lag ? -1 : x->lag > y->lag;
}

/* Adds up those of the same lag. */
static void join_lags(struct lags *lags)
{
    size_t used = 0;

    if (lags->count == 0)
        return;
    qsort(lags->at, lags->count, sizeof *lags->at, compare_lags);
    for (size_t i = 0; i < lags->count; i++)
        if (used > 0 && lags->at[used - 1].lag == lags->at[i].lag) {
            lags->at[used - 1].pairs += lags->at[i].pairs;
            lags->at[used - 1].sum += lags->at[i].sum;
        } else {
            lags->at[used++] = lags->at[i];
        }
    lags->count = used;
}

enum { LAGS_BATCH = 1 << 16, ROWS_A_POLL = 64 };

static bool collect_lags(const struct gee_work *w, struct lags *lags, const struct glmm_progress *progress,
                         struct glmm_error *err)
{
    lags->whole = true;
    for (int c = 0; c < w->clusters; c++)
        for (size_t s = w->start[c]; s < w->start[c + 1]; s++) {
            if (s % ROWS_A_POLL == 0 && !progress_tell(progress, "row", (double)s, (double)w->n, (double)NAN))
                return gee_stopped(err);
            for (size_t t = s + 1; t < w->start[c + 1]; t++) {
                double lag = w->wave[t] - w->wave[s];

                if (lags->count >= LAGS_BATCH && lags->count == lags->room)
                    join_lags(lags);
                if (!mem_grow((void **)&lags->at, &lags->room, lags->count + 1, sizeof *lags->at))
                    return fail_memory(err);
                lags->at[lags->count++] = (struct lag){ lag, 1, w->pearson[s] * w->pearson[t] / w->phi };
                lags->whole = lags->whole && lag == floor(lag);
            }
        }
    join_lags(lags);
    return true;
}

/* The sum of squares without what does not depend on alpha, and half its slope. */
static double lag_squares(const struct lags *lags, double alpha, double *slope)
{
    double value = 0;

    *slope = 0;
    for (size_t i = 0; i < lags->count; i++) {
        const struct lag *l = &lags->at[i];
        double power = pow(alpha, l->lag);

        value += l->pairs * power * power - 2 * l->sum * power;
        *slope += (l->pairs * power - l->sum) * (alpha == 0 ? (l->lag == 1) : l->lag * power / alpha);
    }
    return value;
}

/* The best of a grid, then bisection of the slope between its neighbours. */
static double least_squares(const struct lags *lags)
{
    enum { STEPS = 400 };
    double least = lags->whole ? -0.999999 : 0, step = (0.999999 - least) / STEPS, best = HUGE_VAL, at = 0, low, high, slope;

    for (int k = 0; k <= STEPS; k++) {
        double value = lag_squares(lags, least + k * step, &slope);

        if (value < best) {
            best = value;
            at = least + k * step;
        }
    }
    low = fmax(least, at - step);
    high = fmin(0.999999, at + step);
    for (int k = 0; k < 200 && high - low > BISECTED; k++) {
        at = (low + high) / 2;
        lag_squares(lags, at, &slope);
        if (slope > 0)
            high = at;
        else
            low = at;
    }
    return (low + high) / 2;
}

static bool ar1_moment(struct gee_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct lags lags = { 0 };
    bool ok = collect_lags(w, &lags, progress, err);

    w->together[0] = (double)lags.count;
    w->alpha[0] = ok && lags.count > 0 ? least_squares(&lags) : 0;
    mem_free(lags.at);
    return ok;
}

bool gee_stopped(struct glmm_error *err)
{
    return fail(err, GLMM_E_INTERRUPT, NOWHERE, "the estimating equations were stopped");
}

bool gee_moments(struct gee_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    double squares = 0, count = 0;

    for (size_t i = 0; i < w->n; i++) {
        squares += w->square[i];
        count += count_at(w, i);
    }
    w->phi = squares / count;
    switch (w->corr) {
    case GEE_INDEPENDENCE:
        break;
    case GEE_EXCHANGEABLE:
        exchangeable_moment(w);
        break;
    case GEE_AR1:
        return ar1_moment(w, progress, err);
    case GEE_UNSTRUCTURED:
        unstructured_moments(w);
        break;
    }
    return true;
}

/* --- a cluster, whitened ------------------------------------------------------------------------ */

/* R = (1 - a) I + a q q', with q the roots of how many each row stands for, N in all: rows are sums of their trials, of which two
 * correlate by a.  R^-1/2 x = (x - q t)/sqrt(1 - a) + q t/sqrt(1 + (N - 1) a), t = q'x/N. */
static bool whiten_exchangeable(struct gee_work *w, int c, int m)
{
    int width = w->p + 1;
    double a = w->alpha[0], within = 1 - a, between, all = 0;

    for (int i = 0; i < m; i++)
        all += count_at(w, w->start[c] + (size_t)i);
    between = 1 + (all - 1) * a;
    if (!(within > NO_VARIANCE) || !(between > NO_VARIANCE))
        return false;
    for (int j = 0; j < width; j++) {
        double mean = 0;

        for (int i = 0; i < m; i++)
            mean += sqrt(count_at(w, w->start[c] + (size_t)i)) * w->block[(size_t)i * (size_t)width + (size_t)j] / all;
        for (int i = 0; i < m; i++) {
            double *x = &w->block[(size_t)i * (size_t)width + (size_t)j],
                   part = sqrt(count_at(w, w->start[c] + (size_t)i)) * mean;

            *x = (*x - part) / sqrt(within) + part / sqrt(between);
        }
    }
    return true;
}

/* What a row adds to the one before it. */
static bool whiten_ar1(struct gee_work *w, int c, int m)
{
    size_t width = (size_t)w->p + 1;

    for (int i = m - 1; i > 0; i--) {
        double lag = w->wave[w->start[c] + (size_t)i] - w->wave[w->start[c] + (size_t)i - 1], a = pow(w->alpha[0], lag);
        double *x = &w->block[(size_t)i * width];

        if (!(a * a < 1 - NO_VARIANCE))
            return false;
        for (size_t j = 0; j < width; j++)
            x[j] = (x[j] - a * x[j - width]) / sqrt(1 - a * a);
    }
    return true;
}

/* By the Cholesky factor of the waves that the cluster has. */
static bool whiten_unstructured(struct gee_work *w, int c, int m)
{
    size_t width = (size_t)w->p + 1;
    const int *place = &w->place[w->start[c]];
    double *L = w->factor;

    for (int s = 0; s < m; s++)
        for (int t = s; t < m; t++)
            L[t + s * m] = t == s ? 1 : w->alpha[gee_pair(w->wave_count, place[s], place[t])];
    if (chol_factor(m, L, m) != 0)
        return false;
    for (int i = 0; i < m; i++)
        if (!(L[i + i * m] > NO_PIVOT))
            return false;
    for (int i = 0; i < m; i++) {
        double *x = &w->block[(size_t)i * width];

        for (int k = 0; k < i; k++)
            for (size_t j = 0; j < width; j++)
                x[j] -= L[i + k * m] * w->block[(size_t)k * width + j];
        for (size_t j = 0; j < width; j++)
            x[j] /= L[i + i * m];
    }
    return true;
}

bool gee_whiten(struct gee_work *w, int c)
{
    int m = (int)(w->start[c + 1] - w->start[c]), p = w->p;
    double root = sqrt(w->phi);

    for (int r = 0; r < m; r++) {
        size_t i = w->start[c] + (size_t)r;
        double *x = &w->block[(size_t)r * ((size_t)p + 1)];

        for (int j = 0; j < p; j++)
            x[j] = w->weight[i] / root * w->Q[i * (size_t)p + (size_t)j];
        x[p] = w->pearson[i] / root;
    }
    switch (w->corr) {
    case GEE_INDEPENDENCE:
        break;
    case GEE_EXCHANGEABLE:
        return whiten_exchangeable(w, c, m);
    case GEE_AR1:
        return whiten_ar1(w, c, m);
    case GEE_UNSTRUCTURED:
        return whiten_unstructured(w, c, m);
    }
    return true;
}
