/* rowcov-slopes.h -- the slopes of a criterion of rowcov.h against differences of the fourth order. */
#ifndef TESTS_ROWCOV_SLOPES_H
#define TESTS_ROWCOV_SLOPES_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "fit/rowcov.h"

static inline void check_rowcov_slopes(struct rowcov *m, double x[], const char *what)
{
    static const double steps[] = { 1, -1, 2, -2 }, h = 1e-4;
    int count = rowcov_count(m);
    double *gradient = calloc((size_t)count, sizeof *gradient);

    cr_assert(rowcov_deviance(m, x, gradient) < 1e90, "%s", what);
    for (int i = 0; i < count; i++) {
        double at[4], slope, kept = x[i];

        for (int k = 0; k < 4; k++) {
            x[i] = kept + h * steps[k];
            at[k] = rowcov_deviance(m, x, NULL);
        }
        x[i] = kept;
        slope = (8 * (at[0] - at[1]) - (at[2] - at[3])) / (12 * h);
        cr_expect_float_eq(gradient[i], slope, 2e-6 * (1 + fabs(slope)), "%s, parameter %d: %.10g, by differences %.10g", what, i,
                           gradient[i], slope);
    }
    free(gradient);
}

#endif
