/* toep.c -- see toep.h. */
#include "model/toep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* x_j - times x_(count-1-j), in place. */
static void subtract_turned(int count, double times, double x[])
{
    for (int j = 0; j < (count + 1) / 2; j++) {
        double other = x[count - 1 - j];

        x[count - 1 - j] -= times * x[j];
        x[j] = j == count - 1 - j ? x[count - 1 - j] : x[j] - times * other;
    }
}

/* phi_1 .. phi_m, the coefficients of an effect's regression on the m before it, from those on m - 1. */
static void next_phi(int m, double partial, double phi[])
{
    subtract_turned(m - 1, partial, phi);
    phi[m - 1] = partial;
}

/* r_(m+1) = sum_j phi_j r_(m-j) + partial_m prod_(i<m) (1 - partial_i^2); of the slopes the same, differentiated. */
void toep_lags(int count, const double par[], const double v[], double r[], double along[], double room[])
{
    double *phi = room, *phi_along = room + count, left = 1.0, left_along = 0.0;

    for (int m = 0; m < count; m++) {
        double partial = sin(par[m]), step = v == NULL ? 0.0 : v[m] * cos(par[m]);

        r[m] = partial * left;
        for (int j = 0; j < m; j++)
            r[m] += phi[j] * r[m - 1 - j];
        if (v != NULL) {
            along[m] = step * left + partial * left_along;
            for (int j = 0; j < m; j++)
                along[m] += phi_along[j] * r[m - 1 - j] + phi[j] * along[m - 1 - j];
            next_phi(m + 1, partial, phi_along);
            for (int j = 0; j < m; j++)
                phi_along[j] -= step * phi[m - 1 - j];
            phi_along[m] = step;
            left_along = left_along * (1.0 - partial * partial) - 2.0 * left * partial * step;
        }
        next_phi(m + 1, partial, phi);
        left *= 1.0 - partial * partial;
    }
}

/* r stands in the first column from the start, and phi in the last until r is known. */
void toep_fill(int k, const double par[], double C[])
{
    toep_lags(k - 1, par, NULL, C + 1, NULL, C + (size_t)(k - 1) * (size_t)k);
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
        next_phi(m, partial, phi);
        phi[k - 1] = (m == 1 ? 1.0 : before[k - 1]) * (1.0 - partial * partial);
    }
}

/* The recursion of toep_lags from its end back: the first column of `slopes` has those in r, `out` before lag m those in phi. The
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

double toep_lag(const double par[], int i, double room[], double slopes[])
{
    double *r = room, *along = r + i + 1, *v = along + i + 1, *phi = v + i + 1;

    memset(v, 0, sizeof *v * ((size_t)i + 1));
    for (int j = 0; slopes != NULL && j <= i; j++) {
        v[j] = 1.0;
        toep_lags(i + 1, par, v, r, along, phi);
        slopes[j] = along[i];
        v[j] = 0.0;
    }
    toep_lags(i + 1, par, NULL, r, NULL, phi);
    return r[i];
}
