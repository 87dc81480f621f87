/* pool-linear.c -- linear functions of the coefficients of imputed data, and their standard deviations.  See pool.h. */
#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "infer/components.h"
#include "infer/pool.h"
#include "linalg/dense.h"
#include "model/residuals.h"

/* --- the covariance matrix ------------------------------------------------------------------------- */

/* Where column j of the pooled model stands in the model of one imputation; -1: its rows leave it open. */
static int place_of(const struct imputed_fit *one, int j)
{
    for (int c = 0; c < one->model->design->p; c++)
        if (one->kept[c] == j)
            return c;
    return -1;
}

static double coefficient(const struct fit *fit, int at)
{
    return at >= 0 && isfinite(fit->beta[at]) ? fit->beta[at] : (double)NAN;
}

/* Adds what imputation `one` has to the sums; beta gets its coefficients. */
static void add_within(const struct linear *each, const struct imputed_fit *one, int p, double *within, double *beta)
{
    const double *V = linear_vcov(each);
    int own = one->model->design->p;

    for (int j = 0; j < p; j++)
        beta[j] = coefficient(one->fit, place_of(one, j));
    for (int b = 0; b < p; b++)
        for (int a = 0; a < p; a++) {
            int i = place_of(one, a), j = place_of(one, b);

            within[a + (size_t)b * (size_t)p] += i < 0 || j < 0 ? (double)NAN : V[i + (size_t)j * (size_t)own];
        }
}

static bool make_matrices(struct linear *linear, struct glmm_error *err)
{
    const struct imputed *imputed = linear->fit->imputed;
    int p = linear->fit->design->p, m = linear->each_count, i = 0;
    size_t square = (size_t)p * (size_t)p;
    double *beta = mem_zalloc((size_t)p * (size_t)m + 1, sizeof *beta), *mean = mem_zalloc((size_t)p + 1, sizeof *mean);
    bool ok;

    linear->within = mem_zalloc(square + 1, sizeof *linear->within);
    linear->total = mem_zalloc(square + 1, sizeof *linear->total);
    ok = (beta != NULL && mean != NULL && linear->within != NULL && linear->total != NULL) || fail_memory(err);
    for (int k = 0; ok && k < imputed->count; k++)
        if (imputed->one[k].counts) {
            add_within(&linear->each[i], &imputed->one[k], p, linear->within, beta + (size_t)i * (size_t)p);
            i++;
        }
    for (size_t e = 0; ok && e < square; e++)
        linear->within[e] /= m;
    for (int j = 0; ok && j < p; j++)
        for (i = 0; i < m; i++)
            mean[j] += beta[j + i * p] / m;
    for (int b = 0; ok && b < p; b++)
        for (int a = 0; a < p; a++) {
            double between = 0;

            for (i = 0; i < m; i++)
                between += (beta[a + i * p] - mean[a]) * (beta[b + i * p] - mean[b]) / (m - 1);
            linear->total[a + b * p] = linear->within[a + b * p] + (1 + 1.0 / m) * between;
        }
    mem_free(beta);
    mem_free(mean);
    return ok;
}

bool pool_linear_init(struct linear *linear, enum linear_ddf ddf, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct imputed *imputed = linear->fit->imputed;
    bool ok = true;

    linear->ddf = LINEAR_BARNARD_RUBIN;
    if ((linear->each = mem_zalloc((size_t)imputed->counted + 1, sizeof *linear->each)) == NULL)
        return fail_memory(err);
    for (int k = 0; ok && k < imputed->count; k++)
        if (imputed->one[k].counts)
            ok = linear_init(&linear->each[linear->each_count++], imputed->one[k].fit, ddf, progress, err);
    return ok && make_matrices(linear, err);
}

/* --- rows ------------------------------------------------------------------------------------------ */

/* Rows as the columns of one imputation have them. */
struct own_rows {
    struct stated_rows rows;
    double *X, *dropped;
};

static void own_clear(struct own_rows *own)
{
    mem_free(own->X);
    mem_free(own->dropped);
}

static bool own_make(const struct imputed_fit *one, const struct stated_rows *rows, const size_t place[], size_t count,
                     struct own_rows *own, struct glmm_error *err)
{
    int p = one->model->design->p, dropped = one->model->design->dropped_count;

    own->X = mem_alloc(count * (size_t)p + 1, sizeof *own->X);
    own->dropped = mem_alloc(count * (size_t)dropped + 1, sizeof *own->dropped);
    own->rows = (struct stated_rows){ count, own->X, dropped > 0 ? own->dropped : NULL, rows->coefficients };
    if (own->X == NULL || own->dropped == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < p; c++)
            own->X[i + (size_t)c * count] = rows->X[place[i] + (size_t)one->kept[c] * rows->n];
        for (int c = 0; c < dropped; c++) {
            int j = one->lost[c];

            own->dropped[i + (size_t)c * count] = j >= 0                  ? rows->X[place[i] + (size_t)j * rows->n]
                                                  : rows->dropped != NULL ? rows->dropped[place[i] + (size_t)(-1 - j) * rows->n]
                                                                          : 0;
        }
    }
    return true;
}

bool pool_linear(const struct linear *linear, const struct stated_rows *rows, size_t i, struct pooled *out,
                 struct glmm_error *err)
{
    const struct imputed *imputed = linear->fit->imputed;
    int m = linear->each_count, at = 0;
    double *estimate = mem_alloc(2 * (size_t)m + 1, sizeof *estimate), df = 0;
    bool ok = estimate != NULL || fail_memory(err), known = true;

    *out = (struct pooled){ .estimate = (double)NAN,
                            .se = (double)NAN,
                            .df = (double)NAN,
                            .within = (double)NAN,
                            .between = (double)NAN,
                            .riv = (double)NAN,
                            .lambda = (double)NAN,
                            .fmi = (double)NAN,
                            .complete_df = (double)NAN };
    for (int k = 0; ok && k < imputed->count; k++) {
        struct linear_estimate one;
        struct own_rows own;

        if (!imputed->one[k].counts)
            continue;
        ok = own_make(&imputed->one[k], rows, &i, 1, &own, err) && linear_estimate(&linear->each[at], &own.rows, 0, &one, err);
        own_clear(&own);
        known = known && ok && one.estimable && isfinite(one.estimate) && isfinite(one.se);
        estimate[at] = known ? one.estimate : 0;
        estimate[m + at] = known ? one.se * one.se : 0;
        df += !known || isnan(one.df) ? (double)INFINITY : one.df / m;
        at++;
    }
    if (ok && known)
        pool_numbers(m, estimate, estimate + m, df, out);
    mem_free(estimate);
    return ok;
}

/* --- D1 -------------------------------------------------------------------------------------------- */

/* The mean of the denominators that the fits have; infinite: a chi-squared. */
static bool complete_denominator(const struct linear *linear, const struct stated_rows *rows, const size_t place[], int q,
                                 double *df, struct glmm_error *err)
{
    const struct imputed *imputed = linear->fit->imputed;
    bool ok = true;
    int at = 0;

    *df = 0;
    for (int k = 0; ok && k < imputed->count; k++) {
        struct linear_test one;
        struct own_rows own;

        if (!imputed->one[k].counts)
            continue;
        ok = own_make(&imputed->one[k], rows, place, (size_t)q, &own, err)
             && linear_test(&linear->each[at++], &own.rows, NULL, &one, err);
        own_clear(&own);
        if (ok)
            *df += isnan(one.den_df) ? (double)INFINITY : one.den_df / linear->each_count;
    }
    return ok;
}

/* L M L' of the rows `place`. */
static void sandwich(const double *M, int p, const struct stated_rows *rows, const size_t place[], int q, double *out)
{
    for (int b = 0; b < q; b++)
        for (int a = 0; a < q; a++) {
            double sum = 0;

            for (int j = 0; j < p; j++)
                for (int i = 0; rows->X[place[b] + (size_t)j * rows->n] != 0 && i < p; i++)
                    if (rows->X[place[a] + (size_t)i * rows->n] != 0)
                        sum += rows->X[place[a] + (size_t)i * rows->n] * M[i + (size_t)j * (size_t)p]
                               * rows->X[place[b] + (size_t)j * rows->n];
            out[a + b * q] = sum;
        }
}

/* D1 and its riv, of the distances d; false where the variance within imputations is singular. */
static bool statistic_of(int q, double *within, double *total, double *d, double *statistic, double *riv)
{
    double trace = 0, length = 0;

    if (chol_factor(q, within, q) != 0)
        return false;
    chol_solve_lower(q, within, q, d);
    for (int k = 0; k < q; k++)
        length += d[k] * d[k];
    for (int b = 0; b < q; b++) { /* tr(U^-1 T) */
        chol_solve_lower(q, within, q, total + (size_t)b * (size_t)q);
        chol_solve_upper(q, within, q, total + (size_t)b * (size_t)q);
        trace += total[b + b * q];
    }
    *riv = fmax(trace / q - 1, 0);
    *statistic = length / (q * (1 + *riv));
    return true;
}

static void set_test(struct linear_test *out, double statistic, int q, double df)
{
    out->statistic = isinf(df) ? statistic * q : statistic;
    out->den_df = isinf(df) ? (double)NAN : df;
    out->p = isinf(df) ? pchisq(out->statistic, q, 0, 0) : pf(statistic, q, df, 0, 0);
}

bool pool_test(const struct linear *linear, const struct stated_rows *rows, const size_t place[], int q, const double miss[],
               struct linear_test *out, struct glmm_error *err)
{
    size_t square = (size_t)q * (size_t)q;
    double *within = mem_alloc(2 * square + (size_t)q, sizeof *within), *total, *d, statistic, riv, df;
    struct pooled one;
    bool ok = within != NULL || fail_memory(err);

    if (ok && q == 1) {
        ok = pool_linear(linear, rows, place[0], &one, err);
        if (ok)
            set_test(out, miss[place[0]] * miss[place[0]] / (one.se * one.se), 1, one.df);
    } else if (ok) {
        total = within + square;
        d = total + square;
        sandwich(linear->within, linear->fit->design->p, rows, place, q, within);
        sandwich(linear->total, linear->fit->design->p, rows, place, q, total);
        for (int k = 0; k < q; k++)
            d[k] = miss[place[k]];
        ok = complete_denominator(linear, rows, place, q, &df, err);
        if (ok && statistic_of(q, within, total, d, &statistic, &riv))
            set_test(out, statistic, q, pool_joint_df(linear->each_count, q, riv, df));
        else if (ok)
            *out = (struct linear_test){ .verdict = LINEAR_OPEN, .at = place[0], .den_df = (double)NAN, .scaling = 1 };
    }
    mem_free(within);
    return ok;
}

/* --- standard deviations ----------------------------------------------------------------------------- */

/* Pools one of them over the fits, whose intervals at 95 % have the errors of its logarithm. */
static void pool_deviation(const struct fit *fit, const struct components each[], double level, double *room,
                           struct pooled_sd *out)
{
    const struct imputed *imputed = fit->imputed;
    double reach = 2 * qnorm(0.975, 0, 1, 1, 0), wide;
    bool errors = true;
    struct pooled pooled;
    int m = 0;

    out->lower = out->upper = out->fmi = (double)NAN;
    for (int k = 0; k < imputed->count; k++) {
        const struct fit *one = imputed->one[k].fit;
        const struct interval *interval;
        double sd;

        if (!imputed->one[k].counts)
            continue;
        sd = out->term < 0 ? one->sigma : one->random[out->term].sd[out->a];
        out->zero += sd == 0;
        interval = components_of(&each[k], out->term, out->a);
        errors = errors && sd > 0 && interval != NULL && interval->lower > 0 && isfinite(interval->upper);
        room[m] = errors ? log(sd) : 0;
        room[imputed->count + m] = errors ? pow(log(interval->upper / interval->lower) / reach, 2) : 0;
        m++;
    }
    if (!errors || isnan(out->estimate))
        return;
    pool_numbers(m, room, room + imputed->count, (double)INFINITY, &pooled);
    wide = pooled.se * (isinf(pooled.df) ? qnorm(0.5 + 0.5 * level, 0, 1, 1, 0) : qt(0.5 + 0.5 * level, pooled.df, 1, 0));
    out->lower = exp(pooled.estimate - wide);
    out->upper = exp(pooled.estimate + wide);
    out->fmi = pooled.fmi;
}

bool pool_deviations(const struct fit *fit, double level, struct arena *arena, const struct glmm_progress *progress,
                     const struct pooled_sd **out, int *count, struct glmm_error *err)
{
    const struct imputed *imputed = fit->imputed;
    int all = fit_has_residual(fit);
    struct components *each = arena_alloc(arena, (size_t)imputed->count + 1, sizeof *each);
    double *room = arena_alloc(arena, 2 * (size_t)imputed->count + 1, sizeof *room);
    struct pooled_sd *list;

    for (int t = 0; t < fit->design->random_count; t++)
        all += fit->random[t].k;
    list = arena_alloc(arena, (size_t)all + 1, sizeof *list);
    if (each == NULL || room == NULL || list == NULL)
        return fail_memory(err);
    for (int k = 0; k < imputed->count; k++)
        if (imputed->one[k].counts && !components_curvature(imputed->one[k].fit, 0.95, arena, progress, &each[k], err))
            return false;
    *count = 0;
    for (int t = 0; t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++)
            list[(*count)++] = (struct pooled_sd){ .term = t, .a = a, .estimate = fit->random[t].sd[a] };
    if (fit_has_one_residual(fit))
        list[(*count)++] = (struct pooled_sd){ .term = -1, .estimate = fit->sigma };
    for (int i = 0; i < *count; i++)
        pool_deviation(fit, each, level, room, &list[i]);
    *out = list;
    return true;
}
