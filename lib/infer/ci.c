/* ci.c -- see ci.h. */
#include "infer/ci.h"

#include <math.h>
#include <Rmath.h>

#include "fit/fit.h"

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

void fit_dispersion_interval(const struct fit *fit, double level, double ends[2])
{
    double reach = wald_quantile((double)INFINITY, level) * fit->log_dispersion_se;

    ends[0] = fit->dispersion * exp(-reach);
    ends[1] = fit->dispersion * exp(reach);
}
