/* scales.c -- see scales.h.
 *
 * The engine has log s^2, of the row where all columns have their means, and x_j, the coefficients times the sizes of their
 * columns (model/residuals.h).  Where the first column is 1, w'c is w_0 (log s^2 - sum_j mean_j / size_j x_j) + sum_j w_j /
 * size_j x_j; of cells each w_j counts like w_0.  The covariance matrix of the coefficients of the mean is s^2 times what hangs
 * on the x_j alone, so that its slope in the last of the variance parameters, over itself, is that of log s^2.  That parameter is
 * s, in units of the root mean square of what the fixed effects leave of y (fit/rowcov.c): without any, of y itself. */
#include "fit/scales.h"

#include <math.h>

#include "model/residuals.h"

const struct design *fit_scales(const struct fit *fit)
{
    const struct residual_design *residual = fit->design->residual;

    if (fit->imputed != NULL || fit->residual == NULL || residual == NULL || residual->loads == NULL)
        return NULL;
    for (int j = 0; j <= residual->loads->count; j++)
        if (isnan(fit->residual->parameters[j].estimate))
            return NULL;
    return residual->loads->predictor;
}

double fit_scales_at(const struct fit *fit, const double x[], size_t step)
{
    double sum = 0.0;

    for (int j = 0; j <= fit->design->residual->loads->count; j++)
        sum += x[(size_t)j * step] * fit->residual->parameters[j].estimate;
    return sum;
}

/* d log s^2 / d the last of the variance parameters. */
static double rate_of(const struct fit *fit)
{
    const struct design *d = fit->design;
    size_t p = (size_t)d->p, last = (size_t)fit->variance_count - 1;
    double square = 0.0;

    for (size_t j = 0; j < p; j++)
        if (fit->vcov[j + j * p] > 0.0)
            return fit->vcov_slopes[last * p * p + j + j * p] / fit->vcov[j + j * p];
    for (size_t i = 0; p == 0 && i < d->n; i++) {
        double y = d->y[i] - (d->offset == NULL ? 0.0 : d->offset[i]);

        square += y * y;
    }
    return p == 0 ? 2.0 * sqrt(square / (double)d->n) / fit->sigma : (double)NAN;
}

/* The j-th of p values, `step` apart; without any (NULL) they are 0 but for the one at `step`, which is 1. */
static double value_at(const double x[], size_t step, int j)
{
    return x != NULL ? x[(size_t)j * step] : (size_t)j == step;
}

/* Of values as value_at() has them. */
static double se_of(const struct fit *fit, const double x[], size_t step)
{
    const struct residual_loads *loads = fit->design->residual->loads;
    int r = fit->variance_count, first = r - 1 - loads->count;
    double along = value_at(x, step, 0), variance, rate;

    if (r == 0 || r != fit->structured_count + 1)
        return (double)NAN;
    rate = rate_of(fit);
    for (int j = 1; j <= loads->count && loads->cells; j++)
        along += value_at(x, step, j);
    variance = along * along * rate * rate * fit->variance_covariance[(size_t)r * (size_t)r - 1];
    for (int a = 0; a < loads->count; a++) {
        const double *column = fit->variance_covariance + (size_t)(first + a) * (size_t)r;
        double ga = (value_at(x, step, a + 1) - along * loads->mean[a]) / loads->size[a];

        variance += 2.0 * ga * along * rate * column[r - 1];
        for (int b = 0; b < loads->count; b++)
            variance += ga * column[first + b] * (value_at(x, step, b + 1) - along * loads->mean[b]) / loads->size[b];
    }
    return variance > 0.0 ? sqrt(variance) : (double)NAN;
}

double fit_scales_se(const struct fit *fit, const double x[], size_t step)
{
    return se_of(fit, x, step);
}

double fit_scales_coefficient(const struct fit *fit, int j, double *se)
{
    *se = se_of(fit, NULL, (size_t)j);
    return fit->residual->parameters[j].estimate;
}
