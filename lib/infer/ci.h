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

/* The dispersion's interval, made on the scale of its logarithm: dispersion exp(-+ quantile x log_dispersion_se).  Where the
 * limit of the family (family.h) lies within, made on that of its distance from there, 1/dispersion or dispersion. */
void fit_dispersion_interval(const struct fit *fit, double level, double ends[2]);

/* The sign of the limit, where the family is another one, that a shape has; 0 for none. */
int fit_shape_limit(const struct fit *fit, int shape);

/* The limit, -1 (0) or 1 (infinite), that lies within the dispersion's interval; 0 for none. */
int fit_dispersion_reaches(const struct fit *fit, double level);

/* The interval of a shape by what is estimated of it, `tau`, whose error is `se`: tau -+ quantile x se.  Where the family is
 * another one at the limit, sign x infinity, and that is within, the distance from there, exp(-+tau), is not told from 0:
 * exp(-+tau) (1 + quantile x se) to the limit.  It is within where quantile x se is at least 1.15 log(1 + r)(1 + r)/r, r being
 * the share by which the variance is more than that at the limit (mu/k, alpha, (trials - 1)/phi); of other families where it is
 * at least 1.25 and tau on the limit's side of 0. */
void shape_interval(const struct fit *fit, int shape, double tau, double se, double level, double ends[2]);

#endif
