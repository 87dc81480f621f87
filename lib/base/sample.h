/* sample.h -- statistics of a sample; values that are not finite are left out. */
#ifndef BASE_SAMPLE_H
#define BASE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

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

/* The means of the finite values of each group, group[i] < 0 in none: mean and rows have `groups` entries; NaN without rows. */
void sample_means_by(const double *x, const int32_t *group, size_t count, int32_t groups, double mean[], size_t rows[]);

/* Of points in the order of x, those that share an x become one at the mean of their y; returns how many there are. */
size_t sample_join(double *x, double *y, size_t count);

/* Sums of a line by least squares, to which points are added one by one; all zeros at first. */
struct sample_line {
    double n, mean_x, mean_y, xx, xy, low, high; /* the range of x; meaningless without points */
};
void sample_line_add(struct sample_line *line, double x, double y);

/* The line's height at x; the mean of y where x does not vary. */
double sample_line_at(const struct sample_line *line, double x);

/* Where the whiskers of a box end, as places among n > 0 sorted values: at the last within 1.5 interquartile ranges of the box
 * (Tukey 1977, section 2C). */
void sample_whiskers(const double *sorted, size_t n, size_t *from, size_t *to);

/* Quantile of sorted values, interpolated (R's type 7); NaN for none. */
double sample_quantile(const double *sorted, size_t count, double p);

#endif
