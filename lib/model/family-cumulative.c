/* family-cumulative.c -- ordered categories 1 to J: P(y <= j) = F(t_j - eta) with the thresholds t_1 < ... < t_(J-1) and the
 * link's distribution function F (McCullagh 1980).  The shapes are the thresholds, as they are: beside the coefficients the log
 * density is concave in them, so that nothing is won by increments, and where they cross it does not exist.
 *
 * A row of category k has P = F(u) - F(l), u = t_k - eta, l = t_(k-1) - eta.  Differences are taken in the tail that is the
 * smaller one; the first and the last category have the link's own logarithms, so that two categories are a binary response. */
#include <float.h>
#include <math.h>

#include "model/family-parts.h"

static bool accepts(const struct observation *at)
{
    return at->y >= 1 && at->y <= at->categories && at->y == nearbyint(at->y);
}

static double start(const struct observation *at)
{
    (void)at;
    return 0.5;
}

static void constant(const struct observation *at, const double shape[], double out[])
{
    (void)at;
    (void)shape;
    for (int j = 0; j <= FAMILY_SLOTS; j++)
        out[j] = 0;
}

/* log F, or log (1 - F), of threshold - eta: `l` with its derivatives in that; the threshold's slot at `slot`. */
static void one_sided(double w, const double l[4], double out[D_COUNT], int slot)
{
    out[D_VALUE] = w * l[0];
    out[D_ETA] = -w * l[1];
    out[D_ETA2] = w * l[2];
    out[D_ETA3] = -w * l[3];
    out[D_SHAPE(slot)] = w * l[1];
    out[D_SHAPE(slot) + 1] = -w * l[2];
    out[D_SHAPE(slot) + 2] = w * l[3];
}

/* The density of the link's distribution and two derivatives, each over a tail of which `l` is the logarithm: sign 1 the lower
 * one, -1 the upper. */
static void densities(const double l[4], double sign, double scale, double out[3])
{
    out[0] = sign * scale * l[1];
    out[1] = sign * scale * (l[2] + l[1] * l[1]);
    out[2] = sign * scale * (l[3] + 3 * l[1] * l[2] + l[1] * l[1] * l[1]);
}

/* A slot: the slope in its threshold and that one's derivatives in eta, from the densities over P and (P'/P, P''/P). */
static void set_slot(double w, const double a[3], const double q[2], double sign, double out[3])
{
    out[0] = sign * w * a[0];
    out[1] = -sign * w * (a[1] + a[0] * q[0]);
    out[2] = sign * w * (a[2] + 2 * a[1] * q[0] + 2 * a[0] * q[0] * q[0] - a[0] * q[1]);
}

/* log (F(u) - F(l)) and its derivatives. */
static void between(const struct link *link, double w, double u, double l, double out[D_COUNT])
{
    double low_u[4], rest_u[4], low_l[4], rest_l[4], above[3], below[3], q[3], share, kept;

    link->logs(u, low_u, rest_u);
    link->logs(l, low_l, rest_l);
    if (low_u[0] < rest_l[0]) { /* over F(u) */
        share = low_l[0] - low_u[0];
        kept = -expm1(share);
        out[D_VALUE] = w * (low_u[0] + log(kept));
        densities(low_u, 1, 1 / kept, above);
        densities(low_l, 1, exp(share) / kept, below);
    } else { /* over 1 - F(l) */
        share = rest_u[0] - rest_l[0];
        kept = -expm1(share);
        out[D_VALUE] = w * (rest_l[0] + log(kept));
        densities(rest_u, -1, exp(share) / kept, above);
        densities(rest_l, -1, 1 / kept, below);
    }
    for (int j = 0; j < 3; j++)
        q[j] = (j == 1 ? 1 : -1) * (above[j] - below[j]);
    out[D_ETA] = w * q[0];
    out[D_ETA2] = w * (q[1] - q[0] * q[0]);
    out[D_ETA3] = w * (q[2] - 3 * q[0] * q[1] + 2 * q[0] * q[0] * q[0]);
    set_slot(w, below, q, -1, out + D_SHAPE(0));
    set_slot(w, above, q, 1, out + D_SHAPE(1));
}

/* log (1 - exp(-width)) + log F(u) + log (1 - F(l)) of the logit, width = u - l: with a = exp(-|u|), b = exp(-|l|) that is
 *
 *     min(u, 0) + min(-l, 0) + log ((1 - exp(-width)) / ((1 + a) (1 + b))),
 *
 * of which no part cancels; *rate: exp(-width) / (1 - exp(-width)).  exp(-width) is made of a and b where these tell it. */
static double between_value(double u, double l, double a, double b, double *rate)
{
    double e = u <= 0 ? b / a : l >= 0 ? a / b : a * b, spread = a + b + a * b, outside = fmin(u, 0) + fmin(-l, 0), kept;

    if (!(fmin(a, b) > DBL_MIN))
        e = exp(l - u);
    if (e < 0.5) {
        *rate = e / (1 - e);
        return outside + log1p(-(e + spread) / (1 + spread));
    }
    kept = -expm1(l - u); /* near thresholds: it is as small as they are near */
    *rate = (1 - kept) / kept;
    return outside + log(kept) - log1p(spread);
}

/* The logit by itself: of its logarithm, log F(u) + log (1 - F(l)) + log (1 - exp(l - u)), the last does not depend on eta. */
static void between_logits(double w, double u, double l, double out[D_COUNT])
{
    double a = exp(-fabs(u)), b = exp(-fabs(l)), large_u = 1 / (1 + a), large_l = 1 / (1 + b), rate;
    double above = u > 0 ? a * large_u : large_u, below = l > 0 ? large_l : b * large_l; /* 1 - F(u), F(l) */
    double bend_u = a * large_u * large_u, bend_l = b * large_l * large_l;               /* F (1 - F) */
    double third_u = bend_u * (2 * above - 1), third_l = bend_l * (1 - 2 * below);

    out[D_VALUE] = w * between_value(u, l, a, b, &rate);
    out[D_ETA] = w * (below - above);
    out[D_ETA2] = -w * (bend_u + bend_l);
    out[D_ETA3] = w * (third_u + third_l);
    out[D_SHAPE(0)] = -w * (below + rate);
    out[D_SHAPE(0) + 1] = w * bend_l;
    out[D_SHAPE(0) + 2] = -w * third_l;
    out[D_SHAPE(1)] = w * (above + rate);
    out[D_SHAPE(1) + 1] = w * bend_u;
    out[D_SHAPE(1) + 2] = -w * third_u;
}

/* The thresholds around category k; beyond the first and the last, and where the data leave one there, they are infinite. */
static double threshold(const double shape[], int categories, int j)
{
    return j < 1 ? (double)-INFINITY : j >= categories ? (double)INFINITY : shape[j - 1];
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    int k = (int)at->y;
    double low = at->open & OPEN_BELOW ? (double)-INFINITY : threshold(shape, at->categories, k - 1);
    double high = at->open & OPEN_ABOVE ? (double)INFINITY : threshold(shape, at->categories, k), log_mu[4], log_rest[4];

    (void)order;
    for (int j = D_TAU; j < D_SHAPE(2); j++)
        out[j] = 0;
    if (!(low < high))
        return false;
    if (isinf(low) && isinf(high)) {
        out[D_VALUE] = out[D_ETA] = out[D_ETA2] = out[D_ETA3] = 0;
    } else if (isinf(low)) {
        link->logs(high - eta, log_mu, log_rest);
        one_sided(at->weight, log_mu, out, 1);
    } else if (isinf(high)) {
        link->logs(low - eta, log_mu, log_rest);
        one_sided(at->weight, log_rest, out, 0);
    } else if (link == &link_logit) {
        between_logits(at->weight, high - eta, low - eta, out);
    } else {
        between(link, at->weight, high - eta, low - eta, out);
    }
    return isfinite(out[D_VALUE]);
}

/* F(threshold - eta) and its derivatives in eta. */
static void below_threshold(const struct link *link, double threshold, double eta, double out[4])
{
    double at = threshold - eta;

    if (isinf(threshold) || isinf(at)) {
        out[0] = isinf(threshold) ? threshold > 0 : at > 0;
        out[1] = out[2] = out[3] = 0;
        return;
    }
    link->inverse(at, out);
    out[1] = -out[1];
    out[3] = -out[3];
}

/* The probability of a category, or the mean number of the category: J - sum of P(y <= j). */
static void mean(const struct link *of, double eta, double out[4])
{
    int categories = of->family->categories, k = of->category;
    double at[4], below[4];

    if (k > 0) {
        below_threshold(of->base, threshold(of->shape, categories, k), eta, at);
        below_threshold(of->base, threshold(of->shape, categories, k - 1), eta, below);
        for (int j = 0; j < 4; j++)
            out[j] = at[j] - below[j];
        if (at[0] > 0.5 && below[0] > 0.5 && isfinite(eta)) /* of what is left, not of what is nearly 1 */
            out[0] = link_rest(of->base, threshold(of->shape, categories, k - 1) - eta)
                     - (k < categories ? link_rest(of->base, threshold(of->shape, categories, k) - eta) : 0);
        return;
    }
    out[0] = categories;
    out[1] = out[2] = out[3] = 0;
    for (k = 1; k < categories; k++) {
        below_threshold(of->base, threshold(of->shape, categories, k), eta, at);
        for (int j = 0; j < 4; j++)
            out[j] -= at[j];
    }
}

static void mean_slopes(const struct link *of, double eta, double slope[])
{
    int categories = of->family->categories;
    double at[4];

    for (int j = 1; j < categories; j++) {
        bool above = of->category == j, below = of->category == j + 1;

        slope[j - 1] = 0;
        if (of->category > 0 && !above && !below)
            continue;
        below_threshold(of->base, threshold(of->shape, categories, j), eta, at);
        slope[j - 1] = of->category == 0 || below ? at[1] : -at[1];
    }
}

const struct family family_ordinal = {
    .name = "cumulative",
    .links = { &link_logit, &link_probit, &link_cloglog },
    .response = RESPONSE_ORDINAL,
    .support = SUPPORT_CATEGORIES,
    .range = "one of its categories",
    .accepts = accepts,
    .start = start,
    .constant = constant,
    .density = density,
    .mean = mean,
    .mean_slopes = mean_slopes,
};

const struct family *family_of_categories(struct arena *arena, const struct family *family, int count, const char *const *names)
{
    struct family *own = arena_alloc(arena, 1, sizeof *own);
    struct family_shape *thresholds = arena_alloc(arena, (size_t)count, sizeof *thresholds);

    if (own == NULL || thresholds == NULL)
        return NULL;
    *own = *family;
    own->categories = count;
    own->category_names = names;
    own->more = thresholds;
    own->more_count = count - 1;
    for (int j = 0; j < count - 1; j++) {
        thresholds[j] = (struct family_shape){ .note = "threshold", .scale = SHAPE_FREE };
        thresholds[j].name = arena_printf(arena, "%s|%s", names[j], names[j + 1]);
        if (thresholds[j].name == NULL)
            return NULL;
    }
    return own;
}

int family_probabilities(const struct family *family, const struct link *link, double eta, const double shape[], double p[])
{
    double out[4];
    struct link own;
    int most = 1;

    for (int k = 1; k <= family->categories; k++) {
        mean(family_category_link(family, link, shape, k, &own), eta, out);
        p[k - 1] = fmax(out[0], 0);
        if (p[k - 1] > p[most - 1])
            most = k;
    }
    return most;
}
