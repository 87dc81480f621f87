/* family-special.c -- see family-special.h.
 *
 * Polygamma: recurrence up to x >= 12, then the asymptotic series (Abramowitz & Stegun 6.3.18, 6.4.11 ff.).  Differences of
 * log gamma take the difference term by term of the same series, so that nothing cancels when k/a is small. */
#include "model/family-special.h"

#include <math.h>
#include <stddef.h>

#define SHIFT 12.0

/* Series in 1/x^2: the terms of digamma, trigamma and tetragamma beyond the elementary ones. */
static const double DIGAMMA[] = {
    -1.0 / 12, 1.0 / 120, -1.0 / 252, 1.0 / 240, -1.0 / 132, 691.0 / 32760, -1.0 / 12, 3617.0 / 8160
};
static const double TRIGAMMA[] = { 1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510 };
static const double TETRAGAMMA[] = { -1.0 / 2, 1.0 / 6, -1.0 / 6, 3.0 / 10, -5.0 / 6, 691.0 / 210, -35.0 / 2, 3617.0 / 30 };
static const double STIRLING[] = { 1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                   1.0 / 1188, -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400 };

static double series(const double coefficients[8], double t)
{
    double sum = 0;

    for (int i = 7; i >= 0; i--)
        sum = sum * t + coefficients[i];
    return sum;
}

void polygamma(double x, double out[3])
{
    double lower[3] = { 0, 0, 0 }, r, t;

    while (x < SHIFT) {
        r = 1 / x;
        lower[0] -= r;
        lower[1] += r * r;
        lower[2] -= 2 * r * r * r;
        x += 1;
    }
    r = 1 / x;
    t = r * r;
    out[0] = lower[0] + log(x) - 0.5 * r + t * series(DIGAMMA, t);
    out[1] = lower[1] + r + 0.5 * t + r * t * series(TRIGAMMA, t);
    out[2] = lower[2] - t - r * t + t * t * series(TETRAGAMMA, t);
}

double log_gamma(double x)
{
    int sign;

    return lgamma_r(x, &sign);
}

/* stirling_error for x >= SHIFT. */
static double stirling_rest(double x)
{
    double r = 1 / x;

    return r * series(STIRLING, r * r);
}

double stirling_error(double x)
{
    return x >= SHIFT ? stirling_rest(x) : log_gamma(x) - (x - 0.5) * log(x) + x - 0.5 * log(2 * M_PI);
}

double stirling_slope(double x)
{
    double r = 1 / x, psi[3];

    if (x >= SHIFT)
        return r * r * series(DIGAMMA, r * r);
    polygamma(x, psi);
    return psi[0] - log(x) + 0.5 * r;
}

double log_factorial_rest(double x)
{
    return 0.5 * log(2 * M_PI * x) + stirling_rest(x);
}

double log_gamma_excess(double x)
{
    if (x >= SHIFT)
        return stirling_rest(x) - 0.5 * log(x / (2 * M_PI));
    return log_gamma(x) - (x * log(x) - x);
}

/* Whole k, few factors: sums. */
static void ratio_sum(double a, int k, int order, double out[4])
{
    double product = 1, value = 0, scale = 1 / a, r;

    out[1] = out[2] = out[3] = 0;
    for (int j = 0; j < k; j++) {
        product *= 1 + j * scale;
        if (product > 1e280 || scale > 1e10) {
            value += log(product);
            product = 1;
        }
    }
    out[0] = value + (product < 1.5 ? log1p(product - 1) : log(product));
    if (order == 0)
        return;
    for (int j = 0; j < k; j++) {
        r = 1 / (a + j);
        out[1] += r;
        out[2] -= r * r;
        out[3] += 2 * r * r * r;
    }
}

/* a >= SHIFT: the series at a + k minus the series at a, the leading terms in closed form. */
static void ratio_series(double a, double k, double out[4])
{
    double b = a + k, ra = 1 / a, rb = 1 / b, d = k * ra * rb, s = ra + rb, ta = ra * ra, tb = rb * rb;

    /* d = 1/a - 1/b; d s = 1/a^2 - 1/b^2; 1/a^3 - 1/b^3 = d (1/a^2 + 1/(a b) + 1/b^2). */
    out[0] = (b - 0.5) * log1p(k * ra) - k + stirling_rest(b) - stirling_rest(a);
    out[1] = log1p(k * ra) + 0.5 * d + tb * series(DIGAMMA, tb) - ta * series(DIGAMMA, ta);
    out[2] = -d - 0.5 * d * s + rb * tb * series(TRIGAMMA, tb) - ra * ta * series(TRIGAMMA, ta);
    out[3] = d * s + d * (ta + ra * rb + tb) + tb * tb * series(TETRAGAMMA, tb) - ta * ta * series(TETRAGAMMA, ta);
}

void gamma_ratio(double a, double k, int order, double out[4])
{
    double lower[4] = { 0, 0, 0, 0 }, start = a;

    if (k == 0) {
        out[0] = out[1] = out[2] = out[3] = 0;
        return;
    }
    if (k <= 24 && k == floor(k)) {
        ratio_sum(a, (int)k, order, out);
        return;
    }
    /* Each factor (a + k)/a of the shift: log Gamma(a + k) - log Gamma(a) falls by log((a + k)/a) when a grows by 1. */
    for (; a < SHIFT; a += 1) {
        double ra = 1 / a, rb = 1 / (a + k);

        lower[0] -= log1p(k * ra);
        lower[1] += ra - rb;
        lower[2] -= ra * ra - rb * rb;
        lower[3] += 2 * (ra * ra * ra - rb * rb * rb);
    }
    ratio_series(a, k, out);
    if (a > start) {
        out[0] += k * log(a / start);
        for (int j = 0; j < 4; j++)
            out[j] += lower[j];
    }
}

/* x = -argument, large: log Phi(-x) = -x^2/2 - log(x sqrt(2 pi)) + log(1 - 1/x^2 + 3/x^4 - ...). */
static void log_normal_tail(double x, double out[4])
{
    double r = 1 / x, t = 0;

    /* The Mills ratio's continued fraction: hazard = x + t, t = 1/(x + 2/(x + 3/(x + ...))). */
    for (int i = 60; i >= 1; i--)
        t = i / (x + t);
    out[0] = -0.5 * x * x - log(x + t) - 0.5 * log(2 * M_PI);
    out[1] = x + t;
    out[2] = -out[1] * t;
    if (x < 50)
        out[3] = out[1] * (t * t + out[1] * t - 1);
    else
        out[3] = r * r * r * (2 - r * r * (24 - r * r * (300 - r * r * 4144)));
}

void log_normal_cdf(double x, double out[4])
{
    double log_cdf, hazard, t;

    if (x < -5) {
        log_normal_tail(-x, out);
        return;
    }
    log_cdf = x > 0 ? log1p(-0.5 * erfc(x * M_SQRT1_2)) : log(0.5 * erfc(-x * M_SQRT1_2));
    hazard = exp(-0.5 * x * x - log_cdf) / sqrt(2 * M_PI);
    if (hazard == 0) /* far in the other tail, where x^2 may overflow */
        x = 0;
    t = x + hazard;
    out[0] = log_cdf;
    out[1] = hazard;
    out[2] = -hazard * t;
    out[3] = hazard * (t * t + hazard * t - 1);
}

/* d - log1p(d) for |d| <= 0.1: with r = d/(2 + d), log1p(d) = 2 (r + r^3/3 + r^5/5 + ...), and d - 2 r = d r. */
static double small_excess(double d)
{
    double r = d / (2 + d), t = r * r;

    return r * (d - 2 * t * (1.0 / 3 + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9 + t * (1.0 / 11 + t * (1.0 / 13)))))));
}

double log_excess(double x)
{
    double d = x - 1;

    return fabs(d) > 0.1 ? d - log(x) : small_excess(d);
}

double misfit(double observed, double expected, double over)
{
    double d = over / observed;

    if (observed == 0)
        return expected;
    return fabs(d) > 0.1 ? observed * log(observed / expected) + over : observed * small_excess(d);
}
