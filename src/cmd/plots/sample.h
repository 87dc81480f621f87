/* sample.h -- the few sample statistics that plots state; values that are not finite are left out. */
#ifndef CMD_PLOTS_SAMPLE_H
#define CMD_PLOTS_SAMPLE_H

#include <stddef.h>

double sample_mean(const double *x, size_t count);
double sample_sd(const double *x, size_t count); /* n - 1; NaN for fewer than two */
double sample_correlation(const double *x, const double *y, size_t count);
void sample_range(const double *x, size_t count, double *low, double *high); /* 0, 0 where there is none */

/* Moves the finite values to the front in increasing order; returns how many there are. */
size_t sample_sort(double *x, size_t count);

/* Quantile of sorted values, interpolated (R's type 7); NaN for none. */
double sample_quantile(const double *sorted, size_t count, double p);

#endif
