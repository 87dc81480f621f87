/* sample.h -- statistics of a sample; values that are not finite are left out. */
#ifndef BASE_SAMPLE_H
#define BASE_SAMPLE_H

#include <stddef.h>

double sample_mean(const double *x, size_t count);
double sample_sd(const double *x, size_t count); /* n - 1; NaN for fewer than two */
double sample_correlation(const double *x, const double *y, size_t count);
void sample_range(const double *x, size_t count, double *low, double *high); /* 0, 0 where there is none */

/* Widens [*low, *high] to hold the finite values among x (NULL: none). */
void range_extend(double *low, double *high, const double *x, size_t count);

/* Moves the finite values to the front in increasing order; returns how many there are. */
size_t sample_sort(double *x, size_t count);

/* The quantiles of the normal distribution at (i + 1/2) / n: what the sorted values of a normal sample are held against. */
void sample_normal_scores(size_t n, double scores[]);

/* The line through the quartiles of sorted values over those of the normal distribution. */
void sample_normal_line(const double *sorted, size_t n, double *middle, double *slope);

/* Of all values, infinite ones too; moves them.  NaN where there are too few.  The mean is 0 where it is what rounding left of
 * deviations from a mean. */
struct sample_moments {
    size_t n;
    double mean, sd, quartiles[5]; /* minimum, quartiles (R's type 7), maximum */
};
void sample_moments(double *x, size_t count, struct sample_moments *out);

/* Quantile of sorted values, interpolated (R's type 7); NaN for none. */
double sample_quantile(const double *sorted, size_t count, double p);

#endif
