/* covariance.c -- unstructured: all entries of the template; diagonal: k variances. */
#include "model/covariance.h"

#include <math.h>
#include <string.h>

#include "linalg/lapack.h"

int covariance_entry(const struct covariance *covariance, int k, int a, int b)
{
    int at = 0;

    if (a >= covariance->end(k, b))
        return -1;
    for (int c = 0; c < b; c++)
        at += covariance->end(k, c) - c;
    return at + a - b;
}

/* --- what structures share whose parameters are entries of the template ----------------------- */

static void fill_entries(int k, const double theta[], double L[], int (*end)(int k, int b))
{
    memset(L, 0, sizeof(double) * (size_t)k * (size_t)k);
    for (int b = 0; b < k; b++)
        for (int a = b; a < end(k, b); a++)
            L[a + b * k] = *theta++;
}

static void read_entries(int k, const double L[], double theta[], int (*end)(int k, int b))
{
    for (int b = 0; b < k; b++)
        for (int a = b; a < end(k, b); a++)
            *theta++ = L[a + b * k];
}

static void start_entries(int k, const double size[], double theta[], int (*end)(int k, int b))
{
    for (int b = 0; b < k; b++)
        for (int a = b; a < end(k, b); a++)
            *theta++ = a == b ? size[a] : 0.0;
}

static double unit_of(const double unit[], int entry)
{
    return unit == NULL ? 1.0 : unit[entry];
}

/* --- unstructured ------------------------------------------------------------------------------ */

static int all_count(int k)
{
    return k * (k + 1) / 2;
}

static int all_end(int k, int b)
{
    (void)b;
    return k;
}

static void all_start(int k, const double size[], double theta[])
{
    start_entries(k, size, theta, all_end);
}

static void all_fill(int k, const double theta[], double L[])
{
    fill_entries(k, theta, L, all_end);
}

static void all_read(int k, const double L[], double theta[])
{
    read_entries(k, L, theta, all_end);
}

/* In units of each effect, with the smallest singular values set to 0, as a lower triangle again: U S V' -> L of (U S)(U S)'. */
static int all_settle(int k, const double unit[], double least, double theta[])
{
    enum { MOST = COVARIANCE_MOST };
    int zero = 0, info = 0, work_size = 64 * MOST, one = 1, at = 0;
    double a[MOST * MOST], u[MOST * MOST], s[MOST], tau[MOST], work[64 * MOST], size[MOST], none = 0.0;

    if (k > MOST)
        return 0;
    all_fill(k, theta, a);
    for (int b = 0; b < k; at += k - b++)
        size[b] = unit_of(unit, at);
    for (int r = 0; r < k; r++)
        for (int b = 0; b <= r; b++)
            a[r + b * k] /= size[r];
    dgesvd_("A", "N", &k, &k, a, &k, s, u, &k, &none, &one, work, &work_size, &info, 1, 1);
    if (info != 0)
        return 0;
    for (int j = 0; j < k; j++) {
        if (s[j] < least) {
            s[j] = 0.0;
            zero++;
        }
        for (int r = 0; r < k; r++)
            u[r + j * k] *= s[j];
    }
    if (zero == 0)
        return 0;
    dgelqf_(&k, &k, u, &k, tau, work, &work_size, &info);
    for (int b = 0; b < k; b++)
        for (int r = b; r < k; r++)
            *theta++ = (u[b + b * k] < 0.0 ? -1.0 : 1.0) * u[r + b * k] * size[r];
    return zero;
}

const struct covariance covariance_unstructured = { .name = "us",
                                                    .words = "variances and covariances",
                                                    .correlated = true,
                                                    .count = all_count,
                                                    .end = all_end,
                                                    .start = all_start,
                                                    .fill = all_fill,
                                                    .read = all_read,
                                                    .settle = all_settle };

/* --- diagonal ---------------------------------------------------------------------------------- */

static int diagonal_count(int k)
{
    return k;
}

static int diagonal_end(int k, int b)
{
    (void)k;
    return b + 1;
}

static void diagonal_start(int k, const double size[], double theta[])
{
    start_entries(k, size, theta, diagonal_end);
}

static void diagonal_fill(int k, const double theta[], double L[])
{
    fill_entries(k, theta, L, diagonal_end);
}

static void diagonal_read(int k, const double L[], double theta[])
{
    read_entries(k, L, theta, diagonal_end);
}

static int diagonal_settle(int k, const double unit[], double least, double theta[])
{
    int zero = 0;

    for (int b = 0; b < k; b++)
        if (fabs(theta[b]) < least * unit_of(unit, b)) {
            theta[b] = 0.0;
            zero++;
        }
    return zero;
}

const struct covariance covariance_diagonal = { .name = "diagonal",
                                                .words = "variances, uncorrelated",
                                                .count = diagonal_count,
                                                .end = diagonal_end,
                                                .start = diagonal_start,
                                                .fill = diagonal_fill,
                                                .read = diagonal_read,
                                                .settle = diagonal_settle };
