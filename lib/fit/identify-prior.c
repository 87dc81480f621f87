/* identify-prior.c -- what a prior of random effects determines of the variances that the data leave open.
 *
 * The likelihood is the same along the directions D of the variances that nothing determines.  So is the posterior density along
 * those of them in which the prior does not change: of one that does not touch them, or of one whose value is a function of what
 * is determined (-2 log density of normal(0, s) is v / s^2: that of two variances hangs on their sum alone).  The slopes of the
 * prior at as many points as there can be directions, and some more, are a matrix whose null space within D is just this; where
 * the search ended is no part of the question.
 *
 * The points are those where the prior changes most: an SD is about its prior's own scale, another multiple of it in each point
 * and for each effect, so that no sum is met by chance. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"
#include "model/prior.h"

enum { MORE_POINTS = 3 };

static const double GOLDEN = 0.6180339887498949, /* its multiples' fractions fill an interval evenly */
    LEAST_SHARE = 0.4,                           /* of the scale of a prior: points lie between this and 1 more */
    TOGETHER = 0.25,                             /* the correlation at a point, of terms that have one */
    UNEQUAL = 0.01;                              /* of the larger SD: modes that are equal in theory differ by less */

/* The SD about which a law changes most. */
static double law_scale(const struct prior_rule *rule)
{
    if (rule == NULL)
        return 1.0;
    switch (rule->law) {
    case PRIOR_GAMMA:
        return rule->scale > 0.0 ? rule->center / rule->scale : 1.0;
    case PRIOR_WISHART:
        return isfinite(rule->scale) ? sqrt(rule->scale) : 1.0;
    case PRIOR_NORMAL:
    case PRIOR_T:
        break;
    }
    return fabs(rule->center) + rule->scale;
}

/* The slope in the entry (a, b) of a covariance matrix of k effects with the SDs sd[] and the same correlation between any two.
 */
static double wishart_slope(const struct prior_rule *rule, int k, double correlation, const double sd[], int a, int b)
{
    double inverse = ((a == b) - correlation / (1.0 + (k - 1) * correlation)) / ((1.0 - correlation) * sd[a] * sd[b]),
           slope = (a == b) / rule->scale - (rule->df - k - 1) * inverse;

    return a == b ? slope : 2.0 * slope; /* the entry stands in the matrix twice */
}

/* The slopes of -2 log density at a point, in the covariance parameters of the full design times their size.  sd: room for the
 * effects of a term. */
static void slopes_at(const struct reduction *r, int point, double sd[], double slopes[])
{
    const struct prior *prior = r->full->prior;
    int at = 0, effect = 0;

    for (int t = 0; t < r->full->random_count; t++) {
        const struct random_design *random = &r->full->random[t];
        const struct prior_rule *matrix = prior_of_covariance(prior, random->group);
        double correlation = covariance_end(random->covariance, (size_t)random->k, 0) > 1 ? TOGETHER : 0.0;

        for (int a = 0; a < random->k; a++, effect++) {
            const struct prior_rule *own = prior_of_sd(prior, random->group, random->names[a]);
            double share = fmod(GOLDEN * (1 + effect + point * parameter_count(r->full, false)), 1.0);

            sd[a] = (LEAST_SHARE + share) * law_scale(own == NULL ? matrix : own);
        }
        for (int b = 0; b < random->k; b++)
            for (size_t a = (size_t)b; a < covariance_end(random->covariance, (size_t)random->k, (size_t)b); a++, at++) {
                const struct prior_rule *own = prior_of_sd(prior, random->group, random->names[a]);
                double slope = 0.0, bend;

                slopes[at] = matrix == NULL ? 0.0 : wishart_slope(matrix, random->k, correlation, sd, (int)a, b);
                if (own != NULL && (int)a == b) {
                    prior_penalty(own, sd[a], &slope, &bend);
                    slopes[at] += slope / (2.0 * sd[a]); /* in the variance */
                }
                slopes[at] *= r->size[at];
            }
    }
}

/* A row of the matrix: the slopes along each direction, relative to what they would be at most without cancellation. */
static void set_row(const double slopes[], int parameters, const double *directions, int full, int open, double *row, int ld)
{
    double most = 0.0;

    for (int v = 0; v < open; v++) {
        double sum = 0.0, size = 0.0;

        for (int f = 0; f < parameters; f++) {
            sum += slopes[f] * directions[f + v * full];
            size += fabs(slopes[f] * directions[f + v * full]);
        }
        row[v * ld] = sum;
        most = fmax(most, size);
    }
    for (int v = 0; most > 0.0 && v < open; v++)
        row[v * ld] /= most;
}

int reduction_left_by_prior(const struct reduction *r, int *open)
{
    int full = r->full_count, parameters = parameter_count(r->full, false), points = full + MORE_POINTS, determined, left = -1;
    double *rows = NEW_ARRAY(double, r->count *full + 1), *directions = NEW_ARRAY(double, full *full + 1),
           *slopes = NEW_ARRAY(double, 2 * full + 2), *A = NEW_ARRAY(double, points *full + 1),
           *null = NEW_ARRAY(double, full *full + 1);

    if (rows != NULL && directions != NULL && slopes != NULL && A != NULL && null != NULL
        && (*open = reduction_open(r, rows, &determined, directions)) >= 0) {
        for (int point = 0; point < points; point++) {
            slopes_at(r, point, slopes + full + 1, slopes);
            set_row(slopes, parameters, directions, full, *open, A + point, points);
        }
        left = *open == 0 ? 0 : null_basis(points, *open, A, TOLERANCE_OPEN, null);
    }
    mem_free(rows);
    mem_free(directions);
    mem_free(slopes);
    mem_free(A);
    mem_free(null);
    return left;
}

/* --- several modes ---------------------------------------------------------------------------------------- */

static bool same_rule(const struct prior_rule *a, const struct prior_rule *b)
{
    return a == b
           || (a != NULL && b != NULL && a->law == b->law && a->center == b->center && a->scale == b->scale && a->df == b->df);
}

/* Whether two terms are one and the same to likelihood and prior. */
static bool alike(const struct reduction *r, int s, int t)
{
    const struct random_design *a = &r->full->random[s], *b = &r->full->random[t];
    const struct prior *prior = r->full->prior;
    bool same = a->k == b->k && a->level_count == b->level_count && a->covariance == b->covariance
                && same_rule(prior_of_covariance(prior, a->group), prior_of_covariance(prior, b->group));

    for (int e = 0; same && e < a->k; e++)
        same = same_rule(prior_of_sd(prior, a->group, a->names[e]), prior_of_sd(prior, b->group, b->names[e]));
    for (size_t i = 0; same && i < r->full->n; i++)
        for (int e = 0; same && e < a->k; e++)
            same = (a->z == NULL ? 1.0 : a->z[i * (size_t)a->k + (size_t)e])
                   == (b->z == NULL ? 1.0 : b->z[i * (size_t)a->k + (size_t)e]);
    return same;
}

bool reduction_tied_by_prior(const struct reduction *r, const struct fit *fit, bool *tied)
{
    *tied = false;
    for (int s = 0; s < r->full->random_count; s++)
        for (int t = 0; t < s && !*tied; t++) {
            const double *here = fit->random[s].sd, *there = fit->random[t].sd;
            bool same;

            if (!alike(r, s, t))
                continue;
            if (!identity_same_groups(r->full, s, t, &same))
                return false;
            for (int e = 0; same && e < r->full->random[s].k; e++)
                *tied = *tied || fabs(here[e] - there[e]) > UNEQUAL * fmax(here[e], there[e]);
        }
    return true;
}
