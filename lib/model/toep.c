/* toep.c -- see toep.h. */
#include "model/toep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/structure.h"

enum { FEW_LAGS = 64 };

/* Of `count` lags: r, and the coefficients phi of an effect's regression on those before it; their slopes in one of the
 * partial correlations. */
struct lags {
    int count;
    double few[4 * FEW_LAGS], *r, *phi, *r_slope, *phi_slope;
};

/* False when memory is out, which few lags do not take; lags_clear in any case. */
static bool lags_init(struct lags *lags, int count)
{
    double *at = count > FEW_LAGS ? NEW_ARRAY(double, 4 * count) : lags->few;

    lags->count = count;
    lags->r = at;
    if (at == NULL)
        return false;
    lags->phi = at + count;
    lags->r_slope = lags->phi + count;
    lags->phi_slope = lags->r_slope + count;
    return true;
}

static void lags_clear(struct lags *lags)
{
    if (lags->r != lags->few)
        mem_free(lags->r);
}

/* x_j - times x_(count-1-j), in place. */
static void subtract_turned(int count, double times, double x[])
{
    for (int j = 0; j < (count + 1) / 2; j++) {
        double other = x[count - 1 - j];

        x[count - 1 - j] -= times * x[j];
        x[j] = j == count - 1 - j ? x[count - 1 - j] : x[j] - times * other;
    }
}

/* r_(m+1) = sum_j phi_j r_(m-j) + partial_m prod_(i<m) (1 - partial_i^2). */
static void lags_set(struct lags *lags, const double par[])
{
    double left = 1.0;

    for (int m = 0; m < lags->count; m++) {
        double partial = sin(par[m]), sum = partial * left;

        for (int j = 0; j < m; j++)
            sum += lags->phi[j] * lags->r[m - 1 - j];
        lags->r[m] = sum;
        subtract_turned(m, partial, lags->phi);
        lags->phi[m] = partial;
        left *= 1.0 - partial * partial;
    }
}

/* r_slope := the slopes of r, which is set, in par_i. */
static void lags_slope(struct lags *lags, const double par[], int i)
{
    double left = 1.0, left_slope = 0.0;

    for (int m = 0; m < lags->count; m++) {
        double partial = sin(par[m]), slope = m == i ? cos(par[m]) : 0.0;
        double sum = slope * left + partial * left_slope;

        for (int j = 0; j < m; j++)
            sum += lags->phi_slope[j] * lags->r[m - 1 - j] + lags->phi[j] * lags->r_slope[m - 1 - j];
        lags->r_slope[m] = sum;
        subtract_turned(m, partial, lags->phi_slope);
        for (int j = 0; j < m; j++)
            lags->phi_slope[j] -= slope * lags->phi[m - 1 - j];
        subtract_turned(m, partial, lags->phi);
        lags->phi[m] = partial;
        lags->phi_slope[m] = slope;
        left_slope = left_slope * (1.0 - partial * partial) - 2.0 * left * partial * slope;
        left *= 1.0 - partial * partial;
    }
}

/* r stands in the first column from the start, and phi in the last until r is known. */
void toep_fill(int k, const double par[], double C[])
{
    struct lags lags = { .count = k - 1, .r = C + 1, .phi = C + (size_t)(k - 1) * (size_t)k };

    lags_set(&lags, par);
    C[0] = 1.0;
    for (int b = k - 1; b > 0; b--)
        for (int a = 0; a < k; a++)
            C[a + (size_t)b * (size_t)k] = C[abs(a - b)];
}

/* Into columns 1 .. k-2 of `room` (k x k): phi before lag m, and at the end what the partial correlations before it leave. */
static void keep_lags(int k, const double par[], double room[])
{
    for (int m = 1; m < k - 1; m++) {
        double *phi = room + (size_t)m * (size_t)k, *before = phi - k, partial = sin(par[m - 1]);

        memcpy(phi, before, sizeof *phi * (size_t)(m - 1));
        subtract_turned(m - 1, partial, phi);
        phi[m - 1] = partial;
        phi[k - 1] = (m == 1 ? 1.0 : before[k - 1]) * (1.0 - partial * partial);
    }
}

/* The recursion of lags_set from its end back: the first column of `slopes` has those in r, `out` before lag m those in phi.  The
 * other columns are room. */
void toep_pull_back(int k, const double par[], const double C[], double slopes[], double out[])
{
    const double *r = C + 1;
    double in_left = 0.0;

    for (int b = 1; b < k; b++)
        for (int a = b + 1; a < k; a++)
            slopes[a - b] += slopes[a + (size_t)b * (size_t)k];
    keep_lags(k, par, slopes);
    for (int m = k - 2; m >= 0; m--) {
        const double *phi = slopes + (size_t)m * (size_t)k;
        double partial = sin(par[m]), left = m == 0 ? 1.0 : phi[k - 1], in_r = slopes[m + 1];
        double own = out[m] + left * (in_r - 2.0 * partial * in_left);

        for (int j = 0; j < m; j++)
            own -= out[j] * phi[m - 1 - j];
        subtract_turned(m, partial, out);
        for (int j = 0; j < m; j++) {
            out[j] += in_r * r[m - 1 - j];
            slopes[m - j] += in_r * phi[j];
        }
        in_left = in_left * (1.0 - partial * partial) + in_r * partial;
        out[m] = 2.0 * own * cos(par[m]);
    }
    memset(slopes, 0, sizeof *slopes * (size_t)k * (size_t)k);
}

double law_lag(const double par[], int i, double slopes[])
{
    struct lags lags;
    double value = (double)NAN;

    if (lags_init(&lags, i + 1)) {
        lags_set(&lags, par);
        value = lags.r[i];
        for (int j = 0; slopes != NULL && j <= i; j++) {
            lags_slope(&lags, par, j);
            slopes[j] = lags.r_slope[i];
        }
    }
    lags_clear(&lags);
    return value;
}
