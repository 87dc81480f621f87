/* ci.c -- see ci.h. */
#include "infer/ci.h"

#include <math.h>
#include <Rmath.h>

double wald_quantile(double df, double level)
{
    double tail = (1 - level) / 2;

    return isfinite(df) ? qt(tail, df, 0, 0) : qnorm(tail, 0, 1, 0, 0);
}

void wald_test(double estimate, double se, double df, double level, struct wald *out)
{
    double reach = wald_quantile(df, level) * se;

    out->statistic = se > 0 ? estimate / se : (double)NAN;
    out->p = 2 * (isfinite(df) ? pt(fabs(out->statistic), df, 0, 0) : pnorm(fabs(out->statistic), 0, 1, 0, 0));
    out->lower = estimate - reach;
    out->upper = estimate + reach;
}
