/* rowcov-prior.c -- the prior (model/prior.h) of a generalized model with structures: coefficients beta = R^-1 gamma, and the
 * standard deviations of the terms, each of a parameter x of its own, |unit ROWCOV_BEND sinh x|.  One that all effects of a term
 * share counts once. */
#include <math.h>
#include <string.h>

#include "fit/rowcov-private.h"
#include "linalg/lapack.h"
#include "model/prior.h"

/* Adds what the rules of coefficients give; `beta` and `slope` (p each) are scratch. */
static double of_coefficients(const struct rowcov *m, const double gamma[], double beta[], double slope[], double gradient[])
{
    int p = m->p, step = 1;
    double sum = 0.0, unused;

    if (p == 0 || !prior_has_coefficients(m->design->prior))
        return 0.0;
    memcpy(beta, gamma, sizeof *beta * (size_t)p);
    dtrsv_("U", "N", "N", &p, m->R, &p, beta, &step);
    for (int j = 0; j < p; j++) {
        const struct prior_rule *rule = prior_of_coefficient(m->design->prior, PRIOR_OF_MEAN, m->design->names[j]);

        slope[j] = 0.0;
        if (rule != NULL)
            sum += prior_penalty(rule, beta[j], &slope[j], &unused);
    }
    if (gradient == NULL)
        return sum;
    dtrsv_("U", "T", "N", &p, m->R, &p, slope, &step);
    for (int j = 0; j < p; j++)
        gradient[j] += slope[j];
    return sum;
}

static double of_term(const struct rowcov *m, const struct rowcov_term *t, const double x[], double gradient[])
{
    double sum = 0.0, slope, unused;

    for (int a = 0; a < t->sd_count; a++) {
        const char *effect = t->sd_count == t->k ? t->random->names[a] : NULL;
        const struct prior_rule *rule = prior_of_sd(m->design->prior, t->random->group, effect);
        double at = x[t->first + a], scale = t->unit[a] * ROWCOV_BEND;

        if (rule == NULL)
            continue;
        sum += prior_penalty(rule, fabs(scale * sinh(at)), &slope, &unused);
        if (gradient != NULL)
            gradient[t->first + a] += slope * scale * cosh(at) * (at < 0.0 ? -1.0 : 1.0);
    }
    return sum;
}

double rowcov_penalty(const struct rowcov *m, const double x[], double gradient[])
{
    double sum, *scratch = m->scratch;

    if (m->design->prior == NULL || m->family == NULL)
        return 0.0;
    sum = of_coefficients(m, x, scratch, scratch + m->p, gradient);
    for (int t = 0; t < m->term_count; t++)
        sum += of_term(m, &m->terms[t], x, gradient);
    return isfinite(sum) ? sum : (double)INFINITY;
}
