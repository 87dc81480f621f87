/* test-rowqr.c -- small least squares, a row at a time: against normal equations, and what is determined. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/rowqr.h"

/* --- small least squares ------------------------------------------------------------------------ */

Test(rowqr, agrees_with_normal_equations)
{
    double R[16] = { 0 }, x[3], row[4], residual;

    /* y = 2 + 3 a - b, with a and b far from the origin. */
    for (int i = 0; i < 10; i++) {
        double a = 1000 + i, b = 500 + i * i;

        memcpy(row, (double[4]){ 1, a, b, 2 + 3 * a - b }, sizeof row);
        rowqr_add(R, 4, row);
    }
    residual = rowqr_residual(R, 4);
    cr_assert_lt(residual, 1e-12);
    cr_assert_eq(rowqr_solve(R, 4, x), 3);
    cr_assert_float_eq(x[0], 2, 1e-6);
    cr_assert_float_eq(x[1], 3, 1e-9);
    cr_assert_float_eq(x[2], -1, 1e-9);
}

Test(rowqr, tells_what_is_determined)
{
    double R[16] = { 0 }, x[3], row[4];

    /* The third column is twice the first; the second is determined all the same. */
    for (int i = 0; i < 6; i++) {
        memcpy(row, (double[4]){ i, i * i, 2 * i, i + 5 * i * i }, sizeof row);
        rowqr_add(R, 4, row);
    }
    cr_assert_eq(rowqr_solve(R, 4, x), 2);
    cr_assert(isnan(x[0]));
    cr_assert_float_eq(x[1], 5, 1e-10);
    cr_assert(isnan(x[2]));
}

Test(rowqr, no_rows_determine_nothing)
{
    double R[9] = { 0 }, x[2];

    cr_assert_eq(rowqr_residual(R, 3), 0);
    cr_assert_eq(rowqr_solve(R, 3, x), 0);
    cr_assert(isnan(x[0]) && isnan(x[1]));
}
