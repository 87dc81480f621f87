/* icc-rows.c -- which groups have a row of their own in a table of shares, and what stands in it.
 *
 * Where the data determine only the sum of the variances of some groups, these have one row together. */
#include "infer/icc.h"

#include <math.h>
#include <string.h>

#include "fit/identify.h"
#include "infer/r2.h"
#include "model/family.h"

bool icc_nested(const struct fit *fit, int *term)
{
    *term = -1;
    for (int t = 0; *term < 0 && t < fit->design->random_count; t++) {
        double shared;

        if (!icc_is_group(fit, t))
            continue;
        if (!icc_shared(fit, t, &shared))
            return false;
        *term = shared > icc_group(fit, t) ? t : -1;
    }
    return true;
}

bool icc_has_own_scale(const struct fit *fit)
{
    return !fit->exact && fit->family->inflated == NULL && fit->family->response != RESPONSE_ORDINAL
           && fit->family->variance != NULL;
}

/* Whether a variance of the group is not determined by itself. */
static bool group_is_open(const struct fit *fit, int t)
{
    for (int s = 0; s < fit->design->random_count; s++)
        for (int a = 0; strcmp(fit->design->random[s].group, fit->design->random[t].group) == 0 && a < fit->design->random[s].k;
             a++)
            if (!fit_knows(fit, s, a, a))
                return true;
    return false;
}

bool icc_row_is_open(const struct fit *fit, int t)
{
    return fit->identity != NULL
           && (fit->identity->flat != NULL
               || ((!fit_knows(fit, -1, 0, 0) || fit->identity->by_curvature) && group_is_open(fit, t)));
}

/* Whether a sum that is determined has parts of both groups: then neither variance is.  Of structures, where sums are not sought,
 * any two groups with open variances go together. */
static bool is_linked(const struct fit *fit, int s, int t)
{
    const struct random_design *random = fit->design->random;

    if (fit->identity != NULL && fit->identity->reduction == NULL && group_is_open(fit, s) && group_is_open(fit, t))
        return true;

    for (int j = 0; fit->identity != NULL && j < fit->identity->sum_count; j++) {
        const struct identity_sum *sum = &fit->identity->sums[j];
        bool has_s = false, has_t = false;

        for (int i = 0; i < sum->part_count; i++) {
            const char *group = sum->parts[i].term < 0 ? "" : random[sum->parts[i].term].group;

            has_s = has_s || strcmp(group, random[s].group) == 0;
            has_t = has_t || strcmp(group, random[t].group) == 0;
        }
        if (has_s && has_t)
            return true;
    }
    return false;
}

int icc_members(const struct fit *fit, int t, int members[])
{
    int count = 1;

    members[0] = t;
    for (int i = 0; i < count; i++)
        for (int s = 0; s < fit->design->random_count; s++) {
            bool known = !is_first_of_group(fit->design, s) || !is_linked(fit, members[i], s);

            for (int j = 0; j < count; j++)
                known = known || members[j] == s;
            if (!known && s < t)
                return 0;
            if (!known)
                members[count++] = s;
        }
    return count;
}

static double variance_of(const struct fit *fit, int t)
{
    for (int a = 0; a < fit->random[t].k; a++)
        if (isinf(fit->random[t].sd[a]))
            return (double)INFINITY;
    return icc_group(fit, t);
}

bool icc_row(const struct fit *fit, const struct icc_parts *parts, const int members[], int count,
             const struct glmm_progress *progress, struct icc_row *out)
{
    double total = parts->random + parts->residual, sum = 0, shared;

    for (int i = 0; i < count; i++)
        sum += variance_of(fit, members[i]);
    out->variance = sum;
    out->adjusted = isinf(sum) ? 1 : sum / total;
    out->icc = isinf(sum) && !isnan(parts->fixed) ? 1 : sum / (total + parts->fixed);
    if (!icc_shared(fit, members[0], &shared))
        return false;
    out->correlation = shared / total;
    out->design_effect = icc_design_effect(fit, members[0], out->correlation, &out->size);
    out->median_odds = median_odds_ratio(sum);
    out->observed = (double)NAN;
    return !isnan(out->size)
           && (isinf(sum) || !icc_has_own_scale(fit) || icc_observed(fit, members[0], progress, &out->observed));
}
