/* bins.c -- see bins.h. */
#include "base/bins.h"

#include <math.h>

#include "base/sample.h"

enum { MOST = 60, USUAL_MOST = 30, FEW_INTEGERS = 40 };

static const double EDGE = 1e-9;      /* the slack of bins whose edges are round: rounding of a start by many widths */
static const double LARGEST = 1e9;    /* whole numbers beyond are taken for measurements */
static const double NO_SIZE = 1e-290; /* below, a tenth of a value is no width */

/* The round width (1, 2, 5 times a power of ten) next to the wanted one. */
static double round_width(double width)
{
    double power = pow(10, floor(log10(width))), part = width / power;

    return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

static bool are_whole(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (x[i] != floor(x[i]) || fabs(x[i]) > LARGEST)
            return false;
    }
    return true;
}

struct bins bins_choose(const double *sorted, size_t n, int wanted)
{
    double range = sorted[n - 1] - sorted[0], width,
           quartiles = sample_quantile(sorted, n, 0.75) - sample_quantile(sorted, n, 0.25);
    struct bins bins = { .slack = EDGE };

    if (wanted == 0 && range <= FEW_INTEGERS && are_whole(sorted, n))
        return (struct bins){ sorted[0] - 0.5, 1, (size_t)range + 1, true, EDGE };
    width = wanted > 0 ? range / wanted : 2 * quartiles / cbrt((double)n);
    if (!(width > range / USUAL_MOST) && wanted == 0)
        width = range / USUAL_MOST;
    if (!(width > 0) || !isfinite(width))
        width = fabs(sorted[0]) > NO_SIZE ? fabs(sorted[0]) / 10 : 1;
    bins.width = round_width(width);
    do {
        bins.start = floor(sorted[0] / bins.width + EDGE) * bins.width;
        bins.count = (size_t)floor((sorted[n - 1] - bins.start) / bins.width + EDGE) + 1;
        if (bins.count > MOST)
            bins.width = round_width(bins.width * 2.2);
    } while (bins.count > MOST);
    return bins;
}

struct bins bins_between(double least, double greatest, size_t most, bool integers)
{
    struct bins bins = { .start = least, .count = 1 };

    if (!(least <= greatest))
        return (struct bins){ .count = 0 };
    if (greatest > least) {
        bins.count = most;
        bins.width = greatest / (double)most - least / (double)most; /* the difference may be beyond the range of numbers */
    }
    if (integers && greatest > least) {
        bins.width = ceil((greatest - least + 1) / (double)most);
        bins.count = (size_t)ceil((greatest - least + 1) / bins.width);
    }
    return bins;
}

size_t bins_find(const struct bins *bins, double x)
{
    double place = bins->width > 0 ? floor(x / bins->width - bins->start / bins->width + bins->slack) : 0;

    return place < 0 ? 0 : place >= (double)bins->count ? bins->count - 1 : (size_t)place;
}
