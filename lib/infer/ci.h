/* ci.h -- Wald statistics, p-values and intervals, by t where degrees of freedom are known and by z elsewhere. */
#ifndef INFER_CI_H
#define INFER_CI_H

struct fit;

struct wald {
    double statistic;    /* estimate / se; NaN for a standard error of 0 */
    double p;            /* two-sided */
    double lower, upper; /* the interval at the given level */
};

/* df: denominator degrees of freedom; NaN or infinite means z. */
void wald_test(double estimate, double se, double df, double level, struct wald *out);

/* The multiple of the standard error that reaches from the estimate to the end of the interval. */
double wald_quantile(double df, double level);

/* estimate -+ quantile x se; df as for wald_test(). */
void wald_interval(double estimate, double se, double df, double level, double *lower, double *upper);

/* exp() of an estimate that is a logarithm and of the ends of its interval: a ratio and its lower and upper end. */
void wald_ratio(double estimate, double se, double df, double level, double ratio[3]);

/* The dispersion's interval, made on the scale of its logarithm: dispersion exp(-+ quantile x log_dispersion_se). */
void fit_dispersion_interval(const struct fit *fit, double level, double ends[2]);

#endif
