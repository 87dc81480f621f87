/* ci.h -- Wald statistics, p-values and intervals, by t where degrees of freedom are known and by z elsewhere. */
#ifndef INFER_CI_H
#define INFER_CI_H

struct wald {
    double statistic;    /* estimate / se; NaN for a standard error of 0 */
    double p;            /* two-sided */
    double lower, upper; /* the interval at the given level */
};

/* df: denominator degrees of freedom; NaN or infinite means z. */
void wald_test(double estimate, double se, double df, double level, struct wald *out);

/* The multiple of the standard error that reaches from the estimate to the end of the interval. */
double wald_quantile(double df, double level);

#endif
