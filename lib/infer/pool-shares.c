/* pool-shares.c -- intraclass correlations of multiply imputed data, pooled as their logits.  See pool.h. */
#include <math.h>
#include <Rmath.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "infer/icc-interval.h"
#include "infer/icc.h"
#include "infer/pool.h"

static double logit(double x)
{
    return log(x) - log1p(-x);
}

static double inverse(double x)
{
    return 1 / (1 + exp(-x));
}

/* Of logits, where all have one. */
static double mean_share(const double value[], int m)
{
    double sum = 0, plain = 0;
    bool inside = true;

    for (int i = 0; i < m; i++) {
        plain += value[i] / m;
        inside = inside && value[i] > 0 && value[i] < 1;
    }
    for (int i = 0; inside && i < m; i++)
        sum += logit(value[i]) / m;
    return inside ? inverse(sum) : plain;
}

/* Whether a fit has shares that are determined. */
static bool takes(const struct imputed_fit *one, struct glmm_error *err)
{
    if (!icc_is_defined(one->fit, "icc", err) || !fit_has_rows(one->fit, err))
        return false;
    return one->fit->identity == NULL
           || fail(err, GLMM_E_MODEL, NOWHERE, "imputation %g does not determine all variances on which a share depends",
                   one->number);
}

/* `ends`: of the share in each fit, at 95 %. */
static void pool_share(const double share[], const double ends[], double *room, int m, double level, struct pooled_share *out)
{
    double reach = 2 * qnorm(0.975, 0, 1, 1, 0), wide;
    struct pooled pooled;

    out->lower = out->upper = out->fmi = (double)NAN;
    for (int i = 0; i < m; i++) {
        if (!(share[i] > 0 && share[i] < 1 && ends[2 * i] > 0 && ends[2 * i + 1] < 1))
            return;
        room[i] = logit(share[i]);
        room[m + i] = pow((logit(ends[2 * i + 1]) - logit(ends[2 * i])) / reach, 2);
    }
    pool_numbers(m, room, room + m, (double)INFINITY, &pooled);
    wide = pooled.se * (isinf(pooled.df) ? qnorm(0.5 + 0.5 * level, 0, 1, 1, 0) : qt(0.5 + 0.5 * level, pooled.df, 1, 0));
    out->lower = inverse(pooled.estimate - wide);
    out->upper = inverse(pooled.estimate + wide);
    out->fmi = pooled.fmi;
}

/* Shares of each group in one fit, and their ends: m of a term each, this the i-th. */
static bool one_fit(const struct fit *fit, int i, int m, double *share, double *all, double *ends,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    struct icc_intervals intervals = { 0 };
    struct icc_parts parts;
    bool ok = icc_intervals_find(fit, 0.95, false, 0, 0, progress, &intervals, err);

    icc_parts(fit, &parts);
    for (int t = 0; ok && t < fit->design->random_count; t++) {
        double group = icc_group(fit, t);

        share[t * m + i] = group / (parts.random + parts.residual);
        all[t * m + i] = group / (parts.random + parts.residual + parts.fixed);
        ends[2 * (t * m + i)] = intervals.group[t].share.lower;
        ends[2 * (t * m + i) + 1] = intervals.group[t].share.upper;
    }
    icc_intervals_clear(&intervals);
    return ok;
}

bool pool_shares(const struct fit *fit, double level, struct arena *arena, const struct glmm_progress *progress,
                 const struct pooled_share **out, int *count, struct glmm_error *err)
{
    const struct imputed *imputed = fit->imputed;
    const struct fit *first = imputed_first(imputed);
    int terms = first->design->random_count, m = imputed->counted, at = 0;
    struct pooled_share *list = arena_alloc(arena, (size_t)terms + 1, sizeof *list);
    double *share = arena_alloc(arena, 4 * (size_t)terms * (size_t)m + 2 * (size_t)m + 1, sizeof *share);
    double *all = share + terms * m, *ends = all + terms * m, *room = ends + 2 * terms * m;

    if (list == NULL || share == NULL)
        return fail_memory(err);
    for (int k = 0; k < imputed->count; k++)
        if (imputed->one[k].counts
            && !(takes(&imputed->one[k], err) && one_fit(imputed->one[k].fit, at++, m, share, all, ends, progress, err)))
            return false;
    *count = 0;
    for (int t = 0; t < terms; t++) {
        struct pooled_share *s = &list[*count];

        if (!icc_is_group(first, t))
            continue;
        *s = (struct pooled_share){ .term = t, .share = mean_share(share + t * m, m), .of_all = mean_share(all + t * m, m) };
        for (int i = 0; i < m; i++)
            s->zero += share[t * m + i] == 0;
        pool_share(share + t * m, ends + 2 * t * m, room, m, level, s);
        ++*count;
    }
    *out = list;
    return true;
}
