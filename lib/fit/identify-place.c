/* identify-place.c -- where what is determined of a fit stands in the fit of the reduced model: a variance of that is a sum of
 * stated covariance parameters (struct reduction, L), and what is asked for is one. */
#include <math.h>

#include "base/memory.h"
#include "fit/identify-private.h"

static const double SAME_SUM = 1e-9; /* of the largest factor: two sums that are one but for rounding */

const struct fit *identity_reduced(const struct fit *fit)
{
    const struct identity *identity = fit->identity;

    if (identity == NULL || identity->reduced == NULL || identity->reduction->flat_count > 0
        || identity->reduced->identity != NULL)
        return NULL;
    return identity->reduced;
}

/* row (full_count) += times Var(weights'b); weights NULL: of effect a alone. */
static void add_part(const struct reduction *r, const struct parameter list[], int term, int a, const double *weights,
                     double times, double row[])
{
    for (int f = 0; f < r->full_count; f++) {
        const struct parameter *p = &list[f];

        if (p->term != term)
            continue;
        if (term < 0)
            row[f] += times;
        else if (weights == NULL)
            row[f] += p->a == a && p->b == a ? times : 0.0;
        else
            row[f] += times * weights[p->a] * weights[p->b] * (p->a == p->b ? 1.0 : 2.0);
    }
}

static bool is_same(int count, const double x[], const double y[])
{
    double largest = 0.0, apart = 0.0;

    for (int f = 0; f < count; f++) {
        largest = fmax(largest, fabs(x[f]));
        apart = fmax(apart, fabs(x[f] - y[f]));
    }
    return apart <= SAME_SUM * largest;
}

bool identity_place(const struct fit *fit, int term, int a, const struct identity_sum *sum, bool *found, int *at_term,
                    int *at_effect)
{
    const struct reduction *r = fit->identity->reduction;
    struct parameter *list = NEW_ARRAY(struct parameter, r->full_count + r->count + 1);
    double *row = NEW_ARRAY(double, r->full_count + 1);
    bool ok = list != NULL && row != NULL;

    *found = false;
    if (ok) {
        parameters_list(r->full, r->residual, list);
        parameters_list(&r->design, r->residual, list + r->full_count);
        if (sum == NULL)
            add_part(r, list, term, a, NULL, 1.0, row);
        for (int i = 0; sum != NULL && i < sum->part_count; i++)
            add_part(r, list, sum->parts[i].term, 0, sum->parts[i].weights, sum->parts[i].times, row);
        for (int j = 0; j < r->count && !*found; j++) {
            const struct parameter *p = &list[r->full_count + j];

            *found = p->a == p->b && is_same(r->full_count, row, r->L + (size_t)j * (size_t)r->full_count);
            *at_term = p->term;
            *at_effect = p->a;
        }
        if (!*found && sum == NULL && term < 0 && !r->residual) { /* a scale that no effect shares */
            *at_term = -1;
            *at_effect = 0;
            *found = true;
        }
    }
    mem_free(list);
    mem_free(row);
    return ok;
}
