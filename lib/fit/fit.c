/* fit.c -- what every kind of fit shares. */
#include "fit/fit.h"

#include <math.h>

#include "base/arena.h"

void fit_free(struct fit *fit)
{
    if (fit != NULL)
        arena_free(fit->arena);         /* the fit itself is the arena's */
}

/* c'Vc for a p x p matrix. */
static double quadratic(const double *V, const double *c, int p)
{
    double sum = 0.0;

    for (int j = 0; j < p; j++)
        if (c[j] != 0.0)
            for (int i = 0; i < p; i++)
                sum += c[i] * V[i + (size_t)j * (size_t)p] * c[j];
    return sum;
}

double fit_satterthwaite(const struct fit *fit, const double c[])
{
    int p = fit->design->p, count = fit->variance_count;
    double variance = quadratic(fit->vcov, c, p), spread = 0.0;

    for (int j = 0; j < count; j++) {
        double gj = quadratic(fit->vcov_slopes + (size_t)j * (size_t)p * (size_t)p, c, p);

        for (int i = 0; i < count; i++) {
            double gi = i == j ? gj : quadratic(fit->vcov_slopes + (size_t)i * (size_t)p * (size_t)p, c, p);

            spread += gi * fit->variance_covariance[i + j * count] * gj;
        }
    }
    return spread > 0.0 ? 2.0 * variance * variance / spread : (double)INFINITY;
}

bool fit_is_rough(const struct fit *fit)
{
    const struct approximation *a = &fit->approximation;

    return a->kind != APPROXIMATION_NONE && fabs(a->drift) - 2.0 * a->error >= APPROXIMATION_SMALL;
}

void fit_set_criteria(struct fit *fit, size_t rows)
{
    double n = (double)rows, k = fit->npar;

    fit->aic = -2.0 * fit->loglik + 2.0 * k;
    fit->aicc = n - k - 1.0 > 0.0 ? fit->aic + 2.0 * k * (k + 1.0) / (n - k - 1.0) : (double)NAN;
    fit->bic = -2.0 * fit->loglik + log(n) * k;
}
