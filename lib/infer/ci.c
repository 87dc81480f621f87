/* ci.c -- see ci.h. */
#include "infer/ci.h"

#include <math.h>
#include <Rmath.h>

#include "fit/fit.h"

/* Where the limit is within an interval.  With r for what the shape adds to the variance beside that of the limit (mu/k of
 * mu + mu^2/k), a likelihood is about quadratic in log(1 + r), as that of any variance is in its logarithm: the limit is that far
 * off, and the error of log r makes r/(1 + r) of itself there.  So by the curvature at the estimate, times what a thousand small
 * samples say beside the test of the limit: toward it a likelihood falls faster than that.  REACHES_NEAR where no such r is
 * known. */
static const double REACHES = 1.15, REACHES_NEAR = 1.25;

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

int fit_shape_limit(const struct fit *fit, int shape)
{
    const struct family *own = family_own(fit->family);

    return shape == family_shapes(own) - 1 && (shape > 0 || fit->has_scale) ? own->limit_sign : 0;
}

/* What times exp(-+tau) is r: rows weigh as what they tell of a small r does.  NaN: not known. */
static double limit_unit(const struct fit *fit)
{
    const struct family *own = family_own(fit->family);
    const struct design *design = fit->design;
    double first = 0, second = 0, mean[4];

    if (own->limit_varies_most || own->support == SUPPORT_REAL || design == NULL || fit->linear == NULL)
        return (double)NAN;
    if (own->limit_sign < 0)
        return 1;
    for (size_t i = 0; i < design->n; i++) {
        double size = 1, times = design->times != NULL ? design->times[i] : 1;

        if (own->support == SUPPORT_SUCCESSES) {
            size = design->trials != NULL ? design->trials[i] : 1;
        } else {
            link_inverse(fit->link, fit->linear[i], mean);
            size = mean[0];
        }
        if (!isfinite(size))
            continue;
        first += times * size;
        second += times * size * size;
    }
    return second / first - (own->support == SUPPORT_SUCCESSES ? 1 : 0);
}

/* Far from the limit an error as large may be that of the way to the other end. */
static bool reaches(const struct fit *fit, double tau, double reach, int sign)
{
    double unit, r;

    if (sign == 0 || !(reach >= REACHES))
        return false;
    unit = limit_unit(fit);
    r = unit * exp(-sign * tau);
    if (!(unit > 0) || !(r > 0))
        return sign * tau > 0 && reach >= REACHES_NEAR;
    return (sign * tau > 0 || r < 1) && reach * r / (1 + r) >= REACHES * log1p(r);
}

void shape_interval(const struct fit *fit, int shape, double tau, double se, double level, double ends[2])
{
    double reach = wald_quantile((double)INFINITY, level) * se;
    int sign = fit_shape_limit(fit, shape);

    ends[0] = tau - reach;
    ends[1] = tau + reach;
    if (!reaches(fit, tau, reach, sign))
        return;
    ends[sign < 0] = tau - sign * log1p(reach);
    ends[sign > 0] = sign * (double)INFINITY;
}

int fit_dispersion_reaches(const struct fit *fit, double level)
{
    double reach = wald_quantile((double)INFINITY, level) * fit->log_dispersion_se;
    int sign = fit_shape_limit(fit, 0);

    return reaches(fit, log(fit->dispersion), reach, sign) ? sign : 0;
}

void fit_dispersion_interval(const struct fit *fit, double level, double ends[2])
{
    double of_log[2];

    shape_interval(fit, 0, log(fit->dispersion), fit->log_dispersion_se, level, of_log);
    ends[0] = exp(of_log[0]);
    ends[1] = exp(of_log[1]);
}
