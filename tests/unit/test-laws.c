/* test-laws.c -- laws of correlation: lags of toep, and the Bessel functions of mat, each by a second way.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <Rmath.h>

#include "fit/rowcov-private.h"
#include "model/bessel.h"
#include "model/structure.h"
#include "model/toep.h"

/* Lags by themselves are those of the matrix, for any number of them, and follow along a direction as differences say. */
Test(laws, lags_of_toep_are_those_of_its_matrix)
{
    enum { LAGS = 100, K = LAGS + 1 };
    const double h = 1e-6;
    double par[LAGS], v[LAGS], beside[2][LAGS], of[3][LAGS], along[LAGS], slopes[LAGS], room[LAW_ROOM * LAGS];
    double *C = malloc(K * K * sizeof *C);

    for (int j = 0; j < LAGS; j++) {
        par[j] = sin(2.0 * j + 1.0) / (1.0 + 0.3 * j);
        v[j] = cos(3.0 * j);
        beside[0][j] = par[j] - h * v[j];
        beside[1][j] = par[j] + h * v[j];
    }
    toep_fill(K, par, C);
    for (int side = 0; side < 2; side++)
        toep_lags(LAGS, beside[side], NULL, of[side], NULL, room);
    toep_lags(LAGS, par, v, of[2], along, room);
    for (int i = 0; i < LAGS; i++) {
        double sum = 0.0;

        cr_expect_float_eq(of[2][i], C[i + 1], 1e-14);
        cr_expect_float_eq(along[i], (of[1][i] - of[0][i]) / (2.0 * h), 1e-7, "lag %d: %g", i + 1, along[i]);
        cr_expect_float_eq(toep_lag(par, i, room, slopes), C[i + 1], 1e-14);
        for (int j = 0; j <= i; j++)
            sum += slopes[j] * v[j];
        cr_expect_float_eq(sum, along[i], 1e-10 * fmax(1.0, fabs(along[i])), "lag %d: %g and %g", i + 1, sum, along[i]);
    }
    free(C);
}

/* The expansion for large orders against the recurrence, which is exact where it has no overflow. */
Test(laws, bessel_functions_of_large_orders)
{
    for (double order = 100; order < 400; order *= 1.17)
        for (double z = 0.3 * order; z < 20 * order; z *= 1.7) {
            double exact = log(bessel_k(z, order, 2.0)) - z;

            cr_assert_lt(fabs(log_bessel_k(z, order) - exact), 1e-12 * (1 + fabs(exact)), "K_%g(%g)", order, z);
        }
    cr_assert_lt(fabs(log_bessel_k(70, 100 - 1e-9) - log_bessel_k(70, 100)), 1e-8);
}

/* Where K is too large for a double: its logarithm by mpmath, of 40 digits. */
Test(laws, bessel_functions_too_large_for_a_number)
{
    static const double known[][3] = { { 5.5, 1e-60, 766.93005696817355 }, { 50, 1e-6, 869.30548369199591 },
                                       { 99.5, 0.01, 883.32481336077567 }, { 99.5, 0.05, 723.18573498221233 },
                                       { 80, 1e-3, 876.67014723066191 },   { 1.5, 1e-250, 863.69520122541186 },
                                       { 3, 1e-120, 831.010075019536282 }, { 2, 1e-155, 714.494526008714107 },
                                       { 2, 1.5e-154, 709.07842560650969 } };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect_float_eq(log_bessel_k(known[i][1], known[i][0]) / known[i][2], 1, 1e-14, "K_%g(%g)", known[i][0], known[i][1]);
}
