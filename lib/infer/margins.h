/* margins.h -- standardized means: what the mean would be if every row had the same value of one variable.
 *
 * For each value the mean at each row is taken with that value and the row's other variables as they are, and averaged
 * over the rows, each with weight 1, or the number of its trials (standardization, the g-formula; predictive margins: Graubard
 * and Korn 1999). Twice: over the population, by integration over the random effects (marginal.h), and for the typical group,
 * whose random effects are 0.
 *
 * Where columns of the model were dropped, a mean may depend on what the data leave open (model/estimable.h).  With the identity
 * link a mean or a difference of means is one linear function of the coefficients; under another link a mean is estimable only
 * when it is in each row, and a difference when both means are.
 *
 * Standard errors are by the delta method from the joint covariance matrix of beta and theta.  The interval of a mean is
 * Wald's on the link scale, brought back, so that it stays in the range of a mean; that of a difference is Wald's.  With the
 * identity link both are linear functions of the coefficients, and have the error and the t that these have in a linear model.
 *
 * They hold the covariates of the rows as they are.  Where the rows are a sample of those that are asked about, another sample
 * has others: with clusters given, the variance of the average over them is added, G/(G - 1) sum_g (sum_i in g w_i (m_i - m))^2
 * (the two parts are uncorrelated, since the score has mean 0 at each row). */
#ifndef INFER_MARGINS_H
#define INFER_MARGINS_H

#include "infer/linear.h"
#include "infer/marginal.h"

struct margin {
    double estimate, se, lower, upper; /* NaN where not estimable */
    double df;                         /* of the interval; infinite: z */
    bool estimable;
};

struct margin_contrast {
    int from, to; /* indices of values: to against from */
    struct margin difference;
    double ratio, odds_ratio;        /* NaN where they mean nothing: of means not above 0; of what is no probability */
    double ratio_lower, ratio_upper; /* Wald on the logarithm */
};

/* Arrays are the arena's. */
struct margins {
    struct arena *arena;
    const struct link *link; /* by way of which the intervals of means are made; NULL: the logarithm */
    enum linear_ddf ddf;     /* of the intervals, where they have t; else NORMAL */
    int count, contrast_count;
    const struct margin *population, *typical;                /* count */
    const struct margin_contrast *of_population, *of_typical; /* contrast_count */
    const char *why_not;                                      /* NULL, or why some are not estimable */
    bool exists; /* the population's means do, as far as they are estimable; else NaN */
};

struct margins_options {
    double level;    /* of the intervals */
    bool pairs;      /* contrasts of all pairs; else of each value with the first */
    double log_base; /* the means are of logarithms to this base: ratios are of geometric means; 0: they are not */
    bool no_ratios;
    const struct linear *linear; /* the t of means that are linear functions of the coefficients; NULL: z; borrowed */
    const int32_t *cluster;      /* of each row, 0 .. clusters - 1: what was sampled as one; NULL: the covariates are held */
    int32_t clusters;
};

/* values[k] has the rows as they would be with value k.  Returns new; errors: memory, interruption. */
struct margins *margins_new(const struct fit *fit, const struct marginal_rows values[], int count,
                            const struct margins_options *options, const struct glmm_progress *progress, struct glmm_error *err);
void margins_free(struct margins *margins);

/* The interval of a mean that reaches so far on its own scale, by way of the link (NULL: the logarithm); NaN where that has no
 * slope there. */
void margin_interval(const struct link *link, double estimate, double reach, double *lower, double *upper);

/* The number needed to treat: 1/|difference| of probabilities; infinite or NaN where there is none. */
double margin_needed(const struct margin *difference);

/* The mean slope from a difference of two scenarios that are `distance` apart. */
struct margin margin_slope(const struct margin *difference, double distance);

#endif
