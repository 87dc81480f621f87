/* sample.c -- see sample.h. */
#include "base/sample.h"

#include <Rmath.h>
#include <math.h>
#include <stdlib.h>

#include "base/order.h"

static const double WHISKER = 1.5;          /* interquartile ranges beyond the box */
static const double ON_THE_END = 1 + 1e-12; /* a value on the whisker's end is no far one: rounding of the reach */
static const double NO_MEAN = 1e-13; /* of the standard deviation: what rounding leaves of the mean of deviations from one */

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

size_t sample_sort(double *x, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(x[i]))
            x[n++] = x[i];
    }
    qsort(x, n, sizeof *x, order_reals);
    return n;
}

/* A share of the way from low to high: infinite numbers may be beside finite ones, or the same twice. */
static double between(double low, double high, double share)
{
    double apart = high - low;

    if (low == high)
        return low;
    return isfinite(apart) ? low + share * apart : (1 - share) * low + share * high;
}

double sample_quantile(const double *sorted, size_t count, double p)
{
    double at, share;
    size_t below;

    if (count == 0)
        return (double)NAN;
    at = p * (double)(count - 1);
    below = (size_t)at;
    share = at - (double)below;
    if (below + 1 >= count || share == 0)
        return sorted[below < count ? below : count - 1];
    return between(sorted[below], sorted[below + 1], share);
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

void sample_whiskers(const double *sorted, size_t n, size_t *from, size_t *to)
{
    double lower = sample_quantile(sorted, n, 0.25), upper = sample_quantile(sorted, n, 0.75),
           reach = WHISKER * (upper - lower) * ON_THE_END;

    *from = 0;
    *to = n - 1;
    while (*from < *to && sorted[*from] < lower - reach)
        ++*from;
    while (*to > *from && sorted[*to] > upper + reach)
        --*to;
}

/* --- means of groups, and lines -------------------------------------------------------------------- */

void sample_means_by(const double *x, const int32_t *group, size_t count, int32_t groups, double mean[], size_t rows[])
{
    for (int32_t g = 0; g < groups; g++) {
        mean[g] = 0;
        rows[g] = 0;
    }
    for (size_t i = 0; i < count; i++)
        if (group[i] >= 0 && isfinite(x[i])) {
            mean[group[i]] += x[i];
            rows[group[i]]++;
        }
    for (int32_t g = 0; g < groups; g++)
        mean[g] = rows[g] == 0 ? (double)NAN : mean[g] / (double)rows[g];
}

size_t sample_join(double *x, double *y, size_t count)
{
    size_t kept = 0, same = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && x[kept - 1] == x[i]) {
            same++;
            y[kept - 1] += (y[i] - y[kept - 1]) / (double)same;
        } else {
            x[kept] = x[i];
            y[kept++] = y[i];
            same = 1;
        }
    }
    return kept;
}

void sample_line_add(struct sample_line *line, double x, double y)
{
    double dx = x - line->mean_x;

    line->low = line->n == 0 ? x : fmin(line->low, x);
    line->high = line->n == 0 ? x : fmax(line->high, x);
    line->n++;
    line->mean_x += dx / line->n;
    line->mean_y += (y - line->mean_y) / line->n;
    line->xx += dx * (x - line->mean_x);
    line->xy += dx * (y - line->mean_y);
}

double sample_line_at(const struct sample_line *line, double x)
{
    return line->mean_y + (line->xx > 0 ? line->xy / line->xx * (x - line->mean_x) : 0);
}

/* --- moments and quartiles of unsorted values ----------------------------------------------------- */

static void swap(double *a, double *b)
{
    double other = *a;

    *a = *b;
    *b = other;
}

static double middle_of(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Brings the k-th smallest (from 0) to its place, smaller ones before it and larger ones behind: all that quantiles need, and a
 * tenth of the time of sorting. */
static void place(double *x, size_t n, size_t k)
{
    size_t from = 0, to = n;

    while (from + 1 < to) {
        double pivot = middle_of(x[from], x[from + (to - from) / 2], x[to - 1]);
        size_t less = from, more = to, i = from;

        while (i < more)
            if (x[i] < pivot)
                swap(&x[less++], &x[i++]);
            else if (x[i] > pivot)
                swap(&x[--more], &x[i]);
            else
                i++;
        if (k >= less && k < more)
            return;
        if (k < less)
            to = less;
        else
            from = more;
    }
}

static double placed_quantile(double *x, size_t n, double p)
{
    double at = p * (double)(n - 1), low = floor(at), next;
    size_t i = (size_t)low;

    place(x, n, i);
    if (i + 1 >= n || at == low) /* no 0 x Inf */
        return x[i];
    next = x[i + 1];
    for (size_t j = i + 2; j < n; j++)
        next = fmin(next, x[j]);
    return between(x[i], next, at - low);
}

void sample_moments(double *x, size_t count, struct sample_moments *out)
{
    double sum = 0, squares = 0, rest = 0;

    *out = (struct sample_moments){ .n = count, .mean = (double)NAN, .sd = (double)NAN };
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    if (count > 0)
        out->mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) { /* the second term takes off what rounding left in the mean */
        squares += (x[i] - out->mean) * (x[i] - out->mean);
        rest += x[i] - out->mean;
    }
    if (count > 1)
        out->sd = sqrt((squares - rest * rest / (double)count) / (double)(count - 1));
    if (fabs(out->mean) <= NO_MEAN * out->sd)
        out->mean = 0;
    for (int q = 0; q < 5; q++)
        out->quartiles[q] = count > 0 ? placed_quantile(x, count, q / 4.0) : (double)NAN;
}
