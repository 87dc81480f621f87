/* pool-shares.c -- intraclass correlations of multiply imputed data, pooled as angles.  See pool.h.
 *
 * With a = arcsin sqrt(share), the angle that makes the variance of a proportion about constant, and the ends l and u of the
 * interval of each imputation, the pooled ends are those of
 *
 *   Q - q sqrt(T_l),   Q + q sqrt(T_u),   Q = mean a,   T = mean ((a(end) - a) / z)^2 + (1 + 1/m) B,
 *
 * z the quantile of the normal law that the profile has gone by, q that of t with Rubin's df of that side: a profile rises more
 * steeply on one side than on the other, and one error for both would be wrong on either.  Where B is 0 and the imputations are
 * alike this is the interval of each. */
#include <math.h>
#include <Rmath.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "infer/icc-interval.h"
#include "infer/icc.h"
#include "infer/pool.h"

/* The angle of a share: finite at 0 and 1, with a variance that hardly hangs on the share. */
static double angle(double share)
{
    return asin(sqrt(share));
}

/* The share at an angle; one beyond a right angle or below 0 is that edge. */
static double share_at(double at)
{
    return at <= 0 ? 0 : at >= M_PI_2 ? 1 : pow(sin(at), 2);
}

static double mean_share(const double share[], int m)
{
    double sum = 0;
    bool same = true;

    for (int i = 0; i < m; i++) {
        sum += angle(share[i]) / m;
        same = same && share[i] == share[0];
    }
    return same ? share[0] : share_at(sum);
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

/* One end: side 0 the lower, 1 the upper.  Returns the fraction of missing information that its errors give; NaN where an end of
 * an imputation is at the edge, which is then the pooled one: on that side the data set no bound. */
static double pool_end(const double share[], const double ends[], double *room, int m, int side, double level, double *out)
{
    double q = qnorm(0.5 + 0.5 * level, 0, 1, 1, 0), edge = side == 0 ? 0 : 1, wide;
    struct pooled pooled;

    for (int i = 0; i < m; i++)
        if (ends[2 * i + side] == edge) {
            *out = edge;
            return (double)NAN;
        }
    for (int i = 0; i < m; i++) {
        room[i] = angle(share[i]);
        room[m + i] = pow((angle(ends[2 * i + side]) - room[i]) / q, 2);
    }
    pool_numbers(m, room, room + m, (double)INFINITY, &pooled);
    wide = pooled.se * (isinf(pooled.df) ? q : qt(0.5 + 0.5 * level, pooled.df, 1, 0));
    *out = share_at(pooled.estimate + (side == 0 ? -wide : wide));
    return pooled.fmi;
}

/* `ends`: of the share in each fit, at that level. */
static void pool_share(const double share[], const double ends[], double *room, int m, double level, struct pooled_share *out)
{
    double fmi[2];

    out->lower = out->upper = out->fmi = (double)NAN;
    for (int i = 0; i < m; i++)
        if (isnan(ends[2 * i]) || isnan(ends[2 * i + 1]))
            return;
    fmi[0] = pool_end(share, ends, room, m, 0, level, &out->lower);
    fmi[1] = pool_end(share, ends, room, m, 1, level, &out->upper);
    out->fmi = fmax(fmi[0], fmi[1]);
}

/* The design effect of a share: imputations may differ in their rows, and so in how many a level has.  False
 * when memory is out. */
static bool mean_effect(const struct imputed *imputed, int t, double share, double *effect)
{
    double size = 0;

    *effect = 0;
    for (int k = 0; k < imputed->count && !isnan(size); k++)
        if (imputed->one[k].counts)
            *effect += icc_design_effect(imputed->one[k].fit, t, share, &size) / imputed->counted;
    return !isnan(size);
}

/* Shares of each group in one fit, and their ends: m of a term each, this the i-th. */
static bool one_fit(const struct fit *fit, int i, int m, double level, bool asked, double *share, double *all, double *ends,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    struct icc_intervals intervals = { 0 };
    struct icc_parts parts;
    bool ok = icc_intervals_find(fit, level, asked, 0, 0, progress, &intervals, err);

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

bool pool_shares(const struct fit *fit, double level, bool asked, struct arena *arena, const struct glmm_progress *progress,
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
            && !(takes(&imputed->one[k], err)
                 && one_fit(imputed->one[k].fit, at++, m, level, asked, share, all, ends, progress, err)))
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
        if (!mean_effect(imputed, t, s->share, &s->effect))
            return fail_memory(err);
        ++*count;
    }
    *out = list;
    return true;
}
