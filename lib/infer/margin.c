/* margin.c -- one mean of margins.h: its interval, and a difference as a slope or as a number needed to treat. */
#include <math.h>

#include "infer/margins.h"
#include "model/family.h"

/* A mean at the end of an interval on the link scale; beyond the link's domain it has no bound. */
static double mean_of(const struct link *link, double eta)
{
    struct average at;

    if (link->valid != NULL && link->logs == NULL && !link->valid(eta))
        return (double)INFINITY;
    typical_at(link, eta, &at);
    return at.mean;
}

void margin_interval(const struct link *link, double estimate, double reach, double *lower, double *upper)
{
    struct average at;
    double eta, low, high;

    if (link == NULL) {
        *lower = estimate * exp(-reach / estimate);
        *upper = estimate * exp(reach / estimate);
        return;
    }
    eta = link_transform(link, estimate);
    typical_at(link, eta, &at);
    reach /= fabs(at.slope);
    low = mean_of(link, eta - reach);
    high = mean_of(link, eta + reach);
    *lower = fmin(low, high);
    *upper = fmax(low, high);
    if (!isfinite(estimate) || isnan(reach) || (isinf(reach) && link->kind != LINK_IDENTITY))
        *lower = *upper = (double)NAN;
}

double margin_needed(const struct margin *difference)
{
    return 1 / fabs(difference->estimate);
}

struct margin margin_slope(const struct margin *difference, double distance)
{
    struct margin slope = *difference;

    slope.estimate /= distance;
    slope.se /= distance;
    slope.lower /= distance;
    slope.upper /= distance;
    return slope;
}
