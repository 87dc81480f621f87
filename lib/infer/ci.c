/* ci.c -- see ci.h. */
#include "infer/ci.h"

#include <math.h>
#include <Rmath.h>

#include "fit/fit.h"

/* In distances from a limit: an error times its quantile from which on the limit is within.  By the curvature at the estimate
 * that were 1; but toward the limit a likelihood falls faster than that, away from it slower. */
static const double REACHES = 1.25;

double wald_quantile(double df, double level)
{
    double tail = (1 - level) / 2;

    return isfinite(df) ? qt(tail, df, 0, 0) : qnorm(tail, 0, 1, 0, 0);
}

void wald_test(double estimate, double se, double df, double level, struct wald *out)
{
    out->statistic = se > 0 ? estimate / se : (double)NAN;
    out->p = 2 * (isfinite(df) ? pt(fabs(out->statistic), df, 0, 0) : pnorm(fabs(out->statistic), 0, 1, 0, 0));
    wald_interval(estimate, se, df, level, &out->lower, &out->upper);
}

void wald_interval(double estimate, double se, double df, double level, double *lower, double *upper)
{
    double reach = wald_quantile(df, level) * se;

    *lower = estimate - reach;
    *upper = estimate + reach;
}

void wald_ratio(double estimate, double se, double df, double level, double ratio[3])
{
    wald_interval(estimate, se, df, level, &ratio[1], &ratio[2]);
    ratio[0] = exp(estimate);
    ratio[1] = exp(ratio[1]);
    ratio[2] = exp(ratio[2]);
}

/* Beyond 1 from the limit an error as large may be that of the way to the other end. */
static bool reaches(double tau, double reach, int sign)
{
    return sign * tau > 0 && reach >= REACHES;
}

void shape_interval(double tau, double se, int sign, double level, double ends[2])
{
    double reach = wald_quantile((double)INFINITY, level) * se;

    ends[0] = tau - reach;
    ends[1] = tau + reach;
    if (!reaches(tau, reach, sign))
        return;
    ends[sign < 0] = tau - sign * log1p(reach);
    ends[sign > 0] = sign * (double)INFINITY;
}

int fit_shape_limit(const struct fit *fit, int shape)
{
    const struct family *own = fit->family->inflated != NULL ? fit->family->inflated : fit->family;

    return shape == family_shapes(own) - 1 && (shape > 0 || fit->has_scale) ? own->limit_sign : 0;
}

int fit_dispersion_reaches(const struct fit *fit, double level)
{
    double reach = wald_quantile((double)INFINITY, level) * fit->log_dispersion_se;
    int sign = fit_shape_limit(fit, 0);

    return reaches(log(fit->dispersion), reach, sign) ? sign : 0;
}

void fit_dispersion_interval(const struct fit *fit, double level, double ends[2])
{
    double of_log[2];

    shape_interval(log(fit->dispersion), fit->log_dispersion_se, fit_shape_limit(fit, 0), level, of_log);
    ends[0] = exp(of_log[0]);
    ends[1] = exp(of_log[1]);
}
