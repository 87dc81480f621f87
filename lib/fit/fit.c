/* fit.c -- what every kind of fit shares. */
#include "fit/fit.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "fit/identify-private.h"
#include "fit/recession.h"
#include "model/family.h"

void fit_free(struct fit *fit)
{
    if (fit == NULL)
        return;
    if (fit->identity != NULL && fit->proper == NULL) { /* else the proper fit's */
        fit_free(fit->identity->reduced);
        reduction_free(fit->identity->reduction);
    }
    fit_free(fit->proper);
    arena_free(fit->arena); /* the fit itself is the arena's */
}

bool fit_has_residual(const struct fit *fit)
{
    return fit->has_scale && fit->family->residual;
}

const struct fit *fit_proper(const struct fit *fit)
{
    return fit->proper != NULL ? fit->proper : fit;
}

double fit_rest_se(const struct fit *fit, int j)
{
    int at = fit->joint_count - fit->rest_all + j;

    return fit->joint_vcov == NULL || j >= fit->rest_count ? (double)NAN : sqrt(fit->joint_vcov[at * (fit->joint_count + 1)]);
}

int fit_rest_of_shape(const struct fit *fit, int shape)
{
    for (int j = 0; j < fit->rest_count; j++)
        if (fit->rest_shape[j] == shape)
            return j;
    return -1;
}

void fit_estimated_shapes(const struct fit *fit, double shape[FAMILY_SHAPES])
{
    for (int j = 0; j < FAMILY_SHAPES; j++)
        shape[j] = j < family_shapes(fit->family) ? family_shape_estimated(fit->family, j, fit->shape[j]) : 0;
}

bool fit_has_rows(const struct fit *fit, struct glmm_error *err)
{
    for (int t = 0; t < fit->design->random_count; t++)
        if (fit->random[t].sd != NULL && isinf(fit->random[t].sd[0]))
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "the variance between levels of %s is estimated as infinite: nothing else is determined",
                        fit->design->random[t].group);
    return fit->recession == NULL || fit->proper != NULL
           || fail(err, GLMM_E_MODEL, NOWHERE,
                   "the fixed effects tell all responses apart without error: there is nothing else to be seen");
}

double fit_linear(const struct fit *fit, const double x[], size_t stride)
{
    const double *beta = fit->base != NULL ? fit->base : fit->beta;
    double sum = 0.0, limit;

    if (fit->recession != NULL && (limit = recession_limit(fit->recession, x, stride)) != 0.0)
        return limit;
    for (int j = 0; j < fit->design->p; j++)
        sum += x[(size_t)j * stride] * beta[j];
    return sum;
}

const double *fit_vcov(const struct fit *fit)
{
    return fit->base_vcov != NULL ? fit->base_vcov : fit->vcov;
}

void fit_spread(const struct fit *fit, const double rest[], const double limit[], double out[])
{
    const struct recession *r = fit->recession;

    if (r == NULL) {
        memcpy(out, rest, sizeof *out * (size_t)fit->design->p);
        return;
    }
    for (int j = 0; j < r->p; j++)
        out[j] = limit != NULL ? limit[j] : (double)NAN;
    for (int j = 0; j < r->rest_p; j++)
        if (r->limit[r->column[j]] == 0.0)
            out[r->column[j]] = rest[j];
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
    double variance = fit_variance(fit, c), spread = 0.0;

    if (isnan(variance))
        return (double)NAN;

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
