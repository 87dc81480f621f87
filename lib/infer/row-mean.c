/* row-mean.c -- see row-mean.h. */
#include "infer/row-mean.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/family-parts.h"

/* The rule of marginal.h has its step for links with singularities near the real line.  A mean as a function of the logarithm of
 * the dispersion has none nearer than pi: every second node leaves exp(-2 pi^2 / 0.8^2), 1e-13. */
enum { STRIDE = 2 };

void row_averager_init(struct row_averager *a, const struct fit *fit)
{
    a->fit = fit;
    a->link = row_link_begin(&a->row_link, fit);
    averager_init(&a->mean, a->link);
    averager_init(&a->zeros, &link_logit);
    averager_init(&a->dispersions, &link_log);
    a->mean.varies = fit->beside != NULL || row_averager_goes_by_row(a);
    for (int k = 0; k < ROW_MEANS; k++)
        a->key[k][0] = (double)NAN;
}

bool row_averager_goes_by_row(const struct row_averager *a)
{
    return a->link == &a->row_link.link;
}

void row_averager_row(struct row_averager *a, const struct part_rows *dispersion, size_t i)
{
    if (row_averager_goes_by_row(a))
        row_link_set(&a->row_link, dispersion, i);
}

static bool has_shapes(const struct row_averager *a)
{
    return a->link->base != NULL && fit_mean_has_shapes(a->fit);
}

/* Adds the mean at one dispersion, `weight` times. */
static bool add_at(struct row_averager *a, double eta, double weight, struct row_mean *out)
{
    struct average at;
    bool exists = average_at(&a->mean, eta, &at);

    out->average.mean += weight * at.mean;
    out->average.slope += weight * at.slope;
    out->average.curvature += weight * at.curvature;
    if (has_shapes(a))
        average_shapes(&a->mean, eta, weight, out->shape);
    return exists;
}

static int place_of(const double key[4])
{
    uint64_t bits = 0, next;

    for (int j = 0; j < 4; j++) {
        memcpy(&next, &key[j], sizeof next);
        bits = (bits ^ next) * 0x9e3779b97f4a7c15u;
        bits ^= bits >> 32;
    }
    return (int)(bits % ROW_MEANS);
}

/* Over the random effects of the dispersion, of variance `spread`, too. */
static void cross(struct row_averager *a, const struct part_rows *dispersion, size_t i, double eta, double spread,
                  struct row_mean *out)
{
    double sum = 0;

    if (spread != a->dispersions.variance)
        averager_set(&a->dispersions, spread);
    for (int k = a->dispersions.count / 2 % STRIDE; k < a->dispersions.count; k += STRIDE)
        sum += a->dispersions.weight[k];
    for (int k = a->dispersions.count / 2 % STRIDE; k < a->dispersions.count; k += STRIDE) {
        double before = out->shape[0];

        row_link_set_at(&a->row_link, dispersion, i, a->dispersions.node[k]);
        add_at(a, eta, a->dispersions.weight[k] / sum, out);
        out->spread += (out->shape[0] - before) * a->dispersions.node[k] / spread / 2;
    }
    row_link_set(&a->row_link, dispersion, i);
}

bool row_mean_over(struct row_averager *a, const struct part_rows *dispersion, size_t i, double eta, double variance,
                   struct row_mean *out)
{
    double spread = row_averager_goes_by_row(a) && isfinite(eta) ? part_rows_spread(dispersion, i) : 0;
    const double key[4] = { eta, variance, spread, spread > 0 ? part_rows_eta(dispersion, i) : 0 };
    int place = place_of(key);

    *out = (struct row_mean){ .crossed = spread > 0 };
    if (out->crossed && a->fit->family->mean_runs_away) {
        out->average = (struct average){ (double)NAN, (double)NAN, (double)NAN };
        return false;
    }
    if (variance != a->mean.variance)
        averager_set(&a->mean, variance);
    if (!out->crossed)
        return add_at(a, eta, 1, out);
    if (memcmp(a->key[place], key, sizeof key) != 0) {
        cross(a, dispersion, i, eta, spread, out);
        a->known[place] = *out;
        memcpy(a->key[place], key, sizeof key);
    }
    *out = a->known[place];
    return isfinite(out->average.mean);
}

bool row_mean_typical(const struct row_averager *a, double eta, struct row_mean *out)
{
    bool exists;

    *out = (struct row_mean){ .spread = 0 };
    exists = typical_at(a->link, eta, &out->average);
    if (has_shapes(a) && isfinite(eta))
        a->fit->family->mean_slopes(a->link, eta, out->shape);
    return exists;
}
