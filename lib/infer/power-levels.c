/* power-levels.c -- how many levels have a power, from points that were simulated (power.h).
 *
 * The error of a coefficient falls as the root of the levels n, and the test is one of t: with d = a sqrt(n) the power is that of
 * the noncentral t,
 *
 *   power(n) = P(|T| > c),   T ~ t(df, d)   = E [ Phi(d - c S) + Phi(-d - c S) ],   S^2 ~ chi2(df) / df,
 *
 * so that one number, a, is to be estimated, by the likelihood of the counts: points where all replicates found it, or none, say
 * what they can.  c is the mean critical value of a point's tests, and df the one that has it; between points df is linear in n,
 * and beyond them it is in proportion to n.  The mean over S is that over NODES quantiles of equal weight. */
#include <math.h>
#include <Rmath.h>

#include "infer/power.h"

enum { NODES = 64, HALVINGS = 60 };
static const double FEWEST = 1, MOST = 1e9; /* levels that an answer may have */

/* A test at some number of levels. */
struct law {
    double root, critical, s[NODES];
};

/* The df of t whose critical value is c: Inf for that of z. */
static double df_of_critical(double c, double alpha)
{
    static const double LEAST_DF = 0.5;
    double low = 0, high = 1 / LEAST_DF; /* of 1 / df */

    if (!(c > qnorm(0.5 * alpha, 0, 1, 0, 0)))
        return (double)INFINITY;
    for (int step = 0; step < HALVINGS; step++) {
        double middle = 0.5 * (low + high);

        *(qt(0.5 * alpha, 1 / middle, 0, 0) < c ? &low : &high) = middle;
    }
    return 1 / high;
}

static void law_begin(struct law *law, double levels, double critical, double df)
{
    law->root = sqrt(levels);
    law->critical = critical;
    for (int k = 0; k < NODES; k++)
        law->s[k] = isinf(df) ? 1 : sqrt(qchisq((k + 0.5) / NODES, df, 1, 0) / df);
}

/* The chance to miss the effect, where it has a of its errors in one level, and how the power rises with a. */
static double law_missed(const struct law *law, double a, double *rise)
{
    double d = a * law->root, missed = 0;

    *rise = 0;
    for (int k = 0; k < NODES; k++) {
        double c = law->critical * law->s[k];

        missed += pnorm(c - d, 0, 1, 1, 0) - pnorm(-c - d, 0, 1, 1, 0);
        *rise += law->root * (dnorm(d - c, 0, 1, 0) - dnorm(d + c, 0, 1, 0));
    }
    *rise /= NODES;
    return missed / NODES;
}

/* The slope of the log-likelihood of the counts in a, and the information about a. */
static double law_score(const struct power_point points[], const struct law laws[], int count, double a, double *information)
{
    double score = 0;

    *information = 0;
    for (int i = 0; i < count; i++) {
        double rise, missed = law_missed(&laws[i], a, &rise), n = (double)points[i].used, found = (double)points[i].found;

        if (missed > 0 && missed < 1) {
            score += rise * (found / (1 - missed) - (n - found) / missed);
            *information += n * rise * rise / ((1 - missed) * missed);
        } else if (missed <= 0 && found < n)
            return -(double)INFINITY; /* what does not happen at this a has happened */
    }
    return score;
}

/* The df at n levels, by those of the points. */
static double df_at(const struct power_point points[], const double df[], int count, double n)
{
    int below = -1, above = -1;
    double part;

    for (int i = 0; i < count; i++) {
        if (points[i].levels <= n && (below < 0 || points[i].levels > points[below].levels))
            below = i;
        if (points[i].levels >= n && (above < 0 || points[i].levels < points[above].levels))
            above = i;
    }
    if (below < 0 || above < 0) {
        int nearest = below >= 0 ? below : above >= 0 ? above : 0; /* neither: n is NaN, and so is what follows */

        return df[nearest] * n / points[nearest].levels;
    }
    if (isinf(df[below]) || isinf(df[above]) || points[below].levels == points[above].levels)
        return df[below];
    part = (n - points[below].levels) / (double)(points[above].levels - points[below].levels);
    return df[below] + part * (df[above] - df[below]);
}

static double law_power(const struct power_point points[], const double df[], int count, double alpha, double a, double n)
{
    static const double LEAST_DF = 0.25; /* below, at less than a level, a critical value has no end */
    struct law law;
    double at = fmax(df_at(points, df, count, n), LEAST_DF), rise;

    law_begin(&law, n, isinf(at) ? qnorm(0.5 * alpha, 0, 1, 0, 0) : qt(0.5 * alpha, at, 0, 0), at);
    return 1 - law_missed(&law, a, &rise);
}

/* Where the law of the points is at `target`, between `low` and `high` levels, an end of them where it is so beyond it; NaN where
 * the counts tell it to no better than half of it. */
static double law_levels(const struct power_point points[], int count, double alpha, double target, double low, double high)
{
    static const double ENOUGH = 4; /* a in its errors: n goes as a^-2, so that its error is half of it */
    static const double SURE = 8;   /* standard deviations beyond which a test misses nothing */
    struct law laws[POWER_POINTS];
    double df[POWER_POINTS], least = 0, most = 0, information;

    for (int i = 0; i < count; i++) {
        df[i] = df_of_critical(points[i].critical, alpha);
        law_begin(&laws[i], points[i].levels, points[i].critical, df[i]);
        most = fmax(most, (points[i].critical * laws[i].s[NODES - 1] + SURE) / laws[i].root);
    }
    for (int step = 0; step < HALVINGS; step++) {
        double a = 0.5 * (least + most);

        *(law_score(points, laws, count, a, &information) > 0 ? &least : &most) = a;
    }
    law_score(points, laws, count, least, &information);
    if (!(least * sqrt(information) > ENOUGH))
        return (double)NAN;
    if (law_power(points, df, count, alpha, least, low) >= target)
        return low;
    if (law_power(points, df, count, alpha, least, high) < target)
        return high;
    for (int step = 0; step < HALVINGS; step++) {
        double n = sqrt(low * high);

        *(law_power(points, df, count, alpha, least, n) < target ? &low : &high) = n;
    }
    return high;
}

/* Whether the point of so many levels has, by its interval, another power. */
static bool has_another(const struct power_point points[], int count, double levels, double target)
{
    for (int i = 0; i < count; i++)
        if (!(points[i].levels < levels || points[i].levels > levels) && (points[i].lower > target || points[i].upper < target))
            return true;
    return false;
}

/* The points between which every crossing of `target` is (by chance there may be more than one); from the last on, or up to the
 * first, where all are at one side: true. */
static bool enclose(const struct power_point points[], int count, double target, double *low, double *high)
{
    double least = MOST, most = 0, first = MOST, last = 0; /* of all, the least that has it, the most that has not */

    for (int i = 0; i < count; i++) {
        least = fmin(least, points[i].levels);
        most = fmax(most, points[i].levels);
        if (points[i].power >= target)
            first = fmin(first, points[i].levels);
        else
            last = fmax(last, points[i].levels);
    }
    if (first >= MOST || last <= 0) {
        *low = last > 0 ? most : FEWEST;
        *high = last > 0 ? MOST : least;
        return true;
    }
    *low = least;
    *high = most;
    for (int i = 0; i < count; i++) {
        if (points[i].levels < first)
            *low = fmax(*low, points[i].levels);
        if (points[i].levels > last)
            *high = fmin(*high, points[i].levels);
    }
    return false;
}

double power_levels(const struct power_point points[], int count, double alpha, double target, bool *beyond)
{
    struct power_point known[POWER_POINTS];
    double low, high, at;
    int used = 0;

    for (int i = 0; i < count && used < POWER_POINTS; i++)
        if (points[i].used > 0 && isfinite(points[i].critical))
            known[used++] = points[i];
    *beyond = enclose(known, used, target, &low, &high);
    if (used < 2)
        return (double)NAN;
    at = law_levels(known, used, alpha, target, low, high);
    return at >= MOST || has_another(known, used, at, target) ? (double)NAN : at;
}
