/* sample.c -- see sample.h. */
#include "base/sample.h"

#include <Rmath.h>
#include <math.h>
#include <stdlib.h>

double sample_mean(const double *x, size_t count)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(x[i])) {
            n++;
            sum += (x[i] - sum) / (double)n; /* a running mean does not overflow */
        }
    }
    return n == 0 ? (double)NAN : sum;
}

double sample_sd(const double *x, size_t count)
{
    double mean = sample_mean(x, count), squares = 0;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(x[i])) {
            n++;
            squares += (x[i] - mean) * (x[i] - mean);
        }
    }
    return n < 2 ? (double)NAN : sqrt(squares / (double)(n - 1));
}

double sample_correlation(const double *x, const double *y, size_t count)
{
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0, n = 0;

    for (size_t i = 0; i < count; i++) {
        double dx, dy;

        if (!isfinite(x[i]) || !isfinite(y[i]))
            continue;
        n++;
        dx = x[i] - mean_x;
        dy = y[i] - mean_y;
        mean_x += dx / n;
        mean_y += dy / n;
        xx += dx * (x[i] - mean_x);
        yy += dy * (y[i] - mean_y);
        xy += dx * (y[i] - mean_y);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx) / sqrt(yy) : (double)NAN;
}

void sample_range(const double *x, size_t count, double *low, double *high)
{
    double least = (double)INFINITY, most = -(double)INFINITY;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(x[i])) {
            least = fmin(least, x[i]);
            most = fmax(most, x[i]);
        }
    }
    *low = least <= most ? least : 0;
    *high = least <= most ? most : 0;
}

void range_extend(double *low, double *high, const double *x, size_t count)
{
    for (size_t i = 0; x != NULL && i < count; i++) {
        if (!isfinite(x[i]))
            continue;
        *low = fmin(*low, x[i]);
        *high = fmax(*high, x[i]);
    }
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

size_t sample_sort(double *x, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(x[i]))
            x[n++] = x[i];
    }
    qsort(x, n, sizeof *x, compare);
    return n;
}

double sample_quantile(const double *sorted, size_t count, double p)
{
    double at;
    size_t below;

    if (count == 0)
        return (double)NAN;
    at = p * (double)(count - 1);
    below = (size_t)at;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

void sample_normal_scores(size_t n, double scores[])
{
    for (size_t i = 0; i < n; i++)
        scores[i] = qnorm(((double)i + 0.5) / (double)n, 0, 1, 1, 0);
}

void sample_normal_line(const double *sorted, size_t n, double *middle, double *slope)
{
    double lower = sample_quantile(sorted, n, 0.25), upper = sample_quantile(sorted, n, 0.75);

    *slope = (upper - lower) / (qnorm(0.75, 0, 1, 1, 0) - qnorm(0.25, 0, 1, 1, 0));
    *middle = (upper + lower) / 2;
}
