/* limits-own.c -- rows whose dispersion is at 0: each has a random effect of its own, which takes all of what it varies by.
 *
 * Where a level of a term has one row, the row shows z't^2z + s^2 alone, t^2 the variance of the effects, s^2 its own.  A prior
 * of t^2, or other rows, may ask for more than the row varies by: log s^2 then runs to -Inf, and the row does not feel it any
 * more.  Rows that share their levels with others stop theirs before: they show s^2 by itself. */
#include <math.h>

#include "base/memory.h"
#include "fit/limits-private.h"
#include "fit/tolerances.h"

/* own[i] += z'Tz for the rows that are alone in their level of term t.  False when memory is out. */
static bool add_term(const struct fit *fit, int t, double own[])
{
    const struct random_design *random = &fit->design->random[t];
    size_t n = fit->design->n, *rows = NEW_ARRAY(size_t, random->level_count + 1);

    if (rows == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        rows[random->level[i]] += limits_times(fit, i);
    for (size_t i = 0; i < n; i++)
        if (rows[random->level[i]] == 1)
            own[i] += random_row_variance(random, fit->random[t].covariance, i);
    mem_free(rows);
    return true;
}

bool limits_find_own(struct limits *z)
{
    const struct fit *fit = z->fit;
    bool ok = true;

    if (fit->family->response != RESPONSE_REAL || family_own(fit->family)->support == SUPPORT_COUNT)
        return true;
    z->own = arena_alloc(fit->arena, fit->design->n + 1, sizeof *z->own);
    ok = z->own != NULL;
    for (int t = 0; ok && t < fit->design->random_count; t++)
        ok = add_term(fit, t, z->own);
    for (size_t i = 0; ok && family_own(fit->family)->weight_divides && fit->design->weights != NULL && i < fit->design->n; i++)
        z->own[i] *= fit->design->weights[i]; /* the row's own variance is not divided by it below */
    return ok;
}

bool limits_is_taken(const struct limits *z, const struct response *rows, size_t i)
{
    const struct family *own = family_own(z->fit->family);
    struct observation at = response_at(rows, i);
    double mu[4], mean[4], shape[FAMILY_SHAPES];
    struct link link;

    if (z->own == NULL || !(z->own[i] > 0))
        return false;
    fit_row_shapes(z->fit, i, shape);
    link_inverse(z->fit->link, z->fit->linear[i], mu);
    link_inverse(family_mean_link(own, z->fit->link, shape, &link), z->fit->linear[i], mean);
    return family_variance(own, mu[0], shape, &at) < TOLERANCE_TAKEN * z->own[i] * mean[1] * mean[1];
}
