/* average.c -- see average.h.
 *
 * The trapezoidal rule over the whole line.  For a function that is analytic in the strip |Im v| < d its error falls as exp(-2 pi d / h)
 * (Trefethen & Weideman 2014), where h is the step: with a normal weight no rule of a fixed number of nodes does as well for large s, as the
 * poles of the inverse link come close (logit: d = pi/s, cauchit: d = 1/s).  The links whose mean is known use it. */
#include "infer/average.h"

#include <math.h>
#include <string.h>

#define REACH 8.5           /* the normal weight outside is 2e-17 */
#define SURE 5.0            /* up to here every linear predictor must be allowed */
#define STEPS_MOST 20000

static bool at_point(const struct link *link, double eta, struct average *out)
{
    double mu[4];

    if (link->valid != NULL && !link->valid(eta))
        return false;
    link->inverse(eta, mu);
    *out = (struct average){ mu[0], mu[1], mu[2] / 2 };
    return true;
}

/* E exp(eta + s v) */
static void log_normal(double eta, double s, struct average *out)
{
    double mean = exp(eta + s * s / 2);

    *out = (struct average){ mean, mean, mean / 2 };
}

static bool integrate(const struct link *link, double eta, double s, struct average *out)
{
    double h = fmax(fmin(0.4, 0.16 / s), REACH / STEPS_MOST), weights = 0, weight, v;
    struct average sum = { 0 }, here;
    int steps = (int)(REACH / h);

    for (int i = -steps; i <= steps; i++) {
        v = i * h;
        if (!at_point(link, eta + s * v, &here)) {
            if (fabs(v) < SURE)
                return false;
            continue;
        }
        weight = exp(-v * v / 2);
        weights += weight;
        sum.mean += weight * here.mean;
        sum.by_eta += weight * here.by_eta;
        sum.by_variance += weight * here.by_variance;
    }
    *out = (struct average){ sum.mean / weights, sum.by_eta / weights, sum.by_variance / weights };
    return isfinite(out->mean);
}

bool link_average(const struct link *link, double eta, double s, struct average *out)
{
    if (link == NULL || strcmp(link->name, "identity") == 0) {
        *out = (struct average){ eta, 1, 0 };
        return true;
    }
    if (!(s > 0))
        return at_point(link, eta, out);
    if (strcmp(link->name, "log") == 0 && link->valid == NULL) {
        log_normal(eta, s, out);
        return true;
    }
    return integrate(link, eta, s, out);
}
